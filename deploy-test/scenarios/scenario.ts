/** What every scenario gets, and the steps that several share. */
import assert from 'node:assert/strict';
import type { SiteConfig } from '../../contract/config.ts';
import { type StandInGoogle, startStandInGoogle } from '../../emulator/google/stand-in-google.ts';
import type { Clone, SiteChanges } from '../clone.ts';
import type { LocalAws } from '../local-aws/local-aws.ts';
import { inventory } from '../read-back/leftovers.ts';
import type { DeployedSite } from '../read-back/live-site.ts';
import type { Steps } from '../report.ts';
import type { Tools } from '../tools.ts';

/** An account, a clone and a way to report steps. */
export interface Stage {
  readonly steps: Steps;
  /** An empty account. */
  readonly aws: LocalAws;
  /** A built clone without keys or config. */
  readonly clone: Clone;
  readonly tools: Tools;
  /** Folder of this scenario with the clone, the plans and the logs. */
  readonly folder: string;
}

export interface Scenario {
  /** Its name on the command line. */
  readonly name: string;
  /** What it shows, in one line. */
  readonly title: string;
  run(stage: Stage): Promise<void>;
}

/** A provider as written in a config. */
export type ProviderOptions = NonNullable<SiteChanges['providers']>[number];

export const deployedSite = ({ aws, clone }: Stage, name: string, config: SiteConfig): DeployedSite => ({
  name,
  config,
  root: clone.root,
  sdk: aws.sdk,
});

/** Checks that a plan of `site` has nothing to do. */
export async function expectEmptyPlan({ steps, tools }: Stage, site: string): Promise<void> {
  await steps.step(`the plan of ${site} is empty`, async () => {
    assert.deepEqual((await tools.plan(site)).changes, []);
  });
}

/** `cdktf COMMAND` of a site must fail and print all of `messages`, apart from line breaks and margins. */
export async function expectRefusal(
  tools: Tools,
  site: string,
  command: readonly ['deploy' | 'destroy', ...(readonly string[])],
  ...messages: readonly RegExp[]
): Promise<void> {
  const [name, ...options] = command;
  const { code, text } = await tools.attempt('cdktf', [name, site, '--auto-approve', '--no-color', ...options]);
  assert.notEqual(code, 0, 'it succeeded');
  // From the error on. The plan comes before it.
  const said = text.slice(Math.max(0, text.search(/Error: |cannot be deployed/))).replace(/[│╷╵\s]+/g, ' ');
  for (const message of messages) assert.match(said, message);
}

/**
 * Does not wait for the distribution of a synthesized site after its creation: CloudFront's propagation takes half a
 * minute even here.
 */
export function withoutWaiting({ tools }: Stage, site: string): void {
  const names = Object.keys(tools.stack(site).resource.aws_cloudfront_distribution);
  tools.override(site, 'without-waiting', {
    resource: {
      aws_cloudfront_distribution: Object.fromEntries(names.map((name) => [name, { wait_for_deployment: false }])),
    },
  });
}

/**
 * Runs with a stand-in for Google that the deployed Lambda can ask for keys. `provider` belongs in the site's config.
 */
export async function withGoogle(
  run: (google: StandInGoogle, provider: ProviderOptions) => Promise<void>,
): Promise<void> {
  const clientId = '123-abc.apps.googleusercontent.com';
  const google = await startStandInGoogle({ port: 0 });
  google.setAudience(clientId);
  try {
    await run(google, { kind: 'google', clientId, keySetUrl: `${google.origin}/oauth2/v3/certs` });
  } finally {
    await google.close();
  }
}

/** Deploys the example site with changes, without waiting for CloudFront. `name`: describes the change. */
export async function applyChanges(
  stage: Stage,
  site: string,
  changes: SiteChanges,
  name: string,
): Promise<DeployedSite> {
  const { steps, tools, clone } = stage;
  const { [site]: config } = clone.configure({ [site]: changes });
  if (config === undefined) throw new Error(`no site ${site}`);
  await steps.step(`synth, ${name}`, () => tools.synth());
  withoutWaiting(stage, site);
  await steps.step(`terraform apply, ${name}`, () => tools.apply(site));
  return deployedSite(stage, site, config);
}

/** Destroys a site whose config allows it, as an operator does. */
export async function destroyWhole({ steps, tools, aws }: Stage, site: string): Promise<void> {
  await steps.step('cdktf destroy', () => tools.cdktf('destroy', site, '--auto-approve'));
  await steps.check('nothing is left in the account', async () => {
    assert.deepEqual(await inventory(aws.sdk), {});
  });
}

/** Checks at the end of a scenario that the local AWS could answer every request. */
export async function expectEveryAnswer({ steps, aws }: Stage): Promise<void> {
  await steps.check('the local AWS had an answer to every request', () => {
    assert.deepEqual(
      aws.front.journal.filter(({ status }) => status >= 500),
      [],
    );
  });
}

/**
 * The access documents of a deployed site: the command writes them, the Lambda reads them, and the next deploy keeps or
 * restores them.
 */
import assert from 'node:assert/strict';
import { accessConfigKey, accessLiveKey } from '../../contract/layout.ts';
import type { StandInGoogle } from '../../emulator/google/stand-in-google.ts';
import type { SiteChanges } from '../clone.ts';
import { expectCode, type Outcome } from '../command.ts';
import { runLambda, signInWith } from '../lambda-run.ts';
import type { Answer } from '../local-aws/sdk.ts';
import type { LiveSite } from '../read-back/live-site.ts';
import { readBack } from '../read-back/read-back.ts';
import {
  applyChanges,
  expectEmptyPlan,
  expectEveryAnswer,
  type ProviderOptions,
  type Scenario,
  type Stage,
  withGoogle,
} from './scenario.ts';

const site = 'docs';
const alice = ['alice@example.com', 'example.com'] as const;
const bob = ['bob@gmail.com'] as const;

export const access: Scenario = {
  name: 'access',
  title: 'live rules by command, read by the Lambda, and what deploys do to them',
  run: (stage) =>
    withGoogle(async (google, provider) => {
      await stage.steps.step('npm run keys -- create', async () => {
        stage.clone.configure({ [site]: {} });
        await stage.tools.createKeys(site);
      });
      const deployed = await applyChanges(stage, site, { providers: [provider] }, 'the first deploy');
      const account = new Account(stage, google, await readBack(deployed, stage.steps));
      await changeRules(account);
      await operators(account);
      await breakDocuments(account);
      await deployAgain(account, provider);
      await expectEveryAnswer(stage);
    }),
};

/** The deployed site, as operators, people and other tools use it. */
class Account {
  readonly stage: Stage;
  readonly google: StandInGoogle;
  readonly live: LiveSite;

  constructor(stage: Stage, google: StandInGoogle, live: LiveSite) {
    this.stage = stage;
    this.google = google;
    this.live = live;
  }

  run(...args: readonly string[]): Promise<Outcome> {
    return this.stage.tools.attempt('node', ['cli/main.ts', ...args]);
  }

  /** `npm run access -- ARGS --yes`. */
  async access(...args: readonly string[]): Promise<string> {
    const { text } = expectCode(await this.run('access', ...args, '--yes'), 0);
    assert.match(text, /^LIVE site docs, https:\/\/\S+ \(bucket docs-prod-private-/);
    return text;
  }

  private object(Key: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.live.privateBucket, Key };
  }

  /** A write by another tool. */
  async put(Key: string, Body: string): Promise<void> {
    await this.stage.aws.sdk.call('s3', 'put_object', { ...this.object(Key), Body, ContentType: 'application/json' });
  }

  async remove(Key: string): Promise<void> {
    await this.stage.aws.sdk.call('s3', 'delete_object', this.object(Key));
  }

  async document(key: string): Promise<Answer> {
    const { Body } = await this.stage.aws.sdk.call('s3', 'get_object', this.object(key));
    return JSON.parse(Buffer.from(Body, 'base64').toString());
  }

  async versions(Key: string): Promise<readonly string[]> {
    const { Bucket } = this.object(Key);
    const { Versions } = await this.stage.aws.sdk.call('s3', 'list_object_versions', { Bucket, Prefix: Key });
    return Versions.map(({ VersionId }: Answer) => VersionId);
  }

  /** The log lines of a fresh instance of the deployed Lambda for one sign-in. */
  async signIn(email: string, hd?: string): Promise<readonly Answer[]> {
    const token = this.google.issueToken({ email, ...(hd !== undefined && { hd }) });
    const { lines } = await runLambda(this.stage.tools, this.live.function.Environment.Variables, signInWith(token));
    return lines.map((line) => JSON.parse(line));
  }

  /** Checks a fresh instance's decision. Returns its other log lines. */
  async expect(
    decision: 'granted' | 'denied' | undefined,
    [email, hd]: readonly [string, string?],
  ): Promise<readonly Answer[]> {
    const lines = await this.signIn(email, hd);
    const decisions = lines.map(({ event }) => event).filter((event) => event === 'granted' || event === 'denied');
    assert.deepEqual(decisions, decision === undefined ? [] : [decision], email);
    return lines;
  }
}

async function changeRules(account: Account): Promise<void> {
  const { steps } = account.stage;
  await steps.step('the command adds a rule, and the Lambda follows it', async () => {
    await account.expect('denied', bob);
    const text = await account.access('add-rule', '--email', 'Bob@Gmail.com', '--path', '/docs/*');
    assert.match(text, /In force within 60 seconds/);
    const [granted] = (await account.expect('granted', bob)).filter(({ event }) => event === 'granted');
    assert.equal(granted.path, '/docs/*');
  });
  await steps.step('blocks and unblocks', async () => {
    await account.access('block', alice[0]);
    await account.expect('denied', alice);
    await account.access('unblock', alice[0]);
    await account.expect('granted', alice);
  });
  await steps.step('signs out, and lists it', async () => {
    await account.access('sign-out', '--everyone');
    const { everyone } = (await account.document(accessLiveKey)).signedOutBefore;
    assert.ok(Math.abs(Date.parse(everyone) - Date.now()) < 120_000);
    const text = await account.access('list');
    for (const words of ['bob@gmail.com', 'accounts of example.com', `everyone who signed in before ${everyone}`]) {
      assert.ok(text.includes(words), words);
    }
  });
  await steps.step('explain says the same, also by its exit code', async () => {
    expectCode(await account.run('explain', bob[0], '/docs/guide.html', '--live'), 0);
    const { text } = expectCode(await account.run('explain', bob[0], '/index.html', '--live'), 1);
    assert.match(text, /opens \/docs\/\* only/);
  });
}

/** S3's conditional writes keep two operators apart, whoever writes first. */
async function operators(account: Account): Promise<void> {
  const { steps } = account.stage;
  await steps.step('two concurrent operators lose nothing: the later one is told so', async () => {
    const people = ['carol@gmail.com', 'dave@gmail.com', 'erin@gmail.com'];
    const outcomes = await Promise.all(
      people.map((email) => account.run('access', 'add-rule', '--email', email, '--yes')),
    );
    const { rules } = await account.document(accessLiveKey);
    const written = new Set(rules.flatMap(({ who }: Answer) => who.emails));
    for (const [place, { code, text }] of outcomes.entries()) {
      assert.equal(written.has(people[place]), code === 0, text);
      if (code !== 0) assert.match(text, /somebody else changed access\/live\.json/);
    }
    assert.ok(written.has(bob[0]));
    assert.ok(outcomes.some(({ code }) => code === 0));
  });
}

async function breakDocuments(account: Account): Promise<void> {
  const { steps } = account.stage;
  const [inForce] = await account.versions(accessLiveKey);
  const broken: readonly (readonly [string, string])[] = [
    ['malformed', '{"version":1,"blocked":[],"rules":[{"who":{}}]}'],
    ['of a newer schema', '{"version":2,"blocked":["bob@gmail.com"],"rules":[]}'],
    ['of 5 MB', `{"version":1,"blocked":["bob@gmail.com"],"rules":[]}${' '.repeat(5_000_000)}`],
    ['empty', ''],
  ];
  for (const [name, text] of broken) {
    await steps.step(
      `a live document that is ${name}: a cold start uses an earlier version, and the command says so`,
      async () => {
        await account.put(accessLiveKey, text);
        const lines = await account.expect('granted', bob);
        const [malformed] = lines.filter(({ event }) => event === 'access-document-malformed');
        assert.deepEqual([malformed?.key, malformed?.inForce], [accessLiveKey, inForce]);
        const explained = expectCode(await account.run('explain', bob[0], '/docs/guide.html', '--live'), 0);
        assert.match(explained.text, new RegExp(`its earlier version ${inForce?.slice(0, 8)} is in force`));
        expectCode(await account.run('access', 'block', 'eve@gmail.com', '--yes'), 1);
      },
    );
  }
  await steps.step('a live document that the Lambda may not read: nobody gets in, and the log says why', async () => {
    account.stage.aws.front.deny(/^GET \/[^/]+\/access\/live\.json/);
    const lines = await account.expect(undefined, alice);
    const [unavailable] = lines.filter(({ event }) => event === 'access-document-unavailable');
    assert.deepEqual([unavailable?.key, unavailable?.cause], [accessLiveKey, 'forbidden']);
    expectCode(await account.run('explain', alice[0], '/docs/guide.html', '--live'), 2);
    account.stage.aws.front.deny(undefined);
  });
  await steps.step('a missing live document: nobody gets in, and explain cannot tell', async () => {
    await account.remove(accessLiveKey);
    await account.expect(undefined, alice);
    expectCode(await account.run('explain', alice[0], '/docs/guide.html', '--live'), 2);
  });
  await steps.step('history shows what happened, and restore goes back', async () => {
    const text = await account.access('history');
    for (const words of ['deleted', 'malformed, never in force', '+ rule bob@gmail.com → /docs/*', 'created']) {
      assert.ok(text.includes(words), words);
    }
    await account.access('restore', inForce ?? '');
    await account.expect('granted', bob);
  });
}

async function deployAgain(account: Account, provider: ProviderOptions): Promise<void> {
  const { stage } = account;
  const { steps, tools } = stage;
  await expectEmptyPlan(stage, site);
  const [written, versions] = [await account.document(accessLiveKey), await account.versions(accessLiveKey)];
  const press: SiteChanges = { access: { blocked: [], rules: [{ who: { anyone: true }, path: '/press/*' }] } };
  await applyChanges(stage, site, { providers: [provider], ...press }, 'with other rules in the config');
  await steps.check("the operators' document is unchanged; the config's document has the new rules", async () => {
    assert.deepEqual(await account.document(accessLiveKey), written);
    assert.deepEqual(await account.versions(accessLiveKey), versions);
    assert.equal((await account.document(accessConfigKey)).rules[0].path, '/press/*');
  });
  await steps.step("the config's document, edited by hand, is restored by the next deploy", async () => {
    await account.put(accessConfigKey, JSON.stringify({ version: 1, blocked: [], rules: [{ who: { anyone: true } }] }));
    const { changes } = await tools.plan(site);
    assert.deepEqual(
      changes.map(({ type, actions }) => [type, actions.join()]),
      [['aws_s3_object', 'update']],
    );
    await tools.apply(site);
    assert.equal((await account.document(accessConfigKey)).rules[0].path, '/press/*');
  });
  await expectEmptyPlan(stage, site);
}

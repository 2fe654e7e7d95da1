/** A change that means no change of the stack: the plan over the version before touches code and open pages alone. */
import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { Clone, type SiteChanges } from '../clone.ts';
import { unpackVersion } from '../packed-versions.ts';
import { type ProviderOptions, type Scenario, type Stage, withGoogle, withoutWaiting } from './scenario.ts';

const site = 'docs';

/** The Lambda's code, and the files that every site has in its open folder. */
const ofTheCode = ({ address }: { readonly address: string }): boolean =>
  /^aws_lambda_function\.|^aws_s3_object\..*_public--/.test(address);

/** A new object at another address of a file, such as `docs/guide` for `docs/guide.html`. */
const ofAnAddress = ({
  address,
  actions,
}: {
  readonly address: string;
  readonly actions: readonly string[];
}): boolean => actions.join() === 'create' && /^aws_s3_object\.site_content_file_/.test(address);

export const sameStack: Scenario = {
  name: 'same-stack',
  title: 'the version before this one gets this one, which changes no resource',
  run: (stage) => withGoogle((_google, provider) => changed(stage, provider)),
};

async function changed(stage: Stage, provider: ProviderOptions): Promise<void> {
  const { steps, clone, folder } = stage;
  const config: SiteChanges = { providers: [provider] };
  const previous = await steps.step('the version before this one', async () => {
    const source = join(folder, 'source');
    unpackVersion('previous-version', source);
    return Clone.make(join(folder, 'previous'), source);
  });
  const tools = stage.tools.with('previous-version', {}, previous);
  previous.configureUnchecked({ [site]: config });
  await steps.step('its build, keys, synth and apply', async () => {
    await tools.build();
    await tools.createKeys(site);
    await tools.synth();
    withoutWaiting({ ...stage, tools }, site);
    await tools.apply(site);
  });
  clone.configure({ [site]: config });
  for (const left of ['keys', 'terraform.docs.tfstate']) {
    cpSync(join(previous.root, left), join(clone.root, left), { recursive: true });
  }
  await stage.tools.synth();
  withoutWaiting(stage, site);
  const { changes } = await steps.step('the plan', () => stage.tools.plan(site));
  await steps.check(
    "it changes the Lambda's code and the open pages, adds other addresses of files, and nothing else",
    () => {
      assert.deepEqual(
        changes
          .filter(({ actions }) => actions.join() !== 'read')
          .filter((change) => !ofTheCode(change) && !ofAnAddress(change)),
        [],
      );
    },
  );
}

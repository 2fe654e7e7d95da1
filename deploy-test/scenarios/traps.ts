/**
 * Known failures of CloudFront keys. A deliberately worsened stack provokes each, which shows that the local AWS
 * notices it. The real stack does not cause any.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expectCode, type Outcome } from '../command.ts';
import { fingerprintsOf } from '../read-back/read-back.ts';
import type { Tools } from '../tools.ts';
import { expectEveryAnswer, type Scenario, type Stage } from './scenario.ts';

/** The real stack, and the worsened one. */
const [sound, worsened] = ['docs', 'worsened'] as const;

type Worsening = (key: { readonly name: string; readonly encoded_key: string }) => object;

export const traps: Scenario = {
  name: 'traps',
  title: 'the known failures of CloudFront keys, provoked',
  run: async (stage) => {
    const { steps, tools, clone } = stage;
    clone.configure({ [sound]: {}, [worsened]: {} });
    for (const site of [sound, worsened]) {
      await steps.step(`npm run keys -- create --site ${site}`, () => tools.createKeys(site));
    }
    await keyInUse(stage);
    await finalNewline(stage);
    await fixedName(stage);
    await expectEveryAnswer(stage);
  },
};

/**
 * Terraform destroys a dropped resource before it updates the resource that referred to it, unless
 * `create_before_destroy` was set from the start.
 */
async function keyInUse(stage: Stage): Promise<void> {
  const { steps, tools } = stage;
  const careless: Worsening = () => ({ lifecycle: { create_before_destroy: false } });
  await steps.step('two key groups are created, one of them carelessly', async () => {
    await tools.synth();
    expectCode(await applyKeys(stage, sound), 0);
    worsen(stage, careless);
    expectCode(await applyKeys(stage, worsened), 0);
  });
  const earlier = { [sound]: keysOf(tools, sound), [worsened]: keysOf(tools, worsened) };
  for (const site of [sound, worsened]) await tools.keys(site, 'rotate', '--now');
  await tools.synth();
  await steps.step('a key of the group is replaced by another', async () => {
    const { text } = expectCode(await applyKeys(stage, sound, earlier[sound]), 0);
    // A public key and a private half are new, the old public key is deleted, and the group changes.
    assert.match(text, /2 added, 1 changed, 1 destroyed/);
  });
  await steps.step('without create_before_destroy that is refused: PublicKeyInUse', async () => {
    worsen(stage, careless);
    const { text } = expectCode(await applyKeys(stage, worsened, earlier[worsened]), 1);
    assert.match(text, /PublicKeyInUse/);
  });
}

/** CloudFront returns a key with one final newline. */
async function finalNewline(stage: Stage): Promise<void> {
  const { steps, tools, clone } = stage;
  await steps.step('the plan of the keys is empty', async () => {
    assert.deepEqual((await tools.plan(sound, ...targetsOf(tools, sound))).changes, []);
  });
  await steps.step('keys without their final newline would be replaced by every plan', async () => {
    worsen(stage, ({ encoded_key }) => ({
      encoded_key: encoded_key.trimEnd(),
      lifecycle: { create_before_destroy: true },
    }));
    const { changes } = await tools.plan(worsened, ...targetsOf(tools, worsened));
    const replaced = changes.filter(({ actions }) => actions.join() === 'create,delete');
    assert.ok(replaced.length > 0);
  });
  const [signer] = fingerprintsOf({ root: clone.root, name: worsened });
  const file = join(clone.root, 'keys', worsened, `${signer}.public.pem`);
  const pem = readFileSync(file, 'utf8');
  await steps.step('synth refuses a public half without its final newline', async () => {
    writeFileSync(file, pem.trimEnd());
    await assert.rejects(tools.synth(), /not an SPKI PEM with LF line ends and one final newline/);
    writeFileSync(file, pem);
  });
}

/** A replacement is created before the old one is deleted, so two keys with one name would coexist. */
async function fixedName(stage: Stage): Promise<void> {
  const { steps, tools, clone } = stage;
  const fixed = (fingerprint: string): object => ({
    resource: {
      aws_cloudfront_public_key: {
        fixed: {
          name: 'fixed',
          encoded_key: readFileSync(join(clone.root, 'keys', worsened, `${fingerprint}.public.pem`), 'utf8'),
          lifecycle: { create_before_destroy: true },
        },
      },
    },
  });
  const apply = async (fingerprint: string) => {
    tools.addFile(worsened, 'fixed', fixed(fingerprint));
    return tools.terraform(
      worsened,
      'apply',
      '-auto-approve',
      '-input=false',
      '-target=aws_cloudfront_public_key.fixed',
    );
  };
  await steps.step('a key under a fixed name cannot be replaced: PublicKeyAlreadyExists', async () => {
    const [signer, next] = fingerprintsOf({ root: clone.root, name: worsened });
    expectCode(await apply(signer), 0);
    assert.match(expectCode(await apply(next), 1).text, /PublicKeyAlreadyExists/);
  });
}

/** Applies only the keys and the group of a site, and those of an earlier stack. */
async function applyKeys({ tools }: Stage, site: string, earlier: readonly string[] = []): Promise<Outcome> {
  expectCode(await tools.terraform(site, 'init', '-input=false'), 0);
  const targets = new Set([...keysOf(tools, site), ...earlier].map((address) => `-target=${address}`));
  return tools.terraform(site, 'apply', '-auto-approve', '-input=false', ...targets);
}

const keysOf = (tools: Tools, site: string): string[] =>
  ['aws_cloudfront_key_group', 'aws_cloudfront_public_key'].flatMap((type) =>
    Object.keys(tools.stack(site).resource[type]).map((name) => `${type}.${name}`),
  );

const targetsOf = (tools: Tools, site: string): string[] => keysOf(tools, site).map((address) => `-target=${address}`);

function worsen({ tools }: Stage, worsening: Worsening): void {
  const keys = Object.entries<Parameters<Worsening>[0]>(tools.stack(worsened).resource.aws_cloudfront_public_key);
  tools.override(worsened, 'worsened', {
    resource: { aws_cloudfront_public_key: Object.fromEntries(keys.map(([name, key]) => [name, worsening(key)])) },
  });
}

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { placeholderClientId } from '../contract/providers.ts';
import { privateKeyFile } from './keys/signing-keys.ts';
import { checkReadiness } from './readiness.ts';
import { makeCheckout, makeKeys, validConfig } from './testing/synthesized-site.ts';

const keys = makeKeys();
let checkout: ReturnType<typeof makeCheckout>;

beforeEach(() => {
  checkout = makeCheckout();
  const folder = join(checkout.root, 'keys/docs');
  mkdirSync(folder, { recursive: true });
  const { signer, next } = keys;
  for (const { fingerprint, pem } of [signer, next]) writeFileSync(join(folder, `${fingerprint}.public.pem`), pem);
  const list = { version: 1, signer: signer.fingerprint, next: next.fingerprint };
  writeFileSync(join(folder, 'keys.json'), JSON.stringify(list));
  for (const file of privateHalves()) writeFileSync(file, '');
});

const privateHalves = (): string[] =>
  [keys.signer, keys.next].map(({ fingerprint }) => join(checkout.root, 'keys/docs', privateKeyFile(fingerprint)));
const removePrivateHalves = (): void => {
  for (const file of privateHalves()) rmSync(file);
};
const problemsOf = (config = validConfig()): readonly string[] => {
  const result = checkReadiness(config, checkout.root);
  return result.keys === undefined ? result.problems : [];
};

afterEach(() => checkout.remove());

describe('checkReadiness', () => {
  it('returns the keys of every site if nothing is missing', () => {
    expect(checkReadiness(validConfig(), checkout.root)).toEqual({ keys: { docs: keys } });
  });

  it('lists everything that is missing at once, each with its fix', () => {
    rmSync(join(checkout.root, 'keys'), { recursive: true });
    rmSync(join(checkout.root, 'dist'), { recursive: true });
    const config = validConfig({
      content: 'nowhere',
      providers: [{ kind: 'google', clientId: placeholderClientId }],
    });
    const problems = problemsOf(config);
    expect(problems).toHaveLength(5);
    expect(problems.map((problem) => problem.replaceAll(checkout.root, ''))).toEqual([
      '/dist/lambda: the Lambda is not built. Fix: npm run build',
      '/dist/site/secure-login.js: the element is not built. Fix: npm run build',
      expect.stringMatching(
        /^site docs: no Google client ID\. Fix: .*providers\[0\]\.clientId in s3nator\.config\.ts$/,
      ),
      'site docs: no signing keys (/keys/docs/keys.json). Fix: npm run keys -- create --site docs',
      'content: there is no folder /nowhere. Fix: create it, or name another',
    ]);
  });

  it('refuses a folder without files, because a deploy would delete the site', () => {
    mkdirSync(join(checkout.root, 'built/.cache'), { recursive: true });
    expect(problemsOf(validConfig({ content: 'built' })).map((text) => text.replaceAll(checkout.root, ''))).toEqual([
      'content: no file in /built but what begins with a dot (/.cache/). ' +
        'Fix: build the site first, or name another folder',
    ]);
  });

  it('needs no private half of keys in KMS, even for the first deploy', () => {
    const { signer, next } = keys;
    const list = { version: 1, store: 'kms', key: 'P-256', signer: signer.fingerprint, next: next.fingerprint };
    const folder = join(checkout.root, 'keys/docs');
    rmSync(folder, { recursive: true });
    mkdirSync(folder);
    writeFileSync(join(folder, 'keys.json'), JSON.stringify(list));
    expect(checkReadiness(validConfig({ signing: { store: 'kms' } }), checkout.root).keys).toMatchObject({
      docs: { store: 'kms', signer: { fingerprint: signer.fingerprint } },
    });
  });

  it('needs the private halves for the first deploy, and names them', () => {
    removePrivateHalves();
    const [problem = '', ...others] = problemsOf();
    expect(others).toEqual([]);
    expect(problem).toMatch(/^site docs: neither its state \(.*terraform\.docs\.tfstate\) nor the private halves/);
    for (const file of privateHalves()) expect(problem).toContain(file);
  });

  it('names the missing private half, and not the other one', () => {
    const [missing = '', there = ''] = privateHalves();
    rmSync(missing);
    const [problem = ''] = problemsOf();
    expect([problem.includes(missing), problem.includes(there)]).toEqual([true, false]);
  });

  it('names the provider whose client ID is missing', () => {
    const pool = {
      kind: 'cognitoUserPool' as const,
      provision: { domainPrefix: 'x', passwords: { selfSignUp: false } },
    };
    const providers = [pool, { kind: 'google' as const, clientId: placeholderClientId }];
    const state = { bucket: 'states', region: 'eu-west-1' };
    expect(problemsOf(validConfig({ providers, state }))).toEqual([expect.stringContaining('providers[1].clientId')]);
  });

  it('passes on an error that is our bug, not a problem of the config', () => {
    const config = { sites: { docs: { ...validConfig().sites['docs'], signing: undefined } } };
    expect(() => checkReadiness(config as never, checkout.root)).toThrow(TypeError);
  });

  it('needs the private halves again after a destroy, which leaves a state without resources', () => {
    removePrivateHalves();
    writeFileSync(join(checkout.root, 'terraform.docs.tfstate'), JSON.stringify({ version: 4, resources: [] }));
    expect(problemsOf()).toHaveLength(1);
  });

  it.each([
    ['resources', JSON.stringify({ version: 4, resources: [{}] })],
    ['text that Terraform will reject', 'x'],
  ])('needs no private half if there is a state with %s', (_, text) => {
    removePrivateHalves();
    writeFileSync(join(checkout.root, 'terraform.docs.tfstate'), text);
    expect(problemsOf()).toEqual([]);
  });

  it('leaves a state in S3 to Terraform', () => {
    removePrivateHalves();
    expect(problemsOf(validConfig({ state: { bucket: 'states', region: 'eu-west-1' } }))).toEqual([]);
  });
});

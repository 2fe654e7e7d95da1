import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { placeholderClientId } from '../contract/config.ts';
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
});

afterEach(() => checkout.remove());

describe('checkReadiness', () => {
  it('gives the keys of every site when nothing is missing, no private half needed', () => {
    expect(checkReadiness(validConfig(), checkout.root)).toEqual({ keys: { docs: keys } });
  });

  it('lists everything that is missing at once, each with its mend', () => {
    rmSync(join(checkout.root, 'keys'), { recursive: true });
    rmSync(join(checkout.root, 'dist'), { recursive: true });
    const config = validConfig({
      content: 'nowhere',
      providers: [{ kind: 'google', clientId: placeholderClientId }],
    });
    const result = checkReadiness(config, checkout.root);
    const problems = result.keys === undefined ? result.problems : [];
    expect(problems).toHaveLength(5);
    expect(problems.map((problem) => problem.replaceAll(checkout.root, ''))).toEqual([
      '/dist/lambda: the Lambda is not built. Mend: npm run build',
      '/dist/site/secure-login.js: the element is not built. Mend: npm run build',
      expect.stringMatching(
        /^site docs: no Google client ID\. Mend: .*providers\[0\]\.clientId in s3nator\.config\.ts$/,
      ),
      'site docs: no signing keys (/keys/docs/keys.json). Mend: npm run keys -- create --site docs',
      'content: there is no folder /nowhere. Mend: create it, or name another',
    ]);
  });
});

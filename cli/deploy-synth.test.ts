import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeCheckout } from '../stacks/testing/synthesized-site.ts';
import { createKeys } from './key-files.ts';

const repository = fileURLToPath(new URL('..', import.meta.url));
let checkout: ReturnType<typeof makeCheckout>;
let root: string;

beforeEach(() => {
  checkout = makeCheckout();
  root = checkout.root;
  for (const name of ['contract', 'stacks', 'main.ts', 's3nator.config.ts', 'package.json']) {
    cpSync(join(repository, name), join(root, name), { recursive: true });
  }
  symlinkSync(join(repository, 'node_modules'), join(root, 'node_modules'));
});

afterEach(() => checkout.remove());

const run = (cwd = root) => spawnSync(process.execPath, [join(root, 'main.ts')], { cwd, encoding: 'utf8' });
const edit = (change: (text: string) => string): void => {
  const path = join(root, 's3nator.config.ts');
  writeFileSync(path, change(readFileSync(path, 'utf8')));
};

describe('main.ts', () => {
  it('says everything that is missing in one message, without a stack trace, and writes nothing', () => {
    rmSync(join(root, 'dist'), { recursive: true });
    const { status, stdout, stderr } = run();
    expect(status).toBe(1);
    expect(stdout).toBe('');
    expect(stderr.split('\n').map((line) => line.replaceAll(root, ''))).toEqual([
      'This cannot be deployed yet:',
      '  - /dist/lambda: the Lambda is not built. Fix: npm run build',
      '  - /dist/site/secure-login.js: the element is not built. Fix: npm run build',
      expect.stringContaining('  - site docs: no Google client ID. Fix: '),
      '  - site docs: no signing keys (/keys/docs/keys.json). Fix: npm run keys -- create --site docs',
      '',
    ]);
    expect(existsSync(join(root, 'cdktf.out'))).toBe(false);
  });

  it('names every wrong value of the config', () => {
    edit((text) => text.replace("'eu-west-1'", "'mars'").replace("'P-256'", "'P-384'"));
    const { status, stderr } = run();
    expect(status).toBe(1);
    expect(stderr.trim().split('\n')).toEqual([
      'This cannot be deployed yet:',
      expect.stringContaining('- s3nator.config.ts: sites.docs.region: got "mars"; allowed: an AWS Region'),
      expect.stringContaining('- s3nator.config.ts: sites.docs.signing.key: got "P-384"; allowed: '),
    ]);
  });

  it('warns of trust in people who may have left, whatever else is missing', () => {
    const provision = "{ domainPrefix: 'example-docs', passwords: { selfSignUp: true } }";
    const pool = `{ kind: 'cognitoUserPool', trustedDomains: { Cognito: ['example.com'] }, provision: ${provision} }`;
    edit((text) => text.replace('providers: [', `providers: [${pool}, `));
    const { status, stderr } = run();
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^Warning: sites\.docs\.providers\.0\.trustedDomains\.Cognito: trusts self sign-up about .*\nThis cannot be/,
    );
  });

  it('says what is wrong with a config that is no TypeScript', () => {
    edit(() => 'export default {');
    const { status, stderr } = run();
    expect(status).toBe(1);
    expect(stderr).toMatch(/^This cannot be deployed yet:\n {2}- s3nator\.config\.ts:1: .+\n$/);
  });

  it('synthesizes from any folder once a client ID and keys exist, without private keys if a state exists', () => {
    edit((text) => text.replace('YOUR_CLIENT_ID', '123-abc'));
    const { signer, next } = createKeys(join(root, 'keys/docs'), { store: 's3', key: 'P-256' });
    for (const { fingerprint } of [signer, next]) rmSync(join(root, `keys/docs/${fingerprint}.private.pem`));
    writeFileSync(join(root, 'terraform.docs.tfstate'), JSON.stringify({ version: 4, resources: [{}] }));
    const elsewhere = mkdtempSync(join(tmpdir(), 's3nator-elsewhere-'));
    try {
      expect(run(elsewhere)).toMatchObject({ status: 0, stdout: '', stderr: '' });
    } finally {
      rmSync(elsewhere, { recursive: true });
    }
    const json = JSON.parse(readFileSync(join(root, 'cdktf.out/stacks/docs/cdk.tf.json'), 'utf8'));
    expect(Object.keys(json.resource)).toContain('aws_cloudfront_distribution');
    expect(existsSync(join(root, 'cdktf.out/stacks/docs/assets/lambda.zip'))).toBe(true);
    expect(existsSync(join(root, 'cdktf.out/manifest.json'))).toBe(true);
  });
});

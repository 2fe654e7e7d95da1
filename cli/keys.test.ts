import { createPrivateKey, createPublicKey } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readSigningKeys } from '../stacks/signing-keys.ts';
import { createKeys, keysCommand } from './keys.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 's3nator-cli-'));
});

afterEach(() => {
  vi.restoreAllMocks();
  rmSync(root, { recursive: true, force: true });
});

describe('createKeys', () => {
  it.each(['P-256', 'RSA-2048'] as const)('writes two %s pairs that read back whole', (type) => {
    const directory = join(root, 'keys/docs');
    const keys = createKeys(directory, type);
    expect(readSigningKeys(directory, type)).toEqual(keys);
    expect(keys.signer.fingerprint).not.toBe(keys.next.fingerprint);
    for (const { fingerprint, pem } of [keys.signer, keys.next]) {
      const privateKey = createPrivateKey(readFileSync(join(directory, `${fingerprint}.private.pem`)));
      expect(createPublicKey(privateKey).export({ type: 'spki', format: 'pem' })).toBe(pem);
    }
    expect(readdirSync(directory)).toHaveLength(5);
  });

  it('lets only the owner read the private halves', () => {
    const directory = join(root, 'docs');
    const { signer, next } = createKeys(directory, 'P-256');
    for (const { fingerprint } of [signer, next]) {
      expect(statSync(join(directory, `${fingerprint}.private.pem`)).mode & 0o777).toBe(0o600);
    }
  });

  it('overwrites nothing', () => {
    const directory = join(root, 'docs');
    createKeys(directory, 'P-256');
    const before = readdirSync(directory);
    expect(() => createKeys(directory, 'P-256')).toThrow(/docs exists already and is left as it is/);
    expect(readdirSync(directory)).toEqual(before);
    expect(readdirSync(root)).toEqual(['docs']);
  });

  it('leaves nothing behind when it cannot finish', () => {
    const blocked = join(root, 'file');
    writeFileSync(blocked, '');
    expect(() => createKeys(join(blocked, 'docs'), 'P-256')).toThrow();
    expect(readdirSync(root)).toEqual(['file']);
  });
});

describe('keysCommand', () => {
  const config = (sites: readonly string[]): string => {
    const site = {
      region: 'eu-west-1',
      content: null,
      providers: [{ kind: 'google', clientId: 'YOUR_CLIENT_ID.apps.googleusercontent.com' }],
      identityPool: null,
      session: { cookieSeconds: 60, maximumSeconds: 60 },
      access: { blocked: [], rules: [] },
    };
    return `export default ${JSON.stringify({ sites: Object.fromEntries(sites.map((name) => [name, site])) })};`;
  };
  const run = (action: string | undefined, site?: string) => keysCommand({ root, action, site });

  it('makes the keys of the only site, and says what to commit, not what they are', async () => {
    writeFileSync(join(root, 's3nator.config.ts'), config(['docs']));
    let output = '';
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      output += text;
      return true;
    });
    await run('create');
    const { signer } = readSigningKeys(join(root, 'keys/docs'), 'P-256');
    expect(output).toContain(`keys/docs/${signer.fingerprint}.public.pem`);
    expect(output).toContain('keys/docs/keys.json');
    expect(output).not.toContain('KEY-----');
  });

  it('asks which site when there are several', async () => {
    writeFileSync(join(root, 's3nator.config.ts'), config(['docs', 'media']));
    await expect(run('create')).rejects.toThrow('--site: got nothing; allowed: docs, media');
    await expect(run('create', 'other')).rejects.toThrow('--site: got other; allowed: docs, media');
    expect(existsSync(join(root, 'keys'))).toBe(false);
  });

  it('knows no other action', async () => {
    await expect(run('delete')).rejects.toThrow('Usage: npm run keys -- create [--site NAME]');
    await expect(run(undefined)).rejects.toThrow('Usage');
  });
});

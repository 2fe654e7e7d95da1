import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { trustedKeys } from '../stacks/keys/key-list.ts';
import { publicHalf, readSigningKeys, type SigningKeys } from '../stacks/keys/signing-keys.ts';
import { createKeys, retireKey, rotateKeys } from './key-files.ts';

vi.mock('node:crypto', async (original) => {
  const crypto = await original<typeof import('node:crypto')>();
  return { ...crypto, generateKeyPairSync: vi.fn(crypto.generateKeyPairSync) };
});

const p256 = { store: 's3', key: 'P-256' } as const;
let root: string;
let directory: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 's3nator-cli-'));
  directory = join(root, 'docs');
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

/** What the folder holds for keys: the list, and two files a key. */
const filesOf = (keys: SigningKeys): string[] =>
  [
    'keys.json',
    ...trustedKeys(keys).flatMap(({ fingerprint }) => [`${fingerprint}.public.pem`, `${fingerprint}.private.pem`]),
  ].sort();
const files = (): string[] => readdirSync(directory).sort();
const everything = (): Record<string, string> =>
  Object.fromEntries(files().map((name) => [name, readFileSync(join(directory, name), 'utf8')]));

describe('createKeys', () => {
  it.each(['P-256', 'RSA-2048'] as const)('writes two %s pairs that read back whole', (key) => {
    const keys = createKeys(join(root, 'keys/docs'), { store: 's3', key });
    if (keys.store !== 's3') throw new Error(keys.store);
    expect(readSigningKeys(join(root, 'keys/docs'), { store: 's3', key })).toEqual(keys);
    expect(keys.signer.fingerprint).not.toBe(keys.next.fingerprint);
    for (const { fingerprint, pem } of [keys.signer, keys.next]) {
      const privateKey = createPrivateKey(readFileSync(join(root, 'keys/docs', `${fingerprint}.private.pem`)));
      expect(createPublicKey(privateKey).export({ type: 'spki', format: 'pem' })).toBe(pem);
    }
    expect(readdirSync(join(root, 'keys/docs'))).toHaveLength(5);
  });

  it('lets only the owner read the private halves', () => {
    const { signer, next } = createKeys(directory, p256);
    for (const { fingerprint } of [signer, next]) {
      expect(statSync(join(directory, `${fingerprint}.private.pem`)).mode & 0o777).toBe(0o600);
    }
  });

  it('overwrites nothing', () => {
    createKeys(directory, p256);
    const before = everything();
    expect(() => createKeys(directory, p256)).toThrow(
      /docs already exists, and was not changed\. To start over, move that folder away first\.$/,
    );
    expect(everything()).toEqual(before);
    expect(readdirSync(root)).toEqual(['.gitignore', 'docs']);
  });

  it('has git ignore the private halves in any project, unless it already has a .gitignore there', () => {
    createKeys(join(root, 'keys/docs'), p256);
    const file = join(root, 'keys/.gitignore');
    expect(readFileSync(file, 'utf8')).toBe('*.private.pem\n');
    writeFileSync(file, '*\n');
    createKeys(join(root, 'keys/handbook'), p256);
    expect(readFileSync(file, 'utf8')).toBe('*\n');
  });

  it('leaves no draft behind when it cannot make the keys', () => {
    expect(() => createKeys(directory, { store: 's3', key: 'P-384' as never })).toThrow();
    expect(readdirSync(root)).toEqual(['.gitignore']);
  });

  it('leaves nothing behind when it cannot make the folder', () => {
    const blocked = join(root, 'file');
    writeFileSync(blocked, '');
    expect(() => createKeys(join(blocked, 'docs'), p256)).toThrow();
    expect(readdirSync(root)).toEqual(['file']);
  });
});

describe('rotateKeys', () => {
  it('makes the next key the signer, adds a fresh next one, and keeps the last signer', () => {
    const before = createKeys(directory, p256);
    const after = rotateKeys(directory, p256, false);
    expect(after).toEqual({ store: 's3', signer: before.next, next: expect.anything(), retiring: before.signer });
    expect(trustedKeys(before)).not.toContainEqual(after.next);
    expect(readSigningKeys(directory, p256)).toEqual(after);
    expect(files()).toEqual(filesOf(after));
    expect(statSync(join(directory, `${after.next.fingerprint}.private.pem`)).mode & 0o777).toBe(0o600);
  });

  it('does not need the private halves that are deployed', () => {
    const { signer, next } = createKeys(directory, p256);
    for (const { fingerprint } of [signer, next]) rmSync(join(directory, `${fingerprint}.private.pem`));
    expect(rotateKeys(directory, p256, false)).toMatchObject({ signer: next, retiring: signer });
  });

  it('leaves two keys when the old one must go at once, and no file of another', () => {
    const before = createKeys(directory, p256);
    const rotated = rotateKeys(directory, p256, false);
    const after = rotateKeys(directory, p256, true);
    expect(after).toEqual({ store: 's3', signer: rotated.next, next: expect.anything(), retiring: undefined });
    expect(trustedKeys(after)).not.toContainEqual(before.signer);
    expect(files()).toEqual(filesOf(after));
  });

  it('leaves everything as it was when it cannot finish', () => {
    createKeys(directory, p256);
    // Another run that is under way.
    writeFileSync(join(directory, 'keys.json.new'), 'other');
    const before = everything();
    expect(() => rotateKeys(directory, p256, false)).toThrow(
      expect.objectContaining({
        message: `${directory}/keys.json.new cannot be written. Fix: if nothing else is running, remove it`,
        cause: expect.objectContaining({ code: 'EEXIST' }),
      }),
    );
    expect(everything()).toEqual(before);
  });

  it.each(['public', 'private'])('never writes over the %s half of another key, even if chance repeats one', (half) => {
    createKeys(directory, p256);
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    vi.mocked(generateKeyPairSync).mockReturnValueOnce({ publicKey, privateKey } as never);
    const { fingerprint } = publicHalf(publicKey);
    writeFileSync(join(directory, `${fingerprint}.${half}.pem`), 'of another key');
    expect(() => rotateKeys(directory, p256, false)).toThrow('EEXIST');
    expect(everything()[`${fingerprint}.${half}.pem`]).toBe('of another key');
  });

  it('changes nothing in a folder whose keys are not whole', () => {
    const { next } = createKeys(directory, p256);
    rmSync(join(directory, `${next.fingerprint}.public.pem`));
    const before = everything();
    expect(() => rotateKeys(directory, p256, true)).toThrow(/missing, but keys\.json names it/);
    expect(everything()).toEqual(before);
  });
});

describe('retireKey', () => {
  it.each([
    ['and no file of the retired one', () => {}],
    [
      'even if a file of the retired one is gone already',
      ({ retiring }: SigningKeys) => rmSync(join(directory, `${retiring?.fingerprint}.private.pem`)),
    ],
  ])('leaves the signer and the next key, %s', (_, spoil) => {
    createKeys(directory, p256);
    const rotated = rotateKeys(directory, p256, false);
    const { signer, next } = rotated;
    spoil(rotated);
    const after = retireKey(directory, p256);
    expect(after).toEqual({ store: 's3', signer, next, retiring: undefined });
    expect(readSigningKeys(directory, p256)).toEqual(after);
    expect(files()).toEqual(filesOf(after));
  });

  it('leaves everything as it was when it cannot finish', () => {
    createKeys(directory, p256);
    rotateKeys(directory, p256, false);
    writeFileSync(join(directory, 'keys.json.new'), 'other');
    const before = everything();
    expect(() => retireKey(directory, p256)).toThrow();
    expect(everything()).toEqual(before);
  });
});

describe('keys in KMS', () => {
  const kms = { store: 'kms', key: 'RSA-2048' } as const;

  it('are names in the list and nothing else: made, rotated, retired', () => {
    const created = createKeys(directory, kms);
    expect(created).toMatchObject({ ...kms, retiring: undefined });
    const rotated = rotateKeys(directory, kms, false);
    expect(rotated).toEqual({ ...kms, signer: created.next, next: expect.anything(), retiring: created.signer });
    for (const name of trustedKeys<{ fingerprint: string }>(rotated))
      expect(name.fingerprint).toMatch(/^[0-9a-f]{16}$/);
    expect(new Set(trustedKeys<{ fingerprint: string }>(rotated).map(({ fingerprint }) => fingerprint)).size).toBe(3);
    expect(retireKey(directory, kms)).toEqual({ ...rotated, retiring: undefined });
    expect(rotateKeys(directory, kms, true)).toMatchObject({ signer: rotated.next, retiring: undefined });
    expect(files()).toEqual(['keys.json']);
  });

  it.each([
    ['another type', { store: 'kms', key: 'P-256' } as const, 'the key is not P-256, as signing.key asks for'],
    ['another store', { store: 's3', key: 'RSA-2048' } as const, 'the store is not s3, as signing.store asks for'],
  ])('are not taken for keys of %s', (_, kind, message) => {
    createKeys(directory, kms);
    expect(() => rotateKeys(directory, kind, true)).toThrow(message);
    expect(files()).toEqual(['keys.json']);
  });
});

import { createHash, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeKeys } from '../testing/synthesized-site.ts';
import { isSetupError } from '../text/setup-error.ts';
import { publicHalf, readSigningKeys } from './signing-keys.ts';

const p256 = { store: 's3', key: 'P-256' } as const;
const keys = makeKeys();
let root: string;
let directory: string;

const write = (name: string, text: string): void => writeFileSync(join(directory, name), text);
const signerFile = `${keys.signer.fingerprint}.public.pem`;
const list = { version: 1, signer: keys.signer.fingerprint, next: keys.next.fingerprint };

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 's3nator-keys-'));
  directory = join(root, 'docs');
  mkdirSync(directory);
  write('keys.json', JSON.stringify(list));
  write(signerFile, keys.signer.pem);
  write(`${keys.next.fingerprint}.public.pem`, keys.next.pem);
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

const problem = (): string => {
  try {
    readSigningKeys(directory, p256);
  } catch (error) {
    if (isSetupError(error)) return error.message;
    throw error;
  }
  return 'none';
};

describe('readSigningKeys', () => {
  it('reads both public halves without any private half', () => {
    expect(readSigningKeys(directory, p256)).toEqual(keys);
  });

  it('reads a third key that is retiring', () => {
    const retiring = makeKeys().signer;
    write('keys.json', JSON.stringify({ ...list, retiring: retiring.fingerprint }));
    expect(problem()).toContain(`${retiring.fingerprint}.public.pem: missing`);
    write(`${retiring.fingerprint}.public.pem`, retiring.pem);
    expect(readSigningKeys(directory, p256)).toEqual({ ...keys, retiring });
  });

  it('fingerprints a key by the first 16 hex digits of SHA-256 of its SPKI', () => {
    const spki = createPublicKey(readFileSync(join(directory, signerFile))).export({ type: 'spki', format: 'der' });
    expect(keys.signer.fingerprint).toBe(createHash('sha256').update(spki).digest('hex').slice(0, 16));
  });

  it('says how to create keys if none exist', () => {
    rmSync(join(directory, 'keys.json'));
    expect(problem()).toMatch(/^site docs: no signing keys .* Fix: npm run keys -- create --site docs$/);
  });

  it.each([
    ['not JSON', '{'],
    ['another version', JSON.stringify({ ...list, version: 2 })],
    ['the same key twice', JSON.stringify({ ...list, next: list.signer })],
    ['a retiring key that still signs', JSON.stringify({ ...list, retiring: list.signer })],
    ['null as the retiring key', JSON.stringify({ ...list, retiring: null })],
    ['a path in place of a fingerprint', JSON.stringify({ ...list, next: '../../etc/passwd' })],
    ['an unknown field', JSON.stringify({ ...list, extra: 1 })],
  ])('refuses a key list with %s', (_, text) => {
    write('keys.json', text);
    expect(problem()).toMatch(/keys\.json: not .* Fix: restore the committed file from git$/);
  });

  it('names a missing public half', () => {
    rmSync(join(directory, signerFile));
    expect(problem()).toContain(`${signerFile}: missing`);
  });

  it('refuses a file that holds another key', () => {
    write(signerFile, keys.next.pem);
    expect(problem()).toContain(`${signerFile}: holds another key, with fingerprint ${keys.next.fingerprint}`);
  });

  it('refuses a private key in place of a public one, and does not show it', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    write(signerFile, pem);
    expect(problem()).toContain('not an SPKI PEM');
    expect(problem()).not.toContain(pem.split('\n')[1]);
  });

  it.each([
    ['CRLF line ends', keys.signer.pem.replaceAll('\n', '\r\n')],
    ['no final newline', keys.signer.pem.trimEnd()],
    ['two final newlines', `${keys.signer.pem}\n`],
  ])('refuses %s, which would replace the key on every deploy', (_, text) => {
    write(signerFile, text);
    expect(problem()).toContain('LF line ends and one final newline');
  });

  it('refuses a file that is not a key', () => {
    write(signerFile, 'hello\n');
    expect(problem()).toContain(`${signerFile}: not a public key in PEM form`);
  });

  it('refuses a key of a different type than the config asks for', () => {
    expect(() => readSigningKeys(directory, { store: 's3', key: 'RSA-2048' })).toThrow(
      /the type is not RSA-2048, as signing\.key asks for/,
    );
  });

  it('refuses a curve that CloudFront does not accept', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
    const spki = publicKey.export({ type: 'spki', format: 'der' });
    const fingerprint = createHash('sha256').update(spki).digest('hex').slice(0, 16);
    write('keys.json', JSON.stringify({ ...list, signer: fingerprint }));
    write(`${fingerprint}.public.pem`, publicKey.export({ type: 'spki', format: 'pem' }).toString());
    expect(problem()).toContain('the type is not P-256');
  });

  it.each([
    ['an RSA key of another length', generateKeyPairSync('rsa', { modulusLength: 3072 }).publicKey, 'RSA-2048'],
    ['a P-256 key in place of RSA', generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey, 'RSA-2048'],
    ['an RSA key in place of P-256', generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey, 'P-256'],
    ['a curve of the same length', generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey, 'P-256'],
    ['Ed25519', generateKeyPairSync('ed25519').publicKey, 'P-256'],
  ] as const)('refuses %s', (_, publicKey, key) => {
    const { fingerprint, pem } = publicHalf(publicKey);
    write('keys.json', JSON.stringify({ ...list, signer: fingerprint }));
    write(`${fingerprint}.public.pem`, pem);
    expect(() => readSigningKeys(directory, { store: 's3', key })).toThrow(
      `${fingerprint}.public.pem: the type is not ${key}, as signing.key asks`,
    );
  });

  it('reads RSA keys', () => {
    const halves = [1, 2].map(() => publicHalf(generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey));
    const [signer, next] = halves.map(({ fingerprint }) => fingerprint);
    write('keys.json', JSON.stringify({ version: 1, signer, next }));
    for (const { fingerprint, pem } of halves) write(`${fingerprint}.public.pem`, pem);
    expect(readSigningKeys(directory, { store: 's3', key: 'RSA-2048' })).toMatchObject({
      signer: { fingerprint: signer },
      next: { fingerprint: next },
    });
  });

  it('tells keys that are missing from a file that cannot be read, which a new key must not replace', () => {
    const codeOf = (): string | undefined => {
      try {
        readSigningKeys(directory, p256);
      } catch (error) {
        if (isSetupError(error)) return error.code;
      }
      return undefined;
    };
    rmSync(join(directory, 'keys.json'));
    expect(codeOf()).toBe('keys_missing');
    mkdirSync(join(directory, 'keys.json'));
    expect([codeOf(), problem()]).toEqual(['keys_broken', expect.stringMatching(/keys\.json: cannot be read\. Fix: /)]);
  });

  it('reads the names of keys in KMS, which have no files here', () => {
    const { signer, next } = list;
    write('keys.json', JSON.stringify({ ...list, store: 'kms', key: 'P-256' }));
    rmSync(join(directory, signerFile));
    expect(readSigningKeys(directory, { store: 'kms', key: 'P-256' })).toEqual({
      store: 'kms',
      key: 'P-256',
      signer: { fingerprint: signer },
      next: { fingerprint: next },
      retiring: undefined,
    });
    expect(problem()).toMatch(
      /keys\.json: the store is not s3, as signing\.store asks for\. Fix: set signing\.store back/,
    );
    expect(() => readSigningKeys(directory, { store: 'kms', key: 'RSA-2048' })).toThrow(
      'the key is not RSA-2048, as signing.key asks for. Fix: set signing.key back',
    );
  });
});

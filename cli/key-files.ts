/** A site's folder under `keys/`: creates, rotates and removes keys, completely or not at all. */
import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { SigningConfig } from '../contract/config.ts';
import { formatKeyList, type KeyRoles, type KeyType, keyListFile, trustedKeys } from '../stacks/keys/key-list.ts';
import {
  keyListOf,
  type NamedKey,
  type PublicHalf,
  privateKeyFile,
  publicHalf,
  publicKeyFile,
  readSigningKeys,
  type SigningKeys,
} from '../stacks/keys/signing-keys.ts';

/** The store and type of keys in the config. */
export type KeyKind = Pick<SigningConfig, 'store' | 'key'>;

function generate(type: KeyType): { publicKey: KeyObject; privateKey: KeyObject } {
  switch (type) {
    case 'P-256':
      return generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    case 'RSA-2048':
      return generateKeyPairSync('rsa', { modulusLength: 2048 });
  }
}

/** Writes a new key pair. The private key file gets mode 600. */
function writePair(directory: string, type: KeyType): PublicHalf {
  const { publicKey, privateKey } = generate(type);
  const half = publicHalf(publicKey);
  writeFileSync(join(directory, publicKeyFile(half.fingerprint)), half.pem, { flag: 'wx' });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  writeFileSync(join(directory, privateKeyFile(half.fingerprint)), pem, { flag: 'wx', mode: 0o600 });
  return half;
}

function removePair(directory: string, fingerprint: string): void {
  for (const file of [publicKeyFile(fingerprint), privateKeyFile(fingerprint)]) {
    rmSync(join(directory, file), { force: true });
  }
}

/** A key in KMS has no file. Before the deploy makes it, it is only a name. */
const newName = (): NamedKey => ({ fingerprint: randomBytes(8).toString('hex') });

/**
 * Makes the signer and the next key in the folder `directory`, which must not exist: completely or not at all. For
 * store s3 these are two key pairs, and the private key files get mode 600. For store kms they are two names.
 */
export function createKeys(directory: string, { store, key }: KeyKind): SigningKeys {
  if (existsSync(directory)) {
    throw new Error(`${directory} already exists, and was not changed. To start over, move that folder away first.`);
  }
  mkdirSync(dirname(directory), { recursive: true });
  ignorePrivateHalves(dirname(directory));
  // In the same folder as the target, so that the last step is one rename.
  const draft = mkdtempSync(join(dirname(directory), `.${basename(directory)}-`));
  try {
    const keys: SigningKeys =
      store === 'kms'
        ? { store, key, signer: newName(), next: newName(), retiring: undefined }
        : { store, signer: writePair(draft, key), next: writePair(draft, key), retiring: undefined };
    writeFileSync(join(draft, keyListFile), formatKeyList(keyListOf(keys)));
    renameSync(draft, directory);
    return keys;
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    throw error;
  }
}

/** A clone's .gitignore has these entries already. A project that uses the npm package does not. */
function ignorePrivateHalves(folder: string): void {
  const file = join(folder, '.gitignore');
  if (!existsSync(file)) writeFileSync(file, '*.private.pem\n');
}

/** Writes `after` in one step, and then removes the files of keys that it no longer has. */
function replaceList(directory: string, before: SigningKeys, after: SigningKeys): void {
  const path = join(directory, keyListFile);
  const draft = `${path}.new`;
  try {
    writeFileSync(draft, formatKeyList(keyListOf(after)), { flag: 'wx' });
  } catch (error) {
    throw new Error(`${draft} cannot be written. Fix: if nothing else is running, remove it`, { cause: error });
  }
  renameSync(draft, path);
  const kept = new Set(trustedKeys(after).map(({ fingerprint }) => fingerprint));
  for (const { fingerprint } of trustedKeys(before)) if (!kept.has(fingerprint)) removePair(directory, fingerprint);
}

/** Makes the next key the signer, and adds a new next key. The previous signer stays trusted unless `dropAtOnce`. */
export function rotateKeys(directory: string, kind: KeyKind, dropAtOnce: boolean): SigningKeys {
  const before = readSigningKeys(directory, kind);
  const after: SigningKeys =
    before.store === 'kms'
      ? { ...before, ...rotated(before, newName(), dropAtOnce) }
      : { ...before, ...rotated(before, writePair(directory, kind.key), dropAtOnce) };
  try {
    replaceList(directory, before, after);
  } catch (error) {
    removePair(directory, after.next.fingerprint);
    throw error;
  }
  return after;
}

const rotated = <Key>({ signer, next }: KeyRoles<Key>, fresh: Key, dropAtOnce: boolean): KeyRoles<Key> => ({
  signer: next,
  next: fresh,
  retiring: dropAtOnce ? undefined : signer,
});

/** Removes the retiring key. Returns the other keys. */
export function retireKey(directory: string, kind: KeyKind): SigningKeys {
  const before = readSigningKeys(directory, kind);
  const after = { ...before, retiring: undefined };
  replaceList(directory, before, after);
  return after;
}

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

/** Store and type of keys, as the config asks for them. */
export type KeyKind = Pick<SigningConfig, 'store' | 'key'>;

function generate(type: KeyType): { publicKey: KeyObject; privateKey: KeyObject } {
  switch (type) {
    case 'P-256':
      return generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    case 'RSA-2048':
      return generateKeyPairSync('rsa', { modulusLength: 2048 });
  }
}

/** Writes a new pair; the private half gets mode 600. */
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

/** A key in KMS has no file: all there is of it before the deploy makes it is a name. */
const newName = (): NamedKey => ({ fingerprint: randomBytes(8).toString('hex') });

/**
 * Makes the signer and the next key in the folder `directory`, which must not exist: whole or not at all. For store s3 these are two pairs, whose
 * private halves get mode 600; for store kms two names.
 */
export function createKeys(directory: string, { store, key }: KeyKind): SigningKeys {
  if (existsSync(directory)) {
    throw new Error(`${directory} exists already and is left as it is. To start over, move that folder away first.`);
  }
  mkdirSync(dirname(directory), { recursive: true });
  ignorePrivateHalves(dirname(directory));
  // Beside the target, so that the last step is one rename.
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

/** A clone ignores them by itself; the project of somebody who has the npm package does not. */
function ignorePrivateHalves(folder: string): void {
  const file = join(folder, '.gitignore');
  if (!existsSync(file)) writeFileSync(file, '*.private.pem\n');
}

/** Puts `after` in force in one step, and then removes the files of keys that are in it no more. */
function replaceList(directory: string, before: SigningKeys, after: SigningKeys): void {
  const path = join(directory, keyListFile);
  const draft = `${path}.new`;
  try {
    writeFileSync(draft, formatKeyList(keyListOf(after)), { flag: 'wx' });
  } catch (error) {
    throw new Error(`${draft} cannot be written. Fix: when no other run is under way, remove it`, { cause: error });
  }
  renameSync(draft, path);
  const kept = new Set(trustedKeys(after).map(({ fingerprint }) => fingerprint));
  for (const { fingerprint } of trustedKeys(before)) if (!kept.has(fingerprint)) removePair(directory, fingerprint);
}

/** The next key signs, a fresh next joins. The last signer stays trusted until it is retired, unless `dropAtOnce`: then only the two are left. */
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

/** Nothing trusts the retiring key any more. Returns what is left. */
export function retireKey(directory: string, kind: KeyKind): SigningKeys {
  const before = readSigningKeys(directory, kind);
  const after = { ...before, retiring: undefined };
  replaceList(directory, before, after);
  return after;
}

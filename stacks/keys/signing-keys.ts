/** Reads and checks the committed part of a site's signing keys. Never reads a private half. */
import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { SigningConfig } from '../../contract/config.ts';
import { setupError } from '../text/setup-error.ts';
import { type KeyList, type KeyRoles, type KeyType, keyListFile, mapKeys, parseKeyList } from './key-list.ts';

/** The name of a key. For a key in KMS, nothing else is known before a deploy. */
export interface NamedKey {
  /** 16 hex digits: for a file the first digits of SHA-256 of the SPKI DER, for a key in KMS random ones. */
  readonly fingerprint: string;
}

/** The public half of one key pair. */
export interface PublicHalf extends NamedKey {
  /** SPKI PEM with LF and one final newline. */
  readonly pem: string;
  /** SPKI DER. */
  readonly spki: Buffer;
}

/** Keys whose private halves are files. */
export interface FileKeys extends KeyRoles<PublicHalf> {
  readonly store: 's3';
}

/** Keys that are created in KMS and never leave it. */
export interface KmsKeyNames extends KeyRoles<NamedKey> {
  readonly store: 'kms';
  readonly key: KeyType;
}

/** The keys of a site. */
export type SigningKeys = FileKeys | KmsKeyNames;

/** The list with the names of `keys`. */
export function keyListOf(keys: SigningKeys): KeyList {
  const names = mapKeys<NamedKey, string>(keys, ({ fingerprint }) => fingerprint);
  return keys.store === 'kms' ? { store: keys.store, key: keys.key, ...names } : { store: keys.store, ...names };
}

export const publicKeyFile = (fingerprint: string): string => `${fingerprint}.public.pem`;
export const privateKeyFile = (fingerprint: string): string => `${fingerprint}.private.pem`;

/** The public half of `key`, in the only form that is stored, compared and deployed. */
export function publicHalf(key: KeyObject): PublicHalf {
  const spki = key.export({ type: 'spki', format: 'der' });
  return {
    fingerprint: createHash('sha256').update(spki).digest('hex').slice(0, 16),
    pem: key.export({ type: 'spki', format: 'pem' }).toString(),
    spki,
  };
}

function typeOf(key: KeyObject): KeyType | undefined {
  const details = key.asymmetricKeyDetails;
  if (key.asymmetricKeyType === 'ec' && details?.namedCurve === 'prime256v1') return 'P-256';
  if (key.asymmetricKeyType === 'rsa' && details?.modulusLength === 2048) return 'RSA-2048';
  return undefined;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw setupError('keys_broken', `${path}: cannot be read. Fix: make it readable`, error);
  }
}

function readPublicHalf(directory: string, fingerprint: string, type: KeyType): PublicHalf {
  const path = join(directory, publicKeyFile(fingerprint));
  const restore = 'Fix: restore the committed file from git';
  const pem = readText(path);
  if (pem === undefined) throw setupError('keys_broken', `${path}: missing, but ${keyListFile} names it. ${restore}`);
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch (error) {
    throw setupError('keys_broken', `${path}: not a public key in PEM form. ${restore}`, error);
  }
  const half = publicHalf(key);
  // Any other form (CRLF, no final newline, a private key) would replace CloudFront's copy on every deploy, or worse.
  if (half.pem !== pem) {
    throw setupError('keys_broken', `${path}: not an SPKI PEM with LF line ends and one final newline. ${restore}`);
  }
  if (half.fingerprint !== fingerprint) {
    throw setupError('keys_broken', `${path}: holds another key, with fingerprint ${half.fingerprint}. ${restore}`);
  }
  if (typeOf(key) !== type) {
    throw setupError(
      'keys_broken',
      `${path}: the type is not ${type}, as signing.key asks for. Fix: set signing.key back, ` +
        `or move the folder away and run npm run keys -- create --site ${basename(directory)}`,
    );
  }
  return half;
}

/**
 * Reads the signing keys of the site that `directory` is named after. They must match the config. Needs no private
 * half. Throws a `SetupError` that names the file and the fix.
 */
export function readSigningKeys(directory: string, signing: Pick<SigningConfig, 'store' | 'key'>): SigningKeys {
  const site = basename(directory);
  const path = join(directory, keyListFile);
  const text = readText(path);
  if (text === undefined) {
    throw setupError(
      'keys_missing',
      `site ${site}: no signing keys (${path}). Fix: npm run keys -- create --site ${site}`,
    );
  }
  const list = parseKeyList(text);
  if (list === undefined) {
    throw setupError(
      'keys_broken',
      `${path}: not { "version": 1, "signer", "next" }, with "retiring" during a rotation, ` +
        'with "store" and "key" for keys in KMS, and with a different fingerprint in each role. ' +
        'Fix: restore the committed file from git',
    );
  }
  const refuseOther = (field: string, asked: string): never => {
    throw setupError(
      'keys_broken',
      `${path}: the ${field} is not ${asked}, as signing.${field} asks for. Fix: set signing.${field} back, ` +
        `or move the folder away and run npm run keys -- create --site ${site}`,
    );
  };
  if (list.store !== signing.store) refuseOther('store', signing.store);
  if (list.store === 'kms') {
    if (list.key !== signing.key) refuseOther('key', signing.key);
    return { store: list.store, key: list.key, ...mapKeys(list, (fingerprint) => ({ fingerprint })) };
  }
  return { store: list.store, ...mapKeys(list, (fingerprint) => readPublicHalf(directory, fingerprint, signing.key)) };
}

/** Owns the committed public halves of a site's signing keys: reads and checks them. Never opens a private half. */
import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { SigningConfig } from '../contract/config.ts';
import { type KeyRoles, keyListFile, parseKeyList } from './key-list.ts';
import { setupError } from './setup-error.ts';

/** Key types that CloudFront takes, as the config names them. */
export type KeyType = SigningConfig['key'];

/** The public half of one key pair. */
export interface PublicHalf {
  /** First 16 hex digits of SHA-256 of the SPKI DER. */
  readonly fingerprint: string;
  /** SPKI PEM with LF and one final newline. */
  readonly pem: string;
  /** SPKI DER. */
  readonly spki: Buffer;
}

/** The public halves of a site's keys. */
export type SigningKeys = KeyRoles<PublicHalf>;

export const publicKeyFile = (fingerprint: string): string => `${fingerprint}.public.pem`;
export const privateKeyFile = (fingerprint: string): string => `${fingerprint}.private.pem`;

/** The public half of `key`, in the one form that is stored, compared and deployed. */
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
    throw setupError('keys_broken', `${path}: cannot be read. Mend: make it readable`, error);
  }
}

function readPublicHalf(directory: string, fingerprint: string, type: KeyType): PublicHalf {
  const path = join(directory, publicKeyFile(fingerprint));
  const restore = 'Mend: restore the committed file from git';
  const pem = readText(path);
  if (pem === undefined)
    throw setupError('keys_broken', `${path}: missing, though ${keyListFile} names it. ${restore}`);
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch (error) {
    throw setupError('keys_broken', `${path}: not a public key in PEM form. ${restore}`, error);
  }
  const half = publicHalf(key);
  // Another form (CRLF, no final newline, a private key) would replace CloudFront's copy on every deploy, or worse.
  if (half.pem !== pem) {
    throw setupError('keys_broken', `${path}: not an SPKI PEM with LF line ends and one final newline. ${restore}`);
  }
  if (half.fingerprint !== fingerprint) {
    throw setupError('keys_broken', `${path}: holds another key, with fingerprint ${half.fingerprint}. ${restore}`);
  }
  if (typeOf(key) !== type) {
    throw setupError(
      'keys_broken',
      `${path}: not of the type ${type} that signing.key asks for. Mend: set signing.key back, or move the folder away and run npm run keys -- create --site ${basename(directory)}`,
    );
  }
  return half;
}

/**
 * Reads the signing keys of the site that `directory` is named after. Needs the public halves only. Throws a `SetupError` that names the
 * file and how to mend it.
 */
export function readSigningKeys(directory: string, type: KeyType): SigningKeys {
  const site = basename(directory);
  const path = join(directory, keyListFile);
  const text = readText(path);
  if (text === undefined) {
    throw setupError(
      'keys_missing',
      `site ${site}: no signing keys (${path}). Mend: npm run keys -- create --site ${site}`,
    );
  }
  const list = parseKeyList(text);
  if (list === undefined) {
    throw setupError(
      'keys_broken',
      `${path}: not { "version": 1, "signer", "next" }, with "retiring" during a rotation, and as many different fingerprints. Mend: restore the committed file from git`,
    );
  }
  const read = (fingerprint: string): PublicHalf => readPublicHalf(directory, fingerprint, type);
  return {
    signer: read(list.signer),
    next: read(list.next),
    retiring: list.retiring === undefined ? undefined : read(list.retiring),
  };
}

/** Makes pseudonyms for people in the log: a keyed hash, and its key. */
import { createHmac } from 'node:crypto';
import { lowerCase } from '../../contract/address.ts';
import { pseudonymKeyObject } from '../../contract/layout.ts';
import type { Watch } from '../shared/invocations.ts';
import type { Log } from '../shared/log.ts';
import type { PrivateBucket } from '../shared/private-bucket.ts';
import { accept, type Result, refuse } from '../shared/refusal.ts';
import { sharedLoad } from '../shared/shared-load.ts';

/** A person, as the provider describes them. */
export interface AuditedPerson {
  readonly iss: string;
  readonly sub: string;
  readonly email?: string | undefined;
  readonly hd?: string | undefined;
}

/** Bytes of the key. */
const keyBytes = 32;
/** Length of a pseudonym without its prefix: 132 bits, so no two people share one. */
const pseudonymLength = 22;

const keyText = /^[A-Za-z0-9_-]{43}\n?$/;

/** Parses the key object. `undefined` if the text is not a key. */
export const parsePseudonymKey = (text: string): Buffer | undefined =>
  keyText.test(text) ? Buffer.from(text.trimEnd(), 'base64url') : undefined;

const pseudonym = (key: Buffer, ...parts: readonly string[]): string =>
  `p_${createHmac('sha256', key).update(parts.join('\n')).digest('base64url').slice(0, pseudonymLength)}`;

/** The pseudonym of an address. */
export const pseudonymOfEmail = (key: Buffer, email: string): string => pseudonym(key, 'email', lowerCase(email));

/** The pseudonym of an account. */
export const pseudonymOfSubject = (key: Buffer, issuer: string, subject: string): string =>
  pseudonym(key, 'sub', issuer, subject);

/** Replaces address and account number. Issuer and domain stay, because many people share them. */
const pseudonymize = (key: Buffer, { iss, sub, email, hd }: AuditedPerson): AuditedPerson => ({
  iss,
  sub: pseudonymOfSubject(key, iss, sub),
  email: email === undefined ? undefined : pseudonymOfEmail(key, email),
  hd,
});

export interface Pseudonyms {
  /** The person as the log may show them. */
  of(person: AuditedPerson): Promise<Result<AuditedPerson>>;
  /** Loads the key. */
  warm(): Promise<unknown>;
}

export interface PseudonymsOptions {
  readonly bucket: PrivateBucket;
  readonly randomBytes: (size: number) => Buffer;
  readonly log: Log;
  /** Whether the instance stayed awake during a read. Default: nothing freezes it. */
  readonly watch?: Watch;
}

/**
 * The key is an object of the private bucket. The first sign-in creates it. If two create it at once, both use the one
 * that S3 accepts first. Once the key and its versions are deleted, nobody can link the log to people.
 */
export function createPseudonyms({ bucket, randomBytes, log, watch }: PseudonymsOptions): Pseudonyms {
  let stored: Buffer | undefined;

  async function readOrMake(): Promise<string | { readonly cause: string }> {
    const reading = await bucket.read(pseudonymKeyObject);
    if (reading.kind === 'found') return reading.text;
    if (reading.kind === 'failed') return reading;
    // For a missing object, S3 answers 403 to a caller that may not list the bucket.
    const text = `${randomBytes(keyBytes).toString('base64url')}\n`;
    const creation = await bucket.create(pseudonymKeyObject, text);
    if (creation.kind === 'created') return text;
    if (creation.kind === 'failed') return creation;
    const other = await bucket.read(pseudonymKeyObject);
    return other.kind === 'found' ? other.text : { cause: other.kind };
  }

  const load = sharedLoad(async (isWhole): Promise<Result<Buffer>> => {
    const unavailable = (cause: string): Result<never> => {
      if (isWhole()) log('error', 'pseudonym-key-unavailable', { object: pseudonymKeyObject, cause });
      return refuse('pseudonym-key-unavailable', { cause });
    };
    const text = await readOrMake();
    if (typeof text !== 'string') return unavailable(text.cause);
    const key = parsePseudonymKey(text);
    if (key === undefined) return unavailable('unreadable');
    stored = key;
    return accept(key);
  }, watch);

  const key = async (): Promise<Result<Buffer>> => (stored === undefined ? load() : accept(stored));

  return {
    async of(person) {
      const found = await key();
      return found.ok ? accept(pseudonymize(found.value, person)) : found;
    },
    warm: key,
  };
}

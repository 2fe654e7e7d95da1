/** Owns the provider's published keys (JWKS): when they are fetched, how long they are kept. Verifies no token. */
import type { KeyObject } from 'node:crypto';
import type { Log } from './log.ts';
import { accept, type Result, refuse } from './refusal.ts';
import { sharedLoad } from './shared-load.ts';
import { type SignatureAlgorithm, signatureKeyOf } from './signature-algorithm.ts';

/** A set older than this is fetched anew before it is used, so that a withdrawn key does not live as long as the instance. */
const refreshMs = 3_600_000;
/** While the provider cannot be reached, the last set is used up to this age. */
const maximumAgeMs = 86_400_000;
/** After a fetch did not bring the `kid` asked for, unknown ones are not looked up for this long: anyone can invent a `kid`. */
const coolDownMs = 30_000;
/** `kid` to public key. */
export type KeysById = ReadonlyMap<string, KeyObject>;

export interface KeySet {
  /** The public key that the provider publishes under `kid`. */
  find(kid: string): Promise<Result<KeyObject>>;
  /** Fetches the set if there is none yet. */
  warm(): Promise<void>;
}

export interface KeySetOptions {
  /** Where the key set is published; for the log. */
  readonly url: string;
  /** The one that the keys are for; others are left out. */
  readonly algorithm: SignatureAlgorithm;
  /** Fetches the text of the set; throws when it is not to be had. */
  readonly fetchText: () => Promise<string>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: Log;
}

/**
 * Reads a key set; keeps keys for signatures of this algorithm that have a `kid`, the rest is not for us. `undefined` when it is no key set or holds no
 * such key. Never throws.
 */
export function parseKeySet(json: string, algorithm: SignatureAlgorithm): KeysById | undefined {
  let keys: unknown;
  try {
    keys = (JSON.parse(json) as { keys?: unknown } | null)?.keys;
  } catch {
    return undefined;
  }
  if (!Array.isArray(keys)) return undefined;
  const found = new Map<string, KeyObject>();
  for (const entry of keys) {
    const jwk = Object(entry) as Readonly<Record<string, unknown>>;
    const { kid } = jwk;
    const key = signatureKeyOf(jwk, algorithm);
    // One unreadable key must not take the others away.
    if (key !== undefined && typeof kid === 'string' && kid !== '') found.set(kid, key);
  }
  return found.size > 0 ? found : undefined;
}

export function createKeySet(options: KeySetOptions): KeySet {
  const { url, algorithm, fetchText, now, log } = options;
  let keys: KeysById | undefined;
  let fetchedAt = 0;
  let missedAt = Number.NEGATIVE_INFINITY;

  const fetchKeys = sharedLoad(async (): Promise<Result<KeysById>> => {
    let cause = 'malformed';
    try {
      const fetched = parseKeySet(await fetchText(), algorithm);
      if (fetched !== undefined) {
        keys = fetched;
        fetchedAt = now();
        return accept(fetched);
      }
    } catch (error) {
      cause = error instanceof Error ? error.message : 'unknown';
    }
    log('error', 'key-set-unavailable', { url, cause });
    return refuse('key-set-unavailable', { cause });
  });

  async function lookUp(kid: string): Promise<Result<KeyObject>> {
    const fetched = await fetchKeys();
    if (!fetched.ok) return fetched;
    const key = fetched.value.get(kid);
    if (key !== undefined) return accept(key);
    missedAt = now();
    return refuse('key-unknown', { kid });
  }

  return {
    async find(kid) {
      const ageMs = now() - fetchedAt;
      const known = ageMs <= maximumAgeMs ? keys?.get(kid) : undefined;
      if (known === undefined) {
        return now() - missedAt < coolDownMs ? refuse('key-set-cooling-down', { kid }) : lookUp(kid);
      }
      if (ageMs <= refreshMs) return accept(known);
      const fresh = await lookUp(kid);
      return fresh.ok || fresh.refusal.reason !== 'key-set-unavailable' ? fresh : accept(known);
    },
    async warm() {
      if (keys === undefined) await fetchKeys();
    },
  };
}

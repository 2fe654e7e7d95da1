/** Keeps the provider's published keys (JWKS): when they are fetched, how long they are used. Verifies no token. */
import type { KeyObject } from 'node:crypto';
import type { Watch } from '../shared/invocations.ts';
import type { Log } from '../shared/log.ts';
import { accept, type Result, refuse } from '../shared/refusal.ts';
import { sharedLoad } from '../shared/shared-load.ts';
import { endsWithin } from '../shared/wait.ts';
import { type SignatureAlgorithm, signatureKeyOf } from './signature-algorithm.ts';

/** A set older than this is fetched anew, so that a withdrawn key does not live as long as the instance. */
const refreshMs = 3_600_000;
/** While the provider cannot be reached, the last set is used up to this age. */
const maximumAgeMs = 86_400_000;
/** How long a sign-in that the last set can serve waits for a newer one. */
const waitMs = 300;
/** After such a wait brought nothing, sign-ins use the last set at once for this long. */
const waitPauseMs = 30_000;
/** After a fetch failed there is none for this long, then for twice as long, and so on. */
const firstPauseMs = 1_000;
const longestPauseMs = 30_000;
/**
 * After a fetch did not bring the `kid` asked for, unknown ones are not looked up for this long: anyone can invent a
 * `kid`.
 */
const coolDownMs = 30_000;
/** `kid` to public key. */
export type KeysById = ReadonlyMap<string, KeyObject>;

export interface KeySet {
  /** The public key that the provider publishes under `kid`. */
  find(kid: string): Promise<Result<KeyObject>>;
  /** Fetches the set if there is none yet, or an old one. */
  warm(): Promise<void>;
}

export interface KeySetOptions {
  /** Where the key set is published; for the log. */
  readonly url: string;
  /** The one that the keys are for; others are left out. */
  readonly algorithm: SignatureAlgorithm;
  /** Fetches the text of the set; throws an `Error` with the cause when it cannot be fetched. */
  readonly fetchText: () => Promise<string>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: Log;
  /** Whether the instance was awake during a fetch. Default: nothing freezes it. */
  readonly watch?: Watch;
}

/**
 * Reads a key set; keeps keys for signatures of this algorithm that have a `kid`, the rest is not for us. `undefined`
 * if it is not a key set or holds no such key. Never throws.
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
  const ambiguous = new Set<string>();
  for (const entry of keys) {
    const jwk = Object(entry) as Readonly<Record<string, unknown>>;
    const { kid } = jwk;
    const key = signatureKeyOf(jwk, algorithm);
    // One unreadable key must not take the others away.
    if (key === undefined || typeof kid !== 'string' || kid === '') continue;
    if (found.get(kid)?.equals(key) === false) ambiguous.add(kid);
    found.set(kid, key);
  }
  // RFC 7517, 4.5: different keys have different names. Of two, neither is the one that a token means.
  for (const kid of ambiguous) found.delete(kid);
  return found.size > 0 ? found : undefined;
}

export function createKeySet(options: KeySetOptions): KeySet {
  const { url, algorithm, fetchText, now, log, watch } = options;
  let keys: KeysById = new Map();
  /** When the fetch that brought the keys began. */
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let missedAt = Number.NEGATIVE_INFINITY;
  let waitedAt = Number.NEGATIVE_INFINITY;
  let failures = 0;
  let pause = { until: Number.NEGATIVE_INFINITY, cause: '' };

  const ageMs = (): number => now() - fetchedAt;
  const unavailable = (cause: string): Result<never> => refuse('key-set-unavailable', { cause });

  const fetchKeys = sharedLoad(async (isWhole): Promise<Result<undefined>> => {
    const beganAt = now();
    let cause = 'malformed';
    try {
      const fetched = parseKeySet(await fetchText(), algorithm);
      if (fetched !== undefined) {
        // One that was cut off and then went on may be older than what there is by now.
        if (beganAt >= fetchedAt) {
          keys = fetched;
          fetchedAt = beganAt;
        }
        failures = 0;
        return accept(undefined);
      }
    } catch (error) {
      cause = error instanceof Error ? error.message : 'unknown';
    }
    if (isWhole()) {
      pause = { until: now() + Math.min(longestPauseMs, firstPauseMs * 2 ** failures), cause };
      failures += 1;
      log('error', 'key-set-unavailable', { url, cause });
    }
    return unavailable(cause);
  }, watch);

  /** Waits for newer keys than those that can serve, unless that was tried just now. */
  async function refresh(): Promise<void> {
    const isDue = (): boolean => ageMs() > refreshMs && now() >= pause.until && now() - waitedAt >= waitPauseMs;
    if (!isDue() || (await endsWithin(fetchKeys(), waitMs)) || !isDue()) return;
    waitedAt = now();
    log('warn', 'key-set-slow', { url, ageSeconds: Math.floor(ageMs() / 1000) });
  }

  /** `kid` among the keys that were fetched just now. */
  function newest(kid: string): Result<KeyObject> {
    const key = keys.get(kid);
    if (key !== undefined) return accept(key);
    missedAt = now();
    return refuse('key-unknown', { kid });
  }

  /** Asks the provider for a key that may have been published only now. Anyone can invent a `kid`. */
  async function lookUp(kid: string): Promise<Result<KeyObject>> {
    if (now() - missedAt < coolDownMs) return refuse('key-set-cooling-down', { kid });
    if (now() < pause.until) return unavailable(pause.cause);
    const fetched = await fetchKeys();
    return fetched.ok ? newest(kid) : fetched;
  }

  return {
    async find(kid) {
      const known = ageMs() <= maximumAgeMs ? keys.get(kid) : undefined;
      if (known === undefined) return lookUp(kid);
      if (ageMs() > refreshMs) {
        await refresh();
        if (ageMs() <= refreshMs) return newest(kid);
      }
      return accept(known);
    },
    async warm() {
      if (ageMs() <= maximumAgeMs) await refresh();
      else if (now() >= pause.until) await fetchKeys();
    },
  };
}

/** Caches the provider's published keys (JWKS): when to fetch them, and how long to use them. */
import type { KeyObject } from 'node:crypto';
import type { Watch } from '../shared/invocations.ts';
import type { Log } from '../shared/log.ts';
import { accept, type Result, refuse } from '../shared/refusal.ts';
import { sharedLoad } from '../shared/shared-load.ts';
import { endsWithin } from '../shared/wait.ts';
import { type SignatureAlgorithm, signatureKeyOf } from './signature-algorithm.ts';

/** A set older than this is refetched, so that a withdrawn key does not live as long as the instance. */
const refreshMs = 3_600_000;
/** While the provider cannot be reached, the last set is used up to this age. */
const maximumAgeMs = 86_400_000;
/** How long a sign-in waits for a newer set if the cached one could serve it. */
const waitMs = 300;
/** After such a wait failed, sign-ins use the cached set at once for this long. */
const waitPauseMs = 30_000;
/** Pause after a failed fetch. It doubles with each further failure. */
const firstPauseMs = 1_000;
const longestPauseMs = 30_000;
/** If a fetch did not bring a `kid`, unknown ones are not looked up for this long: anyone can invent a `kid`. */
const coolDownMs = 30_000;
/** `kid` to public key. */
export type KeysById = ReadonlyMap<string, KeyObject>;

export interface KeySet {
  /** The public key that the provider publishes under `kid`. */
  find(kid: string): Promise<Result<KeyObject>>;
  /** Fetches the set if it is missing or old. */
  warm(): Promise<void>;
}

export interface KeySetOptions {
  /** Address of the key set, for the log. */
  readonly url: string;
  /** Keys for other algorithms are left out. */
  readonly algorithm: SignatureAlgorithm;
  /** Fetches the text of the set. Throws an `Error` with the cause if that fails. */
  readonly fetchText: () => Promise<string>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: Log;
  /** Whether the instance stayed awake during a fetch. Default: nothing freezes it. */
  readonly watch?: Watch;
}

/**
 * Parses a key set. Keeps the keys that have a `kid` and fit this algorithm. `undefined` if the text is not a key set
 * or has no such key. Never throws.
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
    // One unreadable key must not make the others unusable.
    if (key === undefined || typeof kid !== 'string' || kid === '') continue;
    if (found.get(kid)?.equals(key) === false) ambiguous.add(kid);
    found.set(kid, key);
  }
  // RFC 7517, 4.5: different keys have different names. If two share a name, a token may mean either, so neither is
  // used.
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
        // A fetch that was interrupted and then continued may be older than the cached set.
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

  /** Waits for newer keys when the cached ones could serve, unless that was just tried. */
  async function refresh(): Promise<void> {
    const isDue = (): boolean => ageMs() > refreshMs && now() >= pause.until && now() - waitedAt >= waitPauseMs;
    if (!isDue() || (await endsWithin(fetchKeys(), waitMs)) || !isDue()) return;
    waitedAt = now();
    log('warn', 'key-set-slow', { url, ageSeconds: Math.floor(ageMs() / 1000) });
  }

  /** Looks up `kid` in the keys that were just fetched. */
  function newest(kid: string): Result<KeyObject> {
    const key = keys.get(kid);
    if (key !== undefined) return accept(key);
    missedAt = now();
    return refuse('key-unknown', { kid });
  }

  /** Asks the provider for a key that may be new. Anyone can invent a `kid`. */
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

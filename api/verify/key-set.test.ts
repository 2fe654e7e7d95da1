import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createInvocations, type Invocations } from '../shared/invocations.ts';
import { jwkOf, keySetOf, makeGoogleKey } from '../testing/stub-google.ts';
import { createKeySet, type KeySet, parseKeySet } from './key-set.ts';

const first = makeGoogleKey('first');
const second = makeGoogleKey('second');

let now: number;
/** What is published; `undefined`: it cannot be fetched. `hang` never ends. */
let published: string | 'hang' | undefined;
let fetches: number;
let events: string[];
let lines: object[];
let invocations: Invocations;
/** Ends a fetch that hangs, oldest first. */
let hanging: { readonly answer: (text: string) => void; readonly fail: (cause: string) => void }[];
let keySet: KeySet;
beforeEach(() => {
  now = 1_800_000_000_000;
  published = keySetOf(first);
  fetches = 0;
  events = [];
  lines = [];
  hanging = [];
  invocations = createInvocations();
  keySet = createKeySet({
    url: 'https://keys.example',
    algorithm: 'RS256',
    fetchText: async () => {
      fetches += 1;
      if (published === undefined) throw new Error('ECONNREFUSED');
      if (published !== 'hang') return published;
      const { promise, resolve, reject } = Promise.withResolvers<string>();
      hanging.push({ answer: resolve, fail: (cause) => reject(new Error(cause)) });
      return promise;
    },
    now: () => now,
    log: (level, event, fields) => {
      lines.push(fields);
      events.push(`${level} ${event} ${String(fields['cause'] ?? '')}`.trimEnd());
    },
    watch: invocations.watch,
  });
});

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

async function outcome(kid: string): Promise<string> {
  const result = await keySet.find(kid);
  if (!result.ok) return result.refusal.reason;
  return [first, second].find(({ publicKey }) => publicKey.equals(result.value))?.kid ?? 'another key';
}

describe('createKeySet', () => {
  it('fetches once for many tokens, even at once', async () => {
    expect(await Promise.all([outcome('first'), outcome('first'), outcome('first')])).toEqual([
      'first',
      'first',
      'first',
    ]);
    expect(await outcome('first')).toBe('first');
    expect(fetches).toBe(1);
  });

  it('uses a rotated key at once', async () => {
    await outcome('first');
    published = keySetOf(first, second);
    expect(await outcome('second')).toBe('second');
    expect(fetches).toBe(2);
  });

  it('does not fetch for each invented kid', async () => {
    expect(await outcome('invented-0')).toBe('key-unknown');
    for (let count = 1; count <= 50; count += 1) {
      expect(await outcome(`invented-${count}`)).toBe('key-set-cooling-down');
    }
    expect(fetches).toBe(1);
    expect(await outcome('first')).toBe('first');
  });

  it('uses a key that was rotated during the cool-down as soon as it is over', async () => {
    await outcome('invented');
    published = keySetOf(second);
    now += 29_999;
    expect(await outcome('second')).toBe('key-set-cooling-down');
    now += 1;
    expect(await outcome('second')).toBe('second');
    expect(await outcome('first')).toBe('key-unknown');
  });

  it('is unavailable during an outage, and uses the key after it', async () => {
    published = undefined;
    expect(await outcome('first')).toBe('key-set-unavailable');
    published = keySetOf(first);
    now += 1_000;
    expect(await outcome('first')).toBe('first');
    expect(events).toEqual(['error key-set-unavailable ECONNREFUSED']);
  });

  it.each(['', 'null', '[]', '{}', '{"keys":{}}', '{"keys":[]}', '<html>'])(
    'treats an answer that is not a key set as an outage: %s',
    async (text) => {
      published = text;
      expect(await outcome('first')).toBe('key-set-unavailable');
      expect(events).toEqual(['error key-set-unavailable malformed']);
    },
  );

  it('asks again for a key after an hour, so that a withdrawn one is dropped', async () => {
    await outcome('first');
    published = keySetOf(second);
    now += 3_600_000;
    expect(await outcome('first')).toBe('first');
    now += 1;
    expect(await outcome('first')).toBe('key-unknown');
  });

  it('uses the last set during an outage, for a day', async () => {
    await outcome('first');
    published = undefined;
    now += 86_400_000;
    expect(await outcome('first')).toBe('first');
    now += 1;
    expect(await outcome('first')).toBe('key-set-unavailable');
  });

  it('keeps a key if the next answer is not a key set', async () => {
    await outcome('first');
    now += hour + 1;
    published = '{"keys":[]}';
    expect(await outcome('first')).toBe('first');
    expect(events).toEqual(['error key-set-unavailable malformed']);
  });

  it('warms up once, and again when the set is old', async () => {
    await keySet.warm();
    await keySet.warm();
    expect(fetches).toBe(1);
    now += hour;
    await keySet.warm();
    expect(fetches).toBe(1);
    now += 1;
    await keySet.warm();
    expect(fetches).toBe(2);
    expect(await outcome('first')).toBe('first');
    expect(fetches).toBe(2);
  });
});

describe('a key set that cannot be fetched', () => {
  beforeEach(() => {
    published = undefined;
  });

  it('is fetched once for 50 invented kids, and the log has one line', async () => {
    for (let count = 1; count <= 50; count += 1) expect(await outcome(`invented-${count}`)).toBe('key-set-unavailable');
    expect(fetches).toBe(1);
    expect(events).toEqual(['error key-set-unavailable ECONNREFUSED']);
    expect(lines).toEqual([{ url: 'https://keys.example', cause: 'ECONNREFUSED' }]);
  });

  it('is fetched less and less often, down to twice a minute', async () => {
    const pauses: number[] = [];
    let last = now;
    for (; pauses.length < 8; now += 500) {
      const before = fetches;
      await outcome('first');
      if (fetches > before) {
        pauses.push(now - last);
        last = now;
      }
    }
    expect(pauses).toEqual([0, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  });

  it('names the cause during the pause, too', async () => {
    await outcome('first');
    now += 999;
    expect(await keySet.find('first')).toEqual({
      ok: false,
      refusal: { reason: 'key-set-unavailable', evidence: { cause: 'ECONNREFUSED' } },
    });
    expect(fetches).toBe(1);
  });

  it('begins with the short pause again after it was fetched', async () => {
    for (let count = 0; count < 4; count += 1) {
      await outcome('first');
      now += 30_000;
    }
    published = keySetOf(first);
    expect(await outcome('first')).toBe('first');
    published = undefined;
    now += day + 1;
    expect(await outcome('first')).toBe('key-set-unavailable');
    published = keySetOf(first);
    now += 1_000;
    expect(await outcome('first')).toBe('first');
  });

  it('is not fetched for a page that warms up during the pause', async () => {
    await keySet.warm();
    await keySet.warm();
    expect(fetches).toBe(1);
    now += 1_000;
    await keySet.warm();
    expect(fetches).toBe(2);
  });

  it('is waited for once by sign-ins that join a fetch', async () => {
    published = 'hang';
    const joined = Promise.all([outcome('first'), outcome('first'), outcome('first')]);
    hanging[0]?.fail('timeout');
    expect(await joined).toEqual(['key-set-unavailable', 'key-set-unavailable', 'key-set-unavailable']);
    expect(fetches).toBe(1);
  });

  it('does not refuse a known key over invented kids, nor a rotated one for long', async () => {
    published = keySetOf(first);
    await outcome('first');
    published = undefined;
    expect(await outcome('invented')).toBe('key-set-unavailable');
    expect(await outcome('first')).toBe('first');
    published = keySetOf(second);
    expect(await outcome('second')).toBe('key-set-unavailable');
    now += 1_000;
    expect(await outcome('second')).toBe('second');
  });
});

describe('an old key set', () => {
  beforeEach(async () => {
    vi.useFakeTimers();
    await outcome('first');
    fetches = 0;
    now += hour + 1;
  });
  afterEach(() => void vi.useRealTimers());

  /** Outcomes by the time that has passed. */
  async function waitFor(ms: number, ...pending: Promise<string>[]): Promise<(string | undefined)[]> {
    const outcomes: (string | undefined)[] = pending.map(() => undefined);
    for (const [index, one] of pending.entries()) void one.then((text) => (outcomes[index] = text));
    await vi.advanceTimersByTimeAsync(ms);
    return outcomes;
  }

  it('serves sign-ins that waited 300 ms for a provider that hangs, with one fetch and one line', async () => {
    published = 'hang';
    const pending = [outcome('first'), outcome('first')];
    expect(await waitFor(299, ...pending)).toEqual([undefined, undefined]);
    expect(await waitFor(1, ...pending)).toEqual(['first', 'first']);
    expect(fetches).toBe(1);
    expect(events).toEqual(['warn key-set-slow']);
    expect(lines).toEqual([{ url: 'https://keys.example', ageSeconds: 3_600 }]);
  });

  it('serves the next sign-ins at once, and is tried again after half a minute', async () => {
    published = 'hang';
    await waitFor(300, outcome('first'));
    hanging[0]?.fail('timeout');
    await waitFor(0);
    now += 29_999;
    expect(await waitFor(0, outcome('first'))).toEqual(['first']);
    await keySet.warm();
    expect(fetches).toBe(1);
    now += 1;
    published = keySetOf(first);
    expect(await waitFor(0, outcome('first'))).toEqual(['first']);
    expect(fetches).toBe(2);
    expect(events).toEqual(['warn key-set-slow', 'error key-set-unavailable timeout']);
  });

  it('is replaced by a late answer, for later sign-ins', async () => {
    published = 'hang';
    await waitFor(300, outcome('first'));
    hanging[0]?.answer(keySetOf(second));
    published = keySetOf(second);
    expect(await waitFor(0, outcome('second'))).toEqual(['second']);
    expect(await waitFor(0, outcome('first'))).toEqual(['key-unknown']);
    expect(fetches).toBe(2);
  });

  it('pauses after a refresh that failed', async () => {
    published = undefined;
    for (let count = 0; count < 50; count += 1) expect(await outcome('first')).toBe('first');
    expect(fetches).toBe(1);
    expect(events).toEqual(['error key-set-unavailable ECONNREFUSED']);
    now += 1_000;
    expect(await outcome('first')).toBe('first');
    expect(fetches).toBe(2);
  });

  it('serves no withdrawn key after the provider answered', async () => {
    published = keySetOf(second);
    expect(await outcome('first')).toBe('key-unknown');
    expect(await outcome('second')).toBe('second');
    expect(fetches).toBe(1);
  });

  it('warms up within the same 300 ms, and does not wait again after a failure', async () => {
    published = 'hang';
    const warming = waitFor(
      300,
      keySet.warm().then(() => 'warm'),
    );
    expect(await warming).toEqual(['warm']);
    expect(await waitFor(0, outcome('first'))).toEqual(['first']);
    expect(fetches).toBe(1);
  });

  it('of more than a day serves nobody: a sign-in waits for the provider', async () => {
    published = 'hang';
    now += day;
    const pending = outcome('first');
    expect(await waitFor(1_999, pending)).toEqual([undefined]);
    hanging[0]?.answer(keySetOf(first));
    expect(await pending).toBe('first');
  });
});

describe('a fetch that Lambda froze', () => {
  /** A page view or sign-in that ends without waiting for the fetch; after it the instance is frozen. */
  const cutOff = async (begin: () => Promise<unknown>): Promise<void> =>
    invocations.run(async () => {
      void begin();
    });

  const turn = (): Promise<unknown> => new Promise((resolve) => setImmediate(resolve));

  it('is not a failure: no log line, no pause, and the next sign-in fetches again', async () => {
    published = 'hang';
    await cutOff(() => keySet.warm());
    published = keySetOf(first);
    const next = invocations.run(() => outcome('first'));
    // The timer of before the freeze, or the dead connection.
    hanging[0]?.fail('timeout');
    expect(await next).toBe('first');
    expect(fetches).toBe(2);
    expect(events).toEqual([]);
  });

  it('is not a failure either if it ends before the next request, or while an old set serves', async () => {
    await invocations.run(() => outcome('first'));
    now += hour + 1;
    published = 'hang';
    await cutOff(() => keySet.find('first'));
    hanging[0]?.fail('ECONNRESET');
    await turn();
    published = keySetOf(second);
    expect(await invocations.run(() => outcome('second'))).toBe('second');
    expect(events).toEqual([]);
  });

  it('is never joined: a connection from before the freeze may be dead', async () => {
    published = 'hang';
    await cutOff(() => keySet.warm());
    const next = invocations.run(() => outcome('first'));
    expect(fetches).toBe(2);
    hanging[1]?.answer(keySetOf(first));
    expect(await next).toBe('first');
  });

  it('is used if it arrives after all, with the age of its beginning', async () => {
    published = 'hang';
    await cutOff(() => keySet.warm());
    now += hour - minute;
    hanging[0]?.answer(keySetOf(first));
    await turn();
    expect(await invocations.run(() => outcome('first'))).toBe('first');
    expect(fetches).toBe(1);
    now += minute + 1;
    published = keySetOf(second);
    expect(await invocations.run(() => outcome('first'))).toBe('key-unknown');
  });

  it('does not bring back keys that were withdrawn in the meantime', async () => {
    published = 'hang';
    await cutOff(() => keySet.warm());
    now += minute;
    published = keySetOf(second);
    expect(await invocations.run(() => outcome('second'))).toBe('second');
    hanging[0]?.answer(keySetOf(first));
    await turn();
    expect(await invocations.run(() => outcome('second'))).toBe('second');
    expect(fetches).toBe(2);
    expect(await invocations.run(() => outcome('first'))).toBe('key-unknown');
  });

  it('that fails while the instance is awake is a failure', async () => {
    published = 'hang';
    await invocations.run(async () => {
      const finding = outcome('first');
      hanging[0]?.fail('timeout');
      expect(await finding).toBe('key-set-unavailable');
    });
    expect(events).toEqual(['error key-set-unavailable timeout']);
  });
});

describe('parseKeySet', () => {
  const kids = (...keys: unknown[]): string[] => [
    ...(parseKeySet(JSON.stringify({ keys }), 'RS256') ?? new Map()).keys(),
  ];

  it('keeps RSA signature keys for RS256', () => {
    const { use, alg, ...bare } = jwkOf(first);
    expect([use, alg]).toEqual(['sig', 'RS256']);
    expect(kids(jwkOf(first), { ...bare, kid: 'bare' })).toEqual(['first', 'bare']);
  });

  it.each<[string, unknown]>([
    ['an encryption key', { ...jwkOf(first), use: 'enc' }],
    ['a key whose operations are encryption', { ...jwkOf(first), use: undefined, key_ops: ['encrypt'] }],
    ['a key for another algorithm', { ...jwkOf(first), alg: 'RS512' }],
    ['a symmetric key', { kty: 'oct', kid: 'oct', k: 'c2VjcmV0' }],
    ['a key of another type', { ...jwkOf(first), kty: 'EC' }],
    ['a key without a kid', { ...jwkOf(first), kid: undefined }],
    ['a key without a modulus', { ...jwkOf(first), n: undefined }],
    ['a key without an exponent', { ...jwkOf(first), e: '' }],
    ['a key that is too short', jwkOf(makeGoogleKey('short', 1024))],
    ['something that is no key', null],
    ['a text', 'first'],
  ])('leaves out %s', (_name, key) => {
    expect(kids(key, jwkOf(second))).toEqual(['second']);
  });

  it('uses neither of two keys with one name, but uses one that is listed twice', () => {
    expect(kids(jwkOf(first), { ...jwkOf(second), kid: 'first' })).toEqual([]);
    expect(kids(jwkOf(first), { ...jwkOf(second), kid: 'first' }, jwkOf(first), jwkOf(second))).toEqual(['second']);
    expect(kids(jwkOf(first), jwkOf(first))).toEqual(['first']);
  });
});

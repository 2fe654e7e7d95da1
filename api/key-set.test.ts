import { beforeEach, describe, expect, it } from 'vitest';
import { createKeySet, type KeySet, parseKeySet } from './key-set.ts';
import { jwkOf, keySetOf, makeGoogleKey } from './testing/stub-google.ts';

const first = makeGoogleKey('first');
const second = makeGoogleKey('second');

let now: number;
let published: string | undefined;
let fetches: number;
let events: string[];
let keySet: KeySet;
beforeEach(() => {
  now = 1_800_000_000_000;
  published = keySetOf(first);
  fetches = 0;
  events = [];
  keySet = createKeySet({
    url: 'https://keys.example',
    algorithm: 'RS256',
    fetchText: async () => {
      fetches += 1;
      if (published === undefined) throw new Error('timeout');
      return published;
    },
    now: () => now,
    log: (_level, event, { cause }) => events.push(`${event} ${String(cause)}`),
  });
});

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

  it('takes a rotated key at once', async () => {
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

  it('takes a key that was rotated during the cool-down once it is over', async () => {
    await outcome('invented');
    published = keySetOf(second);
    expect(await outcome('second')).toBe('key-set-cooling-down');
    now += 30_000;
    expect(await outcome('second')).toBe('second');
    expect(await outcome('first')).toBe('key-unknown');
  });

  it('says unavailable during an outage, and recovers without a pause', async () => {
    published = undefined;
    expect(await outcome('first')).toBe('key-set-unavailable');
    published = keySetOf(first);
    expect(await outcome('first')).toBe('first');
    expect(events).toEqual(['key-set-unavailable timeout']);
  });

  it.each(['', 'null', '[]', '{}', '{"keys":{}}', '{"keys":[]}', '<html>'])(
    'takes an answer that is no key set for an outage: %s',
    async (text) => {
      published = text;
      expect(await outcome('first')).toBe('key-set-unavailable');
      expect(events).toEqual(['key-set-unavailable malformed']);
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

  it('warms up once', async () => {
    await keySet.warm();
    await keySet.warm();
    expect(fetches).toBe(1);
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
});

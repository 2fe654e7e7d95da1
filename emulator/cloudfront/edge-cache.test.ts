import { describe, expect, it } from 'vitest';
import { emptyBody, type HeaderLines, type Request } from '../message/http-message.ts';
import type { CachePolicy, Selection } from '../model/policies.ts';
import { cacheKey, EdgeCache, normalizedEncodings, secondsToKeep } from './edge-cache.ts';

const none: Selection = { kind: 'none' };
const policy: CachePolicy = {
  headers: none,
  cookies: none,
  query: none,
  ttl: { minimum: 1, default: 86_400, maximum: 31_536_000 },
  encodings: ['br', 'gzip'],
};
const answer = (status: number, ...headers: HeaderLines) => ({ status, headers, body: emptyBody });

describe('secondsToKeep', () => {
  const secondsOf = (caching: string, ttl = policy.ttl) =>
    secondsToKeep(answer(200, ['Cache-Control', caching]), ttl, 10);

  // The table of the documentation for a minimum above 0.
  it.each([
    ['max-age=31536000, immutable', 31_536_000],
    ['max-age=60', 60],
    ['max-age=0', 1],
    ['max-age=99999999', 31_536_000],
    ['max-age=60, s-maxage=600', 600],
    ['public, max-age=300', 300],
    ['no-cache', 1],
    ['no-store', 1],
    ['private, max-age=31536000, immutable', 1],
    ['immutable', 86_400],
  ])('keeps an answer with %s for %i seconds', (caching, seconds) => {
    expect(secondsOf(caching)).toBe(seconds);
  });

  it.each([
    ['MAX-AGE=60', 60],
    ['max-age="60"', 60],
    ['s-maxage=600, max-age=60', 600],
    ['x-max-age=60', 86_400],
    ['NO-STORE', 1],
    ['no-cache="set-cookie", max-age=60', 1],
    ['x-no-cache, max-age=60', 60],
  ])('reads %s as %i seconds', (caching, seconds) => {
    expect(secondsOf(caching)).toBe(seconds);
  });

  it.each([301, 302, 307, 308])('keeps a %i like a page', (status) => {
    expect(secondsToKeep(answer(status, ['Cache-Control', 'max-age=60']), policy.ttl, 10)).toBe(60);
    expect(secondsToKeep(answer(status), policy.ttl, 10)).toBe(86_400);
  });

  it('keeps no answer for long whose Expires is in the past, and takes no Expires without a Date', () => {
    const date = ['Date', 'Fri, 01 Jan 2027 00:00:00 GMT'] as const;
    const past = ['Expires', 'Fri, 01 Jan 2026 00:00:00 GMT'] as const;
    expect(secondsToKeep(answer(200, date, past), policy.ttl, 10)).toBe(1);
    expect(secondsToKeep(answer(200, past), policy.ttl, 10)).toBe(86_400);
  });

  it('keeps an answer without a word about it for the default, and by Expires if there is one', () => {
    expect(secondsToKeep(answer(200), policy.ttl, 10)).toBe(86_400);
    const dates: HeaderLines = [
      ['Date', 'Fri, 01 Jan 2027 00:00:00 GMT'],
      ['Expires', 'Fri, 01 Jan 2027 00:05:00 GMT'],
    ];
    expect(secondsToKeep(answer(200, ...dates), policy.ttl, 10)).toBe(300);
  });

  it('keeps nothing under a policy that disables caching, whatever the origin says', () => {
    const disabled = { minimum: 0, default: 0, maximum: 0 };
    for (const caching of ['max-age=600', 'no-store', '']) expect(secondsOf(caching, disabled)).toBe(0);
  });

  it('does not keep what is no whole answer, or varies by everything', () => {
    for (const status of [204, 206, 304, 416]) expect(secondsToKeep(answer(status), policy.ttl, 10)).toBe(0);
    expect(secondsToKeep(answer(200, ['Vary', '*']), policy.ttl, 10)).toBe(0);
  });

  it.each([
    [404, undefined, 10],
    [404, 'no-store', 0],
    [404, 'max-age=60', 60],
    [404, 'max-age=5', 10],
    [503, undefined, 10],
    [503, 'no-store', 10],
    [403, undefined, 0],
    [403, 'max-age=60', 60],
    [412, 'no-store', 0],
    [429, 'max-age=60', 0],
  ])('keeps a %i with %s for %i seconds', (status, caching, seconds) => {
    const headers: HeaderLines = caching === undefined ? [] : [['Cache-Control', caching]];
    expect(secondsToKeep(answer(status, ...headers), policy.ttl, 10)).toBe(seconds);
  });

  const errorFor = (status: number, caching?: string): number => {
    const headers: HeaderLines = caching === undefined ? [] : [['Cache-Control', caching]];
    return secondsToKeep(answer(status, ...headers), { ...policy.ttl, maximum: 100 }, 10);
  };

  it.each([404, 410, 414, 501])(
    'keeps a %i at least as long as the distribution says, unless the origin objects',
    (status) => {
      expect([errorFor(status), errorFor(status, 'max-age=60'), errorFor(status, 'private')]).toEqual([10, 60, 0]);
    },
  );

  it.each([500, 502, 503, 504])(
    'keeps a %i at least as long as the distribution says, whatever the origin says',
    (status) => {
      expect([errorFor(status), errorFor(status, 'max-age=60'), errorFor(status, 'no-store')]).toEqual([10, 60, 10]);
    },
  );

  it.each([400, 403, 405, 412, 415])('keeps a %i only if the origin says for how long', (status) => {
    expect([errorFor(status), errorFor(status, 'max-age=60'), errorFor(status, 'max-age=5')]).toEqual([0, 60, 10]);
  });

  it('keeps no error longer than the policy allows', () => {
    for (const status of [403, 404, 503]) expect(errorFor(status, 'max-age=99999999')).toBe(100);
  });

  it('keeps a 503 for no time if the distribution says so', () => {
    expect(secondsToKeep(answer(503, ['Cache-Control', 'no-store']), policy.ttl, 0)).toBe(0);
  });
});

describe('cacheKey', () => {
  const keyOf = (changes: Partial<Request>, of = policy, signed = true): string =>
    cacheKey(
      {
        method: 'GET',
        path: '/a',
        query: undefined,
        headers: [],
        body: emptyBody,
        ip: '127.0.0.1',
        httpVersion: '1.1',
        ...changes,
      },
      of,
      signed,
    );

  it.each<[string, Partial<Request>]>([
    ['a session', { headers: [['Cookie', 'CloudFront-Signature=x; __Host-session=y']] }],
    ['an Authorization header', { headers: [['Authorization', 'Bearer x']] }],
    [
      'a header that servers trust',
      {
        headers: [
          ['X-Forwarded-Host', 'evil.example'],
          ['X-Original-URL', '/b'],
        ],
      },
    ],
    ['another host', { headers: [['Host', 'other.example']] }],
    ['a query', { query: 'x=1' }],
    ['the parameters of a signed URL', { query: 'Signature=x&Key-Pair-Id=y' }],
    ['another viewer', { ip: '192.0.2.1' }],
    ['HEAD', { method: 'HEAD' }],
    ['a range', { headers: [['Range', 'bytes=0-1']] }],
  ])('does not contain %s', (_, changes) => {
    expect(keyOf(changes)).toBe(keyOf({}));
  });

  it('contains no parameter of a signed URL where cookies are checked, and all others as they were sent', () => {
    const all = { ...policy, query: { kind: 'all' } as const };
    const signedUrl = 'a=1&Policy=x&Signature=y&Key-Pair-Id=z';
    expect(keyOf({ query: signedUrl }, all)).toBe(keyOf({ query: 'a=1' }, all));
    expect(keyOf({ query: signedUrl }, all, false)).not.toBe(keyOf({ query: 'a=1' }, all, false));
    const queries = ['a=1&b=2', 'b=2&a=1', 'a=1', 'a=2', 'A=1', 'a', undefined];
    expect(new Set(queries.map((query) => keyOf({ query }, all))).size).toBe(queries.length);
  });

  it('contains which codings the viewer takes, and a named header in whatever case it was sent', () => {
    const encoded = (value: string): string => keyOf({ headers: [['Accept-Encoding', value]] });
    expect(new Set(['gzip', 'br', 'gzip, br', ''].map(encoded)).size).toBe(4);
    const named: CachePolicy = { ...policy, headers: { kind: 'only', names: ['accept-language'] } };
    const language = (name: string): string => keyOf({ headers: [[name, 'de']] }, named);
    expect(language('ACCEPT-LANGUAGE')).toBe(language('accept-language'));
  });

  it('contains the path as it was sent, so that no spelling poisons another', () => {
    const paths = ['/a', '/A', '/%61', '//a', '/b/../a', '/a/', '/a%2f'];
    expect(new Set(paths.map((path) => keyOf({ path }))).size).toBe(paths.length);
  });

  it('contains what the policy names', () => {
    const only = (...names: string[]): Selection => ({ kind: 'only', names });
    const rich = { ...policy, query: only('v'), headers: only('accept-language'), cookies: only('theme') };
    const changes: Partial<Request>[] = [
      { query: 'v=1' },
      { query: 'v=2' },
      { headers: [['Accept-Language', 'de']] },
      { headers: [['Cookie', 'theme=dark']] },
    ];
    expect(new Set([{}, ...changes].map((change) => keyOf(change, rich))).size).toBe(5);
    expect(keyOf({ query: 'x=1&v=1', headers: [['Cookie', 'session=1']] }, rich)).toBe(keyOf({ query: 'v=1' }, rich));
  });
});

describe('normalizedEncodings', () => {
  it.each([
    ['gzip, deflate, br, zstd', 'br,gzip'],
    ['BR;q=1.0, gzip;q=0.5', 'br,gzip'],
    ['gzip', 'gzip'],
    ['br;q=0, gzip', 'gzip'],
    ['identity', ''],
    ['*', ''],
    [undefined, ''],
  ])('makes of %s only %j', (header, normalized) => {
    expect(normalizedEncodings(header, policy)).toBe(normalized);
  });

  it('makes nothing of it where the policy turns no coding on', () => {
    expect(normalizedEncodings('gzip, br', { ...policy, encodings: [] })).toBe('');
  });
});

describe('EdgeCache', () => {
  const kept = (path: string, bytes = 1) => ({
    path,
    response: { status: 200, headers: [], body: Buffer.alloc(bytes) },
    since: 0,
    seconds: 60,
  });

  it('forgets the paths of an invalidation, and nothing else', () => {
    const cache = new EdgeCache();
    for (const path of ['/a', '/a/b', '/a/c', '/b']) cache.keep(path, kept(path));
    cache.invalidate(['/a/*', '/b']);
    expect(['/a', '/a/b', '/a/c', '/b'].filter((path) => cache.get(path) !== undefined)).toEqual(['/a']);
    cache.invalidate(['/*']);
    expect(cache.get('/a')).toBeUndefined();
  });

  it('refuses an invalidation that CloudFront would refuse, and forgets nothing', () => {
    const cache = new EdgeCache();
    cache.keep('/~a', kept('/~a'));
    expect(() => cache.invalidate(['/~a'])).toThrow('InvalidArgument');
    expect(cache.get('/~a')).toBeDefined();
  });

  it('counts an answer that was refreshed as a new one', () => {
    const cache = new EdgeCache();
    const large = 20 * 1024 * 1024;
    for (const path of ['/1', '/2', '/3', '/1', '/4']) cache.keep(path, kept(path, large));
    expect(['/1', '/2', '/3', '/4'].map((path) => cache.get(path) !== undefined)).toEqual([true, false, true, true]);
  });

  it('has all its room again after it was cleared, or after answers were dropped', () => {
    const cache = new EdgeCache();
    const large = 60 * 1024 * 1024;
    cache.keep('/1', kept('/1', large));
    cache.clear();
    expect(cache.get('/1')).toBeUndefined();
    cache.keep('/2', kept('/2', large));
    cache.drop('/2');
    cache.drop('/2');
    cache.keep('/3', kept('/3', large));
    expect(cache.get('/3')).toBeDefined();
    cache.keep('/4', kept('/4', large));
    expect([cache.get('/3'), cache.get('/4') !== undefined]).toEqual([undefined, true]);
  });

  it('drops the oldest answers when it is full', () => {
    const cache = new EdgeCache();
    const large = 20 * 1024 * 1024;
    for (const path of ['/1', '/2', '/3', '/4']) cache.keep(path, kept(path, large));
    expect(['/1', '/2', '/3', '/4'].map((path) => cache.get(path) !== undefined)).toEqual([false, true, true, true]);
    cache.keep('/1', kept('/1', 65 * 1024 * 1024));
    expect(cache.get('/1')).toBeUndefined();
    for (const path of ['/2', '/3', '/4']) cache.keep(path, kept(path, large));
    cache.keep('/4', kept('/4', 1));
    cache.keep('/5', kept('/5', large));
    expect(cache.get('/2')).toBeDefined();
  });
});

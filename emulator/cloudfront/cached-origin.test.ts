import { describe, expect, it } from 'vitest';
import { ask } from '../testing/ask.ts';
import { useEmulator } from '../testing/harness.ts';
import { behaviorIn, distributionIn, type Json, sampleStack } from '../testing/sample-stack.ts';
import { createKeyPair } from '../testing/signed-cookies.ts';

const harness = useEmulator();
const { keys, get, getSigned, load, cookiesFor, pass } = harness;

const hashed = '/assets/app.3f9a1c2e.js';
/** What an upload does: the object with its headers, and no invalidation. */
async function put(path: string, body: string, caching = 'max-age=31536000, immutable'): Promise<void> {
  const bucket = harness.emulator.aws.buckets.find((name) => name.startsWith('sample-site-'));
  const headers = { 'content-type': 'text/javascript', 'cache-control': caching };
  const answer = await fetch(`${harness.emulator.aws.url}/${bucket}/www${path}`, { method: 'PUT', body, headers });
  expect(answer.status).toBe(200);
}
const resultOf = (answer: { headers: NodeJS.Dict<string | string[]> }): string =>
  String(answer.headers['x-cache']).replace(' from cloudfront', '');

describe('a copy at the edge', () => {
  it('answers every viewer who may see the file, with its age, without asking S3', async () => {
    await put(hashed, 'one');
    expect(resultOf(await getSigned(hashed))).toBe('Miss');
    await put(hashed, 'two');
    pass(86_400 * 200);
    const again = await getSigned(hashed);
    expect([again.body, resultOf(again), again.headers['age']]).toEqual(['one', 'Hit', String(86_400 * 200)]);
  });

  it('lasts one second if the file has no-cache, and then is compared with S3', async () => {
    await put('/a.css', 'one', 'no-cache');
    expect(resultOf(await getSigned('/a.css'))).toBe('Miss');
    expect(resultOf(await getSigned('/a.css'))).toBe('Hit');
    pass(1);
    const compared = await getSigned('/a.css');
    expect([compared.body, resultOf(compared), compared.headers['age']]).toEqual(['one', 'RefreshHit', undefined]);
    await put('/a.css', 'two', 'no-cache');
    pass(1);
    expect(await getSigned('/a.css')).toMatchObject({ body: 'two', headers: { 'x-cache': 'Miss from cloudfront' } });
  });

  it('keeps its type if only the type changed, because an edge that compares does not notice', async () => {
    await put('/a.css', 'same', 'no-cache');
    await getSigned('/a.css');
    const bucket = harness.emulator.aws.buckets.find((name) => name.startsWith('sample-site-')) ?? '';
    harness.emulator.aws.put(bucket, 'www/a.css', 'same', 'text/css');
    pass(1);
    const compared = await getSigned('/a.css');
    expect([resultOf(compared), compared.headers['content-type']]).toEqual(['RefreshHit', 'text/javascript']);
  });

  it('ends with an invalidation of its path', async () => {
    await put(hashed, 'one');
    await getSigned(hashed);
    await put(hashed, 'two');
    harness.emulator.invalidate(['/assets/*']);
    expect((await getSigned(hashed)).body).toBe('two');
  });

  it('ends with a load, so that the local run shows what was edited', async () => {
    await put('/docs/guide.html', 'one');
    await getSigned('/docs/guide.html');
    await put('/docs/guide.html', 'two');
    await load();
    expect((await getSigned('/docs/guide.html')).body).toBe('two');
  });

  it('is also the answer to HEAD, to a condition and to a range', async () => {
    await put(hashed, '0123456789');
    const whole = await getSigned(hashed);
    const etag = String(whole.headers['etag']);
    const cookie = cookiesFor();
    const head = await ask(harness.emulator.origin, hashed, { method: 'HEAD', headers: { cookie } });
    expect([head.status, resultOf(head), head.headers['content-length'], head.body]).toEqual([200, 'Hit', '10', '']);
    const same = await getSigned(hashed, { 'if-none-match': etag });
    expect([same.status, resultOf(same), same.body]).toEqual([304, 'Hit', '']);
    const part = await getSigned(hashed, { range: 'bytes=2-4' });
    expect([part.status, resultOf(part), part.body, part.headers['content-range']]).toEqual([
      206,
      'Hit',
      '234',
      'bytes 2-4/10',
    ]);
    expect(part.headers).toMatchObject({ 'content-length': '3', 'content-type': 'text/javascript' });
  });

  it('is made of no range, no condition and no HEAD, so that nobody can poison it with a part', async () => {
    await put(hashed, '0123456789');
    const cookie = cookiesFor();
    await getSigned(hashed, { range: 'bytes=0-0' });
    await getSigned(hashed, { 'if-none-match': '"other"' });
    await getSigned(hashed, { 'if-match': '"other"' });
    await ask(harness.emulator.origin, hashed, { method: 'HEAD', headers: { cookie } });
    const whole = await getSigned(hashed);
    expect([whole.status, whole.body, resultOf(whole)]).toEqual([200, '0123456789', 'Miss']);
  });

  it('is one for all queries, and none for another spelling of the path', async () => {
    await put(hashed, 'one');
    await getSigned(hashed);
    expect(resultOf(await getSigned(`${hashed}?v=2`))).toBe('Hit');
    expect((await getSigned(`/assets/../assets${hashed.slice(7)}`)).status).not.toBe(200);
  });
});

describe('a viewer without a valid signature', () => {
  it.each<[string, () => Record<string, string>]>([
    ['no cookies', () => ({})],
    ['cookies of another key', () => ({ cookie: cookiesFor(createKeyPair('P-256')) })],
    ['cookies for another path', () => ({ cookie: cookiesFor(keys, '/docs/*') })],
    ['an Authorization header', () => ({ authorization: 'Bearer x' })],
    ['a request for no copy', () => ({ 'cache-control': 'only-if-cached', pragma: 'no-cache' })],
    ["the copy's own tag", () => ({ 'if-none-match': '*' })],
    ['a range', () => ({ range: 'bytes=0-0' })],
  ])('gets no kept file with %s', async (_, headers) => {
    await put(hashed, 'secret script');
    for (let count = 0; count < 2; count++) await getSigned(hashed);
    expect(resultOf(await getSigned(hashed))).toBe('Hit');
    const answer = await get(hashed, headers());
    expect([answer.status, answer.body, resultOf(answer)]).toEqual([403, 'login page', 'Error']);
    expect(answer.headers['etag']).not.toBe((await getSigned(hashed)).headers['etag']);
  });

  it('gets no kept file once the cookies have expired, although the copy has not', async () => {
    const cookie = cookiesFor();
    await put(hashed, 'secret script');
    expect((await get(hashed, { cookie })).status).toBe(200);
    pass(86_400);
    expect(await get(hashed, { cookie })).toMatchObject({ status: 403, body: 'login page' });
    expect(resultOf(await getSigned(hashed))).toBe('Hit');
  });

  it('gets no kept file by HEAD or by a path trick through an open folder', async () => {
    await put(hashed, 'secret script');
    await getSigned(hashed);
    expect((await ask(harness.emulator.origin, hashed, { method: 'HEAD' })).status).toBe(403);
    for (const path of [`/public/..${hashed}`, `/public/%2e%2e${hashed}`, `/${hashed}`, `${hashed}?Signature=x`]) {
      expect((await get(path)).body).not.toContain('secret script');
    }
  });

  it('does not make the refusal the answer for those who may see the file', async () => {
    await put(hashed, 'script');
    for (let count = 0; count < 2; count++) expect((await get(hashed)).status).toBe(403);
    expect((await getSigned(hashed)).body).toBe('script');
    expect((await get(hashed)).status).toBe(403);
  });
});

describe('a copy of an error', () => {
  it('hides a new file for ten seconds', async () => {
    expect((await getSigned('/new.js')).status).toBe(404);
    await put('/new.js', 'new');
    pass(9);
    expect(await getSigned('/new.js')).toMatchObject({ status: 404, body: 'not found page' });
    pass(1);
    expect((await getSigned('/new.js')).body).toBe('new');
  });

  it('ends with an invalidation', async () => {
    await getSigned('/new.js');
    await put('/new.js', 'new');
    harness.emulator.invalidate(['/new.js']);
    expect((await getSigned('/new.js')).body).toBe('new');
  });
});

describe('the API', () => {
  it('answers each request itself, so that nobody gets the cookies or the answer of another', async () => {
    const one = await get('/auth/session', { cookie: 'who=one' });
    const other = await get('/auth/session', { cookie: 'who=other' });
    expect([resultOf(one), resultOf(other)]).toEqual(['Miss', 'Miss']);
    expect([one.body.includes('who=one'), other.body.includes('who=one'), other.body.includes('who=other')]).toEqual([
      true,
      false,
      true,
    ]);
    expect(other.headers['age']).toBeUndefined();
  });

  it('gives one failure to one viewer, if the distribution keeps no errors', async () => {
    expect((await get('/auth/session?do=throw')).status).toBe(500);
    expect((await get('/auth/session')).status).toBe(200);
  });

  it('gives one failure to everyone for ten seconds, if the distribution says nothing about errors', async () => {
    await load(
      sampleStack(keys, (resources) => {
        const pages = distributionIn(resources)['custom_error_response'] as Json[];
        distributionIn(resources)['custom_error_response'] = pages.slice(0, 2);
      }),
    );
    expect((await get('/auth/session?do=throw')).status).toBe(500);
    expect((await get('/auth/session')).status).toBe(500);
    pass(10);
    expect((await get('/auth/session')).status).toBe(200);
  });
});

describe('the cache policy of the stack', () => {
  it('decides about the key and the time', async () => {
    await load(
      sampleStack(keys, (resources) => {
        resources['aws_cloudfront_cache_policy'] = {
          own: {
            name: 'own',
            min_ttl: 0,
            default_ttl: 5,
            max_ttl: 60,
            parameters_in_cache_key_and_forwarded_to_origin: {
              query_strings_config: { query_string_behavior: 'whitelist', query_strings: { items: ['v'] } },
            },
          },
        };
        behaviorIn(resources)['cache_policy_id'] = '${aws_cloudfront_cache_policy.own.id}';
      }),
    );
    await put(hashed, 'one');
    await put('/a.css', 'one', 'no-cache');
    await getSigned(`${hashed}?v=1`);
    expect(resultOf(await getSigned(`${hashed}?v=1&x=1`))).toBe('Hit');
    expect(resultOf(await getSigned(`${hashed}?v=2`))).toBe('Miss');
    pass(60);
    expect(resultOf(await getSigned(`${hashed}?v=1`))).toBe('RefreshHit');
    for (let count = 0; count < 2; count++) expect(resultOf(await getSigned('/a.css'))).toBe('Miss');
  });
});

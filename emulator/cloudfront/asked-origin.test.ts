import { beforeEach, describe, expect, it } from 'vitest';
import { emptyBody, type HeaderLines, headerOf, type Request, type Response } from '../message/http-message.ts';
import type { BehaviorModel } from '../model/stack-model.ts';
import { askCached } from './cached-origin.ts';
import { EdgeCache } from './edge-cache.ts';

const none = { kind: 'none' } as const;
const ttl = { minimum: 1, default: 86_400, maximum: 31_536_000 };
const behavior = { cache: { headers: none, cookies: none, query: none, ttl, encodings: [] } } as Partial<BehaviorModel>;

let cache: EdgeCache;
let now: number;
/** What the origin answers, and what it was asked. */
let answer: Response;
let asked: Request[];
beforeEach(() => {
  cache = new EdgeCache();
  now = 1_000_000;
  answer = file('0123456789');
  asked = [];
});

const file = (body: string, more: HeaderLines = [['ETag', '"1"']], caching = 'max-age=60'): Response => ({
  status: 200,
  headers: [['Content-Type', 'text/css'], ['Content-Length', String(body.length)], ['Cache-Control', caching], ...more],
  body: Buffer.from(body),
});

/** The result, the status, and the body as text. */
async function ask(headers: HeaderLines = [], method = 'GET') {
  const request: Request = {
    method,
    path: '/a.css',
    query: undefined,
    headers,
    body: emptyBody,
    ip: '192.0.2.1',
    httpVersion: '1.1',
  };
  const origin = async (one: Request): Promise<Response> => {
    asked.push(one);
    return answer;
  };
  const options = { cache, behavior: behavior as BehaviorModel, errorSeconds: () => 10, now, ask: origin };
  const { response, result } = await askCached(request, options);
  return { ...response, told: [result, response.status, String(response.body)] };
}
const told = async (...request: Parameters<typeof ask>) => (await ask(...request)).told;
const sent = (name: string) => asked.map(({ headers }) => headerOf(headers, name));

describe('a request that is not for a file', () => {
  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])(
    '%s asks the origin, and neither gets, makes nor ends a copy',
    async (method) => {
      await ask([], method);
      expect(await told()).toEqual(['Miss', 200, '0123456789']);
      answer = file('another');
      expect(await told([], method)).toEqual(['Miss', 200, 'another']);
      expect(await told()).toEqual(['Hit', 200, '0123456789']);
    },
  );
});

describe('a copy', () => {
  it('ends exactly when its time is over, and says its age in whole seconds', async () => {
    await ask();
    now += 59_999;
    const last = await ask();
    expect([last.told[0], headerOf(last.headers, 'age')]).toEqual(['Hit', '59']);
    now += 1;
    answer = { status: 304, headers: [], body: emptyBody };
    expect(await told()).toEqual(['RefreshHit', 200, '0123456789']);
    now += 59_999;
    expect((await told())[0]).toBe('Hit');
  });

  it('is compared by its tag, with no condition of the viewer, and by GET', async () => {
    await ask();
    now += 60_000;
    answer = { status: 304, headers: [], body: emptyBody };
    const viewers: HeaderLines = [
      ['If-None-Match', '"viewer"'],
      ['If-Modified-Since', 'Fri, 01 Jan 2027 00:00:00 GMT'],
      ['Range', 'bytes=0-1'],
      ['Accept', 'text/css'],
    ];
    expect((await told(viewers, 'HEAD'))[0]).toBe('RefreshHit');
    const [, compared] = asked;
    expect([compared?.method, compared?.headers]).toEqual([
      'GET',
      [
        ['Accept', 'text/css'],
        ['If-None-Match', '"1"'],
      ],
    ]);
  });

  it('answers the condition of the viewer after it was compared', async () => {
    await ask();
    now += 60_000;
    answer = { status: 304, headers: [], body: emptyBody };
    const same = await ask([['If-None-Match', '"1"']]);
    expect(same.told).toEqual(['RefreshHit', 304, '']);
    expect(['content-type', 'content-length', 'etag'].map((name) => headerOf(same.headers, name))).toEqual([
      undefined,
      undefined,
      '"1"',
    ]);
    expect((await told([['If-Match', '"2"']])).slice(0, 2)).toEqual(['Hit', 412]);
    expect((await told([['Range', 'bytes=20-']])).slice(0, 2)).toEqual(['Hit', 416]);
  });

  it('is replaced by what changed, of which a viewer gets the part that was asked for', async () => {
    await ask();
    now += 60_000;
    answer = file('abcdefghij', [['ETag', '"2"']]);
    expect(await told([['Range', 'bytes=1-3']])).toEqual(['Miss', 206, 'bcd']);
    expect(asked).toHaveLength(2);
    expect(await told()).toEqual(['Hit', 200, 'abcdefghij']);
  });

  it('ends if the new answer must not be kept: a part is asked for anew, a whole file is not', async () => {
    const unkept = file('new', [
      ['ETag', '"2"'],
      ['Vary', '*'],
    ]);
    await ask();
    now += 60_000;
    answer = unkept;
    expect(await told()).toEqual(['Miss', 200, 'new']);
    expect(asked).toHaveLength(2);
    expect(await told()).toEqual(['Miss', 200, 'new']);
    // Nothing is compared with what was before.
    expect(sent('If-None-Match')).toEqual([undefined, '"1"', undefined]);
    answer = file('0123456789');
    await ask();
    now += 60_000;
    answer = unkept;
    asked = [];
    await ask([['Range', 'bytes=0-1']]);
    expect(sent('Range')).toEqual([undefined, 'bytes=0-1']);
  });

  it('gives way to an error of the origin, which is kept for its own time', async () => {
    await ask();
    now += 60_000;
    answer = { status: 503, headers: [], body: Buffer.from('down') };
    expect(await told()).toEqual(['Miss', 503, 'down']);
    answer = file('up');
    now += 9_999;
    expect(await told()).toEqual(['Hit', 503, 'down']);
    now += 1;
    expect(await told()).toEqual(['Miss', 200, 'up']);
    // An error has nothing to compare.
    expect(sent('If-None-Match')).toEqual([undefined, '"1"', undefined]);
  });

  it('of an error is not compared, even if it has a tag', async () => {
    answer = { status: 404, headers: [['ETag', '"404"']], body: Buffer.from('none') };
    await ask();
    now += 10_000;
    answer = file('there');
    expect(await told()).toEqual(['Miss', 200, 'there']);
    expect(sent('If-None-Match')).toEqual([undefined, undefined]);
  });

  it('is not made of an answer to a condition or a range, even if that is a whole file', async () => {
    for (const header of ['If-None-Match', 'If-Match', 'If-Range', 'Range']) {
      expect((await told([[header, '"x"']]))[0]).toBe('Miss');
    }
    expect((await told())[0]).toBe('Miss');
    expect((await told())[0]).toBe('Hit');
  });

  it('without a tag is asked for anew, and by a range for that range only', async () => {
    answer = file('0123456789', []);
    await ask();
    expect(await told([['Range', 'bytes=0-1']])).toEqual(['Hit', 200, '0123456789']);
    now += 60_000;
    answer = { status: 206, headers: [], body: Buffer.from('01') };
    expect(await told([['Range', 'bytes=0-1']])).toEqual(['Miss', 206, '01']);
    answer = file('new', []);
    expect(await told()).toEqual(['Miss', 200, 'new']);
    expect(sent('If-None-Match')).toEqual([undefined, undefined, undefined]);
    expect(sent('Range')).toEqual([undefined, 'bytes=0-1', undefined]);
  });

  it('is not made of a body that is streamed, because nobody holds all of it', async () => {
    async function* chunks(): AsyncIterable<Buffer> {
      yield Buffer.from('streamed');
    }
    answer = { ...file(''), body: { length: 8, chunks } };
    expect((await told())[0]).toBe('Miss');
    answer = file('0123456789');
    expect(await told()).toEqual(['Miss', 200, '0123456789']);
  });
});

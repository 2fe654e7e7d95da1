import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningSite, startSite, unthrottled } from '../support/site.ts';
import { idToken } from '../support/tokens.ts';
import { cookiesSet, header } from './forge.ts';
import { disguises } from './path-disguises.ts';
import { askFor, type Plain } from './raw-http.ts';
import { postBearer } from './sign-in.ts';

// Alice may see everything, carol the folder /docs/ alone.
const config = (text: string): string =>
  unthrottled(text).replace('rules: [', "rules: [{ who: { emails: ['carol@example.com'] }, path: '/docs/*' }, ");

const secret = 'CANARY-5b2e';
/** The edge may keep it for a year. */
const hashed = '/finance/app.3f9a1c2e.js';

let site: RunningSite;
let alice: string;
let carol: string;
beforeAll(async () => {
  site = await startSite({ config });
  const { aws } = site.emulator;
  const content = aws.buckets.find((name) => aws.list(name, 'www/').length > 0) ?? '';
  const headers = { 'content-type': 'text/javascript', 'cache-control': 'max-age=31536000, immutable' };
  await fetch(`${aws.url}/${content}/www${hashed}`, { method: 'PUT', body: secret, headers });
  alice = await cookiesOf('alice@example.com');
  carol = await cookiesOf('carol@example.com');
  // Now the edge has a copy.
  expect((await get(hashed, { Cookie: alice })).text).toBe(secret);
});
afterAll(() => site.close());

const get = (path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Plain> =>
  askFor(site.origin, path, headers, method);

async function cookiesOf(account: string): Promise<string> {
  const answer = await postBearer(site, await idToken(site, account));
  expect(answer.status).toBe(201);
  return header(cookiesSet(answer.setCookie));
}

describe('a copy of a protected file at the edge', () => {
  it('is there, so that the refusals below mean something', async () => {
    const answer = await get(hashed, { Cookie: alice });
    expect([answer.text, answer.headers['x-cache']]).toEqual([secret, 'Hit from cloudfront']);
  });

  it('is not given to a viewer without cookies, whatever the request looks like', async () => {
    const attempts: Record<string, string>[] = [
      {},
      { Authorization: 'Bearer x' },
      { Range: 'bytes=0-3' },
      { 'If-None-Match': '*' },
      { 'Cache-Control': 'only-if-cached' },
      { 'X-Forwarded-For': '127.0.0.1', 'X-Original-URL': '/public/login.html' },
      { Cookie: 'CloudFront-Policy=x; CloudFront-Signature=y; CloudFront-Key-Pair-Id=z' },
    ];
    for (const headers of attempts) {
      const { status, text } = await get(hashed, headers);
      expect([headers, status, text.includes(secret)]).toEqual([headers, 403, false]);
    }
    expect((await get(hashed, {}, 'HEAD')).status).toBe(403);
  });

  it('is not given to a viewer who may see another folder only', async () => {
    expect((await get('/docs/guide.html', { Cookie: carol })).status).toBe(200);
    const { status, text } = await get(hashed, { Cookie: carol });
    expect([status, text.includes(secret)]).toEqual([403, false]);
  });

  it('is given to nobody by a path trick', async () => {
    for (const path of disguises(hashed)) {
      for (const headers of [{}, { Cookie: carol }]) {
        expect([path, (await get(path, headers)).text.includes(secret)]).toEqual([path, false]);
      }
    }
  });

  it('carries no cookie of the viewer for whom it was made', async () => {
    const answer = await get(hashed, { Cookie: alice });
    expect([answer.headers['x-cache'], answer.headers['set-cookie']]).toEqual(['Hit from cloudfront', undefined]);
  });
});

describe('the edge', () => {
  it('keeps no answer of the API, so that nobody is taken for another', async () => {
    const answers = [alice, carol, ''].map((Cookie) => get('/auth/session', Cookie === '' ? {} : { Cookie }));
    const [first, second, third] = await Promise.all(answers);
    expect([first?.text.includes('alice'), second?.text.includes('carol')]).toEqual([true, true]);
    expect([second, third].some((answer) => answer?.text.includes('alice'))).toBe(false);
    for (const answer of [first, second, third]) {
      expect([answer?.headers['x-cache'], answer?.headers['age']]).toEqual([
        expect.stringMatching(/^(?:Miss|Error) from cloudfront$/),
        undefined,
      ]);
    }
  });

  it('keeps no refusal: a viewer who signs in gets the file at once', async () => {
    for (let count = 0; count < 2; count++) expect((await get('/docs/first-week.html')).status).toBe(403);
    expect((await get('/docs/first-week.html', { Cookie: carol })).status).toBe(200);
  });
});

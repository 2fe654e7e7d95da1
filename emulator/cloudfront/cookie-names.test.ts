import { describe, expect, it } from 'vitest';
import { emptyBody, headerOf, type Request } from '../message/http-message.ts';
import { withOwnCookies } from './cookie-names.ts';

const request = (cookie: string | undefined): Request => ({
  method: 'GET',
  path: '/',
  query: undefined,
  headers: cookie === undefined ? [['Accept', '*/*']] : [['Cookie', cookie]],
  body: emptyBody,
  ip: '127.0.0.1',
  httpVersion: '1.1',
});

/** What the distribution sees, and what the browser gets. */
async function passed(mark: string, cookie: string | undefined, set: readonly string[] = []) {
  let seen: Request | undefined;
  const serve = withOwnCookies(mark, async (inner) => {
    seen = inner;
    return {
      status: 200,
      headers: [['X-A', 'a=b'], ...set.map((one) => ['Set-Cookie', one] as const)],
      body: emptyBody,
    };
  });
  const { headers } = await serve(request(cookie));
  return { cookie: headerOf(seen?.headers ?? [], 'cookie'), headers };
}

describe('withOwnCookies', () => {
  const both = 'CloudFront-Policy=1; CloudFront-Policy.9000=2; __Host-x=3; __Host-x.9000=4; g_csrf_token=5; a.9000=6';

  it.each([
    ['', 'CloudFront-Policy=1; __Host-x=3; g_csrf_token=5; a.9000=6'],
    ['.9000', 'CloudFront-Policy=2; __Host-x=4; g_csrf_token=5; a.9000=6'],
    ['.9003', 'g_csrf_token=5; a.9000=6'],
  ])(
    'with the mark "%s" passes on its own cookies and those of pages, and none of another run',
    async (mark, cookie) => {
      expect((await passed(mark, both)).cookie).toBe(cookie);
    },
  );

  it('sends no cookie header where nothing is left, or where there was none', async () => {
    expect((await passed('.9000', 'CloudFront-Policy=1')).cookie).toBeUndefined();
    expect((await passed('.9000', undefined)).cookie).toBeUndefined();
  });

  it('marks the cookies that it sets, with value and attributes as they are', async () => {
    const set = ['CloudFront-Policy=a=b; Path=/; Secure', '__Host-x=; Max-Age=0', 'other=1'];
    expect((await passed('.9000', undefined, set)).headers).toEqual([
      ['X-A', 'a=b'],
      ['Set-Cookie', 'CloudFront-Policy.9000=a=b; Path=/; Secure'],
      ['Set-Cookie', '__Host-x.9000=; Max-Age=0'],
      ['Set-Cookie', 'other=1'],
    ]);
    expect((await passed('', undefined, set)).headers.slice(1).map(([, value]) => value)).toEqual(set);
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningSite, startSite, unthrottled } from '../support/site.ts';
import { idToken } from '../support/tokens.ts';
import { cookiesSet, header } from './forge.ts';
import { disguises } from './path-disguises.ts';
import { askFor, type Plain, sendRaw } from './raw-http.ts';
import { postBearer } from './sign-in.ts';

// Alice may see everything, carol the folder /docs/ alone; an open path of each kind.
const config = (text: string): string =>
  unthrottled(text)
    .replace("openPaths: ['/robots.txt', '/favicon.ico']", "openPaths: ['/robots.txt', '/open/*.css', '/h?lp.html']")
    .replace('rules: [', "rules: [{ who: { emails: ['carol@example.com'] }, path: '/docs/*' }, ");

/** Stands in every protected file of the test, in no open one. */
const secret = 'CANARY-7d1f';

let site: RunningSite;
beforeAll(async () => {
  site = await startSite({ config });
  const { aws } = site.emulator;
  const content = aws.buckets.find((name) => aws.list(name, 'www/').length > 0) ?? '';
  const keys = [
    'index.html',
    'docs/secret.html',
    'docs/index.html',
    'finance/secret.html',
    'open/x.html',
    'DOCS/x.html',
  ];
  for (const key of keys) aws.put(content, `www/${key}`, secret, 'text/html');
  // In the same bucket, but outside of what the distribution may read.
  for (const key of ['secret.html', 'wwwx/secret.html', 'keys/secret.pem']) aws.put(content, key, secret, 'text/html');
});
afterAll(() => site.close());

const get = (path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Plain> =>
  askFor(site.origin, path, headers, method);

async function cookiesOf(account: string): Promise<Record<string, string>> {
  const answer = await postBearer(site, await idToken(site, account));
  expect(answer.status).toBe(201);
  return { Cookie: header(cookiesSet(answer.setCookie)) };
}

describe('a viewer without cookies', () => {
  it('gets what is open, so that the refusals below mean something', async () => {
    expect((await get('/public/login.html')).status).toBe(200);
    expect((await get('/public/../robots.txt')).text).not.toContain(secret);
    const { Cookie } = await cookiesOf('alice@example.com');
    expect((await get('/docs/secret.html', { Cookie: Cookie ?? '' })).text).toBe(secret);
  });

  it.each(['/docs/secret.html', '/finance/secret.html'])('gets %s by no path trick', async (file) => {
    const paths = disguises(file);
    expect(paths.length).toBeGreaterThan(800);
    for (const path of paths) {
      const { status, text } = await get(path);
      expect([path, text.includes(secret)]).toEqual([path, false]);
      // A page with the status 200 is the open one that the path really names.
      expect([path, status !== 200 || /<!doctype html|^User-agent/i.test(text)]).toEqual([path, true]);
    }
  });

  it.each(['HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND', 'SEARCH'])(
    'gets it by no other method: %s',
    async (method) => {
      for (const path of ['/docs/secret.html', '/public/../docs/secret.html', '/']) {
        const answer = await get(path, {}, method);
        expect([400, 403, 404, 405, 501]).toContain(answer.status);
        expect(answer.text).not.toContain(secret);
      }
    },
  );

  it.each([
    'GET get /docs/secret.html',
    'GET http://evil.example/docs/secret.html',
    'GET ORIGIN/docs/secret.html',
    'GET //localhost/docs/secret.html',
    'GET docs/secret.html',
    'GET *',
    'GET ',
    'GET /public/\t/../docs/secret.html',
    'GET /public/\u0000/../docs/secret.html',
    'GET /docs/secret.html HTTP/0.9\r\nX:',
    'get /docs/secret.html',
  ])('gets it by no other request line: %j', async (line) => {
    const { host } = new URL(site.origin);
    const first = `${line.replace('ORIGIN', site.origin)} HTTP/1.1`;
    const answer = await sendRaw(site.origin, [first, `Host: ${host}`, 'Connection: close', '', '']);
    expect(answer.text).not.toContain(secret);
    expect(answer.statuses.filter((status) => status < 400)).toEqual([]);
  });
});

describe('a viewer who may see one folder', () => {
  it('gets nothing beside it by any path trick', async () => {
    const cookies = await cookiesOf('carol@example.com');
    expect((await get('/docs/secret.html', cookies)).text).toBe(secret);
    const tricks = disguises('/finance/secret.html').map((path) => path.replace(/^\/(public|auth|open)\b/, '/docs'));
    for (const path of [
      ...tricks,
      '/docs',
      '/docs/../index.html',
      '/docs/..',
      '/docs/%2e%2e/',
      '/docs%2f../index.html',
    ]) {
      const { text } = await get(path, cookies);
      expect([path, text.includes(secret)]).toEqual([path, false]);
    }
  });
});

describe('a viewer who may see everything', () => {
  it('gets nothing from outside of the site: keys, rules, other folders of the bucket', async () => {
    const cookies = await cookiesOf('alice@example.com');
    const outside = [
      'secret.html',
      'wwwx/secret.html',
      'keys/secret.pem',
      'access/config.json',
      'access/live.json',
      'keys/',
    ];
    const ways = [
      '/../',
      '/%2e%2e/',
      '/..%2f',
      '/x/../../',
      '/public/../../',
      '/..//',
      '//',
      '/\\',
      '/..\\',
      'x/',
      '%2f..%2f',
      '/%2f..%2f',
    ];
    for (const way of ways) {
      for (const name of outside) {
        const path = way.startsWith('/') ? `${way}${name}` : `/${way}${name}`;
        const { status, text } = await get(path, cookies);
        expect([path, status === 200, text.includes(secret)]).toEqual([path, false, false]);
        expect(text).not.toMatch(/PRIVATE KEY|"rules"/);
      }
    }
  });

  it('gets no listing of the bucket', async () => {
    const cookies = await cookiesOf('alice@example.com');
    for (const path of [
      '/?list-type=2',
      '/?prefix=',
      '/?versions',
      '/?acl',
      '/?policy',
      '/?location',
      '/docs/?list-type=2',
      '//?list-type=2',
    ]) {
      const { text } = await get(path, cookies);
      expect([path, /<(ListBucket|Contents|Version|Policy|Location)/.test(text)]).toEqual([path, false]);
    }
  });
});

describe('with /dir/ answered by /dir/index.html', () => {
  it('no path trick opens a protected index either', async () => {
    await site.reconfigure((text) =>
      config(text).replace('allowedOrigins: [],', 'allowedOrigins: [], indexRewriting: true,'),
    );
    const { Cookie = '' } = await cookiesOf('alice@example.com');
    expect((await get('/docs/', { Cookie })).text).toBe(secret);
    for (const path of [
      ...disguises('/docs/'),
      ...disguises('/docs'),
      '/public/../docs',
      '/public/..',
      '/robots.txt/../docs/',
    ]) {
      const { text } = await get(path);
      expect([path, text.includes(secret)]).toEqual([path, false]);
    }
  });
});

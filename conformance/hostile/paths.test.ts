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

/** What a browser says when somebody opens a page. */
const navigation = { 'Sec-Fetch-Dest': 'document', Accept: 'text/html' };
const app = 'APP-2b91';

/** Puts the function of these options in force. The bucket keeps its objects, and gets the app's page. */
async function withFunction(options: string): Promise<void> {
  await site.reconfigure((text) =>
    config(text)
      .replace("content: 'site/www'", 'content: null')
      .replace('allowedOrigins: [],', `allowedOrigins: [], ${options},`),
  );
  const { aws } = site.emulator;
  const content = aws.buckets.find((name) => aws.list(name, 'www/docs/').length > 0) ?? '';
  aws.put(content, 'www/app.html', app, 'text/html');
}

describe('with /dir/ answered by /dir/index.html', () => {
  beforeAll(() => withFunction('indexRewriting: true'));

  it('no path trick opens a protected index either', async () => {
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

  it('/dir leads to /dir/ with its query, and never to another host', async () => {
    const { Cookie = '' } = await cookiesOf('alice@example.com');
    const led = async (path: string): Promise<readonly [number, string | undefined]> => {
      const { status, headers } = await get(path, { Cookie });
      return [status, headers.location];
    };
    expect(await led('/docs?b=2&a=%2F&b')).toEqual([302, './docs/?b=2&a=%2F&b']);
    expect(await led('/LICENSE')).toEqual([404, undefined]);
    for (const path of ['//evil', '//evil.example', '/\\evil', '/%2f%2fevil', '/%5cevil', '///evil', '/docs//evil']) {
      const [status, location] = await led(path);
      expect([path, status < 500]).toEqual([path, true]);
      if (location !== undefined) expect(new URL(location, `${site.origin}${path}`).origin).toBe(site.origin);
    }
  });
});

describe('with a fallback page for addresses without a file', () => {
  beforeAll(() => withFunction("fallback: '/app.html'"));

  it('a viewer without cookies never gets it, by any path trick or header', async () => {
    const { Cookie = '' } = await cookiesOf('alice@example.com');
    expect((await get('/users/5', { Cookie, ...navigation })).text).toBe(app);
    for (const path of [
      ...disguises('/users/5'),
      ...disguises('/app.html'),
      '/public/users/5',
      '/open/users',
      '/auth/x',
    ]) {
      const { text } = await get(path, navigation);
      expect([path, text.includes(app), text.includes(secret)]).toEqual([path, false, false]);
    }
  });

  it('a viewer who may see one folder gets it there alone, and nothing else through it', async () => {
    const cookies = { ...(await cookiesOf('carol@example.com')), ...navigation };
    // The folder is hers, so what is shown for an address in it is the page. The page's own address is not hers.
    expect((await get('/docs/users/5', cookies)).text).toBe(app);
    for (const path of ['/app.html', '/app', '/users/5', '/finance/', '/', '/docs', '/docsx', '//docs/users']) {
      const { status, text } = await get(path, cookies);
      expect([path, status, text.includes(app)]).toEqual([path, 403, false]);
    }
    for (const path of disguises('/finance/secret.html').map((one) =>
      one.replace(/^\/(public|auth|open)\b/, '/docs'),
    )) {
      const { text } = await get(path, cookies);
      expect([path, text.includes(secret)]).toEqual([path, false]);
    }
  });

  it('takes the place of no missing script, style or image', async () => {
    const { Cookie = '' } = await cookiesOf('alice@example.com');
    for (const destination of ['script', 'style', 'image', 'empty', 'iframe']) {
      const answer = await get('/users/5', { Cookie, Accept: 'text/html', 'Sec-Fetch-Dest': destination });
      expect([destination, answer.status, answer.text.includes(app)]).toEqual([destination, 404, false]);
    }
    for (const path of ['/missing.js', '/missing.css', '/missing.html']) {
      expect((await get(path, { Cookie, ...navigation })).status).toBe(404);
    }
  });
});

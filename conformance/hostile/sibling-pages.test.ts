import type { BrowserContext, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { unthrottled } from '../support/site.ts';
import { idToken } from '../support/tokens.ts';
import { type SiblingHosts, startSiblingHosts } from './sibling-hosts.ts';

let hosts: SiblingHosts;
beforeAll(async () => {
  hosts = await startSiblingHosts({ config: unthrottled });
});
afterAll(() => hosts.close());

let victim: BrowserContext;
let page: Page;
beforeEach(async () => {
  victim = await hosts.visit();
  page = await victim.newPage();
});
afterEach(() => victim.close());

async function signIn(): Promise<void> {
  await page.goto(`${hosts.origin}/robots.txt`);
  const { nonce } = (await page.evaluate(`fetch('/auth/session').then((one) => one.json())`)) as { nonce: string };
  const body = JSON.stringify({ idToken: await idToken(hosts.site, 'alice@example.com', { nonce }) });
  const status = await page.evaluate(`fetch('/auth/session', { method: 'POST', body: ${JSON.stringify(body)},
    headers: { 'Content-Type': 'application/json' } }).then((one) => one.status)`);
  expect(status).toBe(201);
}

/** What an element with these properties tells the page that it is in: that it loaded, or that it did not. */
const inserted = (tag: string, properties: object): Promise<unknown> =>
  page.evaluate(`new Promise((done) => {
    const element = Object.assign(document.createElement('${tag}'), ${JSON.stringify(properties)});
    element.onload = element.onloadedmetadata = () => done('loaded');
    element.onerror = () => done('failed');
    document.documentElement.append(element);
  })`);
const fetched = (path: string, options: object): Promise<unknown> =>
  page.evaluate(
    `fetch(${JSON.stringify(hosts.origin + path)}, ${JSON.stringify(options)}).then((one) => one.type, () => 'failed')`,
  );

/** Ways of a page to load files, and files of the kind. */
const ways: [string, (path: string) => Promise<unknown>, string][] = [
  ['a script', (path) => inserted('script', { src: hosts.origin + path }), '/docs/guide.js'],
  ['a style sheet', (path) => inserted('link', { rel: 'stylesheet', href: hosts.origin + path }), '/assets/site.css'],
  ['an image', (path) => inserted('img', { src: hosts.origin + path }), '/assets/logo.svg'],
  [
    'a preloaded image',
    (path) => inserted('link', { rel: 'preload', as: 'image', href: hosts.origin + path }),
    '/assets/logo.svg',
  ],
  [
    'a preloaded script',
    (path) => inserted('link', { rel: 'preload', as: 'script', href: hosts.origin + path }),
    '/docs/guide.js',
  ],
  [
    'a preloaded style sheet',
    (path) => inserted('link', { rel: 'preload', as: 'style', href: hosts.origin + path }),
    '/assets/site.css',
  ],
  [
    'a fetch that reads nothing',
    (path) => fetched(path, { mode: 'no-cors', credentials: 'include' }),
    '/docs/guide.html',
  ],
];

describe('a page of a sibling host', () => {
  it.each(ways)(
    'cannot load a protected file as %s, and learns from it nothing about the viewer',
    async (_name, load, path) => {
      const tried = async (): Promise<unknown[]> => {
        await page.goto(`${hosts.sibling}/`);
        // The viewer may see the first, nobody may see the second, and the third does not exist.
        return [await load(path), await load(path.replace(/\.\w+$/, '-none$&')), await load(`/finance${path}`)];
      };
      expect(await tried()).toEqual(['failed', 'failed', 'failed']);
      await signIn();
      expect(await tried()).toEqual(['failed', 'failed', 'failed']);
      // The viewer's cookies are good, and a page of the site loads the same file in the same way.
      await page.goto(`${hosts.origin}/docs/guide.html`);
      expect(await load(path)).toMatch(/^(loaded|basic)$/);
    },
  );

  it('cannot read a protected file or an answer of the API by script', async () => {
    await signIn();
    await page.goto(`${hosts.sibling}/`);
    for (const path of ['/docs/guide.html', '/docs/service.json', '/auth/session']) {
      for (const options of [{}, { credentials: 'include' }, { credentials: 'include', mode: 'no-cors' }]) {
        expect([path, await fetched(path, options)]).toEqual([path, 'failed']);
      }
    }
    expect(await inserted('script', { src: `${hosts.origin}/auth/session` })).toBe('failed');
    expect(await inserted('img', { src: `${hosts.origin}/auth/session` })).toBe('failed');
  });

  it('cannot frame a protected page', async () => {
    await signIn();
    const refused = page.waitForEvent('console', (one) => /frame/i.test(one.text()));
    await page.goto(`${hosts.sibling}/`);
    await inserted('iframe', { src: `${hosts.origin}/docs/guide.html` });
    expect((await refused).text()).toContain("frame-ancestors 'self'");
    expect(await page.frames()[1]?.evaluate(`document.documentElement.textContent`)).not.toMatch(/guide/i);
  });

  it.each(['/docs/guide.html', '/public/login.html', '/finance/budget.html', '/nothing/here.html'])(
    'keeps no handle on %s that it opened, and the page none on it',
    async (path) => {
      await signIn();
      await page.goto(`${hosts.sibling}/`);
      const [opened] = await Promise.all([
        victim.waitForEvent('page'),
        page.evaluate(`void (globalThis.handle = open(${JSON.stringify(hosts.origin + path)}))`),
      ]);
      await opened.waitForURL(`${hosts.origin}${path}`);
      await opened.waitForLoadState('domcontentloaded');
      await expect.poll(() => page.evaluate('handle.closed')).toBe(true);
      expect(await opened.evaluate('opener')).toBeNull();
    },
  );

  it('can change nothing: no renewal, no sign-out', async () => {
    await signIn();
    const before = await victim.cookies(hosts.origin);
    await page.goto(`${hosts.sibling}/`);
    const attempts = [
      ['/auth/session/renewal', { method: 'POST', mode: 'no-cors' }],
      ['/auth/session/renewal', { method: 'POST' }],
      ['/auth/session', { method: 'DELETE' }],
    ] as const;
    for (const [path, options] of attempts) {
      expect(await fetched(path, { ...options, credentials: 'include' })).toBe('failed');
    }
    await page.setContent(`<form method="post" action="${hosts.origin}/auth/session/renewal"></form>`);
    const [answer] = await Promise.all([
      page.waitForResponse(`${hosts.origin}/auth/session/renewal`),
      page.evaluate('document.forms[0].submit()'),
    ]);
    expect(answer.status()).toBe(400);
    expect(await victim.cookies(hosts.origin)).toEqual(before);
  });

  it('loads what is open: the files of the element, and images', async () => {
    await page.goto(`${hosts.sibling}/`);
    expect(await inserted('img', { src: `${hosts.origin}/public/mark.svg` })).toBe('loaded');
    expect(await inserted('script', { type: 'module', src: `${hosts.origin}/public/secure-login.js` })).toBe('loaded');
    expect(await fetched('/public/mark.svg', {})).toBe('cors');
  });
});

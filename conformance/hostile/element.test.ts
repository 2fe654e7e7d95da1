/**
 * Pages of hosts that only this browser knows: an injected <secure-login>, and an API that answers whatever an attacker
 * likes.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page, Route } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { root } from '../support/site.ts';
import { launchBrowser } from '../support/visitor.ts';

const google = 'https://accounts.google.com/gsi/client';
const drawing = `window.google = { accounts: { id: { initialize() {}, cancel() {}, disableAutoSelect() {}, prompt() {},
  renderButton(place) {
    place.append(Object.assign(document.createElement('button'), { textContent: 'Google' }));
  } } } };`;
const pwning = 'window.pwned = document.currentScript.src;';
const nonce = 'page-nonce';

/**
 * Policies of a page that has the element, from none to the strictest; the last one refuses every address that no
 * policy of its own has passed.
 */
const policies = {
  'no policy': undefined,
  'strict-dynamic and a nonce': `script-src 'nonce-${nonce}' 'strict-dynamic'; object-src 'none'; base-uri 'none'`,
  'Trusted Types': [
    `script-src 'nonce-${nonce}' 'strict-dynamic'`,
    "require-trusted-types-for 'script'",
    'trusted-types s3nator lit-html',
  ].join('; '),
};

let browser: Browser;
let context: BrowserContext;
let page: Page;
/** Everything that the browser asked for, as `METHOD address`. */
let asked: string[];
/** What is answered at which address, without its query. */
let answers: Map<string, (route: Route) => Promise<void>>;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());
beforeEach(async () => {
  asked = [];
  answers = new Map([[google, script(drawing)]]);
  context = await browser.newContext();
  await context.route('**/*', async (route) => {
    const url = route.request().url();
    asked.push(`${route.request().method()} ${url}`);
    const { origin, pathname } = new URL(url);
    const file = /^\/public\/([\w-]+\.js)$/.exec(pathname)?.[1];
    const answer = answers.get(origin + pathname);
    if (answer) await answer(route);
    else if (file) await script(await readFile(join(root, 'dist/site', file), 'utf8'))(route);
    else await route.fulfill({ status: 404, body: '' });
  });
  page = await context.newPage();
});
afterEach(() => context.close());

function script(body: string) {
  return (route: Route) =>
    route.fulfill({ body, contentType: 'text/javascript', headers: { 'access-control-allow-origin': '*' } });
}

interface Attacked {
  readonly at: string;
  /** Where the page's own script tag loads the element from. Default: the sibling docs.corp.test. */
  readonly site?: string;
  readonly body: string;
  readonly policy?: string | undefined;
}

/** Opens a page that has the element's script, and markup that somebody injected. */
async function open({ at, site = 'https://docs.corp.test', body, policy }: Attacked): Promise<void> {
  answers.set(at.replace(/\?.*/, ''), (route) =>
    route.fulfill({
      contentType: 'text/html',
      headers: policy === undefined ? {} : { 'content-security-policy': policy },
      body: `<!doctype html><title>An app</title>
        <script type="module" nonce="${nonce}" src="${site}/public/secure-login.js"></script>${body}`,
    }),
  );
  await page.goto(at);
}

/** An API that lets every page read its answers. */
function answering(api: string, answer: object, status = 200): void {
  answers.set(`${api}/auth/session`, (route) => {
    const { origin = '' } = route.request().headers();
    return route.fulfill({
      status,
      contentType: 'application/json',
      headers: {
        'access-control-allow-origin': origin,
        'access-control-allow-credentials': 'true',
        'access-control-allow-headers': 'content-type',
        'access-control-allow-methods': 'GET, POST, DELETE',
      },
      body: JSON.stringify(answer),
    });
  });
}

const offer = (scriptUrl: string) => ({ kind: 'google', clientId: '1.apps.googleusercontent.com', scriptUrl });
const signedOut = (more: object = {}) => ({
  status: 'signed-out',
  providers: [offer(google)],
  nonce: 'n',
  hosts: ['docs.corp.test'],
  now: new Date().toISOString(),
  ...more,
});

const reaches = (status: string) => page.locator(`secure-login[status=${status}]`).waitFor();
const pwned = () => page.evaluate<unknown>('window.pwned');
const toSite = () => page.getByRole('link', { name: 'Go to the sign-in page' });

describe.each(Object.entries(policies))('an injected element in a page with %s', (_name, policy) => {
  const app = 'https://app.corp.test/board';

  it('works for the site’s own API, with Google’s script', async () => {
    answering('https://docs.corp.test', signedOut());
    await open({ at: app, body: '<secure-login></secure-login>', policy });
    await reaches('signed-out');
    await page.getByRole('button', { name: 'Google' }).waitFor();
    expect(asked).toContain(`GET ${google}`);
  });

  it.each([
    'https://evil.corp.test/pwn.js',
    'https://accounts.google.com.corp.test/gsi/client',
    'https://accounts.google.com/gsi/client?callback=pwn',
    'http://127.0.0.1:1/gsi/client',
    'http://localhost/gsi/client',
    'data:text/javascript,window.pwned=1',
    'javascript:window.pwned=1',
  ])('runs no script that an API on a sibling host names: %s', async (scriptUrl) => {
    answers.set(scriptUrl.replace(/\?.*/, ''), script(pwning));
    answering('https://evil.corp.test', signedOut({ providers: [offer(scriptUrl)] }));
    await open({ at: app, body: '<secure-login api="https://evil.corp.test"></secure-login>', policy });
    await reaches('failed');
    expect(await pwned()).toBeUndefined();
    expect(asked.filter((request) => request === `GET ${scriptUrl}`)).toEqual([]);
  });

  it('leads nobody away by a forged list of hosts', async () => {
    answering('https://evil.corp.test', signedOut({ hosts: ['evil.corp.test', 'app.corp.test'] }));
    await open({
      at: app,
      body: '<secure-login api="https://evil.corp.test" after-sign-in="return"></secure-login>',
      policy,
    });
    await page.getByRole('button', { name: 'Google' }).waitFor();
    expect(page.url()).toBe(app);
    expect(asked.filter((request) => request.startsWith('GET https://evil.corp.test/board'))).toEqual([]);
  });

  it('gets no script of its choice, and no question answered, from a host under the same public suffix', async () => {
    answers.set('https://d222.cloudfront.net/pwn.js', script(pwning));
    answering('https://d222.cloudfront.net', signedOut({ providers: [offer('https://d222.cloudfront.net/pwn.js')] }));
    await open({
      at: 'https://d111.cloudfront.net/public/app.html',
      site: 'https://d111.cloudfront.net',
      body: '<secure-login api="https://d222.cloudfront.net"></secure-login>',
      policy,
    });
    await toSite().waitFor();
    expect(await pwned()).toBeUndefined();
    expect(asked.filter((request) => request.includes('d222'))).toEqual([]);
  });

  it('shows what a forged API says as text', async () => {
    const markup = '<img src=x onerror="window.pwned=1"><a href="javascript:window.pwned=1">here</a>';
    const user = { email: markup };
    const known = { status: 'signed-in', user, path: '/*', returnOrigins: ['javascript:'], hosts: [], now: '' };
    answering('https://evil.corp.test', known);
    await open({
      at: `${app}?return-to=javascript:window.pwned=1`,
      body: '<secure-login api="https://evil.corp.test" after-sign-in="return"></secure-login>',
      policy,
    });
    await page.getByText(markup).waitFor();
    expect(await page.getByRole('link', { name: 'Continue' }).getAttribute('href')).toBe('https://app.corp.test/');
    expect(await pwned()).toBeUndefined();
  });

  it('takes no address from its own attributes but http(s) ones', async () => {
    await open({
      at: app,
      body:
        '<secure-login api="javascript:window.pwned=1"></secure-login>' +
        '<secure-login api=" data:text/html,x"></secure-login>',
      policy,
    });
    await expect.poll(() => page.locator('secure-login[status=failed]').count()).toBe(2);
    expect(await page.locator('secure-login').getByRole('link').count()).toBe(0);
    expect(await pwned()).toBeUndefined();
  });
});

describe('the Trusted Types policy of the element', () => {
  it('makes no address but Google’s one into that of a script, whoever gets hold of it', async () => {
    await context.addInitScript(`{
      const create = trustedTypes.createPolicy.bind(trustedTypes);
      trustedTypes.createPolicy = (name, rules) => {
        const policy = create(name, rules);
        window.policies = { ...window.policies, [name]: policy };
        return policy;
      };
    }`);
    answering('https://docs.corp.test', signedOut());
    await open({
      at: 'https://app.corp.test/board',
      body: '<secure-login></secure-login>',
      policy: policies['Trusted Types'],
    });
    await page.getByRole('button', { name: 'Google' }).waitFor();
    const made = (call: string) =>
      page.evaluate<string>(
        `(() => { try { return String(window.policies.s3nator.${call}) } catch (error) { return error.name } })()`,
      );
    expect(await made(`createScriptURL('${google}')`)).toBe(google);
    for (const url of ['https://evil.example/x.js', `${google}?x`, 'http://127.0.0.1/gsi/client', 'data:,x', '/x.js']) {
      expect([url, await made(`createScriptURL('${url}')`)]).toEqual([url, 'TypeError']);
    }
    expect(await made("createHTML('<b>x</b>')")).toBe('TypeError');
    expect(await made("createScript('1')")).toBe('TypeError');
  });

  it('was taken by somebody else: the element says that Google’s script is stopped', async () => {
    await context.addInitScript("trustedTypes.createPolicy('s3nator', { createScriptURL: (url) => url })");
    answering('https://docs.corp.test', signedOut());
    await open({
      at: 'https://app.corp.test/board',
      body: '<secure-login></secure-login>',
      policy: policies['Trusted Types'],
    });
    await reaches('failed');
    await page.getByText(/could not be loaded/).waitFor();
  });
});

describe('whether two hosts are one site', () => {
  it.each([
    ['https://app.corp.test', 'https://docs.corp.test'],
    ['https://corp.test', 'https://docs.corp.test'],
    ['https://app.one.co.uk', 'https://docs.one.co.uk'],
    ['https://x.one.github.io', 'https://one.github.io'],
    ['http://app.corp.test', 'http://docs.corp.test'],
  ])('the browser says so: %s and %s', async (one, other) => {
    answering(other, signedOut());
    await open({ at: `${one}/board`, site: other, body: '<secure-login></secure-login>' });
    await page.getByRole('button', { name: 'Google' }).waitFor();
    // What was tried out is gone again, for this host and for all of the site.
    expect(await context.cookies()).toEqual([]);
    expect(await page.evaluate('document.cookie')).toBe('');
  });

  it.each([
    ['https://d111.cloudfront.net', 'https://d222.cloudfront.net'],
    ['https://one.co.uk', 'https://two.co.uk'],
    ['https://one.github.io', 'https://evil.github.io'],
    ['https://github.io', 'https://evil.github.io'],
    ['https://cloudfront.net', 'https://evil.cloudfront.net'],
    ['https://one.s3.amazonaws.com', 'https://evil.s3.amazonaws.com'],
    ['https://one.test', 'https://two.test'],
    ['http://app.corp.test', 'https://docs.corp.test'],
    ['http://10.0.0.1', 'http://11.0.0.1'],
  ])('the browser denies it, and nothing is asked: %s and %s', async (one, other) => {
    answering(other, signedOut());
    await open({ at: `${one}/board`, site: one, body: `<secure-login api="${other}"></secure-login>` });
    await toSite().waitFor();
    expect(asked.filter((request) => request.includes(other))).toEqual([]);
    expect(await context.cookies()).toEqual([]);
    expect(page.url()).toBe(`${one}/board`);
  });
});

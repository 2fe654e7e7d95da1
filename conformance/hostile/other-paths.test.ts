import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Browser } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cookieHeader, send } from '../support/http.ts';
import { noteForCommands, type RunningSite, runCommand, startSite, unthrottled } from '../support/site.ts';
import { idToken } from '../support/tokens.ts';
import { launchBrowser, visit } from '../support/visitor.ts';
import { disguises } from './path-disguises.ts';
import { askFor } from './raw-http.ts';

const api = '/team/login-api';
const open = '/team/open';
/** Every protected file contains it. */
const secret = 'CANARY-3c9e';
const chapters = [
  'index.html',
  'auth/index.html',
  'auth/access-requests',
  'auth/session/index.html',
  'public/index.html',
  'public/login.html',
  'public/secure-login.js',
  'team/index.html',
  'team/open.html',
  'team/login-api.html',
  'team/open-minutes.html',
];

const config = (text: string): string =>
  unthrottled(text)
    .replace("content: 'site/www'", `content: 'chapters', paths: { api: '${api}', open: '${open}' }`)
    .replace('rules: [', "rules: [{ who: { emails: ['carol@example.com'] }, path: '/auth/*' }, ");

let site: RunningSite;
let browser: Browser;
beforeAll(async () => {
  [site, browser] = await Promise.all([startSite(), launchBrowser()]);
  for (const file of chapters) {
    const path = join(site.folder, 'chapters', file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, `<!doctype html><title>${file}</title><h1>${secret} ${file}</h1>`);
  }
  await site.reconfigure(config);
});
afterAll(async () => {
  await browser.close();
  await site.close();
});

const cookiesOf = async (account: string): Promise<string> => {
  const headers = { Authorization: `Bearer ${await idToken(site, account)}` };
  const { status, setCookie } = await send(`${site.origin}${api}/session`, { method: 'POST', headers });
  expect(status).toBe(201);
  return cookieHeader(setCookie);
};

describe('a site with its API and its open pages elsewhere', () => {
  it('signs in on its login page, shows the chapters auth and public, and signs out', async () => {
    const visitor = await visit(browser, site);
    const response = await visitor.page.goto(`${site.origin}/auth/?x=1#part`);
    expect(response?.status()).toBe(403);
    await visitor.signIn('alice@example.com');
    await visitor.page.getByRole('heading', { name: 'auth/index.html' }).waitFor();
    expect(visitor.page.url()).toBe(`${site.origin}/auth/?x=1#part`);
    await visitor.page.goto(`${site.origin}/public/`);
    await visitor.page.getByRole('heading', { name: 'public/index.html' }).waitFor();
    await visitor.page.goto(`${site.origin}/nothing-here`);
    await visitor.page.getByRole('link').first().waitFor();
    await visitor.page.goto(`${site.origin}${open}/login.html`);
    await visitor.page
      .getByRole('button', { name: /sign out|another account/i })
      .first()
      .click();
    await visitor.page.getByRole('button', { name: /sign in with google/i }).waitFor();
    expect((await visitor.page.goto(`${site.origin}/public/`))?.status()).toBe(403);
    expect(visitor.complaints).toEqual([]);
    await visitor.close();
  });

  it('serves scripts and pages that name no other folder', async () => {
    const names = [
      'secure-login.js',
      'secure-session.js',
      'access-request.js',
      'secure-login-user-pool.js',
      'pages.css',
    ];
    for (const name of [...names, 'login.html', 'denied.html', 'not-found.html']) {
      const { status, text } = await send(`${site.origin}${open}/${name}`);
      expect([name, status, /["'`(}]\/(?:auth|public)\//.test(text)]).toEqual([name, 200, false]);
    }
  });

  it.each(['auth/index.html', 'auth/access-requests', 'public/secure-login.js', 'team/open-minutes.html'])(
    'opens %s by no path trick',
    async (file) => {
      const folders = [api, open, `${api}/session`, `${open}/login.html`, '/team', '/auth', '/public', '/robots.txt'];
      for (const path of disguises(`/${file}`, folders)) {
        const { text } = await askFor(site.origin, path);
        expect([path, text.includes(secret)]).toEqual([path, false]);
      }
    },
  );

  it('has no API at /auth: no cookie, and the chapter is closed', async () => {
    const headers = { Authorization: `Bearer ${await idToken(site, 'alice@example.com')}` };
    for (const path of ['/auth/session', '/auth/session/renewal', '/auth/access-requests']) {
      for (const method of ['GET', 'POST', 'DELETE', 'OPTIONS']) {
        const { status, setCookie, text } = await send(site.origin + path, { method, headers });
        expect([path, method, status, setCookie, text.includes(secret)]).toEqual([path, method, 403, [], false]);
      }
    }
  });

  it('explains the chapters as the edge serves them', async () => {
    await noteForCommands(site);
    const cookie = await cookiesOf('carol@example.com');
    for (const [path, status] of [
      ['/auth/', 200],
      ['/public/', 403],
      [`${open}/login.html`, 200],
    ] as const) {
      expect([path, (await send(site.origin + path, { headers: { Cookie: cookie } })).status]).toEqual([path, status]);
      const args = ['explain', 'carol@example.com', path, '--hd', 'example.com', '--local-site'];
      const { out } = await runCommand(site.folder, args);
      expect([path, out.includes('\nALLOWED: ')]).toEqual([path, status === 200]);
    }
  });
});

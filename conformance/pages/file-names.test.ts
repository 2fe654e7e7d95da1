import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Browser } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cookieHeader, send } from '../support/http.ts';
import { noteForCommands, type RunningSite, runCommand, startSite, unthrottled } from '../support/site.ts';
import { signInAs } from '../support/tokens.ts';
import { launchBrowser, visit } from '../support/visitor.ts';

/** Every name is in the folder that Carol may see, and beside it. */
const names = [
  'a b.txt',
  ' a .txt',
  'plus+.txt',
  'c++/c++.html',
  'c++/index.html',
  '100%.txt',
  '%41%2f.txt',
  'hash#.txt',
  'what?.txt',
  'a=b&c=d?e#f.html',
  '~user/index.html',
  'a&b;c,d.txt',
  `it's.txt`,
  '"quoted".txt',
  '[1].txt',
  '[...slug].html',
  'a|b^c`d{e}.txt',
  '<b>.txt',
  'back\\slash.txt',
  "$!*()@:=,'.txt",
  'été.txt',
  'été-page.html',
  'décomposé.txt'.normalize('NFD'),
  '漢字/한국어.html',
  '😀.txt',
  'constructor',
  '__proto__',
  'toString/index.html',
  'a-/b.txt',
  'a/-b.txt',
  'a.html',
  'no-extension',
  'v1.2.3',
  'dots..txt',
  'end.',
  'auth.html',
  'auth-/session',
  'authors/session',
  'session/renewal',
  'publications/login.html',
  '.well-known/security.txt',
];
/** With the prefix of the site's folder, a key of 1,024 bytes. */
const longest = `team/${'ü'.repeat(125)}/${`${'b'.repeat(250)}/`.repeat(3)}${'c'.repeat(11)}`;
/** Below the folder that Carol may see, the names of the API and of the open folder are like any other. */
const likeOurs = ['team/auth/session', 'team/public/login.html'];
const leftOut = ['.hidden/plans.txt', 'team/.env', 'team/.git/config'];
/** Symbolic links to folders: the link, its target, and a file there. */
const links = [
  ['team/latest', 'c++', 'team/c++/c++.html', 'team/latest/c++.html'],
  ['team/~up', '../session', 'session/renewal', 'team/~up/renewal'],
] as const;
const page = 'team/links.html';

const files = [...names.map((name) => `team/${name}`), ...names, ...likeOurs, longest];
const contentOf = (path: string): string => `content of ${path}`;
/** Each address, with what is there. */
const served = new Map([
  ...files.map((path) => [path, contentOf(path)] as const),
  ...links.map(([, , target, path]) => [path, contentOf(target)] as const),
]);

const config = (text: string): string =>
  unthrottled(text)
    .replace("content: 'site/www'", "content: 'names'")
    .replace('rules: [', "rules: [{ who: { emails: ['carol@example.com'] }, path: '/team/*' }, ");

/** As a program writes the address. */
const encoded = (path: string): string => `/${path.split('/').map(encodeURIComponent).join('/')}`;
/** As a person writes it, who encodes only what would mean something else. */
const written = (path: string): string => `/${path.replace(/[%#?\\]/g, encodeURIComponent)}`;
/** As a browser sends what a person wrote. */
const sent = (path: string): string => new URL(written(path), 'https://site.invalid').pathname;

let site: RunningSite;
let browser: Browser;
let everything: string;
let team: string;

async function writeSite(folder: string): Promise<void> {
  for (const path of [...files, ...leftOut]) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), contentOf(path));
  }
  for (const [link, target] of links) await symlink(target, join(folder, link));
  await writeFile(
    join(folder, page),
    `<!doctype html><title>Links</title><a href="${'été.txt'.normalize('NFD')}">x</a>`,
  );
}

beforeAll(async () => {
  [site, browser] = await Promise.all([startSite(), launchBrowser()]);
  await writeSite(join(site.folder, 'names'));
  await site.reconfigure(config);
  await noteForCommands(site);
  everything = cookieHeader((await signInAs(site, 'alice@example.com')).setCookie);
  team = cookieHeader((await signInAs(site, 'carol@example.com')).setCookie);
});
afterAll(async () => {
  await browser.close();
  await site.close();
});

async function answerTo(path: string, Cookie?: string): Promise<readonly [status: number, text: string]> {
  const { status, text } = await send(site.origin + path, Cookie === undefined ? {} : { headers: { Cookie } });
  return [status, text];
}

/** Runs `work` for each item, some at a time. */
async function forEach<T>(items: Iterable<T>, work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const next = async (): Promise<void> => {
    for (let item = waiting.pop(); item !== undefined; item = waiting.pop()) await work(item);
  };
  await Promise.all([next(), next(), next(), next()]);
}

describe('a site with every hard name', () => {
  it.each([
    ['written by a program', encoded],
    ['written by a person', sent],
  ])('serves each file at its address, %s, to whom a rule opens it and to nobody else', async (_, form) => {
    for (const [path, content] of served) {
      const address = form(path);
      expect([address, await answerTo(address, everything)]).toEqual([address, [200, content]]);
      const [status, text] = await answerTo(address, team);
      if (path.startsWith('team/')) expect([address, status, text]).toEqual([address, 200, content]);
      else expect([address, status, text.includes(content)]).toEqual([address, 403, false]);
      const [closed, login] = await answerTo(address);
      expect([address, closed, login.includes(content)]).toEqual([address, 403, false]);
    }
  });

  it('serves each file to the links of a page in a browser, and none before the sign-in', async () => {
    const visitor = await visit(browser, site);
    const hrefs = [...served.keys()].flatMap((path) => [written(path), encoded(path)]);
    const follow = (): Promise<(readonly [status: number, text: string])[]> =>
      visitor.page.evaluate(
        `Promise.all(${JSON.stringify(hrefs)}.map(async (href) => {
          const link = Object.assign(document.createElement('a'), { href });
          const response = await fetch(link.href);
          return [response.status, await response.text()];
        }))`,
      );
    await visitor.page.goto(`${site.origin}/${page}`);
    expect((await follow()).map(([status]) => status)).toEqual(hrefs.map(() => 403));
    await visitor.signIn('alice@example.com');
    await visitor.page.getByRole('link', { name: 'x' }).waitFor();
    expect(await follow()).toEqual(
      [...served.values()].flatMap((content) => [
        [200, content],
        [200, content],
      ]),
    );
    await visitor.close();
  });

  it('leaves out what begins with a dot: 404 to whom a rule would open it', async () => {
    for (const path of leftOut) {
      expect([path, (await answerTo(encoded(path), everything))[0]]).toEqual([path, 404]);
      expect([path, (await answerTo(encoded(path)))[0]]).toEqual([path, 403]);
    }
  });

  it('is explained as the edge answers, name by name', async () => {
    const missing = [...leftOut, 'team/nothing', 'team/été.txt'.normalize('NFD')];
    const beside = ['a b.txt', 'c++/c++.html', '[1].txt', 'été.txt', '__proto__', 'auth.html', 'session/renewal'];
    const inside = [...served.keys()].filter((path) => path.startsWith('team/'));
    await forEach([...inside, ...beside, ...missing], async (path) => {
      const address = sent(path);
      const [status] = await answerTo(address, team);
      const args = ['explain', 'carol@example.com', address, '--hd', 'example.com', '--local-site'];
      const { out, errors } = await runCommand(site.folder, args);
      const verdict = out.includes('\nALLOWED: ') ? 200 : out.includes('\nNOT ALLOWED: ') ? 403 : undefined;
      const isMissing = out.includes('the site has no such file yet');
      expect([address, errors, isMissing && verdict === 200 ? 404 : verdict]).toEqual([address, '', status]);
      expect([address, isMissing]).toEqual([address, missing.includes(path)]);
    });
  }, 240_000);

  it('names what it leaves out, and a link that leads nowhere, in one line each', async () => {
    const { errors } = await runCommand(site.folder, ['synth']);
    expect(errors.trimEnd().split('\n')).toEqual([
      'Note: sites.docs.content: left out 3 names that begin with a dot: /.hidden/, /team/.env, /team/.git/',
      expect.stringMatching(/content: 1 link is 404, .*: \/team\/e\u0301te\u0301\.txt in \/team\/links\.html\. Fix: /),
    ]);
  });
});

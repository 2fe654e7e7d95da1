import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noteForCommands, type RunningSite, runCommand, startSite, unthrottled } from '../support/site.ts';
import { idToken } from '../support/tokens.ts';
import { cookiesSet, header } from './forge.ts';
import { disguises } from './path-disguises.ts';
import { askFor, type Plain } from './raw-http.ts';
import { postBearer } from './sign-in.ts';

// Alice may see everything, carol the folder /docs/ alone. Each open path would open an address of a closed file.
const config = (text: string): string =>
  unthrottled(text)
    .replace("content: 'site/www'", "content: 'names'")
    .replace(
      "openPaths: ['/robots.txt', '/favicon.ico']",
      "openPaths: ['/robots.txt', '/open/*.css', '/h?lp.html', '/team', '/team/', '/open/a?20b.html', '/free/*']",
    )
    .replace('rules: [', "rules: [{ who: { emails: ['carol@example.com'] }, path: '/docs/*' }, ");

const closed = [
  'index.html',
  'docs/index.html',
  'docs/secret.html',
  'docs/a+b.html',
  'docs/c++/index.html',
  'docs/v1.2.html',
  'docs/v1.3/index.html',
  'docs/100%.html',
  'docs/%2e%2e.html',
  'docs/constructor.html',
  'docs/__proto__/index.html',
  'docs/é?#.html',
  'docs.html',
  'docs+x/index.html',
  'docs +x/index.html',
  'finance/secret.html',
  'public.html',
  'public+x.html',
  'auth.html',
  'robots.txt.html',
  'help.html.html',
  'team/index.html',
  'team.html',
  'open/index.html',
  'open/x.css.html',
  'open/y.css/index.html',
  'open/a+b.html',
  'free.html',
];
const open = ['free/index.html', 'free/a+b.html', 'public/welcome.html', 'public/a+b/index.html', 'open/z.css'];

/** Stands in every closed file, with its path. */
const secret = 'CANARY-5e0b';
const opened = 'OPEN-5e0b';

let site: RunningSite;
beforeAll(async () => {
  site = await startSite();
  for (const file of [...closed, ...open]) {
    const path = join(site.folder, 'names', file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, `${closed.includes(file) ? secret : opened} ${file}`);
  }
  await site.reconfigure(config);
});
afterAll(() => site.close());

const get = (path: string, headers: Record<string, string> = {}): Promise<Plain> =>
  askFor(site.origin, path, headers, 'GET');

async function cookiesOf(account: string): Promise<Record<string, string>> {
  const answer = await postBearer(site, await idToken(site, account));
  expect(answer.status).toBe(201);
  return { Cookie: header(cookiesSet(answer.setCookie)) };
}

/** The path of every object of the site. */
const stored = (): string[] =>
  site.emulator.aws.list(site.emulator.outputs['content_bucket'] ?? '', 'www/').map((key) => key.slice('www'.length));

const encoded = (path: string): string => path.split('/').map(encodeURIComponent).join('/');
const everyByte = (path: string): string =>
  [...Buffer.from(path)].map((byte) => (byte === 0x2f ? '/' : `%${byte.toString(16).padStart(2, '0')}`)).join('');

/** Ways to write an address that lead to the object at `path`. */
const spellings = (path: string): string[] => [
  encoded(path),
  encoded(path).replaceAll('%20', '+'),
  encoded(path).replaceAll('%2B', '+'),
  everyByte(path),
  everyByte(path).toUpperCase(),
  `/public/..${encoded(path)}`,
  `/free/%2e%2e${encoded(path)}`,
  `/${encoded(path)}`,
  encoded(path).replaceAll('/', '%2f').replace('%2f', '/'),
];

/** Asks for all of them, some at a time. */
async function answersTo(paths: readonly string[], headers: Record<string, string> = {}) {
  const answers: (Plain & { readonly path: string })[] = [];
  const waiting = [...paths];
  const work = async (): Promise<void> => {
    for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
      answers.push({ path, ...(await get(path, headers)) });
    }
  };
  await Promise.all(Array.from({ length: 8 }, work));
  return answers;
}

describe('a site full of hostile names', () => {
  it('serves each file, and each other address of it, to somebody who may see everything', async () => {
    const cookies = await cookiesOf('alice@example.com');
    for (const [address, file] of [
      ['/docs/', 'docs/index.html'],
      ['/docs/secret', 'docs/secret.html'],
      ['/docs/a+b.html', 'docs/a+b.html'],
      ['/docs/a+b', 'docs/a+b.html'],
      ['/docs/a%2Bb', 'docs/a+b.html'],
      ['/docs/c++/', 'docs/c++/index.html'],
      ['/docs/v1.2', 'docs/v1.2.html'],
      ['/docs/v1.3/', 'docs/v1.3/index.html'],
      ['/docs/100%25', 'docs/100%.html'],
      ['/docs/%252e%252e', 'docs/%2e%2e.html'],
      ['/docs/constructor', 'docs/constructor.html'],
      ['/docs/__proto__/', 'docs/__proto__/index.html'],
      ['/docs/%C3%A9%3F%23', 'docs/é?#.html'],
      ['/docs', 'docs.html'],
      ['/public', 'public.html'],
      ['/auth', 'auth.html'],
    ] as const) {
      const { status, text } = await get(address, cookies);
      expect([address, status, text]).toEqual([address, 200, `${secret} ${file}`]);
    }
    for (const [address, target] of [
      ['/docs/v1.3', './v1.3/'],
      ['/docs/c++', './c%20%20/'],
      ['/docs/c%2B%2B', './c%2B%2B/'],
      ['/docs/secret/', '../secret'],
    ]) {
      const { status, text } = await get(address ?? '', cookies);
      expect([address, status, text.includes(`<a href="${target}">`)]).toEqual([address, 200, true]);
    }
  });

  it('serves what is open, and its other addresses, to everybody', async () => {
    for (const [address, file] of [
      ['/free/', 'free/index.html'],
      ['/free/a+b', 'free/a+b.html'],
      ['/public/welcome', 'public/welcome.html'],
      ['/public/a+b/', 'public/a+b/index.html'],
      ['/open/z.css', 'open/z.css'],
    ]) {
      expect([address, (await get(address ?? '')).text]).toEqual([address, `${opened} ${file}`]);
    }
  });

  it('opens no address of a closed file, in any spelling', async () => {
    expect(stored().length).toBeGreaterThan(90);
    for (const { path, text } of await answersTo(stored().flatMap(spellings))) {
      expect([path, text.includes(secret)]).toEqual([path, false]);
    }
  });

  it('opens none of the addresses that an open path alone would open', async () => {
    for (const { path, text } of await answersTo([
      ...['/robots.txt', '/help.html', '/team', '/team/', '/open/x.css', '/open/y.css', '/open/y.css/', '/public/'],
      ...['/open/a%20b.html', '/open/a%2Bb.html', '/open/a+b.html', '/open/a%2bb.html', '/free', '/auth/', '/auth'],
    ])) {
      expect([path, text.includes(secret)]).toEqual([path, false]);
    }
  });

  it.each(['/docs/secret', '/docs/', '/docs/a+b', '/open/x.css', '/public'])(
    'opens %s by no path trick',
    async (address) => {
      for (const { path, text } of await answersTo(disguises(address))) {
        expect([path, text.includes(secret)]).toEqual([path, false]);
      }
    },
  );

  it('shows somebody who may see one folder nothing beside it', async () => {
    const cookies = await cookiesOf('carol@example.com');
    expect((await get('/docs/secret', cookies)).text).toBe(`${secret} docs/secret.html`);
    const beside = stored().filter((path) => !path.startsWith('/docs/'));
    const tricks = beside.flatMap((path) => [
      ...spellings(path),
      `/docs/..${encoded(path)}`,
      `/docs/%2e%2e${encoded(path)}`,
      `/docs/..%2f${encoded(path).slice(1)}`,
      `/docs${encoded(path)}`,
    ]);
    for (const { path, text } of await answersTo(tricks, cookies)) {
      const isInside = /CANARY-5e0b (?!docs\/)/.test(text);
      expect([path, isInside]).toEqual([path, false]);
    }
  });

  it.each([
    ['/docs/a+b', 200],
    ['/docs/c++/', 200],
    ['/docs/v1.2', 200],
    ['/docs/', 200],
    ['/docs', 403],
    ['/public', 403],
    ['/finance/secret', 403],
    ['/docs/nothing', 404],
  ])('explain says of %s what the edge does', async (path, status) => {
    await noteForCommands(site);
    const cookies = await cookiesOf('carol@example.com');
    expect((await get(path, cookies)).status).toBe(status);
    const { out, errors } = await runCommand(site.folder, ['explain', 'carol@example.com', path, '--local-site']);
    expect(errors).toBe('');
    expect(out).toContain(status === 403 ? '\nNOT ALLOWED' : '\nALLOWED');
    expect(out.includes('the site has no such file yet')).toBe(status === 404);
  });
});

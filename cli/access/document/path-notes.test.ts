import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { SiteConfig } from '../../../contract/config.ts';
import { defaultPaths } from '../../../contract/layout.ts';
import { otherAddresses } from '../../../stacks/content/addresses.ts';
import { functionCode } from '../../../stacks/edge/function-code.ts';
import { runFunction } from '../../../stacks/testing/run-function.ts';
import { contentKeys, emptyPathNotes, pathNotes } from './path-notes.ts';
import type { AccessStore } from './store.ts';

type Function = Pick<SiteConfig, 'content' | 'indexRewriting' | 'fallback'>;
const plain: Function = { content: null, indexRewriting: null, fallback: null };
const rewriting: Function = { ...plain, indexRewriting: { except: ['/bin/*'] } };
const router: Function = { ...plain, fallback: { page: '/app.html', except: ['/team/*'] } };
const both: Function = { ...router, indexRewriting: rewriting.indexRewriting };

it.each<[string, Function, readonly string[] | undefined]>([
  ['/', rewriting, ['index.html']],
  ['/team/', rewriting, ['team/index.html']],
  ['/team', rewriting, ['team/index.html']],
  ['/team', { ...rewriting, content: 'out' }, ['team', 'team/', 'team/index.html']],
  ['/v1.2/team', rewriting, ['v1.2/team/index.html']],
  ['/v1.2', rewriting, ['v1.2']],
  ['/bin/tool', rewriting, ['bin/tool']],
  ['/LICENSE', rewriting, ['LICENSE']],
  ['/docs/guide.html', rewriting, ['docs/guide.html']],
  ['/a%20b.pdf', rewriting, ['a b.pdf']],
  ['/a+b.pdf', rewriting, ['a b.pdf']],
  ['/a%2Bb.pdf', rewriting, ['a+b.pdf']],
  ['/', plain, ['index.html']],
  ['/team', plain, ['team']],
  ['/team/', plain, ['team/']],
  ['/c++/a%2Bb.pdf', rewriting, ['c  /a+b.pdf']],
  ['/%ff', rewriting, undefined],
  ['/users/5', router, ['app.html']],
  ['/users/5', { ...router, content: 'out' }, ['users/5', 'app.html']],
  ['/', router, ['index.html']],
  ['/', { ...router, content: 'out' }, ['index.html', 'app.html']],
  ['/team/a', router, ['team/a']],
  ['/users/5.js', router, ['users/5.js']],
  ['/team/a', both, ['team/a/index.html']],
  ['/users/5', both, ['app.html']],
])('the files that %s may lead to, with the function %j: %j', (path, site, keys) => {
  expect(contentKeys(path, site)).toEqual(keys);
});

it('the file that an address leads to is the one that the function gives to a browser', () => {
  const text = fc.constantFrom(
    'users',
    'team',
    'bin',
    'index',
    'LICENSE',
    'a b',
    'é',
    'x.js',
    'v1.2',
    '.well-known',
    '',
  );
  const paths = fc
    .array(text, { minLength: 1, maxLength: 3 })
    .map((names) => `/${names.map(encodeURIComponent).join('/')}`);
  const file = fc.constantFrom(
    '/index.html',
    '/users/index.html',
    '/team.html',
    '/bin/tool',
    '/v1.2/index.html',
    '/users',
  );
  const content = fc.option(fc.uniqueArray(file), { nil: undefined });
  let led = 0;
  fc.assert(
    fc.property(paths, fc.constantFrom(rewriting, router, both), content, (path, site, own) => {
      const files = own === undefined ? [] : ['/app.html', ...own];
      const { objects } = otherAddresses(files, { openPaths: [], paths: defaultPaths, without: new Set() });
      const stored = new Set([...files, ...objects.map((object) => object.path)]);
      const code = functionCode({ ...site, files, addresses: objects.map((object) => object.path) });
      const opened = (at: string): string => {
        const { uri, headers } = runFunction(code, at);
        if (uri !== undefined) return uri === '/' ? '/index.html' : uri;
        led += 1;
        return opened(new URL(headers?.['location']?.value ?? '', `https://site.example${at}`).pathname);
      };
      const keys = contentKeys(path, { ...site, content: own === undefined ? null : 'out' }) ?? [];
      const given = decodeURIComponent(opened(path));
      const expected = keys.find((key) => stored.has(`/${key}`)) ?? keys.at(-1);
      // A copy and its file are one page.
      const pageOf = (at: string): string => objects.find((object) => object.path === at)?.of ?? at;
      expect([path, pageOf(given)]).toEqual([path, pageOf(`/${expected}`)]);
    }),
    { numRuns: 1000, seed: 7 },
  );
  expect(led).toBeGreaterThan(20);
});

const config = { openPaths: ['/robots.txt', '/blog/*'], paths: defaultPaths, ...rewriting } as unknown as SiteConfig;
const assets = (path: string): string =>
  `pages under ${path} must find their images, styles and scripts there ` +
  'or on an open path (/public/*, /robots.txt, /blog/*)';

it.each<[string, readonly string[]]>([
  ['/*', []],
  ['/public/*', ['/public/* is open to everyone, whatever the rules say']],
  ['/blog/a.html', ['/blog/a.html is open to everyone, whatever the rules say']],
  ['/robots.txt', ['/robots.txt is open to everyone, whatever the rules say']],
  ['/docs/*', ['/docs/* does not cover /docs, without the slash', assets('/docs/*')]],
  ['/docs*', [assets('/docs*')]],
  [
    '/docs/a.html',
    ['/docs/a.html does not cover an address with a query, such as /docs/a.html?x=1', assets('/docs/a.html')],
  ],
])('the notes about %s say what it does not cover', (path, notes) => {
  expect(pathNotes(path, config)).toEqual(notes);
});

it('the notes about a folder without its slash say that it leads elsewhere', () => {
  expect(pathNotes('/docs', config)).toContain(
    '/docs leads to /docs/, which it does not cover; /docs/* covers that page, and what else is there',
  );
  for (const path of ['/docs/', '/bin/tool', '/LICENSE', '/v1.2']) {
    expect(pathNotes(path, config).filter((note) => note.includes('leads to'))).toEqual([]);
  }
});

it('an address that only the fallback page answers is not called empty', async () => {
  const store = { hasContent: async (key: string) => key === 'app.html' } as unknown as AccessStore;
  const routed = { ...config, ...router };
  expect(await emptyPathNotes('/users/*', routed, store)).toEqual([]);
  expect(await emptyPathNotes('/users/5', routed, store)).toEqual([]);
  for (const path of ['/team/*', '/team/a', '/users/5.js']) {
    expect(await emptyPathNotes(path, routed, store)).toEqual([`${path} opens nothing yet: the site has no such file`]);
  }
});

it.each([
  ['/docs/a.html', '/docs/a', '/docs/a*'],
  ['/docs/a%20b.html', '/docs/a%20b', '/docs/a%20b*'],
  ['/docs/', '/docs/index.html', '/docs/*'],
  ['/docs/index.html', '/docs/', '/docs/*'],
])('the notes about %s name the other address of the page, and the pattern for both', (path, other, both) => {
  expect(pathNotes(path, { ...config, indexRewriting: null })).toContain(
    `${path} does not cover ${other}, another address of that page; ${both} covers both, and what else begins so`,
  );
});

it.each(['/', '/index.html', '/docs/a.pdf', '/docs/a', '/docs/a.html*', '/%ff.html'])(
  'the notes about %s name no other address',
  (path) => {
    const notes = pathNotes(path, { ...config, indexRewriting: null });
    expect(notes.filter((note) => note.includes('another address'))).toEqual([]);
  },
);

it('the notes about an address without .html name the file that is there, too', async () => {
  const files = ['docs/a', 'docs/a.html', 'docs/LICENSE'];
  const store = { hasContent: async (key: string) => files.includes(key) } as unknown as AccessStore;
  const simple = { ...config, indexRewriting: null };
  expect(await emptyPathNotes('/docs/a', simple, store)).toEqual([
    '/docs/a does not cover /docs/a.html, another address of that page; /docs/a* covers both, and what else begins so',
  ]);
  expect(await emptyPathNotes('/docs/LICENSE', simple, store)).toEqual([]);
});

it.each<[string, readonly string[], boolean]>([
  ['/*', [], false],
  ['/docs/*', ['docs/a.html'], false],
  ['/docs*', ['docs.html'], false],
  ['/docs/*', ['docs.html'], true],
  ['/docs', ['docs/index.html'], false],
  ['/docs', ['docs/a.html'], true],
  ['/a%20b/*', ['a b/c.html'], false],
  ['/%ff/*', ['x'], true],
  ['/%ff', ['x'], true],
])('%s of a site with %j opens nothing yet: %s', async (path, files, isEmpty) => {
  const hasContent = async (key: string, exactly: boolean): Promise<boolean> =>
    files.some((file) => (exactly ? file === key : file.startsWith(key)));
  expect(await emptyPathNotes(path, config, { hasContent } as AccessStore)).toEqual(
    isEmpty ? [`${path} opens nothing yet: the site has no such file`] : [],
  );
});

it('a path that cannot be looked up is not called empty', async () => {
  const hasContent = (): Promise<boolean> => Promise.reject(new Error('not allowed'));
  expect(await emptyPathNotes('/docs/*', config, { hasContent } as unknown as AccessStore)).toEqual([
    'whether the site has a file at /docs/* is not known: not allowed',
  ]);
});

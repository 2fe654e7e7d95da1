import { expect, it } from 'vitest';
import type { SiteConfig } from '../../../contract/config.ts';
import { contentKeys, emptyPathNotes, pathNotes } from './path-notes.ts';
import type { AccessStore } from './store.ts';

const keysAt = (path: string, indexRewriting: boolean) => contentKeys(path, { indexRewriting } as SiteConfig);

it.each([
  ['/', true, ['index.html']],
  ['/team/', true, ['team/index.html']],
  ['/team', true, ['team', 'team/index.html']],
  ['/v1.2/team', true, ['v1.2/team', 'v1.2/team/index.html']],
  ['/v1.2', true, ['v1.2']],
  ['/docs/guide.html', true, ['docs/guide.html']],
  ['/a%20b.pdf', true, ['a b.pdf']],
  ['/a+b.pdf', true, ['a b.pdf']],
  ['/a%2Bb.pdf', true, ['a+b.pdf']],
  ['/', false, ['index.html']],
  ['/team', false, ['team']],
  ['/team/', false, ['team/']],
  ['/c++/a%2Bb.pdf', true, ['c  /a+b.pdf']],
  ['/%ff', true, undefined],
])('the files that %s may lead to, with the index pages of folders: %s', (path, indexRewriting, keys) => {
  expect(keysAt(path, indexRewriting)).toEqual(keys);
});

const config = { openPaths: ['/robots.txt', '/blog/*'], indexRewriting: true } as unknown as SiteConfig;
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

it.each([
  ['/docs/a.html', '/docs/a', '/docs/a*'],
  ['/docs/a%20b.html', '/docs/a%20b', '/docs/a%20b*'],
  ['/docs/', '/docs/index.html', '/docs/*'],
  ['/docs/index.html', '/docs/', '/docs/*'],
])('the notes about %s name the other address of the page, and the pattern for both', (path, other, both) => {
  expect(pathNotes(path, { ...config, indexRewriting: false })).toContain(
    `${path} does not cover ${other}, another address of that page; ${both} covers both, and what else begins so`,
  );
});

it.each(['/', '/index.html', '/docs/a.pdf', '/docs/a', '/docs/a.html*', '/%ff.html'])(
  'the notes about %s name no other address',
  (path) => {
    const notes = pathNotes(path, { ...config, indexRewriting: false });
    expect(notes.filter((note) => note.includes('another address'))).toEqual([]);
  },
);

it('the notes about an address without .html name the file that is there, too', async () => {
  const files = ['docs/a', 'docs/a.html', 'docs/LICENSE'];
  const store = { hasContent: async (key: string) => files.includes(key) } as unknown as AccessStore;
  const plain = { ...config, indexRewriting: false };
  expect(await emptyPathNotes('/docs/a', plain, store)).toEqual([
    '/docs/a does not cover /docs/a.html, another address of that page; /docs/a* covers both, and what else begins so',
  ]);
  expect(await emptyPathNotes('/docs/LICENSE', plain, store)).toEqual([]);
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

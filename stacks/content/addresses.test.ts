import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultPaths } from '../../contract/layout.ts';
import { opens } from '../../contract/open-path.ts';
import { type AddressOptions, addressesOf, addressNoteText, otherAddresses, targetOf } from './addresses.ts';

const none: AddressOptions = { openPaths: [], paths: defaultPaths, without: new Set() };

/** Objects as `path > file`, or `path >> target` for a redirect. */
const objectsOf = (files: readonly string[], options: Partial<AddressOptions> = {}): string[] =>
  otherAddresses(files, { ...none, ...options }).objects.map((object) =>
    object.kind === 'copy' ? `${object.path} > ${object.of}` : `${object.path} >> ${targetOf(object)}`,
  );
const notesOf = (files: readonly string[], options: Partial<AddressOptions> = {}): string[] =>
  otherAddresses(files, { ...none, ...options }).notes.map(addressNoteText);

describe('otherAddresses', () => {
  it.each<[string, string[], string[]]>([
    [
      'a folder has its page at its address with a slash, and the other addresses lead there',
      ['/x/guide/index.html'],
      ['/x/guide >> /x/guide/', '/x/guide/ > /x/guide/index.html', '/x/guide/index >> /x/guide/'],
    ],
    ['the start page needs no object at /', ['/index.html'], ['/index >> /']],
    [
      'a page is at its name without the ending, and the address with a slash leads there',
      ['/x/about.html'],
      ['/x/about > /x/about.html', '/x/about/ >> /x/about'],
    ],
    [
      'a page beside a folder without an index answers for both',
      ['/guide.html', '/guide/one.txt'],
      ['/guide > /guide.html', '/guide/ >> /guide'],
    ],
    [
      'a page beside a folder with an index: the slash decides',
      ['/guide.html', '/guide/index.html'],
      ['/guide > /guide.html', '/guide/ > /guide/index.html', '/guide/index >> /guide/'],
    ],
    [
      'nothing is guessed from dots',
      ['/v1.2.html', '/v1.3/index.html', '/LICENSE', '/app.js', '/.well-known/x'],
      [
        '/v1.2 > /v1.2.html',
        '/v1.2/ >> /v1.2',
        '/v1.3 >> /v1.3/',
        '/v1.3/ > /v1.3/index.html',
        '/v1.3/index >> /v1.3/',
      ],
    ],
    [
      'a folder that is named like a page',
      ['/index.html/index.html'],
      ['/index.html >> /index.html/', '/index.html/ > /index.html/index.html', '/index.html/index >> /index.html/'],
    ],
    ['a file in a folder that is named like a page leaves the page alone', ['/a.html/b.txt'], []],
    ['a name that is only the ending', ['/x/.html'], []],
    ['a file with a plus sign is also where S3 looks for it', ['/c++/x+y.png'], ['/c  /x y.png > /c++/x+y.png']],
    [
      'a page with a plus sign',
      ['/c++.html'],
      ['/c   > /c++.html', '/c  .html > /c++.html', '/c  / >> /c  ', '/c++ > /c++.html', '/c++/ >> /c++'],
    ],
    [
      'names that objects have in JavaScript',
      ['/constructor.html', '/__proto__.html'],
      [
        '/__proto__ > /__proto__.html',
        '/__proto__/ >> /__proto__',
        '/constructor > /constructor.html',
        '/constructor/ >> /constructor',
      ],
    ],
    [
      'a name in the form of macOS is also where pages link to',
      ['/e\u0301/u\u0308.png'],
      ['/é/ü.png > /e\u0301/u\u0308.png'],
    ],
    [
      'a page in a folder in the form of macOS',
      ['/e\u0301+/index.html'],
      [
        '/e\u0301  >> /e\u0301 /',
        '/e\u0301 / > /e\u0301+/index.html',
        '/e\u0301 /index >> /e\u0301 /',
        '/e\u0301 /index.html > /e\u0301+/index.html',
        '/e\u0301+ >> /e\u0301+/',
        '/e\u0301+/ > /e\u0301+/index.html',
        '/e\u0301+/index >> /e\u0301+/',
        '/é  >> /é /',
        '/é / > /e\u0301+/index.html',
        '/é /index >> /é /',
        '/é /index.html > /e\u0301+/index.html',
        '/é+ >> /é+/',
        '/é+/ > /e\u0301+/index.html',
        '/é+/index >> /é+/',
        '/é+/index.html > /e\u0301+/index.html',
      ],
    ],
    ['a name in the form in which pages link needs nothing else', ['/é/ü.png', '/漢字.txt', '/한글.txt'], []],
    [
      'a real name with a plus sign wins over another form of a name with a space',
      ['/e\u0301 x.txt', '/é+x.txt'],
      ['/é x.txt > /é+x.txt'],
    ],
    ['names in both forms: each is its own file', ['/e\u0301.txt', '/é.txt'], []],
    ['a folder in both forms: nothing is put into the other one', ['/e\u0301/a.txt', '/é/b.txt'], []],
    ['what the API answers stays its own', ['/auth.html'], ['/auth > /auth.html']],
  ])('%s', (_, files, objects) => {
    expect(objectsOf(files)).toEqual(objects);
    expect(notesOf(files)).toEqual([]);
  });

  it('gives the shipped pages no other address, and no other file theirs', () => {
    const without = new Set(['/public/login.html', '/public/not-found.html']);
    const files = ['/public/login.html', '/public/login.html.html', '/public/not-found.html/index.html'];
    expect(objectsOf(files, { without })).toEqual(
      [
        '/public/login.html/ >> /public/login.html',
        '/public/not-found.html/ > /public/not-found.html/index.html',
        '/public/not-found.html/index >> /public/not-found.html/',
      ].slice(1),
    );
    // An upload does not know the shipped pages' files, only their paths.
    expect(objectsOf(files.slice(1), { without })).toEqual(objectsOf(files, { without }));
    expect(notesOf(files, { without })).toEqual([
      '/public/login.html is a file of its own, so /public/login.html.html is only at its own address',
    ]);
  });

  it('lets the exact file win, and says which page that hides', () => {
    expect(objectsOf(['/about', '/about.html'])).toEqual([]);
    expect(notesOf(['/about', '/about.html'])).toEqual([
      '/about is a file of its own, so /about.html is only at its own address',
    ]);
  });

  it('lets the real name win over a plus sign, and names both', () => {
    expect(objectsOf(['/a b.txt', '/a+b.txt'])).toEqual([]);
    expect(notesOf(['/a b.txt', '/a+b.txt'])).toEqual([
      'S3 reads + in an address as a space. So the address of /a+b.txt leads to /a b.txt. Fix: rename one of them',
    ]);
    expect(notesOf(['/a b', '/a+b/index.html'])).toEqual([
      'S3 reads + in an address as a space. So the address of /a+b/index.html leads to /a b. Fix: rename one of them',
    ]);
  });

  it('puts nothing into another folder, because a rule may give that folder to other people', () => {
    expect(objectsOf(['/a b/y.txt', '/a+b/deep/x.txt'])).toEqual([]);
    expect(notesOf(['/a b/y.txt', '/a+b/deep/x.txt'])).toEqual([
      'S3 reads + in an address as a space. So the address of /a+b/deep/x.txt leads to /a b, ' +
        'which is another folder. Fix: rename one of them',
    ]);
  });

  it('opens no address whose file is closed', () => {
    const closed = (file: string, ...openPaths: string[]) => objectsOf([file], { openPaths });
    expect(closed('/public.html')).toEqual(['/public > /public.html']);
    expect(closed('/team/index.html', '/team/')).toEqual([]);
    expect(closed('/team.html', '/team')).toEqual([]);
    expect(closed('/team.html', '/team/*')).toEqual(['/team > /team.html']);
    expect(closed('/docs/index.html', '/docs')).toEqual(['/docs/ > /docs/index.html', '/docs/index >> /docs/']);
    expect(closed('/x/a+b.txt', '/x/a???b.txt')).toEqual([]);
    // Browsers send the question mark of a name encoded, and no wildcard of one character matches that.
    expect(objectsOf(['/x?y.html'], { openPaths: ['/x?y', '/x?y.html'] })).toEqual([]);
    // A closed page stays closed if the address of an open one beside it is the same.
    expect(objectsOf(['/x.html', '/x/index.html'], { openPaths: ['/x', '/x/*'] })).toEqual([
      '/x/ > /x/index.html',
      '/x/index >> /x/',
    ]);
  });

  it('says which address is missing because it would be open', () => {
    expect(notesOf(['/team/index.html'], { openPaths: ['/team/'] })).toEqual([
      'nothing is at /team/: /team/ opens it to everyone, but not /team/index.html. Fix: open both, or neither',
    ]);
  });

  it('says so of a redirect and of a name in another form, too', () => {
    expect(notesOf(['/team.html'], { openPaths: ['/team/'] })).toEqual([
      'nothing is at /team/: /team/ opens it to everyone, but not /team.html. Fix: open both, or neither',
    ]);
    expect(notesOf(['/x/e\u0301.txt'], { openPaths: ['/x/?.txt'] })).toEqual([
      'nothing is at /x/é.txt: /x/?.txt opens it to everyone, but not /x/e\u0301.txt. Fix: open both, or neither',
    ]);
  });

  it('says which address of an open file is not open, once for each open path', () => {
    const files = ['/help.html', '/docs/a.html', '/docs/b.html', '/team/index.html', '/x.css'];
    expect(notesOf(files, { openPaths: ['/help.html', '/docs/*.html', '/team/*', '/x.css'] })).toEqual([
      '/docs/*.html opens /docs/a.html, but not /docs/a, another address of it. Fix: add /docs/a to openPaths',
      '/help.html opens /help.html, but not /help, another address of it. Fix: add /help to openPaths',
    ]);
    expect(notesOf(files, { openPaths: ['/help.html', '/help'] })).toEqual([]);
  });

  it('opens the addresses of an open folder', () => {
    expect(objectsOf(['/team/a+b.html'], { openPaths: ['/team/*'] })).toEqual([
      '/team/a b > /team/a+b.html',
      '/team/a b.html > /team/a+b.html',
      '/team/a b/ >> /team/a b',
      '/team/a+b > /team/a+b.html',
      '/team/a+b/ >> /team/a+b',
    ]);
  });

  it('takes 30,000 files', () => {
    const files = Array.from({ length: 30_000 }, (_, n) => `/part-${n % 300}/page ${n}/index.html`);
    expect(otherAddresses(files, { ...none, openPaths: ['/*.woff2', '/assets/*'] }).objects).toHaveLength(90_000);
  });
});

describe('a note', () => {
  it('shows hostile names in visible form', () => {
    const [note = ''] = notesOf(['/\u202ex', '/\u202ex.html']);
    expect(note).toBe('/\\u202ex is a file of its own, so /\\u202ex.html is only at its own address');
  });
});

/** What a plain static host with clean URLs answers at a decoded path. Written apart from the module. */
function plainHost(files: ReadonlySet<string>, path: string): { file: string } | { redirect: string } | undefined {
  if (files.has(path)) return { file: path };
  const pageAt = (bare: string): string | undefined =>
    files.has(`${bare}.html`) && !bare.endsWith('/') ? `${bare}.html` : undefined;
  if (path.endsWith('/')) {
    if (files.has(`${path}index.html`)) return { file: `${path}index.html` };
    const bare = path.slice(0, -1);
    const isHere = pageAt(bare) !== undefined && !files.has(bare) && !bare.endsWith('/index');
    return isHere ? { redirect: bare } : undefined;
  }
  const page = pageAt(path);
  if (page?.endsWith('/index.html')) return { redirect: path.slice(0, -'index'.length) };
  if (page !== undefined) return { file: page };
  return files.has(`${path}/index.html`) ? { redirect: `${path}/` } : undefined;
}

const names = [
  'a',
  'b',
  'about',
  'index',
  'v1.2',
  'a+b',
  'a b',
  'c++',
  '%41',
  'constructor',
  '__proto__',
  'é',
  'e\u0301',
  '?#',
];
const endings = ['', '.html', '.html.html', '.js', '+', '.'];
const name = fc.tuple(fc.constantFrom(...names), fc.constantFrom(...endings)).map((parts) => parts.join(''));
const treeOf = (first: fc.Arbitrary<string>): fc.Arbitrary<string[]> => {
  const folders = fc.array(name, { maxLength: 2 });
  const file = fc.oneof(name, fc.constantFrom('index.html', '.html'));
  const path = fc.tuple(first, folders, file).map(([top, middle, last]) => `${top}/${[...middle, last].join('/')}`);
  return fc.uniqueArray(path, { maxLength: 8 });
};
const tree = treeOf(fc.constantFrom('', '', '/a', '/a+b', '/a b'));
const hostileTree = treeOf(fc.constantFrom('', '/public', '/a', '/a b', '/open', '/publi+c'));
const patterns = [
  '/a',
  '/a/',
  '/a/*',
  '/a+b/*',
  '/open/*',
  '/a/*.js',
  '/a?b',
  '/a/???b',
  '/about',
  '/a/*e',
  '/c++',
  '/*.js',
];
const openPaths = fc.uniqueArray(fc.constantFrom(...patterns), { maxLength: 3 });

/** Whether two paths have a step that is the same in another form of Unicode. */
const sharesName = (one: string, other: string): boolean =>
  one.split('/').some((step) => other.split('/').some((its) => step !== its && bare(step) === bare(its)));
const bare = (step: string): string =>
  step
    .normalize('NFC')
    .replaceAll('+', ' ')
    .replace(/(\.html)*$/, '');

/** What is at a key. */
const storedAt = (files: readonly string[], options: AddressOptions) => {
  const objects = new Map(otherAddresses(files, options).objects.map((object) => [object.path, object]));
  return (path: string) => {
    if (files.includes(path)) return { file: path };
    const object = objects.get(path);
    if (object === undefined) return undefined;
    return object.kind === 'copy' ? { file: object.of } : { redirect: targetOf(object) };
  };
};

describe('against a plain static host', () => {
  it('a name in the form of macOS is answered where pages link to, unless something else is there', () => {
    const composed = (path: string): string => path.normalize('NFC');
    fc.assert(
      fc.property(tree, (files) => {
        const host = new Set(files);
        const isAlone = files.every((file) => files.every((other) => file === other || !sharesName(file, other)));
        fc.pre(isAlone);
        const at = storedAt(files, none);
        for (const path of files.flatMap((file) => [file, ...addressesOf(file).map((other) => other.path)])) {
          const answer = plainHost(host, path);
          if (answer === undefined) continue;
          const expected = 'file' in answer ? answer : { redirect: composed(answer.redirect) };
          expect([path, at(composed(path))]).toEqual([path, expected]);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('every address means the same if + is sent as %2B', () => {
    fc.assert(
      fc.property(tree, (files) => {
        const at = storedAt(files, none);
        const host = new Set(files);
        const named = files.flatMap((file) => [file, ...addressesOf(file).map(({ path }) => path)]);
        for (const path of [...named, ...named.map((one) => `${one}/`), ...named.map((one) => `${one}.html`)]) {
          const expected = path === '/' ? undefined : plainHost(host, path);
          // A copy for another spelling is where the host has nothing.
          if (expected === undefined && /[ é]/.test(path)) continue;
          expect([path, at(path)]).toEqual([path, expected]);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('every address means the same if + is sent as browsers do, except where a note says otherwise', () => {
    const read = (path: string): string => path.replaceAll('+', ' ');
    fc.assert(
      fc.property(tree, (files) => {
        const at = storedAt(files, none);
        const host = new Set(files);
        const { notes } = otherAddresses(files, none);
        for (const path of files.flatMap((file) => [file, ...addressesOf(file).map((other) => other.path)])) {
          const answer = plainHost(host, path);
          if (answer === undefined) continue;
          const end = 'file' in answer ? answer : plainHost(host, answer.redirect);
          const page = end !== undefined && 'file' in end ? end.file : '';
          if (notes.some(({ of, reason }) => of === page && reason !== 'open')) continue;
          const expected = 'file' in answer ? answer : { redirect: read(answer.redirect) };
          expect([path, at(read(path))]).toEqual([path, expected]);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('every redirect leads to its page in one step', () => {
    fc.assert(
      fc.property(hostileTree, openPaths, (files, open) => {
        const options = { openPaths: open, paths: defaultPaths, without: new Set(['/public/index.html']) };
        const { objects } = otherAddresses(files, options);
        for (const object of objects.filter(({ kind }) => kind === 'redirect')) {
          const target = targetOf(object);
          const page = target === '/' ? { file: '/index.html' } : storedAt(files, options)(target);
          expect([object.path, page]).toEqual([object.path, { file: object.of }]);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('no two objects are at one path, and none is at a file', () => {
    fc.assert(
      fc.property(hostileTree, openPaths, (files, open) => {
        const without = new Set(['/public/index.html', '/public/a.html']);
        const { objects } = otherAddresses(files, { openPaths: open, paths: defaultPaths, without });
        const paths = objects.map(({ path }) => path);
        expect(paths).toEqual([...new Set(paths)].sort());
        expect(paths.filter((path) => files.includes(path) || without.has(path))).toEqual([]);
        for (const { path, of, kind } of objects) {
          expect(files).toContain(of);
          expect(without).not.toContain(of);
          expect(addressesOf(of)).toContainEqual({ path, of, kind });
        }
      }),
      { numRuns: 300 },
    );
  });

  it('no address is open in any spelling if its file is not', () => {
    const code = (one: string): string =>
      [...new TextEncoder().encode(one)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
    const spelling = fc.func(fc.constantFrom('raw', 'code', 'CODE', 'plus'));
    fc.assert(
      fc.property(hostileTree, openPaths, spelling, (files, open, choose) => {
        const isOpen = (address: string): boolean => ['/public/*', ...open].some((pattern) => opens(pattern, address));
        for (const { path, of } of otherAddresses(files, { openPaths: open, paths: defaultPaths, without: new Set() })
          .objects) {
          const spelled = [...path].map((one, index) => {
            const way = choose(path, index);
            if (way === 'raw') return one;
            return way === 'plus' && one === ' ' ? '+' : way === 'CODE' ? code(one).toUpperCase() : code(one);
          });
          const fileOpen = isOpen(encodeURI(of).replace(/[?#]/g, encodeURIComponent));
          for (const address of [path, encodeURI(path), path.replaceAll(' ', '+'), spelled.join('')]) {
            if (isOpen(address)) expect([address, of, fileOpen]).toEqual([address, of, true]);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it('a file that is removed takes its own objects along, and no others', () => {
    fc.assert(
      fc.property(hostileTree, openPaths, fc.nat(), (files, open, index) => {
        fc.pre(files.length > 0);
        const removed = files[index % files.length];
        const options = { openPaths: open, paths: defaultPaths, without: new Set<string>() };
        const before = otherAddresses(files, options).objects.filter(({ of }) => of !== removed);
        const after = otherAddresses(
          files.filter((file) => file !== removed),
          options,
        ).objects;
        expect(after.filter(({ of }) => of === removed)).toEqual([]);
        expect(after).toEqual(expect.arrayContaining(before));
      }),
      { numRuns: 300 },
    );
  });
});

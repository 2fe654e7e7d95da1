import { describe, expect, it } from 'vitest';
import { defaultPaths } from '../../contract/layout.ts';
import { contentNotes } from './content-notes.ts';

const notes = (paths: readonly string[], leftOut: readonly string[] = [], shipped: readonly string[] = []) =>
  contentNotes({ files: paths.map((path) => ({ path, file: path })), leftOut }, new Set(shipped), defaultPaths);

describe('contentNotes', () => {
  it('has nothing to say about usual names', () => {
    expect(
      notes(['/index.html', '/docs/index.html', '/docs/index.css', '/équipe.html', '/publications/a.html']),
    ).toEqual([]);
  });

  it('counts and names what begins with a dot', () => {
    expect(notes(['/a'], ['/.attachments/'])).toEqual(['left out 1 name that begins with a dot: /.attachments/']);
    expect(notes(['/a'], ['/.a', '/.b', '/.c/', '/x/.d', '/x/.e'])).toEqual([
      'left out 5 names that begin with a dot: /.a, /.b, /.c/ and 2 more',
    ]);
  });

  it('counts and names what everyone can open in /public/, except what every site has there', () => {
    const shipped = ['/public/login.html'];
    expect(notes(['/public/login.html'], [], shipped)).toEqual([]);
    expect(notes(['/public', '/public.html', '/publications/a.html'], [], shipped)).toEqual([]);
    expect(notes(['/public/a/b.html', '/public/login.html'], [], shipped)).toEqual([
      'everyone can open 1 file under /public/ without signing in: /public/a/b.html',
    ]);
    const many = Array.from({ length: 1_200 }, (_, at) => `/public/${at + 1000}`);
    expect(notes(many)).toEqual([
      'everyone can open 1,200 files under /public/ without signing in: /public/1000, /public/1001, /public/1002 ' +
        'and 1,197 more',
    ]);
  });

  it('counts what everyone can open in another open folder, and nothing in /public/ then', () => {
    const files = ['/public/a.html', '/team/open/b.html', '/team/open-minutes.html'].map((path) => ({
      path,
      file: path,
    }));
    expect(contentNotes({ files, leftOut: [] }, new Set(), { ...defaultPaths, open: '/team/open' })).toEqual([
      'everyone can open 1 file under /team/open/ without signing in: /team/open/b.html',
    ]);
  });

  it('names two names that differ only in case, and a folder once for all files in it', () => {
    expect(notes(['/docs/Guide.html', '/docs/guide.html', '/Équipe', '/équipe'])).toEqual([
      'these names differ only in case, and macOS and Windows take them for one: ' +
        '/docs/Guide.html and /docs/guide.html, /Équipe and /équipe',
    ]);
    expect(notes(['/Docs/a/x.html', '/Docs/a/y.html', '/docs/a/X.html', '/docs/a/x.html'])).toEqual([
      'these names differ only in case, and macOS and Windows take them for one: ' +
        '/Docs and /docs, /docs/a/X.html and /docs/a/x.html',
    ]);
  });

  it('names two names that are the same in different forms of Unicode', () => {
    expect(notes(['/e\u0301quipe/b.html', '/équipe/a.html'])).toEqual([
      'these names look the same, but are written in two forms of Unicode (NFC and NFD): ' +
        '/e\u0301quipe and /équipe. Fix: rename one of them, or remove it',
    ]);
    expect(notes(['/E\u0301quipe/b.html', '/équipe/a.html'])).toEqual([
      'these names differ only in case, and macOS and Windows take them for one: /E\u0301quipe and /équipe',
    ]);
  });

  it('takes no name for another that only looks like it', () => {
    expect(notes(['/a b', '/a+b', '/a-b', '/a_b', '/a.b', '/1.2/a', '/12/a', '/a/b/c', '/a%20b'])).toEqual([]);
  });

  it('reads 100,000 names in little time', () => {
    const many = Array.from({ length: 100_000 }, (_, at) => `/a/b/c/d${at % 100}/page-${at}.html`);
    expect(notes(many)).toEqual([]);
  });
});

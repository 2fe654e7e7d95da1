import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { defaultPaths, elementScriptsOf } from '../../contract/layout.ts';
import { type ServingRules, servedAs } from './served-file.ts';

const folder = mkdtempSync(join(tmpdir(), 's3nator-served-'));
afterAll(() => rmSync(folder, { recursive: true }));

const rules: ServingRules = {
  pages: { login: '/public/in.html', notFound: '/public/none.html' },
  paths: defaultPaths,
  contentTypes: {},
  immutable: null,
};

/** How a file of the site is served. */
function served(path: string, changes: Partial<ServingRules> = {}, content: string | Buffer = 'text') {
  const file = join(folder, 'file');
  writeFileSync(file, content);
  return servedAs({ path, file }, { ...rules, ...changes });
}
const typeOf = (path: string, contentTypes: ServingRules['contentTypes']) => served(path, { contentTypes }).contentType;

describe('servedAs', () => {
  it('lets no cache keep the login page, whichever page it is', () => {
    expect(served('/public/in.html')).toEqual({ contentType: 'text/html; charset=utf-8', cacheControl: 'no-store' });
    expect(served('/public/login.html').cacheControl).toBe('no-cache');
  });

  it('serves a compressed part of a page with the type of what is in it', () => {
    expect(served('/game.wasm.gz', {}, gzipSync('\0asm'))).toEqual({
      contentType: 'application/wasm',
      contentEncoding: 'gzip',
      cacheControl: 'no-cache',
    });
    expect(served('/logo.svgz', {}, gzipSync('<svg/>'))).toMatchObject({
      contentType: 'image/svg+xml',
      contentEncoding: 'gzip',
    });
  });

  it('serves a file that only looks compressed by its name as it is', () => {
    expect(served('/game.wasm.gz')).toEqual({ contentType: 'application/gzip', cacheControl: 'no-cache' });
  });

  it('shows a file without an ending as text, and never as a page, even if HTML is in it', () => {
    expect(served('/LICENSE').contentType).toBe('text/plain; charset=utf-8');
    expect(served('/page', {}, '<!doctype html><script>alert(1)</script>').contentType).toBe(
      'text/plain; charset=utf-8',
    );
    expect(served('/program', {}, '\0\x01').contentType).toBe('application/octet-stream');
  });
});

describe('contentTypes', () => {
  it('gives the type of the first pattern that matches, in which * matches slashes', () => {
    const contentTypes = { '/docs/*.ts': 'text/plain', '/*.ts': 'text/x-one', '/LICENSE': 'text/markdown' };
    expect(typeOf('/docs/a/b.ts', contentTypes)).toBe('text/plain; charset=utf-8');
    expect(typeOf('/src/b.ts', contentTypes)).toBe('text/x-one; charset=utf-8');
    expect(typeOf('/LICENSE', contentTypes)).toBe('text/markdown; charset=utf-8');
    expect(typeOf('/b.tsx', contentTypes)).toBe('text/plain; charset=utf-8');
  });

  it('keeps the charset that is given', () => {
    expect(typeOf('/a.txt', { '/*.txt': 'text/plain; charset=iso-8859-1' })).toBe('text/plain; charset=iso-8859-1');
    expect(typeOf('/a.txt', { '/*.txt': 'text/plain;charset=iso-8859-1' })).toBe('text/plain;charset=iso-8859-1');
    expect(typeOf('/a.txt', { '/*.txt': 'application/x-notes' })).toBe('application/x-notes');
  });

  it('serves the files that it names as they are stored, so that browsers decode none of them', () => {
    const contentTypes = { '/*.json.gz': 'application/gzip' };
    expect(served('/rows.json.gz', { contentTypes }, gzipSync('[]'))).toEqual({
      contentType: 'application/gzip',
      cacheControl: 'no-cache',
    });
  });

  it('changes neither the pages for 403 and 404 nor the element, without which nobody can sign in', () => {
    const contentTypes = { '/*': 'text/plain' };
    for (const page of ['/public/in.html', '/public/none.html']) {
      expect(typeOf(page, contentTypes)).toBe('text/html; charset=utf-8');
    }
    for (const script of elementScriptsOf(defaultPaths))
      expect(typeOf(script, contentTypes)).toBe('text/javascript; charset=utf-8');
    expect(typeOf('/public/other.html', contentTypes)).toBe('text/plain; charset=utf-8');
  });
});

describe('Cache-Control', () => {
  const cachingOf = (path: string, changes: Partial<ServingRules> = {}) => served(path, changes).cacheControl;
  const forever = 'max-age=31536000, immutable';

  it.each(['/index.html', '/app.js', '/report-20240101.pdf', '/report-2024abcd.pdf', '/decade.css', '/LICENSE'])(
    'has browsers and edges revalidate %s on each request, so that a deploy shows at once',
    (path) => {
      expect(cachingOf(path)).toBe('no-cache');
    },
  );

  it.each([
    '/assets/index-DiwrgTda.js',
    '/assets/app.3f9a1c2e.css',
    '/_astro/index.DiwrgTda.css',
    '/public/a.3f9a1c2e.js',
  ])('lets browsers and edges keep %s for a year, because its name changes with its content', (path) => {
    expect(cachingOf(path)).toBe(forever);
  });

  it('goes by the name inside of a compressed file', () => {
    expect(served('/game.3f9a1c2e.js.gz', {}, gzipSync('x')).cacheControl).toBe(forever);
    expect(cachingOf('/game.3f9a1c2e.js.gz')).toBe('no-cache');
  });

  it('keeps only what the patterns of the config match, and nothing if there are none', () => {
    const immutable = ['/static/*', '/papers/*.pdf'];
    for (const path of ['/static/app.js', '/papers/2024/a.pdf']) expect(cachingOf(path, { immutable })).toBe(forever);
    expect(cachingOf('/assets/index-DiwrgTda.js', { immutable })).toBe('no-cache');
    expect(cachingOf('/assets/index-DiwrgTda.js', { immutable: [] })).toBe('no-cache');
  });

  it('keeps no page, whatever the config says, because nobody could change it any more', () => {
    const immutable = ['/*'];
    for (const path of ['/index.html', '/a.3f9a1c2e.htm', '/x.xhtml']) {
      expect(cachingOf(path, { immutable })).toBe('no-cache');
    }
    expect(cachingOf('/about', { immutable, contentTypes: { '/about': 'text/html' } })).toBe('no-cache');
    expect(cachingOf('/public/in.html', { immutable })).toBe('no-store');
    for (const script of elementScriptsOf(defaultPaths))
      expect(cachingOf(script, { immutable })).toBe('public, max-age=300');
  });

  it('allows no shared cache to keep a file that it would not keep without being told', () => {
    const contentTypes = { '/x/*': 'text/css' };
    for (const path of ['/index.html', '/assets/index-DiwrgTda.js', '/x/y', '/public/a.3f9a1c2e.js']) {
      expect(cachingOf(path, { contentTypes })).not.toMatch(/public|s-maxage/);
    }
  });
});

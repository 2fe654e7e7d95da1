import { describe, expect, it } from 'vitest';
import { isExcepted, namesFile } from './function-exceptions.ts';

describe('namesFile', () => {
  it.each([
    '/a.css',
    '/v1.2',
    '/docs/.hidden',
    '/LICENSE',
    '/a/b/LICENSE-MIT',
    '/downloads/README',
    '/.well-known/apple-app-site-association',
    '/.well-known/acme-challenge/token',
    '/apple-app-site-association',
  ])('says that %s is a file', (path) => {
    expect(namesFile(path)).toBe(true);
  });

  it.each(['/', '/docs', '/docs/', '/v1.2/docs', '/license', '/LICENSES', '/FAQ', '/x/.well-known/y', '/README/'])(
    'says nothing about %s',
    (path) => {
      expect(namesFile(path)).toBe(false);
    },
  );
});

describe('isExcepted', () => {
  it.each<[string, readonly string[]]>([
    ['/about', ['/about', '/about/']],
    ['/about/', ['/about', '/about/']],
    ['/docs/*', ['/docs', '/docs/', '/docs/a', '/docs/a/b/', '/docs/index']],
    ['/', ['/']],
  ])('%s names %j', (one, paths) => {
    for (const path of paths) expect([path, isExcepted(['/other', one], path)]).toEqual([path, true]);
  });

  it.each<[string, readonly string[]]>([
    ['/about', ['/about2', '/abou', '/about/index', '/x/about', '/']],
    ['/docs/*', ['/docsx', '/x/docs/a', '/Docs/a', '/']],
    ['/', ['/a', '//', '/index']],
  ])('%s does not name any of %j', (one, paths) => {
    for (const path of paths) expect([path, isExcepted([one], path)]).toEqual([path, false]);
  });
});

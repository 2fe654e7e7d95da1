import { describe, expect, it } from 'vitest';
import { invalidationPaths, joined, maximumPaths } from './invalidation.ts';

describe('invalidationPaths', () => {
  it('names each changed path once, sorted', () => {
    expect(invalidationPaths(['/b.css', '/a.css', '/b.css'], false)).toEqual(['/a.css', '/b.css']);
  });

  it.each([
    ['/a b.txt', '/a%20b.txt'],
    ['/50%.txt', '/50%25.txt'],
    ['/what?.html', '/what%3F.html'],
    ['/c#.html', '/c%23.html'],
    ['/ü/漢.html', '/%C3%BC/%E6%BC%A2.html'],
    ["/it's (1)+~,;=@&$!.html", "/it's%20(1)+~,;=@&$!.html"],
  ])('asks for %j as a browser does', (path, asked) => {
    expect(invalidationPaths([path], false)).toEqual([asked]);
  });

  it('takes an asterisk at the end of a name for no wildcard', () => {
    expect(invalidationPaths(['/all/*'], false)).toEqual(['/all/%2A']);
  });

  it('names a folder by all its names where the site rewrites them', () => {
    expect(invalidationPaths(['/index.html', '/docs/index.html', '/docs/myindex.html'], true)).toEqual([
      '/',
      '/docs',
      '/docs/',
      '/docs/index.html',
      '/docs/myindex.html',
      '/index.html',
    ]);
    expect(invalidationPaths(['/docs/index.html'], false)).toEqual(['/docs/index.html']);
  });

  it('forgets everything, which is one path, rather than a hundred and one', () => {
    expect(maximumPaths).toBe(100);
    const many = Array.from({ length: maximumPaths + 1 }, (_, n) => `/${n}.html`);
    expect(invalidationPaths(many, false)).toEqual(['/*']);
    expect(invalidationPaths(many.slice(1), false)).toHaveLength(maximumPaths);
  });
});

describe('joined', () => {
  it('covers both, and no more than that', () => {
    expect(joined(['/b'], ['/a', '/b'])).toEqual(['/a', '/b']);
    expect(joined(['/b'], ['/*'])).toEqual(['/*']);
    expect(joined([], [])).toEqual([]);
  });
});

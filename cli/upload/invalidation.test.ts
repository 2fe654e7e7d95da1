import { describe, expect, it } from 'vitest';
import { invalidationRefusal } from '../../emulator/cloudfront/invalidation-paths.ts';
import { invalidationPaths, joined, maximumPaths, repaired } from './invalidation.ts';

const plain = { indexRewriting: null, fallback: null };

describe('invalidationPaths', () => {
  it('names each changed path once, sorted', () => {
    expect(invalidationPaths(['/b.css', '/a.css', '/b.css'], plain)).toEqual(['/a.css', '/b.css']);
  });

  it.each([
    ['/a b.txt', '/a%20b.txt'],
    ['/50%.txt', '/50%25.txt'],
    ['/what?.html', '/what%3F.html'],
    ['/c#.html', '/c%23.html'],
    ['/ü/漢.html', '/%C3%BC/%E6%BC%A2.html'],
    ["/it's (1)+,;=@&$!_-.html", "/it's%20(1)+,;=@&$!_-.html"],
    ['/{a}`<b>"\\.html', '/%7Ba%7D%60%3Cb%3E%22%5C.html'],
  ])('asks for %j as a browser does', (path, asked) => {
    expect(invalidationPaths([path], plain)).toEqual([asked]);
  });

  it.each([
    ['/static/js/runtime~main.3f9a1c2e.js', '/static/js/runtime*'],
    ['/ü/~b.html', '/%C3%BC/*'],
    ['/all/*', '/all/*'],
    ['/a*b.html', '/a*'],
    ['/test[1].html', '/test*'],
    ['/a]', '/a*'],
    ['/a|b', '/a*'],
    ['/a^b\nc', '/a*'],
    ['/~', '/*'],
  ])('covers %j by a wildcard, because no exact path of it works for certain', (path, asked) => {
    expect(invalidationPaths([path], plain)).toEqual([asked]);
    expect(invalidationRefusal([asked])).toBeUndefined();
  });

  it('names nothing that a wildcard covers', () => {
    const changed = ['/js/runtime~a.js', '/js/runtime~b.js', '/js/runtime.js', '/js/run.js', '/js/runtimes/x~'];
    expect(invalidationPaths(changed, plain)).toEqual(['/js/run.js', '/js/runtime*']);
    expect(invalidationPaths(['/a', '/~x', '/b'], plain)).toEqual(['/*']);
  });

  it('names at most 15 wildcards, as CloudFront works on at once', () => {
    const many = Array.from({ length: 16 }, (_, n) => `/${String.fromCharCode(97 + n)}~.js`);
    expect(invalidationPaths(many.slice(1), plain)).toHaveLength(15);
    expect(invalidationPaths(many, plain)).toEqual(['/*']);
  });

  it('names a folder, too, where the site answers it with its page', () => {
    const rewriting = { indexRewriting: { except: [] }, fallback: null };
    expect(invalidationPaths(['/index.html', '/docs/index.html', '/docs/myindex.html'], rewriting)).toEqual([
      '/',
      '/docs/',
      '/docs/index.html',
      '/docs/myindex.html',
      '/index.html',
    ]);
    expect(invalidationPaths(['/docs/index.html'], plain)).toEqual(['/docs/index.html']);
  });

  it('forgets everything with the fallback page, which has addresses that nobody knows', () => {
    const fallback = { page: '/app.html', except: [] };
    expect(invalidationPaths(['/a.css', '/app.html'], { ...plain, fallback })).toEqual(['/*']);
    expect(invalidationPaths(['/a.css'], { ...plain, fallback })).toEqual(['/a.css']);
  });

  it('forgets everything, which is one path, rather than a hundred and one', () => {
    expect(maximumPaths).toBe(100);
    const many = Array.from({ length: maximumPaths + 1 }, (_, n) => `/${n}.html`);
    expect(invalidationPaths(many, plain)).toEqual(['/*']);
    expect(invalidationPaths(many.slice(1), plain)).toHaveLength(maximumPaths);
  });
});

describe('joined', () => {
  it('covers both, and no more than that', () => {
    expect(joined(['/b'], ['/a', '/b'])).toEqual(['/a', '/b']);
    expect(joined(['/b'], ['/*'])).toEqual(['/*']);
    expect(joined([], [])).toEqual([]);
  });
});

describe('repaired', () => {
  it.each(['/', '/*', '/a/b*', "/it's%20(1)+,;=@&$!_-.html", '/%C3%BC.html', '/x%2A'])('leaves %s as it is', (path) => {
    expect(repaired(path)).toBe(path);
  });

  it.each([
    ['/js/runtime~main.js', '/js/runtime*'],
    ['/a*/b', '/a*'],
    ['/a b', '/a*'],
    ['/50%.txt', '/50*'],
    ['/ü', '/*'],
    ['runtime.js', '/*'],
    ['', '/*'],
    [`/${'a'.repeat(4000)}`, '/*'],
  ])('turns %s into a path that CloudFront takes and that covers it', (path, asked) => {
    expect(repaired(path)).toBe(asked);
    expect(invalidationRefusal([asked])).toBeUndefined();
  });
});

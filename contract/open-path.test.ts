import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mayOpen, openPathProblem, opens, redirectedPathProblem } from './open-path.ts';

describe('an open path', () => {
  it.each([
    '/robots.txt',
    '/favicon.ico',
    '/404.html',
    '/team',
    '/welcome/',
    '/assets/*',
    '/.well-known/*',
    '/blog/2026/*',
    '/press/kit-?.pdf',
    '/open/*.css',
    '/open/a*',
    '/*.woff2',
    '/*.js',
    '/favicon-*.png',
    '/h?lp.html',
    '/docs/*.html',
    '/*/assets/*',
    '/authors.txt',
    '/publications/*',
    '/v1.2/*',
    '/a..b.txt',
    `/${'a'.repeat(254)}`,
    '/*/?elp.html.gz',
  ])('may be %s', (pattern) => {
    expect(openPathProblem(pattern)).toBeUndefined();
  });

  it.each([
    ['/*', /^a pattern that does not open the whole site/],
    ['/?*', /^a pattern that does not open the whole site/],
    ['/*/*', /^a pattern that does not open the whole site/],
    ['/', /^an absolute path pattern/],
    ['*', /^an absolute path pattern/],
    ['robots.txt', /^an absolute path pattern/],
    ['/*.*', /must name a whole folder, or end in an extension/],
    ['/*e*', /must name a whole folder/],
    ['/a*', /must name a whole folder/],
    ['/docs*', /must name a whole folder/],
    ['/*-public', /must name a whole folder/],
    ['/*index*', /must name a whole folder/],
    ['/*/index', /must name a whole folder/],
    ['/d?cs/*', /must name a whole folder/],
    ['/*.h*', /must name a whole folder/],
    ['/*.', /must name a whole folder/],
    ['/*.html', /would open every \.html file of the site/],
    ['/a*.HTM', /would open every \.HTM file/],
    ['/*/index.html', /would open every \.html file of the site that it matches/],
    ['/*/?ndex.html', /would open every \.html file/],
    ['/?????.html', /would open every \.html file/],
    ['/..', /without \/\/ and without a segment of dots/],
    ['/.../x', /without a segment of dots/],
    ['/*.xhtml', /would open every \.xhtml file/],
    ['/../x', /without a segment of dots/],
    ['/assets/../*', /without a segment of dots/],
    ['/assets/./x', /without a segment of dots/],
    ['/assets//*', /without \/\//],
    ['//assets/*', /without \/\//],
    ['/%2e%2e/*', /^an absolute path pattern/],
    ['/a%2fb', /^an absolute path pattern/],
    ['/assets\\*', /^an absolute path pattern/],
    ['/${path}/*', /^an absolute path pattern/],
    ['/a b', /^an absolute path pattern/],
    ['/auth*', /must name a whole folder/],
    ['/publi?/*', /must name a whole folder/],
    [`/${'a'.repeat(255)}`, /at most 255 characters/],
  ])('is refused if it is %s, with the reason', (pattern, reason) => {
    expect(openPathProblem(pattern)).toMatch(reason);
  });
});

describe('an open path where /team leads to /team/', () => {
  const except = ['/bin/*', '/feed'];
  it.each([
    '/robots.txt',
    '/team/',
    '/team/*',
    '/press/t*',
    '/*.woff2',
    '/v1.2/a.css',
    '/LICENSE',
    '/.well-known/apple-app-site-association',
    '/bin/tool',
    '/feed',
  ])('may be %s', (pattern) => {
    expect(redirectedPathProblem(pattern, except)).toBeUndefined();
  });

  it.each(['/team', '/v1.2/team', '/press/te?m', '/press/t*m'])(
    'is refused if it is %s: it would open nothing',
    (pattern) => {
      expect(redirectedPathProblem(pattern, except)).toContain(`because ${pattern} leads to ${pattern}/`);
    },
  );
});

describe('opens', () => {
  it.each([
    ['/robots.txt', '/robots.txt', true],
    ['/robots.txt', '/robotsxtxt', false],
    ['/robots.txt', '/Robots.txt', false],
    ['/assets/*', '/assets/js/app.js', true],
    ['/assets/*', '/assets/', true],
    ['/assets/*', '/assets', false],
    ['/assets/*', '/docs/assets/app.js', false],
    ['/*.woff2', '/fonts/a.woff2', true],
    ['/press/kit-?.pdf', '/press/kit-1.pdf', true],
    ['/press/kit-?.pdf', '/press/kit-12.pdf', false],
    ['/press/kit-?.pdf', '/press/kit-.pdf', false],
    ['/a+b/*', '/aab/x', false],
    ['/a+b/*', '/a+b/x', true],
  ])('as CloudFront matches: %s and %s: %s', (pattern, path, answer) => {
    expect(opens(pattern, path)).toBe(answer);
  });
});

describe('mayOpen', () => {
  it.each([
    ['/a+b/*', '/a b/x', true],
    ['/a+b/*', '/a+b/x', true],
    ['/x/a???b', '/x/a b', true],
    ['/x/a?b', '/x/a b', true],
    ['/x/?????', '/x/%', false],
    ['/x/???', '/x/%', true],
    ['/x/?2f', '/x//', true],
    ['/x/*7uide', '/x/guide', true],
    ['/x/?????????', '/x/\u20ac', true],
    ['/x/?', '/x/\u20ac', true],
    ['/x/????', '/x/\u20ac', false],
    ['/x/*E4.html', '/x/\u00e4.html', false],
    ['/x/*a4.html', '/x/\u00e4.html', true],
    ['/x/*A4.html', '/x/\u00e4.html', true],
    ['/team', '/team/', false],
    ['/team', '/tea', false],
  ])('finds the spelling that a viewer would need: %s and %j: %s', (pattern, path, answer) => {
    expect(mayOpen(pattern, path)).toBe(answer);
  });

  it('opens what any one spelling opens', () => {
    const character = fc.constantFrom(...'ab+ %?*/-.7e\u00e4');
    const hex = (byte: number, upper: boolean): string => {
      const code = `%${byte.toString(16).padStart(2, '0')}`;
      return upper ? code.toUpperCase() : code;
    };
    const spelling = character.chain((one) =>
      fc.constantFrom(
        { one, sent: one },
        ...(one === ' ' ? [{ one, sent: '+' }] : []),
        ...[true, false].map((upper) => ({
          one,
          sent: [...new TextEncoder().encode(one)].map((byte) => hex(byte, upper)).join(''),
        })),
      ),
    );
    const pattern = fc.string({ unit: fc.constantFrom(...'ab+-.7eE2*?/'), minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(fc.array(spelling, { maxLength: 5 }), pattern, (path, text) => {
        const sent = `/${path.map((part) => part.sent).join('')}`;
        const named = `/${path.map(({ one }) => one).join('')}`;
        fc.pre(opens(`/${text}`, sent));
        expect(mayOpen(`/${text}`, named)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

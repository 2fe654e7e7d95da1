import { describe, expect, it } from 'vitest';
import { canonicalUrl, covers, returnTarget } from './return-target.ts';

const login = 'https://docs.example.com/public/login.html';
const others = ['https://app.example.com'];
const asked = (value: string) => returnTarget(`${login}?return-to=${encodeURIComponent(value)}`, others);

describe('returnTarget', () => {
  it('is the start page by default', () => {
    expect(returnTarget(login, others)).toBe('https://docs.example.com/');
  });

  it.each([
    ['/docs/guide.html?x=1#part', 'https://docs.example.com/docs/guide.html?x=1#part'],
    ['https://docs.example.com/docs/', 'https://docs.example.com/docs/'],
    ['https://app.example.com/board', 'https://app.example.com/board'],
  ])('follows %s', (value, target) => {
    expect(asked(value)).toBe(target);
  });

  it.each([
    'https://evil.example/',
    '//evil.example/',
    '///evil.example/',
    '/\\evil.example/',
    '\\\\evil.example',
    '/\t/evil.example/',
    '/\n/evil.example/',
    ' https://evil.example/',
    'https:evil.example',
    'https:/evil.example',
    'http:evil.example',
    'https://docs.example.com.evil.example/',
    'https://docs.example.com@evil.example/',
    'https://docs.example.com:443@evil.example/',
    'https://evil.example/https://docs.example.com/',
    'https://docs.example.com:8443/',
    'http://docs.example.com/',
    'https://app.example.com.evil.example/',
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    'java\nscript:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    'blob:https://docs.example.com/1',
    'vbscript:msgbox(1)',
    'ftp://docs.example.com/',
    '',
  ])('does not follow %j', (value) => {
    expect(asked(value)).toBe('https://docs.example.com/');
  });
});

describe('canonicalUrl', () => {
  const hosts = ['docs.example.com', 'd111.cloudfront.net'];

  it('keeps path, query and fragment', () => {
    expect(canonicalUrl('https://d111.cloudfront.net/a/b.html?x=1&y=%20#part', hosts)).toBe(
      'https://docs.example.com/a/b.html?x=1&y=%20#part',
    );
  });

  it('keeps a path that begins with two slashes on the canonical host', () => {
    expect(canonicalUrl('https://d111.cloudfront.net//evil.example/', hosts)).toBe(
      'https://docs.example.com//evil.example/',
    );
  });

  it.each([
    ['the canonical host', 'https://docs.example.com/', hosts],
    ['a host of another site', 'https://app.example.com/', hosts],
    ['the laptop', 'http://localhost:8080/', ['localhost:8080']],
    ['a site that names no host', 'https://docs.example.com/', []],
  ])('leaves %s alone', (_name, href, list) => {
    expect(canonicalUrl(href, list)).toBeUndefined();
  });
});

describe('covers', () => {
  it.each([
    ['/*', '/docs/guide.html?x=1', true],
    ['/docs/*', '/docs/guide.html?x=1', true],
    ['/docs/*', '/docs', false],
    ['/docs/*', '/finance/budget.html', false],
    ['/docs/guide.html', '/docs/guide.html#part', true],
    ['/docs/guide.html', '/docs/guide.html?x=1', false],
    ['/docs/guide.html', '/docs/guide.html?', false],
    ['/docs/guide.html', '/docs/guide.html#part?', true],
    ['/docs/guide.html*', '/docs/guide.html?', true],
    ['/docs/guide.html*', '/docs/guide.html?x=1', true],
    ['/Docs/*', '/docs/guide.html', false],
  ])('%s for %s: %s', (path, page, expected) => {
    expect(covers(path, `https://docs.example.com${page}`)).toBe(expected);
  });
});

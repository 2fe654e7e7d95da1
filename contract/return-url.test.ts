import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkReturnPath, checkReturnUrl } from './return-url.ts';

const origin = 'https://docs.example.com';

describe('checkReturnUrl', () => {
  it('keeps path, query and fragment of the same origin', () => {
    expect(checkReturnUrl('/docs/a.html?x=1&y=%2F#part', origin)).toBe(
      'https://docs.example.com/docs/a.html?x=1&y=%2F#part',
    );
    expect(checkReturnUrl(`${origin}/a`, origin)).toBe(`${origin}/a`);
  });

  it('accepts another origin only if it is listed', () => {
    expect(checkReturnUrl('https://app.example.com/a', origin)).toBeUndefined();
    expect(checkReturnUrl('https://app.example.com/a', origin, ['https://app.example.com'])).toBe(
      'https://app.example.com/a',
    );
  });

  it.each([
    'https://docs.example.com.evil.example/',
    'https://docs.example.com@evil.example/',
    'https://user:pass@docs.example.com/',
    'https://user@docs.example.com/',
    'https://:pass@docs.example.com/',
    '//evil.example/',
    '///evil.example/',
    '/\\evil.example/',
    '\\\\evil.example/',
    '/\t/evil.example/',
    '/\n/evil.example',
    ' https://evil.example/',
    'https:evil.example',
    'https:/\\evil.example',
    'http://docs.example.com/',
    'https://docs.example.com:8443/',
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    'data:text/html,x',
    'blob:https://docs.example.com/x',
    'file:///etc/passwd',
    'https://[',
    '',
  ])('refuses the open redirect %j', (value) => {
    expect(checkReturnUrl(value, origin)).toBeUndefined();
  });

  it('refuses what CloudFront would refuse as too long', () => {
    expect(checkReturnUrl(`/${'a'.repeat(8192)}`, origin)).toBeUndefined();
    // Nine characters each, once they are percent-encoded.
    expect(checkReturnUrl(`/${'€'.repeat(1000)}`, origin)).toBeUndefined();
    expect(checkReturnPath(`/${'€'.repeat(1000)}`)).toBeUndefined();
    expect(checkReturnPath(`/${'€'.repeat(500)}`)).toBe(`/${'%E2%82%AC'.repeat(500)}`);
  });

  it('never returns another origin, for any input', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.webUrl(),
          fc.webUrl().map((url) => url.slice(6)),
        ),
        (value) => {
          const url = checkReturnUrl(value, origin);
          if (url !== undefined) expect(new URL(url).origin).toBe(origin);
        },
      ),
    );
  });
});

describe('checkReturnPath', () => {
  it('keeps path, query and fragment', () => {
    expect(checkReturnPath('/docs/a.html?x=1#part')).toBe('/docs/a.html?x=1#part');
  });

  it.each([
    'docs/a.html',
    'https://return-path.invalid/a',
    '//evil.example',
    '/.//evil.example',
    '/x/..//evil.example',
    '/%2e//evil.example',
    '/\\evil.example',
    '/a\r\nSet-Cookie: x=1',
    '/a b',
    '',
  ])('refuses %j as the path of a Location header', (value) => {
    expect(checkReturnPath(value)).toBeUndefined();
  });

  it('only returns what a browser reads as a path on the same host', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        const path = checkReturnPath(`/${value}`);
        if (path !== undefined) expect(new URL(path, `${origin}/x/y`).origin).toBe(origin);
      }),
    );
  });
});

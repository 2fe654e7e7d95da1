import { describe, expect, it } from 'vitest';
import { isOtherSite } from './other-site.ts';

/** What a browser's list of public suffixes says, of the domains here. */
const suffixes = ['com', 'org', 'example', 'net', 'cloudfront.net', 'uk', 'co.uk', 'github.io', 'io', 'localhost'];

/**
 * A page in a browser with that list: no cookie for a suffix, but at the suffix itself, where it is one of this host
 * alone.
 */
function pageAt(href: string) {
  const { hostname } = new URL(href);
  const keptCookies = (...attributes: readonly string[]): number => {
    const kept = new Set<string>();
    for (const one of attributes) {
      const domain = one.replace('Domain=', '');
      const isSuffix = suffixes.includes(domain);
      // An address has no parent.
      if (domain && !(/^\d/.test(hostname) ? hostname === domain : `.${hostname}`.endsWith(`.${domain}`))) continue;
      if (isSuffix && domain !== hostname) continue;
      kept.add(domain && !isSuffix ? `.${domain}` : hostname);
    }
    return kept.size;
  };
  return { href, keptCookies };
}

describe('isOtherSite', () => {
  const api = 'https://docs.example.com';

  it.each([
    ['https://example.com:8443', api],
    ['https://app.example.com', api],
    ['https://example.com', api],
    ['https://a.b.example.com:8443', api],
    ['https://a.docs.example.com', api],
    ['http://localhost:3000', 'http://localhost:8080'],
    ['http://127.0.0.1:3000', 'http://127.0.0.1:8080'],
    ['https://d111.cloudfront.net', 'https://d111.cloudfront.net'],
    ['https://app.one.co.uk', 'https://docs.one.co.uk'],
    ['https://x.one.github.io', 'https://one.github.io'],
  ])('%s is the same site as %s', (one, other) => {
    expect(isOtherSite(other, pageAt(one))).toBe(false);
    expect(isOtherSite(one, pageAt(other))).toBe(false);
  });

  it.each([
    ['https://example.org', api],
    ['https://docs.example.com.evil.example', api],
    ['https://evilexample.com', api],
    ['http://127.0.0.1:8080', 'http://localhost:8080'],
    ['http://127.0.0.1:8080', 'http://126.0.0.1:8080'],
    ['http://localhost:3000', api],
    // Since schemes count, its cookies would not be sent.
    ['http://app.example.com', api],
    // Everybody can have a host under a public suffix.
    ['https://d111.cloudfront.net', 'https://d222.cloudfront.net'],
    ['https://one.co.uk', 'https://two.co.uk'],
    ['https://docs.one.co.uk', 'https://docs.two.co.uk'],
    ['https://one.github.io', 'https://evil.github.io'],
    ['https://github.io', 'https://evil.github.io'],
    ['https://docs.example.com.', api],
  ])('%s is a different site from %s', (one, other) => {
    expect(isOtherSite(other, pageAt(one))).toBe(true);
    expect(isOtherSite(one, pageAt(other))).toBe(true);
  });

  it('a sandboxed frame is a different site from any other', () => {
    expect(isOtherSite('null', pageAt(api))).toBe(true);
  });

  it('without cookies in the browser, every host except its own counts as a different site', () => {
    const page = { ...pageAt('https://app.example.com/'), keptCookies: () => 0 };
    expect(isOtherSite(api, page)).toBe(true);
    expect(isOtherSite('https://app.example.com:8443', page)).toBe(false);
  });
});

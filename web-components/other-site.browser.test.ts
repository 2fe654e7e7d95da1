import { describe, expect, it } from 'vitest';
import { isOtherSite } from './other-site.ts';

describe('isOtherSite', () => {
  const api = 'https://docs.example.com';

  it.each([
    ['https://example.com:8443', api],
    ['https://app.example.com', api],
    ['https://example.com', api],
    ['https://a.b.example.com:8443', api],
    ['http://localhost:3000', 'http://localhost:8080'],
    ['http://127.0.0.1:3000', 'http://127.0.0.1:8080'],
    // The same ending; whether it is a public suffix, a page cannot know.
    ['https://one.co.uk', 'https://two.co.uk'],
  ])('%s may be of one site with %s', (url, other) => {
    expect(isOtherSite(url, other)).toBe(false);
    expect(isOtherSite(other, url)).toBe(false);
  });

  it.each([
    ['https://example.org', api],
    ['https://docs.example.com.evil.example', api],
    ['https://evilexample.com', api],
    ['http://127.0.0.1:8080', 'http://localhost:8080'],
    ['http://localhost:3000', api],
    // A sandboxed frame.
    ['null', api],
  ])('%s is certainly on another site than %s', (url, other) => {
    expect(isOtherSite(url, other)).toBe(true);
  });
});

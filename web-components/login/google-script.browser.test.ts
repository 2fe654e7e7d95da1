import { describe, expect, it } from 'vitest';
import { isGoogleScript } from './google-script.ts';

const google = 'https://accounts.google.com/gsi/client';
const local = 'http://127.0.0.1:8081/gsi/client';

describe('isGoogleScript', () => {
  it.each(['docs.example.com', 'localhost', '127.0.0.1'])('accepts Google’s one address on a page of %s', (host) => {
    expect(isGoogleScript(google, host)).toBe(true);
  });

  it.each(['localhost', '127.0.0.1', '[::1]'])('accepts a stand-in on this machine on a page of %s', (host) => {
    expect(isGoogleScript(local, host)).toBe(true);
    expect(isGoogleScript('http://[::1]:8081/gsi/client', host)).toBe(true);
    expect(isGoogleScript('http://localhost/gsi/client', host)).toBe(true);
  });

  it.each(['docs.example.com', 'localhost.evil.example', 'evil-localhost', '127.0.0.1.nip.io', '127.0.0.2', ''])(
    'refuses addresses of this machine on a page of %j',
    (host) => {
      expect(isGoogleScript(local, host)).toBe(false);
    },
  );

  it.each([
    'https://evil.example/gsi/client',
    'https://accounts.google.com.evil.example/gsi/client',
    'https://accounts.google.com@evil.example/gsi/client',
    'https://evil.example/https://accounts.google.com/gsi/client',
    'http://accounts.google.com/gsi/client',
    'https://accounts.google.com:8443/gsi/client',
    // Google answers other paths with what callers ask for.
    'https://accounts.google.com/o/oauth2/revoke?callback=alert',
    `${google}?callback=alert`,
    `${google}#x`,
    `${google}/`,
    ` ${google}`,
    'HTTPS://ACCOUNTS.GOOGLE.COM/gsi/client',
    '//accounts.google.com/gsi/client',
    'http://127.0.0.1:8081@evil.example/gsi/client',
    'http://127.0.0.1:8081/gsi/client/../../evil.js',
    'http://127.0.0.1:8081/evil.js',
    'http://localhost.evil.example/gsi/client',
    'http://localhost\\@evil.example/gsi/client',
    'javascript:alert(1)',
    'data:text/javascript,alert(1)',
    'blob:http://localhost/1',
    '/gsi/client',
    '',
  ])('refuses %j on every page', (url) => {
    expect(isGoogleScript(url, 'docs.example.com')).toBe(false);
    expect(isGoogleScript(url, 'localhost')).toBe(false);
  });

  it.each([undefined, null, {}, 1])('refuses what is not text: %j', (url) => {
    expect(isGoogleScript(url as never, 'localhost')).toBe(false);
  });
});

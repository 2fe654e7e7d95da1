import { describe, expect, it } from 'vitest';
import type { SiteConfig } from '../../contract/config.ts';
import { validConfig } from '../testing/synthesized-site.ts';
import { contentSecurityPolicy, withContentSecurityPolicy } from './content-security-policy.ts';

const site = validConfig().sites['docs'] as SiteConfig;
const { providers } = site;

describe('contentSecurityPolicy', () => {
  it("allows the page itself and Google's sign-in, and nothing else", () => {
    expect(contentSecurityPolicy(site).split('; ')).toEqual([
      "default-src 'none'",
      "script-src 'self' https://accounts.google.com/gsi/client",
      "style-src 'self' 'nonce-s3nator' https://accounts.google.com/gsi/style",
      "connect-src 'self' https://accounts.google.com/gsi/",
      'frame-src https://accounts.google.com/gsi/',
      "img-src 'self' data:",
      "base-uri 'none'",
      "form-action 'none'",
    ]);
  });

  it('allows no inline script, no eval and no wildcard', () => {
    expect(contentSecurityPolicy(site)).not.toMatch(/unsafe|\*/);
  });

  it("follows the provider's script address", () => {
    const local = providers.map((provider) => ({ ...provider, scriptUrl: 'http://127.0.0.1:8081/gsi/client' }));
    const policy = contentSecurityPolicy({ ...site, providers: local });
    expect(policy).toContain("script-src 'self' http://127.0.0.1:8081/gsi/client;");
    expect(policy).toContain('frame-src http://127.0.0.1:8081/gsi/;');
    expect(policy).not.toContain('google');
  });
});

describe('withContentSecurityPolicy', () => {
  it('fills the placeholder of a page', () => {
    const page = '<meta content="{{content-security-policy}}">';
    expect(withContentSecurityPolicy(page, "default-src 'none'")).toBe(`<meta content="default-src 'none'">`);
  });

  it('stays intact if an address has quotes or angle brackets', () => {
    const filled = withContentSecurityPolicy('<meta content="{{content-security-policy}}">', 'https://x/"><script>&');
    expect(filled).toBe('<meta content="https://x/&quot;&gt;&lt;script&gt;&amp;">');
  });

  it('treats replacement patterns literally', () => {
    expect(withContentSecurityPolicy('{{content-security-policy}}', '$& $1 $$')).toBe('$&amp; $1 $$');
  });
});

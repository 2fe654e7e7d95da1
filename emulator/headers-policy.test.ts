import { describe, expect, it } from 'vitest';
import { applyHeadersPolicy, managedHeadersPolicies, readHeadersPolicy } from './headers-policy.ts';
import { fieldsOf } from './terraform-json.ts';

const policy = readHeadersPolicy(
  fieldsOf(
    'aws_cloudfront_response_headers_policy.x',
    {
      remove_headers_config: { items: [{ header: 'X-Powered-By' }] },
      security_headers_config: {
        content_security_policy: { content_security_policy: "frame-ancestors 'self'", override: true },
        strict_transport_security: {
          access_control_max_age_sec: 60,
          include_subdomains: true,
          preload: true,
          override: true,
        },
        frame_options: { frame_option: 'DENY', override: false },
      },
      custom_headers_config: { items: [{ header: 'Cache-Control', value: 'private, no-store', override: false }] },
      cors_config: {
        access_control_allow_credentials: true,
        access_control_allow_headers: { items: ['X-A'] },
        access_control_allow_methods: { items: ['GET'] },
        access_control_allow_origins: { items: ['https://app.example.com'] },
        origin_override: true,
      },
    },
    (text) => text,
  ),
);
const get = { method: 'GET', headers: [] };
const apply = (response: [string, string][], request: { method: string; headers: [string, string][] } = get) =>
  Object.fromEntries(applyHeadersPolicy(policy, request, response).map(([name, value]) => [name.toLowerCase(), value]));

describe('applyHeadersPolicy', () => {
  it('adds, overrides and removes', () => {
    expect(
      apply([
        ['content-security-policy', 'default-src *'],
        ['X-Powered-By', 'PHP'],
        ['x-frame-options', 'SAMEORIGIN'],
      ]),
    ).toEqual({
      'content-security-policy': "frame-ancestors 'self'",
      'strict-transport-security': 'max-age=60; includeSubDomains; preload',
      'x-frame-options': 'SAMEORIGIN',
      'cache-control': 'private, no-store',
    });
  });

  it('leaves what the origin set where the policy does not override', () => {
    expect(apply([['Cache-Control', 'max-age=5']])['cache-control']).toBe('max-age=5');
  });

  it('adds CORS headers for an admitted origin only', () => {
    const from = (origin: string) => apply([], { method: 'GET', headers: [['Origin', origin]] });
    expect(from('https://app.example.com')).toMatchObject({
      'access-control-allow-origin': 'https://app.example.com',
      'access-control-allow-credentials': 'true',
    });
    expect(from('https://app.example.com.evil.example')).not.toHaveProperty('access-control-allow-origin');
    expect(apply([])).not.toHaveProperty('access-control-allow-origin');
  });

  it('knows the managed SimpleCORS policy, which gives way to the origin', () => {
    const simple = managedHeadersPolicies['60669652-455b-4ae9-85a4-c4c02393f86c'];
    if (simple === undefined) throw new Error('missing');
    const request = { method: 'GET', headers: [['origin', 'https://a.example']] as const };
    expect(applyHeadersPolicy(simple, request, [])).toEqual([['Access-Control-Allow-Origin', '*']]);
    const sent = [['access-control-allow-origin', 'https://b.example']] as const;
    expect(applyHeadersPolicy(simple, request, sent)).toEqual(sent);
  });
});

import { describe, expect, it } from 'vitest';
import { fieldsOf } from '../terraform/terraform-json.ts';
import { applyHeadersPolicy, managedHeadersPolicies, readHeadersPolicy } from './headers-policy.ts';

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

  it("keeps the origin's headers if the policy does not override them", () => {
    expect(apply([['Cache-Control', 'max-age=5']])['cache-control']).toBe('max-age=5');
  });

  it('adds CORS headers for an allowed origin only', () => {
    const from = (origin: string) => apply([], { method: 'GET', headers: [['Origin', origin]] });
    expect(from('https://app.example.com')).toMatchObject({
      'access-control-allow-origin': 'https://app.example.com',
      'access-control-allow-credentials': 'true',
    });
    expect(from('https://app.example.com.evil.example')).not.toHaveProperty('access-control-allow-origin');
    expect(apply([])).not.toHaveProperty('access-control-allow-origin');
  });

  it("adds its own Server header if it removes the origin's", () => {
    const removing = readHeadersPolicy(
      fieldsOf('x', { remove_headers_config: { items: [{ header: 'server' }, { header: 'Date' }] } }, (text) => text),
    );
    const sent = [
      ['Server', 'AmazonS3'],
      ['Date', 'x'],
      ['ETag', 'y'],
    ] as const;
    expect(applyHeadersPolicy(removing, get, sent)).toEqual([
      ['ETag', 'y'],
      ['Server', 'CloudFront'],
    ]);
  });

  it.each([
    [{ protection: false, override: true }, '0'],
    [{ protection: true, override: true }, '1'],
    [{ protection: true, mode_block: true, override: true }, '1; mode=block'],
    [{ protection: true, report_uri: '/r', override: true }, '1; report=/r'],
  ])('reads X-XSS-Protection %o', (xss_protection, expected) => {
    const one = readHeadersPolicy(fieldsOf('x', { security_headers_config: { xss_protection } }, (text) => text));
    expect(applyHeadersPolicy(one, get, [])).toEqual([['X-XSS-Protection', expected]]);
  });

  it('reads the shorter security headers', () => {
    const one = readHeadersPolicy(
      fieldsOf(
        'x',
        {
          security_headers_config: {
            content_type_options: { override: true },
            referrer_policy: { referrer_policy: 'same-origin', override: false },
            strict_transport_security: { access_control_max_age_sec: 60 },
          },
          custom_headers_config: { items: [{ header: 'X-Empty' }] },
        },
        (text) => text,
      ),
    );
    expect(applyHeadersPolicy(one, get, [])).toEqual([
      ['X-Content-Type-Options', 'nosniff'],
      ['Referrer-Policy', 'same-origin'],
      ['Strict-Transport-Security', 'max-age=60'],
      ['X-Empty', ''],
    ]);
  });

  it('answers a preflight with the full list, and a plain request with less', () => {
    const cors = (change: object) =>
      readHeadersPolicy(
        fieldsOf(
          'x',
          {
            cors_config: {
              access_control_allow_credentials: false,
              access_control_allow_headers: { items: ['X-A', 'X-B'] },
              access_control_allow_methods: { items: ['ALL'] },
              access_control_allow_origins: { items: ['*'] },
              access_control_expose_headers: { items: ['X-C'] },
              access_control_max_age_sec: 60,
              origin_override: false,
              ...change,
            },
          },
          (text) => text,
        ),
      );
    const origin = ['Origin', 'https://a.example'] as const;
    const preflight = { method: 'OPTIONS', headers: [origin, ['Access-Control-Request-Method', 'PUT'] as const] };
    expect(applyHeadersPolicy(cors({}), preflight, [])).toEqual([
      ['Access-Control-Allow-Origin', '*'],
      ['Access-Control-Expose-Headers', 'X-C'],
      ['Access-Control-Allow-Methods', 'DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT'],
      ['Access-Control-Allow-Headers', 'X-A, X-B'],
      ['Access-Control-Max-Age', '60'],
    ]);
    const plain = { method: 'GET', headers: [origin] };
    expect(applyHeadersPolicy(cors({}), plain, [])).toEqual([
      ['Access-Control-Allow-Origin', '*'],
      ['Access-Control-Expose-Headers', 'X-C'],
    ]);
    const theirs = [['Access-Control-Allow-Origin', 'https://b.example']] as const;
    expect(applyHeadersPolicy(cors({}), plain, theirs)).toEqual(theirs);
    expect(applyHeadersPolicy(cors({ origin_override: true }), plain, theirs)[0]).toEqual([
      'Access-Control-Allow-Origin',
      '*',
    ]);
    const bare = { access_control_allow_methods: { items: [] }, access_control_allow_headers: { items: [] } };
    expect(applyHeadersPolicy(cors({ ...bare, access_control_max_age_sec: null }), preflight, [])).toHaveLength(2);
  });

  it('knows the managed SimpleCORS policy, which does not override the origin', () => {
    const simple = managedHeadersPolicies['60669652-455b-4ae9-85a4-c4c02393f86c'];
    if (simple === undefined) throw new Error('missing');
    const request = { method: 'GET', headers: [['origin', 'https://a.example']] as const };
    expect(applyHeadersPolicy(simple, request, [])).toEqual([['Access-Control-Allow-Origin', '*']]);
    const sent = [['access-control-allow-origin', 'https://b.example']] as const;
    expect(applyHeadersPolicy(simple, request, sent)).toEqual(sent);
  });
});

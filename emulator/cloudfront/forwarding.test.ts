import { describe, expect, it } from 'vitest';
import { emptyBody, headerOf, type Request } from '../message/http-message.ts';
import { fieldsOf } from '../terraform/terraform-json.ts';
import {
  type ForwardingRules,
  forwardedRequest,
  forwardsCookies,
  managedCachePolicies,
  managedOriginRequestPolicies,
  readCachePolicy,
  readOriginRequestPolicy,
} from './forwarding.ts';

const cache = managedCachePolicies['4135ea2d-6df8-44a3-9df3-4b5a84be39ad'];
if (cache === undefined) throw new Error('CachingDisabled is missing');
const rules: ForwardingRules = {
  cache,
  originRequest: managedOriginRequestPolicies['b689b0a8-53d0-40ab-baf2-68738e2966ac'],
  signed: false,
  cachesOptions: false,
  originHost: 'api.example',
  dropsCookie: () => false,
};
/** No policy asks for anything. */
const bare: ForwardingRules = { ...rules, originRequest: undefined };
const request: Request = {
  method: 'GET',
  path: '/a',
  query: 'b=2&Policy=x',
  headers: [
    ['Host', 'localhost:1'],
    ['Cookie', 'z=1; $x=3; a=2'],
    ['Authorization', 'Bearer t'],
    ['User-Agent', 'curl'],
    ['X-Forwarded-For', '192.0.2.4,192.0.2.3'],
    ['Accept-Language', 'de'],
    ['If-None-Match', '"x"'],
    ['If-Modified-Since', 'Thu, 01 Jan 2026 00:00:00 GMT'],
    ['If-Match', '"y"'],
  ],
  body: emptyBody,
  ip: '192.0.2.2',
  httpVersion: '1.1',
};
const forward = (given: ForwardingRules, change: Partial<Request> = {}) =>
  forwardedRequest({ ...request, ...change }, given, 'id');
const header = (name: string, given: ForwardingRules, change: Partial<Request> = {}) =>
  headerOf(forward(given, change).headers, name);

describe('forwardedRequest with AllViewerExceptHostHeader', () => {
  it('replaces the host and forwards the rest', () => {
    expect(header('host', rules)).toBe('api.example');
    expect(header('authorization', rules)).toBe('Bearer t');
    expect(header('user-agent', rules)).toBe('curl');
    expect(header('accept-language', rules)).toBe('de');
    expect(forward(rules).query).toBe('b=2&Policy=x');
  });

  it('sorts cookies by name and drops those that start with $', () => {
    expect(header('cookie', rules)).toBe('a=2; z=1');
    expect(header('cookie', rules, { headers: [['Cookie', 'b=1; B=2; a=1; nothing; a=0; c']] })).toBe(
      'B=2; a=1; a=0; b=1',
    );
    expect(header('cookie', rules, { headers: [['Cookie', '$x=1']] })).toBeUndefined();
  });

  it('drops the cookies that the rules exclude', () => {
    expect(header('cookie', { ...rules, dropsCookie: (name) => name === 'a' })).toBe('z=1');
  });

  it('drops the conditions that are unsupported if cookies are forwarded', () => {
    expect(header('if-none-match', rules)).toBeUndefined();
    expect(header('if-modified-since', rules)).toBeUndefined();
    expect(header('if-match', rules)).toBe('"y"');
  });

  it("appends the viewer to X-Forwarded-For, as in the documentation's example", () => {
    expect(header('x-forwarded-for', rules)).toBe('192.0.2.4,192.0.2.3,192.0.2.2');
    expect(header('x-forwarded-for', rules, { headers: [] })).toBe('192.0.2.2');
  });

  it('adds its own Via header and request ID', () => {
    expect(header('via', rules)).toMatch(/^1\.1 \w+\.cloudfront\.net \(CloudFront\)$/);
    expect(header('x-amz-cf-id', rules, { headers: [['X-Amz-Cf-Id', 'forged']] })).toBe('id');
  });

  it.each([
    'Connection',
    'Expect',
    'Proxy-Authenticate',
    'Proxy-Authorization',
    'Proxy-Connection',
    'TE',
    'Trailer',
    'Upgrade',
    'X-Edge-Result',
    'X-Forwarded-Proto',
    'X-Real-IP',
  ])('never forwards %s', (name) => {
    expect(header(name, rules, { headers: [[name, 'x']] })).toBeUndefined();
  });
});

describe('forwardedRequest without an origin request policy', () => {
  it('forwards no cookies and no query, and hides the browser', () => {
    expect(header('cookie', bare)).toBeUndefined();
    expect(forward(bare).query).toBeUndefined();
    expect(header('accept-language', bare)).toBeUndefined();
    expect(header('user-agent', bare)).toBe('Amazon CloudFront');
    expect(header('user-agent', bare, { headers: [] })).toBe('Amazon CloudFront');
    expect(forwardsCookies(bare)).toBe(false);
  });

  it.each([
    'Cache-Control',
    'Content-Length',
    'Content-MD5',
    'Content-Type',
    'Date',
    'From',
    'If-Match',
    'If-Modified-Since',
    'If-None-Match',
    'If-Range',
    'If-Unmodified-Since',
    'Max-Forwards',
    'Pragma',
    'Range',
    'Request-Range',
    'Warning',
  ])('still forwards %s', (name) => {
    expect(header(name, bare, { headers: [[name, 'x']] })).toBe('x');
  });

  it.each(['Accept', 'Accept-Charset', 'Accept-Language', 'Referer', 'X-HTTP-Method-Override', 'X-Anything'])(
    'takes %s out',
    (name) => {
      expect(header(name, bare, { headers: [[name, 'x']] })).toBeUndefined();
    },
  );

  it.each([
    ['GET', undefined],
    ['HEAD', undefined],
    ['OPTIONS', 'Bearer t'],
    ['DELETE', 'Bearer t'],
    ['PATCH', 'Bearer t'],
    ['POST', 'Bearer t'],
    ['PUT', 'Bearer t'],
  ])('has for Authorization of %s: %s', (method, expected) => {
    expect(header('authorization', bare, { method })).toBe(expected);
  });

  it('removes Authorization from an OPTIONS request with a cached answer', () => {
    expect(header('authorization', { ...bare, cachesOptions: true }, { method: 'OPTIONS' })).toBeUndefined();
  });
});

describe('forwardedRequest, for a behavior that checks signatures', () => {
  it("removes CloudFront's own parameters", () => {
    const query = 'a=1&Expires=2&Policy=3&Signature=4&Key-Pair-Id=5&Hash-Algorithm=6&b=7';
    expect(forward({ ...rules, signed: true }, { query }).query).toBe('a=1&b=7');
    expect(forward(rules, { query }).query).toBe(query);
  });
});

describe("a stack's own policies", () => {
  const fields = (block: Record<string, unknown>) => fieldsOf('aws_cloudfront_x.y', block, (text) => text);

  it('forward what their lists contain', () => {
    const listed = readOriginRequestPolicy(
      fields({
        headers_config: { header_behavior: 'whitelist', headers: { items: ['Accept-Language', 'Host', 'User-Agent'] } },
        cookies_config: { cookie_behavior: 'allExcept', cookies: { items: ['a'] } },
        query_strings_config: { query_string_behavior: 'all' },
      }),
    );
    const given = { ...rules, originRequest: listed };
    expect(header('host', given)).toBe('localhost:1');
    expect(header('host', given, { headers: [] })).toBe('api.example');
    expect(header('accept-language', given)).toBe('de');
    expect(header('user-agent', given)).toBe('curl');
    expect(header('authorization', given)).toBeUndefined();
    expect(header('cookie', given)).toBe('z=1');
    expect(forward(given).query).toBe('b=2&Policy=x');
  });

  it('forward what is in the cache key, and keep the case of cookie and parameter names', () => {
    const key = readCachePolicy(
      fields({
        parameters_in_cache_key_and_forwarded_to_origin: {
          headers_config: { header_behavior: 'none' },
          cookies_config: { cookie_behavior: 'whitelist', cookies: { items: ['Z', 'a'] } },
          query_strings_config: { query_string_behavior: 'whitelist', query_strings: { items: ['b'] } },
        },
      }),
    );
    const given = { ...bare, cache: key };
    expect(header('cookie', given)).toBe('a=2');
    expect(forward(given, { query: 'b=1&B=2&c=3' }).query).toBe('b=1');
    expect(forwardsCookies(given)).toBe(true);
  });

  it('stop the load if a setting is unknown', () => {
    const unknown = { headers_config: { header_behavior: 'allViewerAndWhitelistCloudFront' } };
    expect(() => readOriginRequestPolicy(fields(unknown))).toThrow(
      'aws_cloudfront_x.y.headers_config: the emulator does not know header_behavior allViewerAndWhitelistCloudFront',
    );
    expect(forwardsCookies({ ...bare, cache: readCachePolicy(fields({})) })).toBe(false);
  });
});

import { describe, expect, it } from 'vitest';
import { forwardedRequest, forwardsCookies, managedCachePolicies, managedOriginRequestPolicies } from './forwarding.ts';
import { headerOf, type Request } from './http-message.ts';

const cache = managedCachePolicies['4135ea2d-6df8-44a3-9df3-4b5a84be39ad'];
if (cache === undefined) throw new Error('CachingDisabled is missing');
const everything = managedOriginRequestPolicies['b689b0a8-53d0-40ab-baf2-68738e2966ac'];
const rules = {
  cache,
  originRequest: everything,
  signed: false,
  cachesOptions: false,
  originHost: 'api.example',
  dropsCookie: () => false,
};
const request: Request = {
  method: 'GET',
  path: '/a',
  query: 'b=2&Policy=x',
  headers: [
    ['Host', 'localhost:1'],
    ['Cookie', 'z=1; $x=3; a=2'],
    ['Authorization', 'Bearer t'],
    ['User-Agent', 'curl'],
    ['X-Forwarded-For', '203.0.113.9'],
    ['Accept-Language', 'de'],
    ['If-None-Match', '"x"'],
  ],
  body: Buffer.alloc(0),
  ip: '127.0.0.1',
  httpVersion: '1.1',
};
const header = (name: string, forwarded: Request): string | undefined => headerOf(forwarded.headers, name);

describe('forwardedRequest with AllViewerExceptHostHeader', () => {
  const forwarded = forwardedRequest(request, rules, 'id');

  it('replaces the host and forwards the rest', () => {
    expect(header('host', forwarded)).toBe('api.example');
    expect(header('authorization', forwarded)).toBe('Bearer t');
    expect(header('user-agent', forwarded)).toBe('curl');
    expect(forwarded.query).toBe('b=2&Policy=x');
  });

  it('sorts cookies by name and drops those that start with $', () => {
    expect(header('cookie', forwarded)).toBe('a=2; z=1');
  });

  it('appends the viewer to X-Forwarded-For', () => {
    expect(header('x-forwarded-for', forwarded)).toBe('203.0.113.9,127.0.0.1');
  });

  it('drops cookies that it is told to drop', () => {
    expect(header('cookie', forwardedRequest(request, { ...rules, dropsCookie: (name) => name === 'a' }, 'id'))).toBe(
      'z=1',
    );
  });
});

describe('forwardedRequest without an origin request policy', () => {
  const bare = { ...rules, originRequest: undefined };
  const forwarded = forwardedRequest(request, bare, 'id');

  it('forwards no cookies, no query, no Authorization of a GET, and hides the browser', () => {
    expect(header('cookie', forwarded)).toBeUndefined();
    expect(forwarded.query).toBeUndefined();
    expect(header('authorization', forwarded)).toBeUndefined();
    expect(header('accept-language', forwarded)).toBeUndefined();
    expect(header('user-agent', forwarded)).toBe('Amazon CloudFront');
    expect(forwardsCookies(bare)).toBe(false);
  });

  it('forwards conditions, and Authorization of a POST', () => {
    expect(header('if-none-match', forwarded)).toBe('"x"');
    expect(header('authorization', forwardedRequest({ ...request, method: 'POST' }, bare, 'id'))).toBe('Bearer t');
  });
});

describe('forwardedRequest of a behavior that checks signatures', () => {
  it("takes CloudFront's own parameters out", () => {
    expect(forwardedRequest(request, { ...rules, signed: true }, 'id').query).toBe('b=2');
  });
});

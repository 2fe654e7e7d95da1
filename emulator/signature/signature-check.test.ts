import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { signedCookies } from '../testing/signed-cookies.ts';
import { checkSignature, reservedNames, type SignedRequest, withoutReservedNames } from './signature-check.ts';

interface Vector {
  readonly name: string;
  readonly url: string;
  readonly 'Key-Pair-Id': string;
  readonly 'Hash-Algorithm': string;
  readonly Policy?: string;
  readonly Expires?: string;
  readonly Signature: string;
}
const file: { publicKeys: Record<string, string>; cookies: Vector[]; urls: Record<string, string> } = JSON.parse(
  readFileSync(new URL('../vectors/signatures.json', import.meta.url), 'utf8'),
);
const trustedKeys = new Map(
  Object.entries(file.publicKeys).map(([name, pem]) => [`K${name.toUpperCase()}`, createPublicKey(pem)]),
);
/** The times and addresses that the vectors are bound to. */
const from = 1_700_000_000;
const until = 1_800_000_000;

const vector = (name: string): Vector => {
  const found = file.cookies.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no vector ${name}`);
  return found;
};
/** A viewer inside every bound of the vectors. */
const at = (text: string, cookieHeader?: string): SignedRequest => {
  const [, scheme = '', host = '', path = '', query] = /^(\w+):\/\/([^/]+)(\/[^?]*)(?:\?(.*))?$/.exec(text) ?? [];
  return { url: { scheme, host, path, query }, cookieHeader, ip: '192.0.2.7', now: from + 1, trustedKeys };
};
const cookiesOf = ({ name, url, ...values }: Vector): string => signedCookies(values);
const valid = at('https://site.example/docs/a.html', cookiesOf(vector('custom ec SHA256')));
const withCookies = (change: Partial<Record<string, string | undefined>>): SignedRequest => {
  const { name, url, ...values } = vector('custom ec SHA256');
  return { ...valid, cookieHeader: signedCookies({ ...values, ...change }) };
};
const encode = (text: string | Buffer): string =>
  Buffer.from(text).toString('base64').replaceAll('+', '-').replaceAll('=', '_').replaceAll('/', '~');

describe('checkSignature with cookies made by openssl', () => {
  it.each(file.cookies.map((candidate) => [candidate.name, candidate] as const))('accepts %s', (_, candidate) => {
    expect(checkSignature(at(candidate.url, cookiesOf(candidate)))).toBeUndefined();
  });

  it.each(file.cookies.map((candidate) => [candidate.name, candidate] as const))(
    'refuses %s with the other hash, or without a hash if it is SHA-256',
    (_, candidate) => {
      const other = candidate['Hash-Algorithm'] === 'SHA1' ? 'SHA256' : 'SHA1';
      const changed = at(candidate.url, cookiesOf({ ...candidate, 'Hash-Algorithm': other }));
      expect(checkSignature(changed)?.code).toBe('AccessDenied');
      const { 'Hash-Algorithm': hash, name, url, ...three } = candidate;
      const silent = checkSignature(at(candidate.url, signedCookies(three)));
      expect(silent?.code).toBe(hash === 'SHA1' ? undefined : 'AccessDenied');
    },
  );

  it('limits a canned policy to its one URL, including the query', () => {
    const canned = cookiesOf(vector('canned rsa SHA256'));
    expect(checkSignature(at('https://site.example/a.txt?size=1', canned))).toBeUndefined();
    for (const other of ['/b.txt?size=1', '/a.txt', '/a.txt?size=2', '/a.txt?size=1&x']) {
      expect(checkSignature(at(`https://site.example${other}`, canned))?.code).toBe('AccessDenied');
    }
  });

  it.each([
    ['a hash of another name', withCookies({ 'Hash-Algorithm': 'sha256' }), 'AccessDenied'],
    ['an empty hash', withCookies({ 'Hash-Algorithm': '' }), 'AccessDenied'],
    ['no cookies', { ...valid, cookieHeader: undefined }, 'MissingKey'],
    ['no key', withCookies({ 'Key-Pair-Id': undefined }), 'MissingKey'],
    ['an empty key', withCookies({ 'Key-Pair-Id': '' }), 'MissingKey'],
    ['a wrong-shaped key', withCookies({ 'Key-Pair-Id': '../x' }), 'MissingKey'],
    ['a key outside the group', withCookies({ 'Key-Pair-Id': 'KOTHER' }), 'InvalidKey'],
    ['a key of another type', withCookies({ 'Key-Pair-Id': 'KRSA' }), 'AccessDenied'],
    ['neither policy nor expiry', withCookies({ Policy: undefined }), 'MalformedPolicy'],
    ['an expiry that is not a number', withCookies({ Policy: undefined, Expires: 'soon' }), 'MalformedPolicy'],
    ['an expiry in milliseconds', withCookies({ Policy: undefined, Expires: `${until}000` }), 'MalformedPolicy'],
    ['a policy that is not base64', withCookies({ Policy: '%7B' }), 'MalformedPolicy'],
    ['no signature', withCookies({ Signature: undefined }), 'MalformedSignature'],
    ['a signature that is not base64', withCookies({ Signature: '!!' }), 'MalformedSignature'],
    ['base64 without padding', withCookies({ Signature: 'YQ' }), 'MalformedSignature'],
    ['a signature in base64url', withCookies({ Signature: 'a_b-' }), 'MalformedSignature'],
    [
      'a signature of another policy',
      withCookies({ Signature: vector('bounded ec SHA256').Signature }),
      'AccessDenied',
    ],
    ['names in another case', { ...valid, cookieHeader: valid.cookieHeader?.toLowerCase() }, 'MissingKey'],
    ['a path that is not covered', at('https://site.example/finance/a.html', valid.cookieHeader), 'AccessDenied'],
    ['another host', at('https://site.example.evil.example/docs/a.html', valid.cookieHeader), 'AccessDenied'],
    ['another scheme', at('http://site.example/docs/a.html', valid.cookieHeader), 'AccessDenied'],
    ['the moment of expiry', { ...valid, now: until }, 'AccessDenied'],
  ] as const)('refuses %s', (_, request, code) => {
    expect(checkSignature(valid)).toBeUndefined();
    expect(checkSignature(request)?.code).toBe(code);
  });

  it("uses CloudFront's messages", () => {
    const messages = [
      checkSignature({ ...valid, cookieHeader: undefined }),
      checkSignature(withCookies({ 'Key-Pair-Id': 'KOTHER' })),
      checkSignature(withCookies({ Policy: '!' })),
      checkSignature(withCookies({ Signature: '!' })),
      checkSignature({ ...valid, now: until }),
    ];
    expect(messages).toEqual([
      { code: 'MissingKey', message: 'Missing Key-Pair-Id query parameter or cookie value' },
      { code: 'InvalidKey', message: 'Unknown Key' },
      { code: 'MalformedPolicy', message: 'Malformed Policy' },
      { code: 'MalformedSignature', message: 'Could not unencode Signature' },
      { code: 'AccessDenied', message: 'Access denied' },
    ]);
  });

  it('accepts a request up to the second before expiry', () => {
    expect(checkSignature({ ...valid, now: until - 1 })).toBeUndefined();
  });

  it('uses the first of several cookies with the same name', () => {
    const twice = `${valid.cookieHeader}; ${signedCookies({ Policy: 'x', 'Key-Pair-Id': 'KOTHER' })}`;
    expect(checkSignature({ ...valid, cookieHeader: twice })).toBeUndefined();
    const reversed = `${signedCookies({ 'Key-Pair-Id': 'KOTHER' })}; ${valid.cookieHeader}`;
    expect(checkSignature({ ...valid, cookieHeader: reversed })?.code).toBe('InvalidKey');
  });

  it('compares the path as it was sent', () => {
    expect(checkSignature({ ...valid, url: { ...valid.url, path: '/docs/../finance/a.html' } })).toBeUndefined();
    expect(checkSignature({ ...valid, url: { ...valid.url, path: '/%64ocs/a.html' } })?.code).toBe('AccessDenied');
    expect(checkSignature({ ...valid, url: { ...valid.url, path: '//docs/a.html' } })?.code).toBe('AccessDenied');
  });

  it('prefers the policy to a separate expiry', () => {
    expect(checkSignature(withCookies({ Expires: '1' }))).toBeUndefined();
  });

  it.each([
    ['before the start', from - 1, '192.0.2.7', 'AccessDenied'],
    ['on the start', from, '192.0.2.7', 'AccessDenied'],
    ['after the start', from + 1, '192.0.2.255', undefined],
    ['from another network', from + 1, '192.0.3.7', 'AccessDenied'],
    ['from IPv6', from + 1, '::1', 'AccessDenied'],
  ])('a bounded policy %s', (_, now, ip, code) => {
    const cookieHeader = cookiesOf(vector('bounded rsa SHA256'));
    expect(checkSignature({ ...valid, now, ip, cookieHeader })?.code).toBe(code);
  });

  it('never throws, whatever the signature is', () => {
    for (let length = 1; length < 200; length++) {
      const Signature = encode(Buffer.alloc(length, length));
      expect(checkSignature(withCookies({ Signature }))?.code).toBe('AccessDenied');
      expect(checkSignature(withCookies({ Signature, 'Key-Pair-Id': 'KRSA' }))?.code).toBe('AccessDenied');
    }
  });
});

describe('checkSignature with URLs made by botocore and the AWS CLI', () => {
  it.each(Object.entries(file.urls))('accepts %s', (_, url) => {
    expect(checkSignature(at(url))).toBeUndefined();
  });

  it.each(Object.entries(file.urls))('refuses %s for another file', (_, url) => {
    expect(checkSignature(at(url.replace(/example\/[^?]*/, 'example/other')))?.code).toBe('AccessDenied');
  });

  it('accepts the parameters in any order', () => {
    const [base = '', query = ''] = (file.urls['botocore canned rsa SHA256'] ?? '').split('?');
    const [size = '', ...own] = query.split('&');
    expect(checkSignature(at(`${base}?${[...own.toReversed(), size].join('&')}`))).toBeUndefined();
  });

  it.each(reservedNames)('ignores valid cookies if the URL has a parameter named %s', (name) => {
    expect(checkSignature(valid)).toBeUndefined();
    for (const query of [`${name}=1`, name, `a=1&${name}=`]) {
      expect(checkSignature({ ...valid, url: { ...valid.url, query } })).toBeDefined();
    }
  });

  it('lets a valid signed URL win over invalid cookies', () => {
    const url = file.urls['botocore custom ec SHA256'] ?? '';
    expect(checkSignature(at(url, signedCookies({ Policy: 'x', 'Key-Pair-Id': 'KOTHER' })))).toBeUndefined();
  });

  it('ignores parameters with similar names', () => {
    const query = 'policy=1&expires=2&Signatures=3&x=Policy&CloudFront-Policy=4';
    expect(checkSignature({ ...valid, url: { ...valid.url, query } })).toBeUndefined();
  });
});

describe('withoutReservedNames', () => {
  it.each([
    ['a=1&Policy=x&b=2', 'a=1&b=2'],
    ['Policy=x&Signature=y', undefined],
    ['Expires=1&Key-Pair-Id=2&Hash-Algorithm=3&&c', '&c'],
    ['', ''],
    [undefined, undefined],
  ])("removes CloudFront's parameters from %s", (query, expected) => {
    expect(withoutReservedNames(query)).toBe(expected);
  });
});

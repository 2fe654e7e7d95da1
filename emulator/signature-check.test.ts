import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkSignature, type SignedRequest, withoutReservedNames } from './signature-check.ts';

interface Vector {
  readonly name: string;
  readonly key: 'rsa' | 'ec';
  readonly hash: string;
  readonly policy: string;
  readonly signature: string;
}
const file: {
  publicKeys: Record<string, string>;
  vectors: Vector[];
  botocoreUrls: { canned: string; custom: string };
} = JSON.parse(readFileSync(new URL('./vectors/signatures.json', import.meta.url), 'utf8'));

const trustedKeys = new Map([
  ['KRSA', createPublicKey(file.publicKeys['rsa'] ?? '')],
  ['KEC', createPublicKey(file.publicKeys['ec'] ?? '')],
]);
const encode = (text: string): string =>
  Buffer.from(text).toString('base64').replaceAll('+', '-').replaceAll('=', '_').replaceAll('/', '~');

const vector = (name: string): Vector => {
  const found = file.vectors.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no vector ${name}`);
  return found;
};
const cookies = (values: Record<string, string | undefined>): string =>
  Object.entries(values)
    .flatMap(([name, value]) => (value === undefined ? [] : [`CloudFront-${name}=${value}`]))
    .join('; ');
const cookiesOf = ({ policy, signature, key, hash }: Vector): Record<string, string> => ({
  Policy: policy,
  Signature: signature,
  'Key-Pair-Id': `K${key.toUpperCase()}`,
  'Hash-Algorithm': hash,
});

/** The custom policy of the vectors covers /docs/* until 1800000000. */
const valid: SignedRequest = {
  url: { scheme: 'https', host: 'site.example', path: '/docs/a.html', query: undefined },
  cookieHeader: cookies(cookiesOf(vector('custom ec sha256'))),
  ip: '127.0.0.1',
  now: 1_750_000_000,
  trustedKeys,
};
const withCookies = (change: Record<string, string | undefined>): SignedRequest => ({
  ...valid,
  cookieHeader: cookies({ ...cookiesOf(vector('custom ec sha256')), ...change }),
});
const at = (path: string, query?: string): SignedRequest => ({
  ...valid,
  url: { scheme: 'https', host: 'site.example', path, query },
});
const signedUrl = (text: string): SignedRequest => {
  const url = new URL(text);
  return { ...at(url.pathname, url.search.slice(1)), cookieHeader: undefined };
};

describe('checkSignature with cookies made by openssl', () => {
  it.each(file.vectors.map((candidate) => [candidate.name, candidate] as const))('admits %s', (_, candidate) => {
    const canned = candidate.name.startsWith('canned');
    const request = {
      ...(canned ? at('/a.txt', 'size=1') : valid),
      ip: '192.0.2.7',
      cookieHeader: cookies(cookiesOf(candidate)),
    };
    expect(checkSignature(request)).toBeUndefined();
  });

  it('admits the canned form, where the edge writes the policy itself', () => {
    const { signature } = vector('canned rsa sha256');
    const cookieHeader = cookies({
      Expires: '1800000000',
      Signature: signature,
      'Key-Pair-Id': 'KRSA',
      'Hash-Algorithm': 'SHA256',
    });
    expect(checkSignature({ ...at('/a.txt', 'size=1'), cookieHeader })).toBeUndefined();
    expect(checkSignature({ ...at('/b.txt', 'size=1'), cookieHeader })?.code).toBe('AccessDenied');
    expect(checkSignature({ ...at('/a.txt'), cookieHeader })?.code).toBe('AccessDenied');
  });

  it('takes SHA-1 when no hash is named', () => {
    const { policy, signature } = vector('custom rsa sha1');
    expect(
      checkSignature({
        ...valid,
        cookieHeader: cookies({ Policy: policy, Signature: signature, 'Key-Pair-Id': 'KRSA' }),
      }),
    ).toBeUndefined();
  });

  it.each([
    ['a SHA-256 signature without the hash cookie', withCookies({ 'Hash-Algorithm': undefined }), 'AccessDenied'],
    ['a hash of another name', withCookies({ 'Hash-Algorithm': 'sha256' }), 'AccessDenied'],
    ['no cookies', { ...valid, cookieHeader: undefined }, 'MissingKey'],
    ['no key', withCookies({ 'Key-Pair-Id': undefined }), 'MissingKey'],
    ['a wrong-shaped key', withCookies({ 'Key-Pair-Id': '../x' }), 'MissingKey'],
    ['a key outside the group', withCookies({ 'Key-Pair-Id': 'KOTHER' }), 'InvalidKey'],
    ['a key of another type', withCookies({ 'Key-Pair-Id': 'KRSA' }), 'AccessDenied'],
    ['no policy', withCookies({ Policy: undefined }), 'MalformedPolicy'],
    ['no signature', withCookies({ Signature: undefined }), 'MalformedSignature'],
    ['a signature that is not base64', withCookies({ Signature: '!!' }), 'MalformedSignature'],
    [
      'a signature of another policy',
      withCookies({ Signature: vector('bounded ec sha256').signature }),
      'AccessDenied',
    ],
    ['a path that the policy does not cover', at('/finance/a.html'), 'AccessDenied'],
    ['another host', { ...valid, url: { ...valid.url, host: 'site.example.evil.example' } }, 'AccessDenied'],
    ['the moment of expiry', { ...valid, now: 1_800_000_000 }, 'AccessDenied'],
  ] as const)('refuses %s', (_, request, code) => {
    expect(checkSignature(request)?.code).toBe(code);
  });

  it('admits up to the second before expiry', () => {
    expect(checkSignature({ ...valid, now: 1_799_999_999 })).toBeUndefined();
  });

  it.each([
    ['on the start', 1_700_000_000, '192.0.2.7', 'AccessDenied'],
    ['after the start', 1_700_000_001, '192.0.2.7', undefined],
    ['from another network', 1_700_000_001, '192.0.3.7', 'AccessDenied'],
    ['from IPv6', 1_700_000_001, '::1', 'AccessDenied'],
  ])('a bounded policy %s', (_, now, ip, code) => {
    const cookieHeader = cookies(cookiesOf(vector('bounded rsa sha256')));
    expect(checkSignature({ ...valid, now, ip, cookieHeader })?.code).toBe(code);
  });

  it.each([
    ['two statements', '{"Statement":[{},{}]}'],
    ['a quoted epoch', '{"Statement":[{"Resource":"*","Condition":{"DateLessThan":{"AWS:EpochTime":"1800000000"}}}]}'],
    ['milliseconds', '{"Statement":[{"Resource":"*","Condition":{"DateLessThan":{"AWS:EpochTime":1800000000000}}}]}'],
    ['no end', '{"Statement":[{"Resource":"*","Condition":{}}]}'],
    [
      'an IPv6 range',
      '{"Statement":[{"Condition":{"DateLessThan":{"AWS:EpochTime":1},"IpAddress":{"AWS:SourceIp":"::/0"}}}]}',
    ],
    [
      'a list of resources',
      '{"Statement":[{"Resource":["*"],"Condition":{"DateLessThan":{"AWS:EpochTime":1800000000}}}]}',
    ],
    ['no JSON', 's3nator-session/1'],
  ])('calls a policy with %s malformed', (_, policy) => {
    expect(checkSignature(withCookies({ Policy: encode(policy) }))?.code).toBe('MalformedPolicy');
  });
});

describe('checkSignature with URLs made by botocore', () => {
  it('admits a canned and a custom one', () => {
    expect(checkSignature(signedUrl(file.botocoreUrls.canned))).toBeUndefined();
    expect(checkSignature({ ...signedUrl(file.botocoreUrls.custom), ip: '192.0.2.7' })).toBeUndefined();
  });

  it('refuses one that was moved to another file', () => {
    expect(checkSignature(signedUrl(file.botocoreUrls.canned.replace('/a.txt', '/b.txt')))?.code).toBe('AccessDenied');
  });

  it.each(['Expires', 'Policy', 'Signature', 'Key-Pair-Id', 'Hash-Algorithm'])(
    'ignores valid cookies when the URL has a parameter named %s',
    (name) => {
      expect(checkSignature(valid)).toBeUndefined();
      expect(checkSignature({ ...valid, url: { ...valid.url, query: `${name}=1` } })).toBeDefined();
    },
  );

  it('ignores parameters that only look alike', () => {
    expect(checkSignature({ ...valid, url: { ...valid.url, query: 'policy=1&expires=2' } })).toBeUndefined();
  });
});

describe('withoutReservedNames', () => {
  it.each([
    ['a=1&Policy=x&b=2', 'a=1&b=2'],
    ['Policy=x&Signature=y', undefined],
    ['', ''],
    [undefined, undefined],
  ])("takes CloudFront's parameters out of %s", (query, expected) => {
    expect(withoutReservedNames(query)).toBe(expected);
  });
});

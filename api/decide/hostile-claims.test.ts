import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GatewayAnswer } from '../receive/gateway.ts';
import { claimsOf, expectRefused, type Fields, hostileToken, signInWith } from '../testing/hostile-google.ts';
import { putRules } from '../testing/issuer-site.ts';
import { clientId, codeOf, host, json, startSeconds, startTestSite, type TestSite } from '../testing/test-site.ts';

let site: TestSite;
beforeAll(async () => {
  // `groups` is a claim that the session keeps, so that rules may ask for it.
  site = await startTestSite({ overrides: { claimNames: ['groups'] } });
  putRules(
    site,
    { who: { claims: { groups: ['staff'] }, hostedDomains: ['claims.example'] } },
    { who: { emails: ['bob@gmail.com', 'carol@mail.example'] } },
    { who: { hostedDomains: ['example.com'] } },
  );
});
afterAll(() => site.close());

const signIn = (claims: Fields | string): Promise<GatewayAnswer> => signInWith(site, hostileToken(claims));

describe('a token with valid claims', () => {
  it.each<[string, Fields]>([
    ['alice', {}],
    ['a Gmail account', { email: 'bob@gmail.com', hd: undefined }],
    ['a staff member by a claim', { hd: 'claims.example', groups: ['guests', 'staff'] }],
    ['an address in capitals', { email: 'BOB@GMAIL.COM', hd: undefined }],
  ])('admits %s, so that the refusals below mean something', async (_name, changes) => {
    expect((await signIn(claimsOf(changes))).statusCode).toBe(201);
  });
});

const long = 'x'.repeat(3_000);
const junk: readonly unknown[] = [null, true, false, -1, '', ' ', '0', long, [], [[]], {}, { a: { b: {} } }];

/**
 * Invalid values of each claim, and the code for them. Values that count as missing are left out.
 */
const wrong: readonly [claim: string, values: readonly unknown[], code: string][] = [
  [
    'iss',
    [
      ...junk,
      undefined,
      1,
      ['https://accounts.google.com'],
      'accounts.google.com.',
      'HTTPS://ACCOUNTS.GOOGLE.COM',
      'https://accounts.google.com/',
      'http://accounts.google.com',
      'https://accounts.google.com@evil.example',
    ],
    'invalid_token',
  ],
  [
    'aud',
    [...junk, undefined, 1, [clientId], [clientId, 'evil'], clientId.toUpperCase(), `${clientId} `, '__proto__'],
    'invalid_token',
  ],
  ['azp', [...junk, 1, [clientId], '110248495921238986420', 'evil.apps.googleusercontent.com'], 'invalid_token'],
  ['sub', [null, true, 1, '', [], ['1'], {}, undefined, 'x'.repeat(256)], 'invalid_token'],
  ['exp', [null, true, '', '9999999999', [], {}, undefined, -1, 0, 1.5], 'invalid_token'],
  ['iat', [null, true, '', '1', [], {}, undefined, 1e300], 'invalid_token'],
  ['nbf', [null, true, '', '1', [], {}, 1e300], 'invalid_token'],
  ['nonce', [null, true, 0, [], {}], 'invalid_token'],
  ['email', [null, true, 0, '', [], ['alice@example.com'], {}, undefined], 'access_denied'],
  ['email_verified', [null, false, 0, 1, '', 'true', 'TRUE', [true], {}, undefined], 'access_denied'],
  ['hd', [...junk, undefined, 1, ['example.com'], { 'example.com': true }], 'access_denied'],
];

describe('wrong types', () => {
  it.each(wrong)('%s: refused, and the log has a specific reason', async (claim, values, code) => {
    for (const value of values) {
      const answer = await signIn(claimsOf({ [claim]: value }));
      expect([claim, value, codeOf(answer)]).toEqual([claim, value, code]);
      expectRefused(answer, code);
      expect(site.lines.at(-1)?.['reason']).not.toBe('unexpected');
    }
  });

  it.each([null, true, 1, 'staffs', 'staff ', 'STAFF', ['staffs'], [['staff']], { staff: true }, { 0: 'staff' }])(
    'groups %j is not staff',
    async (groups) => {
      expectRefused(await signIn(claimsOf({ hd: 'claims.example', groups })), 'access_denied');
    },
  );

  it.each(['1e999', '-1e999', '1E400'])('the number %s is not a time', async (number) => {
    for (const claim of ['exp', 'iat', 'nbf']) {
      const text = JSON.stringify(claimsOf({ [claim]: 'HERE' })).replace('"HERE"', number);
      expectRefused(await signIn(text), 'invalid_token');
    }
  });

  it('a deeply nested hd is not a domain', async () => {
    const depth = 3_000;
    const text = JSON.stringify(claimsOf({ hd: 'HERE' })).replace('"HERE"', '['.repeat(depth) + ']'.repeat(depth));
    expectRefused(await signIn(text), 'access_denied', 'invalid_token');
  });
});

it('an iat in the future does not extend the life of a token with a nonce', async () => {
  const begun = await site.send();
  const { nonce } = JSON.parse(begun.body ?? '') as { nonce: string };
  const idToken = hostileToken(claimsOf({ nonce, iat: startSeconds + 3_000 }));
  const cookies = (begun.cookies ?? []).map((line) => line.split(';', 1)[0] ?? '');
  const answer = await site.send(json({ idToken }, { cookies, headers: { origin: `https://${host}` } }));
  expectRefused(answer, 'invalid_token');
});

describe('claims that come twice', () => {
  /** The JSON text of `claims` with `first` at the beginning, so it is overridden, or `last` at the end. */
  const twice = (claims: Fields, first: string, last: string): string =>
    `{${first}${JSON.stringify(claims).slice(1, -1)}${last}}`;

  it.each<[string, string, string]>([
    ['iss', '"https://evil.example"', 'invalid_token'],
    ['aud', '"evil.apps.googleusercontent.com"', 'invalid_token'],
    ['azp', '"evil.apps.googleusercontent.com"', 'invalid_token'],
    ['sub', '""', 'invalid_token'],
    ['exp', '1', 'invalid_token'],
    ['email_verified', 'false', 'access_denied'],
    ['hd', '"evil.example"', 'access_denied'],
  ])('the last %s counts for every check (RFC 7519, 4)', async (claim, bad, code) => {
    expectRefused(await signIn(twice(claimsOf(), '', `,"${claim}":${bad}`)), code);
    const good = await signIn(twice(claimsOf(), `"${claim}":${bad},`, ''));
    expect(good.statusCode).toBe(201);
    expect(JSON.parse(good.body ?? '')).toMatchObject({
      user: { email: 'alice@example.com', hostedDomain: 'example.com' },
    });
  });
});

describe('names that every object inherits', () => {
  it.each(['__proto__', 'constructor', 'prototype'])('the claim %s gives nobody anything', async (name) => {
    const inherited = { hd: 'example.com', email: 'alice@example.com', email_verified: true, groups: ['staff'] };
    const claims = claimsOf({ hd: 'claims.example', groups: undefined });
    const text = `${JSON.stringify(claims).slice(0, -1)},"${name}":${JSON.stringify(inherited)}}`;
    expectRefused(await signIn(text), 'access_denied', 'invalid_token');
    expect((await signIn(claimsOf())).statusCode).toBe(201);
  });
});

describe('accounts that no rule means', () => {
  it.each<[string, Fields]>([
    ['a domain that ends like ours', { hd: 'evil-example.com', email: 'a@evil-example.com' }],
    ['a domain that begins like ours', { hd: 'example.com.evil.example', email: 'a@example.com.evil.example' }],
    ['a subdomain', { hd: 'sub.example.com', email: 'a@sub.example.com' }],
    ['our domain with a trailing dot', { hd: 'example.com.' }],
    ['our domain with a blank', { hd: ' example.com' }],
    ['our domain with a null byte', { hd: 'example.com\u0000' }],
    ['our domain in letters that look alike', { hd: 'ехample.com' }],
    ['our domain in letters of full width', { hd: 'ｅxample.com' }],
    ['our domain in Punycode of a look-alike', { hd: 'xn--xample-2of.com' }],
    ['a wildcard', { hd: '*' }],
    ['our domain in the address alone', { hd: undefined }],
    ['an address with two @', { email: 'alice@example.com@evil.example' }],
    ['an address with an @ of full width', { email: 'alice＠example.com' }],
    ['an address with a line break', { email: 'alice@example.com\nbob@gmail.com' }],
    ['an address with a blank', { email: 'alice @example.com' }],
    ['bob with a plus', { email: 'bob+x@gmail.com', hd: undefined }],
    ['bob with a dot', { email: 'b.ob@gmail.com', hd: undefined }],
    ['bob with a trailing dot', { email: 'bob@gmail.com.', hd: undefined }],
    ['bob at a look-alike', { email: 'bob@gmail.com.evil.example', hd: undefined }],
    ['bob in quotes', { email: '"bob"@gmail.com', hd: undefined }],
    ['bob with a sign that lower-cases to b', { email: 'ⓑob@gmail.com', hd: undefined }],
    ['carol without a hosted domain: her address may have a new owner', { email: 'carol@mail.example', hd: undefined }],
    ['an unverified address', { email_verified: false }],
    ['a service account of ours', { email: 'robot@project.iam.gserviceaccount.com' }],
    ['a service account in capitals', { email: 'ROBOT@PROJECT.IAM.GSERVICEACCOUNT.COM' }],
    ['a service account of App Engine', { email: 'project@appspot.gserviceaccount.com' }],
  ])('%s: not admitted', async (_name, changes) => {
    expectRefused(await signIn(claimsOf(changes)), 'access_denied');
  });

  it('a service account that got a token for our audience: refused before any rule', async () => {
    const minted = { azp: '1137742644', email: 'robot@evil.iam.gserviceaccount.com', hd: undefined };
    expectRefused(await signIn(claimsOf(minted)), 'invalid_token');
  });
});

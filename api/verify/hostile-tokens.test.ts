import { createSecretKey } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  base64url,
  claimsOf,
  expectRefused,
  type Fields,
  hostileKeySet,
  hostileToken,
  oddKeys,
  otherKey,
  signatureOf,
  signInWith,
} from '../testing/hostile-google.ts';
import { problemHeaders } from '../testing/session-answers.ts';
import { startKeyServer } from '../testing/stub-google.ts';
import { clientId, codeOf, googleKey, site, startSeconds, useTestSite } from '../testing/test-site.ts';

useTestSite();
beforeEach(() => {
  site.keySet = hostileKeySet;
});

/** Alice's claims with `changes`, signed by Google. */
const claims = (changes: Fields): string => hostileToken(claimsOf(changes));
/** Alice's token with `fields` in the header, signed by Google or with `key`. */
const header = (fields: Fields, key = googleKey.privateKey): string => hostileToken(claimsOf(), fields, key);
const unsigned = (fields: Fields): string => header(fields).replace(/[^.]*$/, '');

const [goodHeader = '', goodClaims = '', goodSignature = ''] = header({}).split('.');
const signedOver = (input: string): string =>
  `${goodHeader}.${goodClaims}.${signatureOf('RS256', input, googleKey.privateKey)}`;
const deep = (levels: number): string => base64url('['.repeat(levels) + ']'.repeat(levels));

const otherAlgorithms: readonly unknown[] = [
  ...['none', 'None', 'NONE', 'nOnE', ' none', '', 'rs256', 'Rs256', 'RS256 ', ' RS256', 'RS256\u0000', 'RS256\n'],
  ...['ＲＳ256', 'RS384', 'RS512', 'PS256', 'RSA-SHA256', 'SHA256', 'dir'],
  ...[null, true, 256, ['RS256'], { RS256: true }, undefined],
];

/** What an attacker may know: the forms of the public key, and a guess. */
const hmacSecrets: readonly (readonly [name: string, secret: string | Buffer])[] = [
  ['the public key', googleKey.publicKey.export({ type: 'spki', format: 'pem' })],
  [
    'the public key without a line break',
    googleKey.publicKey.export({ type: 'spki', format: 'pem' }).toString().trim(),
  ],
  ['the public key in DER', googleKey.publicKey.export({ type: 'spki', format: 'der' })],
  ['the public key in PKCS #1', googleKey.publicKey.export({ type: 'pkcs1', format: 'pem' })],
  ['the public key as a JWK', JSON.stringify(googleKey.publicKey.export({ format: 'jwk' }))],
  ['the modulus', String(googleKey.publicKey.export({ format: 'jwk' }).n)],
  ['a published symmetric key', 'secret'],
];

const inventedKids: readonly string[] = [
  ...['../../../../dev/null', '/dev/null', 'file:///dev/null', 'https://evil.example/key', "' OR '1'='1", '$(id)'],
  ...['{{7*7}}', '__proto__', 'constructor', 'toString', 'hasOwnProperty', '0', 'undefined', 'null', 'other'],
  ...[`${googleKey.kid} `, googleKey.kid.toUpperCase(), googleKey.kid.replace('g', 'ｇ'), `${googleKey.kid}\u0000`],
  ...[`${googleKey.kid}\r\nX-Injected: 1`, 'g'.repeat(5_000)],
];

/** A name for a header field with this value. */
const shown = (field: string, value: unknown): string => `${field} ${JSON.stringify(value)?.slice(0, 40)}`;

type Row = readonly [attack: string, token: string, reason: string];

/** Every attack on an ID token of one issuer. Attacks across issuers are in hostile-issuers.test.ts. */
const attacks: readonly Row[] = [
  ['another audience', claims({ aud: 'evil.apps.googleusercontent.com' }), 'audience-refused'],
  ['a list of audiences, though ours is in it', claims({ aud: [clientId, 'evil'] }), 'audience-refused'],
  ['no audience', claims({ aud: undefined }), 'audience-refused'],
  ['another issuer', claims({ iss: 'https://evil.example' }), 'issuer-refused'],
  ['an issuer that starts like Google', claims({ iss: 'https://accounts.google.com.evil.example' }), 'issuer-refused'],
  ['an issuer with a slash', claims({ iss: 'https://accounts.google.com/' }), 'issuer-refused'],
  ['an issuer named like a property of every object', claims({ iss: 'constructor' }), 'issuer-refused'],
  ['no issuer', claims({ iss: undefined }), 'issuer-refused'],
  ['the azp of a service account', claims({ azp: '113774264463038321964' }), 'authorized-party-refused'],
  ['an azp that is not text', claims({ azp: [clientId] }), 'authorized-party-refused'],
  ['no exp', claims({ exp: undefined }), 'expiry-missing'],
  ['an exp that is text', claims({ exp: '9999999999' }), 'expiry-missing'],
  ['an exp a minute ago', claims({ exp: startSeconds - 60 }), 'expired'],
  ['an exp an hour ago', claims({ exp: startSeconds - 3600 }), 'expired'],
  ['no iat', claims({ iat: undefined }), 'issued-at-missing'],
  ['an iat a minute ahead', claims({ iat: startSeconds + 61 }), 'issued-in-future'],
  ['an iat an hour ahead', claims({ iat: startSeconds + 3600 }), 'issued-in-future'],
  ['an iat in milliseconds', claims({ iat: startSeconds * 1000 }), 'issued-in-future'],
  ['an nbf a minute ahead', claims({ nbf: startSeconds + 61 }), 'not-yet-valid'],
  ['an nbf that is text', claims({ nbf: '0' }), 'not-yet-valid'],
  ['no sub', claims({ sub: undefined }), 'subject-missing'],
  ['an empty sub', claims({ sub: '' }), 'subject-missing'],
  ['a sub of 256 characters', claims({ sub: 'x'.repeat(256) }), 'subject-missing'],
  ['a nonce that is not text', claims({ nonce: 1 }), 'nonce-wrong'],
  ['a nonce without a login cookie', claims({ nonce: 'n' }), 'login-cookie-missing'],
  ['a jti that is not text', claims({ jti: 7 }), 'id-token-malformed'],
  ['a scope that is not text', claims({ scope: ['openid'] }), 'id-token-malformed'],
  ['an unverified address', claims({ email_verified: false }), 'address-unverified'],

  ...otherAlgorithms.map((alg): Row => [`${shown('alg', alg)}, well signed`, header({ alg }), 'algorithm-refused']),
  ...['none', 'None'].map((alg): Row => [`alg ${alg}, unsigned`, unsigned({ alg }), 'algorithm-refused']),
  ['alg none without kid, unsigned', unsigned({ alg: 'none', kid: undefined }), 'algorithm-refused'],
  ['alg none with four letters for a signature', `${unsigned({ alg: 'none' })}AAAA`, 'algorithm-refused'],
  ...['HS256', 'HS384', 'HS512'].flatMap((alg) =>
    [googleKey.kid, 'oct'].flatMap((kid) =>
      hmacSecrets.map(([name, secret]): Row => {
        const key = createSecretKey(Buffer.from(secret));
        return [`${alg} with ${name} as the secret, kid ${kid}`, header({ alg, kid }, key), 'algorithm-refused'];
      }),
    ),
  ),

  ...inventedKids.map((kid): Row => [shown('kid', kid), header({ kid }), 'key-unknown']),
  ...[undefined, '', null, true, 0, 1, [], [googleKey.kid], {}, { kid: googleKey.kid }].map(
    (kid): Row => [shown('kid', kid), header({ kid }), 'id-token-malformed'],
  ),
  ['an EC key and its algorithm', header({ kid: 'ec', alg: 'ES256' }, oddKeys.ec.privateKey), 'algorithm-refused'],
  ['an EC key under our algorithm', header({ kid: 'ec' }, oddKeys.ec.privateKey), 'key-unknown'],
  ['a key that is for encryption', header({ kid: 'enc' }, oddKeys.enc.privateKey), 'key-unknown'],
  ['a key that is too short', header({ kid: 'weak' }, oddKeys.weak.privateKey), 'key-unknown'],
  ['a symmetric key', header({ kid: 'oct' }, otherKey.privateKey), 'key-unknown'],

  ...[
    ...[{ crit: ['b64'], b64: false }, { crit: ['exp'], exp: 1 }, { crit: [] }, { crit: null }, { crit: 'b64' }],
    ...[{ crit: {} }, { crit: ['http://example.com/unknown'], 'http://example.com/unknown': true }],
  ].map((fields): Row => [JSON.stringify(fields), header(fields), 'id-token-malformed']),

  ['no signature', unsigned({}), 'id-token-malformed'],
  ['a signature by another RSA key', header({}, otherKey.privateKey), 'signature-wrong'],
  ['a signature by a P-256 key', header({}, oddKeys.ec.privateKey), 'signature-wrong'],
  [
    'the signature of other claims',
    `${goodHeader}.${base64url(claimsOf({ email: 'bob@example.com' }))}.${goodSignature}`,
    'signature-wrong',
  ],
  ['a signature over the header', signedOver(goodHeader), 'signature-wrong'],
  ['a signature over the claims', signedOver(goodClaims), 'signature-wrong'],
  ['a signature over both without a dot', signedOver(`${goodHeader}${goodClaims}`), 'signature-wrong'],
  ['a signature over both in the wrong order', signedOver(`${goodClaims}.${goodHeader}`), 'signature-wrong'],

  ['one megabyte of junk', 'x'.repeat(1_000_000), 'id-token-malformed'],
  ['one letter', 'x', 'id-token-malformed'],
  ['claims that are not an object', `${goodHeader}.bnVsbA.AAAA`, 'issuer-refused'],
  ['claims nested 10,000 levels deep', `${goodHeader}.${deep(10_000)}.AAAA`, 'issuer-refused'],
];

/** The code of each reason that is not `invalid_token`. */
const otherCodes: Readonly<Record<string, string>> = {
  'login-cookie-missing': 'sign_in_expired',
  'address-unverified': 'access_denied',
};

describe('a hostile ID token', () => {
  it('differs from one that is admitted', async () => {
    expect((await signInWith(site, header({}))).statusCode).toBe(201);
  });

  it.each(attacks)('gets no cookies and a generic code; the log has the reason: %s', async (_attack, token, reason) => {
    const code = otherCodes[reason] ?? 'invalid_token';
    const answer = await signInWith(site, token);
    expect([answer.statusCode, codeOf(answer), answer.cookies]).toEqual([401, code, undefined]);
    expect(answer.headers).toEqual({ ...problemHeaders, 'WWW-Authenticate': `Bearer error="${code}"` });
    expect(site.lines).toMatchObject([
      code === 'access_denied' ? { event: 'denied', why: reason } : { event: 'refused', reason, code, status: 401 },
    ]);
    expect(answer.body).not.toContain(reason);
  });

  it('appears in no log line and no answer', async () => {
    const token = claims({ aud: 'evil' });
    const answer = await signInWith(site, token);
    const [, payload = '', signature = ''] = token.split('.');
    for (const secret of [token, payload, signature]) {
      expect(JSON.stringify([answer, site.lines])).not.toContain(secret);
    }
  });

  it('cannot bring its own key, and no address in it is fetched', async () => {
    const attacker = await startKeyServer((response) => response.end('{}'));
    const address = `${attacker.origin}/keys`;
    const { publicKey, privateKey } = otherKey;
    const jwk = { ...publicKey.export({ format: 'jwk' }), kid: googleKey.kid, alg: 'RS256', use: 'sig' };
    const certificate = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
    for (const fields of [{ jwk }, { jku: address }, { x5u: address }, { x5c: [certificate] }, { x5t: 'AAAA' }]) {
      for (const kid of [googleKey.kid, 'attacker']) {
        const answer = await signInWith(site, header({ ...fields, kid }, privateKey));
        expectRefused(answer, 'invalid_token', 'temporarily_unavailable');
      }
    }
    await attacker.close();
    expect(attacker.requests()).toBe(0);
  });
});

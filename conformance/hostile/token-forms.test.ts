import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../support/http.ts';
import { type RunningSite, startSite, unthrottled } from '../support/site.ts';
import { base64url, type Fields, type HostileGoogle, takeGooglesPlace } from './google.ts';
import { beginSignIn, expectRefused, postJson } from './sign-in.ts';

let site: RunningSite;
let google: HostileGoogle;
beforeAll(async () => {
  site = await startSite({ config: unthrottled });
  google = await takeGooglesPlace(site);
});
afterAll(() => site.close());

/** As JSON, which takes any text: the Bearer form alone refuses much of it before anyone looks. */
async function offer(make: (claims: Fields) => string): Promise<Answer> {
  const beginning = await beginSignIn(site);
  return postJson(site, { idToken: make(google.claims({ nonce: beginning.nonce })) }, beginning);
}

describe('a good token as JSON', () => {
  it('is admitted, so that the refusals below mean something', async () => {
    expect((await offer((claims) => google.token(claims))).status).toBe(201);
  });
});

describe('tokens of another shape', () => {
  const parts = (token: string): [string, string, string] => {
    const [header = '', payload = '', signature = ''] = token.split('.');
    return [header, payload, signature];
  };

  it.each<[string, (claims: Fields) => string]>([
    ['two signatures', (claims) => `${google.token(claims)}.${parts(google.token(claims))[2]}`],
    ['two tokens', (claims) => `${google.token(claims)},${google.token(claims)}`],
    ['a nested token', (claims) => google.token(google.token(claims), { cty: 'JWT' })],
    ['a nested token as text', (claims) => google.token(JSON.stringify(google.token(claims)), { cty: 'JWT' })],
    ['claims in a list', (claims) => google.token(JSON.stringify([claims]))],
    ['claims as null', () => google.token('null')],
    ['claims as a number', () => google.token('1')],
    ['claims as nothing', () => google.token('')],
    ['claims with a byte order mark', (claims) => google.token(`\ufeff${JSON.stringify(claims)}`)],
    ['claims that go on', (claims) => google.token(`${JSON.stringify(claims)}{}`)],
    ['a header in a list', (claims) => google.token(claims, JSON.stringify([{ alg: 'RS256', kid: 'good' }]))],
    ['a header as nothing', (claims) => google.token(claims, '')],
    ['five parts, as if it were encrypted', (claims) => `${google.token(claims)}.AAAA.AAAA`],
    ['a trailing dot', (claims) => `${google.token(claims)}.`],
    ['a leading dot', (claims) => `.${google.token(claims)}`],
    ['no claims', (claims) => google.token(claims).replace(/\.[^.]+\./, '..')],
    ['the JSON form with two signatures', (claims) => jsonForm(google.token(claims))],
    ['one megabyte', () => 'x'.repeat(1_000_000)],
    ['claims of 15 KB', (claims) => google.token({ ...claims, hd: 'x'.repeat(15_000) })],
  ])('%s: refused', async (_name, make) => {
    expectRefused(await offer(make), 'invalid_token', 'invalid_request');
  });

  function jsonForm(token: string): string {
    const [header, payload, signature] = parts(token);
    const signatures = [header, base64url({ alg: 'none' })].map((one) => ({ protected: one, signature }));
    return JSON.stringify({ payload, signatures });
  }
});

// The rest of each table is in api/verify/hostile-tokens.test.ts and api/decide/hostile-claims.test.ts.
describe('one token of each kind of attack on header and claims', () => {
  it.each<[string, string, (claims: Fields) => string]>([
    ['another algorithm', 'invalid_token', (claims) => google.token(claims, { alg: 'RS512' })],
    ['an unknown kid', 'invalid_token', (claims) => google.token(claims, { kid: '../../../../dev/null' })],
    ['a critical extension', 'invalid_token', (claims) => google.token(claims, { crit: ['b64'], b64: false })],
    ['a claim of a wrong type', 'invalid_token', (claims) => google.token({ ...claims, exp: '9999999999' })],
    [
      'a claim that comes twice',
      'invalid_token',
      (claims) => google.token(`${JSON.stringify(claims).slice(0, -1)},"aud":"evil.apps.googleusercontent.com"}`),
    ],
    [
      'a domain in letters that look alike',
      'access_denied',
      (claims) => google.token({ ...claims, hd: 'ехample.com' }),
    ],
    [
      'an account of a service',
      'access_denied',
      (claims) => google.token({ ...claims, email: 'x@p.iam.gserviceaccount.com' }),
    ],
  ])('%s: refused', async (_name, code, make) => {
    expectRefused(await offer(make), code);
  });
});

describe('a token has one spelling', () => {
  const respell = (token: string, part: number, change: (text: string) => string): string =>
    token
      .split('.')
      .map((text, at) => (at === part ? change(text) : text))
      .join('.');
  /**
   * Letters whose low byte is the right one: a decoder that looks at bytes and a verifier that looks at text read
   * different claims.
   */
  const wide = (text: string): string =>
    text.replace(/[A-Za-z]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 0x100));
  /** The next letter: another spelling of the same bytes where the last letter has bits to spare. */
  const nextLetter = (text: string): string => {
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    return text.slice(0, -1) + letters[(letters.indexOf(text.at(-1) ?? 'A') + 1) % 64];
  };

  it.each<[string, (token: string) => string]>([
    ['a space before it', (token) => ` ${token}`],
    ['a line break after it', (token) => `${token}\n`],
    ['a space in the signature', (token) => respell(token, 2, (text) => `${text.slice(0, 9)} ${text.slice(9)}`)],
    ['a line break in the claims', (token) => respell(token, 1, (text) => `${text.slice(0, 9)}\r\n${text.slice(9)}`)],
    ['padding of the header', (token) => respell(token, 0, (text) => `${text}==`)],
    ['padding of the claims', (token) => respell(token, 1, (text) => `${text}=`)],
    ['padding of the signature', (token) => respell(token, 2, (text) => `${text}==`)],
    ['the other alphabet', (token) => respell(token, 2, (text) => text.replaceAll('-', '+').replaceAll('_', '/'))],
    ['percent-encoding', (token) => token.replaceAll('.', '%2e')],
    ['spare bits of the signature', (token) => respell(token, 2, nextLetter)],
    ['a null byte', (token) => `${token}\u0000`],
    ['letters of full width', (token) => respell(token, 2, (text) => text.replace(/[a-z]/, 'ａ'))],
    ['letters of the header that lose their high byte somewhere', (token) => respell(token, 0, wide)],
    ['letters of the claims that lose their high byte somewhere', (token) => respell(token, 1, wide)],
    ['letters of the signature that lose their high byte somewhere', (token) => respell(token, 2, wide)],
  ])('%s: refused', async (_name, change) => {
    // A signature of 256 bytes has both of the other alphabet's letters almost always; where not, another token does.
    let spelled = '';
    const answer = await offer((claims) => {
      for (let attempt = 0; attempt < 20; attempt += 1) {
        const token = google.token({ ...claims, jti: String(attempt) });
        spelled = change(token);
        if (spelled !== token) break;
      }
      return spelled;
    });
    expectRefused(answer, 'invalid_token');
  });
});

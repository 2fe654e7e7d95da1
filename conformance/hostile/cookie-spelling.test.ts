import { createPublicKey, verify } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, send } from '../support/http.ts';
import { type RunningSite, startSite, unthrottled } from '../support/site.ts';
import { idToken } from '../support/tokens.ts';
import {
  type Cookies,
  cookiesSet,
  edgeBase64,
  fromEdgeBase64,
  halvesOf,
  header,
  names,
  otherSpelling,
  sessionOf,
  signingKeyOf,
} from './forge.ts';
import { postBearer } from './sign-in.ts';

let site: RunningSite;
let alice: Cookies;
let session: string;
beforeAll(async () => {
  site = await startSite({ config: unthrottled });
  const answer = await postBearer(site, await idToken(site, 'alice@example.com'));
  alice = cookiesSet(answer.setCookie);
  session = alice[names.session] ?? '';
});
afterAll(() => site.close());

const get = (path: string, cookie: string): Promise<Answer> =>
  send(`${site.origin}${path}`, { headers: { Cookie: cookie } });
const closed = async (cookie: string): Promise<void> =>
  expect([cookie.slice(0, 60), (await get('/docs/guide.html', cookie)).status]).toEqual([cookie.slice(0, 60), 403]);
const nobody = async (cookie: string): Promise<void> => {
  const answer = await get('/auth/session', cookie);
  expect([cookie.slice(0, 60), answer.status, (answer.json as { status: string }).status]).toEqual([
    cookie.slice(0, 60),
    200,
    'signed-out',
  ]);
};
const nobodyWith = (value: string): Promise<void> => nobody(`${names.session}=${value}`);
const closedWith = (changes: Cookies): Promise<void> => closed(header({ ...alice, ...changes }));

describe('other spellings of a good session', () => {
  it.each<[string, (value: string) => string]>([
    ['the standard alphabet and padding', (value) => value.split('.').map(standard).join('.')],
    ['padding', (value) => `${value}=`],
    ['padding of the statement', (value) => value.replace('.', '=.')],
    ['spare bits', (value) => nextLetters(value)],
    ['percent-encoding', (value) => value.replace('.', '%2E')],
    ['percent-encoded letters', (value) => value.replace(/^c/, '%63')],
    ['quotes', (value) => `"${value}"`],
    ['a blank inside', (value) => value.replace('.', ' .')],
    ['a third part', (value) => `${value}.${value.split('.')[1]}`],
    ['a trailing dot', (value) => `${value}.`],
    ['base64 of it', (value) => Buffer.from(value).toString('base64url')],
    ['hexadecimal', (value) => Buffer.from(value).toString('hex').slice(0, 3_000)],
    ['the first line in plain text', (value) => `s3nator-session/2\\n.${value.split('.')[1]}`],
  ])('%s: nobody', async (_name, change) => {
    expect(change(session)).not.toBe(session);
    await nobodyWith(change(session));
  });

  const standard = (part: string): string => Buffer.from(part, 'base64url').toString('base64');
  /**
   * The last letter of each half is moved on by one: the same bytes where it has bits to spare, a broken signature
   * where not.
   */
  const nextLetters = (value: string): string =>
    value
      .split('.')
      .map((part) => part.slice(0, -1) + String.fromCharCode(part.charCodeAt(part.length - 1) + 1))
      .join('.');

  it('its signature with n - s in the place of s, which verifies as well: nobody', async () => {
    const { body, proof } = halvesOf(session);
    const other = otherSpelling(proof);
    expect(verify('sha256', body, createPublicKey(signingKeyOf(site)), other)).toBe(true);
    await nobodyWith(sessionOf(body, other));
  });

  it('cut off anywhere: nobody', async () => {
    for (let length = 0; length < session.length; length += 29) await nobodyWith(session.slice(0, length));
    await nobodyWith(session.slice(0, -1));
    await nobodyWith(session.slice(1));
  });

  it('8 KB of it, or of anything: nobody', async () => {
    for (const value of [session.padEnd(8_192, 'A'), 'A'.repeat(8_192), `${'A'.repeat(8_000)}.${'A'.repeat(90)}`]) {
      await nobodyWith(value);
    }
  });

  it('10 KB of blanks: nobody, or 431 where they count as headers', async () => {
    for (const blank of [' ', '\t']) {
      const blanks = blank.repeat(10_240);
      for (const cookie of [blanks, `a=1;${blanks}`, `${blanks}a=1`, `a=${blanks}`]) {
        await nobody(cookie);
        await closed(cookie);
      }
    }
    for (const cookie of ['\u00a0'.repeat(10_240), `${names.session}=${' '.repeat(10_240)}x`].map(
      (one) => `a=${one}`,
    )) {
      const answer = await get('/auth/session', cookie);
      expect([answer.status, answer.json]).toEqual([431, { message: 'Request Header Fields Too Large' }]);
      await closed(cookie);
    }
  });

  it('twice, the same or another, whichever comes first: nobody', async () => {
    const good = `${names.session}=${session}`;
    for (const other of [good, `${names.session}=x`, `${names.session}=`, ` ${names.session} = x`]) {
      await nobody(`${good}; ${other}`);
      await nobody(`${other}; ${good}`);
    }
  });

  it('under another name: nobody', async () => {
    const others = [
      names.session.toLowerCase(),
      names.session.toUpperCase(),
      's3nator-session',
      '__Secure-s3nator-session',
    ];
    for (const name of [
      ...others,
      `=${names.session}`,
      `$${names.session}`,
      `${names.session}%3D`,
      '__Host-s3nator-login',
    ]) {
      await nobody(`${name}=${session}`);
    }
  });
});

describe('other spellings of good signed cookies', () => {
  const policy = (): Buffer => fromEdgeBase64(alice[names.policy] ?? '');
  const signature = (): Buffer => fromEdgeBase64(alice[names.signature] ?? '');

  it('in plain base64, base64url or plain text: nothing', async () => {
    const padded = Buffer.concat([signature(), Buffer.alloc(1)]);
    await closedWith({ [names.policy]: policy().toString() });
    await closedWith({ [names.policy]: policy().toString('hex') });
    await closedWith({ [names.signature]: signature().toString('hex') });
    await closedWith({ [names.signature]: padded.toString('base64') });
    await closedWith({ [names.policy]: `"${alice[names.policy]}"`, [names.signature]: `"${alice[names.signature]}"` });
    await closedWith({ [names.policy]: encodeURIComponent(` ${alice[names.policy]}`) });
  });

  it('re-encoded with blanks, another order or other escapes: nothing, because the bytes were signed', async () => {
    const text = policy().toString();
    const others = [
      JSON.stringify(JSON.parse(text), null, 1),
      `${text}\n`,
      `\ufeff${text}`,
      text.replace('Statement', '\\u0053tatement'),
      text.replace('https:', 'https\\u003a'),
    ];
    for (const other of others) await closedWith({ [names.policy]: edgeBase64(Buffer.from(other)) });
  });

  it('cut off anywhere: nothing', async () => {
    for (const name of [names.policy, names.signature]) {
      const value = alice[name] ?? '';
      for (let length = 0; length < value.length; length += 17) await closedWith({ [name]: value.slice(0, length) });
    }
  });

  it('8 KB of them: nothing', async () => {
    await closedWith({ [names.policy]: 'A'.repeat(8_192) });
    await closedWith({ [names.signature]: 'A'.repeat(8_192) });
    await closedWith({ [names.policy]: `${alice[names.policy]}${'_'.repeat(8_000)}` });
  });

  it('more than CloudFront reads: refused, and no page', async () => {
    const answer = await get('/docs/guide.html', `${header(alice)}; x=${'A'.repeat(33_000)}`);
    expect(answer.status).toBe(494);
  });

  it('under names of another case: nothing', async () => {
    for (const change of [(name: string) => name.toLowerCase(), (name: string) => name.toUpperCase()]) {
      await closed(header(Object.fromEntries(Object.entries(alice).map(([name, value]) => [change(name), value]))));
    }
  });

  it('behind a planted one of the same name: nothing more than the good ones give', async () => {
    for (const name of [names.policy, names.signature, names.keyPairId, names.hash]) {
      await closed(`${name}=planted; ${header(alice)}`);
    }
  });

  it('overruled by a query that makes the request a signed URL: nothing', async () => {
    for (const query of ['Policy=x', 'Signature=', 'Expires=4000000000', 'Key-Pair-Id=K', 'Hash-Algorithm=SHA256']) {
      const answer = await get(`/docs/guide.html?${query}`, header(alice));
      expect([query, answer.status]).toEqual([query, 403]);
    }
  });
});

import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, send } from '../support/http.ts';
import { type RunningSite, startSite, unthrottled } from '../support/site.ts';
import { idToken } from '../support/tokens.ts';
import { type Beginning, beginSignIn, expectRefused, postBearer, postForm, postJson } from './sign-in.ts';

let site: RunningSite;
beforeAll(async () => {
  site = await startSite({ config: unthrottled });
});
afterAll(() => site.close());

/** A browser that has begun, and a token that would be admitted. */
let beginning: Beginning;
let token: string;
beforeEach(async () => {
  beginning = await beginSignIn(site);
  token = await idToken(site, 'alice@example.com', { nonce: beginning.nonce });
});

const good = (): Promise<Answer> => postJson(site, { idToken: token }, beginning);

describe('a body that is in order', () => {
  it('signs in, so that the refusals below mean something', async () => {
    expect((await good()).status).toBe(201);
  });
});

describe('JSON', () => {
  it.each<[string, (token: string) => string]>([
    ['__proto__', (one) => `{"__proto__":{"idToken":"${one}"}}`],
    ['__proto__ beside the token', (one) => `{"idToken":"${one}","__proto__":{"admin":true}}`],
    ['__proto__ by an escape', (one) => `{"idToken":"${one}","__pr\\u006fto__":{"admin":true}}`],
    ['constructor.prototype', (one) => `{"idToken":"${one}","constructor":{"prototype":{"admin":true}}}`],
    ['constructor', (one) => `{"idToken":"${one}","constructor":1}`],
    ['toString', (one) => `{"idToken":"${one}","toString":"x"}`],
    ['an ID token that pretends to be a text', (one) => `{"idToken":{"toString":"${one}","length":9}}`],
    ['an ID token in a list', (one) => `{"idToken":["${one}"]}`],
    ['two ID tokens', (one) => `{"idToken":"${one}","idtoken":"${one}"}`],
    ['the same name twice, the last one broken', (one) => `{"idToken":"${one}","idToken":"x"}`],
    ['the same name twice, the last one a number', (one) => `{"idToken":"${one}","idToken":1}`],
    ['a name of another case', (one) => `{"IDTOKEN":"${one}"}`],
    ['a name with a null byte', (one) => `{"idToken\\u0000":"${one}"}`],
    ['the token alone', (one) => `"${one}"`],
    ['the token in a list', (one) => `["${one}"]`],
    ['a number', () => '1e309'],
    ['a huge number', () => `{"idToken":${'9'.repeat(10_000)}}`],
    ['nesting without end', () => `${'['.repeat(8_000)}${']'.repeat(8_000)}`],
    ['objects without end', () => `${'{"a":'.repeat(3_000)}1${'}'.repeat(3_000)}`],
    ['a comment', (one) => `{"idToken":"${one}"/* */}`],
    ['a comma too many', (one) => `{"idToken":"${one}",}`],
    ['single quotes', (one) => `{'idToken':'${one}'}`],
    ['a byte order mark', (one) => `\ufeff{"idToken":"${one}"}`],
    ['two documents', (one) => `{"idToken":"${one}"}{"idToken":"${one}"}`],
    ['a JSON line and a form', (one) => `{"idToken":"${one}"}&credential=${one}`],
    ['NaN', () => '{"idToken":NaN}'],
    ['nothing but blanks', () => '   '],
    ['null', () => 'null'],
    ['more than 16 KB', (one) => `{"idToken":"${one}"}${' '.repeat(16_384)}`],
  ])('%s: refused', async (_name, body) => {
    expectRefused(await postJson(site, body(token), beginning), 'invalid_request', 'invalid_token');
    // Nothing of it stays behind in the instance.
    const after = (await send(`${site.origin}/auth/session`)).json as Record<string, unknown>;
    expect(after['admin']).toBeUndefined();
    expect((await good()).status).toBe(201);
  });
});

describe('content types', () => {
  it.each([
    '',
    'text/plain',
    'text/html',
    'text/json',
    'application/jsonp',
    'application/json-seq',
    'application/javascript',
    'application/xml',
    'application/octet-stream',
    'application/json, text/plain',
    'text/plain, application/json',
    'text/plain; application/json',
    'application/xjson',
    'multipart/form-data; boundary=x',
    'multipart/mixed; boundary=x',
    'application/x-www-form-urlencoded, application/json',
    'application/x-www-form-urlencodedx',
    '\tapplication',
    'a'.repeat(5_000),
  ])('a JSON body as %j: refused', async (type) => {
    expectRefused(await postJson(site, { idToken: token }, beginning, { 'Content-Type': type }), 'invalid_request');
  });

  it('a form in parts is refused', async () => {
    const parts = ['--x', 'Content-Disposition: form-data; name="idToken"', '', token, '--x--', ''].join('\r\n');
    const type = { 'Content-Type': 'multipart/form-data; boundary=x' };
    expectRefused(await postJson(site, parts, beginning, type), 'invalid_request');
  });

  it.each(['utf-7', 'utf-16', 'utf-16le', 'utf-32', 'ibm500', 'iso-2022-jp', 'gzip', '"'])(
    'the charset %s changes nothing: a body is UTF-8',
    async (charset) => {
      const type = { 'Content-Type': `application/json; charset=${charset}` };
      expect((await postJson(site, { idToken: token }, beginning, type)).status).toBe(201);
      const sevenBits = `+AHsAIg-idToken+ACIAOgAi-${token}+ACIAfQ-`;
      expectRefused(await postJson(site, sevenBits, beginning, type), 'invalid_request');
    },
  );

  it.each(['gzip', 'br', 'deflate', 'compress', 'identity, gzip'])(
    'Content-Encoding %s is not undone',
    async (encoding) => {
      const answer = await postJson(site, 'H4sIAAAAAAAA', beginning, { 'Content-Encoding': encoding });
      expectRefused(answer, 'invalid_request');
    },
  );

  it('a form from our own page is refused: only the provider posts forms', async () => {
    const answer = await postForm(site, { credential: token }, beginning, { Origin: site.origin });
    expect([answer.status, answer.headers['location'], answer.setCookie]).toEqual([
      303,
      '/public/login.html#error=invalid_request',
      [],
    ]);
  });

  it('a Bearer token and a body at once are refused', async () => {
    const bearer = await idToken(site, 'alice@example.com');
    for (const body of ['{}', '{"idToken":"x"}', 'credential=x', ' ']) {
      const answer = await send(`${site.origin}/auth/session`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${bearer}`, 'Content-Type': 'application/json' },
        body,
      });
      expectRefused(answer, 'invalid_request');
    }
    expect((await postBearer(site, bearer)).status).toBe(201);
  });
});

describe('any body of any type', () => {
  it('gives nothing, and is never a fault of ours', async () => {
    const types = ['application/json', 'application/ld+json', 'application/x-www-form-urlencoded', 'text/plain', ''];
    const bodies = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.json(),
      fc
        .dictionary(fc.constantFrom('credential', 'g_csrf_token', 'state', 'idToken', '__proto__'), fc.string())
        .map((fields) => {
          const wellFormed = Object.entries(fields).map(([name, value]): [string, string] => [
            name,
            value.toWellFormed(),
          ]);
          return new URLSearchParams(wellFormed).toString();
        }),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...types), bodies, async (type, body) => {
        const origin = /form/.test(type) ? site.google.origin : site.origin;
        const answer = await postJson(site, body, beginning, { 'Content-Type': type, Origin: origin });
        expect([303, 400, 401, 413, 415, 422]).toContain(answer.status);
        expect(answer.setCookie).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

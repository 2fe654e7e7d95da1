import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { googleIssuer } from '../../contract/layout.ts';
import type { GatewayAnswer } from '../receive/gateway.ts';
import type { Claims } from '../testing/stub-google.ts';
import { codeOf, startTestSite, type TestSite } from '../testing/test-site.ts';
import { openRequestKey, openRequestSchema, parseStored, plainLine, requestName } from './request.ts';

const path = '/auth/access-requests';
const mallory = { sub: '6666', email: 'mallory@evil.example', hd: undefined };

let site: TestSite;
beforeEach(async () => {
  site = await startTestSite({ accessRequests: { policy: { mayAsk: 'anyone', maximumOpen: 3 } } });
});
afterEach(() => site.close());

const send = (body: string, headers: Record<string, string> = {}, claims: Claims = mallory): Promise<GatewayAnswer> =>
  site.send({
    method: 'POST',
    path,
    headers: { authorization: `Bearer ${site.token(claims)}`, 'content-type': 'application/json', ...headers },
    body,
  });
const stored = (sub = mallory.sub): string => site.aws.read(openRequestKey(requestName(googleIssuer, sub))) ?? '';

/** Written as code points, so that this file does not attack its own readers. */
const chars = (...points: number[]): string => String.fromCodePoint(...points);
const [esc, bell, rightToLeft, isolate, popIsolate, zeroWidth, lineSeparator, accent] = [
  0x1b, 0x07, 0x202e, 0x2066, 0x2069, 0x200b, 0x2028, 0x301,
].map((point) => chars(point));

const reasons: [attack: string, reason: string, kept: string][] = [
  [
    'header injection',
    'x\r\nBcc: all@example.com\r\nSubject: You are fired',
    'x Bcc: all@example.com Subject: You are fired',
  ],
  ['a colour and a cleared screen', `${esc}[2J${esc}[31mred`, '[2J [31mred'],
  [
    'a title and a link of the terminal',
    `${esc}]0;owned${bell}${esc}]8;;https://evil.example${esc}\\x`,
    ']0;owned ]8;;https://evil.example \\x',
  ],
  ['the 8-bit escape', `a${chars(0x9b)}31mb`, 'a 31mb'],
  ['writing turned round', `${rightToLeft}gnp.exe${isolate}x${popIsolate}`, 'gnp.exex'],
  ['words that cannot be seen', `pay${zeroWidth}pal${chars(0xad, 0xfeff, 0xe0041)}`, 'paypal'],
  [
    'fillers, joiners and selectors that hide in a word',
    `pay${chars(0x3164, 0x115f, 0xffa0, 0x34f, 0xfe0f)}pal`,
    'paypal',
  ],
  ['a hidden message in variation selectors', `ok${chars(0xe0158, 0xe0155, 0xe015d, 0xe0120)}`, 'ok'],
  ['blanks that look like a column', `nice${chars(0x2800, 0x2800)}ceo@example.com`, 'nice ceo@example.com'],
  [
    'a second line that looks like the table',
    `nice${lineSeparator}2  admin@example.com  approved`,
    'nice 2 admin@example.com approved',
  ],
  ['null bytes', `a${chars(0)}b`, 'a b'],
  ['half a character', `a\ud800b\udc00`, 'a\ufffdb\ufffd'],
  ['a tower of accents', `e${accent?.repeat(400)}`, `e${accent?.repeat(3)}`],
  ['nothing but blanks', ` \t${chars(0xa0, 0x3000)}\n`, ''],
  ['markup', '<img src=x onerror=alert(1)>', '<img src=x onerror=alert(1)>'],
  ['a template', '${process.env} {{7*7}} %s', '${process.env} {{7*7}} %s'],
];

describe('a reason with', () => {
  it.each(reasons)(
    '%s is stored as one line of visible text, and is in no log and no message',
    async (_, reason, kept) => {
      expect((await send(JSON.stringify({ reason }))).statusCode).toBe(202);
      expect(JSON.parse(stored()).reason.replace(/ +/g, ' ')).toBe(kept);
      expect(stored()).not.toMatch(/\r|\u2028/);
      const told = JSON.stringify([site.lines, site.aws.messages]);
      for (const word of kept.split(' ').filter((one) => one.length > 4)) expect(told).not.toContain(word);
    },
  );

  it('any text becomes one line of visible text, no longer than before, and a second pass does not change it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 500 }), (words) => {
        const line = plainLine(words);
        expect(line).not.toMatch(/[\p{C}\p{DI}\p{Zl}\p{Zp}\u2800]/u);
        expect(line.length).toBeLessThanOrEqual(words.length);
        expect(plainLine(line)).toBe(line);
      }),
    );
  });

  it('500 characters is accepted, and 501 are refused with the name of the field', async () => {
    expect((await send(JSON.stringify({ reason: 'x'.repeat(501) }))).statusCode).toBe(422);
    expect((await send(JSON.stringify({ reason: 'x'.repeat(500) }))).statusCode).toBe(202);
    expect(parseStored(openRequestSchema, stored())?.reason).toHaveLength(500);
  });
});

describe('an object', () => {
  const request = (change: object, who: object = {}) =>
    parseStored(
      openRequestSchema,
      JSON.stringify({
        version: 1,
        askedAt: '2027-01-15T08:00:00.000Z',
        who: { iss: googleIssuer, sub: '1', managed: true, ...who },
        reason: '',
        ...change,
      }),
    );

  it.each<[string, object, object]>([
    ['a reason of 500 characters', { reason: 'x'.repeat(500) }, { reason: 'x'.repeat(501) }],
    ['version 1', { version: 1 }, { version: 2 }],
    ['a time of JavaScript', { askedAt: '2027-01-15T08:00:00+00:00' }, { askedAt: '2027-01-15T08:00:00+00' }],
    ['no field of its own', {}, { admin: true }],
  ])('has %s and no more', (_, good, bad) => {
    expect(request(good)).toMatchObject(good);
    expect(request(bad)).toBeUndefined();
  });

  it.each(['iss', 'sub', 'email', 'hd'])('has 1,024 characters of %s and no more', (field) => {
    expect(request({}, { [field]: 'x'.repeat(1_024) })?.who).toHaveProperty(field);
    expect(request({}, { [field]: 'x'.repeat(1_025) })).toBeUndefined();
    expect(request({}, { [field]: 1 })).toBeUndefined();
  });

  it('says whether the address is managed', () => {
    expect(request({}, { managed: undefined })).toBeUndefined();
    expect(request({}, { managed: 'true' })).toBeUndefined();
  });
});

describe('a body', () => {
  const bodies: [string, string, number][] = [
    ['of 17 KB', JSON.stringify({ reason: 'x'.repeat(17_000) }), 413],
    ['nested 8,000 deep', '['.repeat(8_000) + ']'.repeat(8_000), 422],
    ['with a reason nested 5,000 deep', `{"reason":${'['.repeat(5_000)}${']'.repeat(5_000)}}`, 422],
    ['that is no JSON', '{"reason":', 422],
    ['that is null', 'null', 422],
    ['that is a list', '[]', 422],
    ['that is a text', '"x"', 415],
    ['with a number for a reason', '{"reason":7}', 422],
    ['with a field of its own', '{"reason":"x","who":{"email":"alice@example.com"}}', 422],
    ['with a prototype', '{"reason":"x","__proto__":{"idToken":"x"}}', 422],
    ['with a second token', '{"idToken":"x"}', 400],
  ];
  it.each(bodies)('%s is refused, and nothing is kept', async (_, body, status) => {
    const answer = await send(body);
    expect([answer.statusCode, codeOf(answer)]).toEqual([status, 'invalid_request']);
    expect(site.aws.keys('requests/')).toEqual([]);
  });

  it('of a form is refused: a page elsewhere could send one', async () => {
    const answer = await send('reason=x', { 'content-type': 'application/x-www-form-urlencoded' });
    expect(answer.statusCode).toBe(415);
  });

  it('without any token is refused', async () => {
    const answer = await site.send({
      method: 'POST',
      path,
      headers: { 'content-type': 'application/json' },
      body: '{"reason":"x"}',
    });
    expect([answer.statusCode, codeOf(answer)]).toEqual([422, 'invalid_request']);
  });
});

describe('a page', () => {
  it('of another origin is refused', async () => {
    const answer = await send('{}', { origin: 'https://evil.example' });
    expect([answer.statusCode, codeOf(answer)]).toEqual([400, 'invalid_request']);
    expect(site.aws.keys('requests/')).toEqual([]);
  });

  it('of an allowed origin may ask, and read the status of the request', async () => {
    const origin = 'https://app.example.com';
    const preflight = await site.send({ method: 'OPTIONS', path, headers: { origin } });
    expect(preflight).toMatchObject({
      statusCode: 204,
      headers: { 'Access-Control-Allow-Origin': origin, 'Access-Control-Allow-Methods': 'POST' },
    });
  });

  it('gets 405 for any other method', async () => {
    const answer = await site.send({ path });
    expect(answer).toMatchObject({ statusCode: 405, headers: { Allow: 'POST' } });
  });
});

describe('an account', () => {
  it('whose ID is a path, an escape or markup names exactly one object under requests/open/', async () => {
    for (const sub of ['../../access/live', `${esc}[2J`, '<b>', 'a/b', chars(0x202e)]) {
      await site.close();
      site = await startTestSite({ accessRequests: { policy: { mayAsk: 'anyone', maximumOpen: 3 } } });
      await send('{}', {}, { ...mallory, sub });
      const keys = site.aws.keys('requests/').filter((key) => key !== 'requests/digest.json');
      for (const key of keys) expect(key).toMatch(/^requests\/open\/[0-9a-f]{64}\.json$/);
      expect(keys.length).toBeLessThanOrEqual(1);
      expect(site.aws.requests.filter((one) => /^put (?!requests\/)/.test(one))).toEqual([]);
    }
  });
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { emptyAccessDocument } from '../../contract/access-rules.ts';
import { accessLiveKey, googleIssuer } from '../../contract/layout.ts';
import { answeredRequestKey, openRequestKey, requestName } from '../ask/request.ts';
import type { GatewayAnswer } from '../receive/gateway.ts';
import type { Claims } from '../testing/stub-google.ts';
import { bearer, codeOf, host, startTestSite, type TestSite } from '../testing/test-site.ts';

const path = '/auth/access-requests';
const mallory = { sub: '6666', email: 'mallory@evil.example', hd: 'evil.example' };
const name = requestName(googleIssuer, mallory.sub);
const minute = 60_000;

let site: TestSite;
const start = async (policy: object = {}): Promise<void> => {
  site = await startTestSite({ accessRequests: { policy: { mayAsk: 'anyone', maximumOpen: 3, ...policy } } });
  site.aws.now = () => site.clock;
};
beforeEach(() => start());
afterEach(() => site.close());

const ask = (claims: Claims = mallory, body: object = { reason: 'I write the guide' }): Promise<GatewayAnswer> => {
  const now = Math.floor(site.clock / 1000);
  const token = site.token({ iat: now - 5, exp: now + 3595, ...claims });
  return site.send({
    method: 'POST',
    path,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
};
const statusOf = ({ statusCode, body = '' }: GatewayAnswer): unknown => [statusCode, JSON.parse(body).status];
const open = (): string[] => site.aws.keys('requests/open/');
const answerWith = (answer: 'approved' | 'denied'): void => {
  const time = new Date(site.clock).toISOString();
  const who = { iss: googleIssuer, sub: mallory.sub, managed: true };
  const document = { version: 1, askedAt: time, answeredAt: time, who, answer };
  site.aws.put(answeredRequestKey(name), JSON.stringify(document));
  site.aws.remove(openRequestKey(name));
};

describe('a request for access', () => {
  it('is stored once per person, under a hash, with the identity from the token and the reason', async () => {
    expect(statusOf(await ask())).toEqual([202, 'sent']);
    expect(open()).toEqual([openRequestKey(name)]);
    expect(JSON.parse(site.aws.read(openRequestKey(name)) ?? '')).toEqual({
      version: 1,
      askedAt: '2027-01-15T08:00:00.000Z',
      who: { iss: googleIssuer, sub: '6666', email: 'mallory@evil.example', hd: 'evil.example', managed: true },
      reason: 'I write the guide',
    });
  });

  it('is not made again by asking again, and the first reason stays', async () => {
    await ask();
    expect(statusOf(await ask(mallory, { reason: 'NOW' }))).toEqual([202, 'already-asked']);
    expect(open()).toHaveLength(1);
    expect(site.aws.read(openRequestKey(name))).toContain('I write the guide');
  });

  it('is stored once if the person asks twice at the same time', async () => {
    const answers = (await Promise.all([ask(), ask()])).map(statusOf);
    expect(answers.map(String).sort()).toEqual(['202,already-asked', '202,sent']);
  });

  it('is separate for another issuer with the same account number', () => {
    expect(requestName('https://one.example', '1')).not.toBe(requestName('https://two.example', '1'));
    expect(requestName('https://one.example/1', '')).not.toBe(requestName('https://one.example/', '1'));
  });

  it('needs no reason', async () => {
    expect(statusOf(await ask(mallory, {}))).toEqual([202, 'sent']);
    expect(JSON.parse(site.aws.read(openRequestKey(name)) ?? '').reason).toBe('');
  });

  it('leaves one audit line, with the person and the document versions, but without the reason', async () => {
    await ask();
    await ask();
    const lines = site.lines.filter(({ event }) => event === 'access-requested');
    expect(lines).toEqual([
      expect.objectContaining({
        schema: 1,
        requestId: 'request-1',
        who: { iss: googleIssuer, sub: '6666', email: 'mallory@evil.example', hd: 'evil.example' },
        documents: { config: expect.any(String), live: expect.any(String) },
      }),
    ]);
    expect(JSON.stringify(site.lines)).not.toContain('guide');
  });

  it('names nobody in the log of a site with pseudonyms, and is refused when there is no key for them', async () => {
    await site.close();
    const accessRequests = { policy: { mayAsk: 'anyone' as const, maximumOpen: 3 } };
    site = await startTestSite({ accessRequests, pseudonymised: true });
    site.aws.faults.set('put audit/pseudonyms.key', 'failing');
    expect(codeOf(await ask())).toBe('temporarily_unavailable');
    expect(open()).toEqual([]);
    site.aws.faults.clear();
    expect(statusOf(await ask())).toEqual([202, 'sent']);
    expect(JSON.stringify(site.lines)).not.toMatch(/6666|mallory/);
  });
});

describe.each<[string, object]>([
  ['anyone may ask', { mayAsk: 'anyone' }],
  ['their domain may ask', { mayAsk: { hostedDomains: ['evil.example'] } }],
  ['another domain may ask', { mayAsk: { hostedDomains: ['example.com'] } }],
])('a blocked person, where %s', (_, policy) => {
  /** All answers to a person who signs in, asks twice, waits, is refused, and asks again. */
  async function answersTo(claims: Claims, ...blocked: unknown[]): Promise<unknown[]> {
    await site.close();
    await start(policy);
    site.aws.put(accessLiveKey, JSON.stringify({ ...emptyAccessDocument, blocked }));
    const signIn = () => site.send(bearer(site.token(claims)));
    const answers = [await signIn(), await ask(claims), await ask(claims), await signIn()];
    answerWith('denied');
    return [...answers, await ask(claims)];
  }

  it.each<[string, Claims]>([
    ['a stranger', mallory],
    ['a stranger without an address', { ...mallory, email: undefined }],
    ['a stranger whose address is not verified', { ...mallory, email_verified: false }],
  ])('who is %s gets the same status, headers and body as a person who is only refused', async (_who, claims) => {
    const others = await answersTo(claims);
    const account = { issuer: googleIssuer, subject: mallory.sub };
    expect(await answersTo(claims, account)).toEqual(others);
    expect(await answersTo(claims, mallory.email, account)).toEqual(others);
    expect(site.lines.find(({ event }) => event === 'denied')).toMatchObject({ why: 'blocked' });
  });

  it('who matches a rule gets the same answers as a similar person who matches none', async () => {
    const alice = { email: 'alice@evil.example', hd: 'evil.example', sub: mallory.sub };
    const others = await answersTo(alice);
    const admitted = [{ who: { emails: [alice.email] } }];
    await site.close();
    await start(policy);
    site.aws.put(accessLiveKey, JSON.stringify({ ...emptyAccessDocument, blocked: [alice.email], rules: admitted }));
    const answer = await site.send(bearer(site.token(alice)));
    expect([answer, await ask(alice)]).toEqual(others.slice(0, 2));
  });
});

describe('who may ask', () => {
  it('is nobody unless the config says so', async () => {
    await site.close();
    site = await startTestSite();
    const answer = await ask();
    expect([answer.statusCode, codeOf(answer)]).toEqual([400, 'invalid_request']);
    expect(site.aws.requests).toEqual([]);
  });

  it('is shown at sign-in, with the refusal', async () => {
    const signIn = (claims: Claims): Promise<GatewayAnswer> => site.send(bearer(site.token(claims)));
    const refused = JSON.parse((await signIn(mallory)).body ?? '');
    expect(refused).toMatchObject({ code: 'access_denied', account: mallory.email, mayAsk: true });
    const unverified = { ...mallory, email_verified: false };
    expect(JSON.parse((await signIn(unverified)).body ?? '')).not.toHaveProperty('mayAsk');
  });

  const refused: [string, Claims, object?][] = [
    ['whose address is not verified', { ...mallory, email_verified: false }],
    ['whose address has two @', { ...mallory, email: 'a@example.com@evil.example' }],
    ['who has no address', { ...mallory, email: undefined }],
    ['of another domain than may ask', mallory, { mayAsk: { hostedDomains: ['partner.example'] } }],
    [
      'with an address of the domain, but no account of it',
      { ...mallory, email: 'm@partner.example', hd: undefined },
      { mayAsk: { hostedDomains: ['partner.example'] } },
    ],
    [
      'of a domain that only ends like one that may ask',
      { ...mallory, hd: 'notexample.com', email: 'm@notexample.com' },
      { mayAsk: { hostedDomains: ['example.com'] } },
    ],
    [
      'of a domain below one that may ask',
      { ...mallory, hd: 'sub.example.org', email: 'm@sub.example.org' },
      { mayAsk: { hostedDomains: ['example.org'] } },
    ],
    ['with the machine account of somebody', { ...mallory, email: 'x@y.iam.gserviceaccount.com', hd: undefined }],
  ];
  it.each(refused)('is nobody %s', async (_, claims, policy) => {
    if (policy !== undefined) {
      await site.close();
      await start(policy);
    }
    const answer = await ask(claims);
    expect([answer.statusCode, codeOf(answer)]).toEqual([401, 'access_denied']);
    expect(open()).toEqual([]);
    expect(site.lines).toContainEqual(expect.objectContaining({ event: 'refused', reason: 'may-not-ask' }));
  });

  it('is everyone in a domain that may ask', async () => {
    await site.close();
    await start({ mayAsk: { hostedDomains: ['partner.example'] } });
    expect(statusOf(await ask({ ...mallory, hd: 'Partner.example' }))).toEqual([202, 'sent']);
  });

  it('is nobody whom the rules admit: the answer asks them to sign in', async () => {
    expect(statusOf(await ask({}))).toEqual([202, 'admitted']);
    expect(open()).toEqual([]);
  });

  const badTokens: [string, () => string][] = [
    ['another audience', () => site.token({ ...mallory, aud: 'other' })],
    ['another issuer', () => site.token({ ...mallory, iss: 'https://evil.example' })],
    ['an expired token', () => site.token({ ...mallory, exp: 1_799_999_000 })],
    ['a signature of somebody else', () => `${site.token(mallory).split('.').slice(0, 2).join('.')}.c2lnbmF0dXJl`],
    ['no token at all', () => 'x'],
  ];
  it.each(badTokens)('is nobody with %s', async (_, token) => {
    const answer = await site.send({ method: 'POST', path, headers: { authorization: `Bearer ${token()}` } });
    expect([answer.statusCode, codeOf(answer)]).toEqual([401, 'invalid_token']);
    expect(open()).toEqual([]);
  });

  it("is nobody with another browser's token, or without the nonce that a browser has", async () => {
    const fromPage = (claims: Claims, cookies: readonly string[] = []): Promise<GatewayAnswer> =>
      site.send({
        method: 'POST',
        path,
        headers: { origin: `https://${host}`, 'content-type': 'application/json' },
        cookies,
        body: JSON.stringify({ idToken: site.token({ ...mallory, ...claims }), reason: '' }),
      });
    expect(codeOf(await fromPage({}))).toBe('invalid_token');
    expect(codeOf(await fromPage({ nonce: 'somebody' }))).toBe('sign_in_expired');
    const session = await site.send();
    const cookies = [(session.cookies?.[0] ?? '').split(';')[0] ?? ''];
    expect(codeOf(await fromPage({ nonce: 'somebody' }, cookies))).toBe('invalid_token');
    const { nonce } = JSON.parse(session.body ?? '');
    expect(statusOf(await fromPage({ nonce }, cookies))).toEqual([202, 'sent']);
  });
});

describe('an answer', () => {
  it('is shown to a refused person, and holds for 30 days', async () => {
    await ask();
    answerWith('denied');
    expect(statusOf(await ask())).toEqual([202, 'answered']);
    site.clock += 30 * 86_400_000 - 1000;
    expect(statusOf(await ask())).toEqual([202, 'answered']);
    site.clock += 1000;
    expect(statusOf(await ask())).toEqual([202, 'sent']);
  });

  it('is shown after an approval that is not in force yet; a person who is denied later may ask again', async () => {
    await ask();
    answerWith('approved');
    expect(statusOf(await ask())).toEqual([202, 'approved']);
    site.clock += 5 * minute;
    expect(statusOf(await ask())).toEqual([202, 'sent']);
  });

  it('counts, though the open request is still there because the command was interrupted', async () => {
    await ask();
    const left = site.aws.read(openRequestKey(name)) ?? '';
    answerWith('denied');
    site.aws.put(openRequestKey(name), left);
    expect(statusOf(await ask())).toEqual([202, 'answered']);
  });

  it.each([
    ['denied', 'answered', 30 * 86_400_000 - 1000, 30 * 86_400_000],
    ['approved', 'approved', 5 * minute - 1000, 5 * minute],
  ] as const)('of %s holds until its last second', async (given, status, last, end) => {
    answerWith(given);
    site.clock += last;
    expect(statusOf(await ask())).toEqual([202, status]);
    site.clock += end - last;
    expect(statusOf(await ask())).toEqual([202, 'sent']);
  });

  it('that cannot be parsed is ignored', async () => {
    site.aws.put(answeredRequestKey(name), '{"answer":"denied"}');
    expect(statusOf(await ask())).toEqual([202, 'sent']);
  });
});

describe('the number of open requests', () => {
  it('has a limit: beyond it a new person gets 429, but a person with an open request does not', async () => {
    for (const sub of ['1', '2', '3']) await ask({ ...mallory, sub });
    const answer = await ask({ ...mallory, sub: '4' });
    expect([answer.statusCode, codeOf(answer)]).toEqual([429, 'too_many_requests']);
    expect(open()).toHaveLength(3);
    expect(statusOf(await ask({ ...mallory, sub: '2' }))).toEqual([202, 'already-asked']);
  });

  it('is limited by the length of the S3 listing', async () => {
    await ask();
    expect(site.aws.requests.filter((one) => one.startsWith('list'))).toEqual(['list requests/open/ 200']);
  });
});

describe('the message to operators', () => {
  const messages = (): TestSite['aws']['messages'] => site.aws.messages;

  it('has a fixed subject, a number and the command, and nothing about the people', async () => {
    await ask();
    expect(messages()).toEqual([
      {
        subject: 's3nator: requests for access to docs-prod',
        text: expect.stringContaining('1 request for access waits for an answer at site docs, stage prod.'),
      },
    ]);
    expect(messages()[0]?.text).toContain('npm run access -- requests --site docs');
    expect(JSON.stringify(messages())).not.toMatch(/mallory|guide|6666|evil/);
  });

  it('comes at most every 15 minutes, and counts all open requests', async () => {
    await ask({ ...mallory, sub: '1' });
    site.clock += 15 * minute - 1000;
    await ask({ ...mallory, sub: '2' });
    expect(messages()).toHaveLength(1);
    site.clock += 1000;
    await ask({ ...mallory, sub: '3' });
    expect(messages()).toHaveLength(2);
    expect(messages()[1]?.text).toContain('3 requests for access wait');
  });

  it('is sent when a person asks again whose first request came too early for one, and only once', async () => {
    await ask({ ...mallory, sub: '1' });
    site.clock += minute;
    await ask({ ...mallory, sub: '2' });
    site.clock += 15 * minute;
    await ask({ ...mallory, sub: '2' });
    expect(messages()).toHaveLength(2);
    site.clock += 15 * minute;
    await ask({ ...mallory, sub: '2' });
    expect(messages()).toHaveLength(2);
  });

  it('is sent once if several people ask at once', async () => {
    await Promise.all(['1', '2', '3'].map((sub) => ask({ ...mallory, sub })));
    expect(messages()).toHaveLength(1);
  });

  it('is sent for a request in the same second as the last message, because S3 stores whole seconds', async () => {
    site.clock += 500;
    await ask({ ...mallory, sub: '1' });
    site.clock += 100;
    await ask({ ...mallory, sub: '2' });
    site.clock += 15 * minute;
    await ask({ ...mallory, sub: '2' });
    expect(messages()).toHaveLength(2);
  });

  it('that SNS refuses restores the time of the previous one', async () => {
    await ask({ ...mallory, sub: '1' });
    const last = site.aws.read('requests/digest.json');
    expect(JSON.parse(last ?? '')).toEqual({ sentAt: '2027-01-15T08:00:00.000Z' });
    site.clock += 15 * minute;
    site.aws.failPublish = true;
    await ask({ ...mallory, sub: '2' });
    expect(site.aws.read('requests/digest.json')).toBe(last);
    expect(site.lines.at(-1)).toMatchObject({ event: 'access-request-untold', open: 2, cause: 'InternalFailure' });
  });

  it('that SNS refuses loses no request, is logged, and is retried with the next request', async () => {
    site.aws.failPublish = true;
    expect(statusOf(await ask({ ...mallory, sub: '1' }))).toEqual([202, 'sent']);
    expect(open()).toHaveLength(1);
    expect(site.lines).toContainEqual(
      expect.objectContaining({ level: 'error', event: 'access-request-untold', open: 1 }),
    );
    site.aws.failPublish = false;
    await ask({ ...mallory, sub: '2' });
    expect(messages()).toHaveLength(1);
  });

  it.each(['2999-01-01T00:00:00Z', '2027-01-01T00:00:00+00', 'never'])(
    'is not silenced by an object that says %s',
    async (sentAt) => {
      site.aws.put('requests/digest.json', JSON.stringify({ sentAt }));
      await ask();
      expect(messages()).toHaveLength(1);
      await ask({ ...mallory, sub: '2' });
      expect(messages()).toHaveLength(1);
    },
  );

  it('is not sent if its lock cannot be written, and the request is kept', async () => {
    for (const fault of ['requests/digest.json', 'put requests/digest.json']) site.aws.faults.set(fault, 'failing');
    expect(statusOf(await ask())).toEqual([202, 'sent']);
    expect(messages()).toEqual([]);
    expect(open()).toHaveLength(1);
  });
});

describe('when the bucket fails', () => {
  it.each([
    [openRequestKey(name), 'InternalError'],
    [answeredRequestKey(name), 'InternalError'],
    [`put ${openRequestKey(name)}`, 'InternalError'],
    ['list requests/open/', 'list'],
  ])('at %s, asking is unavailable and nothing is claimed to be sent', async (at, cause) => {
    site.aws.faults.set(at, 'failing');
    const answer = await ask();
    expect([answer.statusCode, codeOf(answer)]).toEqual([503, 'temporarily_unavailable']);
    expect(site.lines.at(-1)).toMatchObject({ event: 'refused', reason: 'access-requests-unavailable', cause });
    expect(site.aws.messages).toEqual([]);
  });

  it('treats a request that is too long to read as open', async () => {
    site.aws.faults.set(openRequestKey(name), 'huge');
    expect(statusOf(await ask())).toEqual([202, 'already-asked']);
    expect(site.aws.requests).not.toContainEqual(expect.stringContaining(`put ${openRequestKey(name)}`));
  });

  it('treats 403 as missing, because S3 answers so to callers that may not list the bucket', async () => {
    for (const key of [openRequestKey(name), answeredRequestKey(name), 'requests/digest.json'])
      site.aws.faults.set(key, 'forbidden');
    expect(statusOf(await ask())).toEqual([202, 'sent']);
    expect(site.aws.messages).toHaveLength(1);
  });
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { emptyAccessDocument } from '../../contract/access-rules.ts';
import { accessLiveKey } from '../../contract/layout.ts';
import { bearer, outcome, putRules, renew } from '../testing/issuer-site.ts';
import {
  machineIssuer,
  machineToken,
  poolIssuer,
  poolToken,
  type StubIssuers,
  startStubIssuers,
} from '../testing/stub-issuers.ts';
import { codeOf, startTestSite, type TestSite } from '../testing/test-site.ts';

let stub: StubIssuers;
let site: TestSite;
beforeEach(async () => {
  stub = await startStubIssuers();
  site = await startTestSite({ otherIssuers: stub.issuers, overrides: { claimNames: ['groups'] } });
});
afterEach(() => Promise.all([site.close(), stub.close()]));

describe('the account number of one issuer at another', () => {
  const everybody = [
    { who: { issuer: 'google', anyone: true } },
    { who: { issuer: 'cognitoUserPool', anyone: true } },
    { who: { issuer: machineIssuer, anyone: true } },
  ];
  const outcomes = async (sub: string): Promise<unknown[]> => [
    await outcome(site, site.token({ sub })),
    await outcome(site, poolToken({ sub })),
    await outcome(site, machineToken({ sub })),
  ];

  it('is blocked where it is blocked, and nowhere else', async () => {
    putRules(site, ...everybody);
    site.aws.put(
      accessLiveKey,
      JSON.stringify({ ...emptyAccessDocument, blocked: [{ issuer: poolIssuer, subject: '7' }] }),
    );
    expect(await outcomes('7')).toEqual(['admitted', 'access_denied', 'admitted']);
  });

  it.each([`7\n${poolIssuer}`, `${poolIssuer}\n7`, ' 7', '7 ', '7\u0000', '７', '07'])(
    'that is written as %j is not the one that is admitted as 7',
    async (sub) => {
      putRules(site, { who: { subjects: [{ issuer: poolIssuer, subject: '7' }] } });
      expect(await outcomes('7')).toEqual(['access_denied', 'admitted', 'access_denied']);
      expect(await outcomes(sub)).toEqual(['access_denied', 'access_denied', 'access_denied']);
    },
  );

  it('ends sessions where it was signed out, and nowhere else', async () => {
    putRules(site, ...everybody);
    const sessions = [await bearer(site, site.token({ sub: '7' })), await bearer(site, poolToken({ sub: '7' }))];
    const before = new Date(site.clock + 1_000).toISOString();
    const people = [{ who: { issuer: poolIssuer, subject: '7' }, before }];
    site.aws.put(accessLiveKey, JSON.stringify({ ...emptyAccessDocument, signedOutBefore: { people } }));
    site.clock += 61_000;
    const renewed = await Promise.all(sessions.map((answer) => renew(site, answer)));
    expect(renewed.map((answer) => (answer.statusCode === 200 ? 'renewed' : codeOf(answer)))).toEqual([
      'renewed',
      'session_expired',
    ]);
  });

  it('in an address neither matches that account nor blocks anybody else', async () => {
    const disguised = `${poolIssuer}\n7`;
    putRules(site, { who: { subjects: [{ issuer: poolIssuer, subject: '7' }] } });
    expect(await outcome(site, machineToken({ email: disguised, email_verified: true }))).toBe('access_denied');
    expect(await outcome(site, poolToken({ email: disguised, email_verified: true }))).toBe('access_denied');
  });
});

describe('a claim of another form than the rule expects', () => {
  it.each<[unknown]>([
    ['staff,admin'],
    ['STAFF'],
    [['admin', ['staff']]],
    [{ staff: true }],
    [{ 0: 'staff', length: 1 }],
    [{ toString: 'staff' }],
    [true],
    [0],
    [null],
    [[]],
  ])('%j is not the group "staff"', async (groups) => {
    putRules(site, { who: { issuer: 'cognitoUserPool', claims: { groups: ['staff'] } } });
    expect(await outcome(site, poolToken({ groups: ['staff'] }))).toBe('admitted');
    expect(await outcome(site, poolToken({ groups: 'staff' }))).toBe('admitted');
    expect(await outcome(site, poolToken({ groups }))).toBe('access_denied');
  });

  it.each<[unknown]>([[true], ['true'], [1], [['staff']]])(
    'claims with the names of our own fields have no effect: %j',
    async (value) => {
      putRules(
        site,
        { who: { hostedDomains: ['example.com'] } },
        { who: { serviceAccounts: ['a@b.gserviceaccount.com'] } },
      );
      const more = {
        hd: 'example.com',
        hostedDomain: 'example.com',
        isServiceAccount: value,
        isManaged: value,
        trust: value,
      };
      const state = {
        addressState: 'verified',
        email: 'boss@example.com',
        identities: value,
        'cognito:username': 'boss',
      };
      expect(await outcome(site, poolToken({ ...more, ...state }))).toBe('access_denied');
      expect(await outcome(site, machineToken({ ...more, ...state, email_verified: true }))).toBe('access_denied');
    },
  );
});

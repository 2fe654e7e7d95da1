import { describe, expect, it } from 'vitest';
import { type AccessDocument, parseAccessDocument } from '../../contract/access-rules.ts';
import { googleIssuer } from '../../contract/layout.ts';
import type { Claims } from '../testing/stub-google.ts';
import { aliceClaims, google, startSeconds } from '../testing/test-site.ts';
import { compileAccessRules, type Decision } from './access-decision.ts';
import { identify } from './identity.ts';

const now = startSeconds;

/** Through the schema, as the documents come. */
function documentOf(content: { blocked?: unknown[]; rules?: unknown[]; signedOutBefore?: unknown }): AccessDocument {
  const parsed = parseAccessDocument(JSON.stringify({ version: 1, blocked: [], rules: [], ...content }));
  if (parsed.document === undefined) throw new Error(parsed.problems[0].text);
  return parsed.document;
}

const empty = documentOf({});

function decide(
  claims: Claims,
  config: AccessDocument,
  live: AccessDocument = empty,
  claimNames = ['groups'],
): Decision {
  const all: Claims = { ...aliceClaims, ...claims };
  const verified = {
    issuer: google,
    subject: String(all['sub']),
    issuedAt: now,
    nonce: undefined,
    all,
  };
  return compileAccessRules({ config, live }).decide(identify(verified, claimNames), now);
}

const rule = (who: object, more: object = {}): AccessDocument => documentOf({ rules: [{ who, ...more }] });
const granted = (path = '/*', label = 'config.rules[0]') => ({ outcome: 'granted', rule: label, path, until: null });
const denied = (why: string) => ({ outcome: 'denied', why });

const serviceAccount = {
  sub: '2002',
  email: 'robot@project.iam.gserviceaccount.com',
  hd: undefined,
};
const outsider = { sub: '3003', email: 'bob@other.example', hd: undefined };

describe('hostedDomains', () => {
  const document = rule({ hostedDomains: ['example.com'] });

  it('admit by the hd claim', () => {
    expect(decide({}, document)).toEqual(granted());
    expect(decide({ hd: 'Example.COM' }, document)).toEqual(granted());
  });

  it.each<[string, Claims]>([
    ['an address of the domain without hd', { hd: undefined }],
    ['a domain that only ends like it: evil-example.com', { hd: 'evil-example.com' }],
    ['a domain below it', { hd: 'sub.example.com' }],
    ['a domain that continues it', { hd: 'example.com.evil.example' }],
    ['an hd that is no text', { hd: ['example.com'] }],
    ['an empty hd', { hd: '' }],
    ['an hd that lower-cases to another one: U+212A', { hd: 'e\u212Aample.com' }],
  ])('do not admit %s', (_name, claims) => {
    expect(decide(claims, document)).toEqual(denied('address-untrusted'));
  });
});

describe('an address that is not trusted', () => {
  const everything = rule({
    hostedDomains: ['example.com'],
    emails: ['alice@example.com', 'evil.com@example.com'],
    anyone: true,
    trustUnmanaged: true,
  });

  it.each<[string, Claims, string]>([
    ['unverified', { email_verified: false }, 'address-unverified'],
    ['verified only by a text', { email_verified: 'true' }, 'address-unverified'],
    ['without a word about it', { email_verified: undefined }, 'address-unverified'],
    ['with two @: a@evil.com@example.com', { email: 'a@evil.com@example.com' }, 'address-malformed'],
    ['with no @', { email: 'example.com' }, 'address-malformed'],
    ['with a space', { email: 'alice @example.com' }, 'address-malformed'],
    ['with a line break', { email: 'alice@example.com\n' }, 'address-malformed'],
    ['that lower-cases to another one: U+212A', { email: 'alice@\u212Axample.com' }, 'address-malformed'],
    ['without end', { email: `${'a'.repeat(400)}@example.com` }, 'address-malformed'],
    ['absent', { email: undefined }, 'address-absent'],
    ['empty', { email: '' }, 'address-absent'],
    ['that is no text', { email: ['alice@example.com'] }, 'address-absent'],
  ])('admits nobody when it is %s', (_name, claims, why) => {
    expect(decide(claims, everything)).toEqual(denied(why));
  });

  it('does not matter to a rule on (issuer, subject)', () => {
    const document = rule({ subjects: [{ issuer: googleIssuer, subject: '1001' }] });
    expect(decide({ email_verified: false }, document)).toEqual(granted());
    expect(decide({ sub: '1002' }, document)).toEqual(denied('no-rule'));
    const other = rule({ subjects: [{ issuer: 'https://other.example', subject: '1001' }] });
    expect(decide({}, other)).toEqual(denied('no-rule'));
  });
});

describe('emails', () => {
  it('compare whole addresses in lower case', () => {
    const document = rule({ emails: [' Alice@Example.com '] });
    expect(decide({ email: 'ALICE@example.com' }, document)).toEqual(granted());
    expect(decide({ email: 'xalice@example.com' }, document)).toEqual(denied('no-rule'));
  });

  it('need Google to be authoritative for the address, unless the rule says otherwise', () => {
    expect(decide(outsider, rule({ emails: ['bob@other.example'] }))).toEqual(denied('address-untrusted'));
    expect(decide(outsider, rule({ emails: ['bob@other.example'], trustUnmanaged: true }))).toEqual(granted());
    expect(decide({ ...outsider, email: 'bob@gmail.com' }, rule({ emails: ['bob@gmail.com'] }))).toEqual(granted());
    const lookalike = { ...outsider, email: 'bob@evilgmail.com' };
    expect(decide(lookalike, rule({ emails: ['bob@evilgmail.com'] }))).toEqual(denied('address-untrusted'));
  });
});

describe('the reason address-untrusted', () => {
  const anna = { sub: '4004', email: 'anna@partner.example', hd: undefined };

  it.each<[string, object]>([
    ['her address', { emails: ['anna@partner.example'] }],
    ['the domain of her address', { hostedDomains: ['partner.example'] }],
    ['her address, with a claim that she has', { emails: ['anna@partner.example'], claims: { groups: ['staff'] } }],
  ])('tells an operator that a rule names %s, and that her company has no Workspace', (_what, who) => {
    expect(decide({ ...anna, groups: 'staff' }, rule(who))).toEqual(denied('address-untrusted'));
  });

  it.each<[string, Claims, object, object?]>([
    ['that names others', anna, { emails: ['bob@partner.example'] }],
    ['that has ended', anna, { emails: [anna.email] }, { until: '2020-01-01T00:00:00Z' }],
    ['that asks for a claim which she lacks', anna, { emails: [anna.email], claims: { groups: ['staff'] } }],
    ['for accounts of another issuer', anna, { emails: [anna.email], issuer: 'cognitoUserPool' }],
    ['for people, where it is a service account', serviceAccount, { emails: [serviceAccount.email] }],
  ])('is not given for a rule %s', (_what, claims, who, more) => {
    expect(decide(claims, rule(who, more))).toEqual(denied('no-rule'));
  });
});

describe('service accounts', () => {
  it.each([
    'robot@project.iam.gserviceaccount.com',
    '123-compute@developer.gserviceaccount.com',
    'project@appspot.gserviceaccount.com',
    'robot@gserviceaccount.com',
  ])('are admitted only by their own list: %s', (email) => {
    const claims = { ...serviceAccount, email };
    const others = rule({
      anyone: true,
      emails: [email],
      trustUnmanaged: true,
      subjects: [{ issuer: googleIssuer, subject: '2002' }],
    });
    expect(decide(claims, others)).toEqual(denied('no-rule'));
    expect(decide(claims, rule({ serviceAccounts: [email] }))).toEqual(granted());
    const unverified = { ...claims, email_verified: false };
    expect(decide(unverified, rule({ serviceAccounts: [email] }))).toEqual(denied('address-unverified'));
  });

  it('are not confused with people whose address only looks similar', () => {
    const claims = { ...outsider, email: 'robot@evilgserviceaccount.com' };
    expect(decide(claims, rule({ anyone: true }))).toEqual(granted());
  });

  it('without an address in their token are not matched by anyone', () => {
    expect(decide({ ...serviceAccount, email: undefined }, rule({ anyone: true }))).toEqual(denied('address-absent'));
  });
});

describe('claims', () => {
  it('match by value, and a list by any element', () => {
    const document = rule({ claims: { groups: ['staff', 7, true] } });
    expect(decide({ groups: 'staff' }, document)).toEqual(granted());
    expect(decide({ groups: ['x', 7] }, document)).toEqual(granted());
    expect(decide({ groups: true }, document)).toEqual(granted());
    for (const groups of [undefined, 'x', '07', '7.0', 'True', ['x'], [['staff']], { staff: true }, null]) {
      expect(decide({ groups }, document)).toEqual(denied('no-rule'));
    }
  });

  it.each<[string, unknown, unknown]>([
    ['GitHub, which sends the number of a repository as a text', 777, '777'],
    ['an issuer that sends it as a number', '777', 777],
    ['Cognito, which sends every attribute as a text', true, 'true'],
    ['an issuer that sends true', 'true', true],
  ])('are compared as text, whichever type a rule has: of %s', (_issuer, inRule, inToken) => {
    const document = rule({ claims: { groups: [inRule] } });
    expect(decide({ groups: inToken }, document)).toEqual(granted());
    expect(decide({ groups: ['x', inToken] }, document)).toEqual(granted());
  });

  it.each<[unknown, unknown]>([
    ['9007199254740992', '9007199254740993'],
    ['-9007199254740992', '-9007199254740993'],
    ['12345678901234567890', '12345678901234567891'],
    ['1e309', '2e309'],
  ])('that are numbers too large for JSON match nothing: %s is read like %s', (inRule, inToken) => {
    const numbers = (text: string): unknown => JSON.parse(`[${text}]`);
    const document = compileAccessRules({
      config: { ...empty, rules: [{ who: { claims: { groups: numbers(String(inRule)) as number[] } }, path: '/*' }] },
      live: empty,
    });
    const all = { ...aliceClaims, groups: numbers(String(inToken)) };
    const verified = { issuer: google, subject: '1001', issuedAt: now, nonce: undefined, all };
    expect(document.decide(identify(verified, ['groups']), now)).toEqual(denied('no-rule'));
    expect(decide({ groups: inToken }, rule({ claims: { groups: [inToken] } }))).toEqual(granted());
  });

  it.each([9_007_199_254_740_991, -9_007_199_254_740_991, 0, -1.5])('may be the number %d', (number) => {
    expect(decide({ groups: number }, rule({ claims: { groups: [number] } }))).toEqual(granted());
    expect(decide({ groups: String(number) }, rule({ claims: { groups: [number] } }))).toEqual(granted());
  });

  it.each<[string, object, Claims]>([
    ['hostedDomains', { hostedDomains: ['example.com'] }, {}],
    ['emails', { emails: ['alice@example.com'] }, {}],
    ['subjects', { subjects: [{ issuer: googleIssuer, subject: '1001' }] }, {}],
    ['serviceAccounts', { serviceAccounts: [serviceAccount.email] }, serviceAccount],
  ])('admit nobody outside the list beside them: %s', (_list, people, named) => {
    const document = rule({ ...people, claims: { groups: ['finance'] } });
    const another = { sub: '9', email: 'carol@gmail.com', hd: undefined, groups: 'finance' };
    expect(decide({ ...named, groups: 'finance' }, document)).toEqual(granted());
    expect(decide(named, document)).toEqual(denied('no-rule'));
    expect(decide(another, document)).toEqual(denied('no-rule'));
    expect(decide({ ...serviceAccount, ...another, email: 'x@y.iam.gserviceaccount.com' }, document)).toEqual(
      denied('no-rule'),
    );
  });

  it('restrict the people of the same rule', () => {
    const document = rule({ hostedDomains: ['example.com'], claims: { groups: ['finance'] } });
    expect(decide({}, document)).toEqual(denied('no-rule'));
    expect(decide({ groups: 'finance' }, document)).toEqual(granted());
    expect(decide({ ...outsider, groups: 'finance' }, document)).toEqual(denied('no-rule'));
    expect(decide({ groups: 'finance' }, rule({ emails: [], claims: { groups: ['finance'] } }))).toEqual(
      denied('no-rule'),
    );
  });

  it('are only the ones that the session keeps, so a renewal decides the same', () => {
    expect(decide({ groups: 'staff' }, rule({ claims: { groups: ['staff'] } }), empty, [])).toEqual(denied('no-rule'));
  });

  it('are never inherited properties of an object', () => {
    const document = rule({ claims: { toString: ['x'], valueOf: ['x'] } });
    expect(decide({}, document, empty, ['toString', 'valueOf', '__proto__'])).toEqual(denied('no-rule'));
  });
});

describe('order', () => {
  it('gives the first rule that matches, live before config, and never a later one', () => {
    const config = documentOf({
      rules: [
        { who: { emails: ['alice@example.com'] }, path: '/alice/*' },
        { who: { hostedDomains: ['example.com'] }, path: '/team/*' },
        { who: { anyone: true }, path: '/all/*' },
      ],
    });
    const carol = { email: 'carol@example.com', sub: '4004' };
    expect(decide({}, config)).toEqual(granted('/alice/*'));
    expect(decide(carol, config)).toEqual(granted('/team/*', 'config.rules[1]'));
    expect(decide(outsider, config)).toEqual(granted('/all/*', 'config.rules[2]'));
    const live = rule({ emails: ['carol@example.com', 'alice@example.com'] }, { path: '/live/*' });
    expect(decide({}, config, live)).toEqual(granted('/live/*', 'live.rules[0]'));
  });

  it('gives the first of many rules that name the same address', () => {
    const rules = Array.from({ length: 12 }, (_, n) => ({ who: { emails: ['alice@example.com'] }, path: `/${n}/*` }));
    expect(decide({}, documentOf({ rules }))).toEqual(granted('/0/*'));
  });

  it('skips a rule that has ended', () => {
    const rules = [
      { who: { anyone: true }, path: '/old/*', until: '2027-01-15T08:00:00Z' },
      { who: { anyone: true }, path: '/fraction/*', until: '2027-01-15T08:00:00.999Z' },
      { who: { anyone: true }, path: '/new/*', until: '2027-01-15T10:00:01+02:00' },
    ];
    expect(decide({}, documentOf({ rules }))).toEqual({
      outcome: 'granted',
      rule: 'config.rules[2]',
      path: '/new/*',
      until: now + 1,
    });
  });

  it.each([
    ['config', 'alice@example.com'],
    ['live', 'ALICE@example.com'],
    ['config', { issuer: googleIssuer, subject: '1001' }],
    ['live', { issuer: googleIssuer, subject: '1001' }],
  ])('checks blocked people first: %s %j', (where, person) => {
    const rules = [{ who: { anyone: true } }];
    const blocking = documentOf({ blocked: [person], rules });
    const open = documentOf({ rules });
    const [config, live] = where === 'config' ? [blocking, open] : [open, blocking];
    expect(decide({}, config, live)).toEqual(denied('blocked'));
    expect(decide({ email_verified: false }, config, live)).toEqual(denied('blocked'));
    expect(decide({ sub: '9', email: 'z@example.com' }, config, live)).toEqual(granted('/*', 'live.rules[0]'));
  });
});

describe('signedOutBefore', () => {
  const alice = { issuer: googleIssuer, subject: '1001', email: 'alice@example.com' };
  const noon = Date.parse('2027-01-31T12:00:00Z') / 1000;
  const signedOut = (signedOutBefore: object, person: typeof alice | Omit<typeof alice, 'email'> = alice) =>
    compileAccessRules({
      config: documentOf({ signedOutBefore: { everyone: '2099-01-01T00:00:00Z' } }),
      live: documentOf({ signedOutBefore }),
    }).signedOutBefore({ email: undefined, ...person });

  it('is the latest time that names the person, by address or by account', () => {
    const before = '2027-01-31T12:00:00Z';
    expect(signedOut({ everyone: before })).toBe(noon);
    expect(signedOut({ people: [{ who: 'ALICE@example.com', before }] })).toBe(noon);
    expect(signedOut({ people: [{ who: { issuer: googleIssuer, subject: '1001' }, before }] })).toBe(noon);
    const people = [
      { who: 'alice@example.com', before },
      { who: 'alice@example.com', before: '2027-01-31T11:00:00Z' },
    ];
    expect(signedOut({ people, everyone: '2027-01-31T13:00:00+02:00' })).toBe(noon);
    expect(signedOut({ people, everyone: '2027-01-31T13:00:00Z' })).toBe(noon + 3_600);
  });

  it('does not apply to others, and never comes from the config', () => {
    const before = '2027-01-31T12:00:00Z';
    expect(signedOut({})).toBeUndefined();
    expect(signedOut({ people: [{ who: 'bob@example.com', before }] })).toBeUndefined();
    expect(
      signedOut({ people: [{ who: { issuer: 'https://other.example', subject: '1001' }, before }] }),
    ).toBeUndefined();
    expect(
      signedOut({ people: [{ who: 'alice@example.com', before }] }, { issuer: googleIssuer, subject: '1001' }),
    ).toBe(undefined);
  });

  it('rounds up: a session from the same second may have begun earlier', () => {
    expect(signedOut({ everyone: '2027-01-31T12:00:00.001Z' })).toBe(noon + 1);
  });
});

describe('cost', () => {
  /** A list that counts how often one of its entries is read. */
  function counted(list: readonly string[]): { readonly list: readonly string[]; reads(): number } {
    let reads = 0;
    const proxy = new Proxy(list, {
      get(target, name, receiver) {
        if (typeof name === 'string' && /^\d+$/.test(name)) reads += 1;
        return Reflect.get(target, name, receiver);
      },
    });
    return { list: proxy, reads: () => reads };
  }

  it('of a decision does not grow with the number of addresses: the list is read once, in advance', () => {
    const emails = counted(Array.from({ length: 100_000 }, (_, n) => `person-${n}@example.com`));
    const document = rule({ emails: ['alice@example.com'] });
    const [first] = document.rules;
    const rules = compileAccessRules({
      config: { ...document, rules: [{ path: '/*', ...first, who: { emails: emails.list as string[] } }] },
      live: empty,
    });
    expect(emails.reads()).toBe(100_000);
    const verified = { issuer: google, subject: '1', issuedAt: now, nonce: undefined };
    for (const [email, outcome] of [
      ['person-99999@example.com', 'granted'],
      ['stranger@example.com', 'denied'],
    ]) {
      const identity = identify({ ...verified, all: { ...aliceClaims, email } }, []);
      expect(rules.decide(identity, now).outcome).toBe(outcome);
    }
    expect(emails.reads()).toBe(100_000);
  });
});

describe('a person of a configured issuer that does not vouch for the address', () => {
  const issuer = 'https://issuer.example';
  const trusted = {
    ...google,
    issuer,
    kind: 'oidc' as const,
    isDefault: false,
    trustedDomains: new Map([[issuer, new Set(['example.com'])]]),
  };

  function decideOf(emailVerified: boolean, ...whos: readonly object[]): Decision {
    const all = { sub: '7', email: 'alice@example.com', email_verified: emailVerified, groups: 'staff' };
    const verified = { issuer: trusted, subject: '7', issuedAt: now, nonce: undefined, all };
    const config = documentOf({ rules: whos.map((who) => ({ who: { ...who, issuer } })) });
    return compileAccessRules({ config, live: empty }).decide(identify(verified, ['groups']), now);
  }

  it.each<[string, object]>([
    ['address', { emails: ['alice@example.com'] }],
    ['address, although others who are unmanaged are trusted', { emails: ['alice@example.com'], trustUnmanaged: true }],
    ['domain', { hostedDomains: ['example.com'] }],
  ])('is not admitted by their %s', (_, who) => {
    expect(decideOf(true, who)).toEqual(granted());
    expect(decideOf(false, who)).toEqual(denied('address-unverified'));
  });

  it.each<[string, object]>([
    ['account', { subjects: [{ issuer, subject: '7' }] }],
    ['claim', { claims: { groups: ['staff'] } }],
    ['sign-in alone', { anyone: true }],
  ])('is admitted by their %s', (_, who) => {
    expect(decideOf(false, who)).toEqual(granted());
  });
});

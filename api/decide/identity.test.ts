import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyAccessDocument, parseAccessDocument, unmatchable } from '../../contract/access-rules.ts';
import type { TrustedIssuer } from '../verify/trusted-issuers.ts';
import { compileAccessRules } from './access-decision.ts';
import { identify } from './identity.ts';

const issuer = (kind: TrustedIssuer['kind'], trustedDomains: readonly string[] = []): TrustedIssuer => ({
  kind,
  issuer: kind === 'google' ? 'https://accounts.google.com' : 'https://issuer.example',
  algorithm: 'RS256',
  audiences: ['client'],
  keySet: { find: () => Promise.reject(new Error('not asked')), warm: async () => {} },
  trustedDomains: new Map([['https://issuer.example', new Set(trustedDomains)]]),
  isDefault: true,
  identityLogin: null,
});
const google = issuer('google');
const person = (all: Record<string, unknown>, of = google) =>
  identify({ issuer: of, subject: '1', issuedAt: 0, nonce: undefined, all: { email_verified: true, ...all } }, []);

const parse = (document: object) =>
  parseAccessDocument(JSON.stringify({ ...emptyAccessDocument, ...document })).document;

/** Whether a command may write this name to a document. */
const isWritable = (document: object): boolean => {
  const parsed = parse(document);
  return parsed !== undefined && unmatchable(parsed).length === 0;
};
const decide = (document: object, identity: ReturnType<typeof person>) =>
  compileAccessRules({ config: emptyAccessDocument, live: parse(document) ?? emptyAccessDocument }).decide(identity, 0);

const random = fc.oneof(
  fc.emailAddress(),
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom(...'aK.@-_*<>," \u212a\u0130\u00a0\u200b\u0430\uff20') }),
  fc.tuple(fc.string(), fc.domain()).map(([name, host]) => `${name}@${host}`),
);

describe('an address', () => {
  it('is valid in a rule exactly if it is valid in a token', () => {
    fc.assert(
      fc.property(random, (text) => {
        const believed = person({ email: text }).addressState === 'verified';
        // Spaces around are dropped where people write, and are part of what a token says.
        const bare = text === text.trim();
        const rules = [{ who: { emails: [text], trustUnmanaged: true } }];
        if (bare)
          expect([text, isWritable({ rules }), isWritable({ blocked: [text] })]).toEqual([text, believed, believed]);
        if (bare && believed) expect(decide({ rules }, person({ email: text })).outcome).toBe('granted');
        if (!believed) expect(decide({ rules }, person({ email: text })).outcome).toBe('denied');
      }),
      { numRuns: 3_000 },
    );
  });

  it('with a letter that becomes ASCII in lower case is not that of another person: K (U+212A), İ (U+0130)', () => {
    const kate = { rules: [{ who: { emails: ['kate@example.com'], trustUnmanaged: true } }] };
    expect(person({ email: '\u212aate@example.com' })).toMatchObject({
      addressState: 'malformed',
      email: '\u212aate@example.com',
    });
    expect(decide(kate, person({ email: '\u212aate@example.com' })).outcome).toBe('denied');
    const kelvin = { rules: [{ who: { emails: ['\u212aate@example.com'], trustUnmanaged: true } }] };
    expect(decide(kelvin, person({ email: 'kate@example.com' })).outcome).toBe('denied');
  });

  it('of a service account is recognized in upper or lower case, malformed or not', () => {
    for (const email of ['A@B.IAM.GSERVICEACCOUNT.COM', '\u00fc@B.IAM.GSERVICEACCOUNT.COM']) {
      expect(person({ email }).isServiceAccount).toBe(true);
    }
  });
});

describe('a domain', () => {
  const who = { hostedDomains: ['kexample.com'] };

  it('is valid in a rule exactly if it is valid in a token', () => {
    const domains = fc.oneof(
      fc.domain(),
      fc.string({ unit: fc.constantFrom(...'aK.-@*\u212a\u0130\u00fc') }),
      fc.string(),
    );
    fc.assert(
      fc.property(domains, (text) => {
        const { hostedDomain } = person({ email: 'a@example.com', hd: text });
        const rules = [{ who: { hostedDomains: [text] } }];
        if (text === text.trim()) expect([text, isWritable({ rules })]).toEqual([text, hostedDomain !== undefined]);
        if (hostedDomain !== undefined)
          expect(decide({ rules }, person({ email: 'a@example.com', hd: text })).outcome).toBe('granted');
      }),
      { numRuns: 2_000 },
    );
  });

  it('with a Kelvin sign differs from the one with a k, in a rule and in a token', () => {
    expect(decide({ rules: [{ who }] }, person({ email: 'a@gmail.com', hd: '\u212aexample.com' })).outcome).toBe(
      'denied',
    );
    const kelvin = { rules: [{ who: { hostedDomains: ['\u212aexample.com'] } }] };
    expect(parse(kelvin)).toBeDefined();
    expect(decide(kelvin, person({ email: 'a@gmail.com', hd: 'kexample.com' })).outcome).toBe('denied');
    const trusting = issuer('oidc', ['kexample.com']);
    expect(person({ email: 'a@kexample.com' }, trusting).hostedDomain).toBe('kexample.com');
    expect(person({ email: 'a@\u212aexample.com' }, trusting).hostedDomain).toBeUndefined();
  });
});

describe('a document of an earlier version', () => {
  it('still blocks and signs out an address that is not ASCII, in any case of its letters', () => {
    const old = {
      blocked: ['J\u00fcrgen@example.com', '\u212aate@example.com'],
      rules: [{ who: { anyone: true } }],
      signedOutBefore: { people: [{ who: '\u00c9ve@example.com', before: '2027-01-01T00:00:00Z' }] },
    };
    const pool = issuer('cognitoUserPool');
    for (const email of [
      'J\u00dcRGEN@example.com',
      'j\u00fcrgen@example.com',
      '\u212aate@example.com',
      'kate@example.com',
    ]) {
      expect(decide(old, person({ email }, pool))).toEqual({ outcome: 'denied', why: 'blocked' });
    }
    expect(decide(old, person({ email: 'bob@example.com' }, pool)).outcome).toBe('granted');
    const live = parse(old);
    if (live === undefined) throw new Error('not read');
    const rules = compileAccessRules({ config: emptyAccessDocument, live });
    expect(rules.signedOutBefore(person({ email: '\u00e9VE@example.com' }, pool))).toBe(1_798_761_600);
    expect(rules.signedOutBefore(person({ email: 'eve@example.com' }, pool))).toBeUndefined();
  });

  it('is read in full, whatever its lines name, so that all of its blocks stay in force', () => {
    const names = [
      '<alice@example.com>',
      'alice@example.com,',
      '"a"@b',
      'a\u200b@b',
      `${'a'.repeat(300)}@b`,
      'a@[1.2.3.4]',
    ];
    const blocked = [...names, 'eve@example.com'];
    const document = parse({ blocked, rules: [{ who: { emails: names, serviceAccounts: names } }] });
    expect(document?.blocked).toEqual(blocked);
    if (document === undefined) throw new Error('not read');
    expect(unmatchable(document).map(({ path }) => path.join('.'))).toEqual([
      ...names.map((_, place) => `blocked.${place}`),
      ...names.map((_, place) => `rules.0.who.emails.${place}`),
      ...names.map((_, place) => `rules.0.who.serviceAccounts.${place}`),
    ]);
    expect(decide({ blocked }, person({ email: 'eve@example.com' }))).toEqual({ outcome: 'denied', why: 'blocked' });
  });
});

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAccessDocument, unmatchable } from './access-rules.ts';
import { validatorOf } from './testing/json-schema.ts';

const file = resolve(import.meta.dirname, '../docs/access-document.schema.json');
const published = validatorOf(JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>);
/** Whether the commands write it. */
const ours = (value: unknown): boolean => {
  const { document } = parseAccessDocument(JSON.stringify(value));
  return document !== undefined && unmatchable(document).length === 0;
};

const letters = (alphabet: string, maxLength = 6) => fc.string({ unit: fc.constantFrom(...alphabet), maxLength });
const address = fc.oneof(
  fc.tuple(letters('aB.+', 4), letters('a.B-1 ', 6)).map(([name, host]) => `${name}@${host}`),
  fc.constantFrom(...'<>",;:*(\u0430\u212a\u200b\uff20'.split('').map((character) => `a${character}@b.example`)),
  fc.constantFrom(...[242, 243].map((length) => `${'a'.repeat(length)}@example.com`)),
);
const domain = fc.oneof(
  letters('aB-.1 ', 12),
  fc.constantFrom(
    'example.com',
    `${'a'.repeat(63)}.example`,
    `${'a'.repeat(64)}.example`,
    `${'a.'.repeat(126)}ab`,
    `${'a.'.repeat(126)}a`,
  ),
);
const path = fc
  .oneof(letters('/a*?%2fA\'" é', 8), fc.constantFrom('/*', `/${'a'.repeat(1023)}`, `/${'a'.repeat(1024)}`))
  .map((text) => (text.startsWith('/') ? text : `/${text}`));
const number = (digits: number) => fc.nat(10 ** digits - 1).map((value) => String(value).padStart(digits, '0'));
const small = (digits: number, maximum: number) => fc.nat(maximum).map((value) => String(value).padStart(digits, '0'));
const time = fc
  .record({
    year: fc.oneof(number(4), fc.constantFrom('2000', '1900', '2024', '2023', '0000')),
    month: small(2, 13),
    day: small(2, 32),
    hour: small(2, 25),
    minute: small(2, 61),
    fraction: fc.constantFrom('', '.5', '.123456789', '.1234567890', '.'),
    zone: fc.constantFrom('Z', '+01:00', '-23:59', '+24:00', '+0100', '+01', '', 'z', ' Z'),
    middle: fc.constantFrom('T', 'T', 'T', ' ', 't'),
  })
  .map(
    ({ year, month, day, hour, minute, fraction, zone, middle }) =>
      `${year}-${month}-${day}${middle}${hour}:${minute}:00${fraction}${zone}`,
  );
const subject = fc.record({
  issuer: fc.constantFrom('https://accounts.google.com', 'https://accounts.google.com/', 'http://x', 'https://', ''),
  subject: fc.constantFrom('1', '1 ', 'a@b.example', '', 'a'.repeat(255), 'a'.repeat(256)),
});
const person = fc.oneof(address, subject);
const claims = fc.dictionary(
  fc.constantFrom('groups', 'role', '', 'constructor', '__proto__', 'a'.repeat(256)),
  fc.array(fc.oneof(fc.constantFrom('staff', '', 'a'.repeat(256)), fc.integer(), fc.boolean(), fc.constant(null)), {
    maxLength: 2,
  }),
  { maxKeys: 2, noNullPrototype: false },
);
const who = fc.record(
  {
    issuer: fc.constantFrom('google', 'cognitoUserPool', 'oidc', 'https://x', 'https:// x', 'http://localhost'),
    hostedDomains: fc.array(domain, { maxLength: 2 }),
    emails: fc.array(address, { maxLength: 2 }),
    subjects: fc.array(subject, { maxLength: 2 }),
    serviceAccounts: fc.array(address, { maxLength: 1 }),
    claims,
    anyone: fc.constantFrom(true, true, false),
    trustUnmanaged: fc.constantFrom(true, true, 1),
  },
  { requiredKeys: [] },
);
const document = fc.record(
  {
    $schema: fc.constant('x'),
    version: fc.constantFrom(1, 1, 1, 1, 1, 2),
    blocked: fc.array(person, { maxLength: 2 }),
    rules: fc.array(fc.record({ who, path, until: time }, { requiredKeys: ['who'] }), { maxLength: 2 }),
    signedOutBefore: fc.record(
      { everyone: time, people: fc.array(fc.record({ who: person, before: time }), { maxLength: 1 }) },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: ['version', 'blocked', 'rules'] },
);

/** The same with one field that is gone, new, or something else. */
function spoilt(value: unknown, steps: readonly number[], replacement: unknown): unknown {
  const [step = 0, ...rest] = steps;
  if (typeof value !== 'object' || value === null || steps.length === 0) return replacement;
  const entries = Object.entries(value);
  const at = step % (entries.length + 1);
  const changed = entries.flatMap(([name, inner], place) => {
    if (place !== at) return [[name, inner] as const];
    return rest.length === 0 && replacement === undefined ? [] : [[name, spoilt(inner, rest, replacement)] as const];
  });
  if (at === entries.length) changed.push(['more', replacement ?? null]);
  return Array.isArray(value) ? changed.map(([, inner]) => inner) : Object.fromEntries(changed);
}

/** Each field alone, in an otherwise good document, so that both answers come often. */
const fields: readonly [string, fc.Arbitrary<unknown>][] = [
  ['an address', address.map((value) => ({ version: 1, blocked: [value], rules: [] }))],
  ['an account', subject.map((value) => ({ version: 1, blocked: [value], rules: [] }))],
  ['a domain', domain.map((value) => ({ version: 1, blocked: [], rules: [{ who: { hostedDomains: [value] } }] }))],
  ['a path', path.map((value) => ({ version: 1, blocked: [], rules: [{ who: { anyone: true }, path: value }] }))],
  ['a time', time.map((value) => ({ version: 1, blocked: [], rules: [{ who: { anyone: true }, until: value }] }))],
  ['claims', claims.map((value) => ({ version: 1, blocked: [], rules: [{ who: { claims: value } }] }))],
  ['who', who.map((value) => ({ version: 1, blocked: [], rules: [{ who: value }] }))],
];

describe('docs/access-document.schema.json', () => {
  it.each([...fields, ['a document', document] as const])(
    'accepts %s exactly when a command may write it',
    (_name, arbitrary) => {
      const seen = new Set<boolean>();
      fc.assert(
        fc.property(arbitrary, (value) => {
          const answer = ours(value);
          seen.add(answer);
          expect(published(value)).toBe(answer);
        }),
        { numRuns: 1_000 },
      );
      expect([...seen].sort()).toEqual([false, true]);
    },
  );

  it('agrees with the commands about a document with one value replaced', () => {
    const good = {
      $schema: 'x',
      version: 1,
      blocked: ['eve@gmail.com', { issuer: 'https://accounts.google.com', subject: '1' }],
      rules: [
        { who: { anyone: true, claims: { groups: ['x', 1, true] } }, path: '/a/*', until: '2027-01-31T00:00:00Z' },
        { who: { issuer: 'google', hostedDomains: ['example.com'], emails: ['a@b.example'], trustUnmanaged: true } },
      ],
      signedOutBefore: {
        everyone: '2027-01-31T00:00:00Z',
        people: [{ who: 'a@b.example', before: '2027-01-31T00:00:00Z' }],
      },
    };
    expect([ours(good), published(good)]).toEqual([true, true]);
    const replacement = fc.constantFrom(undefined, null, 1, true, '', 'a@b.example', [], {}, ['a@b.example'], {
      anyone: true,
    });
    fc.assert(
      fc.property(fc.array(fc.nat(10), { minLength: 1, maxLength: 6 }), replacement, (steps, other) => {
        const value: unknown = JSON.parse(JSON.stringify(spoilt(good, steps, other) ?? null));
        expect(published(value)).toBe(ours(value));
      }),
      { numRuns: 2_000 },
    );
  });
});

import { expect, it } from 'vitest';
import type { AuditLine } from '../../../api/record/audit-line.ts';
import { pseudonymOfEmail, pseudonymOfSubject } from '../../../api/record/pseudonyms.ts';
import { filterFor, namesOf } from './log-person.ts';

const issuer = 'https://accounts.google.com';
const key = Buffer.alloc(32, 7);
const who = { iss: issuer, sub: '1001', email: 'alice@example.com' };
const line = { event: 'signed-out', who, sid: 'A1b2C3d4E5f6G7h8I9j0KL' } as AuditLine;
const pseudonymized = { ...who, sub: pseudonymOfSubject(key, issuer, '1001'), email: pseudonymOfEmail(key, who.email) };

const finds = (person: string, at: Partial<AuditLine> = {}, by: Buffer | undefined = undefined): boolean =>
  filterFor(person, namesOf(person, [issuer], by))({ ...line, ...at } as AuditLine);

it.each(['alice@example.com', 'Alice@Example.com', '1001', 'A1b2C3d4', 'A1b2C3d4E5f6G7h8I9j0KL'])(
  'finds a person by %s',
  (person) => {
    expect(finds(person)).toBe(true);
  },
);

it.each(['alice', '@example.com', 'bob@example.com', '100', '10010', 'A1b2C3', 'A1b2C3d', 'A1b2C3d4x', '', issuer])(
  'does not take %j for them',
  (person) => {
    expect(finds(person)).toBe(false);
  },
);

it('finds lines with pseudonyms, and lines from before there were any', () => {
  for (const person of ['ALICE@example.com', '1001']) {
    expect(finds(person, { who: pseudonymized }, key)).toBe(true);
    expect(finds(person, {}, key)).toBe(true);
    expect(finds(person, { who: pseudonymized })).toBe(false);
  }
  expect(finds('bob@example.com', { who: pseudonymized }, key)).toBe(false);
});

it('finds a pseudonym itself, and the sign-out that names a session only', () => {
  expect(finds(pseudonymized.sub, { who: pseudonymized })).toBe(true);
  expect(finds('A1b2C3d4', { who: undefined } as Partial<AuditLine>)).toBe(true);
  expect(finds('alice@example.com', { who: undefined } as Partial<AuditLine>)).toBe(false);
});

import { describe, expect, it } from 'vitest';
import { isSamePerson, meansAccount, personKey } from './person.ts';

const google = 'https://accounts.google.com';
const account = { issuer: google, subject: '1001', email: 'alice@example.com' };

describe('isSamePerson', () => {
  it.each([
    ['one address', 'alice@example.com', 'alice@example.com'],
    ['addresses in another case, in any script', 'ÄLICE@example.com', 'älice@EXAMPLE.com'],
    ['one account', { issuer: google, subject: '1001' }, { subject: '1001', issuer: google }],
  ])('is true for %s', (_, one, other) => {
    expect(isSamePerson(one, other)).toBe(true);
  });

  it.each([
    ['two addresses', 'alice@example.com', 'alice@example.org'],
    ['one subject of two issuers', { issuer: google, subject: '1' }, { issuer: 'https://other.example', subject: '1' }],
    ['two subjects that differ in case', { issuer: google, subject: 'a' }, { issuer: google, subject: 'A' }],
    ['an address and an account with that subject', 'a@example.com', { issuer: google, subject: 'a@example.com' }],
  ])('is false for %s', (_, one, other) => {
    expect(isSamePerson(one, other)).toBe(false);
  });

  it('cannot be tricked by an address that looks like an account', () => {
    expect(personKey('https://a.example@b')).not.toBe(personKey({ issuer: 'https://a.example@b', subject: '' }));
  });
});

describe('meansAccount', () => {
  it('is true for the address and for the account itself', () => {
    expect(meansAccount('Alice@example.com', account)).toBe(true);
    expect(meansAccount({ issuer: google, subject: '1001' }, account)).toBe(true);
  });

  it('is false for another address, another account, and an address if the account has none', () => {
    expect(meansAccount('bob@example.com', account)).toBe(false);
    expect(meansAccount({ issuer: google, subject: '1002' }, account)).toBe(false);
    expect(meansAccount('undefined', { ...account, email: undefined })).toBe(false);
  });
});

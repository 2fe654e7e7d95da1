import { describe, expect, it } from 'vitest';
import { formatKeyList, type KeyList, parseKeyList, sameKeyList, trustedKeys } from './key-list.ts';

const [signer, next, retiring] = ['a', 'b', 'c'].map((digit) => digit.repeat(16)) as [string, string, string];

describe('the key list', () => {
  it.each<[string, KeyList]>([
    ['two keys', { store: 's3', signer, next, retiring: undefined }],
    ['a retiring key', { store: 's3', signer, next, retiring }],
    ['keys in KMS', { store: 'kms', key: 'RSA-2048', signer, next, retiring: undefined }],
  ])('with %s is read back as written, and has one written form', (_, list) => {
    const text = formatKeyList(list);
    expect(parseKeyList(text)).toEqual(list);
    expect(formatKeyList(parseKeyList(JSON.stringify(JSON.parse(text))) ?? list)).toBe(text);
    expect(text).toMatch(/^\{\n {2}"version": 1,\n(.*\n)+\}\n$/);
  });

  it.each([
    '',
    '{',
    'null',
    '[]',
    '{}',
    `{"version":1,"signer":"${signer}"}`,
    JSON.stringify({ version: 1, store: 'kms', signer, next }),
    JSON.stringify({ version: 1, store: 's3', signer, next }),
    JSON.stringify({ version: 1, store: 'kms', key: 'P-384', signer, next }),
    JSON.stringify({ version: 2, signer, next }),
    JSON.stringify({ version: 1, signer, next, more: 1 }),
    JSON.stringify({ version: 1, signer, next: signer }),
    JSON.stringify({ version: 1, signer, next, retiring: next }),
    JSON.stringify({ version: 1, signer, next, retiring: signer }),
    JSON.stringify({ version: 1, signer, next: `${next}b` }),
    JSON.stringify({ version: 1, signer, next: next.slice(1) }),
    JSON.stringify({ version: 1, signer, next: next.toUpperCase() }),
    JSON.stringify({ version: 1, signer, next: '../../../etc/keys' }),
  ])('is not %j', (text) => {
    expect(parseKeyList(text)).toBeUndefined();
  });

  it('is a different list if the roles differ', () => {
    const list = { store: 's3', signer, next, retiring: undefined } as const;
    expect(sameKeyList(list, { ...list })).toBe(true);
    expect(sameKeyList(list, { ...list, signer: next, next: signer })).toBe(false);
    expect(sameKeyList(list, { ...list, retiring })).toBe(false);
    expect(sameKeyList(list, { ...list, store: 'kms', key: 'P-256' })).toBe(false);
  });

  it('trusts every key in it', () => {
    expect(trustedKeys({ signer, next, retiring: undefined })).toEqual([signer, next]);
    expect(trustedKeys({ signer, next, retiring })).toEqual([signer, next, retiring]);
  });
});

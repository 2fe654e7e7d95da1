import { describe, expect, it } from 'vitest';
import { defaultPaths } from '../../contract/layout.ts';
import { makeEvent } from '../testing/test-site.ts';
import { readRequest } from './request.ts';

it('readRequest never throws, and a header that is not text does not count as missing', () => {
  const headers = { authorization: ['Bearer x', 'Bearer y'], origin: ['https://evil.example'], 'content-type': {} };
  const request = readRequest(makeEvent({ method: 'POST', headers: headers as never }), {}, defaultPaths);
  expect(request).toMatchObject({ bearer: 'Bearer x,Bearer y', origin: 'https://evil.example', fromBrowser: true });
  expect(request.isForm).toBe(false);
  expect(readRequest(makeEvent({ headers: { origin: null } as never }), {}, defaultPaths).origin).toBeUndefined();
});

describe('Authorization', () => {
  const bearerOf = (authorization: string) =>
    readRequest(makeEvent({ headers: { authorization } }), {}, defaultPaths).bearer;

  it.each(['Bearer t', 'bearer t', 'BEARER  t', ' \tBearer t \t', 'Bearer'])('%j is ours', (text) => {
    expect(bearerOf(text)?.toLowerCase()).toMatch(/^bearer(?: +t)?$/);
  });

  it.each([
    '',
    'Basic t',
    'Bearerx t',
    'Bearer\u00a0t',
    '\u00a0Bearer t',
    '\ufeffBearer t',
    'Bearer\u2028t',
    'Beare\u211c t',
  ])('%j is not Bearer: only spaces and tabs are blanks', (text) => {
    expect(bearerOf(text)).toBeUndefined();
  });
});

describe('a form post', () => {
  const isForm = (contentType: string): boolean => {
    const headers = { 'content-type': contentType };
    return readRequest(makeEvent({ method: 'POST', headers, body: 'a=1' }), {}, defaultPaths).isForm;
  };

  it.each(['', ';charset=UTF-8', '; charset=utf-8', ';x'])(
    'of the provider is one with or without parameters: %j',
    (parameters) => {
      expect(isForm(`application/x-www-form-urlencoded${parameters}`)).toBe(true);
      expect(isForm(`Application/X-WWW-Form-URLEncoded${parameters}`)).toBe(true);
    },
  );

  it.each([
    'application/x-www-form-urlencoded2',
    'application/x-www-form-urlencoded,application/json',
    'text/plain; application/x-www-form-urlencoded',
    'application/x-www-form-urlencoded\u00a0;charset=utf-8',
    'application/json',
  ])('is not of the type %j', (contentType) => {
    expect(isForm(contentType)).toBe(false);
  });
});

import { describe, expect, it } from 'vitest';
import { emptyBody, type HeaderLines } from '../message/http-message.ts';
import { type ForwardingRules, managedOriginRequestPolicies } from './forwarding.ts';
import { fromOrigin } from './origin-response.ts';

const none = { kind: 'none' } as const;
const nothing: ForwardingRules = {
  cache: { headers: none, cookies: none, query: none },
  originRequest: undefined,
  signed: false,
  cachesOptions: false,
  originHost: 'origin.example',
  dropsCookie: () => false,
};
const everything = {
  ...nothing,
  originRequest: managedOriginRequestPolicies['b689b0a8-53d0-40ab-baf2-68738e2966ac'],
};
const passed = (kind: 'api' | 's3', headers: HeaderLines, rules: ForwardingRules = nothing) =>
  fromOrigin(kind, { status: 200, headers, body: emptyBody }, rules).headers;

describe('fromOrigin', () => {
  it.each(['Connection', 'Keep-Alive', 'Trailer', 'Transfer-Encoding', 'Upgrade', 'Via'])('removes %s', (name) => {
    expect(
      passed(
        'api',
        [
          [name, 'x'],
          ['X-Other', 'y'],
        ],
        everything,
      ),
    ).toEqual([['X-Other', 'y']]);
  });

  it('removes Set-Cookie if no cookies are forwarded', () => {
    const cookies: HeaderLines = [
      ['Set-Cookie', 'a=1'],
      ['set-cookie', 'b=2'],
    ];
    expect(passed('api', cookies)).toEqual([]);
    expect(passed('api', cookies, everything)).toEqual(cookies);
  });

  it("removes S3's IDs, and keeps those of a custom origin", () => {
    const ids: HeaderLines = [
      ['x-amz-id-2', 'x'],
      ['X-Amz-Request-Id', 'y'],
    ];
    expect(passed('s3', ids)).toEqual([]);
    expect(passed('api', ids)).toEqual(ids);
  });

  it.each([
    ['Accept-Encoding', nothing, 'Accept-Encoding'],
    ['accept-encoding, cookie', nothing, 'accept-encoding, cookie'],
    ['Origin', nothing, undefined],
    ['Origin, Cookie', nothing, 'Cookie'],
    ['Origin, Accept-Language', everything, 'Origin, Accept-Language'],
    ['*', nothing, '*'],
  ])('keeps the effective fields of Vary: %s', (value, rules, expected) => {
    expect(passed('api', [['Vary', value]], rules)).toEqual(expected === undefined ? [] : [['Vary', expected]]);
    expect(passed('s3', [['Vary', value]], rules)).toEqual([['Vary', value]]);
  });
});

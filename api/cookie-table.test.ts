import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiCookies } from '../contract/cookies.ts';
import type { GatewayAnswer } from './receive/gateway.ts';
import { renew } from './testing/issuer-site.ts';
import { cookiesOf, startTestSite, type TestSite } from './testing/test-site.ts';

const names = Object.values(apiCookies)
  .map(({ name }) => name)
  .sort();

let site: TestSite;
beforeAll(async () => {
  site = await startTestSite();
});
afterAll(() => site.close());

const isEnd = (attributes: string): boolean => attributes.endsWith('; Max-Age=0');

function split(answer: GatewayAnswer): { readonly set: string[]; readonly ended: string[] } {
  const all = Object.entries(cookiesOf(answer));
  const namesOf = (end: boolean): string[] =>
    all.filter(([, { attributes }]) => isEnd(attributes) === end).map(([name]) => name);
  return { set: namesOf(false), ended: namesOf(true) };
}

describe('every cookie of the table', () => {
  it('is set and expired exactly when the table says so, and no other cookie is', async () => {
    const signIn = () => site.send({ method: 'POST', headers: { authorization: `Bearer ${site.token()}` } });
    const signedIn = await signIn();
    const moments = {
      'sign-in-offered': split(await site.send()),
      'session-issued': split(await renew(site, signedIn)),
      'signed-in': split(signedIn),
      'signed-out': split(await site.send({ method: 'DELETE' })),
    };
    const at = (moment: string): string[] =>
      Object.values(apiCookies).flatMap(({ name, setAt }) => (setAt === moment ? [name] : []));
    const endedAt = (...wanted: string[]): string[] =>
      Object.values(apiCookies).flatMap((cookie) =>
        cookie.endedAt.some((moment) => wanted.includes(moment)) ? [cookie.name] : [],
      );
    expect(moments).toEqual({
      'sign-in-offered': { set: at('sign-in-offered'), ended: [] },
      'session-issued': { set: at('session-issued'), ended: [] },
      'signed-in': { set: at('session-issued'), ended: endedAt('signed-in') },
      'signed-out': { set: [], ended: endedAt('session-ended', 'signed-out') },
    });
    expect([...moments['sign-in-offered'].set, ...moments['session-issued'].set].sort()).toEqual(names);
    expect(moments['signed-out'].ended.sort()).toEqual(names);
  });
});

/** What a flood of one part of the API does to the other: sign-in and renewal have a throttle each. */
import { afterEach, describe, expect, it } from 'vitest';
import { type Answer, cookieHeader, send } from '../support/http.ts';
import { type RunningSite, startSite } from '../support/site.ts';
import { idToken } from '../support/tokens.ts';

let site: RunningSite;
afterEach(() => site.close());

const sessionPath = '/auth/session';
const renewalPath = '/auth/session/renewal';

const ask = (method: string, path: string, headers: Record<string, string> = {}): Promise<Answer> =>
  send(`${site.origin}${path}`, { method, headers });

/** A site whose throttles refill once in a test at most, with somebody who is signed in. */
async function start(burst: number): Promise<Record<string, string>> {
  const throttle = `throttle: { requestsPerSecond: 1, burst: ${burst} },`;
  site = await startSite({ config: (text) => text.replace('allowedOrigins: [],', `allowedOrigins: [], ${throttle}`) });
  const authorization = `Bearer ${await idToken(site, 'alice@example.com')}`;
  const { status, setCookie } = await ask('POST', sessionPath, { authorization });
  expect(status).toBe(201);
  return { Cookie: cookieHeader(setCookie) };
}

/** Asks until the throttle refuses, and a little longer. */
async function flood(method: string, path: string, burst: number): Promise<number[]> {
  const statuses: number[] = [];
  for (let sent = 0; sent < burst * 4; sent++) statuses.push((await ask(method, path)).status);
  expect(statuses).toContain(429);
  return statuses;
}

describe('a flood without cookies', () => {
  it.each([
    ['of the sign-in', 'GET', sessionPath],
    ['of sign-ins with no token', 'POST', sessionPath],
    ['of requests for access', 'POST', '/auth/access-requests'],
    ['of paths that are none', 'GET', '/auth/nothing'],
    ['of preflights of the renewal', 'OPTIONS', renewalPath],
    ['of another method of the renewal', 'GET', renewalPath],
  ])('%s takes nothing from the renewals of those who are signed in', async (_name, method, path) => {
    const alice = await start(10);
    await flood(method, path, 10);
    expect(await ask('POST', renewalPath, alice)).toMatchObject({ status: 200, json: { status: 'signed-in' } });
  });

  it('of the renewal takes nothing from the sign-in', async () => {
    const alice = await start(10);
    await flood('POST', renewalPath, 10);
    expect(await ask('GET', sessionPath, alice)).toMatchObject({ status: 200, json: { status: 'signed-in' } });
  });

  it('never gets 403 or 404 from a throttle, which CloudFront would make a page of', async () => {
    await start(10);
    const floods = [
      await flood('GET', sessionPath, 10),
      await flood('POST', renewalPath, 10),
      await flood('GET', '/auth/nothing', 10),
    ];
    for (const status of floods.flat()) expect([200, 400, 401, 429]).toContain(status);
  });
});

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, cookieHeader, send } from '../support/http.ts';
import { type RunningSite, startSite, unthrottled } from '../support/site.ts';
import { signInAs } from '../support/tokens.ts';

const cookieSeconds = 600;
const maximumSeconds = 1_800;
/** Rules that were read are in force that long. */
const noticeSeconds = 60;
/** How often somebody who wants to stay in tries everything. */
const stepSeconds = 10;

/** How far AWS is ahead of this machine, in seconds. */
let ahead: number;
let site: RunningSite;

async function start(keyGroupDelaySeconds = 0): Promise<RunningSite> {
  const clock = (): number => Date.now() + ahead * 1000;
  return startSite({
    clock,
    lambdaClock: clock,
    switches: { keyGroupDelaySeconds },
    config: (text) =>
      unthrottled(text).replace(
        'cookieSeconds: 3600, maximumSeconds: 86_400',
        `cookieSeconds: ${cookieSeconds}, maximumSeconds: ${maximumSeconds}`,
      ),
  });
}
beforeEach(async () => {
  ahead = 0;
  site = await start();
});
afterEach(() => site.close());

const guide = '/docs/guide.html';
const nowSeconds = (): number => Math.floor(Date.now() / 1000) + ahead;
const put = (key: string, document: object): void => {
  const text = JSON.stringify({ version: 1, blocked: [], rules: [], ...document });
  site.emulator.aws.put(site.emulator.outputs['private_bucket'] ?? '', key, text);
};
const putLive = (document: object): void => put('access/live.json', document);
const putConfig = (document: object): void => put('access/config.json', document);

function signIn(email?: string): Promise<Answer> {
  const times = { iat: String(nowSeconds()), exp: String(nowSeconds() + 3_600) };
  return signInAs(site, email, times);
}
const renew = (cookie: string): Promise<Answer> =>
  send(`${site.origin}/auth/session/renewal`, { method: 'POST', headers: { Cookie: cookie } });
const isOpen = async (cookie: string, path = guide): Promise<boolean> =>
  (await send(`${site.origin}${path}`, { headers: { Cookie: cookie } })).status === 200;
const codeOf = ({ json }: Answer): unknown => (json as { code?: unknown }).code;

/** Somebody who signed in, and renews as soon and as long as they can. */
interface Guest {
  cookie: string;
  /** What the first renewal that was refused said. */
  refusal: unknown;
}
async function enter(email?: string): Promise<Guest> {
  const answer = await signIn(email);
  expect(answer.status).toBe(201);
  return { cookie: cookieHeader(answer.setCookie), refusal: undefined };
}

async function stay(guest: Guest, renewing = renew): Promise<void> {
  const answer = await renewing(guest.cookie);
  if (answer.status === 200) guest.cookie = cookieHeader(answer.setCookie);
  else guest.refusal ??= codeOf(answer);
}

/** Seconds until the page is closed to somebody who tries everything, all the time; at most `limit`. */
async function secondsUntilOut(guest: Guest, limit: number, renewing = renew): Promise<number> {
  const began = ahead;
  let lastIn = 0;
  while (ahead - began <= limit) {
    await stay(guest, renewing);
    if (await isOpen(guest.cookie)) lastIn = ahead - began;
    ahead += stepSeconds;
  }
  return lastIn + stepSeconds;
}

/** Renewed as late as possible: the rules are read at once, and again only after a minute. */
async function justRead(): Promise<Guest> {
  const guest = await enter();
  // Renewals count in minutes since the sign-in: a minute that begins while the rules are in force is worth more.
  ahead += 330;
  await stay(guest);
  return guest;
}

const bound = cookieSeconds + noticeSeconds;
function expectWithinBound(seconds: number): void {
  // Rules cached a moment ago are asked for almost a minute; what they give lasts as long as cookies do.
  expect(seconds).toBeLessThanOrEqual(bound + stepSeconds);
  expect(seconds).toBeGreaterThan(cookieSeconds);
}

describe('somebody who is to be out, and does all to stay in', () => {
  it.each<[string, () => void, string]>([
    ['removed from the rules', () => putConfig({ rules: [{ who: { emails: ['bob@example.com'] } }] }), 'access_denied'],
    ['blocked', () => putLive({ blocked: ['alice@example.com'] }), 'access_denied'],
    [
      'signed out by an operator',
      () =>
        putLive({
          signedOutBefore: {
            people: [{ who: 'alice@example.com', before: new Date((nowSeconds() + 1) * 1000).toISOString() }],
          },
        }),
      'session_expired',
    ],
    [
      'signed out with everyone',
      () => putLive({ signedOutBefore: { everyone: new Date((nowSeconds() + 1) * 1000).toISOString() } }),
      'session_expired',
    ],
  ])('is out within the life of the cookies and a minute: %s', async (_name, change, code) => {
    const guest = await justRead();
    change();
    expectWithinBound(await secondsUntilOut(guest, bound + 60));
    expect(guest.refusal).toBe(code);
  });

  it('has a narrower path within the same time', async () => {
    const guest = await justRead();
    putConfig({ rules: [{ who: { hostedDomains: ['example.com'] }, path: '/finance/*' }] });
    // They keep what opens more than the new cookies do.
    let narrower = '';
    const keepingTheWide = async (cookie: string): Promise<Answer> => {
      const answer = await renew(cookie);
      const { path } = answer.json as { path?: string };
      if (path === '/*') return answer;
      narrower = cookieHeader(answer.setCookie);
      return { ...answer, status: 0 };
    };
    expectWithinBound(await secondsUntilOut(guest, bound + 60, keepingTheWide));
    expect([await isOpen(narrower, '/finance/budget.html'), await isOpen(narrower)]).toEqual([true, false]);
  });

  it('is out when the rule ends, to the second, and was told so', async () => {
    const until = new Date((nowSeconds() + 120) * 1000).toISOString();
    putLive({ rules: [{ who: { emails: ['alice@example.com'] }, until }] });
    putConfig({});
    const guest = await enter();
    const seconds = await secondsUntilOut(guest, 200);
    expect([seconds <= 120 + stepSeconds, seconds >= 120 - stepSeconds, guest.refusal]).toEqual([
      true,
      true,
      'access_denied',
    ]);
  });

  it('is out at the maximum of the session, however often it was renewed', async () => {
    const seconds = await secondsUntilOut(await enter(), maximumSeconds + 60);
    expect(Math.abs(seconds - maximumSeconds)).toBeLessThanOrEqual(stepSeconds);
  });

  it('is in again by signing in, unless the rules say no', async () => {
    const alice = await enter();
    putLive({ signedOutBefore: { everyone: new Date((nowSeconds() + 1) * 1000).toISOString() } });
    ahead += noticeSeconds + 1;
    expect(codeOf(await renew(alice.cookie))).toBe('session_expired');
    const again = await enter();
    expect((await renew(again.cookie)).status).toBe(200);
  });

  it('takes nobody else along', async () => {
    const [alice, carol] = [await enter(), await enter('carol@example.com')];
    putLive({
      blocked: ['alice@example.com'],
      signedOutBefore: { people: [{ who: 'alice@example.com', before: new Date().toISOString() }] },
    });
    ahead += noticeSeconds + 1;
    expect([(await renew(alice.cookie)).status, (await renew(carol.cookie)).status]).toEqual([401, 200]);
  });
});

describe('a key that is retired', () => {
  it('ends its sessions at once, and its cookies when the edges have learned of it', async () => {
    await site.close();
    site = await start(240);
    const guest = await enter();
    rmSync(join(site.folder, '.s3nator/keys'), { recursive: true });
    await site.reconfigure((text) => text);
    const refused = await renew(guest.cookie);
    expect([codeOf(refused), refused.setCookie]).toEqual(['session_expired', []]);
    const seconds = await secondsUntilOut(guest, 300);
    expect(Math.abs(seconds - 240)).toBeLessThanOrEqual(stepSeconds);
  });
});

describe('copied cookies', () => {
  /** Some of the guest's cookies, in somebody else's hands. */
  const copy = ({ cookie }: Guest, isCopied: (name: string) => boolean): Guest => ({
    cookie: cookie
      .split('; ')
      .filter((pair) => isCopied(pair.split('=', 1)[0] ?? ''))
      .join('; '),
    refusal: undefined,
  });

  it("of CloudFront's open what they open until they end, and are never renewed", async () => {
    const thief = copy(await enter(), (name) => name.startsWith('CloudFront-'));
    const seconds = await secondsUntilOut(thief, bound);
    expect(Math.abs(seconds - cookieSeconds)).toBeLessThanOrEqual(stepSeconds);
    expect(thief.refusal).toBe('session_expired');
  });

  it('of the session live until its maximum, though the person has signed out', async () => {
    const guest = await enter();
    const thief = copy(guest, (name) => name.endsWith('-session'));
    await send(`${site.origin}/auth/session`, { method: 'DELETE', headers: { Cookie: guest.cookie } });
    const seconds = await secondsUntilOut(thief, maximumSeconds + 60);
    expect(Math.abs(seconds - maximumSeconds)).toBeLessThanOrEqual(stepSeconds);
  });

  it('of the session end with an operator’s sign-out', async () => {
    const thief = copy(await justRead(), (name) => name.endsWith('-session'));
    await stay(thief);
    putLive({ signedOutBefore: { everyone: new Date((nowSeconds() + 1) * 1000).toISOString() } });
    expectWithinBound(await secondsUntilOut(thief, bound + 60));
  });
});

describe('a change at the identity provider', () => {
  it('is noticed at the maximum of the session, and not before: the provider is not asked', async () => {
    const guest = await enter();
    site.google.failKeySet('unreachable');
    site.emulator.aws.failIdentityPool('refuse');
    // A fresh Lambda has nothing of the provider's in store.
    await site.reconfigure((text) =>
      unthrottled(text).replace(
        'cookieSeconds: 3600, maximumSeconds: 86_400',
        `cookieSeconds: ${cookieSeconds}, maximumSeconds: ${maximumSeconds}`,
      ),
    );
    const asked = site.google.keySetRequests;
    const seconds = await secondsUntilOut(guest, maximumSeconds + 60);
    expect(Math.abs(seconds - maximumSeconds)).toBeLessThanOrEqual(stepSeconds);
    expect([guest.refusal, site.google.keySetRequests]).toEqual(['session_expired', asked]);
    // Then it counts.
    expect((await signIn()).status).toBe(503);
  });
});

describe('a renewal', () => {
  it("with another site's session is refused, although it was signed by a key of the same name", async () => {
    const elsewhere = await startSite();
    try {
      const { setCookie } = await signInAs(elsewhere);
      const answer = await renew(cookieHeader(setCookie));
      expect([answer.status, codeOf(answer), answer.setCookie]).toEqual([401, 'session_expired', []]);
    } finally {
      await elsewhere.close();
    }
  });

  it('works where CloudFront keeps its own cookies from the API', async () => {
    await site.close();
    site = await startSite({ switches: { stripSignedCookiesFromApi: true } });
    const guest = await enter();
    expect((await renew(guest.cookie)).status).toBe(200);
  });

  it('leaves a line each in the audit: renewed, and denied with the session and the reason', async () => {
    const guest = await enter();
    await stay(guest);
    const [granted, renewed] = [await site.logged({ event: 'granted' }), await site.logged({ event: 'renewed' })];
    expect(renewed).toMatchObject({ sid: granted['sid'], who: granted['who'], signedInAt: granted['signedInAt'] });
    putLive({ blocked: ['alice@example.com'] });
    ahead += noticeSeconds + 1;
    await stay(guest);
    expect(await site.logged({ event: 'denied' })).toMatchObject({
      action: 'renewal',
      why: 'blocked',
      sid: granted['sid'],
    });
  });
});

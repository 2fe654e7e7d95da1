import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, cookieHeader, send } from '../support/http.ts';
import { type RunningSite, startSite } from '../support/site.ts';
import { signInAs } from '../support/tokens.ts';

let site: RunningSite;
/** How far the Lambda's clock is ahead, in milliseconds. */
let ahead: number;
beforeEach(async () => {
  ahead = 0;
  site = await startSite({ lambdaClock: () => Date.now() + ahead });
});
afterEach(() => site.close());

const signIn = (email?: string, claims?: Record<string, string>): Promise<Answer> => signInAs(site, email, claims);

/** A new instance of the Lambda, which has read nothing yet; what lies in the buckets stays. */
const coldStart = (): Promise<void> => site.reconfigure((text) => text);

const privateBucket = (): string => {
  const { aws } = site.emulator;
  const bucket = aws.buckets.find((name) => aws.list(name, 'access/').length > 0);
  if (bucket === undefined) throw new Error('no bucket has the access documents');
  return bucket;
};
const signingKey = (): string => {
  const list = readFileSync(join(site.folder, '.s3nator/keys/docs/keys.json'), 'utf8');
  return `keys/${(JSON.parse(list) as { signer: string }).signer}.pem`;
};

function expectUnavailable(answer: Answer): void {
  expect(answer.status).toBe(503);
  expect(answer.json).toMatchObject({ code: 'temporarily_unavailable' });
  expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  expect(answer.setCookie).toEqual([]);
}

describe('the signing key', () => {
  it.each(['missing', 'denied', 'error'] as const)(
    '%s: nobody gets cookies, and the next try finds it again',
    async (failure) => {
      site.emulator.aws.failObject(privateBucket(), signingKey(), failure);
      expectUnavailable(await signIn());
      site.emulator.aws.failObject(privateBucket(), signingKey(), 'none');
      expect((await signIn()).status).toBe(201);
    },
  );

  it('unreadable: nobody gets cookies, and the log names the object but nothing of the key', async () => {
    site.emulator.aws.put(privateBucket(), signingKey(), '-----BEGIN PRIVATE KEY-----\nbroken-material\n');
    expectUnavailable(await signIn());
    expect(site.rawLog.join('\n')).toContain(signingKey());
    expect(site.rawLog.join('\n')).not.toContain('broken-material');
  });
});

describe('the signing key in KMS', () => {
  it.each(['denied', 'disabled', 'throttled', 'error', 'unreachable'] as const)(
    '%s: nobody gets cookies, those signed in notice nothing, and the next try finds it again',
    async (failure) => {
      await site.reconfigure((text) => text.replace("store: 's3'", "store: 'kms'"));
      const Cookie = cookieHeader((await signIn()).setCookie);
      site.emulator.aws.failKms(failure);
      expectUnavailable(await signIn());
      expect((await send(`${site.origin}/docs/guide.html`, { headers: { Cookie } })).status).toBe(200);
      site.emulator.aws.failKms('none');
      expect((await signIn()).status).toBe(201);
      await coldStart();
    },
  );

  it('is asked for one renewal of a session a minute, however often somebody repeats it', async () => {
    await site.reconfigure((text) => text.replace("store: 's3'", "store: 'kms'"));
    const Cookie = cookieHeader((await signIn()).setCookie);
    const renewal = () => send(`${site.origin}/auth/session/renewal`, { method: 'POST', headers: { Cookie } });
    ahead += 3_000_000;
    const first = await renewal();
    expect(first.status).toBe(200);
    // From now on KMS signs nothing that it has not signed.
    site.emulator.aws.failKms('denied');
    for (let repeated = 0; repeated < 10; repeated++) {
      const again = await renewal();
      expect([again.status, again.setCookie]).toEqual([200, first.setCookie]);
    }
    ahead += 61_000;
    expectUnavailable(await renewal());
    site.emulator.aws.failKms('none');
    expect((await renewal()).status).toBe(200);
  });
});

describe('the access documents', () => {
  it.each(['access/config.json', 'access/live.json'])(
    '%s missing, forbidden or failing: nobody gets in',
    async (key) => {
      for (const failure of ['missing', 'denied', 'error'] as const) {
        await coldStart();
        site.emulator.aws.failObject(privateBucket(), key, failure);
        expectUnavailable(await signIn());
        site.emulator.aws.failObject(privateBucket(), key, 'none');
        expect((await signIn()).status).toBe(201);
      }
    },
  );

  it('malformed: the last good version stays in force on a cold start, and the log says so', async () => {
    const document = { version: 1, blocked: ['alice@example.com'], rules: [] };
    site.emulator.aws.put(privateBucket(), 'access/live.json', JSON.stringify(document));
    site.emulator.aws.put(privateBucket(), 'access/live.json', '{ "version": 1, "blocked": [');
    await coldStart();
    expect((await signIn()).json).toMatchObject({ code: 'access_denied' });
    expect((await signIn('bob@example.com')).status).toBe(201);
    expect(await site.logged({ event: 'access-document-malformed', key: 'access/live.json' })).toBeDefined();
  });

  it('of a newer schema: the last good version stays in force', async () => {
    const newer = { version: 2, blocked: [], rules: [{ who: { anyone: true } }] };
    site.emulator.aws.put(privateBucket(), 'access/live.json', JSON.stringify(newer));
    await coldStart();
    expect((await signIn('mallory@evil.example')).json).toMatchObject({ code: 'access_denied' });
    expect((await signIn()).status).toBe(201);
  });

  it('one failing: who was blocked in the other one is out within a minute, and nobody else', async () => {
    const Cookie = cookieHeader((await signIn()).setCookie);
    site.emulator.aws.failObject(privateBucket(), 'access/config.json', 'error');
    const document = { version: 1, blocked: ['alice@example.com'], rules: [] };
    site.emulator.aws.put(privateBucket(), 'access/live.json', JSON.stringify(document));
    ahead += 60_000;
    expect((await signIn()).json).toMatchObject({ code: 'access_denied' });
    const headers = { Cookie, Origin: site.origin };
    const renewal = await send(`${site.origin}/auth/session/renewal`, { method: 'POST', headers });
    expect(renewal.json).toMatchObject({ code: 'access_denied' });
    expect((await signIn('bob@example.com')).status).toBe(201);
    ahead += 240_000;
    expectUnavailable(await signIn('bob@example.com'));
  });

  it('live rules come before those of the config', async () => {
    const document = { version: 1, blocked: [], rules: [{ who: { emails: ['alice@example.com'] }, path: '/docs/*' }] };
    site.emulator.aws.put(privateBucket(), 'access/live.json', JSON.stringify(document));
    await coldStart();
    expect((await signIn()).json).toMatchObject({ path: '/docs/*' });
  });
});

describe('the key set of Google', () => {
  it.each(['unreachable', 'slow', 'garbage'] as const)(
    '%s: sign-in is unavailable, those signed in notice nothing',
    async (mode) => {
      const { setCookie } = await signIn();
      await coldStart();
      site.google.failKeySet(mode);
      expectUnavailable(await signIn());
      const page = await send(`${site.origin}/docs/guide.html`, {
        headers: { Cookie: setCookie.map((line) => line.split(';', 1)[0]).join('; ') },
      });
      expect(page.status).toBe(200);
      site.google.failKeySet('none');
      // As long as Retry-After says.
      ahead += 5_000;
      expect((await signIn()).status).toBe(201);
    },
  );

  it('rotated: the new key is fetched and accepted', async () => {
    expect((await signIn()).status).toBe(201);
    const before = site.google.keySetRequests;
    site.google.rotateKeys();
    expect((await signIn()).status).toBe(201);
    expect(site.google.keySetRequests).toBe(before + 1);
  });

  it('that hangs when it is an hour old: everyone signs in with the old one, after one try', async () => {
    await signIn();
    ahead += 3_601_000;
    site.google.failKeySet('slow');
    const before = site.google.keySetRequests;
    for (let count = 0; count < 5; count += 1) expect((await signIn()).status).toBe(201);
    expect(site.google.keySetRequests).toBe(before + 1);
    expect(await site.logged({ event: 'key-set-slow' })).toMatchObject({ level: 'warn', ageSeconds: 3601 });
  });

  it('is not fetched for tokens that are not for us', async () => {
    await signIn();
    const before = site.google.keySetRequests;
    site.google.rotateKeys();
    await signIn('alice@example.com', { aud: 'other.apps.googleusercontent.com', azp: '' });
    await signIn('alice@example.com', { iss: 'https://evil.example' });
    expect(site.google.keySetRequests).toBe(before);
  });
});

describe('the identity pool', () => {
  it('gives each account an identity ID for the audit', async () => {
    await signIn();
    expect((await site.logged({ event: 'granted' }))['identityId']).toMatch(/^eu-west-1:/);
  });

  it.each(['slow', 'throttle', 'conflict', 'error', 'unreachable'] as const)(
    '%s: the sign-in goes on without it, and the log says so',
    async (failure) => {
      site.emulator.aws.failIdentityPool(failure);
      const begun = performance.now();
      expect((await signIn()).status).toBe(201);
      expect(performance.now() - begun).toBeLessThan(5000);
      await site.logged({ event: 'identity-pool-unavailable' });
      await site.logged({ event: 'granted' });
    },
  );

  it('refusing the token: no cookies', async () => {
    site.emulator.aws.failIdentityPool('refuse');
    const answer = await signIn();
    expect([answer.status, answer.json]).toEqual([401, expect.objectContaining({ code: 'invalid_token' })]);
    expect(answer.setCookie).toEqual([]);
  });
});

describe('a Lambda that is frozen as soon as it has answered', () => {
  /** Longer than any time-out of the API for what it fetches. */
  const sleep = (): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, 3_500));
  const view = async (): Promise<void> => {
    expect((await send(`${site.origin}/auth/session`)).json).toMatchObject({ status: 'signed-out' });
  };

  it('takes nothing that the freeze cut off for a failure: not a key set, not the rules, not the key', async () => {
    await coldStart();
    const objects = ['access/config.json', 'access/live.json', signingKey()];
    site.google.failKeySet('slow');
    for (const key of objects) site.emulator.aws.failObject(privateBucket(), key, 'slow');
    await view();
    site.google.failKeySet('none');
    for (const key of objects) site.emulator.aws.failObject(privateBucket(), key, 'none');
    // The timers of what was cut off are over by now, and its connections dead.
    await sleep();
    expect((await signIn()).status).toBe(201);
    expect(site.log.filter(({ event }) => /unavailable|slow/.test(String(event)))).toEqual([]);
  });
});

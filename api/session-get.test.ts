import { createHash } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { accessConfigKey, accessLiveKey, privateKeyObject } from '../contract/layout.ts';
import { beginSignIn, securityHeaders, signedInBody, signInByBearer } from './testing/session-answers.ts';
import { clientId, host, providerOrigin, signingPair, site, startTestSite, useTestSite } from './testing/test-site.ts';

useTestSite();

describe('GET /auth/session', () => {
  it('lists the providers for a signed-out browser, and gives it a nonce', async () => {
    const answer = await site.send();
    const value = createHash('sha512').update('1').digest().subarray(0, 32).toString('base64url');
    expect({ ...answer, body: JSON.parse(answer.body ?? '') }).toEqual({
      statusCode: 200,
      headers: { ...securityHeaders, 'Content-Type': 'application/json' },
      cookies: [`__Host-s3nator-login=${value}; Path=/; Secure; HttpOnly; SameSite=None`],
      body: {
        status: 'signed-out',
        providers: [{ kind: 'google', clientId, scriptUrl: `${providerOrigin}/gsi/client`, redirectOnIos: true }],
        nonce: createHash('sha256').update(value).digest('base64url'),
        hosts: [host, 'd111.cloudfront.net'],
        now: '2027-01-15T08:00:00.000Z',
      },
    });
  });

  it('keeps the login cookie that the browser has, so that every tab has the same nonce', async () => {
    const { cookie, nonce } = await beginSignIn(site);
    const answer = await site.send({ cookies: [cookie] });
    expect(answer.cookies).toBeUndefined();
    expect(JSON.parse(answer.body ?? '')).toMatchObject({ nonce });
  });

  it.each(['__Host-s3nator-login=short', '__Host-s3nator-login', '__Host-s3nator-login=%00', '=', ';;;'])(
    'replaces a login cookie that is not one of ours: %s',
    async (cookie) => {
      const answer = await site.send({ cookies: [cookie] });
      expect(answer.cookies).toHaveLength(1);
    },
  );

  it('names the signed-in person, and sets no cookie', async () => {
    const { jar } = await signInByBearer(site);
    const answer = await site.send({ cookies: jar });
    expect({ ...answer, body: JSON.parse(answer.body ?? '') }).toEqual({
      statusCode: 200,
      headers: { ...securityHeaders, 'Content-Type': 'application/json' },
      body: signedInBody,
    });
  });

  it('needs the session cookie alone, since CloudFront may keep its own from the API', async () => {
    const { jar } = await signInByBearer(site);
    const answer = await site.send({ cookies: jar.filter((cookie) => !cookie.startsWith('CloudFront')) });
    expect(JSON.parse(answer.body ?? '')).toMatchObject({ status: 'signed-in' });
  });

  it('says that a renewal is possible after the signed cookies have expired, until the session ends', async () => {
    const { jar } = await signInByBearer(site);
    site.clock += 3_599_000;
    expect(JSON.parse((await site.send({ cookies: jar })).body ?? '')).toMatchObject({ status: 'signed-in' });
    site.clock += 1000;
    const answer = await site.send({ cookies: jar });
    expect({ ...answer, body: JSON.parse(answer.body ?? '') }).toEqual({
      statusCode: 200,
      headers: { ...securityHeaders, 'Content-Type': 'application/json' },
      body: { ...signedInBody, status: 'lapsed', now: '2027-01-15T09:00:00.000Z' },
    });
    site.clock += (86_400 - 3_600) * 1000;
    expect(JSON.parse((await site.send({ cookies: jar })).body ?? '')).toMatchObject({ status: 'signed-out' });
  });

  it('does not accept a session cookie that comes twice', async () => {
    const { jar } = await signInByBearer(site);
    const session = jar.find((cookie) => cookie.startsWith('__Host-s3nator-session')) ?? '';
    const answer = await site.send({ cookies: [session, session] });
    expect(JSON.parse(answer.body ?? '')).toMatchObject({ status: 'signed-out' });
  });

  it("does not accept another site's session", async () => {
    const { jar } = await signInByBearer(site);
    const other = await startTestSite({
      overrides: {
        session: {
          hosts: ['other.example.com'],
          trustedKeys: new Map([[signingPair.fingerprint, signingPair.publicKey]]),
          maximumSeconds: 86_400,
        },
      },
    });
    const answer = await other.send({ cookies: jar });
    await other.close();
    expect(JSON.parse(answer.body ?? '')).toMatchObject({ status: 'signed-out' });
  });

  it('loads everything that a sign-in needs, once', async () => {
    await site.send();
    expect(site.keySetFetches).toBe(1);
    expect(site.aws.requests.toSorted()).toEqual([
      `${accessConfigKey} 200`,
      `${accessLiveKey} 200`,
      `${privateKeyObject(signingPair.fingerprint)} 200`,
    ]);
    await site.send();
    await signInByBearer(site);
    expect([site.keySetFetches, site.aws.requests.length]).toEqual([1, 3]);
  });

  it('answers while nothing can be loaded', async () => {
    site.keySet = undefined;
    for (const key of [accessConfigKey, accessLiveKey]) site.aws.faults.set(key, 'stalled');
    site.aws.faults.set(privateKeyObject(signingPair.fingerprint), 'failing');
    expect((await site.send()).statusCode).toBe(200);
  });
});

describe('the warm-up for a page', () => {
  async function warmed(lapsed: boolean) {
    const asked: string[] = [];
    const waits: unknown[] = [];
    const warm = (name: string) => async (): Promise<void> => void asked.push(name);
    const never = (name: string) => (): Promise<never> => {
      asked.push(name);
      return new Promise(() => {});
    };
    const cookies = lapsed ? (await signInByBearer(site)).jar : [];
    const other = await startTestSite({
      overrides: {
        accessDocuments: { current: never('rules') },
        signingKey: never('key'),
        identityPool: { identityIdOf: never('identity'), warm: warm('pool') },
        pseudonyms: { of: never('person'), warm: warm('pseudonyms') },
      },
    });
    other.clock += lapsed ? 3_600_000 : 0;
    const spy = vi.spyOn(globalThis, 'setTimeout').mockImplementation(((done: (value: unknown) => void, ms: number) => {
      waits.push(ms);
      setImmediate(done, false);
    }) as never);
    try {
      expect((await other.send({ cookies })).statusCode).toBe(200);
    } finally {
      spy.mockRestore();
      await other.close();
    }
    return { asked: asked.sort(), waits, keySetFetches: other.keySetFetches };
  }

  it('for a sign-in loads everything except people, for 400 ms at most', async () => {
    const { asked, waits, keySetFetches } = await warmed(false);
    expect([asked, waits, keySetFetches]).toEqual([['key', 'pool', 'pseudonyms', 'rules'], [400], 1]);
  });

  it('for a renewal loads what a renewal needs, for 400 ms at most', async () => {
    const { asked, waits, keySetFetches } = await warmed(true);
    expect([asked, waits, keySetFetches]).toEqual([['key', 'pseudonyms', 'rules'], [400], 0]);
  });
});

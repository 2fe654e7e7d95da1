import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAccessDocuments } from '../decide/access-documents.ts';
import { createPrivateBucket } from '../shared/private-bucket.ts';
import { accept } from '../shared/refusal.ts';
import { clientOptionsFor } from '../testing/stub-aws.ts';
import { clientId, googleKey, startSeconds, startTestSite, type TestSite } from '../testing/test-site.ts';
import type { KeySet } from '../verify/key-set.ts';
import { issuersByName, trustedGoogle } from '../verify/trusted-issuers.ts';

/** A site whose key set comes once the access documents are being read, and what was asked of it. */
async function startSite(): Promise<{ readonly site: TestSite; readonly readings: () => number }> {
  const reading = Promise.withResolvers<void>();
  let readings = 0;
  const keySet: KeySet = {
    find: async () => {
      await reading.promise;
      return accept(googleKey.publicKey);
    },
    warm: async () => {},
  };
  const site = await startTestSite({
    accessRequests: { policy: { mayAsk: 'anyone', maximumOpen: 5 } },
    overrides: {
      issuers: issuersByName([trustedGoogle([clientId], keySet)]),
      accessDocuments: {
        current() {
          readings += 1;
          reading.resolve();
          return documents.current();
        },
      },
    },
  });
  const bucket = createPrivateBucket('private', clientOptionsFor(site.aws));
  const documents = createAccessDocuments({ bucket, now: () => startSeconds * 1000, log: () => {} });
  return { site, readings: () => readings };
}

const post = (site: TestSite, token: string, path = '/auth/session'): ReturnType<TestSite['send']> =>
  site.send({ method: 'POST', path, headers: { authorization: `Bearer ${token}` } });

let site: TestSite;
let readings: () => number;
beforeEach(async () => {
  ({ site, readings } = await startSite());
});
afterEach(() => site.close());

describe('the rules', () => {
  it('are read while a sign-in waits for the key set, and once', async () => {
    expect((await post(site, site.token())).statusCode).toBe(201);
    expect(readings()).toBe(1);
  });

  it('are read while a request for access waits for the key set, and once', async () => {
    const stranger = { sub: '6666', email: 'mallory@evil.example', hd: 'evil.example' };
    expect((await post(site, site.token(stranger), '/auth/access-requests')).statusCode).toBe(202);
    expect(readings()).toBe(1);
  });

  it('cannot turn a refusal that did not wait for them into an error', async () => {
    const faulty = await startTestSite({
      accessRequests: { policy: { mayAsk: 'anyone', maximumOpen: 5 } },
      overrides: { accessDocuments: { current: () => Promise.reject(new Error('fault')) } },
    });
    const forged = `${faulty.token().split('.').slice(0, 2).join('.')}.c2lnbmF0dXJl`;
    for (const path of ['/auth/session', '/auth/access-requests']) {
      expect((await post(faulty, forged, path)).statusCode).toBe(401);
    }
    await faulty.close();
  });

  it('are not read for a token that is not for us', async () => {
    expect((await post(site, site.token({ aud: 'other' }))).statusCode).toBe(401);
    expect(readings()).toBe(0);
  });
});

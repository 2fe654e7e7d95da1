import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createKeys, type KeyKind, retireKey, rotateKeys } from '../../cli/key-files.ts';
import { type Answer, cookieHeader, cookiesOf, send } from '../support/http.ts';
import { type RunningSite, startSite } from '../support/site.ts';
import { signInAs } from '../support/tokens.ts';

/** How long the edges of these tests take to learn a change of the key group. */
const delaySeconds = 600;
let kind: KeyKind;
let site: RunningSite;
/** How far the edge's clock is ahead, in seconds. */
let ahead: number;

async function start(store: KeyKind['store']): Promise<void> {
  kind = { store, key: 'P-256' };
  ahead = 0;
  site = await startSite({
    config: withStore,
    clock: () => Date.now() + ahead * 1000,
    switches: { keyGroupDelaySeconds: delaySeconds },
  });
}
afterEach(() => site.close());

const keysFolder = (): string => join(site.folder, '.s3nator/keys/docs');
const withStore = (text: string): string => text.replace("store: 's3'", `store: '${kind.store}'`);
const deploy = (): Promise<void> => site.reconfigure(withStore);
const edgesLearn = (): void => {
  ahead += delaySeconds;
};

/** A person's cookies, and the key pair ID in them. */
async function signIn(): Promise<{ readonly cookies: string; readonly keyPairId: string | undefined }> {
  const answer = await signInAs(site);
  expect(answer.status).toBe(201);
  return {
    cookies: cookieHeader(answer.setCookie),
    keyPairId: cookiesOf(answer.setCookie)['CloudFront-Key-Pair-Id']?.value,
  };
}
const get = (path: string, cookies: string): Promise<Answer> =>
  send(`${site.origin}${path}`, { headers: { Cookie: cookies } });
const opens = async ({ cookies }: { readonly cookies: string }): Promise<boolean> =>
  (await get('/docs/guide.html', cookies)).status === 200;
const isSignedIn = async ({ cookies }: { readonly cookies: string }): Promise<boolean> =>
  ((await get('/auth/session', cookies)).json as { status: string }).status === 'signed-in';

const renew = ({ cookies }: { readonly cookies: string }): Promise<Answer> =>
  send(`${site.origin}/auth/session/renewal`, {
    method: 'POST',
    headers: { Cookie: cookies, Origin: site.origin },
  });

describe.each(['s3', 'kms'] as const)('a rotation, while edges learn of keys late, in store %s', (store) => {
  beforeEach(() => start(store));

  it('refuses nobody at any moment, and ends the old key with retire alone', async () => {
    const before = await signIn();
    expect(await opens(before)).toBe(true);

    rotateKeys(keysFolder(), kind, false);
    await deploy();
    const after = await signIn();
    expect(after.keyPairId).not.toBe(before.keyPairId);
    for (const moment of ['at once', 'when the edges know']) {
      expect([await opens(before), await opens(after)], moment).toEqual([true, true]);
      expect([await isSignedIn(before), await isSignedIn(after)], moment).toEqual([true, true]);
      edgesLearn();
    }

    retireKey(keysFolder(), kind);
    await deploy();
    expect([await isSignedIn(before), await isSignedIn(after)]).toEqual([false, true]);
    expect([await opens(before), await opens(after)]).toEqual([true, true]);
    edgesLearn();
    expect([await opens(before), await opens(after)]).toEqual([false, true]);
  });

  it('renews sessions of the old key with the new one, until retire', async () => {
    const active = await signIn();
    const away = await signIn();
    rotateKeys(keysFolder(), kind, false);
    await deploy();
    const renewed = await renew(active);
    expect(renewed.status).toBe(200);
    const cookies = cookieHeader(renewed.setCookie);
    expect(cookiesOf(renewed.setCookie)['CloudFront-Key-Pair-Id']?.value).not.toBe(active.keyPairId);

    retireKey(keysFolder(), kind);
    await deploy();
    edgesLearn();
    expect(await renew(away)).toMatchObject({ status: 401, json: { code: 'session_expired' } });
    expect(await opens(away)).toBe(false);
    expect([await opens({ cookies }), await isSignedIn({ cookies })]).toEqual([true, true]);
    expect((await renew({ cookies })).status).toBe(200);
  });

  it('with --now signs everyone out, and lets in at once who signs in again', async () => {
    const before = await signIn();
    rotateKeys(keysFolder(), kind, true);
    await deploy();
    const after = await signIn();
    expect(await isSignedIn(before)).toBe(false);
    expect([await opens(before), await opens(after)]).toEqual([true, true]);
    edgesLearn();
    expect([await opens(before), await opens(after)]).toEqual([false, true]);
  });

  it('undone before retire, signs nobody out either', async () => {
    const first = createKeysAnew();
    await deploy();
    edgesLearn();
    const before = await signIn();
    const list = readFileSync(join(keysFolder(), 'keys.json'));
    const rotated = rotateKeys(keysFolder(), kind, false);
    await deploy();
    const between = await signIn();
    edgesLearn();
    expect(rotated.retiring).toEqual(first.signer);
    // The list of before: the key that signed meanwhile is the next one again.
    writeFileSync(join(keysFolder(), 'keys.json'), list);
    await deploy();
    const after = await signIn();
    expect(after.keyPairId).toBe(before.keyPairId);
    for (const person of [before, between, after]) {
      expect([await opens(person), await isSignedIn(person)]).toEqual([true, true]);
    }
  });
});

describe('keys that are made anew, while edges learn of keys late', () => {
  beforeEach(() => start('s3'));

  it('are refused until the edges know them: why a next key is published before it signs', async () => {
    const before = await signIn();
    createKeysAnew();
    await deploy();
    const after = await signIn();
    expect(await isSignedIn(before)).toBe(false);
    expect([await opens(before), await opens(after)]).toEqual([true, false]);
    edgesLearn();
    expect([await opens(before), await opens(after)]).toEqual([false, true]);
  });
});

function createKeysAnew(): ReturnType<typeof createKeys> {
  rmSync(keysFolder(), { recursive: true });
  return createKeys(keysFolder(), kind);
}

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, cookieHeader, cookiesOf, send } from '../support/http.ts';
import { type RunningSite, startSite } from '../support/site.ts';
import { signInAs } from '../support/tokens.ts';

let site: RunningSite;
beforeAll(async () => {
  site = await startSite();
});
afterAll(() => site.close());

const get = (path: string, headers: Record<string, string> = {}): Promise<Answer> =>
  send(`${site.origin}${path}`, { headers });
const signIn = (): Promise<Answer> => signInAs(site);
const change =
  (from: string, to: string) =>
  (text: string): string => {
    expect(text).toContain(from);
    return text.replace(from, to);
  };

describe('the emulator does what the synthesized stack says', () => {
  it('as shipped: the guide is protected, the open paths are open', async () => {
    await site.reconfigure((text) => text);
    expect((await get('/docs/guide.html')).status).toBe(403);
    expect((await get('/robots.txt')).status).toBe(200);
    expect((await get('/favicon.ico')).status).toBe(200);
    expect((await get('/public/login.html')).status).toBe(200);
  });

  it('an extra open path opens what it names, and nothing else', async () => {
    await site.reconfigure(change("'/robots.txt'", "'/robots.txt', '/docs/guide.html'"));
    expect((await get('/docs/guide.html')).status).toBe(200);
    expect((await get('/index.html')).status).toBe(403);
  });

  it('another error page is the one that is served', async () => {
    await site.reconfigure(
      change(
        'allowedOrigins: [],',
        "allowedOrigins: [], pages: { login: '/public/embed.html', notFound: '/public/denied.html' },",
      ),
    );
    const embed = await get('/public/embed.html');
    const refused = await get('/docs/guide.html');
    expect([refused.status, refused.text]).toEqual([403, embed.text]);
    const cookies = cookieHeader((await signIn()).setCookie);
    const missing = await get('/nothing.html', { Cookie: cookies });
    expect([missing.status, missing.text]).toEqual([404, (await get('/public/denied.html')).text]);
  });

  it.each([
    ['s3', 'P-256', 'SHA256'],
    ['s3', 'P-256', 'SHA1'],
    ['s3', 'RSA-2048', 'SHA256'],
    ['s3', 'RSA-2048', 'SHA1'],
    ['kms', 'P-256', 'SHA256'],
    ['kms', 'RSA-2048', 'SHA256'],
  ])('a key in %s, %s with %s: cookies that the edge accepts, and a session', async (store, key, hash) => {
    await site.reconfigure(
      change("store: 's3', key: 'P-256', hash: 'SHA256'", `store: '${store}', key: '${key}', hash: '${hash}'`),
    );
    const signedIn = await signIn();
    expect(signedIn.status).toBe(201);
    const { 'CloudFront-Signature': signature, 'CloudFront-Hash-Algorithm': algorithm } = cookiesOf(signedIn.setCookie);
    expect((signature?.value ?? '').length > 300).toBe(key === 'RSA-2048');
    expect(algorithm?.value).toBe(hash === 'SHA256' ? 'SHA256' : '');
    const sent = signedIn.setCookie.filter((line) => !line.includes('Max-Age=0'));
    expect((await get('/docs/guide.html', { Cookie: cookieHeader(sent) })).status).toBe(200);
    expect((await get('/auth/session', { Cookie: cookieHeader(sent) })).json).toMatchObject({ status: 'signed-in' });
  });

  it('cookies of keys that are no longer in the stack are refused, and the session with them', async () => {
    await site.reconfigure((text) => text);
    const cookies = cookieHeader((await signIn()).setCookie);
    expect((await get('/docs/guide.html', { Cookie: cookies })).status).toBe(200);
    await site.reconfigure(change("key: 'P-256'", "key: 'RSA-2048'"));
    expect((await get('/docs/guide.html', { Cookie: cookies })).status).toBe(403);
    expect((await get('/auth/session', { Cookie: cookies })).json).toMatchObject({ status: 'signed-out' });
  });

  it('a narrower rule opens only its path', async () => {
    await site.reconfigure(change("path: '/*'", "path: '/docs/*'"));
    const cookies = cookieHeader((await signIn()).setCookie);
    expect((await get('/docs/guide.html', { Cookie: cookies })).status).toBe(200);
    expect((await get('/index.html', { Cookie: cookies })).status).toBe(403);
  });

  it('without an identity pool there is no call to it', async () => {
    await site.reconfigure(change('identityPool: true', 'identityPool: null'));
    site.emulator.aws.failIdentityPool('refuse');
    expect((await signIn()).status).toBe(201);
    site.emulator.aws.failIdentityPool('none');
  });
});

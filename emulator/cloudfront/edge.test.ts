import { describe, expect, it } from 'vitest';
import { ask } from '../testing/ask.ts';
import { day, useEmulator } from '../testing/harness.ts';
import { behaviorIn, distributionIn, type Json, sampleStack } from '../testing/sample-stack.ts';
import { createKeyPair } from '../testing/signed-cookies.ts';

const harness = useEmulator();
const { keys, get, getSigned, load, cookiesFor, start } = harness;

describe('a viewer without cookies', () => {
  it('gets the 403 page at the requested address', async () => {
    const answer = await get('/docs/guide.html?x=1');
    expect(answer).toMatchObject({ status: 403, body: 'login page' });
    expect(answer.headers['x-cache']).toBe('Error from cloudfront');
    // The policy of the requested behavior, not of the page's behavior.
    expect(answer.headers['cache-control']).toBe('private, no-store');
  });

  it('reads open paths', async () => {
    expect(await get('/public/login.html')).toMatchObject({ status: 200, body: 'login page' });
  });

  it.each([
    '/public/../docs/guide.html',
    '/public/%2e%2e/docs/guide.html',
    '/public/.%2E/docs/guide.html',
    '//docs/guide.html',
    '/public/..%2fdocs/guide.html',
    '/public//../docs/guide.html',
    '/public/%252e%252e/docs/guide.html',
    '/PUBLIC/../docs/guide.html',
    '/public/..;/docs/guide.html',
    '/public/..\\docs\\guide.html',
  ])('cannot reach a protected page as %s', async (path) => {
    const answer = await get(path);
    expect(answer.status).toBeGreaterThanOrEqual(403);
    expect(answer.body).not.toBe('guide');
  });
});

describe('a viewer with signed cookies', () => {
  it('reads the page, and no copy is stored', async () => {
    const answer = await getSigned('/docs/guide.html?x=1');
    expect(answer).toMatchObject({ status: 200, body: 'guide' });
    expect(answer.headers['cache-control']).toBe('private, no-store');
    expect(answer.headers['x-cache']).toBe('Miss from cloudfront');
    expect(answer.headers['via']).toMatch(/^1\.1 [0-9a-z]+\.cloudfront\.net \(CloudFront\)$/);
    expect(answer.headers['x-amz-cf-id']).toMatch(/^[\w-]{54}==$/);
  });

  it('gets the 404 page for a missing file', async () => {
    expect(await getSigned('/docs/none.html')).toMatchObject({ status: 404, body: 'not found page' });
  });

  it('gets the login page once the edge finds the cookies expired', async () => {
    const cookie = cookiesFor();
    harness.pass(day - 1);
    expect((await get('/docs/guide.html', { cookie })).status).toBe(200);
    harness.pass(1);
    expect(await get('/docs/guide.html', { cookie })).toMatchObject({ status: 403, body: 'login page' });
  });

  it('is refused on a path or host that the cookies do not cover, and with another key', async () => {
    const refused = [
      cookiesFor(keys, '/finance/*'),
      cookiesFor(keys, '/*', 'localhost'),
      cookiesFor(createKeyPair('P-256')),
    ];
    for (const cookie of refused) expect((await get('/docs/guide.html', { cookie })).status).toBe(403);
  });

  it('is checked for HEAD as for GET', async () => {
    const head = (cookie: string) =>
      ask(harness.emulator.origin, '/docs/guide.html', { method: 'HEAD', headers: { cookie } });
    expect(await head(cookiesFor())).toMatchObject({ status: 200, body: '' });
    expect(await head('')).toMatchObject({ status: 403, body: '' });
  });

  it.each(['Expires', 'Policy', 'Signature', 'Key-Pair-Id', 'Hash-Algorithm'])(
    'is refused if the query has a parameter named %s, but only on signed behaviors',
    async (name) => {
      expect(await getSigned(`/docs/guide.html?${name}=1`)).toMatchObject({ status: 403, body: 'login page' });
      expect((await getSigned(`/docs/guide.html?${name.toLowerCase()}=1`)).status).toBe(200);
      expect((await getSigned(`/public/login.html?${name}=1`)).status).toBe(200);
    },
  );

  it('sends the raw path to the origin, so a path with dot segments finds nothing', async () => {
    expect((await getSigned('/public/../docs/guide.html')).status).toBe(404);
    expect((await getSigned('/docs//guide.html')).status).toBe(404);
    expect((await getSigned('/../keys/secret.pem')).status).toBe(404);
  });

  it('can use an RSA key with SHA-1 and without a hash cookie', async () => {
    const pair = createKeyPair('RSA-2048');
    await load(sampleStack(pair));
    const sha1 = cookiesFor(pair, '/*', new URL(harness.emulator.origin).host, 'SHA1');
    expect((await get('/docs/guide.html', { cookie: sha1 })).status).toBe(200);
    const silent = sha1.replace(/; CloudFront-Hash-Algorithm=SHA1/, '');
    expect((await get('/docs/guide.html', { cookie: silent })).status).toBe(200);
    const sha256 = cookiesFor(pair).replace(/; CloudFront-Hash-Algorithm=SHA256/, '');
    expect((await get('/docs/guide.html', { cookie: sha256 })).status).toBe(403);
  });
});

describe('the default root object', () => {
  it('answers for / and for no other folder', async () => {
    expect(await getSigned('/')).toMatchObject({ status: 200, body: 'home' });
    expect(await getSigned('/?x=1')).toMatchObject({ status: 200, body: 'home' });
    expect((await getSigned('/docs/')).status).toBe(404);
    expect((await getSigned('///')).status).toBe(404);
  });

  it('answers for its own folder', async () => {
    await load(
      sampleStack(keys, (resources) => {
        distributionIn(resources)['default_root_object'] = 'docs/guide.html';
      }),
    );
    expect((await getSigned('/')).body).toBe('guide');
    expect((await getSigned('/docs/')).body).toBe('guide');
    expect((await getSigned('/docs')).status).toBe(404);
  });

  it('is not found if it begins with a slash', async () => {
    await load(
      sampleStack(keys, (resources) => {
        distributionIn(resources)['default_root_object'] = '/index.html';
      }),
    );
    expect((await getSigned('/')).status).toBe(404);
  });
});

describe('a viewer on plain http', () => {
  const policies = (policy: string) =>
    sampleStack(keys, (resources) => {
      const ordered = distributionIn(resources)['ordered_cache_behavior'] as Json[];
      for (const behavior of [...ordered, behaviorIn(resources)]) behavior['viewer_protocol_policy'] = policy;
    });

  it('is redirected with 301, or 307 if the method matters, before the signature check', async () => {
    await start({ switches: { viewerScheme: 'http' } });
    await load(policies('redirect-to-https'));
    const { host } = new URL(harness.emulator.origin);
    const page = await get('/docs/guide.html?x=1');
    expect(page).toMatchObject({ status: 301, headers: { location: `https://${host}/docs/guide.html?x=1` } });
    expect(page.headers).toMatchObject({
      server: 'CloudFront',
      'content-type': 'text/html',
      'content-length': '167',
      'x-cache': 'Redirect from cloudfront',
    });
    expect(page.body).toContain('<center><h1>301 Moved Permanently</h1></center>\r\n<hr><center>CloudFront</center>');
    const post = await ask(harness.emulator.origin, '/auth/session', { method: 'POST', body: 'x' });
    expect(post).toMatchObject({ status: 307, headers: { location: `https://${host}/auth/session` } });
  });

  it('is refused where only https is allowed', async () => {
    await start({ switches: { viewerScheme: 'http' } });
    await load(policies('https-only'));
    expect(await get('/public/photo.bin')).toMatchObject({ status: 403, body: 'login page' });
  });

  it('is served where both are allowed, with policies for http', async () => {
    await start({ switches: { viewerScheme: 'http' } });
    await load(policies('allow-all'));
    expect((await get('/public/login.html')).status).toBe(200);
    expect((await getSigned('/docs/guide.html')).status).toBe(403);
    const cookie = harness.cookiesForResource(`${harness.emulator.origin}/*`);
    expect((await get('/docs/guide.html', { cookie })).status).toBe(200);
  });
});

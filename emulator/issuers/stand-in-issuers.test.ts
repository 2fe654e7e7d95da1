import { createPublicKey, type JsonWebKey, X509Certificate } from 'node:crypto';
import { type IncomingMessage, request } from 'node:http';
import { request as secureRequest } from 'node:https';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { selfSignedCertificate } from './self-signed-certificate.ts';
import { type StandInIssuers, startStandInIssuers } from './stand-in-issuers.ts';

let issuers: StandInIssuers;
beforeEach(async () => {
  issuers = await startStandInIssuers({ port: 0, clock: () => 1_800_000_000_000 });
});
afterEach(() => issuers.close());

const payloadOf = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;

const text = async (path: string): Promise<string> => (await fetch(issuers.origin + path)).text();
const json = async (path: string): Promise<Record<string, unknown>> =>
  (await fetch(issuers.origin + path)).json() as Promise<Record<string, unknown>>;

const issuer = 'https://ci.example/team';
const query = `issuer=${encodeURIComponent(issuer)}`;

describe('an issuer', () => {
  it('is described by a document that names it exactly', async () => {
    expect(await json(`/openid-configuration?${query}`)).toMatchObject({
      issuer,
      jwks_uri: `${issuers.origin}/jwks?${query}`,
    });
    expect(await json('/.well-known/openid-configuration')).toMatchObject({ issuer: issuers.origin });
  });

  it.each(['RS256', 'PS256', 'ES256', 'ES384'])('publishes a key for %s, and signs with it', async (algorithm) => {
    const token = await text(`/token?${query}&aud=docs&alg=${algorithm}&sub=build&admin=true&exp=1800000060`);
    const header = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as { kid: string };
    expect(header).toMatchObject({ alg: algorithm, typ: 'JWT' });
    expect(payloadOf(token)).toMatchObject({ iss: issuer, aud: 'docs', sub: 'build', admin: true, exp: 1_800_000_060 });
    const { keys } = (await json(`/jwks?${query}`)) as unknown as {
      keys: (JsonWebKey & { kid: string; alg: string })[];
    };
    const key = keys.find(({ kid, alg }) => kid === header.kid && alg === algorithm);
    expect(createPublicKey({ key: key ?? {}, format: 'jwk' }).type).toBe('public');
  });

  it('has its own keys, and keeps the previous keys after a rotation', async () => {
    const kids = async (): Promise<string[]> =>
      ((await json(`/jwks?${query}`))['keys'] as { kid: string }[]).map(({ kid }) => kid);
    const before = await kids();
    issuers.rotateKeys(issuer);
    const after = await kids();
    expect(after).toHaveLength(8);
    expect(after.slice(4)).toEqual(before);
    const others = ((await json('/jwks?issuer=https%3A%2F%2Fother.example'))['keys'] as { kid: string }[]).length;
    expect(others).toBe(4);
    expect(issuers.keySetRequests(issuer)).toBe(2);
  });

  it('reports what is missing', async () => {
    expect(await text(`/token?${query}`)).toContain('aud=AUDIENCE');
    expect(await text(`/token?${query}&aud=x&alg=HS256`)).toContain('RS256, PS256, ES256, ES384');
    expect(await text('/token?issuer=user-pool')).toContain('no user pool');
    expect((await fetch(`${issuers.origin}/nothing`)).status).toBe(404);
    expect((await fetch(`${issuers.origin}/token`, { method: 'POST' })).status).toBe(405);
  });

  it('fails on demand, without affecting others', async () => {
    issuers.failKeySet(issuer, 'unreachable');
    await expect(text(`/jwks?${query}`)).rejects.toThrow();
    issuers.failKeySet(issuer, 'garbage');
    expect(await text(`/jwks?${query}`)).toContain('Captive portal');
    issuers.failKeySet(issuer, 'huge');
    expect((await text(`/jwks?${query}`)).length).toBeGreaterThan(5 * 1024 * 1024);
    expect(await text('/jwks?issuer=https%3A%2F%2Fother.example')).toContain('"keys"');
    issuers.changeDiscovery(issuer, { issuer: 'https://evil.example' });
    expect(await json(`/openid-configuration?${query}`)).toMatchObject({ issuer: 'https://evil.example' });
  });
});

describe('a user pool', () => {
  const client = {
    issuer: 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC123',
    clientId: 'client-1',
    callbackUrls: ['http://localhost:1/public/login.html'],
    logoutUrls: ['http://localhost:1/public/login.html'],
    ownAccounts: true,
    federated: [
      { name: 'Okta', type: 'SAML' },
      { name: 'Google', type: 'Google' },
    ],
  };

  it('publishes its keys where its issuer says, and issues tokens as Cognito does', async () => {
    issuers.servePool(client);
    const id = payloadOf(await text('/token?issuer=user-pool&email=unverified@example.com'));
    expect(id).toMatchObject({
      iss: client.issuer,
      aud: 'client-1',
      token_use: 'id',
      email: 'unverified@example.com',
      email_verified: false,
      'cognito:username': id['sub'],
    });
    const access = payloadOf(issuers.issuePoolToken({}, 'access'));
    expect(access).toMatchObject({ token_use: 'access', client_id: 'client-1' });
    expect(access['aud']).toBeUndefined();
    const keySet = await text('/cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC123/.well-known/jwks.json');
    expect(JSON.parse(keySet)).toEqual(await json(`/jwks?issuer=${encodeURIComponent(client.issuer)}`));
  });

  it('names the provider of a federated account, as Cognito does, and none for its own account', async () => {
    issuers.servePool(client);
    expect(payloadOf(await text('/token?issuer=user-pool'))['identities']).toBeUndefined();
    const okta = payloadOf(await text('/token?issuer=user-pool&email=alice@example.com&provider=Okta'));
    const [{ userId }] = okta['identities'] as [{ userId: string }];
    expect(okta).toMatchObject({
      'cognito:username': `Okta_${userId}`,
      'cognito:groups': ['eu-west-1_AbC123_Okta'],
      identities: [
        {
          providerName: 'Okta',
          providerType: 'SAML',
          issuer: expect.any(String),
          primary: 'true',
          dateCreated: expect.stringMatching(/^\d{13}$/),
        },
      ],
    });
    const google = payloadOf(issuers.issuePoolToken({}, 'id', 'Google'));
    expect(google['identities']).toMatchObject([{ providerName: 'Google', providerType: 'Google', issuer: null }]);
    expect(google['sub']).not.toBe(okta['sub']);
    expect(await text('/token?issuer=user-pool&provider=okta')).toContain('provider: Okta, Google.');
    expect(() => issuers.issuePoolToken({}, 'id', 'okta')).toThrow('no provider okta');
  });

  it('has no token without a user pool', () => {
    expect(() => issuers.issuePoolToken({})).toThrow('no user pool');
  });
});

describe('the server', () => {
  /** Status of a GET with a chosen Host header; `undefined`: no answer. */
  const statusOf = (secure: boolean, host: string, path: string): Promise<number | undefined> =>
    new Promise((done) => {
      const { port } = new URL(issuers.origin);
      const options = { host: '127.0.0.1', port, path, headers: { host }, agent: false };
      const sent = secure
        ? secureRequest({ ...options, ca: issuers.certificate, servername: '' }, (response) =>
            done(response.statusCode),
          )
        : request(options, (response) => done(response.statusCode));
      sent.on('error', () => done(undefined)).end();
    });

  it('is closed to names that only resolve to this machine, over http and https', async () => {
    const { host } = new URL(issuers.origin);
    for (const secure of [false, true]) {
      expect(await statusOf(secure, 'evil.example', '/')).toBe(403);
      expect(await statusOf(secure, host.replace('127.0.0.1', 'localhost'), '/')).toBe(403);
    }
    expect([await statusOf(false, host, '/'), await statusOf(true, host, '/')]).toEqual([200, 200]);
  });

  it('lets no page load its answers or read them as another type, and answers the request for an icon', async () => {
    const { port } = new URL(issuers.origin);
    const answerOf = (path: string) =>
      new Promise<IncomingMessage>((done, failed) => {
        const options = { host: '127.0.0.1', port, path, agent: false, ca: issuers.certificate, servername: '' };
        secureRequest(options, (response) => done(response.resume()))
          .on('error', failed)
          .end();
      });
    const plain = ['/', '/jwks', '/openid-configuration', '/nothing'].map(async (path) => {
      const { headers } = await fetch(issuers.origin + path);
      return { headers: Object.fromEntries(headers) };
    });
    const hosted = ['/', '/login', '/logout', '/favicon.ico', '/nothing'].map(answerOf);
    for (const { headers } of await Promise.all([...plain, ...hosted])) {
      expect(headers).toMatchObject({
        'cross-origin-resource-policy': 'same-origin',
        'x-content-type-options': 'nosniff',
      });
    }
    expect((await answerOf('/favicon.ico')).statusCode).toBe(204);
  });

  it('has one more name for its hosted sign-in, over https only', async () => {
    const hostedName = 'sign-in.example';
    const named = await startStandInIssuers({ port: 0, hostedName });
    await issuers.close();
    issuers = named;
    expect([await statusOf(true, hostedName, '/'), await statusOf(false, hostedName, '/')]).toEqual([200, 403]);
    expect(await statusOf(true, 'evil.example', '/')).toBe(403);
    expect(new X509Certificate(named.certificate).checkHost(hostedName)).toBe(hostedName);
  });

  it('has a self-signed certificate for this machine, and for no other use', () => {
    const certificate = new X509Certificate(issuers.certificate);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(certificate.checkHost('example.com')).toBeUndefined();
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(certificate.ca).toBe(false);
  });

  it('names the port in use, and leaves it free again', async () => {
    const port = Number(new URL(issuers.origin).port);
    await expect(startStandInIssuers({ port })).rejects.toThrow(`Port ${port} is already in use`);
    await issuers.close();
    issuers = await startStandInIssuers({ port });
    expect(await text('/')).toContain('stand-in');
  });
});

describe('selfSignedCertificate', () => {
  it('is for the given names and addresses, valid from yesterday', () => {
    const { cert } = selfSignedCertificate(['sign-in.example', '127.0.0.1'], Date.parse('2027-01-15T08:00:00Z'), 30);
    const certificate = new X509Certificate(cert);
    expect(certificate.subjectAltName).toBe('DNS:sign-in.example, IP Address:127.0.0.1');
    expect([certificate.validFrom, certificate.validTo]).toEqual([
      'Jan 14 08:00:00 2027 GMT',
      'Feb 14 08:00:00 2027 GMT',
    ]);
  });
});

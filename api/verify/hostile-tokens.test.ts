import { createSecretKey, type KeyObject } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GatewayAnswer } from '../receive/gateway.ts';
import {
  base64url,
  claimsOf,
  expectRefused,
  type Fields,
  hostileKeySet,
  hostileToken,
  oddKeys,
  otherKey,
  signatureOf,
  signInWith,
} from '../testing/hostile-google.ts';
import { googleKey, startTestSite, type TestSite } from '../testing/test-site.ts';

let site: TestSite;
beforeAll(async () => {
  site = await startTestSite();
  site.keySet = hostileKeySet;
});
afterAll(() => site.close());

const signIn = (token: string): Promise<GatewayAnswer> => signInWith(site, token);
const alice = (): Fields => claimsOf();

describe('a good token', () => {
  it('is admitted, so that the refusals below mean something', async () => {
    expect((await signIn(hostileToken(alice()))).statusCode).toBe(201);
  });
});

describe('the algorithm is RS256, whatever the header says', () => {
  it.each([
    'none',
    'None',
    'NONE',
    'nOnE',
    ' none',
    '',
    'rs256',
    'Rs256',
    'RS256 ',
    ' RS256',
    'RS256\u0000',
    'RS256\n',
    'ＲＳ256',
    'RS384',
    'RS512',
    'PS256',
    'RSA-SHA256',
    'SHA256',
    'dir',
    null,
    true,
    256,
    ['RS256'],
    { RS256: true },
  ])('alg %j with a good signature is refused', async (alg) => {
    expectRefused(await signIn(hostileToken(alice(), { alg })), 'invalid_token');
  });

  it('a token without alg is refused', async () => {
    expectRefused(await signIn(hostileToken(alice(), { alg: undefined })), 'invalid_token');
  });

  it.each(['none', 'None', 'RS256'])('alg %s without a signature is refused', async (alg) => {
    expectRefused(await signIn(hostileToken(alice(), { alg }).replace(/[^.]*$/, '')), 'invalid_token');
  });

  it.each(['HS256', 'HS384', 'HS512'])('%s with what is public as the secret is refused', async (alg) => {
    const pem = googleKey.publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const secrets = [
      pem,
      pem.trim(),
      googleKey.publicKey.export({ type: 'spki', format: 'der' }),
      googleKey.publicKey.export({ type: 'pkcs1', format: 'pem' }),
      JSON.stringify(googleKey.publicKey.export({ format: 'jwk' })),
      String(googleKey.publicKey.export({ format: 'jwk' }).n),
      'secret',
    ];
    for (const secret of secrets) {
      const key = createSecretKey(Buffer.from(secret));
      expectRefused(await signIn(hostileToken(alice(), { alg }, key)), 'invalid_token');
      expectRefused(await signIn(hostileToken(alice(), { alg, kid: 'oct' }, key)), 'invalid_token');
    }
  });
});

describe('kid injection', () => {
  it.each<[string, () => string]>([
    ['another kind of key', () => hostileToken(alice(), { kid: 'ec', alg: 'ES256' }, oddKeys.ec.privateKey)],
    ['another kind of key under our algorithm', () => hostileToken(alice(), { kid: 'ec' }, oddKeys.ec.privateKey)],
    ['a key for encryption', () => hostileToken(alice(), { kid: 'enc' }, oddKeys.enc.privateKey)],
    ['a key that is too short', () => hostileToken(alice(), { kid: 'weak' }, oddKeys.weak.privateKey)],
    ['a symmetric key', () => hostileToken(alice(), { kid: 'oct' }, otherKey.privateKey)],
  ])('a published key that is not for ID tokens is not used: %s', async (_name, make) => {
    expectRefused(await signIn(make()), 'invalid_token', 'temporarily_unavailable');
  });

  it.each([
    '../../../../dev/null',
    '/dev/null',
    'file:///dev/null',
    'https://evil.example/key',
    "' OR '1'='1",
    '$(id)',
    '{{7*7}}',
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    '0',
    'undefined',
    'null',
    'good ',
    'GOOD',
    'good\u0000',
    'good\r\nX-Injected: 1',
    'ｇood',
    'g'.repeat(8_000),
  ])('the kid %j finds no key', async (kid) => {
    const forged = hostileToken(alice(), { kid }, otherKey.privateKey);
    const answer = await signIn(forged.length > 8_500 ? hostileToken(alice(), { kid: kid.slice(0, 5_000) }) : forged);
    expectRefused(answer, 'invalid_token', 'temporarily_unavailable');
    expect(answer.headers['X-Injected']).toBeUndefined();
  });

  it.each([null, true, 0, 1, [], ['good'], {}, { kid: 'good' }, ''])(
    'the kid %j does not count as one',
    async (kid) => {
      expectRefused(await signIn(hostileToken(alice(), { kid })), 'invalid_token');
    },
  );

  it('a token without kid is not tried with every key', async () => {
    expectRefused(await signIn(hostileToken(alice(), { kid: undefined })), 'invalid_token');
  });

  it('invented key IDs keep nobody out', async () => {
    for (const kid of ['a', 'b', 'c']) {
      expectRefused(await signIn(hostileToken(alice(), { kid })), 'invalid_token', 'temporarily_unavailable');
    }
    expect((await signIn(hostileToken(alice()))).statusCode).toBe(201);
  });
});

describe('a key that the token brings along', () => {
  it('is not used, and no address in it is fetched', async () => {
    let asked = 0;
    const attacker = createServer((_request, response) => {
      asked += 1;
      response.end('{}');
    });
    await new Promise<void>((done) => attacker.listen(0, '127.0.0.1', done));
    const address = `http://127.0.0.1:${(attacker.address() as AddressInfo).port}/keys`;
    const { publicKey, privateKey } = otherKey;
    const jwk = { ...publicKey.export({ format: 'jwk' }), kid: googleKey.kid, alg: 'RS256', use: 'sig' };
    const certificate = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
    for (const header of [{ jwk }, { jku: address }, { x5u: address }, { x5c: [certificate] }, { x5t: 'AAAA' }]) {
      for (const kid of [googleKey.kid, 'attacker']) {
        const answer = await signIn(hostileToken(alice(), { ...header, kid }, privateKey));
        expectRefused(answer, 'invalid_token', 'temporarily_unavailable');
      }
    }
    await new Promise((done) => attacker.close(done));
    expect(asked).toBe(0);
  });
});

describe('critical extensions', () => {
  it.each([
    { crit: ['b64'], b64: false },
    { crit: ['exp'], exp: 1 },
    { crit: [] },
    { crit: null },
    { crit: 'b64' },
    { crit: {} },
    { crit: ['http://example.com/unknown'], 'http://example.com/unknown': true },
  ])('%j is refused, though the signature is good', async (header) => {
    expectRefused(await signIn(hostileToken(alice(), header)), 'invalid_token');
  });
});

describe('a signature by another key', () => {
  it.each<[string, () => KeyObject]>([
    ['RSA', () => otherKey.privateKey],
    ['P-256', () => oddKeys.ec.privateKey],
  ])('%s: refused', async (_name, key) => {
    expectRefused(await signIn(hostileToken(alice(), {}, key())), 'invalid_token');
  });

  it('over other claims: refused', async () => {
    const [header, , signature] = hostileToken(alice()).split('.');
    const claims = base64url(claimsOf({ email: 'bob@example.com' }));
    expectRefused(await signIn(`${header}.${claims}.${signature}`), 'invalid_token');
  });

  it('over the header alone or the claims alone: refused', async () => {
    const [header = '', claims = ''] = hostileToken(alice()).split('.');
    for (const input of [header, claims, `${header}${claims}`, `${claims}.${header}`]) {
      const signature = signatureOf('RS256', input, otherKey.privateKey);
      expectRefused(await signIn(`${header}.${claims}.${signature}`), 'invalid_token');
    }
  });
});

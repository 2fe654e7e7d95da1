import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { emptyAccessDocument } from '../../contract/access-rules.ts';
import { accessConfigKey, googleIssuer } from '../../contract/layout.ts';
import type { GatewayAnswer } from '../receive/gateway.ts';
import { bearer, outcome, putRules, renew } from '../testing/issuer-site.ts';
import type { Claims } from '../testing/stub-google.ts';
import {
  machineAudience,
  machineClaims,
  machineIssuer,
  machineKey,
  machineToken,
  poolClaims,
  poolClientId,
  poolIssuer,
  poolKey,
  poolToken,
  type StubIssuers,
  sharedKid,
  signedToken,
  startStubIssuers,
} from '../testing/stub-issuers.ts';
import { aliceClaims, clientId, codeOf, googleKey, startTestSite, type TestSite } from '../testing/test-site.ts';

let stub: StubIssuers;
let site: TestSite;
beforeEach(async () => {
  stub = await startStubIssuers();
  site = await startTestSite({ otherIssuers: stub.issuers, overrides: { claimNames: ['groups'] } });
});
afterEach(() => Promise.all([site.close(), stub.close()]));

const reasons = (): unknown[] => site.lines.map(({ reason }) => reason).filter((reason) => reason !== undefined);

const everyRule = [
  { who: { hostedDomains: ['example.com', 'partner.example'] } },
  { who: { issuer: machineIssuer, subjects: [{ issuer: machineIssuer, subject: 'build' }] } },
];

describe('each issuer', () => {
  it('can sign people in, so that the refusals below mean something', async () => {
    putRules(site, ...everyRule);
    expect(await outcome(site, site.token())).toBe('admitted');
    expect(await outcome(site, poolToken())).toBe('admitted');
    expect(await outcome(site, machineToken())).toBe('admitted');
    expect(stub.asked).toEqual(['/eu-west-1_AbC123/.well-known/jwks.json', '/discovery', '/keys']);
  });
});

describe('a token of one issuer with the rules for another', () => {
  const tokens: Record<string, (claims?: Claims) => string> = {
    Google: (claims) => site.token(claims),
    'the user pool': (claims) => poolToken(claims),
    'the machines': (claims) => machineToken(claims),
  };
  const everything = {
    sub: '7',
    email: 'alice@example.com',
    email_verified: true,
    hd: 'example.com',
    groups: ['staff'],
  };

  it.each([
    ['Google', 'google'],
    ['Google', googleIssuer],
    ['the user pool', 'cognitoUserPool'],
    ['the user pool', poolIssuer],
    ['the machines', machineIssuer],
  ])('a rule for %s, named as %s, admits nobody of the others', async (of, issuer) => {
    for (const who of [
      { anyone: true },
      { claims: { groups: ['staff'] } },
      { emails: ['alice@example.com'], trustUnmanaged: true },
    ]) {
      putRules(site, { who: { issuer, ...who } });
      site.clock += 61_000;
      for (const [name, token] of Object.entries(tokens)) {
        const times = { iat: site.clock / 1000, exp: site.clock / 1000 + 60 };
        expect([name, who, await outcome(site, token({ ...everything, ...times }))]).toEqual([
          name,
          who,
          name === of ? 'admitted' : 'access_denied',
        ]);
      }
    }
  });

  it.each([
    ['anyone', { anyone: true }],
    ['a claim', { claims: { groups: ['staff'] } }],
    ["a Workspace's domain", { hostedDomains: ['example.com'] }],
    ['an address', { emails: ['alice@example.com'] }],
    ['an address anywhere', { emails: ['alice@example.com'], trustUnmanaged: true }],
    ["Google's subject", { subjects: [{ issuer: googleIssuer, subject: '7' }] }],
  ])('a rule that was written when Google was the only provider still means only Google: %s', async (_, who) => {
    putRules(site, { who });
    expect(await outcome(site, tokens['Google']?.(everything) ?? '')).toBe('admitted');
    expect(await outcome(site, poolToken(everything))).toBe('access_denied');
    expect(await outcome(site, machineToken(everything))).toBe('access_denied');
  });

  it('a list of service accounts admits only accounts of Google', async () => {
    const robot = 'robot@project.iam.gserviceaccount.com';
    putRules(site, { who: { serviceAccounts: [robot] } });
    const claims = { email: robot, email_verified: true, hd: undefined };
    expect(await outcome(site, site.token(claims))).toBe('admitted');
    expect(await outcome(site, poolToken(claims))).toBe('access_denied');
    expect(await outcome(site, machineToken(claims))).toBe('access_denied');
  });

  it("Google's form post accepts only Google's tokens", async () => {
    putRules(site, ...everyRule);
    const begun = await site.send();
    const [cookie = ''] = (begun.cookies ?? []).map((line) => line.split(';', 1)[0] ?? '');
    const { nonce } = JSON.parse(begun.body ?? '') as { nonce: string };
    const post = (credential: string): Promise<GatewayAnswer> =>
      site.send({
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', origin: 'https://accounts.google.com' },
        cookies: [cookie, 'g_csrf_token=c'],
        body: `${new URLSearchParams({ credential, g_csrf_token: 'c' })}`,
      });
    expect((await post(poolToken({ nonce }))).headers['Location']).toBe('/public/login.html#error=invalid_token');
    expect((await post(machineToken({ nonce }))).headers['Location']).toBe('/public/login.html#error=invalid_token');
    expect(reasons()).toEqual(['form-of-another-issuer', 'bearer-only']);
    expect((await post(site.token({ nonce }))).headers['Location']).toBe('/');
  });
});

describe('an issuer that looks like one of ours', () => {
  it.each([
    `${machineIssuer}/`,
    'https://CI.example',
    'HTTPS://ci.example',
    'http://ci.example',
    'ci.example',
    '//ci.example',
    ' https://ci.example',
    'https://ci.example ',
    'https://ci.example\u0000',
    'https://ci.example:443',
    'https://user@ci.example',
    'https://ci.example?',
    'https://ci.example#',
    'https://ci.example.',
    'https://ci.example.evil.example',
    `${poolIssuer}/`,
    poolIssuer.toLowerCase(),
    poolIssuer.replace('https://', ''),
    poolIssuer.replace('AbC123', 'AbC124'),
    poolIssuer.replaceAll('eu-west-1', 'us-east-1'),
    'https://accounts.google.com/',
    'https://ACCOUNTS.google.com',
    'Accounts.google.com',
    'http://accounts.google.com',
    '',
    null,
    7,
    [machineIssuer],
    { [machineIssuer]: true },
    '__proto__',
    'constructor',
  ])('%j is not one of ours, and no key is fetched', async (iss) => {
    putRules(site, ...everyRule);
    for (const token of [machineToken({ iss }), poolToken({ iss }), site.token({ iss })]) {
      expect(await outcome(site, token)).toBe('invalid_token');
    }
    expect(reasons()).toEqual(['issuer-refused', 'issuer-refused', 'issuer-refused']);
    expect([stub.asked, site.keySetFetches]).toEqual([[], 0]);
  });

  it("Google's other issuer name is Google, with Google's keys and audience", async () => {
    expect(await outcome(site, site.token({ iss: 'accounts.google.com' }))).toBe('admitted');
    const borrowed = { ...aliceClaims, iss: 'accounts.google.com' };
    expect(await outcome(site, signedToken(poolKey, borrowed))).toBe('invalid_token');
    expect(await outcome(site, signedToken(poolKey, { ...borrowed, aud: poolClientId, azp: undefined }))).toBe(
      'invalid_token',
    );
  });
});

describe('the same kid in every key set', () => {
  it("is looked up in the key set of the token's issuer, so no issuer can sign for another", async () => {
    putRules(site, ...everyRule);
    expect(googleKey.kid).toBe(sharedKid);
    const asGoogle = { algorithm: 'RS256' as const, ...googleKey };
    // Each set is there before, so that whichever comes first could be found.
    for (const token of [site.token(), poolToken(), machineToken()])
      expect(await outcome(site, token)).toBe('admitted');
    for (const token of [
      signedToken(poolKey, aliceClaims),
      signedToken(asGoogle, poolClaims),
      signedToken(asGoogle, machineClaims, { alg: 'ES256' }),
      signedToken(machineKey, poolClaims, { alg: 'RS256' }),
    ]) {
      expect(await outcome(site, token)).toBe('invalid_token');
    }
    expect(reasons()).toEqual(['signature-wrong', 'signature-wrong', 'signature-wrong', 'signature-wrong']);
  });
});

describe('the algorithm of another issuer', () => {
  it.each<[string, () => string]>([
    ['RS256 where ES256 is pinned', () => signedToken(poolKey, machineClaims)],
    ['ES256 where RS256 is pinned', () => signedToken(machineKey, poolClaims)],
    ['ES256 for Google', () => signedToken(machineKey, aliceClaims)],
    ['none', () => machineToken({}, { alg: 'none' }).replace(/[^.]*$/, '')],
    ['ES384', () => machineToken({}, { alg: 'ES384' })],
    ['a DER signature under another name', () => machineToken({}, { alg: 'ES256K' })],
  ])('is refused: %s', async (_, make) => {
    putRules(site, ...everyRule);
    expect(await outcome(site, make())).toBe('invalid_token');
    expect([reasons(), stub.asked]).toEqual([['algorithm-refused'], []]);
  });

  it.each([
    ['the user pool', poolClaims, poolKey],
    ['the machines', machineClaims, machineKey],
  ] as const)('HS256 with the public key of %s as the secret is refused', async (_, claims, { publicKey }) => {
    putRules(site, ...everyRule);
    for (const secret of [
      publicKey.export({ type: 'spki', format: 'pem' }),
      publicKey.export({ type: 'spki', format: 'der' }),
      JSON.stringify(publicKey.export({ format: 'jwk' })),
    ]) {
      for (const alg of ['HS256', 'RS256', 'ES256']) {
        const [header, payload] = signedToken(machineKey, claims, { alg }).split('.');
        const proof = createHmac('sha256', secret).update(`${header}.${payload}`).digest('base64url');
        expect(await outcome(site, `${header}.${payload}.${proof}`)).toBe('invalid_token');
      }
    }
  });

  it('an elliptic-curve signature has one accepted encoding', async () => {
    putRules(site, ...everyRule);
    const [header, payload, proof = ''] = machineToken().split('.');
    const bytes = Buffer.from(proof, 'base64url');
    const zeros = Buffer.alloc(64);
    for (const other of [bytes.subarray(0, 63), Buffer.concat([bytes, Buffer.alloc(1)]), zeros, Buffer.alloc(0)]) {
      expect(await outcome(site, `${header}.${payload}.${other.toString('base64url')}`)).toBe('invalid_token');
    }
  });
});

describe('another token than an ID token', () => {
  it.each<[string, () => string]>([
    ["the user pool's access token", () => poolToken({ token_use: 'access', client_id: poolClientId })],
    ['a token of the user pool without a use', () => poolToken({ token_use: undefined })],
    ['a use that is nearly one', () => poolToken({ token_use: ['id'] })],
    ['an access token by its header (RFC 9068)', () => machineToken({}, { typ: 'at+jwt' })],
    ['the same, spelled in full', () => machineToken({}, { typ: 'application/AT+JWT' })],
    ['the same of Google', () => site.token({}, { typ: 'at+jwt' })],
    ['a logout token', () => machineToken({ events: { 'http://schemas.openid.net/event/backchannel-logout': {} } })],
    ['a logout token by its header', () => machineToken({}, { typ: 'logout+jwt' })],
    ['a security event by its header', () => machineToken({}, { typ: 'application/secevent+jwt' })],
    ['an introspection by its header', () => machineToken({}, { typ: 'Token-Introspection+JWT' })],
    ["Keycloak's access token", () => machineToken({ typ: 'Bearer' })],
    ['an access token of machines that says so', () => machineToken({ token_use: 'access' })],
  ])('is refused: %s', async (_, make) => {
    putRules(site, ...everyRule);
    expect(await outcome(site, make())).toBe('invalid_token');
    expect(reasons()).toEqual(['no-id-token']);
  });

  it('an access token without an audience is refused before any key is asked for', async () => {
    expect(await outcome(site, poolToken({ aud: undefined, client_id: poolClientId, token_use: 'access' }))).toBe(
      'invalid_token',
    );
    expect([reasons(), stub.asked]).toEqual([['audience-refused'], []]);
  });
});

describe('the audience of another provider', () => {
  it.each<[string, () => string]>([
    ["Google's client ID in a token of the user pool", () => poolToken({ aud: clientId })],
    ["Google's client ID in a token of machines", () => machineToken({ aud: clientId })],
    ["the pool's client in a token of Google", () => site.token({ aud: poolClientId, azp: undefined })],
    ["the pool's client in a token of machines", () => machineToken({ aud: poolClientId })],
    ['a list, in a token of the user pool', () => poolToken({ aud: [poolClientId] })],
    ['a list, in a token of Google', () => site.token({ aud: [clientId] })],
    ['a stranger beside ours', () => machineToken({ aud: [machineAudience, 'evil'] })],
    ['an empty list', () => machineToken({ aud: [] })],
    ['a list in a list', () => machineToken({ aud: [[machineAudience]] })],
  ])('is refused: %s', async (_, make) => {
    putRules(site, ...everyRule);
    expect(await outcome(site, make())).toBe('invalid_token');
    expect([reasons(), stub.asked]).toEqual([['audience-refused'], []]);
  });

  it('a list of audiences that are all ours is accepted, as OpenID Connect says', async () => {
    putRules(site, ...everyRule);
    expect(await outcome(site, machineToken({ aud: [machineAudience] }))).toBe('admitted');
  });

  it('a token with another authorized party is refused', async () => {
    expect(await outcome(site, machineToken({ azp: 'evil' }))).toBe('invalid_token');
    expect(reasons()).toEqual(['authorized-party-refused']);
  });
});

describe('an address for which the issuer is not trusted', () => {
  it.each([
    ['of a domain that nobody named', 'boss@example.com'],
    ['of a domain that the other issuer is trusted for', 'job@ci.example'],
    ['below a trusted domain', 'x@sub.partner.example'],
    ['that ends like a trusted domain', 'x@evilpartner.example'],
    ['of gmail, where Google is the authority', 'someone@gmail.com'],
  ])('admits nobody by address or domain: %s', async (_, email) => {
    const domain = email.slice(email.indexOf('@') + 1);
    putRules(
      site,
      { who: { emails: [email], trustUnmanaged: true } },
      { who: { hostedDomains: [domain, 'partner.example'] } },
    );
    expect(await outcome(site, poolToken({ email }))).toBe('access_denied');
  });

  it.each([false, 'false', 'True', 1, null, undefined, ['true']])(
    'of a trusted domain, with email_verified %j: not admitted',
    async (emailVerified) => {
      putRules(site, ...everyRule, { who: { emails: ['paula@partner.example'] } });
      expect(await outcome(site, poolToken({ email_verified: emailVerified }))).toBe('access_denied');
    },
  );

  it('accepts the text that Cognito writes for some federated people, and from no other issuer', async () => {
    putRules(site, { who: { hostedDomains: ['partner.example', 'ci.example', 'example.com'] } });
    expect(await outcome(site, poolToken({ email_verified: 'true' }))).toBe('admitted');
    expect(await outcome(site, machineToken({ email: 'job@ci.example', email_verified: 'true' }))).toBe(
      'access_denied',
    );
    expect(await outcome(site, site.token({ email_verified: 'true' }))).toBe('access_denied');
  });

  it('is admitted at other domains only if the rule names the issuer and says so', async () => {
    const emails = ['someone@elsewhere.example'];
    putRules(site, { who: { issuer: 'cognitoUserPool', emails, trustUnmanaged: true } });
    expect(await outcome(site, poolToken({ email: emails[0] }))).toBe('admitted');
    expect(await outcome(site, machineToken({ email: emails[0], email_verified: true }))).toBe('access_denied');
  });

  it('is blocked anyway: blocking trusts every issuer', async () => {
    const address = 'paula@partner.example';
    site.aws.put(accessConfigKey, JSON.stringify({ ...emptyAccessDocument, blocked: [address], rules: everyRule }));
    expect(await outcome(site, poolToken({ email_verified: false }))).toBe('access_denied');
    expect(site.lines.at(-1)).toMatchObject({ event: 'denied', why: 'blocked' });
  });
});

describe('what an issuer publishes', () => {
  it.each<[string, object | string]>([
    ['names another issuer', { issuer: poolIssuer }],
    ['names the issuer with a slash', { issuer: `${machineIssuer}/` }],
    ['names no issuer', { issuer: undefined }],
    ['has its keys at an address without TLS', { jwks_uri: 'http://keys.example/keys' }],
    ['has its keys in a file', { jwks_uri: 'file:///etc/passwd' }],
    ['has its keys nowhere', { jwks_uri: undefined }],
    ['has two addresses for its keys', { jwks_uri: ['https://ci.example/keys'] }],
    ['is no JSON', '<!doctype html>'],
    ['is null', 'null'],
  ])('is not used when its discovery document %s', async (_, document) => {
    putRules(site, ...everyRule);
    const good = { issuer: machineIssuer, jwks_uri: `${stub.origin}/keys` };
    const text = typeof document === 'string' ? document : JSON.stringify({ ...good, ...document });
    stub.answers.discovery = (response) => response.end(text);
    expect(await outcome(site, machineToken())).toBe('temporarily_unavailable');
    expect(stub.asked).toEqual(['/discovery']);
    expect(site.lines.map(({ event }) => event)).toContain('key-set-unavailable');
    expect(JSON.stringify(site.lines)).not.toContain('doctype');
  });

  it('is not fetched through a redirect', async () => {
    stub.answers.discovery = (response) => response.writeHead(302, { Location: `${stub.origin}/keys` }).end();
    expect(await outcome(site, machineToken())).toBe('temporarily_unavailable');
    expect(stub.asked).toEqual(['/discovery']);
  });

  it.each(['pool', 'machine', 'discovery'] as const)('is not read in full if it has 5 MB: %s', async (which) => {
    putRules(site, ...everyRule);
    let sent = 0;
    stub.answers[which] = (response) => {
      const piece = Buffer.alloc(65_536, ' ');
      const more = (): void => {
        while (sent < 5 * 1024 * 1024 && !response.destroyed) {
          sent += piece.length;
          if (!response.write(piece)) return void response.once('drain', more);
        }
        response.end();
      };
      more();
    };
    expect(await outcome(site, which === 'pool' ? poolToken() : machineToken())).toBe('temporarily_unavailable');
    expect(sent).toBeLessThan(5 * 1024 * 1024);
  });

  it('can fail for one issuer while the others work', async () => {
    putRules(site, ...everyRule);
    stub.answers.machine = (response) => response.destroy();
    expect(await outcome(site, machineToken())).toBe('temporarily_unavailable');
    expect(await outcome(site, poolToken())).toBe('admitted');
    expect(await outcome(site, site.token())).toBe('admitted');
    stub.answers.pool = (response) => response.writeHead(500).end();
    site.clock += 3_600_001;
    const times = { iat: site.clock / 1000, exp: site.clock / 1000 + 60 };
    // The last good set stays in use; the outage of one is not told of another.
    expect(await outcome(site, poolToken(times))).toBe('admitted');
    expect(await outcome(site, site.token(times))).toBe('admitted');
    expect(await outcome(site, machineToken(times))).toBe('temporarily_unavailable');
  });

  it('is loaded for a page only from issuers that people use, so an issuer of machines delays no page', async () => {
    stub.answers.discovery = () => {};
    expect((await site.send()).statusCode).toBe(200);
    expect(stub.asked).toEqual(['/eu-west-1_AbC123/.well-known/jwks.json']);
  });

  it('unknown kids of one issuer start the pause of that issuer only', async () => {
    putRules(site, ...everyRule);
    expect(await outcome(site, poolToken({}, { kid: 'invented' }))).toBe('invalid_token');
    expect(await outcome(site, poolToken({}, { kid: 'invented-2' }))).toBe('temporarily_unavailable');
    expect(await outcome(site, machineToken())).toBe('admitted');
    expect(await outcome(site, site.token())).toBe('admitted');
  });
});

describe('a request for access', () => {
  async function ask(token: string, mayAsk: 'anyone' | { hostedDomains: string[] }): Promise<unknown> {
    const accessRequests = { policy: { mayAsk, maximumOpen: 100 } };
    const asked = await startTestSite({ otherIssuers: stub.issuers, accessRequests });
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const answer = await asked.send({ method: 'POST', path: '/auth/access-requests', headers, body: '{"reason":""}' });
    await asked.close();
    return answer.statusCode === 202 ? 'asked' : codeOf(answer);
  }
  const address = { email: 'robot@ci.example', email_verified: true };

  it('of a machine is refused, even if anyone may ask: anybody could fill the list with jobs', async () => {
    expect(await ask(poolToken(), 'anyone')).toBe('asked');
    expect(await ask(machineToken(), 'anyone')).toBe('access_denied');
    expect(await ask(machineToken({ ...address, email: 'robot@elsewhere.example' }), 'anyone')).toBe('access_denied');
  });

  it('of an account in a domain that may ask is accepted if the issuer is trusted for the domain', async () => {
    const mayAsk = { hostedDomains: ['ci.example', 'partner.example'] };
    expect(await ask(machineToken(address), mayAsk)).toBe('asked');
    expect(await ask(machineToken({ ...address, email_verified: false }), mayAsk)).toBe('access_denied');
    expect(await ask(machineToken({ ...address, email: 'paula@partner.example' }), mayAsk)).toBe('access_denied');
  });
});

describe('a session', () => {
  it('of an issuer that the config no longer names is not renewed', async () => {
    putRules(site, ...everyRule);
    const answer = await bearer(site, poolToken());
    expect((await renew(site, answer)).statusCode).toBe(200);
    const without = await startTestSite();
    expect(codeOf(await renew(without, answer))).toBe('session_expired');
    await without.close();
  });

  it('of an address is not renewed after the issuer lost trust for its domain', async () => {
    putRules(site, ...everyRule);
    const answer = await bearer(site, poolToken());
    const less = await startStubIssuers({ poolDomains: {} });
    const later = await startTestSite({ otherIssuers: less.issuers });
    later.aws.put(accessConfigKey, JSON.stringify({ ...emptyAccessDocument, rules: everyRule }));
    expect(codeOf(await renew(later, answer))).toBe('access_denied');
    await Promise.all([later.close(), less.close()]);
  });
});

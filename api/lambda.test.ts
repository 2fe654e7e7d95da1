import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { emptyAccessDocument } from '../contract/access-rules.ts';
import { type Environment, encodeEnvironment } from '../contract/environment.ts';
import { accessConfigKey, accessLiveKey, privateKeyObject } from '../contract/layout.ts';
import { type StubAws, startStubAws } from './testing/stub-aws.ts';
import { keySetOf, makeIdToken, type StubServer, startKeyServer } from './testing/stub-google.ts';
import { aliceClaims, clientId, cookiesOf, googleKey, makeEvent, signingPair } from './testing/test-site.ts';

let aws: StubAws;
let keys: StubServer;
let lines: string[];
beforeEach(async () => {
  aws = await startStubAws();
  keys = await startKeyServer((response) => response.end(keySetOf(googleKey)));
  lines = [];
  vi.resetModules();
  vi.spyOn(process.stdout, 'write').mockImplementation((line) => {
    lines.push(String(line));
    return true;
  });
});
afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await Promise.all([aws.close(), keys.close()]);
});

const environment = (): Environment => ({
  site: 'docs',
  stage: 'prod',
  pseudonyms: false,
  metrics: false,
  hosts: ['docs.example.com'],
  allowedOrigins: [],
  privateBucket: 'private',
  keyPairId: 'K1',
  identityPoolId: 'eu-west-1:pool',
  accessRequests: null,
  requestsTopic: null,
  userPool: null,
  providers: [
    {
      kind: 'google',
      clientId,
      otherClientIds: ['robot.example'],
      scriptUrl: 'https://accounts.google.com/gsi/client',
      redirectOnIos: true,
      keySetUrl: `${keys.origin}/certs`,
    },
  ],
  session: { cookieSeconds: 60, maximumSeconds: 60, persistent: false, claims: [] },
  signing: { fingerprint: signingPair.fingerprint, key: 'P-256', hash: 'SHA256' },
  kmsKeyArn: null,
  trustedKeys: { [signingPair.fingerprint]: signingPair.spki },
});

async function load(changes: Partial<Environment> = {}): Promise<typeof import('./lambda.ts')> {
  const variables = {
    ...encodeEnvironment({ ...environment(), ...changes }),
    AWS_ENDPOINT_URL: aws.origin,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'stub',
    AWS_SECRET_ACCESS_KEY: 'stub',
  };
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  return import('./lambda.ts');
}

describe('handler', () => {
  it('has two parameters, because Lambda refuses three', async () => {
    expect((await load()).handler).toHaveLength(2);
  });

  it('signs in with nothing but its environment', async () => {
    aws.put(privateKeyObject(signingPair.fingerprint), signingPair.pem);
    const rules = [{ who: { hostedDomains: ['example.com'] } }];
    aws.put(accessConfigKey, JSON.stringify({ ...emptyAccessDocument, rules }));
    aws.put(accessLiveKey, JSON.stringify(emptyAccessDocument));
    const { handler } = await load();
    const seconds = Math.floor(Date.now() / 1000);
    for (const aud of [clientId, 'robot.example']) {
      const claims = { ...aliceClaims, aud, azp: aud, iat: seconds, exp: seconds + 60 };
      const headers = { authorization: `Bearer ${makeIdToken(googleKey, claims)}` };
      const answer = await handler(makeEvent({ method: 'POST', headers }), {});
      expect(answer.statusCode).toBe(201);
      expect(cookiesOf(answer)['CloudFront-Key-Pair-Id']?.value).toBe('K1');
    }
    // The pool knows the first client ID only.
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { event: 'granted', identityId: 'eu-west-1:identity-1' },
      { event: 'granted' },
    ]);
    expect(lines[1]).not.toContain('identityId');
  });

  it('works without an identity pool', async () => {
    const { handler } = await load({ identityPoolId: null });
    expect((await handler(makeEvent(), {})).statusCode).toBe(200);
    expect(aws.identityCalls).toEqual([]);
  });

  it('does not start with an environment that the stack would not write', async () => {
    await expect(load({ providers: [] })).rejects.toThrow('Lambda environment: providers is missing or wrong');
    vi.resetModules();
    await expect(load({ trustedKeys: { '0000000000000000': signingPair.spki } })).rejects.toThrow('is another key');
  });
});

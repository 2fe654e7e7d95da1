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

async function load(
  changes: Partial<Environment> = {},
  endpoint: string | null = aws.origin,
): Promise<typeof import('./lambda.ts')> {
  const variables = {
    ...encodeEnvironment({ ...environment(), ...changes }),
    AWS_ENDPOINT_URL: endpoint ?? undefined,
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

  it('passes the freeze detection to everything that a freeze can interrupt', async () => {
    const watches = new Map<string, unknown>();
    const spied = (name: string, options: { readonly watch?: unknown }): void => void watches.set(name, options.watch);
    for (const [path, name] of [
      ['./record/pseudonyms.ts', 'createPseudonyms'],
      ['./issue/signing-key.ts', 'createSigningKeyStore'],
      ['./issue/kms-signing-key.ts', 'createKmsSigningKey'],
      ['./decide/access-documents.ts', 'createAccessDocuments'],
      ['./issue/identity-pool.ts', 'createIdentityPool'],
      ['./verify/key-set.ts', 'createKeySet'],
    ] as const) {
      vi.doMock(path, async (original) => {
        const module = await original<Record<string, (options: object) => unknown>>();
        return { ...module, [name]: (options: object) => [spied(name, options), module[name]?.(options)][1] };
      });
    }
    const [watch] = [vi.fn()];
    vi.doMock('./shared/invocations.ts', async (original) => ({
      ...(await original<object>()),
      createInvocations: () => ({ run: (answer: () => unknown) => answer(), watch }),
    }));
    try {
      await load({ pseudonyms: true });
      vi.resetModules();
      await load({ kmsKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/1' });
    } finally {
      vi.doUnmock('./shared/invocations.ts');
      for (const name of ['record/pseudonyms', 'issue/signing-key', 'issue/kms-signing-key', 'issue/identity-pool'])
        vi.doUnmock(`./${name}.ts`);
      vi.doUnmock('./decide/access-documents.ts');
      vi.doUnmock('./verify/key-set.ts');
    }
    expect(watches.size).toBe(6);
    for (const [name, given] of watches) expect([name, given]).toEqual([name, watch]);
  });

  it.each([
    ['https://s3.example', true],
    [null, false],
  ])('finds the bucket behind the endpoint %s by its path: %s', async (endpoint, forcePathStyle) => {
    const given: unknown[] = [];
    vi.doMock('./shared/private-bucket.ts', () => ({
      createPrivateBucket: (...options: unknown[]) => void given.push(...options),
    }));
    try {
      await load({}, endpoint);
    } finally {
      vi.doUnmock('./shared/private-bucket.ts');
    }
    expect(given).toEqual(['private', { forcePathStyle }]);
  });

  it('waits a second for the identity pool', async () => {
    const given: unknown[] = [];
    vi.doMock('./issue/identity-pool.ts', () => ({
      createIdentityPool: (options: unknown) => void given.push(options),
    }));
    try {
      await load();
    } finally {
      vi.doUnmock('./issue/identity-pool.ts');
    }
    expect(given).toMatchObject([{ identityPoolId: 'eu-west-1:pool', timeoutMs: 1_000 }]);
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

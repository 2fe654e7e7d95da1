import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bearer, clientId, codeOf, startTestSite, type TestSite } from '../testing/test-site.ts';

describe('the identity pool', () => {
  let pooled: TestSite;
  beforeEach(async () => {
    pooled = await startTestSite({ identityPool: true });
  });
  afterEach(() => pooled.close());

  it('gives the session an identity ID', async () => {
    expect((await pooled.send(bearer(pooled.token()))).statusCode).toBe(201);
    expect(pooled.lines).toMatchObject([{ event: 'granted', identityId: 'eu-west-1:identity-1' }]);
    expect(pooled.aws.identityCalls).toEqual([
      { IdentityPoolId: 'eu-west-1:pool', Logins: { 'accounts.google.com': pooled.token() } },
    ]);
  });

  it.each([
    [1, { identityId: 'eu-west-1:identity-1' }],
    [2, { event: 'identity-pool-unavailable' }],
  ])('is asked once more over a new connection, where %i are dead since a freeze', async (dead, line) => {
    pooled.aws.deadConnections = dead;
    expect((await pooled.send(bearer(pooled.token()))).statusCode).toBe(201);
    expect(pooled.aws.identityCalls).toHaveLength(2);
    expect(pooled.lines[0]).toMatchObject(line);
  });

  it('is made ready, but not asked, before anyone signs in', async () => {
    expect((await pooled.send()).statusCode).toBe(200);
    expect(pooled.aws.identityCalls).toEqual([]);
  });

  it('is not asked about a person who is not admitted', async () => {
    await pooled.send(bearer(pooled.token({ hd: 'evil.example' })));
    expect(pooled.aws.identityCalls).toEqual([]);
  });

  it('refuses a token that Cognito does not accept', async () => {
    pooled.aws.identity = { error: 'NotAuthorizedException' };
    const answer = await pooled.send(bearer(pooled.token()));
    expect([answer.statusCode, codeOf(answer), answer.cookies]).toEqual([401, 'invalid_token', undefined]);
  });

  it.each([
    ['busy', { error: 'TooManyRequestsException' }, 'TooManyRequestsException'],
    ['in conflict', { error: 'ResourceConflictException' }, 'ResourceConflictException'],
    ['down', { error: 'InternalErrorException' }, 'InternalErrorException'],
    ['slow', 'stalled', 'AbortError'],
    ['silent', 'empty', 'no identity ID'],
  ] as const)('does not hold up a sign-in when it is %s', async (_name, identity, cause) => {
    pooled.aws.identity = identity;
    const began = performance.now();
    expect((await pooled.send(bearer(pooled.token()))).statusCode).toBe(201);
    expect(performance.now() - began).toBeLessThan(2000);
    expect(pooled.aws.identityCalls).toHaveLength(1);
    expect(pooled.lines).toMatchObject([
      { level: 'warn', event: 'identity-pool-unavailable', cause },
      { event: 'granted' },
    ]);
    expect(pooled.lines[1]).not.toHaveProperty('identityId');
  });
});

it('the identity pool is only asked about tokens for its own client ID, and others still sign in', async () => {
  const site = await startTestSite({ identityPool: true, audiences: [clientId, 'cli'] });
  site.aws.identity = { error: 'NotAuthorizedException' };
  const signIn = async (aud: string): Promise<number> => {
    return (await site.send(bearer(site.token({ aud, azp: aud })))).statusCode;
  };
  expect(await signIn('cli')).toBe(201);
  expect(site.aws.identityCalls).toHaveLength(0);
  expect(await signIn(clientId)).toBe(401);
  expect(site.aws.identityCalls).toHaveLength(1);
  await site.close();
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createInvocations } from '../shared/invocations.ts';
import { clientOptionsFor, type StubAws, startStubAws } from '../testing/stub-aws.ts';
import { createIdentityPool } from './identity-pool.ts';

let aws: StubAws;
beforeEach(async () => {
  aws = await startStubAws();
});
afterEach(() => aws.close());

describe('a call that Lambda froze', () => {
  it('does not count as a failure of the identity pool', async () => {
    const { run, watch } = createInvocations();
    const events: string[] = [];
    const pool = createIdentityPool({
      identityPoolId: 'eu-west-1:pool',
      clientOptions: clientOptionsFor(aws),
      timeoutMs: 1000,
      log: (_level, event) => events.push(event),
      watch,
    });
    aws.identity = { error: 'InternalErrorException' };
    let asking: Promise<unknown> | undefined;
    await run(async () => {
      asking = pool.identityIdOf('token', 'accounts.google.com');
    });
    expect(await asking).toEqual({ ok: true, value: undefined });
    expect(events).toEqual([]);
    await run(() => pool.identityIdOf('token', 'accounts.google.com'));
    expect(events).toEqual(['identity-pool-unavailable']);
  });
});

describe('a connection from before a freeze', () => {
  it.each([
    ['ECONNRESET', 2],
    ['EPIPE', 2],
    ['ECONNREFUSED', 1],
    [undefined, 1],
  ])('that ends with %s is made %i times', async (code, times) => {
    let calls = 0;
    const handle = async (): Promise<never> => {
      calls += 1;
      throw Object.assign(new Error('x'), { code });
    };
    const pool = createIdentityPool({
      identityPoolId: 'eu-west-1:pool',
      clientOptions: { ...clientOptionsFor(aws), requestHandler: { handle } as never },
      timeoutMs: 1000,
      log: () => {},
    });
    expect(await pool.identityIdOf('token', 'accounts.google.com')).toEqual({ ok: true, value: undefined });
    expect(calls).toBe(times);
  });
});

import { expect, it } from 'vitest';
import { clientId, startTestSite } from '../testing/test-site.ts';

it('the identity pool is asked about tokens for its own client ID, and keeps nobody out whose token is for another one', async () => {
  const site = await startTestSite({ identityPool: true, audiences: [clientId, 'cli'] });
  site.aws.identity = { error: 'NotAuthorizedException' };
  const signIn = async (aud: string): Promise<number> => {
    const authorization = `Bearer ${site.token({ aud, azp: aud })}`;
    return (await site.send({ method: 'POST', headers: { authorization } })).statusCode;
  };
  expect(await signIn('cli')).toBe(201);
  expect(site.aws.identityCalls).toHaveLength(0);
  expect(await signIn(clientId)).toBe(401);
  expect(site.aws.identityCalls).toHaveLength(1);
  await site.close();
});

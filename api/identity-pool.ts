/** Owns the one call to Cognito: a stable identity ID for an account that was already admitted. Never lets it hold up a sign-in. */
import type { CognitoIdentityClientConfig } from '@aws-sdk/client-cognito-identity';
import type { Log } from './log.ts';
import { accept, type Result, refuse } from './refusal.ts';

export interface IdentityPool {
  /**
   * The identity ID; `undefined` when Cognito is slow, busy or down. Refused only when Cognito does not accept the ID token. `login`: what Cognito calls
   * the token's issuer.
   */
  identityIdOf(idToken: string, login: string): Promise<Result<string | undefined>>;
  /** Loads the SDK. */
  warm(): Promise<void>;
}

export interface IdentityPoolOptions {
  readonly identityPoolId: string;
  /** For the SDK's client, beside what it takes from Lambda's own variables. */
  readonly clientOptions: CognitoIdentityClientConfig;
  /** How long a sign-in waits, in milliseconds. */
  readonly timeoutMs: number;
  readonly log: Log;
}

export function createIdentityPool({
  identityPoolId,
  clientOptions,
  timeoutMs,
  log,
}: IdentityPoolOptions): IdentityPool {
  const load = async () => {
    const sdk = await import('@aws-sdk/client-cognito-identity');
    // No retry: the identity ID is for the audit, and a sign-in that waits is worse than one without it.
    return { sdk, client: new sdk.CognitoIdentityClient({ ...clientOptions, maxAttempts: 1 }) };
  };
  let loading: ReturnType<typeof load> | undefined;
  const cognito = (): ReturnType<typeof load> => {
    loading ??= load();
    return loading;
  };

  return {
    async identityIdOf(idToken, login) {
      let cause: string;
      try {
        const { sdk, client } = await cognito();
        const command = new sdk.GetIdCommand({ IdentityPoolId: identityPoolId, Logins: { [login]: idToken } });
        const { IdentityId } = await client.send(command, { abortSignal: AbortSignal.timeout(timeoutMs) });
        if (IdentityId) return accept(IdentityId);
        cause = 'no identity ID';
      } catch (error) {
        cause = error instanceof Error ? error.name : 'unknown';
      }
      if (cause === 'NotAuthorizedException') return refuse('identity-refused');
      log('warn', 'identity-pool-unavailable', { cause });
      return accept(undefined);
    },
    async warm() {
      await cognito();
    },
  };
}

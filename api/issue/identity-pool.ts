/** Asks Cognito for the identity ID of an admitted account. Must never hold up a sign-in. */
import type { CognitoIdentityClientConfig } from '@aws-sdk/client-cognito-identity';
import { alwaysAwake, type Watch } from '../shared/invocations.ts';
import type { Log } from '../shared/log.ts';
import { once } from '../shared/once.ts';
import { accept, type Result, refuse } from '../shared/refusal.ts';

export interface IdentityPool {
  /**
   * The identity ID; `undefined` if Cognito is slow, busy or down. Refused only if Cognito does not accept the ID
   * token. `login`: what Cognito calls the token's issuer.
   */
  identityIdOf(idToken: string, login: string): Promise<Result<string | undefined>>;
  /** Loads the SDK. */
  warm(): Promise<void>;
}

export interface IdentityPoolOptions {
  readonly identityPoolId: string;
  /** Extra options for the SDK's client. It reads the rest from Lambda's own variables. */
  readonly clientOptions: CognitoIdentityClientConfig;
  /** How long a sign-in waits for the ID, in milliseconds. */
  readonly timeoutMs: number;
  readonly log: Log;
  /** Whether the instance stayed awake during a call. Default: nothing freezes it. */
  readonly watch?: Watch;
}

/** The connection was opened before a freeze. The next call opens a new one. */
const isOfDeadConnection = (error: unknown): boolean =>
  ['ECONNRESET', 'EPIPE'].includes(String((error as { readonly code?: unknown } | null)?.code));

export function createIdentityPool({
  identityPoolId,
  clientOptions,
  timeoutMs,
  log,
  watch = alwaysAwake,
}: IdentityPoolOptions): IdentityPool {
  const cognito = once(async () => {
    const { CognitoIdentityClient, GetIdCommand } = await import('@aws-sdk/client-cognito-identity');
    // No retry: the identity ID is for the audit, and a sign-in that waits is worse than one without it.
    return { GetIdCommand, client: new CognitoIdentityClient({ ...clientOptions, maxAttempts: 1 }) };
  });

  return {
    async identityIdOf(idToken, login) {
      const isWhole = watch();
      let cause: string;
      try {
        const { GetIdCommand, client } = await cognito();
        const command = new GetIdCommand({ IdentityPoolId: identityPoolId, Logins: { [login]: idToken } });
        const abortSignal = AbortSignal.timeout(timeoutMs);
        const send = () => client.send(command, { abortSignal });
        const { IdentityId } = await send().catch((error: unknown) => {
          if (isOfDeadConnection(error)) return send();
          throw error;
        });
        if (IdentityId) return accept(IdentityId);
        cause = 'no identity ID';
      } catch (error) {
        cause = error instanceof Error ? error.name : 'unknown';
      }
      if (cause === 'NotAuthorizedException') return refuse('identity-refused');
      if (isWhole()) log('warn', 'identity-pool-unavailable', { cause });
      return accept(undefined);
    },
    async warm() {
      await cognito();
    },
  };
}

/** Owns the one call to Cognito: a stable identity ID for an account that was already admitted. Never lets it hold up a sign-in. */
import type { CognitoIdentityClientConfig } from '@aws-sdk/client-cognito-identity';
import { alwaysAwake, type Watch } from '../shared/invocations.ts';
import type { Log } from '../shared/log.ts';
import { accept, type Result, refuse } from '../shared/refusal.ts';

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
  /** Whether the instance was awake during a call. Default: nothing freezes it. */
  readonly watch?: Watch;
}

/** One that was kept from before a freeze: the next call has a new one. */
const isOfDeadConnection = (error: unknown): boolean =>
  ['ECONNRESET', 'EPIPE'].includes(String((error as { readonly code?: unknown } | null)?.code));

export function createIdentityPool({
  identityPoolId,
  clientOptions,
  timeoutMs,
  log,
  watch = alwaysAwake,
}: IdentityPoolOptions): IdentityPool {
  const load = async () => {
    const { CognitoIdentityClient, GetIdCommand } = await import('@aws-sdk/client-cognito-identity');
    // No retry: the identity ID is for the audit, and a sign-in that waits is worse than one without it.
    return { GetIdCommand, client: new CognitoIdentityClient({ ...clientOptions, maxAttempts: 1 }) };
  };
  let loading: ReturnType<typeof load> | undefined;
  const cognito = (): ReturnType<typeof load> => {
    loading ??= load();
    return loading;
  };

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

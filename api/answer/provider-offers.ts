/** Lists the providers for the page: what it needs to show their buttons, and nothing else. */
import type { Environment } from '../../contract/environment.ts';
import { type ProviderOffer, userPoolScopes } from '../../contract/session-api.ts';

type Told = Pick<Environment, 'providers' | 'userPool'>;

function offerOf(provider: Told['providers'][number], userPool: Told['userPool']): ProviderOffer | undefined {
  switch (provider.kind) {
    case 'google': {
      const { kind, clientId, scriptUrl, redirectOnIos } = provider;
      return { kind, clientId, scriptUrl, redirectOnIos };
    }
    case 'cognitoUserPool': {
      const { kind, label, hostedSignIn, callbackPath, logout } = provider;
      if (userPool === null) return undefined;
      const { id: userPoolId, clientId } = userPool;
      return { kind, label, userPoolId, clientId, hostedSignIn, scopes: userPoolScopes, callbackPath, logout };
    }
    case 'oidc':
      return undefined;
  }
}

/** Origins whose pages post a sign-in as a form. */
export function formOriginsOf(offer: ProviderOffer): readonly string[] {
  switch (offer.kind) {
    case 'google':
      return [new URL(offer.scriptUrl).origin];
    case 'cognitoUserPool':
      return [];
  }
}

/** In the order of the config. */
export const offersOf = ({ providers, userPool }: Told): ProviderOffer[] =>
  providers.map((provider) => offerOf(provider, userPool)).filter((offer) => offer !== undefined);

/**
 * Signs in at the hosted sign-in of a user pool as a page does: authorization code with PKCE and nonce, without a
 * browser.
 */
import { createHash, randomBytes } from 'node:crypto';
import { type Answer, cookieHeader, send } from './http.ts';
import type { RunningSite } from './site.ts';

/** What `GET /auth/session` says of the user pool. */
interface Offer {
  readonly kind: string;
  readonly label: string;
  readonly userPoolId: string;
  readonly clientId: string;
  readonly hostedSignIn: string;
  readonly scopes: readonly string[];
  readonly callbackPath: string;
  readonly logout: boolean;
}

/** A sign-in that has begun. */
export interface Begun {
  readonly offer: Offer;
  readonly nonce: string;
  /** `Cookie` header with the login cookie. */
  readonly cookie: string;
  readonly redirectUri: string;
  readonly verifier: string;
  /** Of the authorization request. */
  readonly query: Record<string, string>;
}

export async function begin(site: RunningSite): Promise<Begun> {
  const answer = await send(`${site.origin}/auth/session`);
  const { providers, nonce } = answer.json as { providers: Offer[]; nonce: string };
  const offer = providers.find(({ kind }) => kind === 'cognitoUserPool');
  if (offer === undefined) throw new Error('no user pool is offered');
  const verifier = randomBytes(32).toString('base64url');
  const redirectUri = `${site.origin}${offer.callbackPath}`;
  const query = {
    response_type: 'code',
    client_id: offer.clientId,
    redirect_uri: redirectUri,
    scope: offer.scopes.join(' '),
    state: 'state-1',
    nonce,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  };
  return { offer, nonce, cookie: cookieHeader(answer.setCookie), redirectUri, verifier, query };
}

/** Asks the hosted sign-in; `undefined` leaves a parameter out. */
export function ask(
  site: RunningSite,
  path: string,
  parameters: Readonly<Record<string, string | undefined>>,
  sending: { readonly method?: 'POST'; readonly headers?: Record<string, string> } = {},
): Promise<Answer> {
  const query = new URLSearchParams(
    Object.entries(parameters).filter((one): one is [string, string] => one[1] !== undefined),
  );
  const url = `${site.issuers.origin.replace('http:', 'https:')}${path}`;
  const { headers = {} } = sending;
  const ca = site.issuers.certificate;
  if (sending.method === undefined) return send(`${url}?${query}`, { headers, ca });
  const type = { 'Content-Type': 'application/x-www-form-urlencoded' };
  return send(url, { method: 'POST', headers: { ...type, ...headers }, body: `${query}`, ca });
}

/** Chooses an account on the page; resolves to the code that comes back. */
export async function codeFor(site: RunningSite, begun: Begun, email = 'alice@example.com'): Promise<string> {
  const answer = await ask(site, '/login', { ...begun.query, email }, { method: 'POST' });
  const location = new URL(String(answer.headers['location']));
  return location.searchParams.get('code') ?? '';
}

export const exchange = (
  site: RunningSite,
  { offer, redirectUri, verifier }: Begun,
  code: string,
  changes: Readonly<Record<string, string | undefined>> = {},
): Promise<Answer> =>
  ask(
    site,
    '/oauth2/token',
    {
      grant_type: 'authorization_code',
      client_id: offer.clientId,
      redirect_uri: redirectUri,
      code,
      code_verifier: verifier,
      ...changes,
    },
    { method: 'POST', headers: { Origin: site.origin } },
  );

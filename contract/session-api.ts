/**
 * The messages between `<secure-login>` and the API: routes, requests, answers and problem codes. The paths are those
 * of a site whose config names no other `paths.api`.
 */
/** The session of the calling browser. */
export const sessionPath = '/auth/session';

/** `POST`, without a body: renews the cookies of a session that has not ended. */
export const renewalPath = '/auth/session/renewal';

/** `POST`, with the ID token that was refused: asks the operators for access. */
export const accessRequestsPath = '/auth/access-requests';

/**
 * Every route of the API. The router, preflights, the header `Allow`, the answer to an unknown path, and the routes of
 * API Gateway derive from this table. `throttle`: renewals have their own, so that a flood of sign-ins cannot end
 * anybody's session.
 */
export const apiRoutes = [
  { method: 'GET', path: sessionPath, throttle: 'shared' },
  { method: 'POST', path: sessionPath, throttle: 'shared' },
  { method: 'DELETE', path: sessionPath, throttle: 'shared' },
  { method: 'POST', path: renewalPath, throttle: 'renewals' },
  { method: 'POST', path: accessRequestsPath, throttle: 'shared' },
] as const;

type ApiRoute = (typeof apiRoutes)[number];
type RouteKeyOf<Route> = Route extends ApiRoute ? `${Route['method']} ${Route['path']}` : never;

/** A route as API Gateway writes it, for example `GET /auth/session`. */
export type RouteKey = RouteKeyOf<ApiRoute>;

export const routeKeyOf = ({ method, path }: ApiRoute): RouteKey => `${method} ${path}` as RouteKey;

/** Longest reason in a request for access, in characters. */
export const maximumReasonLength = 500;

/** Largest request body that the API accepts, in bytes. Larger bodies get 413. */
export const maximumBodyBytes = 16_384;

/** How old the `iat` of a token with a nonce may be, in seconds. */
export const maximumSignInSeconds = 600;

/**
 * Google's sign-in script, the only script of another origin on our pages.
 * @see https://developers.google.com/identity/gsi/web/guides/client-library
 */
export const googleScriptUrl = 'https://accounts.google.com/gsi/client';

export interface GoogleOffer {
  readonly kind: 'google';
  readonly clientId: string;
  /** `googleScriptUrl`, or the address of a stand-in on this machine. */
  readonly scriptUrl: string;
  /** true: on iPhone and iPad, Google's page replaces this one instead of opening a window. */
  readonly redirectOnIos: boolean;
}

/** A Cognito user pool: authorization code grant with PKCE at its hosted sign-in. */
export interface UserPoolOffer {
  readonly kind: 'cognitoUserPool';
  /** Text of the button. */
  readonly label: string;
  readonly userPoolId: string;
  /** App client without a secret. */
  readonly clientId: string;
  /** Host of the hosted sign-in, and its port if it has one; always https. */
  readonly hostedSignIn: string;
  readonly scopes: readonly string[];
  /** Path of the page that the hosted sign-in returns to, on the host of the distribution where it began. */
  readonly callbackPath: string;
  /** true: signing out continues at the `/logout` of the hosted sign-in. */
  readonly logout: boolean;
}

/** What the page needs to offer one provider. Providers that pages cannot use are not offered. */
export type ProviderOffer = GoogleOffer | UserPoolOffer;

/** Scopes that are requested from a user pool: an ID token with an address. */
export const userPoolScopes = ['openid', 'email'] as const;

interface SessionUser {
  /** Lower-cased address; absent when the token had none. */
  readonly email?: string;
  /** Google's hosted domain, or the domain that another issuer is trusted for, if the account belongs to one. */
  readonly hostedDomain?: string;
}

interface KnownSession {
  readonly user: SessionUser;
  /** The one path that the cookies open, for example `/*` or `/finance/*`. */
  readonly path: string;
  /** When the signed cookies end; RFC 3339, UTC. */
  readonly expiresAt: string;
  /** When the session ends for good; RFC 3339, UTC. */
  readonly renewableUntil: string;
  /** How long signed cookies last after a renewal, in seconds, unless the session or the rule ends earlier. */
  readonly cookieSeconds: number;
  /** Other origins that the return URL may use. */
  readonly returnOrigins: readonly string[];
  /** Hosts of the distribution, the canonical one first. */
  readonly hosts: readonly string[];
  /** The API's clock; RFC 3339, UTC. */
  readonly now: string;
}

/** Answer of `GET` and of `POST /auth/session`, and of a renewal, for a person whose signed cookies are valid. */
export interface SignedInSession extends KnownSession {
  readonly status: 'signed-in';
}

/** Answer of `GET /auth/session` if the signed cookies have ended but the session has not. It may be renewed. */
export interface LapsedSession extends KnownSession {
  readonly status: 'lapsed';
}

/** Answer of `GET /auth/session` for everyone else. */
export interface SignedOutSession {
  readonly status: 'signed-out';
  readonly providers: readonly ProviderOffer[];
  /** The value to pass to the provider; base64url of SHA-256 of the login cookie. */
  readonly nonce: string;
  /** Hosts of the distribution, the canonical one first. */
  readonly hosts: readonly string[];
  /** The API's clock; RFC 3339, UTC. */
  readonly now: string;
}

export type SessionAnswer = SignedInSession | LapsedSession | SignedOutSession;

/** JSON body of `POST /auth/session`. */
export interface SignInRequest {
  readonly idToken: string;
}

/** JSON body of `POST /auth/access-requests`. */
export interface AccessRequestBody {
  /** Left out if the token comes as `Authorization: Bearer`. */
  readonly idToken?: string;
  /** Why, in the person's own words; at most `maximumReasonLength` characters of plain text. Default: none. */
  readonly reason?: string;
}

/**
 * The state of a person's request. `sent`: sent with this call. `already-asked`: sent before, and not answered yet.
 * `answered`: refused. `approved`: approved, and in force within a minute. `admitted`: the rules admit the person, so
 * signing in is enough.
 */
export type AccessRequestStatus = 'sent' | 'already-asked' | 'answered' | 'approved' | 'admitted';

/** Answer of `POST /auth/access-requests`. */
export interface AccessRequestAnswer {
  readonly status: AccessRequestStatus;
}

/** Stable codes of the API's problem documents. Clients must only use these to decide. */
export const problemCodes = [
  'invalid_request',
  'invalid_token',
  'access_denied',
  'sign_in_expired',
  'session_expired',
  'too_many_requests',
  'temporarily_unavailable',
  'server_error',
] as const;

export type ProblemCode = (typeof problemCodes)[number];

/** `application/problem+json` (RFC 9457). */
export interface Problem {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  readonly code: ProblemCode;
  /** The ID of the request's log line. */
  readonly requestId: string;
  /** With `access_denied`: the account that was refused. */
  readonly account?: string;
  /** With `access_denied` at sign-in: this account may ask for access, with the same token. */
  readonly mayAsk?: true;
  /** With `invalid_request`: what to fix. Never repeats the input. */
  readonly detail?: string;
}

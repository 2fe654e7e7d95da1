/** What `<secure-login>` and the API send each other: routes, requests, answers and problem codes. */
/** The session of the browser that asks. */
export const sessionPath = '/auth/session';

/** `POST`, without a body: new cookies for a session that has not reached its end. */
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

/** Longest reason of a request for access, in characters. */
export const maximumReasonLength = 500;

/** Largest request body that the API reads, in bytes; more is 413. */
export const maximumBodyBytes = 16_384;

/** A token that carries a nonce is accepted until its `iat` is this old, in seconds. */
export const maximumSignInSeconds = 600;

/**
 * Google's sign-in script, the only one of another origin that a page loads.
 * @see https://developers.google.com/identity/gsi/web/guides/client-library
 */
export const googleScriptUrl = 'https://accounts.google.com/gsi/client';

export interface GoogleOffer {
  readonly kind: 'google';
  readonly clientId: string;
  /** `googleScriptUrl`, or on this machine that of a stand-in. */
  readonly scriptUrl: string;
  /** true: on iPhone and iPad, Google's page comes in the place of this one, without a window. */
  readonly redirectOnIos: boolean;
}

/** A Cognito user pool: authorization code grant with PKCE at its hosted sign-in. */
export interface UserPoolOffer {
  readonly kind: 'cognitoUserPool';
  /** What the button says. */
  readonly label: string;
  readonly userPoolId: string;
  /** App client; it has no secret. */
  readonly clientId: string;
  /** Host of the hosted sign-in, with a port where it has one; always https. */
  readonly hostedSignIn: string;
  readonly scopes: readonly string[];
  /** Path of the page that the hosted sign-in comes back to, on whichever host of the distribution it was left from. */
  readonly callbackPath: string;
  /** true: signing out goes on to the `/logout` of the hosted sign-in. */
  readonly logout: boolean;
}

/** What the page must know to offer one provider. Providers for other callers than pages are not offered. */
export type ProviderOffer = GoogleOffer | UserPoolOffer;

/** What a user pool is asked for: an ID token with an address. */
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
  /** How long signed cookies last from a renewal on, in seconds, unless the session or the rule ends earlier. */
  readonly cookieSeconds: number;
  /** Other origins that the return URL may name. */
  readonly returnOrigins: readonly string[];
  /** Hosts of the distribution, canonical first. */
  readonly hosts: readonly string[];
  /** The API's clock; RFC 3339, UTC. */
  readonly now: string;
}

/** Answer of `GET` and of `POST /auth/session`, and of a renewal, for someone whose signed cookies are in force. */
export interface SignedInSession extends KnownSession {
  readonly status: 'signed-in';
}

/** Answer of `GET /auth/session` if the signed cookies have ended and the session has not. It may be renewed. */
export interface LapsedSession extends KnownSession {
  readonly status: 'lapsed';
}

/** Answer of `GET /auth/session` for everyone else. */
export interface SignedOutSession {
  readonly status: 'signed-out';
  readonly providers: readonly ProviderOffer[];
  /** To be passed to the provider; base64url of SHA-256 of the login cookie. */
  readonly nonce: string;
  /** Hosts of the distribution, canonical first. */
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
  /** Left out when the token comes as `Authorization: Bearer`. */
  readonly idToken?: string;
  /** Why, in the person's own words; at most `maximumReasonLength` characters of plain text. Default: none. */
  readonly reason?: string;
}

/**
 * The state of a person's request. `sent`: now, with this call; `already-asked`: before, and nobody has answered yet;
 * `answered`: the answer was no; `approved`: yes, and in force within a minute; `admitted`: the rules admit them, so a
 * sign-in is enough.
 */
export type AccessRequestStatus = 'sent' | 'already-asked' | 'answered' | 'approved' | 'admitted';

/** Answer of `POST /auth/access-requests`. */
export interface AccessRequestAnswer {
  readonly status: AccessRequestStatus;
}

/** Stable codes of the API's problem documents; clients decide by these alone. */
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
  /** Find the log line by this. */
  readonly requestId: string;
  /** With `access_denied`: the account that was refused. */
  readonly account?: string;
  /** With `access_denied` at sign-in: this account may ask for access, with the same token. */
  readonly mayAsk?: true;
  /** With `invalid_request`: what to fix, never an echo of the input. */
  readonly detail?: string;
}

/** Lists every reason for a refusal, with its status and code. */
import { maximumReasonLength, type ProblemCode } from '../../contract/session-api.ts';
import type { LogFields } from './log.ts';

interface Wire {
  readonly status: number;
  readonly code: ProblemCode;
  /** What to fix. Only for `invalid_request`, where it does not help an attacker. */
  readonly detail?: string;
}

const request = (status: number, detail: string): Wire => ({ status, code: 'invalid_request', detail });
const token: Wire = { status: 401, code: 'invalid_token' };
const expired: Wire = { status: 401, code: 'sign_in_expired' };
const over: Wire = { status: 401, code: 'session_expired' };
const denied: Wire = { status: 401, code: 'access_denied' };
const unavailable: Wire = { status: 503, code: 'temporarily_unavailable' };
const fault: Wire = { status: 500, code: 'server_error' };

// The site uses 403 and 404: CloudFront replaces them with the login page and the not-found page, even if the API sends
// them.
const wires = {
  // The answer lists the paths of the site.
  'unknown-path': { status: 400, code: 'invalid_request' },
  'method-not-allowed': request(405, 'the header Allow lists the methods of this path'),
  'foreign-origin': request(400, 'the request comes from a page of another origin'),
  'body-too-large': request(413, 'the body is too large'),
  'content-type-unsupported': request(415, 'send application/json, or the ID token as Authorization: Bearer'),
  'body-malformed': request(422, 'the body is not what its content type says'),
  'id-token-missing': request(422, 'send { "idToken": "…" }, or Authorization: Bearer'),
  'several-id-tokens': request(400, 'send the ID token once: with Authorization: Bearer there is no body'),
  'authorization-malformed': request(400, 'the form is Authorization: Bearer ID_TOKEN'),
  'access-request-malformed': request(422, 'send { "idToken": "…", "reason": "…" }'),
  'reason-too-long': request(422, `reason: allowed: at most ${maximumReasonLength} characters`),
  'access-requests-off': request(400, 'this site takes no requests for access'),
  'form-field-missing': request(422, 'the fields are credential and g_csrf_token'),
  'form-csrf': request(400, 'the field g_csrf_token and the cookie differ'),

  'id-token-malformed': token,
  'algorithm-refused': token,
  'issuer-refused': token,
  'audience-refused': token,
  'key-unknown': token,
  'signature-wrong': token,
  'no-id-token': token,
  'bearer-only': token,
  'form-of-another-issuer': token,
  'authorized-party-refused': token,
  'subject-missing': token,
  'expiry-missing': token,
  expired: token,
  'issued-at-missing': token,
  'issued-in-future': token,
  'not-yet-valid': token,
  'nonce-missing': token,
  'nonce-wrong': token,
  'identity-refused': token,

  'login-cookie-missing': expired,
  'sign-in-too-old': expired,

  'session-missing': over,
  'session-over': over,
  'session-of-no-provider': over,
  'session-signed-out': over,

  'not-admitted': denied,
  'may-not-ask': denied,

  'too-many-requests-open': { status: 429, code: 'too_many_requests' },

  'key-set-unavailable': unavailable,
  'key-set-cooling-down': unavailable,
  'signing-key-unavailable': unavailable,
  'access-documents-unavailable': unavailable,
  'pseudonym-key-unavailable': unavailable,
  'access-requests-unavailable': unavailable,
  'out-of-time': unavailable,

  'session-too-large': fault,
  unexpected: fault,
} as const satisfies Record<string, Wire>;

export type RefusalReason = keyof typeof wires;

export interface Refusal {
  readonly reason: RefusalReason;
  /** For the log only. */
  readonly evidence: LogFields;
  /** The refused account, under the name that the person knows. */
  readonly account?: string;
  /** This account may ask for access. */
  readonly mayAsk?: true;
  /** The checked return path of a refused form post. */
  readonly returnPath?: string;
}

export const wireOf = (reason: RefusalReason): Wire => wires[reason];

/** A value, or the reason for a refusal. */
export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: Refusal };

export const accept = <T>(value: T): Result<T> => ({ ok: true, value });

export const refuse = (reason: RefusalReason, evidence: LogFields = {}): Result<never> => ({
  ok: false,
  refusal: { reason, evidence },
});

/** Carries a refusal out of a middleware, which can only throw. */
export class RefusedRequest extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.reason);
    this.name = 'RefusedRequest';
    this.refusal = refusal;
  }
}

/** What POST /auth/session accepts: the ID token, in exactly one of three ways. */
import * as v from 'valibot';
import { googleCsrfCookie } from '../../contract/cookies.ts';
import { checkReturnPath } from '../../contract/return-url.ts';
import type { SignInRequest } from '../../contract/session-api.ts';
import { accept, type Result, refuse } from '../shared/refusal.ts';
import type { ApiRequest } from './request.ts';
import { isEmpty, type RouteInput } from './route-input.ts';

/** RFC 6750, 2.1. */
const bearerForm = /^bearer +([A-Za-z0-9\-._~+/]+=*)$/i;

const field = v.pipe(v.string(), v.minLength(1));
const jsonSchema: v.GenericSchema<unknown, SignInRequest> = v.strictObject({ idToken: field });
/** Google adds other fields. A repeated field is a list and is refused. */
const formSchema = v.object({ credential: field, g_csrf_token: field, state: v.optional(v.string()) });

export interface SignIn {
  readonly idToken: string;
  /** Where the form post redirects to. The other two ways do not navigate. */
  readonly returnPath: string;
}

/** Adds the return path to a refusal. Success stays unchanged. */
export const leadingTo = <T>(returnPath: string, result: Result<T>): Result<T> =>
  result.ok ? result : { ok: false, refusal: { ...result.refusal, returnPath } };

/**
 * Reads the provider's form post. Google's script sets the cookie and repeats it in the form, so only a page that can
 * read the cookie can send the form.
 */
function readForm(request: ApiRequest, body: unknown): Result<SignIn> {
  // The parser's object has no prototype, so valibot does not accept it as an object.
  const form = v.safeParse(formSchema, { ...(body as object | undefined) });
  if (!form.success) return refuse('form-field-missing');
  const { credential, g_csrf_token: csrfToken, state = '' } = form.output;
  const returnPath = checkReturnPath(state) ?? '/';
  if (request.cookies.get(googleCsrfCookie) !== csrfToken) return leadingTo(returnPath, refuse('form-csrf'));
  return accept({ idToken: credential, returnPath });
}

/** The token of an Authorization header; `undefined` if the header has another form. */
export const bearerToken = (header: string): string | undefined => bearerForm.exec(header)?.[1];

function readBearer(header: string, body: unknown): Result<SignIn> {
  if (!isEmpty(body)) return refuse('several-id-tokens');
  const idToken = bearerToken(header);
  return idToken === undefined ? refuse('authorization-malformed') : accept({ idToken, returnPath: '/' });
}

function readSignIn(request: ApiRequest, body: unknown): Result<SignIn> {
  if (request.bearer !== undefined) return readBearer(request.bearer, body);
  if (request.isForm) return readForm(request, body);
  if (isEmpty(body)) return refuse('id-token-missing');
  if (typeof body === 'string') return refuse('content-type-unsupported');
  const json = v.safeParse(jsonSchema, body);
  return json.success ? accept({ ...json.output, returnPath: '/' }) : refuse('id-token-missing');
}

export const signInInput: RouteInput<SignIn> = {
  contentTypes: ['application/json', 'application/x-www-form-urlencoded'],
  read: readSignIn,
};

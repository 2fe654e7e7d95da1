/** Owns reading a sign-in from a request: three ways to give the ID token, exactly one at a time. Verifies no token. */
import * as v from 'valibot';
import { googleCsrfCookie } from '../../contract/cookies.ts';
import { checkReturnPath } from '../../contract/return-url.ts';
import type { SignInRequest } from '../../contract/session-api.ts';
import { accept, type Result, refuse } from '../shared/refusal.ts';
import type { ApiRequest } from './request.ts';

/** RFC 6750, 2.1. */
const bearerForm = /^bearer +([A-Za-z0-9\-._~+/]+=*)$/i;

const field = v.pipe(v.string(), v.minLength(1));
const jsonSchema = v.strictObject({ idToken: field });
/** Google adds fields of its own; a field that came twice is a list and does not pass. */
const formSchema = v.object({ credential: field, g_csrf_token: field, state: v.optional(v.string()) });

export interface SignIn {
  readonly idToken: string;
  /** Where the form post leads; the other two ways do not navigate. */
  readonly returnPath: string;
}

/** The same, and a refusal keeps the way back. */
export const leadingTo = <T>(returnPath: string, result: Result<T>): Result<T> =>
  result.ok ? result : { ok: false, refusal: { ...result.refusal, returnPath } };

/** The provider's form post. Google's script set the cookie and repeats it in the form: whoever cannot read the cookie cannot forge the form. */
function readForm(request: ApiRequest, body: unknown): Result<SignIn> {
  // The parser's object has no prototype, which valibot does not take for an object.
  const form = v.safeParse(formSchema, { ...(body as object | undefined) });
  if (!form.success) return refuse('form-field-missing');
  const { credential, g_csrf_token: csrfToken, state = '' } = form.output;
  const returnPath = checkReturnPath(state) ?? '/';
  if (request.cookies.get(googleCsrfCookie) !== csrfToken) return leadingTo(returnPath, refuse('form-csrf'));
  return accept({ idToken: credential, returnPath });
}

/** The token of an Authorization header; `undefined` when it has another form. */
export const bearerToken = (header: string): string | undefined => bearerForm.exec(header)?.[1];

function readBearer(header: string, body: unknown): Result<SignIn> {
  if (body !== undefined && body !== '') return refuse('several-id-tokens');
  const idToken = bearerToken(header);
  return idToken === undefined ? refuse('authorization-malformed') : accept({ idToken, returnPath: '/' });
}

/** `body`: parsed by its content type; still text when no parser knew the type, `undefined` when there is none. */
export function readSignIn(request: ApiRequest, body: unknown): Result<SignIn> {
  if (request.bearer !== undefined) return readBearer(request.bearer, body);
  if (request.isForm) return readForm(request, body);
  if (body === undefined || body === '') return refuse('id-token-missing');
  if (typeof body === 'string') return refuse('content-type-unsupported');
  const json = v.safeParse(jsonSchema, body);
  if (!json.success) return refuse('id-token-missing');
  const { idToken }: SignInRequest = json.output;
  return accept({ idToken, returnPath: '/' });
}

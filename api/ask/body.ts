/** What POST /auth/access-requests accepts: the ID token that was refused, given once, and a reason. */
import * as v from 'valibot';
import { type AccessRequestBody, maximumReasonLength } from '../../contract/session-api.ts';
import type { ApiRequest } from '../receive/request.ts';
import { isEmpty, type RouteInput } from '../receive/route-input.ts';
import { bearerToken } from '../receive/sign-in-request.ts';
import { accept, type Result, refuse } from '../shared/refusal.ts';
import { plainLine } from './request.ts';

const bodySchema: v.GenericSchema<unknown, AccessRequestBody> = v.strictObject({
  idToken: v.exactOptional(v.pipe(v.string(), v.minLength(1))),
  reason: v.exactOptional(v.string()),
});

export interface AccessQuestion {
  readonly idToken: string;
  /** One line of visible text; may be empty. */
  readonly reason: string;
}

function readAccessRequest(request: ApiRequest, body: unknown): Result<AccessQuestion> {
  if (!isEmpty(body) && typeof body === 'string') return refuse('content-type-unsupported');
  const parsed = v.safeParse(bodySchema, isEmpty(body) ? {} : body);
  // valibot takes an empty list for an object without fields.
  if (!parsed.success || Array.isArray(body)) return refuse('access-request-malformed');
  const { idToken, reason: words = '' } = parsed.output;
  if (words.length > maximumReasonLength) return refuse('reason-too-long', { characters: words.length });
  const reason = plainLine(words);
  if (request.bearer === undefined) {
    return idToken === undefined ? refuse('id-token-missing') : accept({ idToken, reason });
  }
  if (idToken !== undefined) return refuse('several-id-tokens');
  const bearer = bearerToken(request.bearer);
  return bearer === undefined ? refuse('authorization-malformed') : accept({ idToken: bearer, reason });
}

export const accessRequestInput: RouteInput<AccessQuestion> = {
  contentTypes: ['application/json'],
  read: readAccessRequest,
};

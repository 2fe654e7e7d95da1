/** Owns the route of /auth/access-requests: what it does with a request that may be heard. Composes no middleware but its body's parser. */
import middy from '@middy/core';
import parseJson from '@middy/http-json-body-parser';
import type { AccessRequestAnswer } from '../contract/session-api.ts';
import { json } from './answer/json-answer.ts';
import { readAccessRequest } from './ask/body.ts';
import { type AskOptions, askForAccess } from './flow/ask-for-access.ts';
import type { GatewayAnswer, GatewayContext, GatewayEvent } from './receive/gateway.ts';
import { type ApiRequest, readRequest } from './receive/request.ts';
import type { ApiHandler } from './session-routes.ts';
import type { Refusal } from './shared/refusal.ts';

export interface AskRouteOptions extends AskOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** `answerRefusal`: logs a refusal and turns it into its answer. */
export function createAccessRequestRoute(
  options: AskRouteOptions,
  answerRefusal: (request: ApiRequest, refusal: Refusal) => GatewayAnswer,
): ApiHandler {
  async function postRequest(event: GatewayEvent, context: GatewayContext): Promise<GatewayAnswer> {
    const request = readRequest(event, context);
    const question = readAccessRequest(request, event.body);
    if (!question.ok) return answerRefusal(request, question.refusal);
    const asked = await askForAccess(request, question.value, options, Math.floor(options.now() / 1000));
    if (!asked.ok) return answerRefusal(request, asked.refusal);
    const answer: AccessRequestAnswer = { status: asked.value };
    return json(202, answer);
  }

  const postParsed = middy({ timeoutEarlyInMillis: 0 })
    .use(parseJson({ disableContentTypeError: true }))
    .handler(postRequest);

  return async (event, context) => {
    const empty = event.body === undefined || event.body === '';
    return empty ? postRequest(event, context) : postParsed(event, context);
  };
}

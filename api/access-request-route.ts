/** Owns the route of /auth/access-requests: what it does with a request that may be heard. Composes no middleware but its body's parser. */
import middy from '@middy/core';
import parseJson from '@middy/http-json-body-parser';
import type { AccessRequestAnswer } from '../contract/session-api.ts';
import { readAccessRequest } from './access-request-body.ts';
import { type AskOptions, askForAccess } from './access-requests.ts';
import type { GatewayAnswer, GatewayContext, GatewayEvent } from './gateway.ts';
import { json } from './json-answer.ts';
import type { Refusal } from './refusal.ts';
import { type ApiRequest, readRequest } from './request.ts';
import type { ApiHandler } from './session-routes.ts';

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

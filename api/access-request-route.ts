/** The route of /auth/access-requests. */
import type { AccessRequestAnswer, RouteKey } from '../contract/session-api.ts';
import { json } from './answer/json-answer.ts';
import { accessRequestInput } from './ask/body.ts';
import { type AskOptions, askForAccess } from './flow/ask-for-access.ts';
import type { GatewayAnswer } from './receive/gateway.ts';
import type { ApiRequest } from './receive/request.ts';
import { createRoute, type Route } from './receive/route-input.ts';
import type { Refusal } from './shared/refusal.ts';

export interface AskRouteOptions extends AskOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** `answerRefusal`: logs a refusal and turns it into its answer. */
export function createAccessRequestRoute(
  options: AskRouteOptions,
  answerRefusal: (request: ApiRequest, refusal: Refusal) => GatewayAnswer,
) {
  return {
    'POST /auth/access-requests': createRoute(accessRequestInput, async (request, question) => {
      const asked = await askForAccess(request, question, options, Math.floor(options.now() / 1000));
      if (!asked.ok) return answerRefusal(request, asked.refusal);
      const answer: AccessRequestAnswer = { status: asked.value };
      return json(202, answer);
    }),
  } satisfies Partial<Record<RouteKey, Route>>;
}

/** The middleware that holds a request to what its route accepts: a handler gets typed input, or is not called. */
import middy from '@middy/core';
import parseJson from '@middy/http-json-body-parser';
import parseForm from '@middy/http-urlencode-body-parser';
import { accept, RefusedRequest, type Result } from '../shared/refusal.ts';
import type { GatewayAnswer, GatewayContext, GatewayEvent } from './gateway.ts';
import type { ApiRequest } from './request.ts';

/** A request whose head was read. */
export interface HeardEvent extends GatewayEvent {
  readonly request: ApiRequest;
}

export type RouteHandler = (event: HeardEvent, context: GatewayContext) => Promise<GatewayAnswer>;

const parsers = {
  'application/json': parseJson({ disableContentTypeError: true }),
  'application/x-www-form-urlencoded': parseForm({ disableContentTypeError: true }),
};

/** What a route accepts. */
export interface RouteInput<Input> {
  /** Content types of the bodies that are parsed; a body of another type stays text. */
  readonly contentTypes: readonly (keyof typeof parsers)[];
  /** `body`: parsed, or text; `undefined` or empty if there is none. */
  readonly read: (request: ApiRequest, body: unknown) => Result<Input>;
}

/** For a route that looks into no body. */
export const noInput: RouteInput<undefined> = { contentTypes: [], read: () => accept(undefined) };

export const isEmpty = (body: unknown): body is undefined | '' => body === undefined || body === '';

/** A route: `handle` is called with what `input` accepts. */
export function createRoute<Input>(
  { contentTypes, read }: RouteInput<Input>,
  handle: (request: ApiRequest, input: Input) => Promise<GatewayAnswer>,
): RouteHandler {
  const readInput = ({ event }: { event: HeardEvent & { input?: Input } }): void => {
    const input = read(event.request, event.body);
    if (!input.ok) throw new RefusedRequest(input.refusal);
    event.input = input.value;
  };

  const route = middy<HeardEvent & { input?: Input }, GatewayAnswer>({ timeoutEarlyInMillis: 0 });
  for (const type of contentTypes) {
    const { before: parse } = parsers[type];
    route.before((exchange) => (isEmpty(exchange.event.body) ? undefined : parse?.(exchange as never)));
  }
  return route.before(readInput).handler(({ request, input }) => handle(request, input as Input)) as RouteHandler;
}

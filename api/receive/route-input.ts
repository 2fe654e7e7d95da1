/** Checks a request against its route, so handlers only get typed input. */
import type middy from '@middy/core';
import parseJson from '@middy/http-json-body-parser';
import parseForm from '@middy/http-urlencode-body-parser';
import { accept, RefusedRequest, type Result } from '../shared/refusal.ts';
import type { GatewayAnswer, GatewayEvent } from './gateway.ts';
import type { ApiRequest } from './request.ts';

/** A request whose head was read. */
export interface HeardEvent extends GatewayEvent {
  readonly request: ApiRequest;
  /** The input that the route accepted. Only its own handler knows the type. */
  input?: unknown;
}

export type Exchange = middy.Request<HeardEvent, GatewayAnswer>;

const parsers = {
  'application/json': parseJson({ disableContentTypeError: true }),
  'application/x-www-form-urlencoded': parseForm({ disableContentTypeError: true }),
};

/** What a route accepts. */
export interface RouteInput<Input> {
  /** Content types whose bodies are parsed. Any other body stays text. */
  readonly contentTypes: readonly (keyof typeof parsers)[];
  /** `body`: parsed, or text; `undefined` or empty if the request has none. */
  readonly read: (request: ApiRequest, body: unknown) => Result<Input>;
}

/** For a route that ignores the body. */
export const noInput: RouteInput<undefined> = { contentTypes: [], read: () => accept(undefined) };

export const isEmpty = (body: unknown): body is undefined | '' => body === undefined || body === '';

export interface Route {
  /** Middleware: parses the body and reads the input. Throws a `RefusedRequest` if the route does not accept it. */
  readonly before: (exchange: Exchange) => void;
  readonly handler: (event: HeardEvent) => Promise<GatewayAnswer>;
}

/** Calls `handle` with the result of `input`. */
export const createRoute = <Input>(
  { contentTypes, read }: RouteInput<Input>,
  handle: (request: ApiRequest, input: Input) => Promise<GatewayAnswer>,
): Route => ({
  before(exchange) {
    const { event } = exchange;
    if (!isEmpty(event.body)) for (const type of contentTypes) parsers[type].before?.(exchange as never);
    const input = read(event.request, event.body);
    if (!input.ok) throw new RefusedRequest(input.refusal);
    event.input = input.value;
  },
  handler: ({ request, input }) => handle(request, input as Input),
});

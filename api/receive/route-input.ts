/** Holds a request to what its route accepts: a handler gets typed input, or is not called. */
import type middy from '@middy/core';
import parseJson from '@middy/http-json-body-parser';
import parseForm from '@middy/http-urlencode-body-parser';
import { accept, RefusedRequest, type Result } from '../shared/refusal.ts';
import type { GatewayAnswer, GatewayEvent } from './gateway.ts';
import type { ApiRequest } from './request.ts';

/** A request whose head was read. */
export interface HeardEvent extends GatewayEvent {
  readonly request: ApiRequest;
  /** What the route accepted; only its own handler knows the type. */
  input?: unknown;
}

export type Exchange = middy.Request<HeardEvent, GatewayAnswer>;

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

export interface Route {
  /** Middleware: parses the body and reads the input. Throws a `RefusedRequest` for what the route does not accept. */
  readonly before: (exchange: Exchange) => void;
  readonly handler: (event: HeardEvent) => Promise<GatewayAnswer>;
}

/** `handle` is called with what `input` accepted. */
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

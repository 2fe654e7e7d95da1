/**
 * Runs the code of a viewer-request CloudFront Function. The code has no access to Node, timers or the network.
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-function-restrictions.html
 */
import { createContext, Script } from 'node:vm';
import type { Request, Response } from '../message/http-message.ts';
import { isBlock } from '../terraform/terraform-json.ts';
import { eventOf, requestFrom, responseFrom, type Viewer } from './edge-function-event.ts';

/** Longest run, in milliseconds. CloudFront's limit is below one. A busy laptop gets more time. */
const limitMs = 1_000;

export type FunctionResult = { readonly request: Request } | { readonly response: Response };

/**
 * Runs the code. Throws `InvalidFunctionResult` for a value that CloudFront does not accept, and another error if the
 * code throws, does not finish or returns nothing.
 */
export function runViewerRequest(code: string, request: Request, viewer: Viewer): FunctionResult {
  // Promises settle within each run, so a promise that never resolves cannot hold up the request.
  const context = createContext(Object.create(null), {
    codeGeneration: { strings: false, wasm: false },
    microtaskMode: 'afterEvaluate',
  });
  const run = (source: string): unknown =>
    new Script(source, { filename: 'cloudfront-function.js' }).runInContext(context, { timeout: limitMs });
  // Created inside the context: an object from this process would be a way out of it.
  run('const console = { log() {}, error() {}, warn() {}, info() {} };');
  run(code);
  // Event and result cross as text, so that no object of one realm reaches the other.
  const event = JSON.stringify(JSON.stringify(eventOf(request, viewer)));
  const query = request.query === undefined ? 'undefined' : JSON.stringify(request.query);
  // rawQueryString: CF general-helper-methods. JSON leaves a function out of what comes back.
  run(`let outcomeOfHandler;
const eventOfHandler = JSON.parse(${event});
eventOfHandler.request.rawQueryString = () => ${query};
Promise.resolve(handler(eventOfHandler)).then(
  (value) => { outcomeOfHandler = JSON.stringify(value); },
  () => {},
);`);
  const json = run('outcomeOfHandler');
  const returned: unknown = typeof json === 'string' ? JSON.parse(json) : undefined;
  if (!isBlock(returned)) throw new Error('the function returned nothing, or waits for something that never happens');
  return 'statusCode' in returned ? { response: responseFrom(returned) } : { request: requestFrom(returned, request) };
}

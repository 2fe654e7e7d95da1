/** Runs a site's CloudFront Function for one request, without limits of time. For tests only. */
import { Script } from 'node:vm';

export type FunctionHeaders = Readonly<Record<string, { readonly value: string }>>;

/** The request that goes on, or the function's own answer. */
export interface FunctionResult {
  readonly uri?: string;
  readonly statusCode?: number;
  readonly headers?: FunctionHeaders;
}

/** What a browser sends when somebody opens a page. */
export const navigation: FunctionHeaders = { 'sec-fetch-dest': { value: 'document' } };

/** `address`: path and query, as in the request line. */
export function runFunction(
  code: string,
  address: string,
  headers: FunctionHeaders = navigation,
  method = 'GET',
): FunctionResult {
  const [uri = '', ...query] = address.split('?');
  const rawQueryString = () => (address.includes('?') ? query.join('?') : undefined);
  const handler = new Script(`(function () { ${code}; return handler; })()`).runInThisContext();
  return handler({ request: { method, uri, headers, querystring: {}, rawQueryString } }) as FunctionResult;
}

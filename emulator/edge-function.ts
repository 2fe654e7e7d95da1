/**
 * Owns running a viewer-request CloudFront Function: its event, its limits, what it may answer. The code sees no Node.
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html
 */
import { createContext, Script } from 'node:vm';
import { type HeaderLines, headerOf, parseCookies, type Request, type Response } from './http-message.ts';
import { isBlock } from './terraform-json.ts';

/** Longest run, in milliseconds. CloudFront stops below one; a laptop is given more. */
const limitMs = 100;

interface Viewer {
  readonly distributionId: string;
  readonly host: string;
  readonly requestId: string;
}

type Values = Record<string, { value: string; multiValue?: { value: string }[] }>;

function valuesOf(pairs: readonly (readonly [string, string])[]): Values {
  const values: Values = {};
  for (const [name, value] of pairs) {
    const before = values[name];
    if (before === undefined) values[name] = { value };
    else before.multiValue = [...(before.multiValue ?? [{ value: before.value }]), { value }];
  }
  return values;
}

const queryPairs = (query: string | undefined): (readonly [string, string])[] =>
  (query ?? '')
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const [name = '', ...value] = part.split('=');
      return [name, value.join('=')];
    });

function eventOf(request: Request, viewer: Viewer) {
  return {
    version: '1.0',
    context: {
      distributionDomainName: viewer.host,
      distributionId: viewer.distributionId,
      eventType: 'viewer-request',
      requestId: viewer.requestId,
    },
    viewer: { ip: request.ip },
    request: {
      method: request.method,
      uri: request.path,
      querystring: valuesOf(queryPairs(request.query)),
      headers: valuesOf(
        request.headers
          .filter(([name]) => name.toLowerCase() !== 'cookie')
          .map(([name, value]) => [name.toLowerCase(), value] as const),
      ),
      cookies: valuesOf(parseCookies(headerOf(request.headers, 'cookie'))),
    },
  };
}

function pairsOf(values: unknown): [string, string][] {
  if (!isBlock(values)) return [];
  return Object.entries(values).flatMap(([name, entry]): [string, string][] => {
    if (!isBlock(entry)) return [];
    const several = Array.isArray(entry['multiValue']) ? entry['multiValue'].filter(isBlock) : [entry];
    return several.map((one) => [name, String(one['value'] ?? '')]);
  });
}

function requestFrom(returned: Readonly<Record<string, unknown>>, original: Request): Request {
  const cookies = pairsOf(returned['cookies']).map(([name, value]) => `${name}=${value}`);
  const headers: HeaderLines = [
    ...pairsOf(returned['headers']),
    ...(cookies.length > 0 ? [['cookie', cookies.join('; ')] as const] : []),
  ];
  const query = pairsOf(returned['querystring']).map(([name, value]) => (value === '' ? name : `${name}=${value}`));
  const uri = returned['uri'];
  if (typeof uri !== 'string' || !uri.startsWith('/')) throw new Error('the function returned no uri');
  return { ...original, path: uri, query: query.length > 0 ? query.join('&') : undefined, headers };
}

function responseFrom(returned: Readonly<Record<string, unknown>>): Response {
  const body = returned['body'];
  const text = isBlock(body) ? String(body['data'] ?? '') : String(body ?? '');
  const encoded = isBlock(body) && body['encoding'] === 'base64';
  return {
    status: Number(returned['statusCode']),
    headers: [
      ...pairsOf(returned['headers']),
      ...pairsOf(returned['cookies']).map(([name, value]) => ['Set-Cookie', `${name}=${value}`] as const),
    ],
    body: Buffer.from(text, encoded ? 'base64' : 'utf8'),
  };
}

export type FunctionResult = { readonly request: Request } | { readonly response: Response };

/** Runs the code; throws when it throws, hangs or returns neither a request nor a response. */
export async function runViewerRequest(code: string, request: Request, viewer: Viewer): Promise<FunctionResult> {
  const context = createContext(Object.create(null), { codeGeneration: { strings: false, wasm: false } });
  // Made inside the context: an object of this process would be a way out of it.
  new Script('const console = { log() {}, error() {}, warn() {}, info() {} };').runInContext(context);
  new Script(code, { filename: 'cloudfront-function.js' }).runInContext(context, { timeout: limitMs });
  const event = JSON.stringify(JSON.stringify(eventOf(request, viewer)));
  // The result crosses as text, so that no object of the function's world reaches ours.
  const call = new Script(`Promise.resolve(handler(JSON.parse(${event}))).then(JSON.stringify)`);
  const json: unknown = await call.runInContext(context, { timeout: limitMs });
  const returned: unknown = typeof json === 'string' ? JSON.parse(json) : undefined;
  if (!isBlock(returned)) throw new Error('the function returned nothing');
  return typeof returned['statusCode'] === 'number'
    ? { response: responseFrom(returned) }
    : { request: requestFrom(returned, request) };
}

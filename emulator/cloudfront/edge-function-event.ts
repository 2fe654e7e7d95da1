/**
 * The event of a viewer-request CloudFront Function, and the effect of its return value. Runs no code.
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html
 */
import { type HeaderLines, headerOf, parseCookies, type Request, type Response } from '../message/http-message.ts';
import { type Block, isBlock } from '../terraform/terraform-json.ts';

/** The function returned something that CloudFront does not accept: 502 for the viewer. */
export class InvalidFunctionResult extends Error {}

export interface Viewer {
  readonly distributionId: string;
  readonly host: string;
  readonly requestId: string;
}

type Pair = readonly [name: string, value: string];
type Values = Record<string, { value: string; multiValue?: { value: string }[] }>;

/** Longest URI with its query, in characters. */
const maximumUriLength = 8_191;

// @see
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-function-restrictions-all.html#function-restrictions-headers
const disallowedHeader = new RegExp(
  '^(connection|expect|keep-alive|proxy-(authenticate|authorization|connection)|trailer|upgrade|' +
    'x-accel-(buffering|charset|limit-rate|redirect)|x-amz-cf-.*|' +
    'x-amzn-(auth|cf-billing|cf-id|cf-xff|errortype|fle-profile|' +
    'header-count|header-order|lambda-integration-tag|requestid)|x-cache|x-edge-.*|x-forwarded-proto|x-real-ip)$',
);
const readOnlyHeaders = ['cdn-loop', 'content-length', 'host', 'transfer-encoding', 'via'];

function valuesOf(pairs: readonly Pair[]): Values {
  const values: Values = Object.create(null);
  for (const [name, value] of pairs) {
    const before = values[name];
    if (before === undefined) values[name] = { value };
    else before.multiValue = [...(before.multiValue ?? [{ value: before.value }]), { value }];
  }
  return values;
}

function queryPairs(query: string | undefined): Pair[] {
  const parts = (query ?? '').split('&').filter((part) => part !== '');
  return parts.map((part) => {
    const [name = '', ...value] = part.split('=');
    return [name, value.join('=')];
  });
}

/** `event.request` as the function gets it. */
function requestOf(request: Request) {
  const exposed = request.headers
    .map(([name, value]): Pair => [name.toLowerCase(), value])
    .filter(([name]) => name !== 'cookie' && !disallowedHeader.test(name));
  return {
    method: request.method,
    uri: request.path,
    querystring: valuesOf(queryPairs(request.query)),
    headers: valuesOf(exposed),
    cookies: valuesOf(parseCookies(headerOf(request.headers, 'cookie'))),
  };
}

export const eventOf = (request: Request, viewer: Viewer) => ({
  version: '1.0',
  context: {
    distributionDomainName: viewer.host,
    distributionId: viewer.distributionId,
    eventType: 'viewer-request',
    requestId: viewer.requestId,
  },
  viewer: { ip: request.ip },
  request: requestOf(request),
});

const same = (left: unknown, right: unknown): boolean => JSON.stringify(left) === JSON.stringify(right);

/** Only a changed `multiValue` counts. Otherwise `value` replaces the first value, and the others stay. */
function entriesOf(entry: Block, before: Values[string] | undefined): readonly Block[] {
  const several = Array.isArray(entry['multiValue']) ? entry['multiValue'].filter(isBlock) : [];
  if (several.length === 0) return [entry];
  return same(entry['multiValue'], before?.multiValue) ? [entry, ...several.slice(1)] : several;
}

function linesOf<T>(
  returned: unknown,
  before: Values,
  what: string,
  line: (name: string, value: string, entry: Block) => T,
): T[] {
  if (returned === undefined) return [];
  if (!isBlock(returned)) throw new InvalidFunctionResult(`${what} must be an object`);
  return Object.entries(returned).flatMap(([name, entry]) => {
    if (!isBlock(entry)) throw new InvalidFunctionResult(`${what}.${name} must be an object with a value`);
    return entriesOf(entry, before[name]).map((one) => line(name, String(one['value'] ?? ''), one));
  });
}

const capitalized = (name: string): string => name.replace(/(^|-)([a-z])/g, (letter) => letter.toUpperCase());

function headersFrom(returned: unknown, before: Values): HeaderLines {
  return linesOf(returned, before, 'headers', (name, value): Pair => {
    if (name !== name.toLowerCase()) throw new InvalidFunctionResult(`the header ${name} must be in lower case`);
    if (disallowedHeader.test(name)) throw new InvalidFunctionResult(`the header ${name} is not for functions`);
    return [capitalized(name), value];
  });
}

function queryFrom(returned: unknown, before: Values): string | undefined {
  const text =
    typeof returned === 'string'
      ? returned
      : linesOf(returned, before, 'querystring', (name, value) => `${name}=${value}`).join('&');
  if (/[\s\x00-\x1f\x7f#]/.test(text)) throw new InvalidFunctionResult('the query string must be encoded');
  return text === '' ? undefined : text;
}

/** The request that the function returned. Unchanged parts are passed on as they arrived. */
export function requestFrom(returned: Block, original: Request): Request {
  const before = requestOf(original);
  const { uri } = returned;
  if (typeof uri !== 'string' || !uri.startsWith('/')) throw new InvalidFunctionResult('uri must start with a slash');
  if (returned['method'] !== before.method) throw new InvalidFunctionResult('method cannot be changed');
  const headers = isBlock(returned['headers']) ? returned['headers'] : {};
  for (const name of readOnlyHeaders) {
    if (!same(headers[name], before.headers[name])) throw new InvalidFunctionResult(`the header ${name} is read-only`);
  }
  const kept = (name: string): HeaderLines => original.headers.filter(([found]) => found.toLowerCase() === name);
  const cookies = same(returned['cookies'], before.cookies)
    ? kept('cookie')
    : [
        [
          'Cookie',
          linesOf(returned['cookies'], before.cookies, 'cookies', (name, value) => `${name}=${value}`).join('; '),
        ] as const,
      ];
  const others = same(headers, before.headers)
    ? original.headers.filter(([name]) => name.toLowerCase() !== 'cookie')
    : headersFrom(headers, before.headers);
  const query = same(returned['querystring'], before.querystring)
    ? original.query
    : queryFrom(returned['querystring'], before.querystring);
  if (uri.length + (query?.length ?? -1) + 1 > maximumUriLength) throw new InvalidFunctionResult('the URI is too long');
  return { ...original, path: uri, query, headers: [...others, ...cookies.filter(([, value]) => value !== '')] };
}

function bodyFrom(body: unknown): Buffer {
  if (!isBlock(body)) return Buffer.from(String(body ?? ''));
  const { encoding = 'text', data = '' } = body;
  if (encoding === 'text') return Buffer.from(String(data));
  const bytes = Buffer.from(String(data), 'base64');
  if (encoding !== 'base64' || bytes.toString('base64') !== String(data)) {
    throw new InvalidFunctionResult('body must be text, or base64 and say so');
  }
  return bytes;
}

/** The response that the function created itself. */
export function responseFrom(returned: Block): Response {
  const status = returned['statusCode'];
  if (!Number.isInteger(status) || Number(status) < 200 || Number(status) > 599) {
    throw new InvalidFunctionResult('statusCode must be a whole number from 200 to 599');
  }
  const cookies = linesOf(returned['cookies'], {}, 'cookies', (name, value, { attributes }): Pair => {
    return ['Set-Cookie', `${name}=${value}${typeof attributes === 'string' ? `; ${attributes}` : ''}`];
  });
  const headers = [...headersFrom(returned['headers'], {}), ...cookies];
  return { status: Number(status), headers, body: bodyFrom(returned['body']) };
}

/**
 * The response of payload format 2.0 that an HTTP API creates from the Lambda's return value.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
import { validateHeaderName, validateHeaderValue } from 'node:http';
import { type HeaderLines, type Response, textResponse } from '../message/http-message.ts';
import { isBlock } from '../terraform/terraform-json.ts';

const isScalar = (value: unknown): value is string | number | boolean =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';

function areSendable(headers: HeaderLines): boolean {
  try {
    for (const [name, value] of headers) {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    }
    return true;
  } catch {
    return false;
  }
}

/** The viewer's response for the Lambda's return value; undefined: API Gateway cannot create one from it. */
export function responseOf(returned: unknown): Response | undefined {
  if (!isBlock(returned) || returned['statusCode'] === undefined) {
    const body = typeof returned === 'string' ? returned : JSON.stringify(returned);
    return textResponse(200, 'application/json', body);
  }
  const status = Number(returned['statusCode']);
  if (!Number.isInteger(status) || status < 200 || status > 599) return undefined;
  const headers = returned['headers'] ?? {};
  const cookies = returned['cookies'] ?? [];
  const body = returned['body'] ?? '';
  if (!isBlock(headers) || !Array.isArray(cookies) || typeof body !== 'string') return undefined;
  if (!Object.values(headers).every(isScalar) || !cookies.every((cookie) => typeof cookie === 'string'))
    return undefined;
  const bytes = Buffer.from(body, returned['isBase64Encoded'] === true ? 'base64' : 'utf8');
  const lines: HeaderLines = [
    ...Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)] as const),
    ...cookies.map((cookie: string) => ['set-cookie', cookie] as const),
  ];
  if (!areSendable(lines)) return undefined;
  const typed = bytes.length === 0 || lines.some(([name]) => name === 'content-type');
  return {
    status,
    headers: typed ? lines : [['content-type', 'text/plain; charset=utf-8'], ...lines],
    body: bytes,
  };
}

/**
 * CloudFront's check of signed URLs and signed cookies. It is a second opinion on the API, so it shares no code with
 * it.
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-choosing-signed-urls-cookies.html
 */
import { type KeyObject, verify } from 'node:crypto';
import { parseCookies } from '../message/http-message.ts';
import { resourceCovers, type UrlSections } from './policy-match.ts';
import { cannedPolicyText, inRange, parsePolicy } from './signed-policy.ts';

/** Why a request is refused: the code and message of CloudFront's XML. */
export interface Refusal {
  readonly code: 'MissingKey' | 'InvalidKey' | 'MalformedPolicy' | 'MalformedSignature' | 'AccessDenied';
  readonly message: string;
}

export interface SignedRequest {
  readonly url: UrlSections;
  readonly cookieHeader: string | undefined;
  readonly ip: string;
  /** The edge's clock, in seconds. */
  readonly now: number;
  /** Public keys of the behavior's trusted key groups, by key pair ID. */
  readonly trustedKeys: ReadonlyMap<string, KeyObject>;
}

/** Query names that make a request a signed URL, whatever its cookies contain. */
export const reservedNames = ['Expires', 'Policy', 'Signature', 'Key-Pair-Id', 'Hash-Algorithm'];

const accessDenied: Refusal = { code: 'AccessDenied', message: 'Access denied' };
const malformedPolicy: Refusal = { code: 'MalformedPolicy', message: 'Malformed Policy' };

interface Credentials {
  readonly value: (name: string) => string | undefined;
  /** The viewer's URL, without CloudFront's own parameters. */
  readonly url: UrlSections;
}

const nameOf = (part: string): string => part.split('=', 1)[0] ?? '';

/** The query string without CloudFront's own parameters; undefined if nothing else was there. */
export function withoutReservedNames(query: string | undefined): string | undefined {
  const kept = (query ?? '').split('&').filter((part) => !reservedNames.includes(nameOf(part)));
  return query === undefined || (kept.length === 0 && query !== '') ? undefined : kept.join('&');
}

function credentialsOf(request: SignedRequest): Credentials {
  const parts = (request.url.query ?? '').split('&');
  if (parts.some((part) => reservedNames.includes(nameOf(part)))) {
    return {
      value: (name) => parts.find((part) => nameOf(part) === name)?.slice(name.length + 1),
      url: { ...request.url, query: withoutReservedNames(request.url.query) },
    };
  }
  const cookies = parseCookies(request.cookieHeader);
  return {
    value: (name) => cookies.find(([cookie]) => cookie === `CloudFront-${name}`)?.[1],
    url: request.url,
  };
}

/** CloudFront's base64: `-` for `+`, `_` for `=`, `~` for `/`. Not base64url. */
function decode(text: string): Buffer | undefined {
  if (!/^[A-Za-z0-9\-~]+_{0,2}$/.test(text) || text.length % 4 !== 0) return undefined;
  return Buffer.from(text.replaceAll('-', '+').replaceAll('_', '=').replaceAll('~', '/'), 'base64');
}

const textOf = (url: UrlSections): string =>
  `${url.scheme}://${url.host}${url.path}${url.query === undefined ? '' : `?${url.query}`}`;

/** The signed bytes: the custom policy as sent, or the canned policy that CloudFront writes itself. */
function policyBytesOf({ value, url }: Credentials): Buffer | undefined {
  const policy = value('Policy');
  if (policy !== undefined) return decode(policy);
  const expires = value('Expires');
  const text = expires === undefined ? undefined : cannedPolicyText(textOf(url), expires);
  return text === undefined ? undefined : Buffer.from(text);
}

/** undefined: the viewer may have it. Otherwise the refusal, which CloudFront always answers with 403. */
export function checkSignature(request: SignedRequest): Refusal | undefined {
  const credentials = credentialsOf(request);
  const keyPairId = credentials.value('Key-Pair-Id');
  if (keyPairId === undefined || !/^[A-Z0-9]+$/.test(keyPairId)) {
    return { code: 'MissingKey', message: 'Missing Key-Pair-Id query parameter or cookie value' };
  }
  const key = request.trustedKeys.get(keyPairId);
  if (key === undefined) return { code: 'InvalidKey', message: 'Unknown Key' };

  const bytes = policyBytesOf(credentials);
  const policy = bytes === undefined ? undefined : parsePolicy(bytes);
  if (bytes === undefined || policy === undefined) return malformedPolicy;

  const signature = decode(credentials.value('Signature') ?? '');
  if (signature === undefined) return { code: 'MalformedSignature', message: 'Could not unencode Signature' };
  const hash = credentials.value('Hash-Algorithm') ?? 'SHA1';
  if (hash !== 'SHA1' && hash !== 'SHA256') return accessDenied;
  if (!verify(hash.toLowerCase(), bytes, key, signature)) return accessDenied;

  if (!resourceCovers(policy.resource, credentials.url)) return accessDenied;
  if (request.now >= policy.dateLessThan) return accessDenied;
  if (policy.dateGreaterThan !== undefined && request.now <= policy.dateGreaterThan) return accessDenied;
  if (policy.sourceIp !== undefined && !inRange(request.ip, policy.sourceIp)) return accessDenied;
  return undefined;
}

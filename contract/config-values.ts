/** Building blocks for the fields of the config, with a description of the allowed values. */
import * as v from 'valibot';
import { isDomain, lowerCase } from './address.ts';

export const isLoopback = (host: string): boolean => host === 'localhost' || host === '127.0.0.1' || host === '[::1]';

export function urlOf(value: string): URL | undefined {
  try {
    return new URL(value);
  } catch {
    return undefined;
  }
}

const isHttpsOrLoopback = (value: string): boolean => {
  const url = urlOf(value);
  return url !== undefined && (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname)));
};

export const wholeNumber = (minimum: number, maximum: number, unit: string) => {
  const allowed = `a whole number of ${unit} from ${minimum} to ${maximum}`;
  return v.pipe(v.number(allowed), v.integer(allowed), v.minValue(minimum, allowed), v.maxValue(maximum, allowed));
};
export const matching = (pattern: RegExp, allowed: string) => v.pipe(v.string(allowed), v.regex(pattern, allowed));
export const flag = v.boolean('true or false');

const hostName = 'a host name in lower case without scheme, such as docs.example.com';
export const host = v.pipe(
  v.string(hostName),
  v.check((value) => isDomain(value) && value === lowerCase(value), hostName),
);
/**
 * RFC 3986, 2, without characters that end a source or a directive in a Content-Security-Policy, where such an address
 * is copied unchanged, and without the braces of a Terraform template.
 */
const urlLetters = /^[A-Za-z0-9\-._~:/?#[\]@!$&()*+=%]+$/;
export const providerUrl = v.pipe(
  v.string('an https:// address'),
  v.check(
    (value) => isHttpsOrLoopback(value) && urlLetters.test(value),
    'an https:// address (http only for localhost)',
  ),
);
/** Hosts as they appear in origins: names without a final dot, IPv4 and IPv6 addresses. */
const originHost = (name: string): boolean =>
  isDomain(name) || /^[a-z0-9-]+$|^\[[0-9a-f:.]+\]$|^[0-9.]+[0-9]$/.test(name);

/** Why no browser sends this value as `Origin`, as the end of "allowed: ..."; undefined: browsers do. */
function originProblem(value: string): string | undefined {
  const example = 'an https:// origin without path, such as https://app.example.com (http only for localhost)';
  const url = urlOf(value);
  if (url === undefined) return example;
  if (url.hostname.includes('*')) {
    return `${example}: each origin by itself, because a wildcard is compared as it is and matches none`;
  }
  if (!isHttpsOrLoopback(value) || !originHost(url.hostname)) return example;
  return url.origin === value ? undefined : `${url.origin}, as browsers write it`;
}

export const origin = v.pipe(
  v.string('an https:// origin'),
  v.check(
    (value) => originProblem(value) === undefined,
    ({ input }) => originProblem(input) ?? '',
  ),
);
export const region = matching(/^[a-z]{2}(-[a-z]+)+-\d$/, 'an AWS Region such as eu-west-1');

/** The location of an issue in `input`, in valibot's format. */
export function pathTo(input: unknown, keys: readonly (string | number)[]): [v.IssuePathItem, ...v.IssuePathItem[]] {
  const items: v.IssuePathItem[] = [];
  let within = input;
  for (const key of keys) {
    const value = (within as Record<string | number, unknown> | undefined)?.[key];
    items.push({ type: 'unknown', origin: 'value', input: within, key, value });
    within = value;
  }
  return items as [v.IssuePathItem, ...v.IssuePathItem[]];
}

export const visibleText = (maximum: number, allowed: string) =>
  v.pipe(v.string(allowed), v.regex(/^[^\p{C}]+$/u, allowed), v.maxLength(maximum, allowed));

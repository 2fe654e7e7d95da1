/** Building blocks for the fields of the config, with the words for what each one may be. */
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
 * RFC 3986, 2, without what ends a source or a directive of a Content-Security-Policy, which has such an address to the
 * letter, and without the braces of a Terraform template.
 */
const urlLetters = /^[A-Za-z0-9\-._~:/?#[\]@!$&()*+=%]+$/;
export const providerUrl = v.pipe(
  v.string('an https:// address'),
  v.check(
    (value) => isHttpsOrLoopback(value) && urlLetters.test(value),
    'an https:// address (http only for localhost)',
  ),
);
/** Hosts as origins have them: names without a final dot, addresses of IPv4 and IPv6. */
const originHost = (name: string): boolean =>
  isDomain(name) || /^[a-z0-9-]+$|^\[[0-9a-f:.]+\]$|^[0-9.]+[0-9]$/.test(name);

/** Why a browser never sends this as `Origin`, as the end of "allowed: ..."; undefined: it does. */
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

/** Valibot's way to say where in `input` an issue is. */
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

/**
 * What CloudFront removes from an origin's answer before a viewer gets it.
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html#ResponseCustomRemovedHeaders
 */

import { type HeaderLines, type Response, trimmed, withoutHeaders } from '../message/http-message.ts';
import type { OriginModel } from '../model/stack-model.ts';
import { type ForwardingRules, forwardsCookies, forwardsHeader } from './forwarding.ts';

const alwaysRemoved = ['Connection', 'Keep-Alive', 'Trailer', 'Transfer-Encoding', 'Upgrade', 'Via'];
const removedFromS3 = ['X-Amz-Id-2', 'X-Amz-Request-Id'];

/**
 * `Vary` keeps only fields that can matter: those about compression and cookies, and the headers that the origin gets.
 */
function withKnownVary(headers: HeaderLines, rules: ForwardingRules): HeaderLines {
  return headers.flatMap(([name, value]): HeaderLines => {
    if (name.toLowerCase() !== 'vary') return [[name, value]];
    const kept = value
      .split(',')
      .map(trimmed)
      .filter((field) => /^(accept-encoding|cookie|\*)$/i.test(field) || forwardsHeader(rules, field));
    return kept.length === 0 ? [] : [[name, kept.join(', ')]];
  });
}

/** The origin's answer as CloudFront passes it on, before any policy of the behavior. */
export function fromOrigin(kind: OriginModel['kind'], response: Response, rules: ForwardingRules): Response {
  const removed = [...alwaysRemoved, ...(kind === 's3' ? removedFromS3 : [])];
  if (!forwardsCookies(rules)) removed.push('Set-Cookie');
  const headers = withoutHeaders(response.headers, ...removed);
  return { ...response, headers: kind === 's3' ? headers : withKnownVary(headers, rules) };
}

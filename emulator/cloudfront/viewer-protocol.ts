/**
 * What a viewer on plain http gets: the page, a redirect to https, or a refusal.
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-https-viewers-to-cloudfront.html
 */

import type { Request, Response } from '../message/http-message.ts';
import type { ViewerProtocolPolicy } from '../model/policies.ts';
import { edgeError, httpsRedirect } from './error-responses.ts';

/** The answer to a request over http; undefined: it may continue. */
export function answerHttp(
  policy: ViewerProtocolPolicy,
  request: Request,
  host: string,
  requestId: string,
): Response | undefined {
  const safe = request.method === 'GET' || request.method === 'HEAD';
  switch (policy) {
    case 'allow-all':
      return undefined;
    case 'https-only':
      return edgeError(403, 'Bad request.', requestId);
    case 'redirect-to-https': {
      // HTTP/1.0 has no 307, and only 307 keeps the method.
      if (!safe && request.httpVersion === '1.0') return edgeError(403, 'Bad request.', requestId);
      const query = request.query === undefined ? '' : `?${request.query}`;
      return httpsRedirect(safe ? 301 : 307, `https://${host}${request.path}${query}`);
    }
  }
}

/** The CloudFront Function that answers `/dir/` and `/dir` with `/dir/index.html`. It decides nothing about access. */
import { CloudfrontFunction } from '@cdktf/provider-aws/lib/cloudfront-function/index.js';
import { Construct } from 'constructs';
import { rootObject } from '../../contract/layout.ts';

/**
 * The function's source for the runtime cloudfront-js-2.0. It treats a last segment without a dot as a folder.
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html
 */
export const indexRewritingCode = `function handler(event) {
  var request = event.request;
  var last = request.uri.slice(request.uri.lastIndexOf('/') + 1);
  if (last === '') request.uri += '${rootObject}';
  else if (last.indexOf('.') === -1) request.uri += '/${rootObject}';
  return request;
}
`;

export class IndexRewriting extends Construct {
  readonly function: CloudfrontFunction;

  constructor(scope: Construct, id: string, name: string) {
    super(scope, id);
    this.function = new CloudfrontFunction(this, 'function', {
      name: `${name}-index`,
      runtime: 'cloudfront-js-2.0',
      comment: 'Answers /dir/ and /dir with /dir/index.html',
      code: indexRewritingCode,
      publish: true,
      // If the option is switched off, the function is deleted after the distribution stops using it.
      lifecycle: { createBeforeDestroy: true },
    });
  }
}

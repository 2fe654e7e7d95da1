/** A CloudFront Function that runs on requests for files. Only sites whose config asks for one have any. */
import { CloudfrontFunction } from '@cdktf/provider-aws/lib/cloudfront-function/index.js';
import { Construct } from 'constructs';
import { templateLiteral } from '../text/template-literal.ts';
import { type FunctionOptions, functionCode } from './function-code.ts';

export interface SiteFunctionProps extends FunctionOptions {
  /** Site, stage and what the function is for. */
  readonly name: string;
  readonly comment: string;
}

export class SiteFunction extends Construct {
  readonly function: CloudfrontFunction;

  constructor(scope: Construct, id: string, { name, comment, ...options }: SiteFunctionProps) {
    super(scope, id);
    this.function = new CloudfrontFunction(this, 'function', {
      name,
      runtime: 'cloudfront-js-2.0',
      comment,
      code: templateLiteral(functionCode(options)),
      publish: true,
      // If the option is switched off, the function is deleted after the distribution stops using it.
      lifecycle: { createBeforeDestroy: true },
    });
  }
}

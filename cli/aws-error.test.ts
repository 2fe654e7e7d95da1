import { describe, expect, it } from 'vitest';
import { awsError } from './aws-error.ts';

const call = { action: 's3:PutObject', resource: 'bucket docs-prod-site-1', region: 'eu-west-1' };
const failure = (name: string, status?: number, more: object = {}) =>
  Object.assign(new Error('as AWS says it'), {
    name,
    ...(status !== undefined && { $metadata: { httpStatusCode: status } }),
    ...more,
  });

describe('awsError', () => {
  it.each([
    [failure('CredentialsProviderError'), /^AWS credentials: none found \(as AWS says it\)\. Fix: sign in/],
    [failure('ExpiredToken', 400), /^AWS credentials: expired\. Fix: sign in/],
    [failure('InvalidAccessKeyId', 403), /^AWS credentials: refused \(InvalidAccessKeyId\)/],
    [failure('SignatureDoesNotMatch', 403), /^AWS credentials: refused/],
    [
      failure('AccessDenied', 403),
      /^AWS credentials: not allowed to s3:PutObject on bucket docs-prod-site-1\. Fix: allow it/,
    ],
    // HeadObject answers without a body, so without a name.
    [failure('403', 403), /^AWS credentials: not allowed to s3:PutObject/],
    [failure('RequestTimeTooSkewed', 403), /^clock: .* Fix: set this machine's clock/],
    [
      failure('PermanentRedirect', 301, { $response: { headers: { 'x-amz-bucket-region': 'us-east-2' } } }),
      'region: bucket docs-prod-site-1 is not in eu-west-1 but in us-east-2. ' +
        'Fix: set the region of the site in s3nator.config.ts',
    ],
    [failure('AuthorizationHeaderMalformed', 400), /^region: .* but in another region/],
    [failure('NoSuchBucket', 404), /docs-prod-site-1 does not exist \(NoSuchBucket\)\. Fix: npx cdktf deploy/],
    [failure('SlowDown', 503), /slow down .* Fix: run the same command again/],
    [
      failure('Error', undefined, { code: 'ENOTFOUND' }),
      /^AWS cannot be reached in eu-west-1: as AWS says it\. Fix: check the network/,
    ],
    [failure('TimeoutError'), /^AWS cannot be reached/],
    [
      failure('InternalError', 500),
      /^AWS refused s3:PutObject on .*: InternalError, as AWS says it \(500\)\. Fix: run the same/,
    ],
  ])('%s has one line that says what to do', (error, line) => {
    const explained = awsError(error, call) as Error;
    expect(explained.constructor).toBe(Error);
    expect(explained.message).toMatch(line);
    expect(explained.cause).toBe(error);
  });

  it('leaves an error of ours as it is', () => {
    const bug = new TypeError('x is not a function');
    expect(awsError(bug, call)).toBe(bug);
  });
});

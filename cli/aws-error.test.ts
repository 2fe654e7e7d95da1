import { describe, expect, it } from 'vitest';
import { awsError } from './aws-error.ts';

const call = { action: 's3:PutObject', resource: 'bucket docs-prod-site-1', region: 'eu-west-1' };
const failure = (name: string, status?: number, more: object = {}) =>
  Object.assign(new Error('as AWS says it'), {
    name,
    ...(status !== undefined && { $metadata: { httpStatusCode: status } }),
    ...more,
  });
const messageOf = (error: unknown): string => (awsError(error, call) as Error).message;
const signIn = 'sign in (aws sso login), or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY';

describe('awsError', () => {
  it.each<[string, string]>([
    ['CredentialsProviderError', `AWS credentials: none found (as AWS says it). Fix: ${signIn}`],
    ...['ExpiredToken', 'ExpiredTokenException', 'TokenRefreshRequired', 'RequestExpired'].map(
      (name): [string, string] => [name, `AWS credentials: expired. Fix: ${signIn}`],
    ),
    ...[
      'InvalidAccessKeyId',
      'InvalidClientTokenId',
      'InvalidToken',
      'SignatureDoesNotMatch',
      'UnrecognizedClientException',
    ].map((name): [string, string] => [name, `AWS credentials: refused (${name}). Fix: ${signIn}`]),
    [
      'RequestTimeTooSkewed',
      "clock: AWS refuses a request whose time is more than 15 minutes off. Fix: set this machine's clock",
    ],
    ...['PermanentRedirect', 'AuthorizationHeaderMalformed', 'IllegalLocationConstraintException'].map(
      (name): [string, string] => [
        name,
        'region: bucket docs-prod-site-1 is not in eu-west-1 but in another region. ' +
          'Fix: set the region of the site in s3nator.config.ts',
      ],
    ),
    ...['NoSuchBucket', 'NoSuchDistribution'].map((name): [string, string] => [
      name,
      `bucket docs-prod-site-1 does not exist (${name}). Fix: npx cdktf deploy`,
    ]),
    ...['SlowDown', 'Throttling', 'ThrottlingException', 'TooManyRequestsException'].map((name): [string, string] => [
      name,
      'AWS asks to slow down (s3:PutObject on bucket docs-prod-site-1). Fix: run the same command again in a minute',
    ]),
  ])('says in one line what %s means and what to do, whatever the status', (name, line) => {
    const error = failure(name, 400);
    const shown = awsError(error, call) as Error;
    expect(shown.constructor).toBe(Error);
    expect(shown.message).toBe(line);
    expect(shown.cause).toBe(error);
    expect([messageOf(failure(name)), messageOf(failure(name, 403))]).toEqual([line, line]);
  });

  it('names the region that the bucket is in if S3 says so', () => {
    const moved = { $response: { headers: { 'x-amz-bucket-region': 'us-east-2' } } };
    expect(messageOf(failure('PermanentRedirect', 301, moved))).toContain('is not in eu-west-1 but in us-east-2. Fix');
  });

  it.each(['AccessDenied', '403'])('names the permission that is missing, by the status alone: %s', (name) => {
    expect(messageOf(failure(name, 403))).toBe(
      `AWS credentials: not allowed to s3:PutObject on bucket docs-prod-site-1. Fix: allow it, or ${signIn}`,
    );
  });

  const unreachable = [
    'ECONNREFUSED',
    'ECONNRESET',
    'ENOTFOUND',
    'EAI_AGAIN',
    'ETIMEDOUT',
    'EPIPE',
    'TimeoutError',
  ] as const;
  it.each(unreachable)('says that AWS cannot be reached for %s, as a name and as a code', (name) => {
    const line =
      'AWS cannot be reached in eu-west-1: as AWS says it. ' +
      'Fix: check the network, AWS_ENDPOINT_URL and the region, then run the same command again';
    expect([messageOf(failure(name)), messageOf(failure('Error', undefined, { code: name }))]).toEqual([line, line]);
    expect(messageOf(failure(name, 500))).toMatch(/^AWS refused/);
  });

  it('passes on any other refusal with its name, message and status', () => {
    expect(messageOf(failure('InternalError', 500))).toBe(
      'AWS refused s3:PutObject on bucket docs-prod-site-1: InternalError, as AWS says it (500). Fix: run the same ' +
        "command again; if that does not help, see what InternalError means in AWS's documentation",
    );
  });

  it('is one line that acts on no terminal, whatever names AWS quotes', () => {
    const quoting = Object.assign(failure('InternalError', 500), { message: 'a\nerror b\u001b[2J' });
    expect(messageOf(quoting)).toContain('InternalError, a\\u000aerror b\\u001b[2J (500)');
  });

  it.each([new TypeError('x is not a function'), Object.assign(new Error('no'), { code: 'ENOENT' }), undefined])(
    'leaves an error of ours as it is: %s',
    (bug) => {
      expect(awsError(bug, call)).toBe(bug);
    },
  );
});

/** Turns an error of AWS into one line that says what to do. */
import { visible } from '../contract/visible-text.ts';

/** The call that failed. */
export interface AwsCall {
  /** The permission it needs, such as `s3:PutObject`. */
  readonly action: string;
  /** What it was for, such as the name of a bucket. */
  readonly resource: string;
  /** AWS Region that the call went to. */
  readonly region: string;
}

/** What the SDK's errors have in common. */
interface SdkError {
  readonly name: string;
  readonly message: string;
  readonly code?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
}

const signIn = 'sign in (aws sso login), or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY';

const unreachable = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EPIPE',
  'TimeoutError',
]);

/** The error to show. Returns errors of other origin unchanged. AWS's messages contain no signature and no key. */
export function awsError(error: unknown, call: AwsCall): unknown {
  if (!(error instanceof Error)) return error;
  const line = explained(error, call);
  // AWS's messages quote names that others chose, and may have several lines.
  return line === undefined ? error : new Error(visible(line), { cause: error });
}

function explained(error: SdkError, { action, resource, region }: AwsCall): string | undefined {
  const status = error.$metadata?.httpStatusCode;
  switch (error.name) {
    case 'CredentialsProviderError':
      return `AWS credentials: none found (${error.message}). Fix: ${signIn}`;
    case 'ExpiredToken':
    case 'ExpiredTokenException':
    case 'TokenRefreshRequired':
    case 'RequestExpired':
      return `AWS credentials: expired. Fix: ${signIn}`;
    case 'InvalidAccessKeyId':
    case 'InvalidClientTokenId':
    case 'InvalidToken':
    case 'SignatureDoesNotMatch':
    case 'UnrecognizedClientException':
      return `AWS credentials: refused (${error.name}). Fix: ${signIn}`;
    case 'RequestTimeTooSkewed':
      return `clock: AWS refuses a request whose time is more than 15 minutes off. Fix: set this machine's clock`;
    case 'PermanentRedirect':
    case 'AuthorizationHeaderMalformed':
    case 'IllegalLocationConstraintException': {
      const actual = error.$response?.headers?.['x-amz-bucket-region'] ?? 'another region';
      return `region: ${resource} is not in ${region} but in ${actual}. \
Fix: set the region of the site in s3nator.config.ts`;
    }
    case 'NoSuchBucket':
    case 'NoSuchDistribution':
      return `${resource} does not exist (${error.name}). Fix: npx cdktf deploy`;
    case 'SlowDown':
    case 'Throttling':
    case 'ThrottlingException':
    case 'TooManyRequestsException':
      return `AWS asks to slow down (${action} on ${resource}). Fix: run the same command again in a minute`;
  }
  if (status === 403) return `AWS credentials: not allowed to ${action} on ${resource}. Fix: allow it, or ${signIn}`;
  if (status === undefined && (unreachable.has(error.name) || unreachable.has(String(error.code)))) {
    return `AWS cannot be reached in ${region}: ${error.message}. \
Fix: check the network, AWS_ENDPOINT_URL and the region, then run the same command again`;
  }
  if (status === undefined) return undefined;
  return `AWS refused ${action} on ${resource}: ${error.name}, ${error.message} (${status}). \
Fix: run the same command again; if that does not help, see what ${error.name} means in AWS's documentation`;
}

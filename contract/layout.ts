/** Paths, prefixes and platform constants that several folders share. */
/** Name of the config file in the project's folder. */
export const configFile = 's3nator.config.ts';
/** Origin path of the site's objects in the content bucket; CloudFront reads nothing outside it. */
export const contentPrefix = 'www';
/** Where the private bucket keeps signing keys: `keys/<fingerprint>.pem`. */
const keysPrefix = 'keys';
/** The list of keys that the last deploy activated. */
export const keysInUseKey = `${keysPrefix}/in-use.json`;
/** The access document that the deploy renders from the config. */
export const accessConfigKey = 'access/config.json';
/** The access document that operators edit. The deploy creates it once, empty. */
export const accessLiveKey = 'access/live.json';

/** The key for the log's pseudonyms, in the private bucket. The API creates it when the config turns on pseudonyms. */
export const pseudonymKeyObject = 'audit/pseudonyms.key';

/** Where the private bucket keeps open requests for access: one object per person. */
export const openRequestsPrefix = 'requests/open/';
/** Answered requests, under the same names. */
export const answeredRequestsPrefix = 'requests/answered/';
/** When operators were last notified of requests. */
export const requestDigestKey = 'requests/digest.json';

/** The two folders of a site that need no cookies. Each is an absolute path, without a slash at its end. */
export interface SitePaths {
  /** Where the API answers. */
  readonly api: string;
  /** Where the open pages and the elements are. Everything in it is open to everyone. */
  readonly open: string;
}
/** The paths of a site whose config names no others. The shipped pages and the built elements are written for these. */
export const defaultPaths: SitePaths = { api: '/auth', open: '/public' };
/** Path pattern of the API behavior. */
export const apiPattern = ({ api }: SitePaths): string => `${api}/*`;
/** Path pattern of the folder that is always served without cookies. */
export const openPattern = ({ open }: SitePaths): string => `${open}/*`;
/** Whether a file is in a folder. `folder`: without a slash at its end. */
export const isIn = (folder: string, path: string): boolean => path.startsWith(`${folder}/`);
/** The page that answers every 403, unless the config names another. */
export const loginPageOf = ({ open }: SitePaths): string => `${open}/login.html`;
/** The page that answers every 404, unless the config names another. */
export const notFoundPageOf = ({ open }: SitePaths): string => `${open}/not-found.html`;
/**
 * Where the deploy puts the built elements, `<secure-login>` and `<secure-session>`. Each module works alone. The parts
 * that the first one loads for only some people are next to it: for those who may ask for access, whose page stays
 * closed, or who sign in at a user pool.
 */
export const elementScriptsOf = ({ open }: SitePaths): readonly string[] => [
  `${open}/secure-login.js`,
  `${open}/secure-session.js`,
  `${open}/access-request.js`,
  `${open}/secure-login-loop.js`,
  `${open}/secure-login-user-pool.js`,
];
/**
 * Text that was written for `defaultPaths`, with the paths of a site in their place. An address on another host stays
 * as it is.
 */
export const withPaths = (text: string, { api, open }: SitePaths): string =>
  text.replace(/(?<![\w./-])\/(auth|public)(?=\/)/g, (_, folder) => (folder === 'auth' ? api : open));
/** Served for `/` (CloudFront's default root object). */
export const rootObject = 'index.html';

/** S3 key of a signing key's private half in the private bucket. */
export const privateKeyObject = (fingerprint: string): string => `${keysPrefix}/${fingerprint}.pem`;

/** CloudWatch namespace of the log's metrics. Their dimensions are `site` and `stage`. */
export const metricNamespace = 's3nator';
/** Maps the event of a log line to the metric that counts it. */
export const counters = {
  granted: 'Granted',
  denied: 'Denied',
  renewed: 'Renewed',
  'signed-out': 'SignedOut',
  'access-requested': 'AccessRequested',
  refused: 'Refused',
  'access-document-malformed': 'RulesMalformed',
  'identity-pool-unavailable': 'IdentityPoolFailing',
} as const;

/** The metric for requests that API Gateway refuses with 429, counted from its own log. */
export const throttledCounter = 'Throttled';

/** Log group of the API. `name`: site and stage. */
export const logGroupOf = (name: string): string => `/aws/lambda/${name}-auth`;

/** The Google issuer, in the one form that is compared and stored. */
export const googleIssuer = 'https://accounts.google.com';
/** Google's issuer without its scheme, as in old tokens and in identity pools. */
export const bareGoogleIssuer = 'accounts.google.com';
/** Google's JSON Web Key Set. @see https://developers.google.com/identity/gsi/web/guides/verify-google-id-token */
export const googleKeySetUrl = 'https://www.googleapis.com/oauth2/v3/certs';

/** Cognito's address in a Region. The issuers of its user pools begin with it. */
export const cognitoEndpoint = (region: string): string =>
  `https://cognito-idp.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;

/**
 * The issuer of a user pool. The pool's ID begins with its Region.
 * @see https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
 */
export const userPoolIssuer = (userPoolId: string): string =>
  `${cognitoEndpoint(userPoolId.slice(0, userPoolId.indexOf('_')))}/${userPoolId}`;

/** Cognito's name for a user pool's own accounts. */
export const ownAccounts = 'Cognito';
/** Cognito's names for providers where people can make an account with any address whose mail they could once read. */
export const consumerProviders: readonly string[] = ['Google', 'SignInWithApple', 'Facebook', 'LoginWithAmazon'];

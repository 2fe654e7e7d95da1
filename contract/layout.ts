/** Paths, prefixes and platform constants that several folders share. */
/** Name of the config file in the project's folder. */
export const configFile = 's3nator.config.ts';
/** Origin path of the site's objects in the content bucket; CloudFront reads nothing outside it. */
export const contentPrefix = 'www';
/** Where the private bucket keeps signing keys: `keys/<fingerprint>.pem`. */
const keysPrefix = 'keys';
/** The list of keys that the last deploy put in force. */
export const keysInUseKey = `${keysPrefix}/in-use.json`;
/** The access document that the deploy renders from the config and owns. */
export const accessConfigKey = 'access/config.json';
/** The access document that operators own; the deploy creates it empty once. */
export const accessLiveKey = 'access/live.json';

/**
 * The key of the pseudonyms in the log, in the private bucket; the API makes it when the config asks for pseudonyms.
 */
export const pseudonymKeyObject = 'audit/pseudonyms.key';

/** Where the private bucket keeps requests for access that nobody has answered: one object a person. */
export const openRequestsPrefix = 'requests/open/';
/** What operators answered, under the same names. */
export const answeredRequestsPrefix = 'requests/answered/';
/** When operators were last told of requests. */
export const requestDigestKey = 'requests/digest.json';

/** Path pattern of the API behavior. */
export const authPattern = '/auth/*';
/** Path pattern of the folder that is always served without cookies. */
export const publicPattern = '/public/*';
/** The page that answers every 403, unless the config names another. */
export const loginPage = '/public/login.html';
/** The page that answers every 404, unless the config names another. */
export const notFoundPage = '/public/not-found.html';
/**
 * Where the deploy puts the built elements, `<secure-login>` and `<secure-session>`; each module stands alone. What the
 * first one loads for few lies beside it: for people who may ask for access, whose page stays closed, or who go to a
 * user pool.
 */
export const elementScripts: readonly string[] = [
  '/public/secure-login.js',
  '/public/secure-session.js',
  '/public/access-request.js',
  '/public/secure-login-loop.js',
  '/public/secure-login-user-pool.js',
];
/** Served for `/` (CloudFront's default root object). */
export const rootObject = 'index.html';

/** S3 key of a signing key's private half in the private bucket. */
export const privateKeyObject = (fingerprint: string): string => `${keysPrefix}/${fingerprint}.pem`;

/** CloudWatch namespace of what the log counts; its dimensions are `site` and `stage`. */
export const metricNamespace = 's3nator';
/** Event of a log line to the name of the metric that counts it. */
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

/** The metric that counts what API Gateway refuses with 429, by its own log. */
export const throttledCounter = 'Throttled';

/** Log group of the API. `name`: site and stage. */
export const logGroupOf = (name: string): string => `/aws/lambda/${name}-auth`;

/** The Google issuer, in the one spelling that is compared and stored. */
export const googleIssuer = 'https://accounts.google.com';
/** Google's issuer without its scheme, which old tokens have, and which is its name in identity pools. */
export const bareGoogleIssuer = 'accounts.google.com';
/** Google's JSON Web Key Set. @see https://developers.google.com/identity/gsi/web/guides/verify-google-id-token */
export const googleKeySetUrl = 'https://www.googleapis.com/oauth2/v3/certs';

/** Cognito's address in a Region, which the issuers of its user pools begin with. */
export const cognitoEndpoint = (region: string): string =>
  `https://cognito-idp.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;

/**
 * The issuer of a user pool, whose ID begins with its Region.
 * @see https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
 */
export const userPoolIssuer = (userPoolId: string): string =>
  `${cognitoEndpoint(userPoolId.slice(0, userPoolId.indexOf('_')))}/${userPoolId}`;

/** What Cognito calls the accounts that a user pool keeps itself. */
export const ownAccounts = 'Cognito';
/**
 * What Cognito calls the providers where anyone can make an account with an address whose mail they could read once.
 */
export const consumerProviders: readonly string[] = ['Google', 'SignInWithApple', 'Facebook', 'LoginWithAmazon'];

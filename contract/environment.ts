/** The Lambda's environment variables: the stack writes them, the API reads them. */
import * as v from 'valibot';

const fingerprintSchema = v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/));

// All fields share these objects, because a cold start creates them.
const text = v.string();
const filled = v.pipe(text, v.minLength(1));
const texts = v.array(text);
const textOrNull = v.nullable(text);
const flag = v.boolean();
const number = v.number();

const environmentSchema = v.strictObject({
  /** Name of the site, for the log. */
  site: text,
  /** Stage of the site, for the log. */
  stage: text,
  /** The log shows pseudonyms instead of people. */
  pseudonyms: flag,
  /** Log lines have the fields that CloudWatch counts by. */
  metrics: flag,
  /** Hosts of the distribution, canonical first. */
  hosts: v.pipe(v.array(filled), v.minLength(1)),
  /** Other origins whose pages may call the API. */
  allowedOrigins: texts,
  /** Bucket with the signing keys and the access documents. */
  privateBucket: filled,
  /** Key pair ID that CloudFront gave the signing key's public half. */
  keyPairId: filled,
  /** Cognito identity pool; null: none. */
  identityPoolId: textOrNull,
  /** Who may ask for access; null: nobody. */
  accessRequests: v.nullable(
    v.strictObject({
      mayAsk: v.union([v.literal('anyone'), v.strictObject({ hostedDomains: texts })]),
      maximumOpen: number,
    }),
  ),
  /** Folders of the site that need no cookies: the API's, and that of the open pages. Default: `defaultPaths`. */
  paths: v.optional(v.strictObject({ api: filled, open: filled })),
  /** SNS topic for messages about requests for access; null: none. */
  requestsTopic: textOrNull,
  /** The site's user pool; null: none. */
  userPool: v.nullable(v.strictObject({ id: filled, clientId: filled })),
  providers: v.pipe(
    v.array(
      v.variant('kind', [
        v.strictObject({
          kind: v.literal('google'),
          /** Offered to the page. This is the first of the accepted audiences. */
          clientId: text,
          otherClientIds: texts,
          scriptUrl: text,
          redirectOnIos: flag,
          keySetUrl: text,
        }),
        v.strictObject({
          kind: v.literal('cognitoUserPool'),
          label: text,
          /** Host of the hosted sign-in page. */
          hostedSignIn: text,
          /** Path of the page that the hosted sign-in returns to. */
          callbackPath: text,
          logout: flag,
          /** Address of Cognito in the pool's Region. */
          endpoint: text,
          /** Maps a provider in the pool to the domains that it is trusted for. */
          trustedDomains: v.record(filled, texts),
        }),
        v.strictObject({
          kind: v.literal('oidc'),
          issuer: text,
          audiences: texts,
          algorithm: v.picklist(['RS256', 'PS256', 'ES256', 'ES384']),
          /** null: found through `discoveryUrl`. */
          keySetUrl: textOrNull,
          discoveryUrl: text,
          trustedDomains: texts,
        }),
      ]),
    ),
    v.minLength(1),
  ),
  session: v.strictObject({
    cookieSeconds: number,
    maximumSeconds: number,
    persistent: flag,
    claims: texts,
  }),
  signing: v.strictObject({
    /**
     * First 16 hex digits of SHA-256 of the signing key's public half (SPKI DER). For a key in KMS, 16 random digits.
     */
    fingerprint: fingerprintSchema,
    key: v.picklist(['P-256', 'RSA-2048']),
    hash: v.picklist(['SHA256', 'SHA1']),
  }),
  /** ARN of the signing key in KMS; null: the key is in the private bucket. */
  kmsKeyArn: textOrNull,
  /** Public halves of keys whose session statements are accepted: fingerprint to base64 of SPKI DER. */
  trustedKeys: v.record(fingerprintSchema, filled),
});

/** All settings that the stack passes to the Lambda. */
export type Environment = v.InferOutput<typeof environmentSchema>;

const names = {
  settings: 'S3NATOR_SETTINGS',
  hosts: 'S3NATOR_HOSTS',
  privateBucket: 'S3NATOR_PRIVATE_BUCKET',
  keyPairId: 'S3NATOR_KEY_PAIR_ID',
  identityPoolId: 'S3NATOR_IDENTITY_POOL_ID',
  requestsTopic: 'S3NATOR_REQUESTS_TOPIC',
  userPoolId: 'S3NATOR_USER_POOL_ID',
  userPoolClientId: 'S3NATOR_USER_POOL_CLIENT_ID',
  kmsKeyArn: 'S3NATOR_KMS_KEY_ARN',
} as const;

/** Prefix of variables that hold one public half each. The fingerprint follows. */
export const trustedKeyPrefix = 'S3NATOR_TRUSTED_KEY_';

/**
 * Writes the environment as variables. Values that the deploy only gets from AWS (hosts, bucket, keys, pools, topic)
 * each have their own variable, so that it holds a plain reference. The rest is one JSON text.
 */
export function encodeEnvironment(environment: Environment): Record<string, string> {
  const {
    hosts,
    privateBucket,
    keyPairId,
    identityPoolId,
    requestsTopic,
    userPool,
    kmsKeyArn,
    trustedKeys,
    ...settings
  } = environment;
  const keys = Object.entries(trustedKeys).map(([fingerprint, spki]) => [`${trustedKeyPrefix}${fingerprint}`, spki]);
  return {
    [names.settings]: JSON.stringify(settings),
    [names.hosts]: hosts.join(','),
    [names.privateBucket]: privateBucket,
    [names.keyPairId]: keyPairId,
    ...(identityPoolId !== null && { [names.identityPoolId]: identityPoolId }),
    ...(requestsTopic !== null && { [names.requestsTopic]: requestsTopic }),
    ...(userPool !== null && { [names.userPoolId]: userPool.id, [names.userPoolClientId]: userPool.clientId }),
    ...(kmsKeyArn !== null && { [names.kmsKeyArn]: kmsKeyArn }),
    ...Object.fromEntries(keys),
  };
}

/**
 * Reads the variables back. Throws an `Error` that names the field, never a value, if they do not match what the stack
 * writes.
 */
export function decodeEnvironment(variables: Readonly<Record<string, string | undefined>>): Environment {
  let settings: unknown;
  try {
    settings = JSON.parse(variables[names.settings] ?? '');
  } catch {
    throw new Error(`${names.settings} is not JSON`);
  }
  if (typeof settings !== 'object' || settings === null) throw new Error(`${names.settings} is not a JSON object`);
  const userPoolId = variables[names.userPoolId];
  const result = v.safeParse(environmentSchema, {
    ...settings,
    hosts: (variables[names.hosts] ?? '').split(','),
    privateBucket: variables[names.privateBucket],
    keyPairId: variables[names.keyPairId],
    identityPoolId: variables[names.identityPoolId] ?? null,
    requestsTopic: variables[names.requestsTopic] ?? null,
    userPool: userPoolId === undefined ? null : { id: userPoolId, clientId: variables[names.userPoolClientId] },
    kmsKeyArn: variables[names.kmsKeyArn] ?? null,
    trustedKeys: Object.fromEntries(
      Object.entries(variables).flatMap(([name, spki]) =>
        name.startsWith(trustedKeyPrefix) ? [[name.slice(trustedKeyPrefix.length), spki]] : [],
      ),
    ),
  });
  if (result.success) return result.output;
  throw new Error(`Lambda environment: ${v.getDotPath(result.issues[0]) ?? 'a variable'} is missing or wrong`);
}

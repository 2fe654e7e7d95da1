/** The whole API over the stand-ins, with a fixed clock and fixed randomness. Only for the tests in api/. */
import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto';
import * as v from 'valibot';
import { beforeEach } from 'vitest';
import { emptyAccessDocument } from '../../contract/access-rules.ts';
import { accessConfigKey, accessLiveKey, defaultPaths, googleIssuer, privateKeyObject } from '../../contract/layout.ts';
import { createRequestNotice } from '../ask/notice.ts';
import { type AccessRequestsOptions, createAccessRequests } from '../ask/store.ts';
import { createTopic } from '../ask/topic.ts';
import { createAccessDocuments } from '../decide/access-documents.ts';
import { createHandler } from '../handler.ts';
import { createIdentityPool } from '../issue/identity-pool.ts';
import { parseTrustedKeys } from '../issue/session-statement.ts';
import { createSigningKeyStore, fingerprintOf } from '../issue/signing-key.ts';
import type { GatewayAnswer, GatewayEvent } from '../receive/gateway.ts';
import { createAudit } from '../record/audit.ts';
import { auditLineSchema } from '../record/audit-line.ts';
import { createPseudonyms } from '../record/pseudonyms.ts';
import type { ApiHandler, RouteOptions } from '../session-routes.ts';
import { createLog } from '../shared/log.ts';
import { createPrivateBucket } from '../shared/private-bucket.ts';
import { createKeySet } from '../verify/key-set.ts';
import { type IssuerOptions, issuersByName, type TrustedIssuer, trustedGoogle } from '../verify/trusted-issuers.ts';
import { clientOptionsFor, type StubAws, startStubAws } from './stub-aws.ts';
import { type Claims, type GoogleKey, type Header, keySetOf, makeGoogleKey, makeIdToken } from './stub-google.ts';

export const clientId = 'site.apps.googleusercontent.com';
export const host = 'docs.example.com';
export const providerOrigin = 'https://accounts.google.com';
/** 2027-01-15T08:00:00Z. */
export const startSeconds = 1_800_000_000;

/** A signing key pair, as the key command creates it. */
export interface SigningPair {
  readonly fingerprint: string;
  readonly pem: string;
  readonly spki: string;
  readonly publicKey: KeyObject;
}

export function makeSigningPair(kind: 'P-256' | 'RSA-2048' = 'P-256'): SigningPair {
  const { privateKey, publicKey } =
    kind === 'P-256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  return {
    fingerprint: fingerprintOf(spki),
    pem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    spki: spki.toString('base64'),
    publicKey,
  };
}

/** Created once per test file, because RSA keys are slow to generate. */
export const googleKey = makeGoogleKey('google-1');
export const signingPair = makeSigningPair();

/** Google as the only issuer, for tests that fetch no key. */
export const google = trustedGoogle(
  [clientId],
  createKeySet({
    url: 'https://keys.example',
    algorithm: 'RS256',
    fetchText: async () => keySetOf(googleKey),
    now: () => startSeconds * 1000,
    log: () => {},
  }),
);

/** Claims of alice's token, as Google writes them. */
export const aliceClaims = {
  iss: googleIssuer,
  aud: clientId,
  azp: clientId,
  sub: '1001',
  email: 'alice@example.com',
  email_verified: true,
  hd: 'example.com',
  iat: startSeconds - 5,
  exp: startSeconds + 3595,
};

export interface RequestOptions {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly cookies?: readonly string[];
  readonly body?: string;
  readonly isBase64Encoded?: boolean;
}

/** A sign-in with an ID token in the header. */
export const bearer = (token: string, headers: Record<string, string> = {}): RequestOptions => ({
  method: 'POST',
  headers: { authorization: `Bearer ${token}`, ...headers },
});

export const json = (body: unknown, options: RequestOptions = {}): RequestOptions => ({
  method: 'POST',
  ...options,
  headers: { 'content-type': 'application/json', ...options.headers },
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

/** The provider's form post. */
export const form = (
  fields: Record<string, string> | string,
  cookies: readonly string[],
  headers: Record<string, string> = {},
): RequestOptions => ({
  method: 'POST',
  headers: { 'content-type': 'application/x-www-form-urlencoded', origin: providerOrigin, ...headers },
  cookies,
  body: typeof fields === 'string' ? fields : new URLSearchParams(fields).toString(),
});

export function makeEvent(options: RequestOptions = {}): GatewayEvent {
  const { method = 'GET', path = '/auth/session', headers = {}, ...rest } = options;
  return { version: '2.0', headers, ...rest, requestContext: { requestId: 'request-1', http: { method, path } } };
}

export interface TestSite {
  readonly aws: StubAws;
  readonly handler: ApiHandler;
  /** Milliseconds since 1970; set it to move the clock. */
  clock: number;
  /** Text of Google's key set; `undefined`: cannot be fetched. */
  keySet: string | undefined;
  /** Number of fetches of Google's key set. */
  keySetFetches: number;
  readonly lines: Record<string, unknown>[];
  readonly send: (options?: RequestOptions) => Promise<GatewayAnswer>;
  readonly token: (claims?: Claims, header?: Header, key?: GoogleKey) => string;
  readonly close: () => Promise<void>;
}

export interface SiteSettings {
  /** Audiences of Google's tokens. Default: only `clientId`. */
  readonly audiences?: readonly string[];
  /** Issuers beside Google. Default: none. */
  readonly otherIssuers?: (options: IssuerOptions) => readonly TrustedIssuer[];
  readonly hash?: 'SHA256' | 'SHA1';
  readonly pair?: SigningPair;
  readonly identityPool?: boolean;
  readonly overrides?: Partial<RouteOptions>;
  readonly maximumSeconds?: number;
  readonly pseudonymised?: boolean;
  /** Who may ask for access. Default: nobody. */
  readonly accessRequests?: Pick<AccessRequestsOptions, 'policy'> | null;
}

/** Counts up, so all values differ and every run gives the same ones. */
function countingBytes(): (size: number) => Buffer {
  let count = 0;
  return (size) => {
    count += 1;
    return createHash('sha512').update(String(count)).digest().subarray(0, size);
  };
}

export async function startTestSite(settings: SiteSettings = {}): Promise<TestSite> {
  const {
    audiences = [clientId],
    otherIssuers = () => [],
    hash = 'SHA256',
    pair = signingPair,
    identityPool = false,
    overrides = {},
    maximumSeconds = 86_400,
    pseudonymised = false,
    accessRequests = null,
  } = settings;
  const aws = await startStubAws();
  const lines: Record<string, unknown>[] = [];
  const site = { clock: startSeconds * 1000, keySet: keySetOf(googleKey) as string | undefined, keySetFetches: 0 };
  const now = (): number => site.clock;
  const log = createLog({ site: 'docs', stage: 'prod', metrics: false, now }, (line) => {
    const fields = JSON.parse(line) as Record<string, unknown>;
    // Every audit line in every test must match the schema.
    if ('schema' in fields) v.parse(auditLineSchema, fields);
    lines.push(fields);
  });
  const bucket = createPrivateBucket('private', { ...clientOptionsFor(aws), maxAttempts: 1 });
  const randomBytes = countingBytes();
  const pseudonyms = pseudonymised ? createPseudonyms({ bucket, randomBytes, log }) : null;
  const topic = createTopic(aws.topic, { ...clientOptionsFor(aws), maxAttempts: 1 });
  const notice = createRequestNotice({ bucket, topic, log, now, site: 'docs', stage: 'prod' });
  aws.put(privateKeyObject(pair.fingerprint), pair.pem);
  aws.put(
    accessConfigKey,
    JSON.stringify({ ...emptyAccessDocument, rules: [{ who: { hostedDomains: ['example.com'] } }] }),
  );
  aws.put(accessLiveKey, JSON.stringify(emptyAccessDocument));
  const googleKeySet = createKeySet({
    url: 'https://keys.example',
    algorithm: 'RS256',
    fetchText: async () => {
      site.keySetFetches += 1;
      if (site.keySet === undefined) throw new Error('ECONNREFUSED');
      return site.keySet;
    },
    now,
    log,
  });
  const handler = createHandler({
    allowedOrigins: ['https://app.example.com'],
    paths: defaultPaths,
    providers: [{ kind: 'google', clientId, scriptUrl: `${providerOrigin}/gsi/client`, redirectOnIos: true }],
    issuers: issuersByName([trustedGoogle(audiences, googleKeySet), ...otherIssuers({ now, log })]),
    accessDocuments: createAccessDocuments({ bucket, now, log }),
    accessRequests: accessRequests && createAccessRequests({ ...accessRequests, bucket, notice, now }),
    signingKey: createSigningKeyStore({ bucket, fingerprint: pair.fingerprint, keyPairId: 'K2JCJMDEHXQW5F', log }),
    identityPool: identityPool
      ? createIdentityPool({
          identityPoolId: 'eu-west-1:pool',
          clientOptions: clientOptionsFor(aws),
          timeoutMs: 1000,
          log,
        })
      : null,
    session: {
      hosts: [host, 'd111.cloudfront.net'],
      trustedKeys: parseTrustedKeys({ [pair.fingerprint]: pair.spki }),
      maximumSeconds,
    },
    cookieSeconds: 3600,
    persistent: false,
    claimNames: [],
    hash,
    randomBytes,
    audit: createAudit({ log, now, pseudonyms }),
    pseudonyms,
    log,
    now,
    ...overrides,
  });
  return Object.assign(site, {
    aws,
    handler,
    lines,
    send: (options: RequestOptions = {}) => handler(makeEvent(options), { awsRequestId: 'lambda-1' }),
    token: (claims: Claims = {}, header: Header = {}, key: GoogleKey = googleKey) =>
      makeIdToken(key, { ...aliceClaims, ...claims }, header),
    close: aws.close,
  });
}

/** The site of the current test, in a file that calls `useTestSite`. */
export let site: TestSite;

/** Starts a new site before each test of a file, and closes it afterwards. */
export function useTestSite(settings?: SiteSettings): void {
  beforeEach(async () => {
    site = await startTestSite(settings);
    return site.close;
  });
}

/** Cookies of an answer by name: value, and attributes as written. */
export function cookiesOf(answer: GatewayAnswer): Record<string, { value: string; attributes: string }> {
  return Object.fromEntries(
    (answer.cookies ?? []).map((line) => {
      const [, name = '', value = '', attributes = ''] = /^([^=]+)=([^;]*); (.*)$/.exec(line) ?? [];
      return [name, { value, attributes }];
    }),
  );
}

export const codeOf = (answer: GatewayAnswer): unknown =>
  (JSON.parse(answer.body ?? 'null') as { code?: unknown } | null)?.code;

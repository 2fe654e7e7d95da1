/**
 * Measures the warm sign-in in its own process, because the Lambda's log goes to standard output. sign-in.ts starts it.
 * Its argument is the bundle's folder, its answer one message.
 */
import { createPublicKey, sign, verify } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { GatewayEvent } from '../api/receive/gateway.ts';
import type { ApiHandler } from '../api/session-routes.ts';
import { startAwsEndpoint } from '../emulator/aws/aws-endpoint.ts';
import { startStandInGoogle } from '../emulator/google/stand-in-google.ts';
import { createBucket } from '../emulator/s3/object-store.ts';
import { clientId, privateKey, privateObjects, variables } from './lambda-site.ts';
import { createMarkedHandler, type Part } from './marked-handler.ts';
import { type Case, measure } from './measure.ts';

/** Microseconds of one sign-in, or of one operation, round by round. */
export interface SignInTimes {
  readonly bundle: readonly number[];
  /** All crypto operations of one sign-in. */
  readonly raw: readonly number[];
  readonly rawVerify: readonly number[];
  readonly rawSign: readonly number[];
  readonly parts: readonly Readonly<Record<Part, number>>[];
}

const rounds = 61;
const people = 64;

const google = await startStandInGoogle({ port: 0 });
google.setAudience(clientId);
const bucket = createBucket('private');
for (const [key, text] of Object.entries(privateObjects)) {
  bucket.put(key, { bytes: Buffer.from(text) }, { contentType: 'text/plain', cacheControl: undefined });
}
const aws = await startAwsEndpoint({
  buckets: () => new Map([['private', bucket]]),
  identityPools: () => [],
  clock: Date.now,
});
Object.assign(process.env, variables(google.origin, aws.url));
const { handler: bundle } = (await import(pathToFileURL(join(process.argv[2] ?? '', 'index.mjs')).href)) as {
  handler: ApiHandler;
};

const tokens = Array.from({ length: people }, (_, person) => google.issueToken({ email: `p${person}@example.com` }));

/**
 * The event of `curl -X POST … -H "Authorization: Bearer …"` behind CloudFront and API Gateway, as text. Each sign-in
 * gets its own event.
 */
const eventTexts = tokens.map((token, person) => {
  const apiHost = 'abc.execute-api.eu-west-1.amazonaws.com';
  const http = {
    method: 'POST',
    path: '/auth/session',
    protocol: 'HTTP/1.1',
    sourceIp: '198.51.100.1',
    userAgent: 'curl',
  };
  return JSON.stringify({
    version: '2.0',
    routeKey: '$default',
    rawPath: '/auth/session',
    rawQueryString: '',
    headers: {
      accept: '*/*',
      authorization: `Bearer ${token}`,
      'content-length': '0',
      forwarded: `by=3.172.0.1;for=198.51.100.1;host=${apiHost};proto=https`,
      host: apiHost,
      'user-agent': 'curl/8.14.1',
      via: '2.0 4a1c9f3f9d8e7b6a5f4e3d2c1b0a9f8e.cloudfront.net (CloudFront)',
      'x-amz-cf-id': 'mUX0ut5oa0vCJcX8yNTQpOSmyQ1mXZh6bsvu3xKgV0kq0vN1cX0d0A==',
      'x-amzn-trace-id': 'Root=1-68f2b0c4-5d1a7e3b2c9f4a6d8e0b1c2d',
      'x-forwarded-for': '203.0.113.7, 198.51.100.1',
      'x-forwarded-port': '443',
      'x-forwarded-proto': 'https',
    },
    requestContext: {
      accountId: '123456789012',
      apiId: 'abc',
      domainName: apiHost,
      domainPrefix: 'abc',
      http,
      requestId: `request-${person}`,
      routeKey: '$default',
      stage: '$default',
      time: '15/Jan/2027:08:00:00 +0000',
      timeEpoch: 1_800_000_000_000,
    },
    isBase64Encoded: false,
  });
});
const eventOf = (turn: number): GatewayEvent => JSON.parse(eventTexts[turn % people] ?? '') as GatewayEvent;

const deadline = Date.now() + 3_600_000;
const context = { awsRequestId: 'lambda-1', getRemainingTimeInMillis: () => deadline - Date.now() };

async function signIn(handler: ApiHandler, event: GatewayEvent): Promise<readonly string[]> {
  const { statusCode, cookies = [] } = await handler(event, context);
  if (statusCode !== 201) throw new Error(`a sign-in was answered with ${statusCode}`);
  return cookies;
}

/** One sign-in after the other, each with its own event, as on Lambda. */
function signIns(handler: ApiHandler): Case {
  let events: GatewayEvent[] = [];
  return {
    prepare(count) {
      events = Array.from({ length: count }, (_, turn) => eventOf(turn));
    },
    async run() {
      for (const event of events) await signIn(handler, event);
    },
  };
}

const keySet = await (await fetch(`${google.origin}/oauth2/v3/certs`)).text();
const marked = createMarkedHandler(keySet);
const markedSignIns = signIns(marked.handler);
const taken: Record<Part, number>[] = [];

// The raw crypto uses the same bytes that a sign-in verifies and signs.
const cookies = (await signIn(bundle, eventOf(0))).join('\n');
const policyText = /CloudFront-Policy=([^;]+)/.exec(cookies)?.[1] ?? '';
const policyBytes = Buffer.from(policyText.replaceAll('_', '=').replaceAll('~', '/'), 'base64');
const statementBytes = Buffer.from(/s3nator-session=([^.]+)/.exec(cookies)?.[1] ?? '', 'base64url');
const [jwk = {}] = (JSON.parse(keySet) as { keys: Record<string, string>[] }).keys;
const googleKey = createPublicKey({ key: jwk, format: 'jwk' });
const proofs = tokens.map((token) => {
  const end = token.lastIndexOf('.');
  return { bytes: Buffer.from(token.slice(0, end)), signature: Buffer.from(token.slice(end + 1), 'base64url') };
});
const each = (step: (turn: number) => unknown): Case => ({
  run(count) {
    for (let turn = 0; turn < count; turn++) step(turn);
  },
});
const rawVerify = (turn: number): void => {
  const { bytes, signature } = proofs[turn % people] as (typeof proofs)[number];
  if (!verify('sha256', bytes, googleKey, signature)) throw new Error('the raw verification fails');
};

const { marked: _, ...times } = await measure(
  {
    bundle: signIns(bundle),
    raw: each((turn) => {
      rawVerify(turn);
      sign('sha256', policyBytes, privateKey);
      sign('sha256', statementBytes, privateKey);
    }),
    marked: {
      ...markedSignIns,
      async run(count) {
        await markedSignIns.run(count);
        taken.push(marked.take());
      },
    },
    rawVerify: each(rawVerify),
    rawSign: each((turn) => sign('sha256', turn % 2 === 0 ? policyBytes : statementBytes, privateKey)),
  },
  rounds,
);
process.send?.({ ...times, parts: taken.slice(-rounds) } satisfies SignInTimes);
await Promise.all([google.close(), aws.close()]);
process.disconnect?.();

/** The Lambda entry point: reads the environment and creates the handler. The only reader of `process.env`. */
import { randomBytes } from 'node:crypto';
import { decodeEnvironment } from '../contract/environment.ts';
import { defaultPaths } from '../contract/layout.ts';
import { offersOf } from './answer/provider-offers.ts';
import { createRequestNotice } from './ask/notice.ts';
import { createAccessRequests } from './ask/store.ts';
import { createTopic } from './ask/topic.ts';
import { createAccessDocuments } from './decide/access-documents.ts';
import { createHandler } from './handler.ts';
import { createIdentityPool } from './issue/identity-pool.ts';
import { createKmsSigningKey } from './issue/kms-signing-key.ts';
import { parseTrustedKeys } from './issue/session-statement.ts';
import { createSigningKeyStore } from './issue/signing-key.ts';
import type { GatewayAnswer, GatewayContext, GatewayEvent } from './receive/gateway.ts';
import { createAudit } from './record/audit.ts';
import { createPseudonyms } from './record/pseudonyms.ts';
import { createInvocations } from './shared/invocations.ts';
import { createLog } from './shared/log.ts';
import { createPrivateBucket } from './shared/private-bucket.ts';
import { createTrustedIssuers, issuersByName } from './verify/trusted-issuers.ts';

/** How long a sign-in waits for the identity pool, in milliseconds. */
const identityPoolTimeoutMs = 1_000;

const environment = decodeEnvironment(process.env);
const { hosts, session, signing, keyPairId, kmsKeyArn, identityPoolId } = environment;
const [canonicalHost, ...otherHosts] = hosts;
if (canonicalHost === undefined) throw new Error('Lambda environment: no host');

const now = Date.now;
const { run, watch } = createInvocations();
const log = createLog({ ...environment, now }, (line) => process.stdout.write(line));
const bucket = createPrivateBucket(environment.privateBucket, {
  // Behind any endpoint but AWS's, a bucket has no host name.
  forcePathStyle: process.env['AWS_ENDPOINT_URL'] !== undefined,
});
const pseudonyms = environment.pseudonyms ? createPseudonyms({ bucket, randomBytes, log, watch }) : null;

const { accessRequests: policy, requestsTopic } = environment;
const notice =
  requestsTopic === null
    ? null
    : createRequestNotice({ ...environment, bucket, topic: createTopic(requestsTopic, {}), log, now });

const { fingerprint, key: keyType } = signing;
const signingKey =
  kmsKeyArn === null
    ? createSigningKeyStore({ bucket, fingerprint, keyPairId, log, watch })
    : createKmsSigningKey({ keyArn: kmsKeyArn, keyType, fingerprint, keyPairId, clientOptions: {}, log, watch });

const handle = createHandler({
  allowedOrigins: environment.allowedOrigins,
  paths: environment.paths ?? defaultPaths,
  providers: offersOf(environment),
  issuers: issuersByName(createTrustedIssuers(environment, { now, log, watch })),
  accessDocuments: createAccessDocuments({ bucket, now, log, watch }),
  accessRequests: policy && createAccessRequests({ policy, bucket, notice, now }),
  signingKey,
  identityPool:
    identityPoolId === null
      ? null
      : createIdentityPool({ identityPoolId, clientOptions: {}, timeoutMs: identityPoolTimeoutMs, log, watch }),
  session: {
    hosts: [canonicalHost, ...otherHosts],
    trustedKeys: parseTrustedKeys(environment.trustedKeys, { inKms: kmsKeyArn !== null }),
    maximumSeconds: session.maximumSeconds,
  },
  cookieSeconds: session.cookieSeconds,
  persistent: session.persistent,
  claimNames: session.claims,
  hash: signing.hash,
  randomBytes,
  audit: createAudit({ log, now, pseudonyms }),
  pseudonyms,
  log,
  now,
});

/** Always two parameters: Node 24 on Lambda refuses a handler with three. */
export const handler = (event: GatewayEvent, context: GatewayContext): Promise<GatewayAnswer> =>
  run(() => handle(event, context));

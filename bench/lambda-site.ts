/** The Lambda's surroundings in the bench: one site's variables, signing key and access documents. */
import { generateKeyPairSync } from 'node:crypto';
import { fingerprintOf } from '../api/issue/signing-key.ts';
import { emptyAccessDocument } from '../contract/access-rules.ts';
import { encodeEnvironment } from '../contract/environment.ts';
import { accessConfigKey, accessLiveKey, privateKeyObject } from '../contract/layout.ts';

export const host = 'docs.example.com';
export const clientId = 'bench.apps.googleusercontent.com';
export const keyPairId = 'K2JCJMDEHXQW5F';

const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
export const { privateKey } = pair;
const spki = pair.publicKey.export({ type: 'spki', format: 'der' });
export const fingerprint = fingerprintOf(spki);
export const trustedKeys = { [fingerprint]: spki.toString('base64') };

/** Objects of the private bucket. */
export const privateObjects: Readonly<Record<string, string>> = {
  [privateKeyObject(fingerprint)]: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  [accessConfigKey]: JSON.stringify({ ...emptyAccessDocument, rules: [{ who: { hostedDomains: ['example.com'] } }] }),
  [accessLiveKey]: JSON.stringify(emptyAccessDocument),
};

/** Variables of the Lambda. `google`: origin of the token issuer; `awsEndpoint`: address of S3. */
export const variables = (google: string, awsEndpoint: string): Record<string, string> => ({
  AWS_REGION: 'eu-west-1',
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
  AWS_ENDPOINT_URL: awsEndpoint,
  ...encodeEnvironment({
    site: 'docs',
    stage: 'prod',
    pseudonyms: false,
    metrics: true,
    hosts: [host],
    allowedOrigins: [],
    privateBucket: 'private',
    keyPairId,
    identityPoolId: null,
    accessRequests: null,
    requestsTopic: null,
    userPool: null,
    providers: [
      {
        kind: 'google',
        clientId,
        otherClientIds: [],
        scriptUrl: `${google}/gsi/client`,
        redirectOnIos: true,
        keySetUrl: `${google}/oauth2/v3/certs`,
      },
    ],
    session: { cookieSeconds: 3600, maximumSeconds: 86_400, persistent: false, claims: [] },
    signing: { fingerprint, key: 'P-256', hash: 'SHA256' },
    kmsKeyArn: null,
    trustedKeys,
  }),
});

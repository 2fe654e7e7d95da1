/**
 * Two issuers beside Google on a loopback server: a user pool and an issuer for machines. The test has their keys. Only
 * for the tests in api/.
 */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import { createTrustedIssuers, type IssuerOptions, type TrustedIssuer } from '../verify/trusted-issuers.ts';
import { type Claims, type Header, listen } from './stub-google.ts';
import { clientId, startSeconds } from './test-site.ts';

export const poolIssuer = 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC123';
export const machineIssuer = 'https://ci.example';
export const poolClientId = '1poolclient';
export const machineAudience = 'docs';

/** A key whose name is also used by the other issuer and by Google. */
export interface IssuerKey {
  readonly algorithm: 'RS256' | 'ES256';
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

export const sharedKid = 'google-1';

export const poolKey: IssuerKey = { algorithm: 'RS256', ...generateKeyPairSync('rsa', { modulusLength: 2048 }) };
export const machineKey: IssuerKey = { algorithm: 'ES256', ...generateKeyPairSync('ec', { namedCurve: 'P-256' }) };

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token with exactly these `header` and `claims`, signed by `key` with its algorithm. */
export function signedToken(key: IssuerKey, claims: Claims, header: Header = {}): string {
  const input = `${encoded({ alg: key.algorithm, kid: sharedKid, typ: 'JWT', ...header })}.${encoded(claims)}`;
  const dsaEncoding = key.algorithm === 'ES256' ? { dsaEncoding: 'ieee-p1363' as const } : {};
  const signature = sign('sha256', Buffer.from(input), { key: key.privateKey, ...dsaEncoding });
  return `${input}.${signature.toString('base64url')}`;
}

const times = { iat: startSeconds - 5, exp: startSeconds + 600 };

export const poolClaims: Claims = {
  iss: poolIssuer,
  aud: poolClientId,
  token_use: 'id',
  sub: 'pool-1',
  'cognito:username': 'pool-1',
  email: 'paula@partner.example',
  email_verified: true,
  ...times,
};

export const machineClaims: Claims = { iss: machineIssuer, aud: machineAudience, sub: 'build', ...times };

export const poolToken = (claims: Claims = {}, header: Header = {}, key = poolKey): string =>
  signedToken(key, { ...poolClaims, ...claims }, header);

export const machineToken = (claims: Claims = {}, header: Header = {}, key = machineKey): string =>
  signedToken(key, { ...machineClaims, ...claims }, header);

const keySetOf = ({ publicKey, algorithm }: IssuerKey): string =>
  JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: sharedKid, use: 'sig', alg: algorithm }] });

type Answer = (response: ServerResponse) => void;

export interface StubIssuers {
  readonly origin: string;
  /** Answers by path. Set one to change what an issuer publishes. */
  readonly answers: Record<'pool' | 'discovery' | 'machine', Answer>;
  /** Requested paths, in order. */
  readonly asked: string[];
  /** The two issuers, as the Lambda creates them from its environment. `changes` apply to the user pool. */
  readonly issuers: (options: IssuerOptions) => readonly TrustedIssuer[];
  readonly close: () => Promise<void>;
}

export interface StubTrust {
  /** By the name of the provider in the pool. */
  readonly poolDomains?: Record<string, string[]>;
  readonly machineDomains?: string[];
}

export async function startStubIssuers(trust: StubTrust = {}): Promise<StubIssuers> {
  const { poolDomains = { Cognito: ['partner.example'] }, machineDomains = ['ci.example'] } = trust;
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const { url = '' } = request;
    asked.push(url);
    const answer = url.endsWith('/jwks.json') ? 'pool' : url === '/discovery' ? 'discovery' : 'machine';
    answers[answer](response);
  });
  const { origin, close } = await listen(server);
  const answers: StubIssuers['answers'] = {
    pool: (response) => response.end(keySetOf(poolKey)),
    discovery: (response) => response.end(JSON.stringify({ issuer: machineIssuer, jwks_uri: `${origin}/keys` })),
    machine: (response) => response.end(keySetOf(machineKey)),
  };
  const providers = [
    {
      kind: 'google' as const,
      clientId,
      otherClientIds: [],
      scriptUrl: origin,
      redirectOnIos: true,
      keySetUrl: origin,
    },
    {
      kind: 'cognitoUserPool' as const,
      label: 'Sign in',
      hostedSignIn: 'sign-in.example',
      callbackPath: '/public/login.html',
      logout: false,
      endpoint: origin,
      trustedDomains: poolDomains,
    },
    {
      kind: 'oidc' as const,
      issuer: machineIssuer,
      audiences: [machineAudience],
      algorithm: 'ES256' as const,
      keySetUrl: null,
      discoveryUrl: `${origin}/discovery`,
      trustedDomains: machineDomains,
    },
  ];
  const userPool = { id: 'eu-west-1_AbC123', clientId: poolClientId };
  return {
    origin,
    answers,
    asked,
    // The test site adds Google itself.
    issuers: (options) => createTrustedIssuers({ providers, userPool }, options).slice(1),
    close,
  };
}

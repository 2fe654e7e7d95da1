/** Keys and tokens of issuers other than Google: what a CI service or a user pool would sign. */
import { constants, createHash, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';
import { type Claims, sampleAccounts } from '../google/google-token.ts';
import type { FederatedModel } from '../model/stack-model.ts';

/** Algorithms that the stand-in signs with. Each issuer publishes a key for each of them. */
export const algorithms = ['RS256', 'PS256', 'ES256', 'ES384'] as const;

export type Algorithm = (typeof algorithms)[number];

interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicJwk: Readonly<Record<string, unknown>>;
}

type SigningKeys = Readonly<Record<Algorithm, SigningKey>>;

function signingKey(alg: Algorithm, { publicKey, privateKey }: { publicKey: KeyObject; privateKey: KeyObject }) {
  const digest = createHash('sha256')
    .update(alg)
    .update(publicKey.export({ type: 'spki', format: 'der' }));
  const kid = digest.digest('base64url').slice(0, 22);
  return { kid, privateKey, publicJwk: { ...publicKey.export({ format: 'jwk' }), kid, use: 'sig', alg } };
}

function createKeys(): SigningKeys {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return {
    RS256: signingKey('RS256', rsa),
    PS256: signingKey('PS256', rsa),
    ES256: signingKey('ES256', generateKeyPairSync('ec', { namedCurve: 'P-256' })),
    ES384: signingKey('ES384', generateKeyPairSync('ec', { namedCurve: 'P-384' })),
  };
}

function signatureOf(algorithm: Algorithm, text: string, key: KeyObject): Buffer {
  const bytes = Buffer.from(text);
  switch (algorithm) {
    case 'RS256':
      return sign('sha256', bytes, key);
    case 'PS256':
      return sign('sha256', bytes, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 });
    case 'ES256':
      return sign('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' });
    case 'ES384':
      return sign('sha384', bytes, { key, dsaEncoding: 'ieee-p1363' });
  }
}

export interface IssuerTokens {
  /** The JSON Web Key Set that an issuer currently publishes. */
  keySet(issuer: string): unknown;
  /** Signs with fresh keys from now on. The previous keys stay published. */
  rotate(issuer: string): void;
  /** A signed token of `claims.iss`, without added claims. `typ` is the header's; default: JWT. */
  sign(claims: Claims, algorithm?: Algorithm, typ?: string): string;
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Creates an issuer's keys on the first request for them. */
export function createIssuerTokens(): IssuerTokens {
  const published = new Map<string, readonly SigningKeys[]>();
  const keysOf = (issuer: string): readonly SigningKeys[] => {
    const keys = published.get(issuer) ?? [createKeys()];
    published.set(issuer, keys);
    return keys;
  };
  return {
    keySet: (issuer) => ({
      keys: keysOf(issuer).flatMap((keys) => algorithms.map((algorithm) => keys[algorithm].publicJwk)),
    }),
    rotate(issuer) {
      published.set(issuer, [createKeys(), ...keysOf(issuer).slice(0, 1)]);
    },
    sign(claims, algorithm = 'RS256', typ = 'JWT') {
      const [keys] = keysOf(String(claims['iss']));
      if (keys === undefined) throw new Error('there are always keys');
      const { kid, privateKey } = keys[algorithm];
      const text = `${encode({ alg: algorithm, kid, typ })}.${encode(claims)}`;
      return `${text}.${signatureOf(algorithm, text, privateKey).toString('base64url')}`;
    },
  };
}

/** Claims of a machine's token: the issuer's own, and all requested ones. `now` is in seconds. */
export const machineClaims = (issuer: string, now: number, claims: Claims): Claims => ({
  iss: issuer,
  sub: 'machine-1',
  iat: now,
  nbf: now,
  exp: now + 300,
  jti: randomUUID(),
  ...claims,
});

/** A user pool's subjects are UUIDs. The same address always gets the same one. */
function subjectOf(issuer: string, email: string): string {
  const hex = createHash('sha256').update(`${issuer}\n${email}`).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}

/** The parameters of a sign-in to a user pool. */
export interface PoolSignIn {
  readonly issuer: string;
  readonly clientId: string;
  readonly email: string;
  /** Epoch seconds. */
  readonly now: number;
  /** The provider that signed the person in to the pool; undefined: the pool itself. */
  readonly federated?: FederatedModel | undefined;
  /** Set, replace or (as `undefined`) remove claims of the ID token. */
  readonly claims?: Claims;
}

/** What Cognito adds for an account from a federated provider. */
function federatedClaims(issuer: string, email: string, { name, type }: FederatedModel, now: number): Claims {
  const userId = subjectOf(name, email);
  return {
    'cognito:username': `${name}_${userId}`,
    'cognito:groups': [`${issuer.slice(issuer.lastIndexOf('/') + 1)}_${name}`],
    identities: [
      {
        userId,
        providerName: name,
        providerType: type,
        issuer: type === 'SAML' ? `https://${name.toLowerCase()}.example/saml` : null,
        primary: 'true',
        dateCreated: String(now * 1000),
      },
    ],
  };
}

/**
 * Claims of the two tokens that a user pool issues for one sign-in.
 * @see https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-id-token.html
 */
export function poolClaims({ issuer, clientId, email, now, federated, claims = {} }: PoolSignIn): {
  readonly id: Claims;
  readonly access: Claims;
} {
  // The same person gets a different account for each provider.
  const sub = subjectOf(federated === undefined ? issuer : `${issuer} ${federated.name}`, email);
  const more: Claims = federated === undefined ? {} : federatedClaims(issuer, email, federated, now);
  const username = more['cognito:username'] ?? sub;
  const sample = sampleAccounts.find((account) => account.email === email);
  const shared = { sub, iss: issuer, auth_time: now, iat: now, event_id: randomUUID(), origin_jti: randomUUID() };
  return {
    id: {
      ...shared,
      aud: clientId,
      token_use: 'id',
      'cognito:username': username,
      ...more,
      email,
      email_verified: sample?.claims['email_verified'] ?? true,
      exp: now + 600,
      jti: randomUUID(),
      ...claims,
    },
    access: {
      ...shared,
      client_id: clientId,
      token_use: 'access',
      scope: 'openid email',
      username,
      version: 2,
      exp: now + 300,
      jti: randomUUID(),
    },
  };
}

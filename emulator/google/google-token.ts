/** The stand-in's accounts, keys and ID tokens: what Google would say about each account. */
import { createHash, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';

export interface SampleAccount {
  readonly email: string;
  readonly name: string;
  /** Shown next to the account in the chooser. */
  readonly note: string;
  readonly claims: Claims;
}

/** Claims of an ID token; `undefined` leaves one out. */
export type Claims = Readonly<Record<string, unknown>>;

export const sampleAccounts: readonly SampleAccount[] = [
  {
    email: 'alice@example.com',
    name: 'Alice Example',
    note: 'belongs to example.com',
    claims: { hd: 'example.com', email_verified: true },
  },
  {
    email: 'mallory@evil.example',
    name: 'Mallory Evil',
    note: 'belongs to another domain',
    claims: { hd: 'evil.example', email_verified: true },
  },
  {
    email: 'unverified@example.com',
    name: 'Unverified Example',
    note: 'address not verified',
    claims: { email_verified: false },
  },
];

interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicJwk: Readonly<Record<string, unknown>>;
}

function createKey(): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const kid = createHash('sha1')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');
  const { n, e } = publicKey.export({ format: 'jwk' });
  return { kid, privateKey, publicJwk: { kty: 'RSA', use: 'sig', alg: 'RS256', kid, n, e } };
}

export interface TokenIssuer {
  /** The currently published JSON Web Key Set. */
  keySet(): unknown;
  /** Signs with a fresh key from now on. The previous key stays published, as at Google. */
  rotate(): void;
  /** A token like Google's. `claims` set, replace or (as `undefined`) remove claims; `email` chooses the account. */
  issue(claims: Claims): string;
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Google's subjects are 21 digits. The same address always gets the same subject. */
function subjectOf(email: string): string {
  const digest = createHash('sha256').update(`subject ${email}`).digest('hex').slice(0, 24);
  return `1${(BigInt(`0x${digest}`) % 10n ** 20n).toString().padStart(20, '0')}`;
}

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** What Google says about an address. Addresses without a sample account are consumer or Workspace accounts. */
export function profileOf(email: string): Claims {
  const sample = sampleAccounts.find((account) => account.email === email);
  const [local = '', domain = ''] = email.split('@');
  const [given = '', family = 'Person'] = sample?.name.split(' ') ?? [capitalized(local)];
  const domainClaims = domain === 'gmail.com' || domain === '' ? {} : { hd: domain };
  return {
    sub: subjectOf(email),
    ...(sample?.claims ?? { ...domainClaims, email_verified: true }),
    email,
    name: `${given} ${family}`,
    given_name: given,
    family_name: family,
  };
}

/** `clock` is in epoch milliseconds. */
export function createTokenIssuer(clock: () => number): TokenIssuer {
  let keys: readonly SigningKey[] = [createKey()];
  return {
    keySet: () => ({ keys: keys.map(({ publicJwk }) => publicJwk) }),
    rotate() {
      keys = [createKey(), ...keys.slice(0, 1)];
    },
    issue(claims) {
      const [key] = keys;
      if (key === undefined) throw new Error('there is always a key');
      const now = Math.floor(clock() / 1000);
      const audience = claims['aud'];
      const payload = {
        iss: 'https://accounts.google.com',
        azp: audience,
        aud: audience,
        ...profileOf(typeof claims['email'] === 'string' ? claims['email'] : 'alice@example.com'),
        // Google dates its tokens back by five minutes, for clocks that are slow.
        nbf: now - 300,
        iat: now,
        exp: now + 3600,
        jti: createHash('sha1').update(randomUUID()).digest('hex'),
        ...claims,
      };
      const text = `${encode({ alg: 'RS256', kid: key.kid, typ: 'JWT' })}.${encode(payload)}`;
      return `${text}.${sign('sha256', Buffer.from(text), key.privateKey).toString('base64url')}`;
    },
  };
}

/** Claims from a query: times are numbers, true and false are booleans, and an empty value removes the claim. */
export function claimsFrom(parameters: URLSearchParams): Record<string, unknown> {
  const read = (name: string, value: string): unknown => {
    if (value === '') return undefined;
    if (value === 'true' || value === 'false') return value === 'true';
    return ['exp', 'iat', 'nbf'].includes(name) && /^\d{1,15}$/.test(value) ? Number(value) : value;
  };
  return Object.fromEntries([...parameters].map(([name, value]) => [name, read(name, value)]));
}

/** A Google that signs anything: stands at the stand-in's address, with keys that the test holds. */
import { constants, createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { createServer } from 'node:http';
import type { RunningSite } from '../support/site.ts';

export type Fields = Readonly<Record<string, unknown>>;

export interface HostileGoogle {
  /** Of the RSA key that is published for RS256. */
  readonly kid: string;
  /** The keys themselves, for attacks that need them. */
  readonly publicKey: KeyObject;
  readonly otherKey: { readonly publicKey: KeyObject; readonly privateKey: KeyObject };
  /** alice's claims as Google writes them, with `changes` in them; `undefined` leaves one out. */
  claims(changes?: Fields): Fields;
  /** A token by `header.alg`; a text is signed as it stands. Default header: `{ alg: 'RS256', kid, typ: 'JWT' }`. */
  token(claims: Fields | string, header?: Fields | string, key?: KeyObject): string;
}

export const base64url = (value: Fields | string): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** Signature of `input`, base64url; an algorithm that is not known here is RS256 under another name. */
export function signatureOf(algorithm: unknown, input: string, key: KeyObject): string {
  const bytes = Buffer.from(input);
  switch (algorithm) {
    case 'RS384':
      return sign('sha384', bytes, key).toString('base64url');
    case 'RS512':
      return sign('sha512', bytes, key).toString('base64url');
    case 'PS256':
      return sign('sha256', bytes, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }).toString(
        'base64url',
      );
    case 'ES256':
      return sign('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' }).toString('base64url');
    case 'HS256':
    case 'HS384':
    case 'HS512':
      return createHmac(`sha${algorithm.slice(2)}`, key)
        .update(bytes)
        .digest('base64url');
    default:
      return sign('sha256', bytes, key).toString('base64url');
  }
}

const rsa = (modulusLength: number) => generateKeyPairSync('rsa', { modulusLength });

/** Keys that Google publishes beside the good one: a verifier that looks at nothing but `kid` would use them. */
export const oddKeys = { ec: generateKeyPairSync('ec', { namedCurve: 'P-256' }), enc: rsa(2048), weak: rsa(1024) };

/** Takes the place of the stand-in before the API has asked it for keys; `site.close` ends it. */
export async function takeGooglesPlace(site: RunningSite): Promise<HostileGoogle> {
  const good = rsa(2048);
  const other = rsa(2048);
  const kid = 'good';
  const jwk = (key: KeyObject, fields: Fields): Fields => ({ ...key.export({ format: 'jwk' }), ...fields });
  const keySet = JSON.stringify({
    keys: [
      jwk(oddKeys.ec.publicKey, { kid: 'ec', use: 'sig', alg: 'ES256' }),
      jwk(oddKeys.enc.publicKey, { kid: 'enc', use: 'enc' }),
      jwk(oddKeys.weak.publicKey, { kid: 'weak', use: 'sig', alg: 'RS256' }),
      { kty: 'oct', kid: 'oct', k: 'c2VjcmV0', alg: 'HS256' },
      jwk(good.publicKey, { kid, use: 'sig', alg: 'RS256' }),
    ],
  });
  const { port } = new URL(site.google.origin);
  await site.google.close();
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(keySet);
  });
  await new Promise<void>((done, failed) => {
    server.once('error', failed).listen(Number(port), '127.0.0.1', done);
  });
  // Nothing of the test waits for it, and the process must not either.
  server.unref();

  const audience = site.emulator.googleClientId;
  return {
    kid,
    publicKey: good.publicKey,
    otherKey: other,
    claims(changes = {}) {
      const now = Math.floor(Date.now() / 1000);
      return {
        iss: 'https://accounts.google.com',
        azp: audience,
        aud: audience,
        sub: '110248495921238986420',
        hd: 'example.com',
        email: 'alice@example.com',
        email_verified: true,
        nbf: now - 300,
        iat: now,
        exp: now + 3600,
        ...changes,
      };
    },
    token(claims, header = {}, key = good.privateKey) {
      const fields = typeof header === 'string' ? header : { alg: 'RS256', kid, typ: 'JWT', ...header };
      const input = `${base64url(fields)}.${base64url(claims)}`;
      return `${input}.${signatureOf(typeof fields === 'string' ? 'RS256' : fields['alg'], input, key)}`;
    },
  };
}

/**
 * A stand-in for Google's key endpoint, and functions that make good and broken ID tokens. Only for the tests in api/.
 */
import { createSign, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface GoogleKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export function makeGoogleKey(kid: string, modulusLength = 2048): GoogleKey {
  return { kid, ...generateKeyPairSync('rsa', { modulusLength }) };
}

export const jwkOf = ({ kid, publicKey }: GoogleKey): Record<string, unknown> => ({
  ...publicKey.export({ format: 'jwk' }),
  kid,
  use: 'sig',
  alg: 'RS256',
});

export const keySetOf = (...keys: GoogleKey[]): string => JSON.stringify({ keys: keys.map(jwkOf) });

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

export type Header = Record<string, unknown>;
export type Claims = Record<string, unknown>;

const hashes: Record<string, string> = { RS256: 'RSA-SHA256', RS384: 'RSA-SHA384', RS512: 'RSA-SHA512' };

/** A token signed with this key. `header` replaces header fields; `undefined` removes one. */
export function makeIdToken(key: GoogleKey, claims: Claims, header: Header = {}): string {
  const fields = { alg: 'RS256', kid: key.kid, typ: 'JWT', ...header };
  const input = `${encoded(fields)}.${encoded(claims)}`;
  const signer = createSign(hashes[fields.alg] ?? 'RSA-SHA256').update(input);
  return `${input}.${signer.sign(key.privateKey).toString('base64url')}`;
}

export interface StubServer {
  readonly origin: string;
  readonly close: () => Promise<void>;
}

/** Serves on a free port of the loopback. */
export async function listen(server: Server): Promise<StubServer> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** Answers each request with `answer`, and counts the requests. */
export async function startKeyServer(
  answer: (response: ServerResponse) => void,
): Promise<StubServer & { readonly requests: () => number }> {
  let requests = 0;
  const server = createServer((_request, response) => {
    requests += 1;
    answer(response);
  });
  return { ...(await listen(server)), requests: () => requests };
}

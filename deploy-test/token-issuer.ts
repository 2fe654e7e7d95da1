/** Owns a stand-in for Google's keys: serves a key set on this machine and signs ID tokens with it. Asks nobody who they are. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface TokenIssuer {
  /** Address of the key set. */
  readonly keySetUrl: string;
  /** A token for `audience`, as Google would give one to alice@example.com now. */
  token(audience: string): string;
  close(): void;
}

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

export async function startTokenIssuer(): Promise<TokenIssuer> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = { ...publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'RS256', use: 'sig' };
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [key] }));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return {
    keySetUrl: `http://127.0.0.1:${port}/certs`,
    token: (aud) => {
      const iat = Math.floor(Date.now() / 1000);
      const person = { sub: '1', email: 'alice@example.com', email_verified: true, hd: 'example.com' };
      const claims = { iss: 'https://accounts.google.com', aud, azp: aud, ...person, iat, exp: iat + 3600 };
      const signed = `${encoded({ alg: 'RS256', kid: 'one', typ: 'JWT' })}.${encoded(claims)}`;
      return `${signed}.${sign('sha256', Buffer.from(signed), privateKey).toString('base64url')}`;
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

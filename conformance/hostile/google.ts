/** A Google that signs anything: stands at the stand-in's address, with keys that the test holds. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { createServer } from 'node:http';
import type { RunningSite } from '../support/site.ts';

export type Fields = Readonly<Record<string, unknown>>;

export interface HostileGoogle {
  /** alice's claims as Google writes them, with `changes` in them; `undefined` leaves one out. */
  claims(changes?: Fields): Fields;
  /** A token signed with RS256, whatever its header says; a text is signed as it is. */
  token(claims: Fields | string, header?: Fields | string): string;
}

export const base64url = (value: Fields | string): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** Takes the place of the stand-in before the API has asked it for keys; `site.close` ends it. */
export async function takeGooglesPlace(site: RunningSite): Promise<HostileGoogle> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const kid = 'good';
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'RS256' };
  const keySet = JSON.stringify({ keys: [jwk] });
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
    token(claims, header = {}) {
      const fields = typeof header === 'string' ? header : { alg: 'RS256', kid, typ: 'JWT', ...header };
      const input = `${base64url(fields)}.${base64url(claims)}`;
      return `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`;
    },
  };
}

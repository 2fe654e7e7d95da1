/** The server of the stand-in Google: key set, script, sign-in pages, raw tokens. Serves this machine only. */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { readBody } from '../message/http-message.ts';
import { close, guardedHeaders, listen } from '../message/loopback-server.ts';
import { type Certificate, sharedPort } from '../message/shared-port.ts';
import { createGoogleSignIn, type SignInPage } from './google-sign-in.ts';
import { type Claims, claimsFrom, createTokenIssuer } from './google-token.ts';

/** How the key set fails; for tests. */
export type KeySetFailure = 'none' | 'unreachable' | 'slow' | 'garbage';

export interface StandInGoogleOptions {
  /** Port on 127.0.0.1; 0: any free port. */
  readonly port: number;
  /** Epoch milliseconds, for the tokens' times. Default: `Date.now`. */
  readonly clock?: () => number;
  /** Serves https, too, for pages that are served by https. Default: http only. */
  readonly certificate?: Certificate;
}

export interface StandInGoogle {
  /** `http://127.0.0.1:PORT`, or `https:` with a certificate. */
  readonly origin: string;
  /** Number of requests for the key set. */
  readonly keySetRequests: number;
  /** Signs with a fresh key from now on. The previous key stays published until the next rotation. */
  rotateKeys(): void;
  failKeySet(mode: KeySetFailure): void;
  /** A signed ID token for `claims.email` (default: alice). Claims are set, replaced, or removed if `undefined`. */
  issueToken(claims: Claims): string;
  /** Audience of tokens that name none. */
  setAudience(clientId: string): void;
  close(): Promise<void>;
}

/** How long "slow" takes, in milliseconds: longer than any client waits. */
const slowMs = 30_000;
const maximumFormBytes = 64 * 1024;

/** Listens on 127.0.0.1. Rejects with one line that names the port if it is taken. */
export async function startStandInGoogle(options: StandInGoogleOptions): Promise<StandInGoogle> {
  const issuer = createTokenIssuer(options.clock ?? Date.now);
  // Cookies ignore ports: the stand-in of another run has a name of its own.
  const signIn = createGoogleSignIn(issuer, () => `gsi_session-${new URL(origin).port}`);
  const client = readFileSync(new URL('./google-client.js', import.meta.url));
  let audience: string | undefined;
  let failure: KeySetFailure = 'none';
  let keySetRequests = 0;
  let origin = '';

  const send = (response: ServerResponse, status: number, type: string, body: string | Buffer, more = {}): void => {
    response
      .writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store', ...guardedHeaders, ...more })
      .end(body);
  };
  const sendText = (response: ServerResponse, status: number, text: string): void =>
    send(response, status, 'text/plain; charset=utf-8', `${text}\n`);
  function sendPage(response: ServerResponse, answer: SignInPage | undefined): void {
    if (answer === undefined) {
      sendText(response, 400, 'This sign-in request is not from a local page.');
      return;
    }
    const { page, cookie } = answer;
    send(response, 200, 'text/html; charset=utf-8', page.html, {
      'Content-Security-Policy': page.contentSecurityPolicy,
      ...(cookie !== undefined && { 'Set-Cookie': cookie }),
    });
  }

  function sendKeySet(request: IncomingMessage, response: ServerResponse): void {
    keySetRequests++;
    const type = 'application/json; charset=UTF-8';
    const caching = { 'Cache-Control': 'public, max-age=19000, must-revalidate, no-transform' };
    switch (failure) {
      case 'unreachable':
        request.socket.destroy();
        return;
      case 'slow': {
        const timer = setTimeout(() => send(response, 200, type, JSON.stringify(issuer.keySet()), caching), slowMs);
        response.once('close', () => clearTimeout(timer));
        return;
      }
      case 'garbage':
        send(response, 200, 'text/html', '<!doctype html><title>Captive portal</title>');
        return;
      case 'none':
        send(response, 200, type, JSON.stringify(issuer.keySet()), caching);
    }
  }

  function sendToken(response: ServerResponse, parameters: URLSearchParams): void {
    const clientId = parameters.get('client_id') ?? audience;
    parameters.delete('client_id');
    if (clientId === undefined && !parameters.has('aud')) {
      sendText(response, 400, 'No audience is known yet: add &aud=CLIENT_ID.');
      return;
    }
    sendText(response, 200, issuer.issue({ aud: clientId, ...claimsFrom(parameters) }));
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A web page whose own name resolves to 127.0.0.1 must not get tokens.
    if (request.headers.host !== new URL(origin).host) return sendText(response, 403, 'Unknown host.');
    const url = new URL(request.url ?? '/', origin);
    const { cookie: cookies } = request.headers;
    const form = async (): Promise<URLSearchParams> =>
      new URLSearchParams((await readBody(request, maximumFormBytes))?.toString('utf8'));
    switch (`${request.method === 'HEAD' ? 'GET' : request.method} ${url.pathname}`) {
      case 'GET /':
        return sendText(
          response,
          200,
          [
            "This is not Google. It is s3nator's stand-in for local use.",
            '',
            'GET /token?email=alice@example.com  prints an ID token',
            'GET /oauth2/v3/certs                 the key set',
            'GET /gsi/client                      the script for pages',
          ].join('\n'),
        );
      case 'GET /favicon.ico':
        response.writeHead(204, guardedHeaders).end();
        return;
      case 'GET /oauth2/v3/certs':
        return sendKeySet(request, response);
      case 'GET /gsi/client':
        return send(response, 200, 'text/javascript; charset=utf-8', client, {
          'Cross-Origin-Resource-Policy': 'cross-origin',
        });
      case 'GET /token':
        return sendToken(response, url.searchParams);
      case 'GET /gsi/select':
        return sendPage(response, signIn.ask(url.searchParams));
      case 'POST /gsi/select':
        return sendPage(response, signIn.choose(await form(), cookies));
      case 'GET /gsi/iframe/select':
        return sendPage(response, signIn.oneTap(url.searchParams, cookies));
      case 'POST /gsi/iframe/select':
        return sendPage(response, signIn.tap(await form(), cookies));
      default:
        return sendText(response, 404, 'There is nothing here.');
    }
  }

  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    answer(request, response).catch(() => response.destroy());
  };
  const { certificate } = options;
  const plain = createServer(listener);
  const server = certificate === undefined ? plain : sharedPort(plain, createSecureServer(certificate, listener));
  const scheme = certificate === undefined ? 'http' : 'https';
  origin = `${scheme}://127.0.0.1:${await listen(server, options.port)}`;

  return {
    origin,
    get keySetRequests() {
      return keySetRequests;
    },
    rotateKeys: () => issuer.rotate(),
    failKeySet(mode) {
      failure = mode;
    },
    issueToken: (claims) => issuer.issue({ aud: audience, ...claims }),
    setAudience(clientId) {
      audience = clientId;
    },
    close: () => close(server),
  };
}

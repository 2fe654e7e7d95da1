/**
 * The stand-in for every issuer except Google, on one port: over http the documents, keys and tokens of issuers, over
 * https a user pool's hosted sign-in. Serves this machine only, and sends codes only to the stack's addresses.
 */
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Page } from '../google/account-chooser.ts';
import { type Claims, claimsFrom } from '../google/google-token.ts';
import type { KeySetFailure } from '../google/stand-in-google.ts';
import { readBody } from '../message/http-message.ts';
import { close, guardedHeaders, listen } from '../message/loopback-server.ts';
import { type Certificate, sharedPort } from '../message/shared-port.ts';
import { createHostedSignIn, type HostedAnswer, type PoolClient } from './hosted-sign-in.ts';
import { type Algorithm, algorithms, createIssuerTokens, machineClaims, poolClaims } from './issuer-token.ts';
import { selfSignedCertificate } from './self-signed-certificate.ts';

export interface StandInIssuersOptions {
  /** Port on 127.0.0.1; 0: any free port. */
  readonly port: number;
  /** Epoch milliseconds, for the tokens' times. Default: `Date.now`. */
  readonly clock?: () => number;
  /**
   * Another name of the hosted sign-in, for browsers that resolve it to this machine at the https port. Default: none.
   */
  readonly hostedName?: string;
  /** Certificate of the https side. Default: a new one. */
  readonly certificate?: Certificate;
}

export interface StandInIssuers {
  /** `http://127.0.0.1:PORT`, itself an issuer. The same address with `https://` is the hosted sign-in. */
  readonly origin: string;
  /** Certificate of the https side, PEM, for clients that should trust it. */
  readonly certificate: string;
  /** Number of requests for an issuer's key set. */
  keySetRequests(issuer: string): number;
  rotateKeys(issuer: string): void;
  /** How an issuer's key set fails; `none` ends it. */
  failKeySet(issuer: string, mode: KeySetFailure | 'huge'): void;
  /** Changes fields of an issuer's discovery document. */
  changeDiscovery(issuer: string, fields: Claims): void;
  /** A machine's token. Claims are set, replaced, or removed if `undefined`. `typ` is the header's; default: JWT. */
  issueToken(issuer: string, claims: Claims, algorithm?: Algorithm, typ?: string): string;
  /**
   * A token of the user pool. `claims.email` chooses the account (default: alice), `provider` the federated provider
   * that signed it in (default: the pool itself).
   */
  issuePoolToken(claims: Claims, use?: 'id' | 'access', provider?: string): string;
  /** The app client of the current stack; undefined: none. */
  servePool(client: PoolClient | undefined): void;
  close(): Promise<void>;
}

const slowMs = 30_000;
const maximumFormBytes = 64 * 1024;
const localOrigin = /^https?:\/\/(localhost|127\.0\.0\.1)(:\d+)?$/;

/** Pages of this machine may read the answer. */
const corsOf = ({ headers: { origin = '' } }: IncomingMessage): Record<string, string> =>
  localOrigin.test(origin) ? { 'Access-Control-Allow-Origin': origin, Vary: 'Origin' } : {};

const accountOf = (request: IncomingMessage, cookie: string): string | undefined => {
  const [, value] = new RegExp(`(?:^|; )${cookie}=([A-Za-z0-9_-]+)`).exec(request.headers.cookie ?? '') ?? [];
  return value === undefined ? undefined : Buffer.from(value, 'base64url').toString();
};

/** Listens on 127.0.0.1. Rejects with one line that names the port if it is taken. */
export async function startStandInIssuers(options: StandInIssuersOptions): Promise<StandInIssuers> {
  const clock = options.clock ?? Date.now;
  const tokens = createIssuerTokens();
  const failures = new Map<string, KeySetFailure | 'huge'>();
  const requests = new Map<string, number>();
  const documents = new Map<string, Claims>();
  let pool: PoolClient | undefined;
  let host = '';
  /** Cookies ignore ports: the pool of another run has a name of its own. */
  const accountCookie = (): string => `cognito-${new URL(`http://${host}`).port}`;
  const hosted = createHostedSignIn({ client: () => pool, tokens, clock });
  const nowSeconds = (): number => Math.floor(clock() / 1000);

  const send = (response: ServerResponse, status: number, type: string, body: string, more = {}): void => {
    response
      .writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store', ...guardedHeaders, ...more })
      .end(body);
  };
  const sendText = (response: ServerResponse, status: number, text: string): void =>
    send(response, status, 'text/plain; charset=utf-8', `${text}\n`);
  const sendJson = (response: ServerResponse, value: unknown, status = 200, more = {}): void =>
    send(response, status, 'application/json', JSON.stringify(value), more);
  const sendPage = (response: ServerResponse, { html, contentSecurityPolicy }: Page): void =>
    send(response, 200, 'text/html; charset=utf-8', html, { 'Content-Security-Policy': contentSecurityPolicy });

  function sendKeySet(request: IncomingMessage, response: ServerResponse, issuer: string): void {
    requests.set(issuer, (requests.get(issuer) ?? 0) + 1);
    switch (failures.get(issuer) ?? 'none') {
      case 'unreachable':
        request.socket.destroy();
        return;
      case 'slow': {
        const timer = setTimeout(() => sendJson(response, tokens.keySet(issuer)), slowMs);
        response.once('close', () => clearTimeout(timer));
        return;
      }
      case 'garbage':
        send(response, 200, 'text/html', '<!doctype html><title>Captive portal</title>');
        return;
      case 'huge':
        sendJson(response, { ...Object(tokens.keySet(issuer)), padding: 'x'.repeat(5 * 1024 * 1024) });
        return;
      case 'none':
        sendJson(response, tokens.keySet(issuer));
    }
  }

  const issueToken: StandInIssuers['issueToken'] = (issuer, claims, algorithm, typ) =>
    tokens.sign(machineClaims(issuer, nowSeconds(), claims), algorithm, typ);

  const issuePoolToken: StandInIssuers['issuePoolToken'] = (claims, use = 'id', provider) => {
    if (pool === undefined) throw new Error('the stack in force has no user pool');
    const { issuer, clientId } = pool;
    const federated = pool.federated.find(({ name }) => name === provider);
    if (provider !== undefined && federated === undefined) throw new Error(`the user pool has no provider ${provider}`);
    const email = typeof claims['email'] === 'string' ? claims['email'] : 'alice@example.com';
    return tokens.sign(poolClaims({ issuer, clientId, email, now: nowSeconds(), federated, claims })[use]);
  };

  async function sendToken(response: ServerResponse, parameters: URLSearchParams): Promise<void> {
    const issuer = parameters.get('issuer') ?? `http://${host}`;
    const algorithm = algorithms.find((one) => one === (parameters.get('alg') ?? 'RS256'));
    const provider = parameters.get('provider') ?? undefined;
    for (const name of ['issuer', 'alg', 'provider']) parameters.delete(name);
    if (algorithm === undefined) return sendText(response, 400, `alg: one of ${algorithms.join(', ')}.`);
    const claims = claimsFrom(parameters);
    if (issuer === 'user-pool' || issuer === pool?.issuer) {
      if (pool === undefined) return sendText(response, 404, 'The stack in force has no user pool.');
      const names = pool.federated.map(({ name }) => name);
      if (provider !== undefined && !names.includes(provider))
        return sendText(response, 400, `provider: ${names.join(', ') || 'the pool has its own accounts only'}.`);
      return sendText(response, 200, issuePoolToken(claims, 'id', provider));
    }
    if (!parameters.has('aud')) return sendText(response, 400, 'Name the audience: add &aud=AUDIENCE.');
    return sendText(response, 200, issueToken(issuer, claims, algorithm));
  }

  /** http: what an issuer publishes, and tokens for anyone who asks. */
  async function answerIssuer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', `http://${host}`);
    const named = url.searchParams.get('issuer') ?? `http://${host}`;
    if (request.method !== 'GET') return sendText(response, 405, 'Only GET.');
    // A user pool's keys are below its issuer, so that their address is known before the pool is.
    const [, ofPool] =
      /^\/(cognito-idp\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?\/[\w-]+)\/\.well-known\/jwks\.json$/.exec(url.pathname) ??
      [];
    if (ofPool !== undefined) return sendKeySet(request, response, `https://${ofPool}`);
    switch (url.pathname) {
      case '/':
        return sendText(
          response,
          200,
          [
            'This is a stand-in for the issuers of your config, for local use.',
            '',
            "GET /token?issuer=ISSUER&aud=AUDIENCE       prints a machine's ID token; other parameters become claims",
            'GET /token?issuer=user-pool&email=ADDRESS    prints an ID token of the user pool; ' +
              '&provider=NAME: of a federated account',
            'GET /openid-configuration?issuer=ISSUER      its discovery document',
            'GET /jwks?issuer=ISSUER                      its key set',
          ].join('\n'),
        );
      case '/.well-known/openid-configuration':
      case '/openid-configuration':
        return sendJson(response, {
          issuer: named,
          jwks_uri: `http://${host}/jwks?issuer=${encodeURIComponent(named)}`,
          id_token_signing_alg_values_supported: algorithms,
          ...documents.get(named),
        });
      case '/jwks':
        return sendKeySet(request, response, named);
      case '/token':
        return sendToken(response, url.searchParams);
      default:
        return sendText(response, 404, 'There is nothing here.');
    }
  }

  async function sendHosted(response: ServerResponse, answer: HostedAnswer): Promise<void> {
    switch (answer.kind) {
      case 'page':
        return sendPage(response, answer.page);
      case 'error':
        return sendText(response, 400, `An error was encountered with the requested page: ${answer.error}`);
      case 'redirect': {
        const { account } = answer;
        const value = account && Buffer.from(account).toString('base64url');
        const attributes = `Path=/; Secure; HttpOnly; SameSite=Lax${account === null ? '; Max-Age=0' : ''}`;
        response
          .writeHead(302, {
            Location: answer.to,
            'Cache-Control': 'no-store',
            ...guardedHeaders,
            ...(account !== undefined && { 'Set-Cookie': `${accountCookie()}=${value ?? ''}; ${attributes}` }),
          })
          .end();
      }
    }
  }

  /** https: the hosted sign-in. */
  async function answerHosted(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', `https://${host}`);
    const form = async (): Promise<URLSearchParams> =>
      new URLSearchParams((await readBody(request, maximumFormBytes))?.toString('utf8'));
    switch (`${request.method} ${url.pathname}`) {
      case 'GET /oauth2/authorize':
      case 'GET /login':
        return sendHosted(response, hosted.authorize(url.searchParams, accountOf(request, accountCookie())));
      case 'POST /login':
        return sendHosted(response, hosted.choose(await form()));
      case 'GET /logout':
        return sendHosted(response, hosted.logout(url.searchParams));
      case 'GET /favicon.ico':
        response.writeHead(204, guardedHeaders).end();
        return;
      case 'OPTIONS /oauth2/token':
        // Amplify sends its own header with its name, so browsers send a preflight.
        response
          .writeHead(204, {
            ...guardedHeaders,
            ...corsOf(request),
            'Access-Control-Allow-Headers': 'content-type, x-amz-user-agent',
          })
          .end();
        return;
      case 'POST /oauth2/token': {
        const { status, body } = hosted.token(await form());
        return sendJson(response, body, status, corsOf(request));
      }
      case 'GET /':
        return sendText(
          response,
          200,
          "This is a stand-in for the user pool's hosted sign-in, for local use. " +
            'The button of the login page leads here.',
        );
      default:
        return sendText(response, 404, 'There is nothing here.');
    }
  }

  const guarded =
    (answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>) =>
    async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      try {
        // A web page whose own name resolves to 127.0.0.1 must not get tokens.
        const { host: asked } = request.headers;
        const isHosted = answer === answerHosted && asked !== undefined && asked === options.hostedName;
        if (asked !== host && !isHosted) return sendText(response, 403, 'Unknown host.');
        await answer(request, response);
      } catch {
        response.destroy();
      }
    };

  const certificate =
    options.certificate ?? selfSignedCertificate(['127.0.0.1', options.hostedName ?? []].flat(), Date.now());
  const server = sharedPort(
    createHttpServer(guarded(answerIssuer)),
    createHttpsServer(certificate, guarded(answerHosted)),
  );
  host = `127.0.0.1:${await listen(server, options.port)}`;

  return {
    origin: `http://${host}`,
    certificate: certificate.cert,
    keySetRequests: (issuer) => requests.get(issuer) ?? 0,
    rotateKeys: (issuer) => tokens.rotate(issuer),
    failKeySet(issuer, mode) {
      failures.set(issuer, mode);
    },
    changeDiscovery(issuer, fields) {
      documents.set(issuer, fields);
    },
    issueToken,
    issuePoolToken,
    servePool(client) {
      pool = client;
    },
    close: () => close(server),
  };
}

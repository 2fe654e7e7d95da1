/**
 * The sockets of the edge: reads viewers' requests byte for byte, and refuses what CloudFront refuses before it looks
 * for a behavior.
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html
 */
import { createServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { Server } from 'node:net';
import type { Duplex } from 'node:stream';
import { maximumBodyBytes } from '../api-gateway/http-api.ts';
import {
  emptyBody,
  type HeaderLines,
  headerLines,
  type Request,
  type Response,
  readBody,
  sendBody,
  type WholeResponse,
} from '../message/http-message.ts';
import { createRequestId } from '../message/request-ids.ts';
import { type Certificate, sharedPort } from '../message/shared-port.ts';
import { edgeError, edgeHeaders } from './error-responses.ts';

/** Longest URL, in bytes. A longer one gets 414. */
const maximumUrlBytes = 8_192;
/** Longest request line with all headers, in bytes. More gets 494. */
const maximumRequestBytes = 32_768;

export interface EdgeServerOptions {
  /** Whether a viewer may use this value of the Host header. */
  readonly knowsHost: (host: string) => boolean;
  readonly serve: (request: Request, connection: 'http' | 'https') => Promise<Response>;
  /** Gets what `serve` threw. The viewer gets 500. */
  readonly onFault: (error: unknown) => void;
  /** Serves https and http on the same port. Default: http only. */
  readonly certificate?: Certificate | undefined;
}

/** A refusal that does not depend on a behavior. */
function refuse(status: number, reason: string, more: HeaderLines = []): WholeResponse {
  const requestId = createRequestId();
  const response = edgeError(status, reason, requestId, more);
  return { ...response, headers: [...response.headers, ...edgeHeaders('Error', requestId)] };
}

const closing: HeaderLines = [['Connection', 'close']];
const badRequest = (): WholeResponse => refuse(400, 'Bad request.', closing);
const tooLarge = (): WholeResponse => refuse(494, 'Request header or cookie too large.', closing);

function refusalBeforeBehaviors(incoming: IncomingMessage, knowsHost: (host: string) => boolean): Response | undefined {
  const target = incoming.url ?? '';
  const lines = headerLines(incoming.rawHeaders);
  const hosts = lines.filter(([name]) => name.toLowerCase() === 'host');
  const host = incoming.headers.host ?? '';
  const bytes = lines.reduce((total, [name, value]) => total + name.length + value.length + 4, 0);
  if (bytes + (incoming.method ?? '').length + target.length + 14 > maximumRequestBytes) return tooLarge();
  if (`https://${host}${target}`.length > maximumUrlBytes) return refuse(414, 'Bad request.', closing);
  if (hosts.length > 1 || !target.startsWith('/')) return badRequest();
  return knowsHost(host.toLowerCase()) ? undefined : refuse(403, 'Bad request.');
}

async function requestOf(incoming: IncomingMessage): Promise<Request> {
  const target = incoming.url ?? '/';
  const mark = target.indexOf('?');
  // One byte more than the API accepts, so that the API can see that the body is too large.
  const body = (await readBody(incoming, maximumBodyBytes)) ?? Buffer.alloc(maximumBodyBytes + 1);
  return {
    method: incoming.method ?? 'GET',
    path: mark < 0 ? target : target.slice(0, mark),
    query: mark < 0 ? undefined : target.slice(mark + 1),
    headers: headerLines(incoming.rawHeaders),
    body,
    ip: (incoming.socket.remoteAddress ?? '').replace('::ffff:', ''),
    httpVersion: incoming.httpVersion,
  };
}

async function send(outgoing: ServerResponse, method: string | undefined, response: Response): Promise<void> {
  const bodiless = method === 'HEAD' || response.status === 204 || response.status === 304;
  const headers = response.headers.filter(([name]) => name.toLowerCase() !== 'content-length' || method === 'HEAD');
  if (!bodiless) headers.push(['Content-Length', String(response.body.length)]);
  outgoing.writeHead(response.status, headers.flat());
  await sendBody(outgoing, bodiless ? emptyBody : response.body);
}

/** Answers and ends a connection that is not, or no longer, one of HTTP messages. */
function sendRaw(socket: Duplex, response: WholeResponse): void {
  const head = response.headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const reason = STATUS_CODES[response.status] ?? 'Request Header Too Large';
  socket.end(
    `HTTP/1.1 ${response.status} ${reason}\r\n${head}Content-Length: ${response.body.length}\r\n\r\n${response.body}`,
  );
}

/** A server that is not listening yet. */
export function createEdgeServer({
  knowsHost,
  serve,
  onFault,
  certificate,
}: EdgeServerOptions): Server & { closeAllConnections(): void } {
  /** Number of pending answers on a connection. Anything else written to it would look like one of them. */
  const due = new WeakMap<Duplex, number>();
  const count = (socket: Duplex, step: number): unknown => due.set(socket, (due.get(socket) ?? 0) + step);
  const options = { maxHeaderSize: 2 * maximumRequestBytes };
  const answer = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    count(incoming.socket, 1);
    outgoing.once('close', () => count(incoming.socket, -1));
    try {
      const response =
        refusalBeforeBehaviors(incoming, knowsHost) ??
        (await serve(await requestOf(incoming), 'encrypted' in incoming.socket ? 'https' : 'http'));
      await send(outgoing, incoming.method, response);
    } catch (error) {
      // A viewer that went away is not a fault.
      if (incoming.destroyed && !incoming.complete) return;
      onFault(error);
      if (outgoing.headersSent) incoming.socket.destroy();
      else await send(outgoing, incoming.method, refuse(500, 'The emulator failed; its log says why.'));
    }
  };
  const plain = createServer(options, answer);
  const secure = certificate && createSecureServer({ ...options, ...certificate }, answer);
  for (const server of secure === undefined ? [plain] : [plain, secure]) {
    server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      if (!socket.writable || (due.get(socket) ?? 0) > 0) socket.destroy();
      else sendRaw(socket, error.code === 'HPE_HEADER_OVERFLOW' ? tooLarge() : badRequest());
    });
    // CloudFront is not a proxy for other hosts.
    server.on('connect', (_incoming, socket) => {
      socket.on('error', () => socket.destroy());
      sendRaw(socket, badRequest());
    });
  }
  return secure === undefined ? plain : sharedPort(plain, secure);
}

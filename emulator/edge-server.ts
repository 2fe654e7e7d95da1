/**
 * Owns the sockets of the edge: reads viewers' requests byte for byte, and refuses what CloudFront refuses before it looks for a behavior.
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { edgeError } from './error-responses.ts';
import { maximumBodyBytes } from './http-api.ts';
import { headerLines, type Request, type Response, readBody } from './http-message.ts';

/** Longest URL, in bytes; more is 414. */
const maximumUrlBytes = 8_192;
/** Longest request line with all headers, in bytes; more is 494 and the connection ends. */
const maximumRequestBytes = 32_768;

export interface EdgeServerOptions {
  /** Whether a viewer may use this value of the Host header. */
  readonly knowsHost: (host: string) => boolean;
  readonly serve: (request: Request) => Promise<Response>;
}

const tooLarge = (): Response =>
  edgeError(494, 'The request line and headers are too large.', [['Connection', 'close']]);

function refusalBeforeBehaviors(incoming: IncomingMessage, knowsHost: (host: string) => boolean): Response | undefined {
  const target = incoming.url ?? '';
  const host = incoming.headers.host ?? '';
  const lines = headerLines(incoming.rawHeaders).map(([name, value]) => name.length + value.length + 4);
  const bytes = lines.reduce((total, length) => total + length, (incoming.method ?? '').length + target.length + 14);
  if (bytes > maximumRequestBytes) return tooLarge();
  if (`https://${host}${target}`.length > maximumUrlBytes) return edgeError(414, 'The URL is too long.');
  if (!knowsHost(host)) return edgeError(403, "Bad request. We can't connect to the server for this app or website.");
  if (!target.startsWith('/')) return edgeError(400, 'Bad request.');
  return undefined;
}

async function requestOf(incoming: IncomingMessage): Promise<Request> {
  const target = incoming.url ?? '/';
  const mark = target.indexOf('?');
  // One byte more than the API takes, so that the API can see that it is too much.
  const body = (await readBody(incoming, maximumBodyBytes)) ?? Buffer.alloc(maximumBodyBytes + 1);
  return {
    method: incoming.method ?? 'GET',
    path: mark < 0 ? target : target.slice(0, mark),
    query: mark < 0 ? undefined : target.slice(mark + 1),
    headers: headerLines(incoming.rawHeaders),
    body,
    ip: (incoming.socket.remoteAddress ?? '').replace('::ffff:', ''),
  };
}

function send(outgoing: ServerResponse, method: string | undefined, response: Response): void {
  const bodiless = method === 'HEAD' || response.status === 204 || response.status === 304;
  const headers = response.headers.filter(([name]) => {
    const lower = name.toLowerCase();
    return lower !== 'transfer-encoding' && (lower !== 'content-length' || method === 'HEAD');
  });
  if (!bodiless) headers.push(['Content-Length', String(response.body.length)]);
  outgoing.writeHead(response.status, headers.flat());
  outgoing.end(bodiless ? undefined : response.body);
}

/** A server that is not listening yet. */
export function createEdgeServer({ knowsHost, serve }: EdgeServerOptions): Server {
  const server = createServer({ maxHeaderSize: 2 * maximumRequestBytes }, async (incoming, outgoing) => {
    try {
      const refusal = refusalBeforeBehaviors(incoming, knowsHost);
      const response = refusal ?? (await serve(await requestOf(incoming)));
      send(outgoing, incoming.method, response);
      if (response.status === 494) outgoing.once('finish', () => incoming.socket.destroySoon());
    } catch {
      // The viewer went away, or the emulator has a fault; neither must end the process.
      if (!outgoing.headersSent) send(outgoing, incoming.method, edgeError(500, 'The emulator failed.'));
    }
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (!socket.writable) return;
    const response = error.code === 'HPE_HEADER_OVERFLOW' ? tooLarge() : edgeError(400, 'Bad request.');
    const head = response.headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    socket.end(
      `HTTP/1.1 ${response.status} Bad Request\r\n${head}Content-Length: ${response.body.length}\r\n\r\n${response.body}`,
    );
  });
  return server;
}

/**
 * The loopback server that Terraform and the SDK use as AWS: answers what moto lacks, passes on the rest, keeps a
 * journal.
 */
import { createServer, type IncomingMessage, request as send } from 'node:http';
import { close, listen } from '../../emulator/message/loopback-server.ts';
import { type ApiAnswer, type ApiRequest, Refusal } from './api.ts';
import { CloudFront } from './cloudfront.ts';
import { Gaps } from './gaps.ts';

/** One answered request. */
interface JournalEntry {
  /** Method and path with query; for JSON services followed by the operation's name. */
  readonly request: string;
  readonly status: number;
}

export interface Front {
  /** `http://127.0.0.1:PORT`. An IP address, so that S3 clients put the bucket into the path. */
  readonly url: string;
  /** Every request so far, oldest first. */
  readonly journal: readonly JournalEntry[];
  /**
   * From now on, every request whose journal text matches `pattern` waits for its answer. Resolves when the first one
   * arrives, to a function that releases them all.
   */
  hold(pattern: RegExp): Promise<() => void>;
  /**
   * From now on, S3 refuses every request whose journal text matches `pattern`; undefined: none. moto evaluates no
   * policy.
   */
  deny(pattern: RegExp | undefined): void;
  /** Paths of each invalidation of a distribution so far, oldest first. */
  invalidations(distribution: string): readonly (readonly string[])[];
  close(): Promise<void>;
}

/** Starts the server in front of moto, which listens on `motoPort`. */
export async function startFront(motoPort: number): Promise<Front> {
  const forward = (request: ApiRequest): Promise<ApiAnswer> => ask(motoPort, request);
  const cloudFront = new CloudFront();
  const gaps = new Gaps(forward, (arn) => cloudFront.uses(arn));
  const journal: JournalEntry[] = [];

  /**
   * Answers by the SDK's number of a call. A call that is sent again because its answer was lost is not carried out
   * again.
   */
  const answers = new Map<string, Promise<ApiAnswer>>();

  let denied: RegExp | undefined;
  let held: { pattern: RegExp; arrived: () => void; released: Promise<void> } | undefined;

  const hold = (pattern: RegExp): Promise<() => void> =>
    new Promise((arrived) => {
      const { promise: released, resolve: release } = Promise.withResolvers<void>();
      held = { pattern, arrived: () => arrived(release), released };
    });

  const answerOnce = (request: ApiRequest): Promise<ApiAnswer> => {
    const call = request.headers['amz-sdk-invocation-id']?.toString();
    const given = answers.get(call ?? '') ?? answer(request);
    if (call !== undefined) answers.set(call, given);
    return given;
  };

  const answer = async (request: ApiRequest): Promise<ApiAnswer> => {
    try {
      if (CloudFront.takes(request.path)) return cloudFront.answer(request);
      return await (gaps.answer(request) ?? forward(request));
    } catch (error) {
      if (error instanceof Refusal) return refused(request, error);
      return refused(
        request,
        new Refusal(501, 'LocalAwsFailed', error instanceof Error ? `${error.stack}` : `${error}`),
      );
    }
  };

  const server = createServer((incoming, outgoing) => {
    const respond = async (): Promise<void> => {
      const request = await read(incoming);
      const operation = request.headers['x-amz-target'] ?? '';
      const words = `${request.method} ${request.target} ${operation}`.trim();
      if (held?.pattern.test(words)) {
        held.arrived();
        await held.released;
      }
      const { status, headers, body } = denied?.test(words) ? accessDenied : await answerOnce(request);
      journal.push({ request: words, status });
      outgoing.writeHead(status, headers as Record<string, string | string[]>).end(body);
    };
    respond().catch((error: Error) => outgoing.destroy(error));
  });
  // This side closes no connection, because a client may be about to use it.
  Object.assign(server, { keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 });
  const port = await listen(server, 0);
  return {
    url: `http://127.0.0.1:${port}`,
    journal,
    invalidations: (distribution) => cloudFront.invalidations.of(distribution),
    hold,
    deny: (pattern) => {
      denied = pattern;
    },
    close: () => close(server),
  };
}

async function read(incoming: IncomingMessage): Promise<ApiRequest> {
  const pieces: Buffer[] = [];
  for await (const piece of incoming) pieces.push(piece as Buffer);
  const target = incoming.url ?? '/';
  const { pathname, searchParams } = new URL(target, 'http://127.0.0.1');
  return {
    method: incoming.method ?? 'GET',
    target,
    path: pathname,
    query: searchParams,
    headers: incoming.headers,
    body: Buffer.concat(pieces),
  };
}

function ask(port: number, { method, target, headers, body }: ApiRequest): Promise<ApiAnswer> {
  return new Promise((resolve, reject) => {
    const { 'transfer-encoding': _, ...kept } = headers;
    const outgoing = send(
      {
        host: '127.0.0.1',
        port,
        method,
        path: target,
        headers: { ...kept, 'content-length': `${body.length}`, connection: 'close' },
      },
      (incoming) => {
        const pieces: Buffer[] = [];
        incoming.on('data', (piece: Buffer) => pieces.push(piece));
        incoming.on('error', reject);
        incoming.on('end', () => {
          const { 'transfer-encoding': __, connection: ___, ...rest } = incoming.headers;
          const status = incoming.statusCode ?? 500;
          resolve({
            // moto answers 500 for what it lacks, and clients retry that many times. They accept 501 as an answer.
            status: status >= 500 ? 501 : status,
            headers: Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, value ?? ''])),
            body: Buffer.concat(pieces),
          });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/**
 * S3's answer to a caller without permission.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 */
const accessDenied: ApiAnswer = {
  status: 403,
  headers: { 'content-type': 'application/xml' },
  body: '<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>',
};

/** The refusal in the service's own form. */
function refused({ path, headers }: ApiRequest, { status, code, message }: Refusal): ApiAnswer {
  if (CloudFront.takes(path)) {
    const error = `<Error><Type>Sender</Type><Code>${code}</Code><Message>${escaped(message)}</Message></Error>`;
    return {
      status,
      headers: { 'content-type': 'text/xml' },
      body: `<ErrorResponse>${error}<RequestId>local</RequestId></ErrorResponse>`,
    };
  }
  const service = headers['x-amz-target'] === undefined ? 'application/json' : 'application/x-amz-json-1.1';
  return { status, headers: { 'content-type': service }, body: JSON.stringify({ __type: code, message }) };
}

const escaped = (text: string): string => text.replace(/[<&]/g, (character) => `&#${character.codePointAt(0)};`);

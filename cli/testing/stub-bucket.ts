/** A stand-in for one S3 bucket and for CloudFront's invalidations, on the loopback. For tests. */
import { createHash, hash } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { invalidationRefusal } from '../../emulator/cloudfront/invalidation-paths.ts';

interface StubObject {
  readonly body: Buffer;
  /** As they were sent: `content-type`, `content-encoding`, `cache-control`, `x-amz-meta-*`. */
  readonly headers: IncomingHttpHeaders;
  /** Default: the first of January 2026. */
  readonly modified?: Date;
  /** Version ID. Default: none, as in a bucket without versions. */
  readonly version?: string;
}

/** What is answered in the place of the usual. */
interface Fault {
  readonly status: number;
  readonly code: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** How often; default: always. */
  times?: number;
}

export interface StubBucket {
  /** `http://127.0.0.1:PORT`, for `AWS_ENDPOINT_URL`. */
  readonly origin: string;
  readonly objects: Map<string, StubObject>;
  /** Every request: method and key, `LIST`, `DELETE KEY…` or `INVALIDATE PATH…`. */
  readonly journal: string[];
  /** By the journal's line, or its method alone. */
  readonly faults: Map<string, Fault>;
  /** Runs before a request is answered. */
  before: (line: string) => void | Promise<void>;
  close(): Promise<void>;
}

/** Objects of one page of a list, unless the caller says it. */
const fewObjects = 3;

/** As S3 calculates it for a plain upload. */
const etagOf = ({ body }: StubObject): string => `"${hash('md5', body)}"`;
/** S3 knows whole seconds. */
const modifiedOf = ({ modified = new Date('2026-01-01') }: StubObject): Date =>
  new Date(Math.floor(modified.getTime() / 1000) * 1000);

const escaped = (text: string): string => text.replace(/[<>&]/g, (sign) => `&#${sign.charCodeAt(0)};`);
/** The way S3 does it. */
const urlEncoded = (text: string): string => encodeURIComponent(text).replaceAll('%20', '+').replaceAll('%2F', '/');
const texts = (xml: string, name: string): string[] =>
  [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map(([, text = '']) => decoded(text));
const decoded = (text: string): string =>
  text.replace(/&(?:#(x?)([0-9a-fA-F]+)|(\w+));/g, (_, hex, code, name) =>
    code === undefined
      ? ({ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }[name as string] ?? '')
      : String.fromCodePoint(Number.parseInt(code, hex === 'x' ? 16 : 10)),
  );

export async function startStubBucket({ pageSize = fewObjects } = {}): Promise<StubBucket> {
  const objects = new Map<string, StubObject>();
  let versions = 0;
  /** All keys when the first page of a list was asked for. */
  let sorted: string[] = [];
  const stub = {
    objects,
    journal: [] as string[],
    faults: new Map<string, Fault>(),
    before: (_: string): void | Promise<void> => {},
  };

  const send = (response: ServerResponse, status: number, body: string | Buffer = '', headers: object = {}): void => {
    response.writeHead(status, { 'content-type': 'application/xml', ...headers }).end(body);
  };
  const refuse = (response: ServerResponse, { status, code, headers }: Fault): void =>
    send(response, status, `<Error><Code>${code}</Code><Message>refused</Message></Error>`, headers);

  function list(response: ServerResponse, query: URLSearchParams): void {
    const after = query.get('continuation-token') ?? '';
    if (after === '') sorted = [...objects.keys()].sort();
    const prefix = query.get('prefix') ?? '';
    const keys = sorted.filter((key) => key.startsWith(prefix) && key > after && objects.has(key));
    const page = keys.slice(0, pageSize);
    const contents = page.map((key) => {
      const object = objects.get(key) ?? { body: Buffer.of(), headers: {} };
      const modified = `<LastModified>${modifiedOf(object).toISOString()}</LastModified>`;
      const etag = `<ETag>${escaped(etagOf(object))}</ETag>`;
      const name = `<Key>${escaped(urlEncoded(key))}</Key>`;
      return `<Contents>${name}${modified}${etag}<Size>${object.body.length}</Size></Contents>`;
    });
    const next =
      keys.length > pageSize ? `<NextContinuationToken>${escaped(page.at(-1) ?? '')}</NextContinuationToken>` : '';
    send(
      response,
      200,
      `<ListBucketResult><IsTruncated>${next !== ''}</IsTruncated>${contents.join('')}${next}</ListBucketResult>`,
    );
  }

  function put(response: ServerResponse, key: string, headers: IncomingHttpHeaders, body: Buffer): void {
    const sum = headers['x-amz-checksum-sha256'];
    if (sum !== undefined && sum !== createHash('sha256').update(body).digest('base64')) {
      refuse(response, { status: 400, code: 'BadDigest' });
      return;
    }
    versions += 1;
    const object = { body, headers, modified: new Date(), version: `v${versions}` };
    objects.set(key, object);
    // Node's own Date header is cached, and may be of the second before.
    const date = object.modified.toUTCString();
    send(response, 200, '', { 'x-amz-version-id': object.version, etag: etagOf(object), date });
  }

  function get(response: ServerResponse, key: string, method: string): void {
    const object = objects.get(key);
    if (object === undefined) {
      refuse(response, { status: 404, code: 'NoSuchKey' });
      return;
    }
    const kept = Object.entries(object.headers).filter(([name]) =>
      /^(content-type|content-encoding|cache-control|x-amz-meta-.*)$/.test(name),
    );
    send(response, 200, method === 'HEAD' ? '' : object.body, {
      ...Object.fromEntries(kept),
      ...(object.version !== undefined && { 'x-amz-version-id': object.version }),
      etag: etagOf(object),
      'last-modified': modifiedOf(object).toUTCString(),
    });
  }

  function invalidate(response: ServerResponse, body: string, paths: readonly string[]): void {
    const refusal = invalidationRefusal(paths, Number(texts(body, 'Quantity')[0]));
    if (refusal !== undefined) {
      refuse(response, { status: 400, code: refusal.code });
      return;
    }
    const id = '<Id>I1</Id><Status>InProgress</Status><CreateTime>2026-01-01T00:00:00Z</CreateTime>';
    send(response, 201, `<Invalidation>${id}</Invalidation>`);
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const body = Buffer.concat(pieces);
    const { method = '', headers } = request;
    const url = new URL(request.url ?? '/', 'http://stub');
    const isInvalidation = url.pathname.endsWith('/invalidation');
    const isList = url.searchParams.has('list-type');
    const isDeletion = url.searchParams.has('delete');
    const key = decodeURIComponent(url.pathname.split('/').slice(2).join('/'));
    const named = isInvalidation ? texts(body.toString(), 'Path') : isDeletion ? texts(body.toString(), 'Key') : [key];
    const verb = isInvalidation ? 'INVALIDATE' : isList ? 'LIST' : isDeletion ? 'DELETE' : method;
    const line = `${verb} ${named.join(' ')}`.trim();
    await stub.before(line);
    stub.journal.push(line);
    const fault = stub.faults.get(line) ?? stub.faults.get(verb);
    if (fault !== undefined && fault.times !== 0) {
      if (fault.times !== undefined) fault.times -= 1;
      return refuse(response, fault);
    }
    if (isInvalidation) return invalidate(response, body.toString(), named);
    if (isList) return list(response, url.searchParams);
    if (method === 'PUT') return put(response, key, headers, body);
    if (method === 'GET' || method === 'HEAD') return get(response, key, method);
    const version = url.searchParams.get('versionId');
    for (const gone of named) if (version === null || objects.get(gone)?.version === version) objects.delete(gone);
    send(response, isDeletion ? 200 : 204, isDeletion ? '<DeleteResult/>' : '');
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return Object.assign(stub, {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise<void>((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  });
}

/**
 * A stand-in for S3, Cognito Identity and SNS on the loopback, as far as the API uses them. Only for the tests in api/.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { listen, type StubServer } from './stub-google.ts';

interface Version {
  readonly version: string;
  readonly text: string;
  readonly etag: string;
  readonly modified: Date;
}

/** How a request for an object fails: an S3 error, or an answer that never ends, is too long, or has no length. */
type Fault = 'missing' | 'forbidden' | 'failing' | 'stalled' | 'huge' | 'endless' | 'no-bucket' | 'conflict';

/** The answer of `GetId`: an identity ID, the name of an error, or none. */
type IdentityAnswer = { readonly identityId: string } | { readonly error: string } | 'stalled' | 'empty';

export interface StubAws extends StubServer {
  /** Writes a new version of an object; returns its version ID. */
  readonly put: (key: string, text: string) => string;
  /** By key; `put KEY` for writing the object, `KEY@VERSION` for one version. */
  readonly faults: Map<string, Fault>;
  /** Reads are logged as `KEY STATUS`, writes as `put KEY STATUS`, version lists as `versions KEY STATUS`. */
  readonly requests: string[];
  identity: IdentityAnswer;
  /** Bodies of the GetId calls. */
  readonly identityCalls: unknown[];
  failVersions: boolean;
  /** Number of answers that nobody read to the end. */
  abandoned: number;
  /** Number of S3 requests that will fail. It counts down. */
  failing: number;
  /** Number of GetId calls that will find a dead connection. It counts down. */
  deadConnections: number;
  /** ARN of the topic. */
  readonly topic: string;
  /** Messages that were published to it. */
  readonly messages: { readonly subject: string | null; readonly text: string | null }[];
  failPublish: boolean;
  /** Time of new objects, in milliseconds since 1970. */
  now: () => number;
  readonly read: (key: string) => string | undefined;
  readonly keys: (prefix: string) => string[];
  readonly remove: (key: string) => void;
}

const xml = (response: ServerResponse, status: number, body: string): void => {
  response.writeHead(status, { 'content-type': 'application/xml' }).end(`<?xml version="1.0"?>${body}`);
};

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

const keyOf = (url: URL): string => decodeURIComponent(url.pathname.split('/').slice(2).join('/'));

export async function startStubAws(): Promise<StubAws> {
  const objects = new Map<string, Version[]>();
  let written = 0;

  const state = {
    put: (key: string, text: string): string => {
      written += 1;
      const version = `v${written}`;
      const etag = `"${createHash('md5').update(text).digest('hex')}"`;
      objects.set(key, [{ version, text, etag, modified: new Date(state.now()) }, ...(objects.get(key) ?? [])]);
      return version;
    },
    faults: new Map<string, Fault>(),
    requests: [] as string[],
    identity: { identityId: 'eu-west-1:identity-1' } as IdentityAnswer,
    identityCalls: [] as unknown[],
    failVersions: false,
    abandoned: 0,
    failing: 0,
    deadConnections: 0,
    topic: 'arn:aws:sns:eu-west-1:111122223333:docs-prod-requests',
    messages: [] as { subject: string | null; text: string | null }[],
    failPublish: false,
    now: Date.now,
    read: (key: string): string | undefined => objects.get(key)?.[0]?.text,
    keys: (prefix: string): string[] => [...objects.keys()].filter((key) => key.startsWith(prefix)).sort(),
    remove: (key: string): void => void objects.delete(key),
  };

  function sendFault(response: ServerResponse, fault: Fault): number {
    if (fault === 'missing') xml(response, 404, '<Error><Code>NoSuchKey</Code></Error>');
    else if (fault === 'forbidden') xml(response, 403, '<Error><Code>AccessDenied</Code></Error>');
    else if (fault === 'no-bucket') xml(response, 404, '<Error><Code>NoSuchBucket</Code></Error>');
    else if (fault === 'conflict') xml(response, 409, '<Error><Code>ConditionalRequestConflict</Code></Error>');
    else if (fault === 'endless') response.writeHead(200, { 'x-amz-version-id': 'v9' }).write('x');
    else if (fault === 'failing') xml(response, 500, '<Error><Code>InternalError</Code></Error>');
    else if (fault === 'huge')
      response.writeHead(200, { 'content-length': '4194305', 'x-amz-version-id': 'v9' }).write('x');
    else response.writeHead(200, { 'content-length': '1000' }).write('x');
    return response.statusCode;
  }

  function sendObject(request: IncomingMessage, response: ServerResponse, key: string, url: URL): number {
    const wanted = url.searchParams.get('versionId');
    const fault = state.faults.get(wanted === null ? key : `${key}@${wanted}`);
    if (fault !== undefined) return sendFault(response, fault);
    const versions = objects.get(key) ?? [];
    const object = wanted === null ? versions[0] : versions.find(({ version }) => version === wanted);
    if (object === undefined) return sendFault(response, 'missing');
    const headers = { etag: object.etag, 'x-amz-version-id': object.version };
    if (request.headers['if-none-match'] === object.etag) response.writeHead(304, headers).end();
    else response.writeHead(200, { ...headers, 'content-length': Buffer.byteLength(object.text) }).end(object.text);
    return response.statusCode;
  }

  async function takeObject(request: IncomingMessage, response: ServerResponse, key: string): Promise<number> {
    const text = await bodyOf(request);
    const fault = state.faults.get(`put ${key}`);
    if (fault !== undefined) return sendFault(response, fault);
    const match = request.headers['if-match'];
    const isAnother = match !== undefined && match !== objects.get(key)?.[0]?.etag;
    if (isAnother || (request.headers['if-none-match'] === '*' && objects.has(key))) {
      xml(response, 412, '<Error><Code>PreconditionFailed</Code></Error>');
    } else {
      const version = state.put(key, text);
      response.writeHead(200, { 'x-amz-version-id': version, etag: objects.get(key)?.[0]?.etag }).end();
    }
    return response.statusCode;
  }

  function sendVersions(response: ServerResponse, prefix: string): number {
    if (state.failVersions) return sendFault(response, 'failing');
    const entries = [...objects]
      .filter(([key]) => key.startsWith(prefix))
      .flatMap(([key, versions]) =>
        versions.map(({ version }) => `<Version><Key>${key}</Key><VersionId>${version}</VersionId></Version>`),
      );
    xml(response, 200, `<ListVersionsResult>${entries.join('')}</ListVersionsResult>`);
    return 200;
  }

  function sendList(response: ServerResponse, parameters: URLSearchParams): number {
    const prefix = parameters.get('prefix') ?? '';
    const fault = state.faults.get(`list ${prefix}`);
    if (fault !== undefined) return sendFault(response, fault);
    const entries = state.keys(prefix).slice(0, Number(parameters.get('max-keys') ?? 1000));
    const contents = entries.map((key) => {
      const modified = objects
        .get(key)?.[0]
        ?.modified.toISOString()
        .replace(/\.\d+Z$/, '.000Z');
      return `<Contents><Key>${key}</Key><LastModified>${modified}</LastModified></Contents>`;
    });
    xml(response, 200, `<ListBucketResult>${contents.join('')}</ListBucketResult>`);
    return 200;
  }

  async function takeMessage(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parameters = new URLSearchParams(await bodyOf(request));
    if (state.failPublish || parameters.get('TopicArn') !== state.topic) {
      xml(response, 500, '<ErrorResponse><Error><Code>InternalFailure</Code></Error></ErrorResponse>');
      return;
    }
    state.messages.push({ subject: parameters.get('Subject'), text: parameters.get('Message') });
    xml(response, 200, '<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>');
  }

  async function sendIdentity(request: IncomingMessage, response: ServerResponse): Promise<void> {
    state.identityCalls.push(JSON.parse(await bodyOf(request)));
    const { identity } = state;
    if (state.deadConnections > 0) {
      state.deadConnections -= 1;
      response.destroy();
      return;
    }
    if (identity === 'stalled') return;
    const failed = identity !== 'empty' && 'error' in identity;
    const body = failed
      ? { __type: identity.error, message: 'refused' }
      : { IdentityId: identity === 'empty' ? undefined : identity.identityId };
    response.writeHead(failed ? 400 : 200, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
  }

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://stub');
    response.once('close', () => {
      if (!response.writableFinished) state.abandoned += 1;
    });
    if (state.failing > 0) {
      state.failing -= 1;
      sendFault(response, 'failing');
    } else if (request.method === 'POST' && request.headers['x-amz-target'] === undefined) {
      takeMessage(request, response).catch(() => response.destroy());
    } else if (request.method === 'POST') {
      sendIdentity(request, response).catch(() => response.destroy());
    } else if (request.method === 'PUT') {
      takeObject(request, response, keyOf(url)).then(
        (status) => state.requests.push(`put ${keyOf(url)} ${status}`),
        () => response.destroy(),
      );
    } else if (url.searchParams.has('versions')) {
      const prefix = url.searchParams.get('prefix') ?? '';
      state.requests.push(`versions ${prefix} ${sendVersions(response, prefix)}`);
    } else if (url.searchParams.has('list-type')) {
      const prefix = url.searchParams.get('prefix') ?? '';
      state.requests.push(`list ${prefix} ${sendList(response, url.searchParams)}`);
    } else {
      const key = keyOf(url);
      state.requests.push(`${key} ${sendObject(request, response, key, url)}`);
    }
  });
  return Object.assign(state, await listen(server));
}

/** What the SDK's clients need to reach the stand-in. */
export const clientOptionsFor = ({ origin }: StubServer) => ({
  endpoint: origin,
  region: 'eu-west-1',
  forcePathStyle: true,
  credentials: { accessKeyId: 'stub', secretAccessKey: 'stub' },
});

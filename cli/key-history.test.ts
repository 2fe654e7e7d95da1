import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { keysInUseKey } from '../contract/layout.ts';
import { type AwsEndpoint, startAwsEndpoint } from '../emulator/aws/aws-endpoint.ts';
import { close, listen } from '../emulator/message/loopback-server.ts';
import { type Bucket, createBucket } from '../emulator/s3/object-store.ts';
import { formatKeyList } from '../stacks/keys/key-list.ts';
import { deployedKeys } from './key-history.ts';

const [a, b, c] = ['a', 'b', 'c'].map((digit) => digit.repeat(16)) as [string, string, string];
const json = { contentType: 'application/json', cacheControl: undefined };
const where = { privateBucket: 'private', region: 'eu-west-1' };
let endpoint: AwsEndpoint;
let bucket: Bucket;

beforeEach(async () => {
  bucket = createBucket('private');
  bucket.setVersioned(true);
  endpoint = await startAwsEndpoint({
    buckets: () => new Map([['private', bucket]]),
    identityPools: () => [],
    clock: Date.now,
  });
  vi.stubEnv('AWS_ENDPOINT_URL', endpoint.url);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
});

afterEach(async () => {
  vi.restoreAllMocks();
  vi.useRealTimers();
  vi.unstubAllEnvs();
  await endpoint.close();
});

function put(seconds: number, text: string, key = keysInUseKey): void {
  vi.useFakeTimers({ toFake: ['Date'], now: seconds * 1000 });
  bucket.put(key, { bytes: Buffer.from(text) }, json);
  vi.useRealTimers();
}

describe('deployedKeys', () => {
  it('gives every list that was deployed with its time, newest first', async () => {
    const created = { store: 's3', signer: a, next: b, retiring: undefined } as const;
    const rotated = { store: 's3', signer: b, next: c, retiring: a } as const;
    put(1000, formatKeyList(created));
    put(2000, formatKeyList(rotated));
    put(3000, 'something else', `${keysInUseKey}.bak`);
    expect(await deployedKeys(where)).toEqual([
      { list: rotated, since: 2_000_000 },
      { list: created, since: 1_000_000 },
    ]);
  });

  it.each([
    ['there is no list', () => {}, /NoSuchKey/],
    ['a version is not a list', () => put(1000, '{}'), /cannot be read \(Error\)/],
    ['S3 refuses', () => endpoint.failObject('private', keysInUseKey, 'denied'), /AccessDenied/],
  ])('names the bucket and the fix when %s', async (_, spoil, reason) => {
    put(1, formatKeyList({ store: 's3', signer: a, next: b, retiring: undefined } as const));
    if (String(reason).includes('NoSuchKey')) bucket = createBucket('private');
    spoil();
    const reading = deployedKeys(where);
    await expect(reading).rejects.toThrow(reason);
    await expect(reading).rejects.toThrow(
      new RegExp(
        '^s3://private/keys/in-use\\.json cannot be read \\(\\w+\\)\\. Fix: use AWS credentials that may ' +
          's3:ListBucketVersions and s3:GetObjectVersion there$',
      ),
    );
  });
});

describe('deployedKeys, with any answer of S3', () => {
  let server: Server;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  let asked: IncomingMessage[];
  beforeEach(async () => {
    asked = [];
    // It closes no connection itself.
    server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
      asked.push(request);
      answer(request, response);
    });
    vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${await listen(server, 0)}`);
  });
  afterEach(() => close(server));

  const text = formatKeyList({ store: 's3', signer: a, next: b, retiring: undefined });
  const isList = ({ url = '' }: IncomingMessage): boolean => new URL(url, 'http://s3').searchParams.has('versions');
  const version = (id: string, time: string): string =>
    `<Version><Key>${keysInUseKey}</Key><VersionId>${id}</VersionId>${time}</Version>`;
  const modified = (time: string): string => `<LastModified>${time}</LastModified>`;
  /** Answers a list with these versions, and every object with the same key list. */
  const answerWith =
    (...versions: readonly string[]) =>
    (request: IncomingMessage, response: ServerResponse): void =>
      void response.end(isList(request) ? `<ListVersionsResult>${versions.join('')}</ListVersionsResult>` : text);

  it('asks for the last twenty versions of this list alone, in the region of the site', async () => {
    answer = answerWith();
    await expect(deployedKeys(where)).rejects.toThrow('NoSuchKey');
    const [{ url = '', headers }] = asked as [IncomingMessage];
    const query = new URL(url, 'http://private').searchParams;
    expect([query.get('max-keys'), query.get('prefix')]).toEqual(['20', keysInUseKey]);
    expect(headers.authorization).toContain('/eu-west-1/s3/');
  });

  it('returns the newest first, in whatever order S3 lists them, and reads each by its own version', async () => {
    answer = answerWith(
      version('one', modified('2026-01-01T00:00:00Z')),
      version('three', modified('2026-01-03T00:00:00Z')),
      version('two', modified('2026-01-02T00:00:00Z')),
    );
    const lists = await deployedKeys(where);
    expect(lists.map(({ since }) => new Date(since).getUTCDate())).toEqual([3, 2, 1]);
    const ids = asked.slice(1).map(({ url = '' }) => new URL(url, 'http://s3').searchParams.get('versionId'));
    expect(ids.toSorted()).toEqual(['one', 'three', 'two']);
  });

  it('refuses a version without a time', async () => {
    answer = answerWith(version('one', ''));
    await expect(deployedKeys(where)).rejects.toThrow(/cannot be read \(Error\)/);
  });

  it.each([
    ['once', 1, 'done', 2],
    ['always', Number.POSITIVE_INFINITY, 'InternalError', 2],
  ])('asks a second time, and no third, if S3 fails %s', async (_, failures, outcome, requests) => {
    answer = (request, response) => {
      if (isList(request) && asked.length > failures)
        return answerWith(version('one', modified('2026-01-01T00:00:00Z')))(request, response);
      if (!isList(request)) return void response.end(text);
      response.writeHead(500).end('<Error><Code>InternalError</Code></Error>');
    };
    const ended = await deployedKeys(where).then(
      () => 'done',
      (error: Error) => error.message,
    );
    expect(ended).toContain(outcome);
    expect(asked.filter(isList)).toHaveLength(requests);
  });

  it.each<[string, boolean]>([
    ['lists nothing', true],
    ['sends no object', false],
  ])('gives up after ten seconds if S3 %s', async (_, hangsAtList) => {
    const timeout = AbortSignal.timeout.bind(AbortSignal);
    const limits = vi.spyOn(AbortSignal, 'timeout').mockImplementation(() => timeout(200));
    answer = (request, response) => {
      if (isList(request) !== hangsAtList)
        answerWith(version('one', modified('2026-01-01T00:00:00Z')))(request, response);
    };
    await expect(deployedKeys(where)).rejects.toThrow(
      expect.objectContaining({
        message: expect.stringMatching(/cannot be read \((Abort|Timeout)Error\)/),
        cause: expect.any(Error),
      }),
    );
    for (const [ms] of limits.mock.calls) expect(ms).toBe(10_000);
  });

  it('keeps no connection open', async () => {
    const closed: Promise<unknown>[] = [];
    server.on('connection', (socket: Socket) => closed.push(once(socket, 'close')));
    answer = answerWith(version('one', modified('2026-01-01T00:00:00Z')));
    await deployedKeys(where);
    expect(closed.length).toBeGreaterThan(0);
    await Promise.all(closed);
  });
});

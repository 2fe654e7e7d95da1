import {
  CognitoIdentityClient,
  GetCredentialsForIdentityCommand,
  GetIdCommand,
} from '@aws-sdk/client-cognito-identity';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Bucket, createBucket } from '../s3/object-store.ts';
import { ask } from '../testing/ask.ts';
import { type AwsEndpoint, startAwsEndpoint } from './aws-endpoint.ts';
import type { IdentityPoolFailure } from './cognito-identity.ts';

const pool = {
  id: 'eu-west-1:00000000-0000-0000-0000-000000000000',
  loginProviders: { 'accounts.google.com': 'client' },
  allowsGuests: false,
};
const now = 1_800_000_000;
const buckets = new Map<string, Bucket>();
let endpoint: AwsEndpoint;
let s3: S3Client;
let cognito: CognitoIdentityClient;

beforeAll(async () => {
  endpoint = await startAwsEndpoint({
    buckets: () => buckets,
    identityPools: () => [pool],
    clock: () => now * 1000,
  });
  const options = {
    endpoint: endpoint.url,
    region: 'eu-west-1',
    maxAttempts: 1,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  };
  s3 = new S3Client(options);
  cognito = new CognitoIdentityClient(options);
});
afterAll(async () => {
  s3.destroy();
  cognito.destroy();
  await endpoint.close();
});
beforeEach(() => {
  const bucket = createBucket('private');
  bucket.setVersioned(true);
  buckets.set('private', bucket);
});

const at = (Key: string) => ({ Bucket: 'private', Key });
const put = (Key: string, Body: string, more = {}) => s3.send(new PutObjectCommand({ ...at(Key), Body, ...more }));
const read = async (Key: string, more = {}): Promise<string | undefined> =>
  (await s3.send(new GetObjectCommand({ ...at(Key), ...more }))).Body?.transformToString();

describe("S3 for the Lambda's own client", () => {
  it('reads what was written, with content type and ETag', async () => {
    const { ETag } = await put('access/a b+ü.json', '{}', { ContentType: 'application/json' });
    expect(await read('access/a b+ü.json')).toBe('{}');
    const head = await s3.send(new HeadObjectCommand(at('access/a b+ü.json')));
    expect(head).toMatchObject({ ETag, ContentType: 'application/json', ContentLength: 2 });
  });

  it('keeps the encoding of an object, and names none for another one', async () => {
    await put('app.js.gz', 'x', { ContentEncoding: 'gzip' });
    await put('app.js', 'x');
    const encodingOf = async (Key: string) => (await s3.send(new HeadObjectCommand(at(Key)))).ContentEncoding;
    expect([await encodingOf('app.js.gz'), await encodingOf('app.js')]).toEqual(['gzip', undefined]);
  });

  it("keeps an object's metadata, and reports its clock's time", async () => {
    const Metadata = { 'changed-by': 'alice' };
    await s3.send(new PutObjectCommand({ ...at('own'), Body: 'x', Metadata }));
    const { Metadata: read } = await s3.send(new GetObjectCommand({ ...at('own') }));
    expect(read).toEqual(Metadata);
    const { headers } = await fetch(`${endpoint.url}/private/own`);
    expect(Date.parse(headers.get('date') ?? '')).toBe(now * 1000);
  });

  it('answers 304 and 412 to conditions', async () => {
    const { ETag } = await put('a', '1');
    await expect(read('a', { IfNoneMatch: ETag })).rejects.toMatchObject({ $metadata: { httpStatusCode: 304 } });
    await expect(read('a', { IfMatch: '"other"' })).rejects.toMatchObject({ $metadata: { httpStatusCode: 412 } });
    await expect(put('a', '2', { IfNoneMatch: '*' })).rejects.toMatchObject({ name: 'PreconditionFailed' });
    await expect(put('a', '2', { IfMatch: '"other"' })).rejects.toMatchObject({ name: 'PreconditionFailed' });
    await put('a', '2', { IfMatch: ETag });
    expect(await read('a')).toBe('2');
  });

  it('keeps versions, delete markers included', async () => {
    const { VersionId } = await put('a', '1');
    await put('a', '2');
    await s3.send(new DeleteObjectCommand(at('a')));
    await expect(read('a')).rejects.toMatchObject({ name: 'NoSuchKey' });
    expect(await read('a', { VersionId })).toBe('1');
    const { Versions, DeleteMarkers } = await s3.send(
      new ListObjectVersionsCommand({ Bucket: 'private', Prefix: 'a' }),
    );
    expect(Versions).toHaveLength(2);
    expect(Versions?.map(({ IsLatest }) => IsLatest)).toEqual([false, false]);
    expect(DeleteMarkers).toMatchObject([{ Key: 'a', IsLatest: true }]);
  });

  it('lists page by page', async () => {
    for (const key of ['b/2', 'a/1', 'b/1', 'b/3']) await put(key, key);
    const first = await s3.send(new ListObjectsV2Command({ Bucket: 'private', Prefix: 'b/', MaxKeys: 2 }));
    expect(first.Contents?.map(({ Key }) => Key)).toEqual(['b/1', 'b/2']);
    const second = await s3.send(
      new ListObjectsV2Command({ Bucket: 'private', Prefix: 'b/', ContinuationToken: first.NextContinuationToken }),
    );
    expect(second.Contents?.map(({ Key }) => Key)).toEqual(['b/3']);
  });

  it('reports missing keys and buckets, and names the operations that it does not emulate', async () => {
    await expect(read('none')).rejects.toMatchObject({ name: 'NoSuchKey' });
    await expect(s3.send(new GetObjectCommand({ Bucket: 'other', Key: 'a' }))).rejects.toMatchObject({
      name: 'NoSuchBucket',
    });
    await expect(s3.send(new CopyObjectCommand({ ...at('a'), CopySource: 'private/b' }))).rejects.toMatchObject({
      message: expect.stringContaining('CopyObject'),
      $metadata: { httpStatusCode: 501 },
    });
  });

  it.each([
    ['missing', { name: 'NoSuchKey' }],
    ['denied', { name: 'AccessDenied' }],
    ['error', { name: 'InternalError' }],
    ['unreachable', { code: 'ECONNRESET' }],
  ] as const)('fails on demand: %s', async (failure, expected) => {
    await put('a', '1');
    endpoint.failObject('private', 'a', failure);
    await expect(read('a')).rejects.toMatchObject(expected);
    endpoint.failObject('private', 'a', 'none');
    expect(await read('a')).toBe('1');
  });

  it('lists the newest version first, and deletes a version permanently', async () => {
    const { VersionId } = await put('a', '1');
    await s3.send(new DeleteObjectCommand({ ...at('a'), VersionId }));
    await expect(read('a', { VersionId })).rejects.toMatchObject({ name: 'NoSuchVersion' });
    const { Versions } = await s3.send(new ListObjectVersionsCommand({ Bucket: 'private' }));
    expect(Versions).toBeUndefined();
  });

  it.each([
    ['a bucket list', 'GET', '/', 501, 'S3 GET is not emulated'],
    ['an object’s ACL', 'GET', '/private/a?acl', 501, 'S3 GET ?acl is not emulated'],
    ['a list in the old form', 'GET', '/private', 501, 'S3 GET is not emulated'],
    ['a bucket’s making', 'PUT', '/other-bucket', 404, 'NoSuchBucket'],
    ['a change to a bucket', 'PUT', '/private', 501, 'S3 PUT is not emulated'],
    ['a form upload', 'POST', '/private/a', 501, 'S3 POST is not emulated'],
    ['a key that is not UTF-8', 'GET', '/private/%ff', 400, 'InvalidURI'],
  ])('answers %s', async (_, method, path, status, text) => {
    const answer = await ask(endpoint.url, path, { method, headers: { host: new URL(endpoint.url).host } });
    expect(answer.status).toBe(status);
    expect(answer.body).toContain(text);
  });

  it('says that a bucket exists', async () => {
    const headers = { host: new URL(endpoint.url).host };
    expect((await ask(endpoint.url, '/private', { method: 'HEAD', headers })).status).toBe(200);
  });

  it('refuses uploads in signed chunks, conditions on missing objects, and bodies over 16 MB', async () => {
    const headers = { host: new URL(endpoint.url).host };
    const upload = (more: Record<string, string>, body: string) =>
      ask(endpoint.url, '/private/b', { method: 'PUT', headers: { ...headers, ...more }, body });
    expect((await upload({ 'content-encoding': 'aws-chunked' }, 'x')).status).toBe(501);
    expect((await upload({ 'if-match': '"x"' }, 'x')).status).toBe(404);
    expect((await upload({}, 'x'.repeat(16 * 1024 * 1024 + 1))).body).toContain('EntityTooLarge');
    await expect(read('b')).rejects.toMatchObject({ name: 'NoSuchKey' });
  });

  it('names an operation of another service', async () => {
    const headers = { host: new URL(endpoint.url).host, 'content-type': 'application/x-www-form-urlencoded' };
    const answer = await ask(endpoint.url, '/', { method: 'POST', headers, body: 'Action=AssumeRole' });
    expect(answer).toMatchObject({ status: 501, body: expect.stringContaining('AssumeRole is not emulated') });
  });

  it('keeps waiting requests waiting, and ends them when it closes', async () => {
    const other = await startAwsEndpoint({
      buckets: () => buckets,
      identityPools: () => [pool],
      clock: () => 0,
    });
    other.failObject('private', 'a', 'slow');
    other.failIdentityPool('slow');
    const headers = { host: new URL(other.url).host };
    const target = { ...headers, 'x-amz-target': 'AWSCognitoIdentityService.GetId' };
    const waiting = [
      ask(other.url, '/private/a', { headers }),
      ask(other.url, '/', { method: 'POST', headers: target, body: '{}' }),
    ].map((answer) => answer.catch((error: NodeJS.ErrnoException) => error.code));
    await ask(other.url, '/private/b', { headers });
    await other.close();
    expect(await Promise.all(waiting)).toEqual(['ECONNRESET', 'ECONNRESET']);
  });

  it('is closed to names that only resolve to this machine', async () => {
    expect((await ask(endpoint.url, '/private/a', { headers: { host: 'evil.example' } })).status).toBe(403);
  });

  it.each([
    { origin: 'http://localhost:8080' },
    { origin: 'null' },
    { origin: '' },
    { referer: 'https://evil.example/' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors' },
    { 'sec-fetch-site': 'none' },
  ])('is closed to browsers, which send %j: a page writes no rule and reads no key', async (sent: object) => {
    const headers = { host: new URL(endpoint.url).host, ...sent };
    for (const [method, path] of [
      ['GET', '/private/a'],
      ['PUT', '/private/b'],
      ['POST', '/'],
      ['OPTIONS', '/private/a'],
    ] as const) {
      const answer = await ask(endpoint.url, path, { method, headers, ...(method !== 'GET' && { body: 'x' }) });
      expect([answer.status, answer.body]).toEqual([403, '']);
      expect(answer.headers).toMatchObject({
        'cross-origin-resource-policy': 'same-origin',
        'x-content-type-options': 'nosniff',
      });
    }
    await expect(read('b')).rejects.toMatchObject({ name: 'NoSuchKey' });
  });
});

describe('Cognito Identity', () => {
  const token = (claims: object): string => `x.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`;
  const claims = { iss: 'https://accounts.google.com', sub: '1', aud: 'client', exp: now + 60 };
  const getId = (given: object, IdentityPoolId = pool.id) =>
    cognito.send(new GetIdCommand({ IdentityPoolId, Logins: { 'accounts.google.com': token(given) } }));

  it('gives each login the same identity ID every time', async () => {
    const first = await getId(claims);
    expect(first.IdentityId).toMatch(/^eu-west-1:[0-9a-f-]{36}$/);
    expect((await getId({ ...claims, exp: now + 99 })).IdentityId).toBe(first.IdentityId);
    expect((await getId({ ...claims, sub: '2' })).IdentityId).not.toBe(first.IdentityId);
  });

  it.each([
    ['another audience', { ...claims, aud: 'other' }],
    ['an expired token', { ...claims, exp: now }],
  ])('refuses %s', async (_, given) => {
    await expect(getId(given)).rejects.toMatchObject({ name: 'NotAuthorizedException' });
  });

  it('refuses guests, another provider and another pool', async () => {
    await expect(cognito.send(new GetIdCommand({ IdentityPoolId: pool.id }))).rejects.toMatchObject({
      name: 'NotAuthorizedException',
    });
    const Logins = { 'graph.facebook.com': token(claims) };
    await expect(cognito.send(new GetIdCommand({ IdentityPoolId: pool.id, Logins }))).rejects.toMatchObject({
      name: 'NotAuthorizedException',
    });
    await expect(getId(claims, 'eu-west-1:11111111-0000-0000-0000-000000000000')).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });

  it('gives guests an ID if the pool allows guests', async () => {
    const open = { ...pool, allowsGuests: true };
    const other = await startAwsEndpoint({
      buckets: () => buckets,
      identityPools: () => [open],
      clock: () => 0,
    });
    const target = { 'x-amz-target': 'AWSCognitoIdentityService.GetId', host: new URL(other.url).host };
    const send = (body: string) => ask(other.url, '/', { method: 'POST', headers: target, body });
    expect((await send(JSON.stringify({ IdentityPoolId: pool.id }))).body).toMatch(
      /"IdentityId":"eu-west-1:[0-9a-f-]{36}"/,
    );
    expect(await send('{')).toMatchObject({ status: 400, body: expect.stringContaining('SerializationException') });
    await other.close();
  });

  it.each([
    ['no text', 5],
    ['no token', 'x'],
    ['no JSON', 'x.e30x.x'],
    ['a list', `x.${Buffer.from('[]').toString('base64url')}.x`],
  ])('refuses a token that is %s', async (_, given) => {
    const Logins = { 'accounts.google.com': given as string };
    await expect(cognito.send(new GetIdCommand({ IdentityPoolId: pool.id, Logins }))).rejects.toMatchObject({
      name: 'NotAuthorizedException',
    });
  });

  it('names an operation that it does not emulate', async () => {
    await expect(
      cognito.send(new GetCredentialsForIdentityCommand({ IdentityId: 'eu-west-1:x' })),
    ).rejects.toMatchObject({
      message: expect.stringContaining('GetCredentialsForIdentity'),
    });
  });

  it.each<[IdentityPoolFailure, object]>([
    ['refuse', { name: 'NotAuthorizedException' }],
    ['throttle', { name: 'TooManyRequestsException' }],
    ['conflict', { name: 'ResourceConflictException' }],
    ['error', { name: 'InternalErrorException' }],
    ['unreachable', { code: 'ECONNRESET' }],
  ])('fails on demand: %s', async (failure, expected) => {
    endpoint.failIdentityPool(failure);
    await expect(getId(claims)).rejects.toMatchObject(expected);
    endpoint.failIdentityPool('none');
    expect((await getId(claims)).IdentityId).toBeDefined();
  });
});

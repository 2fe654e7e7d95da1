import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startEmulator } from './emulator.ts';
import { listen } from './message/loopback-server.ts';
import { useEmulator } from './testing/harness.ts';
import { behaviorIn, distributionIn, type Json, sampleStack } from './testing/sample-stack.ts';
import { createKeyPair } from './testing/signed-cookies.ts';

const harness = useEmulator();
const { keys, get, getSigned, load, cookiesFor, start } = harness;

describe('startEmulator', () => {
  it('answers 503 until the first load', async () => {
    await start();
    expect(await get('/')).toMatchObject({ status: 503, body: 'starting\n' });
    expect([harness.emulator.googleClientId, harness.emulator.outputs]).toEqual([undefined, {}]);
  });

  it('rejects with one line that names a port in use', async () => {
    const other = createServer();
    const port = await listen(other, 0);
    await expect(startEmulator({ port, onLog: () => {} })).rejects.toThrow(`Port ${port} is already in use`);
    other.close();
  });

  it('reports the client ID of the stack', () => {
    expect(harness.emulator.googleClientId).toBe('client.apps.googleusercontent.com');
  });
});

describe("a test's access to the buckets", () => {
  it('reads, writes, lists and removes by the name of the bucket or of its resource', async () => {
    const { aws } = harness.emulator;
    aws.put('private', 'a/b', 'text');
    expect(String(await aws.get('sample-private', 'a/b'))).toBe('text');
    expect(aws.list('private', 'a/')).toEqual(['a/b']);
    aws.delete('private', 'a/b');
    expect([aws.list('private', 'a/'), await aws.get('private', 'a/b')]).toEqual([[], undefined]);
    expect(aws.versions('private', 'a/')).toHaveLength(2);
    expect(aws.buckets).toEqual([expect.stringMatching(/^sample-site-/), 'sample-private']);
    expect(() => aws.list('other')).toThrow('there is no bucket other');
  });

  it("makes the Lambda's requests fail and work again", async () => {
    const { aws } = harness.emulator;
    const lambda = `
      const s3 = () => fetch(process.env.AWS_ENDPOINT_URL + '/' + process.env.BUCKET + '/access/live.json');
      const pool = () => fetch(process.env.AWS_ENDPOINT_URL, { method: 'POST', body: '{}',
        headers: { 'x-amz-target': 'AWSCognitoIdentityService.GetId' } });
      export const handler = async () =>
        ({ statusCode: 200, body: (await s3()).status + ' ' + (await pool()).status });`;
    harness.folder.writeFile('lambda/index.mjs', lambda);
    await harness.emulator.load(harness.folder);
    expect((await get('/auth/x')).body).toBe('200 400');
    aws.failObject('private', 'access/live.json', 'denied');
    aws.failIdentityPool('error');
    expect((await get('/auth/x')).body).toBe('403 500');
    aws.failObject('private', 'access/live.json', 'none');
    aws.failIdentityPool('none');
    expect((await get('/auth/x')).body).toBe('200 400');
  });
});

describe('what calls write', () => {
  const document = '/sample-private/access/live.json';
  const put = (body: string) => fetch(harness.emulator.aws.url + document, { method: 'PUT', body });
  /** Answers with the number of requests to the instance, and with what it read first. */
  const lambda = `
    let count = 0;
    const text = await (await fetch(process.env.AWS_ENDPOINT_URL + '${document}')).text();
    export const handler = async () => ({ statusCode: 200, body: ++count + ' ' + text });`;

  it('starts a fresh Lambda before the write is answered, for the chosen objects', async () => {
    await start({ freshLambdaAfter: (key) => key === 'access/live.json' });
    harness.folder.writeFile('lambda/index.mjs', lambda);
    await load();
    await put('first');
    expect([(await get('/auth/x')).body, (await get('/auth/x')).body]).toEqual(['1 first', '2 first']);
    await put('second');
    expect((await get('/auth/x')).body).toBe('1 second');
    await fetch(`${harness.emulator.aws.url}/sample-private/requests/a`, { method: 'PUT', body: 'x' });
    expect((await get('/auth/x')).body).toBe('2 second');
  });

  it('stays in force if the fresh Lambda cannot start, and the fault is logged', async () => {
    await start({ freshLambdaAfter: () => true });
    await load();
    harness.folder.writeFile('lambda/index.mjs', 'throw new Error("broken");');
    expect((await put('first')).status).toBe(200);
    expect((await get('/auth/x')).status).toBe(200);
    expect(harness.logs.join('')).toContain('emulator-fault');
  });

  it('is there again in the next run, even though the deploy creates the object', async () => {
    const stateFile = join(harness.folder.stackDirectory, 'state.json');
    await start({ stateFile });
    await load();
    await put('kept');
    await fetch(`${harness.emulator.aws.url}/sample-private/requests/a`, { method: 'PUT', body: 'x' });
    const versions = harness.emulator.aws.versions('private', 'access/live.json');
    await start({ stateFile });
    await load();
    expect(String(await harness.emulator.aws.get('private', 'access/live.json'))).toBe('kept');
    expect(harness.emulator.aws.versions('private', 'access/live.json')).toEqual(versions);
    expect(harness.emulator.aws.list('private', 'requests/')).toEqual(['requests/a']);
    await start();
    await load();
    expect(String(await harness.emulator.aws.get('private', 'access/live.json'))).not.toBe('kept');
  });
});

describe('the switches', () => {
  it("strip signed cookies from the API's requests", async () => {
    await start({ switches: { stripSignedCookiesFromApi: true } });
    await load();
    const { event } = JSON.parse((await get('/auth/x', { cookie: 'CloudFront-Policy=x; other=y' })).body);
    expect(event.cookies).toEqual(['other=y']);
  });

  it('decode headers as UTF-8', async () => {
    const read = async () => JSON.parse((await get('/auth/x', { cookie: 'a=Ã©' })).body).event.cookies;
    expect(await read()).toEqual(['a=Ã©']);
    await start({ switches: { headerEncoding: 'utf8' } });
    await load();
    expect(await read()).toEqual(['a=é']);
  });

  it('rename WWW-Authenticate', async () => {
    expect((await get('/auth/x?do=challenge')).headers['www-authenticate']).toBe('Bearer');
    await start({ switches: { renameWwwAuthenticate: true } });
    await load();
    const { headers } = await get('/auth/x?do=challenge');
    expect(headers['www-authenticate']).toBeUndefined();
    expect(headers['x-amzn-remapped-www-authenticate']).toBe('Bearer');
  });

  it('let edges trust the previous key group for a while', async () => {
    const next = createKeyPair('RSA-2048');
    await start({ switches: { keyGroupDelaySeconds: 60 } });
    await load();
    await load(sampleStack(next));
    const page = '/docs/guide.html';
    const status = async (pair: typeof keys) => (await get(page, { cookie: cookiesFor(pair) })).status;
    expect([await status(keys), await status(next)]).toEqual([200, 403]);
    harness.pass(60);
    expect([await status(keys), await status(next)]).toEqual([403, 200]);
  });
});

describe('load', () => {
  it('follows the stack: an open path, another error page, another key type', async () => {
    const next = createKeyPair('RSA-2048');
    await load(
      sampleStack(next, (resources) => {
        const cdn = distributionIn(resources);
        const ordered = cdn['ordered_cache_behavior'] as Json[];
        ordered.push({ ...ordered[1], path_pattern: '/docs/*' });
        cdn['custom_error_response'] = [
          { error_code: 403, response_code: 200, response_page_path: '/public/not-found.html' },
        ];
      }),
    );
    expect(await get('/docs/guide.html')).toMatchObject({ status: 200, body: 'guide' });
    expect(await get('/')).toMatchObject({ status: 200, body: 'not found page' });
    expect((await get('/', { cookie: cookiesFor(next) })).body).toBe('home');
  });

  it.each([
    ['an unknown resource type', { aws_sqs_queue: { alerts: {} } }, 'aws_sqs_queue'],
    [
      'an unknown reference',
      { aws_cloudfront_key_group: { signers: { items: ['${aws_cloudfront_public_key.x.id}'] } } },
      '${aws_cloudfront_public_key.x.id}',
    ],
    [
      'a key that CloudFront does not accept',
      { aws_cloudfront_public_key: { signer: { encoded_key: createKeyPair('P-384').publicPem } } },
      'P-256 and RSA-2048',
    ],
    [
      'a short RSA key',
      { aws_cloudfront_public_key: { signer: { encoded_key: createKeyPair('RSA-1024').publicPem } } },
      'P-256 and RSA-2048',
    ],
    [
      'a missing file',
      { aws_s3_object: { x: { bucket: '${aws_s3_bucket.site.id}', key: 'x', source: 'none' } } },
      'none does not exist',
    ],
  ])('stops at %s, names it, and keeps the previous stack', async (_, change, named) => {
    await expect(load(sampleStack(keys, (resources) => Object.assign(resources, change)))).rejects.toThrow(named);
    expect((await getSigned('/docs/guide.html')).body).toBe('guide');
    expect((await get('/auth/x')).status).toBe(200);
  });

  it.each(['cache_policy_id', 'origin_request_policy_id', 'response_headers_policy_id'])(
    'stops at an unknown %s',
    async (field) => {
      const stack = sampleStack(keys, (resources) => {
        const behavior = behaviorIn(resources);
        behavior[field] = '00000000-0000-0000-0000-000000000000';
      });
      await expect(load(stack)).rejects.toThrow(field);
    },
  );

  it.each([
    ['does not parse', 'export const handler = ;', 'the Lambda did not start'],
    ['throws', 'throw new Error("no settings");', 'no settings'],
    ['takes a callback', 'export const handler = async (event, context, callback) => callback();', 'callback'],
    ['has no handler', 'export const other = 1;', 'exports no function handler'],
  ])('stops at a bundle that %s and keeps the previous one', async (_, code, message) => {
    harness.folder.writeFile('lambda/index.mjs', code);
    await expect(harness.emulator.load(harness.folder)).rejects.toThrow(message);
    expect((await get('/auth/x')).status).toBe(200);
  });

  it('replaces the whole Lambda', async () => {
    harness.folder.writeFile(
      'lambda/index.mjs',
      'export const handler = async () => ({ statusCode: 200, body: "second" });',
    );
    await harness.emulator.load(harness.folder);
    expect((await get('/auth/x')).body).toBe('second');
  });

  it('keeps what operators wrote, as a deploy does', async () => {
    harness.emulator.aws.put('private', 'access/live.json', '{"mine":true}');
    harness.emulator.aws.put('private', 'access/config.json', '{"edited":true}');
    await load();
    const read = async (key: string) => String(await harness.emulator.aws.get('private', key));
    expect(await read('access/live.json')).toBe('{"mine":true}');
    expect(await read('access/config.json')).toBe('{"edited":true}');

    await load(
      sampleStack(keys, (resources) => {
        const objects = resources['aws_s3_object'];
        Object.assign(objects?.['config'] ?? {}, { content: '{"version":2}' });
        Object.assign(objects?.['live'] ?? {}, { content: '{"changed":true}' });
        delete objects?.['guide'];
      }),
    );
    expect(await read('access/live.json')).toBe('{"mine":true}');
    expect(await read('access/config.json')).toBe('{"version":2}');
    expect(harness.emulator.aws.versions('private', 'access/config.json')).toHaveLength(3);
    expect((await getSigned('/docs/guide.html')).status).toBe(404);
  });

  it('restores an object with a fixed MD5, as a deploy does, and leaves other objects alone', async () => {
    const stack = sampleStack(keys, (resources) => {
      const config = resources['aws_s3_object']?.['config'];
      Object.assign(config ?? {}, {
        content: '{"version":1}',
        etag: createHash('md5').update('{"version":1}').digest('hex'),
      });
    });
    await load(stack);
    const { aws } = harness.emulator;
    const written = aws.versions('private', 'access/config.json').length;
    await load(stack);
    expect(aws.versions('private', 'access/config.json')).toHaveLength(written);
    aws.put('private', 'access/config.json', '{"edited":true}');
    await load(stack);
    expect(String(await aws.get('private', 'access/config.json'))).toBe('{"version":1}');
  });

  it('has the outputs of the stack as terraform prints them', async () => {
    const output = {
      private_bucket: { value: '${aws_s3_bucket.private.id}', description: 'x' },
      list: { value: ['a'] },
    };
    await load({ ...sampleStack(keys), output });
    expect(Object.keys(harness.emulator.outputs)).toEqual(['private_bucket']);
    expect(harness.emulator.aws.buckets).toContain(harness.emulator.outputs['private_bucket']);
  });

  it('writes nothing into the stack', async () => {
    const before = await readFile(join(harness.folder.stackDirectory, 'cdk.tf.json'), 'utf8');
    await harness.emulator.load(harness.folder);
    expect(await readFile(join(harness.folder.stackDirectory, 'cdk.tf.json'), 'utf8')).toBe(before);
  });
});

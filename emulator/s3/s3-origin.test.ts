import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ask } from '../testing/ask.ts';
import { useEmulator } from '../testing/harness.ts';
import { bucketPolicy, distributionIn, type Json, originIn, readSite, sampleStack } from '../testing/sample-stack.ts';

const harness = useEmulator();
const { keys, get, getSigned, load } = harness;

describe('the bucket', () => {
  it('serves only the prefix that its policy allows', async () => {
    await load(
      sampleStack(keys, (resources) => {
        delete originIn(resources)['origin_path'];
      }),
    );
    expect((await getSigned('/www/docs/guide.html')).status).toBe(200);
    expect(await getSigned('/keys/secret.pem')).toMatchObject({ status: 403 });
  });

  it('answers 403 for a missing key if the distribution may not list', async () => {
    await load(
      sampleStack(keys, (resources) => {
        const policy = resources['aws_s3_bucket_policy']?.['site'];
        if (policy !== undefined) policy['policy'] = bucketPolicy(readSite);
      }),
    );
    expect(await getSigned('/docs/none.html')).toMatchObject({ status: 403 });
    expect((await getSigned('/docs/guide.html')).status).toBe(200);
  });

  it('lists itself at / without a default root object and origin path, as S3 would', async () => {
    const open = sampleStack(keys, (resources) => {
      delete distributionIn(resources)['default_root_object'];
      delete originIn(resources)['origin_path'];
    });
    await load(open);
    expect((await getSigned('/')).body).toContain('<Key>keys/secret.pem</Key>');
  });

  it('accepts reads only, whatever the behavior lets through', async () => {
    await load(
      sampleStack(keys, (resources) => {
        const [, open] = distributionIn(resources)['ordered_cache_behavior'] as Json[];
        Object.assign(open ?? {}, { allowed_methods: ['GET', 'HEAD', 'OPTIONS', 'PUT', 'POST', 'PATCH', 'DELETE'] });
        distributionIn(resources)['custom_error_response'] = [];
      }),
    );
    const codeOf = async (method: string) =>
      /<Code>(\w+)/.exec((await ask(harness.emulator.origin, '/public/login.html', { method })).body)?.[1];
    expect(await Promise.all(['PUT', 'DELETE', 'PATCH', 'POST', 'OPTIONS'].map(codeOf))).toEqual([
      'AccessDenied',
      'AccessDenied',
      'AccessDenied',
      'MethodNotAllowed',
      'AccessForbidden',
    ]);
    expect((await get('/public/login.html')).body).toBe('login page');
  });

  it('hides its contents at / from callers without the right to list', async () => {
    await load(
      sampleStack(keys, (resources) => {
        delete distributionIn(resources)['default_root_object'];
        delete originIn(resources)['origin_path'];
        distributionIn(resources)['custom_error_response'] = [];
        Object.assign(resources['aws_s3_bucket_policy']?.['site'] ?? {}, { policy: bucketPolicy(readSite) });
      }),
    );
    expect((await getSigned('/')).body).toContain('<Code>AccessDenied</Code>');
  });

  it('treats paths literally', async () => {
    harness.emulator.aws.put('site', 'www/public/a//b', 'two slashes');
    harness.emulator.aws.put('site', 'www/public/ü ?#', 'odd name');
    expect((await get('/public/a//b')).body).toBe('two slashes');
    expect((await get('/public/a/b')).status).toBe(404);
    expect((await get('/public/%C3%BC%20%3F%23')).body).toBe('odd name');
    expect((await get('/public/./login.html')).status).toBe(404);
  });

  it('reads + as a space, and %2B as a plus', async () => {
    expect((await get('/public/a+b.html')).status).toBe(404);
    expect((await get('/public/a%2Bb.html')).body).toBe('plus');
  });

  it('serves ranges, conditions and HEAD', async () => {
    const whole = await get('/public/photo.bin');
    expect(whole.headers).toMatchObject({
      'content-length': '10',
      'accept-ranges': 'bytes',
      'cache-control': 'max-age=60',
    });
    const etag = String(whole.headers['etag']);
    expect(await get('/public/photo.bin', { range: 'bytes=2-4' })).toMatchObject({ status: 206, body: '234' });
    expect((await get('/public/photo.bin', { range: 'bytes=-3' })).body).toBe('789');
    expect((await get('/public/photo.bin', { range: 'bytes=8-99' })).headers['content-range']).toBe('bytes 8-9/10');
    expect((await get('/public/photo.bin', { range: 'bytes=10-' })).status).toBe(416);
    expect((await get('/public/photo.bin', { range: 'bytes=0-1,4-5' })).status).toBe(200);
    expect((await get('/public/photo.bin', { range: 'bytes=2-4', 'if-range': '"other"' })).status).toBe(200);
    expect(await get('/public/photo.bin', { 'if-none-match': etag })).toMatchObject({ status: 304, body: '' });
    expect((await get('/public/photo.bin', { 'if-match': '"other"' })).status).toBe(412);
    const head = await ask(harness.emulator.origin, '/public/photo.bin', { method: 'HEAD' });
    expect(head).toMatchObject({ status: 200, body: '' });
    expect(head.headers['content-length']).toBe('10');
  });

  it('reads the file again for every request', async () => {
    await writeFile(join(harness.folder.stackDirectory, 'files/photo.bin'), 'changed');
    expect((await get('/public/photo.bin')).body).toBe('changed');
  });
});

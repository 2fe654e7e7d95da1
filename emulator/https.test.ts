import { get } from 'node:https';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { selfSignedCertificate } from './issuers/self-signed-certificate.ts';
import { type Answer, ask, askRaw } from './testing/ask.ts';
import { useEmulator } from './testing/harness.ts';
import { distributionIn, type Json, sampleStack } from './testing/sample-stack.ts';

const harness = useEmulator();
const certificate = selfSignedCertificate(['localhost'], Date.now());

const stackWith = (policy: string): Json =>
  sampleStack(harness.keys, (resources) => {
    const distribution = distributionIn(resources);
    const behaviors = [distribution['default_cache_behavior'], distribution['ordered_cache_behavior']].flat();
    for (const behavior of behaviors as Json[]) behavior['viewer_protocol_policy'] = policy;
    Object.assign(resources['aws_cloudfront_response_headers_policy']?.['protected'] ?? {}, {
      security_headers_config: {
        strict_transport_security: { access_control_max_age_sec: 31_536_000, override: true },
      },
    });
  });

async function startWith(policy: string): Promise<void> {
  await harness.start({ certificate });
  await harness.load(stackWith(policy));
}

/** Asks by https, trusting the certificate and nothing else. */
const askSecurely = (path: string, headers: Record<string, string> = {}): Promise<Pick<Answer, 'status' | 'headers'>> =>
  new Promise((resolve, reject) => {
    get(`${harness.emulator.origin}${path}`, { ca: certificate.cert, agent: false, headers }, (incoming) => {
      incoming.resume();
      incoming.once('end', () => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers }));
    }).once('error', reject);
  });

describe('an emulator with a certificate', () => {
  it('serves https, checks signatures there, and sends what is asked by http to https', async () => {
    await startWith('redirect-to-https');
    const { origin } = harness.emulator;
    expect(origin).toMatch(/^https:\/\/localhost:\d+$/);
    expect((await askSecurely('/public/login.html')).status).toBe(200);
    expect((await askSecurely('/docs/guide.html')).status).toBe(403);
    expect((await askSecurely('/docs/guide.html', { cookie: harness.cookiesFor() })).status).toBe(200);
    const plain = await ask(origin, '/docs/guide.html?a=1');
    expect([plain.status, plain.headers['location']]).toEqual([301, `${origin}/docs/guide.html?a=1`]);
  });

  it('refuses http where the distribution does', async () => {
    await startWith('https-only');
    expect((await ask(harness.emulator.origin, '/public/login.html')).status).toBe(403);
  });

  it('sends no Strict-Transport-Security: it would hold for every port of localhost', async () => {
    await startWith('redirect-to-https');
    const signed = { cookie: harness.cookiesFor() };
    expect((await askSecurely('/docs/guide.html', signed)).headers).not.toHaveProperty('strict-transport-security');
    await harness.start();
    await harness.load(stackWith('redirect-to-https'));
    expect((await harness.getSigned('/docs/guide.html')).headers).toHaveProperty('strict-transport-security');
  });

  it('refuses what is neither, and ends connections that say nothing when it closes', async () => {
    await startWith('redirect-to-https');
    const { origin } = harness.emulator;
    expect(await askRaw(origin, 'nonsense\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
    const silent = connect(Number(new URL(origin).port), '127.0.0.1');
    await new Promise((resolve) => silent.once('connect', resolve));
    const ended = new Promise((resolve) => silent.once('close', resolve));
    await harness.emulator.close();
    await ended;
    expect(silent.destroyed).toBe(true);
  });
});

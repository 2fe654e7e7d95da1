/**
 * The cost of a protected request besides its delivery: none here, as the synthesized stack shows; one handler run with
 * a package that checks in Lambda@Edge.
 */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { median } from './measure.ts';
import { installPeers, loadPeer, nameOf } from './peers.ts';
import { digits, type Report } from './report.ts';
import type { Workspace } from './workspace.ts';

const rounds = 15;
const requestsPerRound = 1000;

interface Behavior {
  readonly trusted_key_groups?: readonly string[];
  readonly function_association?: readonly unknown[];
  readonly lambda_function_association?: readonly unknown[];
}

/** The default behavior, which serves every protected page. */
async function defaultBehavior({ folder, run }: Workspace): Promise<Behavior> {
  const [stack = ''] = (await run('cli/main.ts', 'synth')).split('\n');
  const json = JSON.parse(readFileSync(join(folder, stack, 'cdk.tf.json'), 'utf8')) as {
    resource: { aws_cloudfront_distribution: Record<string, { default_cache_behavior: Behavior }> };
  };
  const [distribution] = Object.values(json.resource.aws_cloudfront_distribution);
  if (distribution === undefined) throw new Error('the stack has no distribution');
  return distribution.default_cache_behavior;
}

/** The used part of cognito-at-edge. `_jwtVerifier` is private, and the only way to give it keys without a network. */
interface CognitoAtEdge {
  readonly Authenticator: new (
    options: Readonly<Record<'region' | 'userPoolId' | 'userPoolAppId' | 'userPoolDomain', string>>,
  ) => { handle(event: unknown): Promise<unknown>; readonly _jwtVerifier: { cacheJwks(keySet: unknown): void } };
}

const pool = {
  region: 'eu-west-1',
  userPoolId: 'eu-west-1_abcdefghi',
  userPoolAppId: 'bench',
  userPoolDomain: 'x.example',
};

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** An ID token as a Cognito user pool issues it. */
function cognitoToken(person: number, privateKey: KeyObject): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    sub: `00000000-0000-4000-8000-${String(person).padStart(12, '0')}`,
    email_verified: true,
    iss: `https://cognito-idp.${pool.region}.amazonaws.com/${pool.userPoolId}`,
    'cognito:username': `person-${person}`,
    aud: pool.userPoolAppId,
    event_id: '00000000-0000-4000-8000-000000000000',
    token_use: 'id',
    auth_time: now,
    exp: now + 3600,
    iat: now,
    email: `person-${person}@example.com`,
  };
  const text = `${encode({ kid: 'bench', alg: 'RS256' })}.${encode(claims)}`;
  return `${text}.${sign('sha256', Buffer.from(text), privateKey).toString('base64url')}`;
}

/** CPU microseconds of all threads for one request that cognito-at-edge accepts. */
async function peerMicroseconds(): Promise<number> {
  const { Authenticator } = loadPeer('cognito-at-edge') as CognitoAtEdge;
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const authenticator = new Authenticator(pool);
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'bench', alg: 'RS256', use: 'sig' };
  authenticator._jwtVerifier.cacheJwks({ keys: [jwk] });
  const texts = Array.from({ length: 50 }, (_, person) => {
    const name = `CognitoIdentityServiceProvider.${pool.userPoolAppId}.person-${person}`;
    const cookie = { key: 'Cookie', value: `${name}.idToken=${cognitoToken(person, privateKey)}` };
    const headers = { host: [{ key: 'Host', value: 'docs.example.com' }], cookie: [cookie] };
    const request = { clientIp: '203.0.113.7', method: 'GET', uri: '/docs/guide.html', querystring: '', headers };
    return JSON.stringify({ Records: [{ cf: { config: { eventType: 'viewer-request' }, request } }] });
  });
  const results: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const events = Array.from({ length: requestsPerRound }, (_, turn) => JSON.parse(texts[turn % texts.length] ?? ''));
    const before = process.cpuUsage();
    for (const event of events) {
      if ((await authenticator.handle(event)) !== event.Records[0].cf.request) throw new Error('the peer refused');
    }
    const { user, system } = process.cpuUsage(before);
    // The first round warms up.
    if (round > 0) results.push((user + system) / requestsPerRound);
  }
  return median(results);
}

export async function benchProtectedRequest(workspace: Workspace, report: Report): Promise<void> {
  const behavior = await defaultBehavior(workspace);
  const code = [...(behavior.function_association ?? []), ...(behavior.lambda_function_association ?? [])].length;
  const signed = (behavior.trusted_key_groups ?? []).length > 0;
  installPeers();
  const microseconds = await peerMicroseconds();

  report.heading('CPU of your own for one protected request');
  report.table(
    ['', 'µs', 'a million requests'],
    [
      ['s3nator: CloudFront checks the signed cookie', '0', '0 s'],
      [
        `${nameOf('cognito-at-edge')}: its handler, valid cookie, keys cached`,
        digits(microseconds),
        `${Math.round(microseconds)} s`,
      ],
    ],
  );
  report.target(
    'the synthesized default behavior is signed and runs no function',
    signed ? `trusted key group, ${code} functions` : 'no trusted key group',
    signed && code === 0,
  );
}

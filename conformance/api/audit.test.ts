import { spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts } from '../../emulator/testing/free-ports.ts';
import { cookieHeader, cookiesOf, send } from '../support/http.ts';
import { logProblems, secretsIn } from '../support/log-check.ts';
import { makeClone, type RunningSite, root, runCommand, startSite, unthrottled } from '../support/site.ts';
import { idToken, signInWith } from '../support/tokens.ts';

/** A visit of alice from sign-in to sign-out, and mallory's attempt. Gives everything secret that was seen. */
async function visit(origin: string, tokenOf: (email: string) => Promise<string>): Promise<string[]> {
  const tokens = [await tokenOf('alice@example.com'), await tokenOf('mallory@evil.example')];
  const [granted, denied] = [await signInWith(origin, tokens[0] ?? ''), await signInWith(origin, tokens[1] ?? '')];
  expect([granted.status, denied.status]).toEqual([201, 401]);
  const headers = { Cookie: cookieHeader(granted.setCookie), Origin: origin };
  const renewed = await send(`${origin}/auth/session/renewal`, { method: 'POST', headers });
  expect(renewed.status).toBe(200);
  expect((await send(`${origin}/auth/session`, { method: 'DELETE', headers })).status).toBe(204);
  const cookies = [granted, renewed].flatMap(({ setCookie }) => Object.values(cookiesOf(setCookie)));
  return [...tokens, ...cookies.map(({ value }) => value)].filter((text) => text.length > 20);
}

const eventsOf = (site: RunningSite): unknown[] =>
  site.log.filter((line) => 'schema' in line).map(({ event }) => event);

describe('the audit', () => {
  let site: RunningSite;
  let secrets: string[];
  beforeAll(async () => {
    site = await startSite({ config: unthrottled });
    secrets = await visit(site.origin, (email) => idToken(site, email));
    await site.logged({ event: 'signed-out' });
  });
  afterAll(() => site.close());

  it('has one line for each decision of a visit, in order, as docs/audit.md says', () => {
    expect(eventsOf(site)).toEqual(['granted', 'denied', 'renewed', 'signed-out']);
    expect(logProblems(site.rawLog)).toEqual([]);
  });

  it('follows one session from sign-in to sign-out, and one person from line to line', () => {
    const [granted, denied, renewed, signedOut] = site.log.filter((line) => 'schema' in line);
    expect([renewed?.['sid'], signedOut?.['sid']]).toEqual([granted?.['sid'], granted?.['sid']]);
    expect([renewed?.['who'], signedOut?.['who']]).toEqual([granted?.['who'], granted?.['who']]);
    expect(denied?.['who']).toMatchObject({ email: 'mallory@evil.example' });
  });

  it('has no token, cookie or key of the visit in it, whole or in part', () => {
    const everything = site.rawLog.join('\n');
    expect(secrets.length).toBeGreaterThanOrEqual(8);
    for (const secret of secrets) {
      for (let at = 0; at + 24 <= secret.length; at += 24) expect(everything).not.toContain(secret.slice(at, at + 24));
    }
    expect(everything).not.toMatch(/PRIVATE KEY/);
  });

  it('would be found out if a secret stood in it', () => {
    for (const secret of secrets.filter((text) => text.length > 80)) {
      expect(secretsIn(JSON.stringify({ event: 'refused', path: `/auth/${secret}` })), secret.slice(0, 12)).not.toEqual(
        [],
      );
    }
    const [line] = site.log.filter(({ event }) => event === 'granted');
    expect(logProblems([JSON.stringify({ ...line, ip: '192.0.2.1' })])).toEqual([
      'ip of granted is not in docs/audit.md',
    ]);
    expect(logProblems([JSON.stringify({ ...line, rule: 7, until: undefined })])).toEqual([
      'rule of granted is not what docs/audit.md says: 7',
      'granted without until',
    ]);
  });

  it('does not keep a token that somebody put into a path', async () => {
    const token = await idToken(site, 'alice@example.com');
    await send(`${site.origin}/auth/${token}`);
    const line = await site.logged({ reason: 'unknown-path' });
    expect(line['path']).toBe('/auth/[token]');
  });

  it('counts each decision in the line itself, by the metrics that the alarms know', () => {
    const [granted] = site.log.filter(({ event }) => event === 'granted');
    expect(granted).toMatchObject({
      Granted: 1,
      _aws: { CloudWatchMetrics: [{ Namespace: 's3nator', Dimensions: [['site', 'stage']] }] },
    });
  });
});

describe('pseudonyms', () => {
  let site: RunningSite;
  beforeAll(async () => {
    site = await startSite({
      config: (text) => unthrottled(text).replace('identityPool:', 'audit: { pseudonyms: true }, identityPool:'),
    });
    await visit(site.origin, (email) => idToken(site, email));
    await site.logged({ event: 'signed-out' });
  });
  afterAll(() => site.close());

  it('stand in every line of a visit in the place of address and account, and lead from one to the next', () => {
    expect(site.rawLog.join('\n')).not.toMatch(/alice|mallory/);
    const who = site.log.filter((line) => 'schema' in line).map((line) => line['who'] as Record<string, string>);
    expect(who[0]).toEqual({
      iss: 'https://accounts.google.com',
      sub: expect.stringMatching(/^p_[\w-]{22}$/),
      email: expect.stringMatching(/^p_[\w-]{22}$/),
      hd: 'example.com',
    });
    expect([who[2], who[3]]).toEqual([who[0], who[0]]);
    expect(who[1]?.['email']).not.toBe(who[0]?.['email']);
  });

  it('have a key of their own in the private bucket, which the API made once', () => {
    const bucket = site.emulator.aws.buckets.find((name) => name.includes('private')) ?? '';
    expect(site.emulator.aws.versions(bucket, 'audit/').map(({ key }) => key)).toEqual(['audit/pseudonyms.key']);
  });
});

describe('npm run access -- log --local-site', () => {
  let folder: string;
  let stop: () => Promise<void>;
  let origin: string;
  let google: string;

  beforeAll(async () => {
    folder = await makeClone((text) =>
      unthrottled(text).replace('identityPool:', 'audit: { pseudonyms: true }, identityPool:'),
    );
    const port = await freePorts();
    [origin, google] = [`http://localhost:${port}`, `http://127.0.0.1:${port + 1}`];
    const child = spawn(process.execPath, [join(root, 'cli/main.ts'), 'start', '--port', String(port)], {
      cwd: folder,
    });
    const ended = new Promise<void>((done) => child.once('close', () => done()));
    stop = async () => {
      child.kill('SIGINT');
      await ended;
    };
    await new Promise<void>((done, failed) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        if (line.includes('Ctrl-C stops')) done();
      });
      child.once('close', () => failed(new Error('npm start ended')));
    });
  });
  afterAll(async () => {
    await stop();
    await rm(folder, { recursive: true });
  });

  const log = (...args: string[]) => runCommand(folder, ['access', 'log', '--local-site', ...args]);

  it('says that there is nothing yet', async () => {
    const { code, out } = await log();
    expect(code).toBe(0);
    expect(out).toMatch(/^LOCAL site docs, log .*docs\.jsonl \(npm start\)\nNo decision and no refusal since /);
  });

  it('follows a visit while it happens', async () => {
    const command = [join(root, 'cli/main.ts'), 'access', 'log', '--local-site', '--follow', '--json'];
    const child = spawn(process.execPath, command, { cwd: folder });
    const ended = new Promise<number | null>((done) => child.once('close', done));
    const events: unknown[] = [];
    const seen = new Promise<void>((done) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        events.push((JSON.parse(line) as { event: unknown }).event);
        if (events.length === 4) done();
      });
    });
    await visit(origin, async (email) => (await send(`${google}/token?email=${email}`)).text.trim());
    await seen;
    child.kill('SIGINT');
    expect(await ended).toBe(0);
    expect(events).toEqual(['granted', 'denied', 'renewed', 'signed-out']);
  });

  it('finds a person by address though the log has pseudonyms only', async () => {
    const { code, out, errors } = await log('--json', '--person', 'Alice@example.com');
    expect([code, errors]).toEqual([0, expect.stringMatching(/^LOCAL site docs/)]);
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string });
    expect(lines.map(({ event }) => event)).toEqual(['granted', 'renewed', 'signed-out']);
    expect(out).not.toMatch(/alice|_aws/);
    const nobody = await log('--person', 'nobody@example.com');
    expect(nobody.out).toMatch(/No decision since/);
  });

  it('shows a refusal, and finds it by the ID that the refused person was shown', async () => {
    const headers = { Authorization: 'Bearer a.b.c' };
    const { json } = await send(`${origin}/auth/session`, { method: 'POST', headers });
    const { requestId } = json as { requestId: string };
    const all = await log();
    // Compared as text: an ID may have a plus sign in it.
    const shown = all.out.split('\n').filter((line) => / refused +- +id-token-malformed, /.test(line));
    expect(shown).toEqual([expect.stringContaining(`id-token-malformed, answered with 401, request ${requestId}`)]);
    const found = await log('--request', requestId);
    expect(found.code).toBe(0);
    expect(found.out.trim().split('\n').slice(2)).toEqual([expect.stringContaining('id-token-malformed')]);
    expect((await log('--request', 'none')).out).toContain('Nothing about request none since ');
  });

  it.each([
    ['--request', 'a" || b', '--request: got a" || b; allowed: the ID'],
    ['--since', 'yesterday', '--since: got yesterday; allowed: 30s'],
    ['--site', 'other', '--site: got other; allowed: docs'],
    ['--sinse', '1h', "Unknown option '--sinse'"],
  ])('refuses %s %s and says what is allowed', async (...args) => {
    const words = args.slice(0, 2);
    const { code, out, errors } = await log(...words);
    expect([code, out]).toEqual([1, '']);
    expect(errors).toContain(args[2]);
  });
});

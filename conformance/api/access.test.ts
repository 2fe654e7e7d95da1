import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, cookieHeader, send } from '../support/http.ts';
import { noteForCommands, type RunningSite, runCommand, startSite } from '../support/site.ts';
import { idToken, signInAs } from '../support/tokens.ts';

/** How far AWS and its Lambda are ahead of this machine, in milliseconds. */
let ahead: number;
let site: RunningSite;
beforeEach(async () => {
  ahead = 0;
  const clock = (): number => Date.now() + ahead;
  site = await startSite({
    clock,
    lambdaClock: clock,
    config: (text) => text.replace('cookieSeconds: 3600', 'cookieSeconds: 600'),
  });
  await noteForCommands(site);
});
afterEach(() => site.close());

const later = (seconds: number): void => {
  ahead += seconds * 1000;
};

async function access(...args: string[]): Promise<string> {
  const { code, out, errors } = await runCommand(site.folder, ['access', ...args, '--local-site', '--yes']);
  expect([code, errors]).toEqual([0, '']);
  expect(out).toMatch(/^LOCAL site docs, http:\/\/localhost:/);
  return out;
}
const explain = (...args: string[]) => runCommand(site.folder, ['explain', ...args]);
const live = (text: string): void => {
  site.emulator.aws.put(site.emulator.outputs['private_bucket'] ?? '', 'access/live.json', text);
};

const signIn = (email: string, claims?: Record<string, string>): Promise<Answer> => signInAs(site, email, claims);
const renew = (cookie: string): Promise<Answer> =>
  send(`${site.origin}/auth/session/renewal`, { method: 'POST', headers: { Cookie: cookie, Origin: site.origin } });
const open = async (cookie: string, path: string): Promise<number> =>
  (await send(`${site.origin}${path}`, { headers: { Cookie: cookie } })).status;

describe('a live rule', () => {
  it('admits a person within 60 seconds, to its path alone, and no longer than it says', async () => {
    expect((await signIn('bob@gmail.com', { hd: '' })).json).toMatchObject({ code: 'access_denied' });
    const until = new Date(Date.now() + 300_000).toISOString();
    await access('add-rule', '--email', 'Bob@Gmail.com', '--path', '/docs/*', '--until', until);
    later(60);
    const answer = await signIn('bob@gmail.com', { hd: '' });
    expect([answer.status, answer.json]).toEqual([201, expect.objectContaining({ path: '/docs/*' })]);
    const cookie = cookieHeader(answer.setCookie);
    expect([await open(cookie, '/docs/guide.html'), await open(cookie, '/index.html')]).toEqual([200, 403]);
    later(300);
    expect(await open(cookie, '/docs/guide.html')).toBe(403);
    expect((await signIn('bob@gmail.com', { hd: '' })).json).toMatchObject({ code: 'access_denied' });
  });

  it('that is removed gives nothing after 60 seconds', async () => {
    await access('add-rule', '--email', 'bob@gmail.com');
    later(60);
    expect((await signIn('bob@gmail.com', { hd: '' })).status).toBe(201);
    await access('remove-rule', '--email', 'bob@gmail.com');
    later(60);
    expect((await signIn('bob@gmail.com', { hd: '' })).json).toMatchObject({ code: 'access_denied' });
  });
});

describe('block', () => {
  it('refuses sign-in and renewal within 60 seconds; cookies that were given out end by themselves', async () => {
    const cookie = cookieHeader((await signIn('alice@example.com')).setCookie);
    expect(await access('block', 'ALICE@example.com')).toContain('(10 minutes of cookies)');
    later(60);
    expect((await signIn('alice@example.com')).json).toMatchObject({ code: 'access_denied' });
    expect((await renew(cookie)).status).toBe(401);
    expect(await open(cookie, '/docs/guide.html')).toBe(200);
    later(541);
    expect(await open(cookie, '/docs/guide.html')).toBe(403);
    await access('unblock', 'alice@example.com');
    later(60);
    expect((await signIn('alice@example.com')).status).toBe(201);
  });
});

describe('sign-out', () => {
  it.each([['alice@example.com'], ['--everyone']])(
    'of %s ends sessions from before it, and no later ones',
    async (who) => {
      // AWS's clock counts, whatever this machine's says.
      later(600);
      const before = cookieHeader((await signIn('alice@example.com')).setCookie);
      later(5);
      await access('sign-out', who);
      later(60);
      expect((await renew(before)).status).toBe(401);
      const after = cookieHeader((await signIn('alice@example.com')).setCookie);
      expect((await renew(after)).status).toBe(200);
    },
  );
});

describe('a document that somebody broke by hand', () => {
  it.each([
    ['malformed', '{"version":1,"blocked":[],"rules":[{"who":{}}]}'],
    ['of a newer schema', '{"version":2,"blocked":[],"rules":[]}'],
    ['of 5 MB', `{"version":1,"blocked":[],"rules":[]}${' '.repeat(5_000_000)}`],
    ['empty', ''],
  ])(
    '%s: what was written before stays in force, the command says so, and one command goes back',
    async (_name, text) => {
      await access('add-rule', '--email', 'bob@gmail.com');
      live(text);
      later(60);
      expect((await signIn('bob@gmail.com', { hd: '' })).status).toBe(201);
      const { code, out } = await explain('bob@gmail.com', '/docs/guide.html', '--local-site');
      expect([code, out]).toEqual([0, expect.stringContaining('its earlier version')]);
      const [, , , good = ''] = (await access('history')).split('\n');
      await access('restore', good.slice(0, 8));
      later(60);
      expect((await signIn('bob@gmail.com', { hd: '' })).status).toBe(201);
    },
  );
});

describe('explain', () => {
  it.each<[string, string, string, boolean]>([
    ['alice@example.com', 'example.com', '/docs/guide.html', true],
    ['bob@gmail.com', '', '/docs/guide.html', true],
    ['bob@gmail.com', '', '/index.html', false],
    ['mallory@evil.example', 'evil.example', '/docs/guide.html', false],
  ])('says of %s (%s) at %s what then happens', async (email, hd, path, allowed) => {
    await access('add-rule', '--email', 'bob@gmail.com', '--path', '/docs/*');
    later(60);
    const { code, out } = await explain(email, path, '--local-site', '--hd', hd || 'none');
    expect([code, out]).toEqual([
      allowed ? 0 : 1,
      expect.stringContaining(allowed ? 'ALLOWED: by rule' : 'NOT ALLOWED'),
    ]);
    const cookie = cookieHeader((await signIn(email, { hd })).setCookie);
    expect(await open(cookie, path)).toBe(allowed ? 200 : 403);
  });

  it('ends with 2 when it cannot tell', async () => {
    expect((await explain('alice', '/x')).code).toBe(2);
    expect((await explain('alice@example.com', '/x', '--file', 'no-such-file')).code).toBe(2);
  });

  it('checks the signature of a token by the keys of its issuer, and never prints it', async () => {
    const token = await idToken(site, 'alice@example.com');
    const file = join(site.folder, 'token');
    writeFileSync(file, token);
    const good = await explain('/docs/guide.html', '--token', file, '--local-site');
    expect([good.code, good.out]).toEqual([0, expect.stringContaining('signature, audience and times verified')]);
    const [header = '', payload = '', signature = ''] = token.split('.');
    writeFileSync(file, [header, payload, signature.split('').reverse().join('')].join('.'));
    const bad = await explain('/docs/guide.html', '--token', file, '--local-site');
    expect([bad.code, bad.out]).toEqual([1, expect.stringMatching(/NOT verified.*the API refuses this ID token/s)]);
    for (const part of [payload, signature]) expect(good.out + bad.out).not.toContain(part);
    expect(readFileSync(file, 'utf8')).toContain(header);
  });
});

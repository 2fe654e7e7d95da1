import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { commands } from '../commands.ts';
import { explainCommand } from '../explain/command.ts';
import { WrongCall } from '../wrong-call.ts';
import { accessCommand } from './command.ts';
import { configKey, empty, type LocalSite, liveKey, startLocalSite } from './testing/local-site.ts';

let site: LocalSite;
beforeEach(async () => {
  site = await startLocalSite();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await site.close();
});

const bob = { who: { emails: ['bob@gmail.com'] }, path: '/*' };
const versions = (): number => site.bucket.versions(liveKey).length;

describe('every command', () => {
  it('names the site and that it is local in its first line', async () => {
    for (const args of [['list'], ['history'], ['block', 'a@b.example', '--yes']]) {
      expect((await site.run(...args)).split('\n')[0]).toBe(
        'LOCAL site docs, http://localhost:8080 (npm start; nobody else sees it)',
      );
    }
  });

  it.each([
    ['no command', [], /^access: no command given\.$/],
    [
      'a command that there is not',
      ['blok'],
      new RegExp(
        "^Unknown command 'blok'\\. Did you mean 'block'\\? " +
          'There are: list, add-rule, .*, log, edit\\. Fix: npm run access -- --help says more$',
      ),
    ],
    ['a property that every object has', ['constructor'], /^Unknown command 'constructor'\. There are/],
    ['a site that there is not', ['list', '--site', 'wiki'], /^--site: got wiki; allowed: docs$/],
    ['a misspelt option', ['add-rule', '--emial', 'a@b.example'], /--emial/],
    [
      'an option of another command',
      ['block', 'a@b.example', '--path', '/x'],
      /^--path: not an option of block\. Fix: npm run access -- block --help says how it is called$/,
    ],
    [
      'the option of another command for its own',
      ['add-rule', '--everyone'],
      /^--everyone: not an option of add-rule\. Fix/,
    ],
    [
      'a word too many',
      ['history', 'x'],
      /^history: x is one word too many\. Fix: npm run access -- history --help says how it is called$/,
    ],
    ['the last of several words too many', ['restore', 'a', 'b', 'c'], /^restore: c is one word too many\./],
    ['nobody to block', ['block'], /person: got nothing/],
    ['half an account', ['block', 'https://accounts.google.com'], /person: got https/],
    ['a pattern to block', ['block', '*@example.com'], /person: got \*@example.com/],
    ['a person beside everyone', ['sign-out', 'a@b.example', '--everyone'], /allowed: one person, or --everyone/],
    ['a rule for nobody', ['add-rule', '--path', '/x'], /Who\? Name at least one of --domain/],
    [
      'an issuer that is none',
      ['add-rule', '--anyone', '--issuer', 'okta'],
      /--issuer: got okta; allowed: 'google', 'cognitoUserPool' or the https:\/\/ issuer of a provider/,
    ],
    ['half a subject', ['add-rule', '--subject', 'https://accounts.google.com'], /--subject: allowed: two words/],
    ['a claim without a value', ['add-rule', '--claim', 'groups'], /--claim: got groups; allowed: NAME=VALUE/],
    ['two places', ['add-rule', '--anyone', '--first', '--last'], /one of --first, --last, --position/],
    ['a place that is none', ['add-rule', '--anyone', '--position', '0'], /--position: got 0/],
    [
      'a place after the end',
      ['add-rule', '--anyone', '--position', '3', '--yes'],
      /--position: got 3; allowed: 1 to 1/,
    ],
    ['a version that is none', ['restore', 'zzz'], /restore: got zzz; allowed: the beginning of one version/],
    [
      'a version that begins with a dash',
      ['restore', '-Xz'],
      /restore: got -Xz; allowed: the beginning of one version/,
    ],
    [
      'a version that begins with two dashes',
      ['restore', '--rEwcL-', '--yes'],
      /restore: got --rEwcL-; allowed: the beginning of one version/,
    ],
    ['no version', ['restore'], /restore: got nothing/],
  ])('refuses %s in one message, and writes nothing', async (_name, args, message) => {
    await expect(site.run(...args)).rejects.toThrow(message);
    expect(versions()).toBe(1);
  });

  it('prints on standard output, and nothing else', async () => {
    const said: [string, string][] = [];
    for (const name of ['stdout', 'stderr'] as const) {
      vi.spyOn(process[name], 'write').mockImplementation((text) => said.push([name, String(text)]) > 0);
    }
    await accessCommand({ root: site.root, args: ['list', '--local-site'] });
    vi.restoreAllMocks();
    expect(said[0]).toEqual(['stdout', 'LOCAL site docs, http://localhost:8080 (npm start; nobody else sees it)\n']);
    expect(said.filter(([name]) => name === 'stderr')).toEqual([]);
  });

  it('is called the wrong way without a word, which shows how it is called', async () => {
    await expect(accessCommand({ root: site.root, args: [] })).rejects.toBeInstanceOf(WrongCall);
  });

  it('names every wrong option of a rule, what was given and what is allowed', async () => {
    const args = ['add-rule', '--domain', '@example.com', '--email', 'eve', '--path', 'docs/*', '--until', 'tomorrow'];
    await expect(site.run(...args)).rejects.toThrow(
      [
        '--domain: got @example.com; allowed: a domain without @ or *, such as example.com',
        '--email: got eve; allowed: one whole address with exactly one @, such as alice@example.com',
        '--path: got docs/*; allowed: an absolute, percent-encoded path without ?, ' +
          'with * only at the end, such as /docs/*',
        '--until: got tomorrow; allowed: a time with its zone, such as 2027-01-31T00:00:00Z; ' +
          'a day, such as 2027-01-31, to its end; or a span, such as 12h, 30d or 2w',
      ].join('\n'),
    );
  });

  it('says how to ask about the site that npm start runs when the deployed one cannot be found', async () => {
    vi.stubEnv('TERRAFORM_BINARY_NAME', join(site.root, 'no-terraform'));
    const deployed = (args: string[]) => accessCommand({ root: site.root, args, terminal: site.terminal });
    await expect(deployed(['block', 'x y@b.example', '--yes'])).rejects.toThrow('person: got');
    await expect(deployed(['block', 'a@b.example', '--yes'])).rejects.toThrow(
      new RegExp(
        'is not installed.*\\nFor the site that npm start runs here: ' +
          'npm run access -- block a@b\\.example --yes --local-site$',
        's',
      ),
    );
    const explained = explainCommand({
      root: site.root,
      args: ['a@b.example', '/', '--live'],
      terminal: site.terminal,
    });
    await expect(explained).rejects.toThrow(
      /\nFor the site that npm start runs here: npm run explain -- a@b\.example \/ --local-site$/,
    );
    await site.endpoint.close();
    await expect(deployed(['list'])).rejects.toThrow(/only it can read where site docs is deployed.*install$/);
  });

  it('says what to do when no local site runs, or when it was killed', async () => {
    await site.endpoint.close();
    await expect(site.run('list')).rejects.toThrow(
      '--local-site: site docs does not run on this machine. Fix: npm start',
    );
  });
});

describe('docs/access.md', () => {
  it('names no command and no option that there is not', async () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/access.md'), 'utf8');
    const named = [...page.matchAll(/^npm run access -- (\S+)/gm)].map(([, command]) => command);
    const options = [...page.matchAll(/(--[a-z][a-z-]+)/g)].map(([, option = '']) => option);
    const { access, explain } = commands;
    const known = `${access?.usage}${explain?.usage}`;
    expect(new Set(named).size).toBe(9);
    for (const word of [...named, ...options]) expect(known).toContain(word);
  });
});

describe('add-rule', () => {
  it('adds after the other live rules, in lower case, and says what it does not cover', async () => {
    site.put(liveKey, { ...empty, rules: [bob] });
    const out = await site.run('add-rule', '--email', 'Carol@GMAIL.com', '--path', '/docs/*', '--yes');
    const carol = { who: { emails: ['carol@gmail.com'] }, path: '/docs/*' };
    expect(await site.live()).toEqual({ ...empty, rules: [bob, carol] });
    for (const words of [
      'Rule 2 of 2, before 1 rule of the config',
      '+ rule carol@gmail.com → /docs/*',
      'Carol@GMAIL.com is stored as carol@gmail.com',
      '/docs/* does not cover /docs, without the slash',
      'on an open path (/public/*, /robots.txt)',
      '/docs/* opens nothing yet: the site has no such file',
      'In force now.',
    ]) {
      expect(out).toContain(words);
    }
  });

  it('takes every kind of person, and claims as they are typed', async () => {
    site.putPage('/team/a.html');
    const who = ['--domain', 'Example.org', '--email', 'a@b.example', '--trust-unmanaged'];
    const accounts = [
      '--subject',
      'https://accounts.google.com',
      '1001',
      '--service-account',
      'x@p.iam.gserviceaccount.com',
    ];
    const claims = [
      '--claim',
      'groups=staff',
      '--claim',
      'groups=7',
      '--claim',
      'groups=true',
      '--claim',
      'groups="7"',
    ];
    const until = '2027-02-01T00:00:00+01:00';
    const out = await site.run(
      'add-rule',
      ...who,
      ...accounts,
      ...claims,
      '--path',
      '/team/*',
      '--until',
      until,
      '--yes',
    );
    expect(await site.live()).toMatchObject({
      rules: [
        {
          who: {
            hostedDomains: ['example.org'],
            emails: ['a@b.example'],
            trustUnmanaged: true,
            subjects: [{ issuer: 'https://accounts.google.com', subject: '1001' }],
            serviceAccounts: ['x@p.iam.gserviceaccount.com'],
            claims: { groups: ['staff', '7', 'true'] },
          },
          path: '/team/*',
          until,
        },
      ],
    });
    expect(out).not.toContain('opens nothing');
  });

  it('puts it where it is told to, and warns about rules that are never consulted any more', async () => {
    site.put(liveKey, { ...empty, rules: [bob] });
    const out = await site.run('add-rule', '--anyone', '--path', '/docs/*', '--first', '--yes');
    expect(await site.live()).toMatchObject({ rules: [{ path: '/docs/*' }, bob] });
    expect(out).toContain('rule 2 never consulted for bob@gmail.com: rule 1 comes first, which gives /docs/*');
    expect(out).toContain(
      'rule 3 never consulted for accounts of example.com: rule 1 comes first, which gives /docs/*',
    );
  });

  it('warns that a rule gives less than a later one would', async () => {
    const out = await site.run('add-rule', '--email', 'alice@example.com', '--path', '/docs/*', '--yes');
    expect(out).toContain('rule 1 gives alice@example.com less than rule 2, which would give /*');
  });

  it('refuses an end that is past by the time of AWS, and says how to take access away', async () => {
    await expect(site.run('add-rule', '--anyone', '--until', '2027-01-15T07:59:59Z', '--yes')).rejects.toThrow(
      '--until: got 2027-01-15T07:59:59Z, which is in the past (it is 2027-01-15 08:00:00Z); ' +
        'allowed: a later time. To remove access: remove-rule, or block',
    );
    expect(versions()).toBe(1);
  });

  it('does not add what is there already', async () => {
    site.put(liveKey, { ...empty, rules: [bob] });
    expect(await site.run('add-rule', '--email', 'BOB@gmail.com', '--yes')).toContain(
      'Nothing to change: rule 1 already says this: bob@gmail.com → /*',
    );
    expect(versions()).toBe(2);
  });

  it('names an address that is there twice, and keeps it once', async () => {
    const out = await site.run('add-rule', '--email', 'a@gmail.com', '--email', 'A@gmail.com', '--yes');
    expect(out).toContain('a@gmail.com was listed twice in one rule; kept once');
    expect(await site.live()).toMatchObject({ rules: [{ who: { emails: ['a@gmail.com'] } }] });
  });

  it('refuses a document that would be longer than 4 MiB', async () => {
    const emails = Array.from({ length: 90_000 }, (_, n) => `person-with-a-long-name-${n}@gmail.com`);
    site.put(liveKey, { ...empty, rules: [{ who: { emails } }] });
    await expect(site.run('add-rule', '--anyone', '--yes')).rejects.toThrow(
      /document: got 4,\d+,\d+ bytes; allowed: 4,194,304/,
    );
  });
});

describe('the question', () => {
  it('is asked with the target, and no means that nothing is written', async () => {
    site.answers = [false, true];
    expect(await site.run('block', 'eve@gmail.com')).toMatch(
      /\+ blocked eve@gmail.com.*Write this to local docs\?\nNot written\.\n$/s,
    );
    expect(versions()).toBe(1);
    expect(await site.run('block', 'eve@gmail.com')).toContain('Written');
    expect(await site.live()).toMatchObject({ blocked: ['eve@gmail.com'] });
  });

  it('is needed: without a terminal and without --yes the change is shown and not written', async () => {
    await expect(site.run('block', 'eve@gmail.com')).rejects.toThrow(
      'not written: this is not a terminal, so nobody can confirm. Fix: add --yes',
    );
    expect(site.printed).toContain('+     "eve@gmail.com"');
    expect(versions()).toBe(1);
  });
});

describe('the difference', () => {
  it('is what changes, not how another tool has laid out the document', async () => {
    site.put(liveKey, { rules: [bob], blocked: [], version: 1 });
    const out = await site.run('block', 'eve@gmail.com', '--yes');
    expect(out.match(/^-.*/gm)).toEqual(['-   "blocked": [],']);
    expect(out).not.toMatch(/^\+.*bob/m);
  });
});

describe('two operators at once', () => {
  it('the second does not overwrite the first, and is shown what the first did', async () => {
    site.answers = [true];
    site.onAsk = () => site.put(liveKey, { ...empty, blocked: ['mallory@evil.example'] });
    const second = site.run('add-rule', '--email', 'bob@gmail.com');
    await expect(second).rejects.toThrow(
      /somebody else changed access\/live.json.*\+ {5}"mallory@evil.example".*run the same command again/s,
    );
    expect(await site.live()).toEqual({ ...empty, blocked: ['mallory@evil.example'] });
    await site.run('add-rule', '--email', 'bob@gmail.com', '--yes');
    expect(await site.live()).toEqual({ ...empty, blocked: ['mallory@evil.example'], rules: [bob] });
  });

  it('a document that was deleted meanwhile is not brought back', async () => {
    site.answers = [true];
    site.onAsk = () => site.bucket.remove(liveKey);
    await expect(site.run('block', 'eve@gmail.com')).rejects.toThrow(/somebody else changed.*It is gone now/);
  });

  it('a write that was carried out though its answer was lost is no conflict', async () => {
    site.answers = [true];
    const written = { version: 1, blocked: ['eve@gmail.com'], rules: [] };
    site.onAsk = () => site.put(liveKey, `${JSON.stringify(written, null, 2)}\n`);
    expect(await site.run('block', 'eve@gmail.com')).toContain('Written');
  });
});

describe('remove-rule', () => {
  beforeEach(() => site.put(liveKey, { ...empty, rules: [bob, { who: { anyone: true }, path: '/docs/*' }] }));

  it('takes a number of the list, which a person must confirm', async () => {
    await expect(site.run('remove-rule', '2', '--yes')).rejects.toThrow(
      'with --yes, a number could remove another rule',
    );
    site.answers = [true];
    await site.run('remove-rule', '2');
    expect(await site.live()).toEqual({ ...empty, rules: [bob] });
  });

  it('takes the people of a rule, for scripts', async () => {
    await site.run('remove-rule', '--email', 'Bob@gmail.com', '--yes');
    expect(await site.live()).toMatchObject({ rules: [{ who: { anyone: true } }] });
    await expect(site.run('remove-rule', '--email', 'bob@gmail.com', '--yes')).rejects.toThrow(
      'no live rule is for exactly bob@gmail.com',
    );
  });

  it('does not guess between two rules for the same people', async () => {
    site.put(liveKey, { ...empty, rules: [bob, { ...bob, path: '/docs/*' }] });
    await expect(site.run('remove-rule', '--email', 'bob@gmail.com', '--yes')).rejects.toThrow(
      'rules 1, 2 are all for bob@gmail.com. Fix: add --path or --until',
    );
    await site.run('remove-rule', '--email', 'bob@gmail.com', '--path', '/docs/*', '--yes');
    expect(await site.live()).toEqual({ ...empty, rules: [bob] });
  });

  it('leaves rules of the config to the config', async () => {
    await expect(site.run('remove-rule', '3')).rejects.toThrow(
      'rule 3 comes from s3nator.config.ts. Fix: remove it there, and deploy',
    );
    await expect(site.run('remove-rule', '4')).rejects.toThrow('got 4; allowed: a number of the list, 1 to 3');
  });
});

describe('block and unblock', () => {
  it('say until when the person still gets in', async () => {
    expect(await site.run('block', 'Eve@gmail.com', '--yes')).toContain(
      'eve@gmail.com gets no new cookies. ' +
        'Their current cookies work until 2027-01-15 09:00:00Z at the latest (1 hour of cookies).',
    );
    expect(await site.run('block', 'eve@gmail.com', '--yes')).toContain(
      'Nothing to change: eve@gmail.com is blocked already',
    );
    await site.run('block', 'https://accounts.google.com', '1001', '--yes');
    await site.run('unblock', 'EVE@gmail.com', '--yes');
    expect(await site.live()).toMatchObject({ blocked: [{ issuer: 'https://accounts.google.com', subject: '1001' }] });
  });

  it('unblock says so when the config still blocks', async () => {
    site.put(configKey, { ...empty, blocked: ['eve@gmail.com'] });
    await expect(site.run('unblock', 'eve@gmail.com', '--yes')).rejects.toThrow('still blocked by s3nator.config.ts');
  });
});

describe('sign-out', () => {
  it("writes AWS's time, rounded up, and says the bound", async () => {
    site.clock += 10 * 60_000;
    const out = await site.run('sign-out', 'Alice@example.com', '--yes');
    expect(
      ((await site.live()) as { signedOutBefore: { people: { before: string }[] } }).signedOutBefore.people[0]?.before,
    ).toMatch(/^2027-01-15T08:10:0[0-2]Z$/);
    expect(out).toMatch(/are not renewed\. Cookies of these sessions work until 2027-01-15 09:10:0\dZ/);
  });

  it('of everyone makes those of single people needless, and never moves a time back', async () => {
    const later = { who: 'carol@example.com', before: '2028-01-01T00:00:00Z' };
    const earlier = { who: 'alice@example.com', before: '2027-01-01T00:00:00Z' };
    site.put(liveKey, { ...empty, signedOutBefore: { people: [earlier, later] } });
    await site.run('sign-out', '--everyone', '--yes');
    expect(await site.live()).toMatchObject({
      signedOutBefore: { everyone: expect.stringMatching(/^2027-01-15T08:00:0/), people: [later] },
    });
    await site.run('sign-out', 'carol@example.com', '--yes');
    expect(await site.live()).toMatchObject({ signedOutBefore: { people: [later] } });
    expect(await site.run('list')).toContain('Signed out: carol@example.com before 2028-01-01T00:00:00Z');
  });
});

describe('list', () => {
  it('shows both documents in the order in which they are consulted', async () => {
    site.put(liveKey, { ...empty, blocked: ['eve@gmail.com'], rules: [{ ...bob, until: '2027-06-01T00:00:00Z' }] });
    const [, , ...lines] = (await site.run('list')).split('\n');
    expect(lines.slice(0, 4).map((line) => line.replace(/ {2,}/g, '|'))).toEqual([
      '#|from|who|opens|until',
      '-|live|eve@gmail.com|nothing: blocked',
      '1|live|bob@gmail.com|/*|2027-06-01T00:00:00Z',
      '2|config|accounts of example.com|/*',
    ]);
  });

  it('paints no terminal with what a document says', async () => {
    const claims = { groups: ['\u001b[2Jstaff\u202e'] };
    site.put(liveKey, { ...empty, rules: [{ who: { claims } }] });
    const out = await site.run('list');
    expect(out).not.toContain('\u001b[2J');
    expect(out).not.toContain('\u202e');
  });

  it('paints no terminal with the name of a writer, in the history and when two write at once', async () => {
    const csi = '\u009b';
    const metadata = { contentType: 'application/json', cacheControl: undefined };
    const write = (document: object): void => {
      const own: [string, string][] = [['x-amz-meta-changed-by', `eve${csi}2J`]];
      site.bucket.put(liveKey, { bytes: Buffer.from(JSON.stringify(document)) }, { ...metadata, own });
    };
    write(empty);
    expect(await site.run('history')).toContain('eve\\u009b2J');
    site.answers = [true];
    site.onAsk = () => write({ ...empty, blocked: ['a@b'] });
    const refused = await site.run('block', 'eve@evil.example').catch((error: Error) => error.message);
    expect(refused).toContain('eve\\u009b2J');
    expect(refused).not.toContain(csi);
  });

  it.each([
    [
      'malformed',
      '{"version":1,\n"blocked":[],\n"rules":[{"who":{}}]}',
      'line 3: rules.0.who: allowed: at least one of',
    ],
    ['no JSON', '{"version":1,\n"blocked":[}', 'line 2: not JSON: '],
    [
      'of a newer s3nator',
      '{"version":2,"blocked":[],"rules":[]}',
      'written by a newer s3nator (version 2). Fix: update this checkout',
    ],
    ['longer than 4 MiB', ' '.repeat(5_000_000), 'longer than 4,194,304 bytes, so it is not read'],
  ])('says so when the newest document is %s, and which one is in force', async (_name, text, problem) => {
    site.put(liveKey, { ...empty, blocked: ['eve@gmail.com'] });
    site.put(liveKey, text);
    const out = await site.run('list');
    expect(out).toContain(problem);
    expect(out).toMatch(/its earlier version \S{8} is in force/);
    expect(out).toContain('eve@gmail.com');
    await expect(site.run('block', 'bob@gmail.com', '--yes')).rejects.toThrow(
      /is malformed, and an earlier version is in force.*Fix/s,
    );
  });

  it('says so when a document is missing', async () => {
    site.bucket.remove(liveKey);
    await expect(site.run('list')).rejects.toThrow('nobody can sign in');
    expect(site.printed).toContain(
      'access/live.json is missing, so nobody can sign in. Fix: npm run access -- history, then restore',
    );
  });

  it('says that a document with a name twice is in force, as the API reads it', async () => {
    site.put(liveKey, '{"version": 1, "blocked": [], "rules": [], "blocked": ["eve@example.com"]}');
    const out = await site.run('list');
    expect(out).toContain('eve@example.com');
    expect(out).not.toMatch(/is not in force|there twice/);
  });

  it('says which permission is missing', async () => {
    site.endpoint.failObject(site.bucket.name, liveKey, 'denied');
    await expect(site.run('list')).rejects.toThrow(
      'AWS credentials: not allowed to s3:GetObject on bucket docs-private',
    );
  });
});

describe('history and restore', () => {
  it('tell who changed what, and go back', async () => {
    await site.run('add-rule', '--email', 'bob@gmail.com', '--yes');
    await site.run('block', 'eve@gmail.com', '--yes');
    site.put(liveKey, '{');
    const rows = (await site.run('history'))
      .split('\n')
      .slice(2, 6)
      .map((line) => line.split(/ {2,}/));
    expect(rows.map(([, , , , change]) => change)).toEqual([
      'malformed, never in force',
      '+ blocked eve@gmail.com',
      '+ rule bob@gmail.com → /*',
      'created',
    ]);
    expect(rows[1]?.[2]).not.toBe('-');
    expect(rows[3]?.[2]).toBe('-');
    const out = await site.run('restore', rows[2]?.[0] ?? '', '--yes');
    expect(out).toContain('eve@gmail.com is no longer blocked');
    expect(await site.live()).toEqual({ ...empty, rules: [bob] });
    await expect(site.run('restore', rows[0]?.[0] ?? '', '--yes')).rejects.toThrow(
      'is malformed and was never in force',
    );
  });

  it('bring a deleted document back', async () => {
    site.bucket.remove(liveKey);
    const [, , deleted = '', first = ''] = (await site.run('history')).split('\n');
    expect(deleted).toMatch(/ deleted$/);
    await site.run('restore', first.slice(0, 8), '--yes');
    expect(await site.live()).toEqual(empty);
  });

  it('give no ended session its renewal back', async () => {
    await site.run('sign-out', '--everyone', '--yes');
    const first = (await site.run('history')).split('\n')[3]?.slice(0, 8) ?? '';
    await site.run('block', 'eve@gmail.com', '--yes');
    await site.run('restore', first, '--yes');
    const ended = { blocked: [], signedOutBefore: { everyone: expect.any(String) } };
    expect(await site.live()).toMatchObject(ended);
    for (const spoil of [() => site.put(liveKey, '{'), () => site.bucket.remove(liveKey)]) {
      spoil();
      await site.run('restore', first, '--yes');
      expect(await site.live()).toMatchObject(ended);
    }
  });

  it('take no beginning that several versions have', async () => {
    await site.run('block', 'eve@gmail.com', '--yes');
    await expect(site.run('restore', '', '--yes')).rejects.toThrow(/restore: got .*; allowed: the beginning of one/);
    expect(versions()).toBe(2);
  });

  it('show twenty versions, and say how many more there are', async () => {
    for (let count = 0; count < 21; count++) site.put(liveKey, { ...empty, blocked: [`a${count}@example.com`] });
    const out = await site.run('history');
    expect(out.match(/\+ blocked/g)).toHaveLength(20);
    expect(out).toContain('and 2 older ones\n');
    expect(out).toContain('+ blocked a1@example.com; - blocked a0@example.com');
  });
});

describe('a rule for somebody whom Google may not vouch for', () => {
  const anna = ['--email', 'anna@partner.example'];
  const doubt = 'rule 1 matches anna@partner.example only if Google Workspace runs the domain';

  it('is doubted when it is added, before anything is written', async () => {
    site.answers = [false];
    expect(await site.run('add-rule', ...anna)).toContain(`! ${doubt}`);
    expect(await site.live()).toEqual(empty);
  });

  it.each<[string, readonly string[]]>([
    ['that accepts such addresses', [...anna, '--trust-unmanaged']],
    ['for a domain that is known to be a Workspace', ['--email', 'anna@example.com']],
    ['for an address of Gmail', ['--email', 'anna@gmail.com']],
  ])('is not doubted, of one %s', async (_, options) => {
    expect(await site.run('add-rule', ...options, '--yes')).not.toContain('only if Google Workspace');
  });

  it('is doubted when it comes by edit, and a rule that was there before is not doubted again', async () => {
    const rules = [{ who: { emails: ['anna@partner.example'] }, path: '/*' }];
    const file = join(site.root, 'editor.sh');
    writeFileSync(join(site.root, 'new.json'), JSON.stringify({ ...empty, rules }));
    writeFileSync(file, `#!/bin/sh\ncp '${join(site.root, 'new.json')}' "$1"\n`);
    chmodSync(file, 0o755);
    vi.stubEnv('VISUAL', '');
    vi.stubEnv('EDITOR', file);
    expect(await site.run('edit', '--yes')).toContain(`! ${doubt}`);
    vi.unstubAllEnvs();
    expect(await site.run('add-rule', '--email', 'bob@gmail.com', '--yes')).not.toContain('only if Google Workspace');
  });

  it('raises no warning with every change if it is in the config', async () => {
    site.put(configKey, { ...empty, rules: [{ who: { emails: ['anna@partner.example'] } }] });
    expect(await site.run('add-rule', '--email', 'bob@gmail.com', '--yes')).not.toContain('only if Google Workspace');
  });

  it('that believes whoever signs in with the address is said to', async () => {
    expect(await site.run('add-rule', ...anna, '--trust-unmanaged', '--yes')).toContain(
      '! rule 1 accepts anyone who signs in with anna@partner.example (trustUnmanaged)',
    );
  });
});

describe('edit', () => {
  /** An editor that does this to the file `$1`. */
  const editWith = (script: string): void => {
    const file = join(site.root, 'editor.sh');
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
    vi.stubEnv('VISUAL', '');
    vi.stubEnv('EDITOR', file);
  };
  const replaceWith = (document: unknown): void => {
    writeFileSync(join(site.root, 'new.json'), typeof document === 'string' ? document : JSON.stringify(document));
    editWith(`cp '${join(site.root, 'new.json')}' "$1"`);
  };
  const drafts = (): string[] => readdirSync(join(site.root, '.s3nator/drafts'));

  it('opens $VISUAL before $EDITOR', async () => {
    editWith('true');
    vi.stubEnv('VISUAL', join(site.root, 'editor.sh'));
    vi.stubEnv('EDITOR', 'false');
    expect(await site.run('edit', '--yes')).toContain('Nothing was changed.');
  });

  it('opens the document with its schema named, which is not stored', async () => {
    editWith(
      `head -2 "$1" > '${join(site.root, 'seen')}'
sed -i 's/"blocked": \\[\\]/"blocked": ["EVE@gmail.com","eve@gmail.com"]/' "$1"`,
    );
    const out = await site.run('edit', '--yes');
    expect(readFileSync(join(site.root, 'seen'), 'utf8')).toContain(
      '"$schema": "../../../docs/access-document.schema.json"',
    );
    expect(await site.live()).toEqual({ ...empty, blocked: ['eve@gmail.com'] });
    expect(out).toContain('EVE@gmail.com is stored as eve@gmail.com');
    expect(out).toContain('eve@gmail.com was listed twice among the blocked; kept once');
    expect(drafts()).toEqual([]);
  });

  it('names every mistake with its line, keeps what was typed, and writes nothing', async () => {
    replaceWith(
      '{\n "version": 1,\n "blocked": ["eve"],\n "rules": [\n  { "who": { "email": [] } }\n ],\n "rules": []\n}',
    );
    const editing = site.run('edit', '--yes');
    await expect(editing).rejects.toThrow(/not written: the document has errors\nYour draft is kept in .*live\.json/);
    expect(site.printed).toContain('line 3: blocked.0: allowed: one whole address');
    expect(site.printed).toContain('line 7: rules is there twice in one object, and only the last one would count');
    expect(readFileSync(join(site.root, '.s3nator/drafts', drafts()[0] ?? '', 'live.json'), 'utf8')).toContain('"eve"');
    expect(versions()).toBe(1);
  });

  it('opens the editor again when the operator says so', async () => {
    const signedOut = '"signedOutBefore": {"everyone":"2027-13-01T00:00:00Z"}';
    editWith(
      `grep -q 2027 "$1" && sed -i s/2027-13/2027-12/ "$1" ||
sed -i 's/"rules": \\[\\]/"rules": [], ${signedOut}/' "$1"`,
    );
    site.answers = [true, true];
    await site.run('edit');
    expect(await site.live()).toMatchObject({ signedOutBefore: { everyone: '2027-12-01T00:00:00Z' } });
  });

  it('keeps what was typed when somebody else wrote, when the answer is no, and when the editor fails', async () => {
    replaceWith({ ...empty, blocked: ['eve@gmail.com'] });
    site.answers = [false];
    expect(await site.run('edit')).toMatch(/Not written\.\nYour draft is kept in .*live\.json/);
    site.answers = [true];
    site.onAsk = () => site.put(liveKey, { ...empty, blocked: ['mallory@evil.example'] });
    await expect(site.run('edit')).rejects.toThrow(/somebody else changed.*Your draft is kept in .*live\.json/s);
    expect(await site.live()).toEqual({ ...empty, blocked: ['mallory@evil.example'] });
    editWith('exit 3');
    await expect(site.run('edit')).rejects.toThrow(/editor\.sh ended with 3\nYour draft is kept/);
    expect(drafts()).toHaveLength(3);
  });

  it('writes nothing when a signal ended the editor, whatever it had saved by then', async () => {
    replaceWith({ ...empty, blocked: ['eve@gmail.com'] });
    // The shell itself is ended, and has no exit code.
    vi.stubEnv('EDITOR', `cp '${join(site.root, 'new.json')}' "$1"; kill -KILL $$; true`);
    await expect(site.run('edit', '--yes')).rejects.toThrow(/ ended with .*\nYour draft is kept/);
    expect(versions()).toBe(1);
    expect(drafts()).toHaveLength(1);
  });

  it('keeps a schema that the document itself names', async () => {
    site.put(liveKey, { $schema: 'https://docs.example.com/schema.json', ...empty });
    editWith(`sed -i 's/"blocked": \\[\\]/"blocked": ["eve@gmail.com"]/' "$1"`);
    await site.run('edit', '--yes');
    expect(await site.live()).toEqual({
      $schema: 'https://docs.example.com/schema.json',
      ...empty,
      blocked: ['eve@gmail.com'],
    });
  });

  it('opens no document that is too long to be read', async () => {
    site.put(liveKey, ' '.repeat(5_000_000));
    editWith('true');
    await expect(site.run('edit', '--yes')).rejects.toThrow(/edit: access\/live\.json is too long to be read\. \w+: /);
  });

  it('lets nobody but the operator read the draft while it is edited', async () => {
    editWith(`ls -ld "$1" "$(dirname "$1")" "$(dirname "$1")/.." | cut -c1-10 > '${join(site.root, 'modes')}'`);
    await site.run('edit', '--yes');
    expect(readFileSync(join(site.root, 'modes'), 'utf8').trim().split('\n').sort()).toEqual([
      '-rw-------',
      'drwx------',
      'drwx------',
    ]);
  });

  it('writes nothing when nothing was changed, and needs an editor', async () => {
    editWith('true');
    expect(await site.run('edit', '--yes')).toContain('Nothing was changed.');
    vi.stubEnv('EDITOR', '');
    await expect(site.run('edit', '--yes')).rejects.toThrow('neither $VISUAL nor $EDITOR is set');
    expect([versions(), drafts()]).toEqual([1, []]);
  });

  it('repairs a malformed document', async () => {
    site.put(liveKey, '{"version":1,"blocked":[],"rules":[}');
    editWith('sed -i s/rules\\":\\\\[/rules\\":\\[]/ "$1"; sed -i s/]}/]}/ "$1"');
    replaceWith(empty);
    await site.run('edit', '--yes');
    expect(await site.live()).toEqual(empty);
  });
});

import { S3Client } from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { pseudonymOfEmail, pseudonymOfSubject } from '../../../api/record/pseudonyms.ts';
import { pseudonymKeyObject } from '../../../contract/layout.ts';
import { visible } from '../../../contract/visible-text.ts';
import { accessTarget } from '../shared/target.ts';
import { type LocalSite, startLocalSite } from '../testing/local-site.ts';
import { accessLog, printLog, sinceMs } from './command.ts';
import { beginLocalLog } from './local-log.ts';
import { type PersonFilter, readPseudonymKey } from './log-person.ts';
import { auditRow } from './log-row.ts';
import type { LogSource } from './log-source.ts';

const now = Date.parse('2027-01-15T09:00:00Z');
const granted = {
  level: 'info',
  event: 'granted',
  site: 'docs',
  stage: 'prod',
  schema: 1,
  time: '2027-01-15T08:00:00.123Z',
  requestId: 'request-1',
  who: { iss: 'https://accounts.google.com', sub: '1001', email: 'alice@example.com', hd: 'example.com' },
  sid: 'A1b2C3d4E5f6G7h8I9j0KL',
  rule: 'config.rules[0]',
  path: '/*',
  key: '0123456789abcdef',
  signedInAt: '2027-01-15T08:00:00.000Z',
  until: '2027-01-15T09:00:00.000Z',
  documents: { config: 'v1', live: 'v2' },
} as const;
const { rule: _r, path: _p, key: _k, until: _u, signedInAt: _s, sid: _i, ...everyLine } = granted;
const denied = { ...everyLine, event: 'denied', action: 'sign-in', why: 'no-rule' } as const;
const emf = { Granted: 1, _aws: { Timestamp: 1, CloudWatchMetrics: [] } };

/** What is printed of these lines. */
async function printed(
  lines: readonly (object | string)[],
  {
    json = false,
    since = now - 3_600_000,
    ...asked
  }: {
    json?: boolean;
    since?: number;
    request?: string;
    isWanted?: PersonFilter;
  } = {},
): Promise<{ out: string[]; notes: string[] }> {
  const source: LogSource = {
    title: 'LOCAL site docs',
    async *lines() {
      for (const line of lines) yield typeof line === 'string' ? line : JSON.stringify(line);
    },
  };
  const [out, notes]: [string[], string[]] = [[], []];
  const query = { ...asked, sinceMs: since, follow: false, json, signal: new AbortController().signal };
  await printLog(source, query, { out: (line) => out.push(line), note: (line) => notes.push(line) });
  return { out, notes };
}

describe('access log', () => {
  it('names the log first, then each decision in a row', async () => {
    const signedOut = { ...everyLine, event: 'signed-out', sid: granted.sid, signedInAt: granted.signedInAt };
    const renewed = { ...granted, event: 'renewed', rule: 'live.rules[2]', path: '/docs/*' };
    const { out, notes } = await printed(['START RequestId: 1', granted, renewed, denied, signedOut]);
    expect(notes).toEqual([]);
    expect(out.map((line) => line.replace(/ {2,}/g, '  '))).toEqual([
      'LOCAL site docs',
      'TIME  DECISION  WHO  WHAT',
      '2027-01-15 08:00:00Z  granted  alice@example.com  ' +
        '/* until 2027-01-15 09:00:00Z by config.rules[0], session A1b2C3d4',
      '2027-01-15 08:00:00Z  renewed  alice@example.com  ' +
        '/docs/* until 2027-01-15 09:00:00Z by live.rules[2], session A1b2C3d4',
      '2027-01-15 08:00:00Z  denied  alice@example.com  no-rule, at sign-in',
      '2027-01-15 08:00:00Z  signed-out  alice@example.com  signed in 2027-01-15 08:00:00Z, session A1b2C3d4',
    ]);
  });

  it('gives JSON lines alone on standard output, without what only CloudWatch needs', async () => {
    const { out, notes } = await printed(['END', { ...granted, ...emf }, denied], { json: true });
    expect(notes).toEqual(['LOCAL site docs']);
    expect(out.map((line) => JSON.parse(line))).toEqual([granted, denied]);
  });

  it.each([false, true])('says that there is no decision (JSON: %s)', async (json) => {
    const { out, notes } = await printed(['REPORT'], { json });
    expect([...notes, ...out]).toEqual([
      'LOCAL site docs',
      'No decision and no refusal since 2027-01-15T08:00:00.000Z.',
    ]);
    expect(out).toHaveLength(json ? 0 : 2);
  });

  it('leaves out what was before', async () => {
    const at = Date.parse(granted.time);
    expect((await printed([granted], { since: at })).out.at(-1)).toContain('granted');
    expect((await printed([granted], { since: at + 1 })).out.at(-1)).toMatch(/^No decision and no refusal since/);
    expect((await printed([granted], { isWanted: () => false })).out.at(-1)).toMatch(/^No decision since/);
    expect((await printed([granted], { since: now - 60_000 })).out.at(-1)).toMatch(/^No decision and no refusal since/);
  });

  it('says how many lines it is too old to read, instead of leaving them out in silence', async () => {
    const { out, notes } = await printed([{ ...granted, schema: 2 }, { ...granted, schema: 2 }, denied]);
    expect(notes).toEqual(['2 lines were written by a newer version. Fix: update this checkout']);
    expect(out).toHaveLength(3);
  });

  it('shows a denial for a reason that it does not know', async () => {
    const { out, notes } = await printed([
      { ...denied, why: 'out-of-hours' },
      { ...granted, event: 'invited' },
    ]);
    expect(out[2]).toContain('out-of-hours, at sign-in');
    expect(notes).toEqual(['1 line was written by a newer version. Fix: update this checkout']);
  });

  const refused = {
    level: 'info',
    event: 'refused',
    site: 'docs',
    stage: 'prod',
    time: '2027-01-15T08:00:01.000Z',
    requestId: 'JKJaXmPLvHcESHA=',
    status: 401,
    code: 'invalid_token',
    reason: 'audience-refused',
    aud: 'somebody-else',
  } as const;

  it('shows refusals, with their reason, what the token said, and the ID that the page has shown', async () => {
    const { out } = await printed([refused, { ...refused, time: undefined, reason: 'of-tomorrow', aud: undefined }]);
    expect(out.slice(2).map((line) => line.replace(/ {2,}/g, '  '))).toEqual([
      '2027-01-15 08:00:01Z  refused  -  audience-refused, answered with 401, ' +
        'request JKJaXmPLvHcESHA= {"aud":"somebody-else"}',
      '-  refused  -  of-tomorrow, answered with 401, request JKJaXmPLvHcESHA=',
    ]);
    const { out: json } = await printed([{ ...refused, Refused: 1, _aws: emf._aws }], { json: true });
    expect(JSON.parse(json[0] ?? '')).toEqual(refused);
    expect((await printed([refused], { since: now - 60_000 })).out.at(-1)).toMatch(/^No decision and no refusal/);
  });

  it('names nobody in a refusal, so none is shown for a person', async () => {
    const { out } = await printed([refused, granted], { isWanted: () => true });
    expect(out.slice(2)).toEqual([expect.stringContaining('granted')]);
  });

  it('finds whatever there is about one request, also lines of no decision', async () => {
    const fault = { level: 'error', event: 'key-set-unavailable', requestId: refused.requestId, cause: 'timeout' };
    const other = { ...refused, requestId: 'other' };
    const { out } = await printed([granted, fault, other, refused], { request: refused.requestId });
    expect(out.slice(2).map((line) => line.replace(/ {2,}/g, '  '))).toEqual([
      '-  key-set-unavailable  -  {"cause":"timeout"}',
      expect.stringContaining('audience-refused'),
    ]);
    const { out: decision } = await printed([granted, refused], { request: granted.requestId });
    expect(decision.slice(2)).toEqual([expect.stringContaining('granted')]);
    const { out: none } = await printed([granted], { request: 'x' });
    expect(none.at(-1)).toBe('Nothing about request x since 2027-01-15T08:00:00.000Z.');
  });

  it('shows a terminal nothing to act on, whatever a line of any kind holds', async () => {
    const text = fc.string({ unit: 'binary', maxLength: 12 });
    const field = fc.oneof(text, fc.integer(), fc.constant(null), fc.array(text, { maxLength: 2 }));
    const line = fc.record({
      event: fc.oneof(fc.constantFrom('refused', 'granted', 'denied'), text),
      schema: fc.constantFrom(1, 2, undefined),
      time: fc.constantFrom(granted.time, undefined, '\u001b'),
      requestId: fc.constant('r'),
      reason: field,
      why: text,
      status: field,
      aud: field,
      more: fc.dictionary(text, field, { maxKeys: 2 }),
    });
    await fc.assert(
      fc.asyncProperty(line, fc.boolean(), async (given, json) => {
        const { out } = await printed([{ ...denied, ...given }, given], { json, request: 'r' });
        for (const shown of out) expect(visible(shown)).toBe(shown);
        for (const shown of json ? out : []) expect(JSON.parse(shown)).toMatchObject({ requestId: 'r' });
      }),
      { numRuns: 300 },
    );
  });

  const hostile = 'a\u001b[2J\u009b31m\u202e\u2066\r\nb\u0007@example.com\ud800';
  it.each([false, true])(
    'shows a terminal nothing to act on, whatever a name or a path holds (JSON: %s)',
    async (json) => {
      const line = { ...granted, who: { ...granted.who, email: hostile }, path: `/${hostile}`, rule: hostile };
      const { out, notes } = await printed([line], { json });
      for (const text of [...out, ...notes]) expect(text).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
      if (json) expect(JSON.parse(out[0] ?? '')).toMatchObject({ who: { email: hostile } });
      else expect(out[2]).toContain('a\\u001b[2J\\u009b31m\\u202e\\u2066\\u000d\\u000ab\\u0007@example.com\\ud800');
    },
  );

  it('shows an address that is a command as a word that runs nothing when it is copied into a shell', () => {
    const who = { ...granted.who, email: '`id`@evil.example' };
    expect(auditRow({ ...granted, who })).toContain(" '`id`@evil.example' ");
  });

  it('names someone without an address by the account, and an unnamed sign-out as such', () => {
    const { email: _, ...who } = granted.who;
    expect(auditRow({ ...granted, who })).toContain(' 1001 ');
    const signedOut = {
      ...everyLine,
      event: 'signed-out' as const,
      sid: 'x',
      signedInAt: granted.signedInAt,
      who: undefined,
    };
    expect(auditRow(signedOut)).toContain(' unknown ');
  });
});

describe('--since', () => {
  it.each([
    ['30s', 30_000],
    ['15m', 900_000],
    ['1h', 3_600_000],
    ['7d', 604_800_000],
    ['2027-01-15T08:00:00Z', 3_600_000],
    ['2027-01-15T08:30+01:00', 5_400_000],
    ['2027-01-15T08:59:59.5Z', 500],
    ['2027-01-15T09:00:00Z', 0],
    ['0s', 0],
    ['1970-01-01T00:00:00Z', now],
  ])('%s is %i ms ago', (text, ago) => {
    expect(sinceMs(text, now)).toBe(now - ago);
  });

  it.each([
    '',
    '1',
    'h',
    '1y',
    '-1h',
    '1.5h',
    'yesterday',
    '2027-01-15',
    '2027-01-15T08:00:00',
    '2027-13-01T00:00:00Z',
    '2027-01-15T09:00:01Z',
    '999999999d',
    '1234567890s',
    '1H',
    '1h ago',
    ' 1h',
    '1969-12-31T23:59:59Z',
    'x2027-01-15T08:00:00Z',
  ])('is not %j', (text) => {
    expect(() => sinceMs(text, now)).toThrow(`--since: got ${text}; allowed: 30s, 15m, 1h, 7d, or a past time`);
  });
});

describe('--request', () => {
  it.each(['a b', '*', "' || '1", '{ $.event = * }', '%^.*$%', 'a\\b', '\u00e9', 'x'.repeat(129)])(
    'refuses %j, which could mean more than itself in a pattern of CloudWatch',
    async (request) => {
      const asked = accessLog({ root: '/nowhere', args: [`--request=${request}`] });
      await expect(asked).rejects.toThrow(`--request: got ${request}; allowed: the ID that the page shows`);
    },
  );
});

describe('what is asked of the log', () => {
  it('is given to its source, which is read line by line', async () => {
    const queries: unknown[] = [];
    const order: string[] = [];
    const source: LogSource = {
      title: 'LOCAL site docs',
      async *lines(query) {
        queries.push(query);
        for (const line of [granted, denied]) {
          order.push('read');
          yield JSON.stringify(line);
        }
      },
    };
    const { signal } = new AbortController();
    const query = { sinceMs: 0, follow: true, json: true, request: undefined, signal };
    await printLog(source, query, { out: () => order.push('shown'), note: () => order.push('note') });
    expect(queries).toEqual([query]);
    expect(order).toEqual(['note', 'read', 'shown', 'read', 'shown']);
  });

  it('is answered with the head of the table once, and only if there is a row', async () => {
    const { out } = await printed([granted, granted, 'START']);
    expect(out.filter((line) => line.startsWith('TIME'))).toHaveLength(1);
    expect((await printed(['START'])).out.join()).not.toContain('TIME');
  });

  it('leaves out newer lines and others, unless they are about the request that is asked for', async () => {
    const newer = { ...granted, schema: 2 };
    const other = { event: 'key-set-slow', requestId: granted.requestId };
    expect((await printed([newer, other])).out).toHaveLength(2);
    expect((await printed([newer, other], { request: granted.requestId })).out).toHaveLength(4);
    expect((await printed([newer, other], { request: granted.requestId })).notes).toHaveLength(1);
  });

  it('finds the decisions about a person, and about nobody else', async () => {
    const bob = { ...granted, who: { ...granted.who, email: 'bob@example.com' }, path: '/bob/*' };
    const { out } = await printed([granted, bob], { isWanted: ({ who }) => who?.email === 'bob@example.com' });
    expect(out.slice(2)).toEqual([expect.stringContaining('/bob/*')]);
  });
});

describe('access log, of the site on this machine', () => {
  let site: LocalSite;
  beforeEach(async () => {
    site = await startLocalSite({ audit: { pseudonyms: true } });
    const write = beginLocalLog(site.root, 'docs');
    for (const hours of [3, 0.5]) {
      const time = new Date(Date.now() - hours * 3_600_000).toISOString();
      write(JSON.stringify({ ...granted, time, requestId: `before-${hours}` }));
    }
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await site.close();
  });

  /** IDs of the requests that are shown, and what is said beside them. */
  async function shown(...args: readonly string[]): Promise<[ids: string[], notes: string]> {
    const said = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      vi.spyOn(process[name], 'write').mockImplementation((text) => {
        said[name] += text;
        return true;
      });
    }
    await accessLog({ root: site.root, args: [...args, '--json', '--local-site'] });
    vi.restoreAllMocks();
    return [[...said.stdout.matchAll(/"requestId":"([^"]*)"/g)].map(([, id = '']) => id), said.stderr];
  }

  it('goes back an hour, for one request as far as the log is kept, and is never shorter than that', async () => {
    expect((await shown())[0]).toEqual(['before-0.5']);
    expect((await shown('--since', '4h'))[0]).toEqual(['before-3', 'before-0.5']);
    expect((await shown('--request', 'before-3'))[0]).toEqual(['before-3']);
    expect((await shown('--request', 'before-3', '--since', '1h'))[0]).toEqual([]);
    expect((await shown('--since', '9999d'))[1]).not.toContain('logDays');
  });

  it('says what was asked wrong before it looks for anything', async () => {
    for (const [args, message] of [
      [['--since', 'yesterday'], '--since: got yesterday'],
      [['--request', 'a b'], '--request: got a b'],
      [['--site', 'wiki'], '--site: got wiki; allowed: docs'],
      [['--tail'], "Unknown option '--tail'"],
      [['everything'], 'everything is one word too many'],
    ] as const) {
      await expect(accessLog({ root: site.root, args: [...args, '--local-site'] })).rejects.toThrow(message);
    }
    await expect(accessLog({ root: '/nowhere', args: ['--since', 'yesterday'] })).rejects.toThrow('--since: got');
  });

  it('takes every ID that API Gateway and Lambda make', async () => {
    for (const id of ['JKJaXmPLvHcESHA=', '8d6f3c1e-1b2c-4d5e', 'a/b+c_d', 'x'.repeat(128)]) {
      expect(await shown('--request', id)).toEqual([[], expect.stringContaining(`Nothing about request ${id} since`)]);
    }
  });

  it('finds a person by pseudonyms of the address and of the account, once there is a key', async () => {
    const key = Buffer.alloc(32, 7);
    site.put(pseudonymKeyObject, `${key.toString('base64url')}\n`);
    const write = beginLocalLog(site.root, 'docs');
    const { iss, sub, email } = granted.who;
    const who = { iss, sub: pseudonymOfSubject(key, iss, sub), email: pseudonymOfEmail(key, email) };
    write(JSON.stringify({ ...granted, who, time: new Date().toISOString(), requestId: 'pseudonymous' }));
    for (const person of ['ALICE@example.com', '1001']) {
      expect((await shown('--person', person))[0]).toEqual(['pseudonymous']);
    }
    expect((await shown('--person', '1002'))[0]).toEqual([]);
  });

  it('closes its connection to the bucket, whether or not it could read the key', async () => {
    const destroy = vi.spyOn(S3Client.prototype, 'destroy');
    const target = await accessTarget({ root: site.root, site: undefined, local: true });
    expect(await readPseudonymKey(target)).toBeUndefined();
    expect(destroy).toHaveBeenCalledTimes(1);
    site.endpoint.failObject(site.bucket.name, pseudonymKeyObject, 'denied');
    await expect(readPseudonymKey(target)).rejects.toThrow('s3:GetObject');
    expect(destroy).toHaveBeenCalledTimes(2);
  });

  it('reads no key where the site uses no pseudonyms', async () => {
    await site.close();
    site = await startLocalSite();
    beginLocalLog(site.root, 'docs')(JSON.stringify({ ...granted, time: new Date().toISOString() }));
    site.endpoint.failObject(site.bucket.name, pseudonymKeyObject, 'denied');
    expect((await shown('--person', 'alice@example.com'))[0]).toEqual(['request-1']);
  });

  it('is followed until a signal, or until nobody reads it', async () => {
    for (const end of ['SIGINT', 'SIGTERM', 'SIGHUP', 'error']) {
      const ends = new Map<string, () => void>();
      const note = (name: string, act: () => void): never => ends.set(name, act) as never;
      vi.spyOn(process, 'once').mockImplementation(note as never);
      vi.spyOn(process.stdout, 'on').mockImplementation(note as never);
      let out = '';
      vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
        out += text;
        return true;
      });
      let isOver = false;
      const following = accessLog({ root: site.root, args: ['--follow', '--local-site'] }).then(() => {
        isOver = true;
      });
      await vi.waitFor(() => expect(out).toContain('granted'));
      expect([[...ends.keys()].sort(), isOver]).toEqual([['SIGHUP', 'SIGINT', 'SIGTERM', 'error'], false]);
      ends.get(end)?.();
      await following;
      vi.restoreAllMocks();
    }
  });

  it('is a table on standard output, with its title, unless it is asked for as JSON', async () => {
    const said = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      vi.spyOn(process[name], 'write').mockImplementation((text) => {
        said[name] += text;
        return true;
      });
    }
    await accessLog({ root: site.root, args: ['--local-site'] });
    expect(said.stderr).toBe('');
    expect(said.stdout).toMatch(/^LOCAL site docs, log \S+docs\.jsonl \(npm start\)\nTIME .*\n.* granted .*\n$/);
  });

  it('finds a person without pseudonyms where there is no key yet, and says when it may not read the key', async () => {
    expect((await shown('--person', 'Alice@example.com'))[0]).toEqual(['before-0.5']);
    expect((await shown('--person', 'bob@example.com'))[0]).toEqual([]);
    site.endpoint.failObject(site.bucket.name, pseudonymKeyObject, 'denied');
    await expect(shown('--person', 'alice@example.com')).rejects.toThrow(
      /not allowed to s3:GetObject on docs-private\//,
    );
    expect((await shown())[0]).toEqual(['before-0.5']);
  });
});

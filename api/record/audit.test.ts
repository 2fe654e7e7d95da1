import * as fc from 'fast-check';
import * as v from 'valibot';
import { afterEach, describe, expect, it } from 'vitest';
import { emptyAccessDocument } from '../../contract/access-rules.ts';
import { accessLiveKey, pseudonymKeyObject } from '../../contract/layout.ts';
import type { ApiRequest } from '../receive/request.ts';
import { createLog } from '../shared/log.ts';
import { bearer, cookiesOf, host, startTestSite, type TestSite } from '../testing/test-site.ts';
import { type AuditEntry, createAudit } from './audit.ts';
import { type AuditLine, auditLineSchema, readAuditLine } from './audit-line.ts';

let site: TestSite;
afterEach(() => site?.close());

/** Signs alice in and out, and refuses mallory. */
async function threeDecisions(): Promise<void> {
  const answer = await site.send(bearer(site.token()));
  const session = cookiesOf(answer)['__Host-s3nator-session']?.value;
  const headers = { origin: `https://${host}` };
  await site.send({ method: 'DELETE', headers, cookies: [`__Host-s3nator-session=${session}`] });
  await site.send(bearer(site.token({ sub: '666', email: 'mallory@evil.example', hd: 'evil.example' })));
}

const request = { id: 'request-1' } as ApiRequest;
const session = {
  aud: 'https://docs.example.com',
  kid: '0123456789abcdef',
  sid: 'session-1',
  iss: 'https://accounts.google.com',
  sub: '1001',
  email: 'alice@example.com',
  addressState: 'verified',
  signedInAt: 1_800_000_000,
  path: '/*',
  expiresAt: 1_800_003_600,
} as const;
const documents = { config: 'v1', live: 'v2' };

/** The line of one entry. */
async function lineOf(entry: AuditEntry, metrics = false): Promise<string> {
  const lines: string[] = [];
  const now = (): number => 1_800_000_000_000;
  const log = createLog({ site: 'docs', stage: 'prod', metrics, now }, (line) => lines.push(line));
  expect(await createAudit({ log, now, pseudonyms: null })(entry)).toMatchObject({ ok: true });
  expect(lines).toHaveLength(1);
  return lines[0] ?? '';
}

const entries: AuditEntry[] = [
  { event: 'granted', request, session: { ...session, identityId: 'eu-west-1:1' }, rule: 'live.rules[0]', documents },
  { event: 'renewed', request, session, rule: 'config.rules[1]', documents },
  { event: 'denied', request, action: 'sign-in', who: session, why: 'no-rule', documents },
  { event: 'denied', request, action: 'renewal', who: session, sid: 's', why: 'signed-out-by-operator', documents },
  { event: 'signed-out', request, session },
];

describe('createAudit', () => {
  it.each(entries.flatMap((entry) => [false, true].map((metrics) => [entry.event, metrics, entry] as const)))(
    'writes a line of the schema: %s, counted: %s',
    async (event, metrics, entry) => {
      const line = await lineOf(entry, metrics);
      expect(v.parse(auditLineSchema, JSON.parse(line))).toMatchObject({
        event,
        schema: 1,
        who: { email: 'alice@example.com' },
      });
      expect('_aws' in JSON.parse(line)).toBe(metrics);
    },
  );

  it('has the same fields for a renewal as for a sign-in', async () => {
    const [granted, renewed] = await Promise.all(
      (['granted', 'renewed'] as const).map(async (event) => {
        const line = await lineOf({ event, request, session, rule: 'live.rules[0]', documents });
        return { ...(JSON.parse(line) as AuditLine), event: undefined };
      }),
    );
    expect(renewed).toEqual(granted);
  });

  it('names the session in each line, so that one visit can be followed from sign-in to sign-out', async () => {
    site = await startTestSite();
    await threeDecisions();
    expect(site.lines.map(({ event }) => event)).toEqual(['granted', 'signed-out', 'denied']);
    expect(site.lines[1]?.['sid']).toBe(site.lines[0]?.['sid']);
  });

  it('writes no line for a sign-out without a session', async () => {
    site = await startTestSite();
    await site.send({ method: 'DELETE', headers: { origin: `https://${host}` } });
    expect(site.lines).toEqual([]);
  });

  it('stays one line of the schema and below 64 KB, whatever the provider says about a person', async () => {
    const words = fc.oneof(fc.string({ unit: 'binary', minLength: 1 }), fc.constantFrom('\u202e', '\r\n{"schema":1}'));
    const long = fc.tuple(words, fc.integer({ min: 1, max: 4000 })).map(([text, times]) => text.repeat(times));
    await fc.assert(
      fc.asyncProperty(fc.oneof(words, long), async (text) => {
        const who = { ...session, sub: text, email: text, hd: text, iss: text };
        const line = await lineOf({ event: 'denied', request, action: 'sign-in', who, why: 'no-rule', documents });
        expect(line.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
        expect(v.parse(auditLineSchema, JSON.parse(line))).toMatchObject({ event: 'denied', why: 'no-rule' });
        expect(line.length).toBeLessThan(65_536);
      }),
      { numRuns: 200 },
    );
  });
});

describe('pseudonyms', () => {
  it('leave no address and no account number in any line, and link the lines of one person', async () => {
    site = await startTestSite({ pseudonymised: true });
    await threeDecisions();
    expect(JSON.stringify(site.lines)).not.toMatch(/alice|mallory|1001|666/);
    const [granted, signedOut, denied] = site.lines as unknown as AuditLine[];
    expect(granted?.who).toEqual({
      iss: 'https://accounts.google.com',
      sub: expect.stringMatching(/^p_[\w-]{22}$/),
      email: expect.stringMatching(/^p_[\w-]{22}$/),
      hd: 'example.com',
    });
    expect(signedOut?.who).toEqual(granted?.who);
    expect(denied?.who?.sub).not.toBe(granted?.who?.sub);
  });

  it('let nobody in if the decision could not be logged', async () => {
    site = await startTestSite({ pseudonymised: true });
    site.aws.faults.set(`put ${pseudonymKeyObject}`, 'failing');
    const claims = [{}, { sub: '666', email: 'mallory@evil.example', hd: 'evil.example' }];
    for (const one of claims) {
      const answer = await site.send(bearer(site.token(one)));
      expect([answer.statusCode, answer.cookies]).toEqual([503, undefined]);
    }
    expect(site.lines.map(({ event }) => event)).not.toContain('granted');
  });

  it('never hold up a sign-out, whose line still names the session', async () => {
    site = await startTestSite({ pseudonymised: true });
    const answer = await site.send(bearer(site.token()));
    const cookie = `__Host-s3nator-session=${cookiesOf(answer)['__Host-s3nator-session']?.value}`;
    const before = site;
    // An instance that has not read the key.
    site = await startTestSite({ pseudonymised: true });
    await before.close();
    site.aws.faults.set(pseudonymKeyObject, 'failing');
    site.aws.put(accessLiveKey, JSON.stringify(emptyAccessDocument));
    const headers = { origin: `https://${host}` };
    expect((await site.send({ method: 'DELETE', headers, cookies: [cookie] })).statusCode).toBe(204);
    const [line] = site.lines.filter(({ event }) => event === 'signed-out');
    expect(line).toMatchObject({ sid: expect.stringMatching(/^[\w-]{22}$/) });
    expect(line).not.toHaveProperty('who');
  });
});

describe('AuditEntry', () => {
  it('has no reason that the schema of the line does not list: such an entry does not compile', () => {
    const entry: AuditEntry = {
      event: 'denied',
      request,
      action: 'sign-in',
      who: session,
      // @ts-expect-error not among `auditedDenials`
      why: 'out-of-hours',
      documents,
    };
    expect(v.safeParse(auditLineSchema, entry).success).toBe(false);
  });
});

describe('readAuditLine', () => {
  const written = lineOf(entries[0] as AuditEntry, true);

  it('reads the lines that the API writes', async () => {
    const line = JSON.parse(await written) as AuditLine;
    expect(readAuditLine(await written)).toEqual({ kind: 'audit', line });
  });

  it('reads a line with a field that came later', async () => {
    const later = { ...JSON.parse(await written), device: 'x', who: { ...session, sub: '1', name: 'Alice' } };
    expect(readAuditLine(JSON.stringify(later))).toMatchObject({ kind: 'audit', line: { device: 'x' } });
  });

  it('reads a denial for a reason that came later', async () => {
    const denied = entries.find(({ event }) => event === 'denied') as AuditEntry;
    const later = { ...JSON.parse(await lineOf(denied, true)), why: 'out-of-hours', action: 'invitation' };
    expect(readAuditLine(JSON.stringify(later))).toEqual({ kind: 'audit', line: later });
  });

  it('distinguishes a newer schema from other lines', async () => {
    const newer = { ...JSON.parse(await written), schema: 2 };
    expect(readAuditLine(JSON.stringify(newer))).toEqual({ kind: 'newer' });
    const unknown = { ...JSON.parse(await written), event: 'invited' };
    expect(readAuditLine(JSON.stringify(unknown))).toEqual({ kind: 'newer' });
    const others = ['', 'START RequestId: 1', 'null', '[]', '{"event":"granted"}', '{"schema":"2"}'];
    for (const other of others) expect(readAuditLine(other), other).toEqual({ kind: 'other' });
  });
});

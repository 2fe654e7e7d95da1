import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { emptyAccessDocument } from '../contract/access-rules.ts';
import { accessConfigKey, accessLiveKey } from '../contract/layout.ts';
import { type AccessDocuments, createAccessDocuments } from './access-documents.ts';
import { createPrivateBucket } from './private-bucket.ts';
import { clientOptionsFor, type StubAws, startStubAws } from './testing/stub-aws.ts';

let aws: StubAws;
let now: number;
let lines: Record<string, unknown>[];
let documents: AccessDocuments;

function coldStart(): AccessDocuments {
  const bucket = createPrivateBucket('private', { ...clientOptionsFor(aws), maxAttempts: 1 });
  return createAccessDocuments({
    bucket,
    now: () => now,
    log: (level, event, fields) => lines.push({ level, event, ...fields }),
  });
}

beforeEach(async () => {
  aws = await startStubAws();
  now = 1_800_000_000_000;
  lines = [];
  aws.put(accessConfigKey, JSON.stringify(emptyAccessDocument));
  aws.put(accessLiveKey, JSON.stringify(emptyAccessDocument));
  documents = coldStart();
});
afterEach(() => aws.close());

/** Versions in force as `config live`, or the cause why there are none. */
async function current(from: AccessDocuments = documents): Promise<string> {
  const result = await from.current();
  if (!result.ok) return `${result.refusal.reason}: ${String(result.refusal.evidence['cause'])}`;
  const { config, live } = result.value.versions;
  return `${config} ${live}`;
}

const later = (ms: number): void => {
  now += ms;
};

describe('createAccessDocuments', () => {
  it('reads both once a minute, and then only asks whether they changed', async () => {
    expect([await current(), await current()]).toEqual(['v1 v2', 'v1 v2']);
    expect(aws.requests.toSorted()).toEqual([`${accessConfigKey} 200`, `${accessLiveKey} 200`]);
    later(59_999);
    await current();
    expect(aws.requests).toHaveLength(2);
    later(1);
    expect(await current()).toBe('v1 v2');
    expect(aws.requests.slice(2).toSorted()).toEqual([`${accessConfigKey} 304`, `${accessLiveKey} 304`]);
  });

  it('shares one reading among callers', async () => {
    expect(await Promise.all([current(), current()])).toEqual(['v1 v2', 'v1 v2']);
    expect(aws.requests).toHaveLength(2);
  });

  it('takes a change after at most a minute', async () => {
    await current();
    aws.put(accessLiveKey, JSON.stringify({ ...emptyAccessDocument, blocked: ['alice@example.com'] }));
    expect(await current()).toBe('v1 v2');
    later(60_000);
    expect(await current()).toBe('v1 v3');
  });

  it.each([
    ['malformed', '{"version":1,"blocked":"alice@example.com","rules":[]}'],
    ['of a newer schema', '{"version":2,"blocked":[],"rules":[]}'],
    ['empty', ''],
    ['longer than 4 MiB', `${' '.repeat(4_194_304)}{}`],
  ])('keeps the last good version in force while the newest is %s, with an error line', async (_name, text) => {
    await current();
    aws.put(accessConfigKey, text);
    later(60_000);
    expect(await current()).toBe('v1 v2');
    expect(lines).toMatchObject([
      { level: 'error', event: 'access-document-malformed', key: accessConfigKey, version: 'v3', inForce: 'v1' },
    ]);
    aws.put(accessConfigKey, JSON.stringify({ ...emptyAccessDocument, blocked: ['alice@example.com'] }));
    later(60_000);
    expect(await current()).toBe('v4 v2');
  });

  it('walks back to the last good version on a cold start', async () => {
    aws.put(accessLiveKey, 'broken');
    aws.put(accessLiveKey, '[]');
    expect(await current(coldStart())).toBe('v1 v2');
    expect(lines).toMatchObject([{ level: 'error', event: 'access-document-malformed', version: 'v4', inForce: 'v2' }]);
  });

  it('takes a document of 5 MB for a malformed one, and does not read it', async () => {
    aws.put(accessLiveKey, JSON.stringify(emptyAccessDocument).padEnd(5_000_000));
    expect(await current(coldStart())).toBe('v1 v2');
    expect(lines).toMatchObject([
      {
        event: 'access-document-malformed',
        version: 'v3',
        inForce: 'v2',
        problem: 'document: allowed: at most 4194304 bytes',
      },
    ]);
  });

  it('reads a document of exactly 4 MiB', async () => {
    aws.put(accessLiveKey, JSON.stringify(emptyAccessDocument).padEnd(4_194_304));
    expect(await current(coldStart())).toBe('v1 v3');
  });

  it('does not take the versions of another object whose name begins alike', async () => {
    aws.put(`${accessLiveKey}.backup`, JSON.stringify(emptyAccessDocument));
    aws.put('access/other.json', 'x');
    aws.put(accessLiveKey, 'broken');
    aws.faults.set(`${accessLiveKey}@v2`, 'missing');
    expect(await current(coldStart())).toBe('access-documents-unavailable: malformed');
    expect(lines[0]).toMatchObject({ inForce: null });
  });

  it('is unavailable on a cold start when no version can be read', async () => {
    aws.put(accessLiveKey, 'broken');
    aws.failVersions = true;
    expect(await current(coldStart())).toBe('access-documents-unavailable: malformed');
    aws.failVersions = false;
    expect(await current()).toBe('v1 v2');
  });

  it.each(['missing', 'forbidden'] as const)('is unavailable, never empty, when a document is %s', async (fault) => {
    aws.faults.set(accessLiveKey, fault);
    expect(await current()).toBe(`access-documents-unavailable: ${fault}`);
    aws.faults.clear();
    expect(await current()).toBe('v1 v2');
    aws.faults.set(accessConfigKey, fault);
    later(60_000);
    expect(await current()).toBe(`access-documents-unavailable: ${fault}`);
    expect(lines.at(-1)).toMatchObject({
      level: 'error',
      event: 'access-document-unavailable',
      key: accessConfigKey,
      cause: fault,
    });
  });

  it('keeps what was confirmed in the last five minutes in force during an outage of S3', async () => {
    await current();
    aws.faults.set(accessConfigKey, 'failing');
    later(60_000);
    expect(await current()).toBe('v1 v2');
    expect(lines).toMatchObject([{ level: 'error', event: 'access-document-unavailable', cause: 'InternalError' }]);
    const asked = aws.requests.length;
    later(9_999);
    expect(await current()).toBe('v1 v2');
    expect(aws.requests).toHaveLength(asked);
    later(229_999);
    expect(await current()).toBe('v1 v2');
    later(10_001);
    expect(await current()).toBe('access-documents-unavailable: InternalError');
    aws.faults.clear();
    expect(await current()).toBe('v1 v2');
  });

  it('is unavailable on a cold start during an outage of S3', async () => {
    aws.faults.set(accessConfigKey, 'failing');
    expect(await current()).toBe('access-documents-unavailable: InternalError');
  });

  it('does not forget a missing document over an outage of the other', async () => {
    await current();
    aws.faults.set(accessConfigKey, 'failing');
    aws.faults.set(accessLiveKey, 'missing');
    later(60_000);
    expect(await current()).toContain('access-documents-unavailable');
  });
});

import { createHmac, randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pseudonymKeyObject } from '../../contract/layout.ts';
import { createInvocations, type Watch } from '../shared/invocations.ts';
import { createPrivateBucket } from '../shared/private-bucket.ts';
import { clientOptionsFor, type StubAws, startStubAws } from '../testing/stub-aws.ts';
import {
  createPseudonyms,
  type Pseudonyms,
  parsePseudonymKey,
  pseudonymOfEmail,
  pseudonymOfSubject,
} from './pseudonyms.ts';

const alice = { iss: 'https://accounts.google.com', sub: '1001', email: 'alice@example.com', hd: 'example.com' };
const keyText = `${Buffer.alloc(32, 7).toString('base64url')}\n`;

let aws: StubAws;
let causes: unknown[];
beforeEach(async () => {
  aws = await startStubAws();
  causes = [];
});
afterEach(() => aws.close());

function pseudonyms(watch?: Watch): Pseudonyms {
  const bucket = createPrivateBucket('private', { ...clientOptionsFor(aws), maxAttempts: 1 });
  const log = (_level: string, event: string, fields: object): void => void causes.push({ event, ...fields });
  return createPseudonyms({ bucket, randomBytes, log, ...(watch !== undefined && { watch }) });
}

async function nameOf(person = alice, by = pseudonyms()) {
  const result = await by.of(person);
  if (!result.ok) throw new Error('no pseudonym');
  return result.value;
}

describe('createPseudonyms', () => {
  it('does not log a read of the key that Lambda froze', async () => {
    const { run, watch } = createInvocations();
    const named = pseudonyms(watch);
    aws.faults.set(pseudonymKeyObject, 'failing');
    let reading: Promise<unknown> | undefined;
    await run(async () => {
      reading = named.warm();
    });
    expect(await reading).toMatchObject({ ok: false });
    expect(causes).toEqual([]);
    await run(() => named.warm());
    expect(causes).toMatchObject([{ event: 'pseudonym-key-unavailable' }]);
  });

  it('names a person by a keyed hash of address and account, and keeps issuer and domain', async () => {
    aws.put(pseudonymKeyObject, keyText);
    const hashed = (...parts: string[]): string =>
      `p_${createHmac('sha256', Buffer.alloc(32, 7)).update(parts.join('\n')).digest('base64url').slice(0, 22)}`;
    expect(await nameOf()).toEqual({
      iss: 'https://accounts.google.com',
      sub: hashed('sub', 'https://accounts.google.com', '1001'),
      email: hashed('email', 'alice@example.com'),
      hd: 'example.com',
    });
  });

  it('names an address in one case of its letters, if it is ASCII', () => {
    const key = Buffer.alloc(32, 7);
    expect(pseudonymOfEmail(key, 'Alice@Example.com')).toBe(pseudonymOfEmail(key, 'alice@example.com'));
    expect(pseudonymOfEmail(key, '\u212aate@example.com')).not.toBe(pseudonymOfEmail(key, 'kate@example.com'));
  });

  it('names accounts by their issuer, too, whatever their numbers', () => {
    const key = Buffer.alloc(32, 7);
    const names = [
      ['https://a', '1'],
      ['https://a1', ''],
      ['https://b', '1'],
    ].map(([issuer = '', subject = '']) => pseudonymOfSubject(key, issuer, subject));
    expect(new Set(names).size).toBe(3);
  });

  it('makes keys of 32 bytes', async () => {
    const sizes: number[] = [];
    const bucket = createPrivateBucket('private', clientOptionsFor(aws));
    const bytes = (size: number) => Buffer.alloc(sizes.push(size) && size, 7);
    await createPseudonyms({ bucket, randomBytes: bytes, log: () => {} }).warm();
    expect([sizes, aws.read(pseudonymKeyObject)]).toEqual([[32], keyText]);
  });

  it('gives the same person the same name in every instance, and another person another', async () => {
    const [first, second] = [await nameOf(), await nameOf()];
    expect(second).toEqual(first);
    const other = await nameOf({ ...alice, sub: '1002', email: 'bob@example.com' });
    expect([other.sub, other.email]).not.toContain(first.sub);
    expect(other.email).not.toBe(first.email);
  });

  it('cannot be guessed without the key: two sites name the same person differently', async () => {
    const here = await nameOf();
    await aws.close();
    aws = await startStubAws();
    const there = await nameOf();
    expect(there.email).not.toBe(here.email);
    expect(there.sub).not.toBe(here.sub);
  });

  it('names someone without an address by the account', async () => {
    const { iss, sub } = alice;
    const nameless = await pseudonyms().of({ iss, sub });
    expect(nameless).toMatchObject({ ok: true, value: { email: undefined, sub: expect.stringMatching(/^p_.{22}$/) } });
  });

  it('creates a missing key once, and reads it once per instance', async () => {
    const by = pseudonyms();
    await by.warm();
    await nameOf(alice, by);
    await nameOf();
    expect(aws.requests).toEqual([
      `${pseudonymKeyObject} 404`,
      `put ${pseudonymKeyObject} 200`,
      `${pseudonymKeyObject} 200`,
    ]);
  });

  it('uses the key of the instance that was faster', async () => {
    const names = await Promise.all([nameOf(), nameOf(), nameOf()]);
    expect(new Set(names.map(({ sub }) => sub)).size).toBe(1);
    expect(aws.requests.filter((request) => request === `put ${pseudonymKeyObject} 200`)).toHaveLength(1);
  });

  it('treats "forbidden" as a missing key, because S3 says so to callers that may not list', async () => {
    aws.faults.set(pseudonymKeyObject, 'forbidden');
    expect((await pseudonyms().of(alice)).ok).toBe(true);
  });

  it.each([
    ['cannot be read', () => aws.faults.set(pseudonymKeyObject, 'failing'), 'InternalError'],
    ['cannot be made', () => aws.faults.set(`put ${pseudonymKeyObject}`, 'forbidden'), 'AccessDenied'],
    [
      'exists but may not be read',
      () => aws.put(pseudonymKeyObject, keyText) && aws.faults.set(pseudonymKeyObject, 'forbidden'),
      'forbidden',
    ],
    ['is no key', () => aws.put(pseudonymKeyObject, 'short'), 'unreadable'],
  ])('names nobody if the key %s, logs it, and tries again', async (_, given, cause) => {
    given();
    const by = pseudonyms();
    expect(await by.of(alice)).toMatchObject({ ok: false, refusal: { reason: 'pseudonym-key-unavailable' } });
    expect(causes).toEqual([{ event: 'pseudonym-key-unavailable', object: pseudonymKeyObject, cause }]);
    aws.faults.clear();
    aws.put(pseudonymKeyObject, keyText);
    expect((await by.of(alice)).ok).toBe(true);
  });
});

describe('parsePseudonymKey', () => {
  it.each(['', 'short', `${keyText}x`, 'x'.repeat(44), ' '.repeat(43)])(
    'does not accept any other text as a key: %j',
    (text) => {
      expect(parsePseudonymKey(text)).toBeUndefined();
    },
  );
});

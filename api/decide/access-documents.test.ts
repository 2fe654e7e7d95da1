import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { emptyAccessDocument } from '../../contract/access-rules.ts';
import { accessConfigKey, accessLiveKey } from '../../contract/layout.ts';
import { createInvocations, type Invocations, type Watch } from '../shared/invocations.ts';
import { createPrivateBucket } from '../shared/private-bucket.ts';
import { clientOptionsFor, type StubAws, startStubAws } from '../testing/stub-aws.ts';
import { type AccessDocuments, createAccessDocuments } from './access-documents.ts';

let aws: StubAws;
let now: number;
let lines: Record<string, unknown>[];
let documents: AccessDocuments;

function coldStart(watch?: Watch): AccessDocuments {
  const bucket = createPrivateBucket('private', { ...clientOptionsFor(aws), maxAttempts: 1 });
  return createAccessDocuments({
    bucket,
    now: () => now,
    log: (level, event, fields) => lines.push({ level, event, ...fields }),
    ...(watch !== undefined && { watch }),
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
  it('reads both once a minute, and later only checks whether they changed', async () => {
    expect([await current(), await current()]).toEqual(['v1 v2', 'v1 v2']);
    expect(aws.requests.toSorted()).toEqual([`${accessConfigKey} 200`, `${accessLiveKey} 200`]);
    later(59_999);
    await current();
    expect(aws.requests).toHaveLength(2);
    later(1);
    expect(await current()).toBe('v1 v2');
    expect(aws.requests.slice(2).toSorted()).toEqual([`${accessConfigKey} 304`, `${accessLiveKey} 304`]);
  });

  it('shares one read among callers', async () => {
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

  it('does not search for versions while it has a good one', async () => {
    await current();
    aws.failVersions = true;
    for (let count = 0; count < 25; count += 1) aws.put(accessLiveKey, `broken ${count}`);
    later(60_000);
    expect(await current()).toBe('v1 v2');
    expect(aws.requests.filter((line) => line.startsWith('versions'))).toEqual([]);
  });

  it('walks back to the last good version on a cold start', async () => {
    aws.put(accessLiveKey, 'broken');
    aws.put(accessLiveKey, '[]');
    expect(await current(coldStart())).toBe('v1 v2');
    expect(lines).toMatchObject([{ level: 'error', event: 'access-document-malformed', version: 'v4', inForce: 'v2' }]);
  });

  it('treats a document of 5 MB as malformed, and does not read it', async () => {
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

  it('ignores versions of another object whose name has the same beginning', async () => {
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

  it('keeps a document that was confirmed in the last five minutes in force during an outage of S3', async () => {
    await current();
    aws.faults.set(accessConfigKey, 'failing');
    later(60_000);
    expect(await current()).toBe('v1 v2');
    expect(lines).toMatchObject([{ level: 'error', event: 'access-document-unavailable', cause: 'InternalError' }]);
    const asked = aws.requests.length;
    later(9_999);
    expect(await current()).toBe('v1 v2');
    expect(aws.requests).toHaveLength(asked);
    later(1);
    expect(await current()).toBe('v1 v2');
    expect(aws.requests.length).toBeGreaterThan(asked);
    later(229_999);
    expect(await current()).toBe('v1 v2');
    later(1);
    expect(await current()).toBe('access-documents-unavailable: InternalError');
    aws.faults.clear();
    expect(await current()).toBe('v1 v2');
  });

  it('counts the five minutes from the last confirmation, not from the first', async () => {
    await current();
    later(60_000);
    await current();
    aws.faults.set(accessConfigKey, 'failing');
    aws.faults.set(accessLiveKey, 'failing');
    later(299_999);
    expect(await current()).toBe('v1 v2');
    later(1);
    expect(await current()).toBe('access-documents-unavailable: InternalError');
  });

  it('is unavailable on a cold start during an outage of S3', async () => {
    aws.faults.set(accessConfigKey, 'failing');
    expect(await current()).toBe('access-documents-unavailable: InternalError');
  });

  it('remembers that a document is missing during an outage of either document', async () => {
    await current();
    aws.faults.set(accessConfigKey, 'failing');
    aws.faults.set(accessLiveKey, 'missing');
    later(60_000);
    expect(await current()).toContain('access-documents-unavailable');
    aws.faults.set(accessLiveKey, 'failing');
    expect(await current()).toContain('access-documents-unavailable');
    aws.faults.delete(accessConfigKey);
    expect(await current()).toContain('access-documents-unavailable');
    aws.faults.clear();
    expect(await current()).toBe('v1 v2');
  });

  it('goes back to the newest good version, not to the oldest', async () => {
    aws.put(accessLiveKey, JSON.stringify({ ...emptyAccessDocument, blocked: ['alice@example.com'] }));
    aws.put(accessLiveKey, 'broken');
    expect(await current(coldStart())).toBe('v1 v3');
  });

  it.each(['failing', 'forbidden'] as const)(
    'does not skip a version that is %s: it may be the good one, and block somebody',
    async (fault) => {
      const blocking = aws.put(
        accessLiveKey,
        JSON.stringify({ ...emptyAccessDocument, blocked: ['alice@example.com'] }),
      );
      aws.put(accessLiveKey, 'broken');
      aws.faults.set(`${accessLiveKey}@${blocking}`, fault);
      const instance = coldStart();
      expect(await current(instance)).toContain('access-documents-unavailable');
      aws.faults.clear();
      expect(await current(instance)).toBe(`v1 ${blocking}`);
    },
  );

  describe('with broken versions on top', () => {
    const breakLive = (times: number): void => {
      for (let count = 0; count < times; count += 1) aws.put(accessLiveKey, `broken ${count}`);
    };
    const read = (): number => aws.requests.filter((line) => line === `${accessLiveKey} 200`).length;

    it('uses the 20th version before the newest one', async () => {
      breakLive(20);
      expect(await current(coldStart())).toBe('v1 v2');
      expect(read()).toBe(21);
    });

    it('does not read the 21st: nobody signs in, and the log names the version that was broken last', async () => {
      breakLive(21);
      expect(await current(coldStart())).toBe('access-documents-unavailable: malformed');
      expect(read()).toBe(21);
      expect(lines[0]).toMatchObject({ event: 'access-document-malformed', version: 'v23', inForce: null });
    });

    it('searches once in ten seconds, and uses a new version at once', async () => {
      breakLive(25);
      const instance = coldStart();
      await current(instance);
      await current(instance);
      // 20 versions, and the newest one twice.
      expect(read()).toBe(22);
      later(10_000);
      await current(instance);
      expect(read()).toBe(43);
      aws.put(accessLiveKey, JSON.stringify(emptyAccessDocument));
      expect(await current(instance)).toBe('v1 v28');
    });

    it('searches again at once when another version is the newest', async () => {
      breakLive(21);
      const instance = coldStart();
      await current(instance);
      aws.put(accessLiveKey, 'broken anew');
      await current(instance);
      expect(read()).toBe(42);
    });
  });
});

const blocking = (...blocked: readonly string[]): string => JSON.stringify({ ...emptyAccessDocument, blocked });

describe('a document that can be read, while the other one cannot', () => {
  it.each([
    [accessLiveKey, accessConfigKey, 'v1 v3'],
    [accessConfigKey, accessLiveKey, 'v3 v2'],
  ])(
    'is in force at once: a person who was blocked in %s is out, although %s fails',
    async (readable, failing, expected) => {
      await current();
      aws.faults.set(failing, 'failing');
      aws.put(readable, blocking('mallory@evil.example'));
      later(60_000);
      expect(await current()).toBe(expected);
      const result = await documents.current();
      const blocked = result.ok && Object.values(result.value.documents).flatMap((document) => document.blocked);
      expect(blocked).toEqual(['mallory@evil.example']);
    },
  );

  it('is in force without the minute that the other one has to wait', async () => {
    await current();
    aws.faults.set(accessConfigKey, 'failing');
    later(60_000);
    await current();
    aws.put(accessLiveKey, blocking('mallory@evil.example'));
    later(10_000);
    expect(await current()).toBe('v1 v3');
  });

  it('does not extend the five minutes of the other one, however often it is confirmed', async () => {
    await current();
    aws.faults.set(accessConfigKey, 'failing');
    for (let minutes = 1; minutes < 5; minutes += 1) {
      later(60_000);
      expect(await current()).toBe('v1 v2');
    }
    later(59_999);
    expect(await current()).toBe('v1 v2');
    later(1);
    expect(await current()).toBe('access-documents-unavailable: InternalError');
  });

  it('gets its own five minutes if it fails later', async () => {
    await current();
    aws.faults.set(accessConfigKey, 'failing');
    later(240_000);
    expect(await current()).toBe('v1 v2');
    aws.faults.delete(accessConfigKey);
    aws.faults.set(accessLiveKey, 'failing');
    later(60_000);
    expect(await current()).toBe('v1 v2');
    later(239_999);
    expect(await current()).toBe('v1 v2');
    later(1);
    expect(await current()).toBe('access-documents-unavailable: InternalError');
  });
});

describe('a read that Lambda froze', () => {
  it('is not a failure: no log line, and the confirmed document stays', async () => {
    const invocations = createInvocations();
    const instance = coldStart(invocations.watch);
    const pending = Promise.withResolvers<unknown>();
    aws.faults.set(accessConfigKey, 'failing');
    await invocations.run(async () => {
      void current(instance).then(pending.resolve);
    });
    await pending.promise;
    expect(lines).toEqual([]);
    aws.faults.clear();
    expect(await invocations.run(() => current(instance))).toBe('v1 v2');
  });

  /**
   * Ends a reading of live.json that began before a freeze, when a later one has found a block; `found`: what it comes
   * to.
   */
  async function thaw(found: 'missing' | undefined): Promise<{ instance: AccessDocuments; invocations: Invocations }> {
    const invocations = createInvocations();
    const held = Promise.withResolvers<void>();
    const bucket = createPrivateBucket('private', { ...clientOptionsFor(aws), maxAttempts: 1 });
    let isFirst = true;
    const read: typeof bucket.read = async (key, options) => {
      const reading = await bucket.read(key, options);
      if (key !== accessLiveKey || !isFirst) return reading;
      isFirst = false;
      await held.promise;
      return found === undefined ? reading : { kind: found };
    };
    const instance = createAccessDocuments({
      bucket: { ...bucket, read },
      now: () => now,
      log: () => {},
      watch: invocations.watch,
    });
    let frozen: Promise<string> | undefined;
    await invocations.run(async () => {
      frozen = current(instance);
      await vi.waitFor(() => expect(isFirst).toBe(false));
    });
    aws.put(accessLiveKey, blocking('mallory@evil.example'));
    later(30_000);
    expect(await invocations.run(() => current(instance))).toBe('v1 v3');
    held.resolve();
    await frozen;
    return { instance, invocations };
  }

  it('that continues does not bring back a document that was replaced in the meantime', async () => {
    const { instance, invocations } = await thaw(undefined);
    expect(await invocations.run(() => current(instance))).toBe('v1 v3');
    aws.faults.set(accessLiveKey, 'failing');
    later(60_000);
    expect(await invocations.run(() => current(instance))).toBe('v1 v3');
  });

  it('that continues does not hide a document that was written in the meantime', async () => {
    const { instance, invocations } = await thaw('missing');
    aws.faults.set(accessLiveKey, 'failing');
    later(60_000);
    expect(await invocations.run(() => current(instance))).toBe('v1 v3');
  });
});

describe('the documents in force', () => {
  type State = 'readable' | 'failing' | 'missing' | 'forbidden' | 'malformed';
  const states: readonly State[] = ['readable', 'failing', 'missing', 'forbidden', 'malformed'];
  const keys = { config: accessConfigKey, live: accessLiveKey };
  type Name = keyof typeof keys;
  const names: readonly Name[] = ['config', 'live'];

  /** What a document is by the rules of docs/access.md alone, told from everything that ever happened to it. */
  class NaiveDocument {
    readonly good: string[];
    state: State = 'readable';
    /** Version that an instance knows, and when it was seen. */
    known: { readonly version: string; readonly at: number } | undefined;

    constructor(version: string) {
      this.good = [version];
    }

    look(at: number): string | undefined {
      if (this.state === 'missing' || this.state === 'forbidden') this.known = undefined;
      if (this.state === 'readable') this.known = { version: this.good.at(-1) ?? '', at };
      if (this.state === 'malformed') this.known = { version: this.known?.version ?? this.good.at(-1) ?? '', at };
      return this.known !== undefined && at - this.known.at < 300_000 ? this.known.version : undefined;
    }
  }

  let models: Record<Name, NaiveDocument>;
  beforeEach(() => {
    models = { config: new NaiveDocument('v1'), live: new NaiveDocument('v2') };
  });

  function put(name: Name, state: State): void {
    const model = models[name];
    model.state = state;
    aws.faults.delete(keys[name]);
    if (state === 'readable') model.good.push(aws.put(keys[name], blocking(`${now}@evil.example`)));
    else if (state === 'malformed') aws.put(keys[name], `broken at ${now}`);
    else aws.faults.set(keys[name], state);
  }

  function expected(): string | undefined {
    const [config, live] = names.map((name) => models[name].look(now));
    return config === undefined || live === undefined ? undefined : `${config} ${live}`;
  }
  const seen = async (from: AccessDocuments): Promise<string | undefined> => {
    const text = await current(from);
    return text.startsWith('access-documents-unavailable') ? undefined : text;
  };

  it.each(states.flatMap((config) => states.map((live) => [config, live] as const)))(
    'follow the table: config.json %s, live.json %s, on a cold start, warm, and after five minutes',
    async (config, live) => {
      const warm = coldStart();
      expect(await seen(warm)).toBe(expected());
      later(60_000);
      put('config', config);
      put('live', live);
      expect([await seen(warm)], 'warm').toEqual([expected()]);
      later(240_000);
      expect([await seen(warm)], 'after five minutes').toEqual([expected()]);
      for (const model of Object.values(models)) model.known = undefined;
      expect([await seen(coldStart())], 'cold').toEqual([expected()]);
    },
  );

  it('agree with the model, whatever happens to the two documents in any order', async () => {
    const state = fc.option(fc.constantFrom(...states), { nil: undefined });
    // Not less: within a minute the instance does not look.
    const ms = fc.constantFrom(60_000, 90_000, 239_999, 299_999, 300_000);
    const steps = fc.array(fc.record({ ms, config: state, live: state }), { maxLength: 20, size: 'max' });
    await fc.assert(
      fc.asyncProperty(steps, async (story) => {
        const instance = coldStart();
        for (const name of names) {
          later(60_000);
          put(name, 'readable');
          models[name].known = undefined;
        }
        for (const step of story) {
          later(step.ms);
          for (const name of names) {
            const next = step[name];
            if (next !== undefined) put(name, next);
          }
          expect([await seen(instance)]).toEqual([expected()]);
        }
      }),
      { numRuns: 50 },
    );
  });
});

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { keysInUseKey } from '../contract/layout.ts';
import { startAwsEndpoint } from '../emulator/aws/aws-endpoint.ts';
import { createBucket } from '../emulator/s3/object-store.ts';
import { formatKeyList, type KeyList, trustedKeys } from '../stacks/keys/key-list.ts';
import { keyListOf, readSigningKeys, type SigningKeys } from '../stacks/keys/signing-keys.ts';
import { lengthOf, timeOf } from './key-report.ts';
import type { DeployedList } from './key-schedule.ts';
import { keysCommand } from './keys.ts';
import { fakeTerraform, outputs } from './testing/fake-terraform.ts';
import { WrongCall } from './wrong-call.ts';

const minute = 60_000;
const start = Date.UTC(2026, 10, 5, 12);
let root: string;
let clock: number;
/** Newest first; empty: not deployed. */
let deployed: DeployedList[];
let output: string;

const config = (sites: readonly string[]): string => {
  const site = {
    region: 'eu-west-1',
    content: null,
    providers: [{ kind: 'google', clientId: 'YOUR_CLIENT_ID.apps.googleusercontent.com' }],
    identityPool: null,
    session: { cookieSeconds: 3600, maximumSeconds: 86_400 },
    access: { blocked: [], rules: [] },
  };
  return `export default ${JSON.stringify({ sites: Object.fromEntries(sites.map((name) => [name, site])) })};`;
};

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 's3nator-cli-'));
  writeFileSync(join(root, 's3nator.config.ts'), config(['docs']));
  clock = start;
  deployed = [];
  output = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    output += text;
    return true;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true, force: true });
});

const world = {
  clock: () => clock,
  deployed: async (site: string): Promise<[DeployedList, ...DeployedList[]]> => {
    const [newest, ...older] = deployed;
    if (newest === undefined) throw new Error(`site ${site} is not deployed`);
    return [newest, ...older];
  },
};

/** Runs the command and returns what it printed. */
async function run(action: string | undefined, { site, now = false }: { site?: string; now?: boolean } = {}) {
  output = '';
  await keysCommand({ root, action, site, now }, world);
  return output;
}

const keys = (): SigningKeys => readSigningKeys(join(root, 'keys/docs'), { store: 's3', key: 'P-256' });
const list = (): KeyList => keyListOf(keys());
const deploy = (): void => {
  deployed = [{ list: list(), since: clock }, ...deployed];
};
const files = (): Record<string, string> =>
  Object.fromEntries(
    readdirSync(join(root, 'keys/docs')).map((name) => [name, readFileSync(join(root, 'keys/docs', name), 'utf8')]),
  );

describe('keys create', () => {
  it('makes the keys of the only site, and says what to commit and what to keep secret, but shows no key', async () => {
    await run('create');
    const { signer, next } = list();
    expect(output).toBe(
      [
        'Made two P-256 key pairs for site docs.',
        '',
        '  Commit these, so that every checkout can deploy:',
        '    keys/docs/keys.json',
        `    keys/docs/${signer}.public.pem`,
        `    keys/docs/${next}.public.pem`,
        '',
        '  Keep these secret; git ignores them. The next deploy uploads them, and later deploys do not need them:',
        `    keys/docs/${signer}.private.pem   signs`,
        `    keys/docs/${next}.private.pem   signs after the next rotation`,
        '',
        '',
      ].join('\n'),
    );
  });

  it('asks which site when there are several', async () => {
    const other = mkdtempSync(join(tmpdir(), 's3nator-cli-'));
    try {
      writeFileSync(join(other, 's3nator.config.ts'), config(['docs', 'media']));
      const create = (site?: string) => keysCommand({ root: other, action: 'create', site, now: false }, world);
      await expect(create()).rejects.toThrow('--site: got nothing; allowed: docs, media');
      await expect(create('other')).rejects.toThrow('--site: got other; allowed: docs, media');
      expect(existsSync(join(other, 'keys'))).toBe(false);
      await create('media');
      expect(readdirSync(join(other, 'keys'))).toEqual(['.gitignore', 'media']);
      expect(output).toContain('key pairs for site media.');
    } finally {
      rmSync(other, { recursive: true });
    }
  });
});

describe('keys', () => {
  it.each([
    ['delete', false],
    ['constructor', false],
    [undefined, false],
    ['create', true],
    ['list', true],
  ])('knows no action %s with --now: %s', async (action, now) => {
    await expect(run(action, { now })).rejects.toThrow(WrongCall);
  });

  it.each([
    [undefined, false, 'keys: no action given.'],
    ['delete', false, 'keys: unknown action delete.'],
    ['list', true, 'keys list: --now is for rotate and retire.'],
  ])('says what is wrong with the action %s and --now: %s', async (action, now, message) => {
    await expect(run(action, { now })).rejects.toThrow(message);
  });

  it.each(['list', 'rotate', 'retire'])('%s says how to make keys when there are none', async (action) => {
    await expect(run(action)).rejects.toThrow('Fix: npm run keys -- create --site docs');
  });
});

describe('keys list', () => {
  it('shows each key with its role, type and age, and when the next rotation may be', async () => {
    await run('create');
    const { signer, next } = list();
    deploy();
    clock += 3 * minute;
    expect(await run('list')).toBe(
      [
        'Keys of site docs, store s3',
        '',
        '  fingerprint       role      type      published since',
        `  ${signer}  signer    P-256     2026-11-05 12:00 UTC`,
        `  ${next}  next      P-256     2026-11-05 12:00 UTC`,
        '',
        `  rotate  CloudFront's edges may not know the next key ${next} yet; ` +
          'from 2026-11-05 12:15 UTC on (in 12 minutes)',
        '',
        '',
      ].join('\n'),
    );
    clock += 12 * minute;
    expect(await run('list')).toContain('  rotate  now: npm run keys -- rotate --site docs\n');
  });

  it('shows the retiring key, and when it may be retired', async () => {
    await run('create');
    const { signer } = list();
    deploy();
    clock += 60 * minute;
    await run('rotate');
    expect(await run('list')).toMatch(
      new RegExp(
        `next +P-256 +with the next deploy\n  ${signer}  retiring  P-256 +2026-11-05 12:00 UTC\n\n` +
          '  deploy  now: npx cdktf deploy docs\n',
      ),
    );
    deploy();
    expect(await run('list')).toContain(
      `  retire  cookies that ${signer} signed may still be valid; from 2026-11-05 14:15 UTC on (in 1 hour 15 minutes)`,
    );
    clock += 75 * minute;
    expect(await run('list')).toContain('  retire  now: npm run keys -- retire --site docs\n');
  });

  it('shows the keys of this checkout even when nothing is known of a deploy', async () => {
    await run('create');
    expect(await run('list')).toMatch(
      /signer {4}P-256 {5}unknown\n.*next .*unknown\n\n {2}It is unknown what is deployed: site docs is not deployed\n/,
    );
  });

  it('paints each role in its own color, on a terminal', async () => {
    await run('create');
    const { signer, next } = list();
    vi.stubEnv('NO_COLOR', undefined);
    vi.stubEnv('FORCE_COLOR', '1');
    await run('rotate', { now: true });
    deploy();
    expect(await run('list')).toContain(`  ${next}  \u001b[32msigner  \u001b[39m  P-256`);
    expect(output).toContain('\u001b[36mnext    \u001b[39m');
    clock += 15 * minute;
    await run('rotate');
    expect(await run('list')).toContain('\u001b[33mretiring\u001b[39m');
    expect(output).not.toContain(signer);
  });

  it('asks the state and the bucket of the site what is deployed', async () => {
    writeFileSync(join(root, 's3nator.config.ts'), config(['docs', 'media']));
    await run('create', { site: 'docs' });
    const bucket = createBucket(outputs.private_bucket);
    bucket.setVersioned(true);
    const buckets = () => new Map([[bucket.name, bucket]]);
    const endpoint = await startAwsEndpoint({ buckets, identityPools: () => [], clock: Date.now });
    try {
      vi.stubEnv('TERRAFORM_BINARY_NAME', fakeTerraform(root, { known: outputs }));
      vi.stubEnv('AWS_ENDPOINT_URL', endpoint.url);
      for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, 'local');
      const text = Buffer.from(formatKeyList(list()));
      bucket.put(keysInUseKey, { bytes: text }, { contentType: 'application/json', cacheControl: undefined });
      output = '';
      await keysCommand({ root, action: 'list', site: 'docs', now: false });
      expect(output).toMatch(/rotate {2}CloudFront's edges may not know .* yet; from .* on \(in 1[45] minutes\)\n/);
    } finally {
      await endpoint.close();
    }
  });

  it('does not take a bug for a deploy that is not known', async () => {
    await run('create');
    const broken = { ...world, deployed: () => Promise.reject(new TypeError('a bug')) };
    await expect(keysCommand({ root, action: 'list', site: undefined, now: false }, broken)).rejects.toThrow(TypeError);
  });
});

describe('a time and a length of time', () => {
  it.each([
    [0, '1 minute'],
    [60_000, '1 minute'],
    [60_001, '2 minutes'],
    [3_600_000, '1 hour'],
    [86_340_000, '23 hours 59 minutes'],
    [86_400_000, '1 day'],
    [90_000_000, '1 day 1 hour'],
    [90_061_000, '1 day 1 hour'],
    [172_860_000, '2 days 1 minute'],
  ])('%i ms are %s', (milliseconds, text) => {
    expect(lengthOf(milliseconds)).toBe(text);
  });

  it('are whole minutes: rounded up in the future, so that it is not too early then', () => {
    expect([timeOf(start + 1, start), timeOf(start - 1, start), timeOf(start + 1, start + 1)]).toEqual([
      '2026-11-05 12:01 UTC',
      '2026-11-05 11:59 UTC',
      '2026-11-05 12:00 UTC',
    ]);
  });
});

describe('keys rotate', () => {
  beforeEach(async () => {
    await run('create');
  });

  it('refuses before the next key is known everywhere, says when, and changes nothing', async () => {
    deploy();
    clock += 14 * minute;
    const before = files();
    await expect(run('rotate')).rejects.toThrow(
      `rotate: CloudFront's edges may not know the next key ${list().next} yet; ` +
        'from 2026-11-05 12:15 UTC on (in 1 minute)',
    );
    expect(files()).toEqual(before);
  });

  it('refuses when nothing is deployed, or something else, and changes nothing', async () => {
    const before = files();
    await expect(run('rotate')).rejects.toThrow('site docs is not deployed');
    deployed = [{ list: { ...list(), next: '0'.repeat(16) }, since: 0 }];
    await expect(run('rotate')).rejects.toThrow('rotate: the keys of this checkout are not the deployed ones');
    expect(files()).toEqual(before);
  });

  it('says what to commit, what to keep secret and when to retire the old key, but shows no key', async () => {
    const before = list();
    deploy();
    clock += 15 * minute;
    await run('rotate');
    const { signer, next, retiring } = list();
    expect({ signer, retiring }).toMatchObject({ signer: before.next, retiring: before.signer });
    expect(output).toBe(
      [
        'Rotated the keys of site docs.',
        '',
        `  ${signer}  signer    signs`,
        `  ${next}  next      signs after the next rotation`,
        `  ${retiring}  retiring  no longer signs, still trusted`,
        '',
        '  Commit the folder, so that every checkout can deploy; new in it:',
        `    keys/docs/${next}.public.pem`,
        '',
        '  Keep this secret; git ignores it. The next deploy needs it:',
        `    keys/docs/${next}.private.pem`,
        '',
        '  Then: npx cdktf deploy docs',
        '  and, 1 hour 15 minutes after the deploy: npm run keys -- retire --site docs',
        '',
        '',
      ].join('\n'),
    );
  });

  it('refuses a second rotation before the first is finished', async () => {
    deploy();
    clock += 15 * minute;
    await run('rotate');
    deploy();
    clock += 1000 * minute;
    await expect(run('rotate')).rejects.toThrow(/the last rotation is not finished: retire [0-9a-f]{16} first/);
  });

  it('--now asks neither time nor AWS, drops every other key, and says what that ends', async () => {
    const before = list();
    await run('rotate', { now: true });
    expect(list()).toMatchObject({ signer: before.next, next: expect.any(String), retiring: undefined });
    expect(Object.keys(files())).toHaveLength(1 + 2 * trustedKeys(list()).length);
    const [, , last] = output.split(/\n\n(?= {2}(?:Keep|Then))/);
    expect(last).toBe(
      [
        '  Then: npx cdktf deploy docs',
        '  A few minutes later, everyone has to sign in again, and gets cookies of the new key. If that key was not',
        '  deployed before, some edges refuse these cookies for a few minutes, too.',
        '',
        '',
      ].join('\n'),
    );
  });
});

describe('keys retire', () => {
  beforeEach(async () => {
    await run('create');
    deploy();
    clock += 15 * minute;
  });

  it('refuses when no key is retiring', async () => {
    await expect(run('retire')).rejects.toThrow('retire: no key is retiring');
    await expect(run('retire', { now: true })).rejects.toThrow('retire: no key is retiring');
  });

  it('refuses before the last cookie of the old key has ended, says when, and changes nothing', async () => {
    await run('rotate');
    const before = files();
    await expect(run('retire')).rejects.toThrow('retire: the keys of this checkout are not the deployed ones');
    deploy();
    clock += 74 * minute;
    await expect(run('retire')).rejects.toThrow(
      /^retire: cookies that [0-9a-f]{16} signed may still be valid; from 2026-11-05 13:30 UTC on \(in 1 minute\)$/,
    );
    expect(files()).toEqual(before);
  });

  it('removes the old key, and says so', async () => {
    await run('rotate');
    const { signer, next, retiring } = list();
    deploy();
    clock += 75 * minute;
    await run('retire');
    expect(list()).toMatchObject({ signer, next, retiring: undefined });
    expect(Object.keys(files()).join()).not.toContain(retiring);
    expect(output).toBe(
      [
        `Retired the key ${retiring} of site docs.`,
        '',
        `  ${signer}  signer    signs`,
        `  ${next}  next      signs after the next rotation`,
        '',
        '  Commit the folder, then: npx cdktf deploy docs',
        '',
        '',
      ].join('\n'),
    );
  });

  it('--now removes it at any time: a rotation that turns out to have been for a stolen key', async () => {
    await run('rotate');
    const { signer, next } = list();
    await run('retire', { now: true });
    expect(list()).toMatchObject({ signer, next, retiring: undefined });
  });
});

describe('keys in KMS', () => {
  let elsewhere: string;
  const runThere = async (action: string, now = false): Promise<string> => {
    output = '';
    await keysCommand({ root: elsewhere, action, site: undefined, now }, world);
    return output;
  };

  beforeEach(() => {
    elsewhere = mkdtempSync(join(tmpdir(), 's3nator-cli-'));
    const text = config(['docs']).replace('"identityPool":null', '"identityPool":null,"signing":{"store":"kms"}');
    writeFileSync(join(elsewhere, 's3nator.config.ts'), text);
  });
  afterEach(() => rmSync(elsewhere, { recursive: true }));

  it('are named, listed and rotated without a word of files to keep secret', async () => {
    const created = await runThere('create');
    expect(created.replaceAll(/[0-9a-f]{16}/g, 'NAME')).toBe(
      [
        'Named two P-256 keys for site docs. The next deploy makes them in KMS.',
        '',
        '  NAME  signer    signs',
        '  NAME  next      signs after the next rotation',
        '',
        '  Commit this, so that every checkout can deploy. It is not secret:',
        '    keys/docs/keys.json',
        '',
        '',
      ].join('\n'),
    );
    expect(await runThere('list')).toMatch(/^Keys of site docs, store kms\n(.*\n)+.*signer {4}P-256 {5}unknown\n/);
    expect(await runThere('rotate', true)).toContain(
      '  Commit this, so that every checkout can deploy:\n    keys/docs/keys.json',
    );
    expect(readdirSync(join(elsewhere, 'keys/docs'))).toEqual(['keys.json']);
    expect(output).not.toContain('.pem');
  });
});

import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type LocalSite, startLocalSite } from '../testing/local-site.ts';
import { accessLog } from './command.ts';
import type { DeployedLogOptions } from './deployed-log.ts';
import type { LogQuery } from './log-source.ts';

// CloudWatch is replaced: how it is read is tested in deployed-log.test.ts.
const cloud = vi.hoisted(() => ({
  options: {} as unknown,
  queries: [] as unknown[],
  failure: undefined as Error | undefined,
}));
vi.mock('./deployed-log.ts', () => ({
  deployedLog: (options: unknown) => {
    cloud.options = options;
    return {
      title: 'LIVE site docs',
      // biome-ignore lint/correctness/useYield: the log is empty
      async *lines(query: unknown) {
        cloud.queries.push(query);
        if (cloud.failure !== undefined) throw cloud.failure;
      },
    };
  },
}));

const now = Date.parse('2027-01-15T09:00:00Z');
const day = 86_400_000;
let site: LocalSite;
let said: { stdout: string; stderr: string };
beforeEach(async () => {
  site = await startLocalSite({ stage: 'test', logDays: 30 });
  [cloud.queries, cloud.failure, said] = [[], undefined, { stdout: '', stderr: '' }];
  vi.useFakeTimers({ now, toFake: ['Date'] });
  for (const name of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      said[name] += text;
      return true;
    });
  }
});
afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  await site.close();
});

const log = (...args: readonly string[]): Promise<void> => accessLog({ root: site.root, args });
const asked = (): LogQuery => cloud.queries.at(-1) as LogQuery;

describe('access log, of the deployed site', () => {
  it('is the log group of the site and its stage, in its Region, and CloudWatch is asked patiently', async () => {
    await log();
    const { client, warn, ...options } = cloud.options as DeployedLogOptions;
    expect(options).toEqual({
      site: 'docs',
      region: 'eu-west-1',
      logGroup: '/aws/lambda/docs-test-auth',
      now: Date.now,
    });
    const { config } = client as CloudWatchLogsClient;
    expect([await config.region(), await config.maxAttempts(), config.retryMode]).toEqual(['eu-west-1', 8, 'adaptive']);
    said.stderr = '';
    warn('slow down');
    expect(said.stderr).toBe('note slow down\n');
  });

  it('begins with its title, and says that there is nothing', async () => {
    await log();
    expect(said).toEqual({
      stdout: 'LIVE site docs\nNo decision and no refusal since 2027-01-15T08:00:00.000Z.\n',
      stderr: '',
    });
  });

  it.each<[string[], Partial<LogQuery>]>([
    [[], { sinceMs: now - 3_600_000, follow: false, request: undefined }],
    [['--since', '2h', '--follow'], { sinceMs: now - 7_200_000, follow: true }],
    [['--request', 'x'], { sinceMs: now - 30 * day, request: 'x' }],
    [['--request', 'x', '--since', '1d'], { sinceMs: now - day, request: 'x' }],
  ])('is asked for as much as is meant: %j', async (args, query) => {
    await log(...args);
    expect(asked()).toMatchObject(query);
  });

  it('says how long it is kept only to who asks for more', async () => {
    const note = 'note the log is kept for 30 days (logDays)\n';
    await log('--since', '30d');
    expect(said.stderr).toBe('');
    await log('--since', '31d');
    expect(said.stderr).toBe(note);
  });

  it('that cannot be read leads to the one of npm start, where that runs', async () => {
    cloud.failure = new Error('not allowed to logs:FilterLogEvents');
    await expect(log('--since', '1h', '--person', 'x y')).rejects.toThrow(
      'not allowed to logs:FilterLogEvents\nFor the site that npm start runs here: ' +
        "npm run access -- log --since 1h --person 'x y' --local-site",
    );
    await site.endpoint.close();
    await expect(log()).rejects.toThrow(/^not allowed to logs:FilterLogEvents$/);
  });
});

/** `npm run upload` against the AWS CLI's `s3 sync`, on one local S3: time, requests and peak memory. */
import { type ChildProcess, fork, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digits, type Report, times } from './report.ts';

const fileCount = 10_000;
const manyFiles = 50_000;
/** The upload may take at most as long as `s3 sync`. */
const mostTimes = 1;
/** Highest peak memory with five times the files, as a multiple. */
const mostMemoryTimes = 1.5;
/** Between two looks at a process, in milliseconds. */
const lookMs = 20;

interface Run {
  /** By the clock. */
  readonly elapsed: number;
  /** Of the processor. Neither tool uses two at once, so this is its time on a quiet machine. */
  readonly seconds: number;
  readonly megabytes: number;
  /** By verb. */
  readonly requests: Readonly<Record<string, number>>;
}

/** Small files as a build writes them. They get no other addresses, because `s3 sync` knows none. */
function writeFiles(folder: string, count: number): void {
  for (let n = 0; n < count; n += 1) {
    const directory = join(folder, `assets/${n % 97}`);
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, `${n}.css`), `.c${n} { color: #${n.toString(16)}; }\n`.repeat(1 + (n % 50)));
  }
}

class LocalS3 {
  private readonly server: ChildProcess;
  readonly origin: string;

  private constructor(server: ChildProcess, origin: string) {
    this.server = server;
    this.origin = origin;
  }

  static async start(): Promise<LocalS3> {
    const server = fork(join(import.meta.dirname, 's3-server.ts'));
    const [origin] = await once(server, 'message');
    return new LocalS3(server, String(origin));
  }

  /** The verbs of the requests since the last call. */
  async requests(): Promise<readonly string[]> {
    const answer = once(this.server, 'message');
    this.server.send('requests');
    const [verbs] = await answer;
    return verbs as string[];
  }

  async stop(): Promise<void> {
    const ended = once(this.server, 'exit');
    this.server.disconnect();
    await ended;
  }
}

/** Peak memory and processor time of a process so far; zeros once it has ended. */
function usage(process: number | undefined): Pick<Run, 'megabytes' | 'seconds'> {
  try {
    const [, kilobytes = '0'] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${process}/status`, 'utf8')) ?? [];
    // After the name in parentheses; user and system time are the fields 14 and 15 of the line, in hundredths.
    const [, line = ''] = readFileSync(`/proc/${process}/stat`, 'utf8').split(') ');
    const [user, system] = line.split(' ').slice(11, 13).map(Number);
    return { megabytes: Number(kilobytes) / 1024, seconds: ((user ?? 0) + (system ?? 0)) / 100 };
  } catch {
    return { megabytes: 0, seconds: 0 };
  }
}

async function measured(s3: LocalS3, command: string, args: readonly string[]): Promise<Run> {
  await s3.requests();
  const env = {
    ...process.env,
    AWS_ENDPOINT_URL: s3.origin,
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
    AWS_DEFAULT_REGION: 'eu-west-1',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  };
  const start = performance.now();
  const child = spawn(command, args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
  let most = { megabytes: 0, seconds: 0 };
  const look = setInterval(() => {
    const now = usage(child.pid);
    most = {
      megabytes: Math.max(most.megabytes, now.megabytes),
      seconds: Math.max(most.seconds, now.seconds),
    };
  }, lookMs);
  const [code] = await once(child, 'close');
  const elapsed = (performance.now() - start) / 1000;
  clearInterval(look);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}`);
  const verbs = Object.groupBy(await s3.requests(), (verb) => verb);
  const requests = Object.fromEntries(Object.entries(verbs).map(([verb, all]) => [verb, all?.length ?? 0]));
  return { ...most, elapsed, requests };
}

const ours = (s3: LocalS3, folder: string): Promise<Run> =>
  measured(s3, process.execPath, [join(import.meta.dirname, 'upload-process.ts'), folder]);
const theirs = (s3: LocalS3, folder: string): Promise<Run> =>
  measured(s3, 'aws', ['s3', 'sync', folder, 's3://bench/www', '--endpoint-url', s3.origin, '--only-show-errors']);

const cases = ['first run', 'second run', 'one file changed'] as const;

/** The three runs of one tool, on a bucket that is empty but for the pages of the deploy. */
async function runsOf(tool: typeof ours, folder: string): Promise<readonly Run[]> {
  const s3 = await LocalS3.start();
  try {
    for (const page of ['login', 'not-found']) {
      await fetch(`${s3.origin}/bench/www/public/${page}.html`, { method: 'PUT', body: 'x' });
    }
    const changed = join(folder, 'assets/1/1.css');
    const before = readFileSync(changed);
    const runs = [await tool(s3, folder), await tool(s3, folder)];
    writeFileSync(changed, `changed ${before}`);
    runs.push(await tool(s3, folder));
    writeFileSync(changed, before);
    return runs;
  } finally {
    await s3.stop();
  }
}

const shown = ({ requests }: Run): string =>
  Object.entries(requests)
    .map(([verb, count]) => `${count} ${verb}`)
    .join(', ');

export async function benchUpload(report: Report): Promise<void> {
  const { stdout, stderr, error } = spawnSync('aws', ['--version'], { encoding: 'utf8' });
  if (error !== undefined) {
    throw new Error('upload: the AWS CLI is missing. Fix: apt-get install awscli, or put aws into PATH');
  }
  const folder = mkdtempSync(join(tmpdir(), 's3nator-bench-upload-'));
  try {
    report.heading(`Upload of ${fileCount.toLocaleString('en')} small files`);
    report.note(`against ${(stdout || stderr).trim()}`);
    writeFiles(folder, fileCount);
    const sync = await runsOf(theirs, folder);
    const runs = await runsOf(ours, folder);
    report.table(
      ['', 'CPU s', 'elapsed s', 'peak MB', 'requests'],
      cases.flatMap((name, index) =>
        [
          ['s3 sync', sync[index]],
          ['upload', runs[index]],
        ].map(([tool, run]) => rowOf(`${name}: ${tool}`, run as Run)),
      ),
    );
    for (const [index, name] of cases.entries()) {
      const [mine, other] = [runs[index] as Run, sync[index] as Run];
      const found = times(mine.seconds / other.seconds);
      report.target(`${name}, at most ${mostTimes}x the time of s3 sync`, found, mine.seconds <= other.seconds);
      report.note(`peak memory: ${times(mine.megabytes / other.megabytes)}`);
    }
    const [first, second, changed] = runs as [Run, Run, Run];
    report.target('first run, one PUT per file', shown(first), (first.requests['PUT'] ?? 0) === fileCount + 1);
    report.target('second run, no request per file', shown(second), count(second) <= fileCount / 1000 + 3);
    report.target('one file changed, no request for another', shown(changed), count(changed) <= fileCount / 1000 + 9);

    writeFiles(folder, manyFiles);
    const many = await runsOf(ours, folder);
    for (const [index, name] of cases.entries()) {
      const [few, more] = [runs[index] as Run, many[index] as Run];
      const ratio = more.megabytes / few.megabytes;
      const found = `${times(ratio)} (${digits(few.megabytes)} MB, ${digits(more.megabytes)} MB)`;
      report.target(`${name}, peak memory with five times the files`, found, ratio <= mostMemoryTimes);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const count = ({ requests }: Run): number => Object.values(requests).reduce((sum, one) => sum + one, 0);
const rowOf = (label: string, run: Run): string[] => [
  label,
  digits(run.seconds),
  digits(run.elapsed),
  digits(run.megabytes),
  shown(run),
];

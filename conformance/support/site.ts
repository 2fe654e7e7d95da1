/** Starts the whole thing for a test: a config of its own, the synthesized stack, the emulator, the stand-in Google. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { vi } from 'vitest';
import { type Emulator, type EmulatorOptions, startEmulator } from '../../emulator/emulator.ts';
import { type StandInGoogle, startStandInGoogle } from '../../emulator/google/stand-in-google.ts';
import { type StandInIssuers, startStandInIssuers } from '../../emulator/issuers/stand-in-issuers.ts';
import { freePorts } from '../../emulator/testing/free-ports.ts';
import { logProblems } from './log-check.ts';

export const root = resolve(import.meta.dirname, '../..');

export interface SiteOptions {
  /** Changes the text of the shipped config. Default: as shipped. */
  readonly config?: (text: string) => string;
  readonly clock?: EmulatorOptions['clock'];
  readonly lambdaClock?: EmulatorOptions['lambdaClock'];
  readonly switches?: EmulatorOptions['switches'];
  readonly host?: EmulatorOptions['host'];
  /**
   * Host of the user pool's hosted sign-in, as in the stack that is deployed; the browser has to be told where it is.
   * Default: the stand-in's address.
   */
  readonly hostedSignIn?: string;
}

export interface RunningSite {
  readonly origin: string;
  readonly google: StandInGoogle;
  /** Every issuer but Google. */
  readonly issuers: StandInIssuers;
  readonly emulator: Emulator;
  /** Folder with this site's config; `resynthesize` reads it anew. */
  readonly folder: string;
  /** Every line that the Lambda logged, parsed. */
  readonly log: Record<string, unknown>[];
  /** The Lambda's output as it was. */
  readonly rawLog: string[];
  /**
   * Waits for a line of the Lambda that has these fields; a line arrives a little later than the answer it is about.
   */
  logged(fields: Record<string, unknown>): Promise<Record<string, unknown>>;
  /** Puts another config in force. */
  reconfigure(config: (text: string) => string): Promise<void>;
  close(): Promise<void>;
}

/** Config for tests that ask more of the API than its throttle lets through. */
export const unthrottled = (text: string): string =>
  text.replace('allowedOrigins: [],', 'allowedOrigins: [], throttle: { requestsPerSecond: 1000, burst: 1000 },');

/** A folder like a clone, with a config of its own and this clone's build. */
export async function makeClone(config: (text: string) => string = (text) => text): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 's3nator-test-'));
  for (const name of ['site', 'dist']) await symlink(join(root, name), join(folder, name));
  await writeConfig(folder, config);
  return folder;
}

async function writeConfig(folder: string, config: (text: string) => string): Promise<void> {
  const shipped = await readFile(join(root, 's3nator.config.ts'), 'utf8');
  const text = config(shipped).replace("'./contract/config.ts'", JSON.stringify(join(root, 'contract/config.ts')));
  await writeFile(join(folder, 's3nator.config.ts'), text);
}

/** Leaves what `npm start` leaves, so that commands with --local-site find the site. */
export async function noteForCommands({ folder, origin, google, emulator }: RunningSite): Promise<void> {
  const notes = join(folder, '.s3nator/running');
  await mkdir(notes, { recursive: true });
  const note = {
    siteUrl: origin,
    standInGoogle: google.origin,
    standInIssuers: google.origin,
    awsEndpoint: emulator.aws.url,
    contentBucket: emulator.outputs['content_bucket'],
    privateBucket: emulator.outputs['private_bucket'],
    userPool: null,
  };
  await writeFile(join(notes, 'docs.json'), JSON.stringify(note));
}

/** Runs a command of the CLI in `folder`; never throws. */
export async function runCommand(
  folder: string,
  args: readonly string[],
): Promise<{ readonly code: number; readonly out: string; readonly errors: string }> {
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [join(root, 'cli/main.ts'), ...args], {
      cwd: folder,
      env: { ...process.env, NO_COLOR: '1' },
    });
    return { code: 0, out: stdout, errors: stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, out: stdout, errors: stderr };
  }
}

async function synthesize(folder: string, port: number): Promise<string> {
  const { code, out, errors } = await runCommand(folder, ['synth', '--port', String(port)]);
  const [first] = out.trim().split('\n');
  if (code !== 0 || first === undefined) throw new Error(errors);
  return resolve(folder, first);
}

/**
 * Puts a host in the place of the stand-in's in what the API offers and in the login page's policy: a synthesized stack
 * of the local run.
 */
async function renameHostedSignIn(stackDirectory: string, from: string, to: string): Promise<void> {
  const path = join(stackDirectory, 'cdk.tf.json');
  let text = await readFile(path, 'utf8');
  const places = [
    (host: string) => `\\"hostedSignIn\\":\\"${host}\\"`,
    (host: string) => `https://${host}/oauth2/token`,
  ];
  for (const place of places) {
    if (!text.includes(place(from))) throw new Error(`${path} does not say ${place(from)}`);
    text = text.replaceAll(place(from), place(to));
  }
  await writeFile(path, text);
}

/** Starts the servers, on other ports when somebody was faster. */
async function startServers(
  options: Omit<EmulatorOptions, 'port'>,
  hostedSignIn: string | undefined,
  attempts = 5,
): Promise<{ emulator: Emulator; google: StandInGoogle; issuers: StandInIssuers; port: number }> {
  const port = await freePorts();
  let emulator: Emulator | undefined;
  let google: StandInGoogle | undefined;
  try {
    emulator = await startEmulator({ port, ...options });
    google = await startStandInGoogle({ port: port + 1 });
    return {
      emulator,
      google,
      issuers: await startStandInIssuers({
        port: port + 2,
        ...(hostedSignIn !== undefined && { hostedName: hostedSignIn }),
      }),
      port,
    };
  } catch (error) {
    await emulator?.close();
    await google?.close();
    if (attempts === 1) throw error;
    return startServers(options, hostedSignIn, attempts - 1);
  }
}

export async function startSite({
  config,
  clock,
  lambdaClock,
  switches,
  host,
  hostedSignIn,
}: SiteOptions = {}): Promise<RunningSite> {
  const folder = await makeClone(config);
  const rawLog: string[] = [];
  const log: Record<string, unknown>[] = [];
  const { emulator, google, issuers, port } = await startServers(
    {
      onLog: (line) => {
        rawLog.push(line);
        log.push(JSON.parse(line) as Record<string, unknown>);
      },
      ...(clock !== undefined && { clock }),
      ...(lambdaClock !== undefined && { lambdaClock }),
      ...(switches !== undefined && { switches }),
      ...(host !== undefined && { host }),
    },
    hostedSignIn,
  );
  const load = async (): Promise<void> => {
    const stackDirectory = await synthesize(folder, port);
    if (hostedSignIn !== undefined) {
      await renameHostedSignIn(stackDirectory, new URL(issuers.origin).host, hostedSignIn);
    }
    await emulator.load({ stackDirectory, lambdaDirectory: join(root, 'dist/lambda') });
    if (emulator.googleClientId !== undefined) google.setAudience(emulator.googleClientId);
    issuers.servePool(emulator.poolClient);
  };
  await load();
  return {
    origin: emulator.origin,
    google,
    issuers,
    emulator,
    folder,
    log,
    rawLog,
    logged: (fields) =>
      vi.waitFor(() => {
        const line = log.find((one) => Object.entries(fields).every(([name, value]) => one[name] === value));
        if (line === undefined) throw new Error(`no log line with ${JSON.stringify(fields)} in\n${rawLog.join('\n')}`);
        return line;
      }),
    async reconfigure(change) {
      await writeConfig(folder, change);
      await load();
    },
    async close() {
      await emulator.close();
      await google.close();
      await issuers.close();
      await rm(folder, { recursive: true });
      // Whatever a test was about: what was logged meanwhile is held to the page, and has no secret in it.
      const problems = logProblems(rawLog);
      if (problems.length > 0) throw new Error(`the log of this site:\n${problems.join('\n')}`);
    },
  };
}

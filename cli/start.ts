/** Owns `npm start`: listen, build, synthesize, serve, watch. What is served is decided by the synthesized stack alone. */
import { spawn } from 'node:child_process';
import { watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { jsonLine, withoutCount } from '../api/log.ts';
import type { SiteConfig } from '../contract/config.ts';
import { visible } from '../contract/visible-text.ts';
import { type Emulator, type PublishedMessage, startEmulator } from '../emulator/emulator.ts';
import { type StandInGoogle, startStandInGoogle } from '../emulator/stand-in-google.ts';
import { type StandInIssuers, startStandInIssuers } from '../emulator/stand-in-issuers.ts';
import { publishableFolder } from '../stacks/content-guard.ts';
import { lambdaModules } from '../stacks/lambda-package.ts';
import { loadConfig } from '../stacks/load-config.ts';
import { isCheckout, packageRoot } from '../stacks/package-root.ts';
import { beginLocalLog } from './access/local-log.ts';

import { userPoolAmong } from './deployed-site.ts';
import { localAccounts } from './local-accounts.ts';
import type { LocalOptions } from './main.ts';
import { noteRunningSite } from './running-site.ts';
import { contentFolder, standIns } from './synth.ts';
import { paint, write, writeError } from './terminal.ts';
import { welcomeText } from './welcome.ts';

export interface StartOptions extends LocalOptions {
  /** Folder with `s3nator.config.ts`. */
  readonly root: string;
  /** Open the site in the default browser. */
  readonly open: boolean;
}

/** Everything that runs as part of the site; a change there takes effect by itself. */
const watchedFolders = ['api', 'contract', 'web-components', 'stacks'];

/** What the last synthesis warned of: an edit repeats no warning. */
let warned = '';

/** Synthesizes in a process of its own, so that a changed config or stack is read anew. Returns the stack's folder. */
function synthesize(options: StartOptions): Promise<string> {
  const args = [process.argv[1] ?? '', 'synth', '--port', String(options.port)];
  if (options.content !== undefined) args.push('--content', options.content);
  if (options.site !== undefined) args.push('--site', options.site);
  if (options.google) args.push('--google');
  if (options.cookieSeconds !== undefined) args.push('--cookie-seconds', String(options.cookieSeconds));
  const child = spawn(process.execPath, args, { cwd: options.root, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  return new Promise((done, failed) => {
    child.on('error', failed);
    child.on('close', (code) => {
      const folders = out.trim().split('\n');
      const [folder] = folders;
      if (code !== 0) failed(new Error(errors.trim().replace(/^error /, '')));
      else if (folders.length !== 1 || folder === undefined || folder === '') {
        failed(new Error('The config has several sites: name the one to start with --site NAME.'));
      } else {
        if (errors !== warned) writeError(errors);
        warned = errors;
        done(resolve(options.root, folder));
      }
    });
  });
}

/** One line of the Lambda, as a person reads it. */
export function shownLogLine(line: string): string {
  try {
    const { level, event, ...rest } = withoutCount(JSON.parse(line) as object);
    const colour = level === 'error' ? 'red' : level === 'warn' ? 'yellow' : 'cyan';
    return `${paint(colour, jsonLine(event).slice(1, -1))} ${paint('gray', jsonLine(rest))}`;
  } catch {
    return paint('gray', visible(line));
  }
}

/** A message to operators, which AWS would mail. */
export function shownMessage({ recipients, topic, subject = '', text }: PublishedMessage): string {
  const to = recipients.length === 0 ? topic : recipients.join(', ');
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => `      ${visible(line)}`.trimEnd());
  return `  ${paint('magenta', 'message')} to ${visible(to)}: ${paint('bold', visible(subject))}\n${lines.join('\n')}\n`;
}

/** The site and its content folder; undefined when there is none, or when the config is wrong, which the synthesis reports. */
async function siteOf(
  root: string,
  siteName: string | undefined,
): Promise<{
  readonly name: string | undefined;
  readonly config: SiteConfig | undefined;
  readonly content: string | undefined;
}> {
  const sites = (await loadConfig(root).catch(() => undefined))?.sites ?? {};
  const name = siteName ?? Object.keys(sites)[0];
  const config = sites[name ?? ''];
  const content = config?.content ?? undefined;
  return { name, config, content: content === undefined ? undefined : resolve(root, content) };
}

/** Lets `npm run access -- … --local-site` and `explain` find the site. Returns what ends that. */
function noteSite(
  name: string,
  { root, port, google, cookieSeconds }: StartOptions,
  { origin, aws, outputs }: Emulator,
): () => void {
  const { content_bucket: contentBucket = '', private_bucket: privateBucket = '' } = outputs;
  return noteRunningSite(root, name, {
    siteUrl: origin,
    ...standIns(port, google),
    cookieSeconds,
    awsEndpoint: aws.url,
    contentBucket,
    privateBucket,
    userPool: userPoolAmong(outputs),
  });
}

function openBrowser(url: string): void {
  const [command, ...args] =
    process.platform === 'darwin' ? ['open'] : process.platform === 'win32' ? ['cmd', '/c', 'start', ''] : ['xdg-open'];
  const child = spawn(command ?? 'xdg-open', [...args, url], { stdio: 'ignore', detached: true });
  child.on('error', () => writeError(`Could not open a browser; open ${url} yourself.\n`));
  child.unref();
}

/** Serves the site until it is interrupted. Rejects with one line when a port is taken or the site cannot be made. */
export async function start(options: StartOptions): Promise<void> {
  const { root, port } = options;
  const site = await siteOf(root, options.site);
  const chosen = contentFolder(root, options.content, site.content);
  const ownContent = chosen && publishableFolder(chosen);

  let keep: ((line: string) => void) | undefined;
  const emulator = await startEmulator({
    port,
    onLog: (line) => {
      keep?.(line);
      write(`  ${shownLogLine(line)}\n`);
    },
    onMessage: (message) => write(shownMessage(message)),
  });
  // After the port is this run's: one that cannot begin leaves the other's log alone.
  if (site.name !== undefined) keep = beginLocalLog(root, site.name);
  let google: StandInGoogle | undefined;
  let issuers: StandInIssuers | undefined;
  const stops: (() => unknown)[] = [() => emulator.close(), () => google?.close(), () => issuers?.close()];
  const stop = async (): Promise<void> => {
    for (const end of stops) await end();
  };
  try {
    if (!options.google) google = await startStandInGoogle({ port: port + 1 });
    const load = async (): Promise<void> => {
      const stackDirectory = await synthesize(options);
      const stack = await readFile(join(stackDirectory, 'cdk.tf.json'), 'utf8');
      // A port less to be taken where nobody asks for it.
      if (stack.includes(standIns(port, options.google).standInIssuers)) {
        issuers ??= await startStandInIssuers({ port: port + 2 });
      }
      await emulator.load({
        stackDirectory,
        lambdaDirectory: lambdaModules(packageRoot, join(root, '.s3nator/lambda')),
      });
      if (emulator.googleClientId !== undefined) google?.setAudience(emulator.googleClientId);
      issuers?.servePool(emulator.poolClient);
    };
    const build = isCheckout ? (await import('./build.ts')).build : async () => {};
    await build();
    await load();
    // Neither the endpoint nor the buckets' names change with the config.
    if (site.name !== undefined) stops.unshift(noteSite(site.name, options, emulator));

    let pending: Set<string> | undefined;
    let last = Promise.resolve();
    const reload = async (changed: ReadonlySet<string>): Promise<void> => {
      const names = [...changed].map((file) => visible(relative(root, file))).join(', ');
      try {
        await build();
        await load();
        write(`  ${paint('green', 'updated')} ${paint('gray', names)}\n`);
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        writeError(`  ${paint('red', 'not updated')}, the last good one stays: ${message}\n`);
      }
    };
    const onChange = (file: string): void => {
      if (/\.test\.ts$|~$|\/\.[^/]*$/.test(file)) return;
      if (pending !== undefined) {
        pending.add(file);
        return;
      }
      const changed = new Set([file]);
      pending = changed;
      // Editors write a file in several steps; wait for the last of them.
      setTimeout(() => {
        pending = undefined;
        last = last.then(() => reload(changed));
      }, 150);
    };
    const folders = isCheckout ? [...watchedFolders, 'site'].map((folder) => join(packageRoot, folder)) : [];
    if (ownContent !== undefined && !folders.some((folder) => ownContent.startsWith(folder + sep))) {
      folders.push(ownContent);
    }
    for (const folder of folders) {
      const watcher = watch(folder, { recursive: true }, (_, name) => onChange(join(folder, name ?? '')));
      stops.push(() => watcher.close());
    }
    const configWatcher = watch(root, (_, name) => {
      if (name === 's3nator.config.ts') onChange(join(root, name));
    });
    stops.push(() => configWatcher.close());
  } catch (error) {
    await stop();
    throw error;
  }

  const accounts = site.config === undefined ? [] : localAccounts(site.config, Date.now());
  write(welcomeText({ emulator, google, issuers, accounts, content: ownContent }));
  if (options.open) openBrowser(`${emulator.origin}/`);
  await new Promise<void>((done) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => done());
  });
  await stop();
  // A file watcher or a browser's idle connection must not hold the terminal.
  process.exit(0);
}

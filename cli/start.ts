/** `npm start`: listens, builds, synthesizes, serves, and watches for changes. */

import { spawn } from 'node:child_process';
import { mkdirSync, watch, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { jsonLine, withoutCount } from '../api/shared/log.ts';
import type { SiteConfig } from '../contract/config.ts';
import { accessConfigKey, accessLiveKey, configFile, defaultPaths } from '../contract/layout.ts';
import { visible } from '../contract/visible-text.ts';
import { type Emulator, type PublishedMessage, startEmulator } from '../emulator/emulator.ts';
import { startStandInGoogle } from '../emulator/google/stand-in-google.ts';
import { type StandInIssuers, startStandInIssuers } from '../emulator/issuers/stand-in-issuers.ts';
import { publishableFolder } from '../stacks/content/content-guard.ts';
import { loadConfig } from '../stacks/load-config.ts';
import { listText } from '../stacks/text/list-text.ts';
import { isCheckout, packageRoot } from '../stacks/text/package-root.ts';
import { beginLocalLog } from './access/log/local-log.ts';
import { userPoolAmong } from './deployed-site.ts';
import { defaultPort, type LocalOptions } from './local-options.ts';
import { noteRunningSite } from './running-site.ts';
import { Changes, type Work, workFor } from './start/changes.ts';
import { runOwn } from './start/child.ts';
import { watchForEnd } from './start/ending.ts';
import { keptRules } from './start/kept-rules.ts';
import { copyLambda } from './start/lambda-copy.ts';
import { localAccounts } from './start/local-accounts.ts';
import { localCertificate } from './start/local-certificate.ts';
import { startingAnswer } from './start/starting.ts';
import { Unpublished } from './start/unpublished.ts';
import { standInLines, welcomeText } from './start/welcome.ts';
import { contentFolder, standIns } from './synth.ts';
import { paint, write, writeError } from './terminal.ts';

export interface StartOptions extends LocalOptions {
  /** Folder with `s3nator.config.ts`. */
  readonly root: string;
  /** Open the site in the default browser. */
  readonly open: boolean;
}

/** Folders of a checkout that are part of the site; a change there takes effect by itself. */
const watchedFolders = ['api', 'contract', 'web-components', 'stacks', 'site'];
/** Without a change for so long, what changed is put in force. */
const quietMs = 150;
/** A file that goes on changing for so long is named. */
const longMs = 5_000;
/** How many changed files are named. */
const shownFiles = 5;

/** What the last synthesis warned of: an edit repeats no warning. */
let warned = '';

/** Synthesizes in a process of its own, so that a changed config or stack is read anew. Returns the stack's folder. */
async function synthesize(options: StartOptions, signal: AbortSignal): Promise<string> {
  const args = ['synth', '--port', String(options.port)];
  if (options.content !== undefined) args.push('--content', options.content);
  if (options.site !== undefined) args.push('--site', options.site);
  if (options.https) args.push('--https');
  if (options.google) args.push('--google');
  if (options.cookieSeconds !== undefined) args.push('--cookie-seconds', String(options.cookieSeconds));
  const { out, errors } = await runOwn(args, { folder: options.root, signal });
  const folders = out.trim().split('\n');
  const [folder = ''] = folders;
  if (folders.length !== 1 || folder === '') {
    throw new Error('The config has several sites: name the one to start with --site NAME.');
  }
  if (errors !== warned) writeError(errors);
  warned = errors;
  return resolve(options.root, folder);
}

/** One line of the Lambda, as a person reads it. */
export function shownLogLine(line: string): string {
  try {
    const { level, event, ...rest } = withoutCount(JSON.parse(line) as object);
    const colour = level === 'error' ? 'red' : level === 'warn' ? 'yellow' : 'cyan';
    // Without its quotation mark, an accent at the start would sit on what comes before it.
    return `${paint(colour, visible(jsonLine(event).slice(1, -1)))} ${paint('gray', jsonLine(rest))}`;
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
  return `  ${paint('magenta', 'message')} to ${visible(to)}: \
${paint('bold', visible(subject))}\n${lines.join('\n')}\n`;
}

/**
 * The site and its content folder; undefined if there is no site, or if the config is wrong, which the synthesis
 * reports.
 */
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
function noteSite(name: string, options: StartOptions, { origin, aws, outputs }: Emulator): () => void {
  const { root, cookieSeconds } = options;
  const { content_bucket: contentBucket = '', private_bucket: privateBucket = '' } = outputs;
  return noteRunningSite(root, name, {
    siteUrl: origin,
    ...standIns(options),
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

/** People stand in what is kept in `folder`, and throw-away keys. */
function keepOutOfGit(folder: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, '.gitignore'), '*\n');
}

type Stop = () => unknown;

/**
 * Serves the site until it is interrupted, or until whoever started it is gone. Rejects with one line when a port is
 * taken or the site cannot be made. Leaves no process, port or folder of its own behind.
 */
export async function start(options: StartOptions): Promise<void> {
  const ending = watchForEnd();
  const stops: Stop[] = [];
  const stop = async (): Promise<void> => {
    for (const end of stops.toReversed()) await end();
  };
  try {
    await serve(options, ending.signal, stops);
  } catch (error) {
    if (!ending.signal.aborted) {
      await stop();
      throw error;
    }
  }
  await ending.ended;
  await stop();
  // A file watcher or a browser's idle connection must not hold the terminal.
  process.exit(0);
}

/**
 * Has everything listening, in force and watched when it resolves. `stops` gets what ends each of it; the last one is
 * to be called first.
 */
async function serve(options: StartOptions, signal: AbortSignal, stops: Stop[]): Promise<void> {
  const { root, port } = options;
  const site = await siteOf(root, options.site);
  const chosen = contentFolder(root, options.content, site.content);
  const ownContent = chosen && publishableFolder(chosen);

  keepOutOfGit(join(root, '.s3nator'));
  const certificate = options.https ? localCertificate(join(root, '.s3nator/https'), Date.now()) : undefined;
  const secured = certificate && { certificate };
  let keep: ((line: string) => void) | undefined;
  const emulator = await startEmulator({
    port,
    onLog: (line) => {
      keep?.(line);
      write(`  ${shownLogLine(line)}\n`);
    },
    onMessage: (message) => write(shownMessage(message)),
    // A rule that an operator writes here is in force when the command says so.
    freshLambdaAfter: (key) => key === accessLiveKey || key === accessConfigKey,
    starting: (request) => startingAnswer(request, site.config?.paths.api),
    // Two runs must not end each other's sessions.
    cookieMark: port === defaultPort ? '' : `.${port}`,
    ...secured,
    ...(site.name !== undefined && { stateFile: join(root, '.s3nator/local', `${site.name}.json`) }),
  });
  stops.push(() => emulator.close());
  // After the port is this run's: one that cannot begin leaves the other's log alone.
  if (site.name !== undefined) keep = beginLocalLog(root, site.name);
  const google = options.google ? undefined : await startStandInGoogle({ port: port + 1, ...secured });
  stops.push(() => google?.close());
  let issuers: StandInIssuers | undefined;
  stops.push(() => issuers?.close());

  let lambdaDirectory = '';
  const build = async (): Promise<void> => {
    if (isCheckout) await runOwn(['build'], { folder: root, signal });
    lambdaDirectory = copyLambda(packageRoot, join(root, '.s3nator/lambda'));
  };
  const load = async (): Promise<void> => {
    const stackDirectory = await synthesize(options, signal);
    const stack = await readFile(join(stackDirectory, 'cdk.tf.json'), 'utf8');
    // A port less to be taken where nobody asks for it.
    if (stack.includes(standIns(options).standInIssuers)) {
      issuers ??= await startStandInIssuers({ port: port + 2, ...secured });
    }
    await emulator.load({ stackDirectory, lambdaDirectory });
    if (emulator.googleClientId !== undefined) google?.setAudience(emulator.googleClientId);
    issuers?.servePool(emulator.poolClient);
  };
  await build();
  await load();
  // Neither the endpoint nor the buckets' names change with the config.
  if (site.name !== undefined) stops.push(noteSite(site.name, options, emulator));

  const workOf = (file: string): Work => {
    const own = ownContent !== undefined && file.startsWith(ownContent + sep) ? ownContent : root;
    const ofCheckout = isCheckout && own === root && file.startsWith(packageRoot + sep);
    const below = (folder: string): string => relative(folder, file).split(sep).join('/');
    return workFor(ofCheckout ? below(packageRoot) : undefined, below(own));
  };
  const reload = async (files: ReadonlySet<string>): Promise<void> => {
    const before = standInLines({ emulator, google, issuers });
    try {
      if ([...files].some((file) => workOf(file) === 'bundles')) await build();
      await load();
      const names = listText(
        [...files].map((file) => visible(relative(root, file))),
        shownFiles,
      );
      write(`  ${paint('green', 'updated')} ${paint('gray', names)}\n`);
      // A pool that the config has now signs people in at an address of its own.
      for (const line of standInLines({ emulator, google, issuers })) if (!before.includes(line)) write(`${line}\n`);
    } catch (error) {
      if (signal.aborted) return;
      const message = error instanceof Error ? error.message : String(error);
      writeError(`  ${paint('red', 'not updated')}, the last good one stays: ${message}\n`);
    }
  };
  const onLong = (file: string): void =>
    write(`  ${paint('gray', `still changing: ${visible(relative(root, file))}`)}\n`);
  const changes = new Changes({ quietMs, longMs, reload, onLong });
  stops.push(() => changes.close());
  const unpublished = ownContent === undefined ? undefined : new Unpublished(ownContent);
  const others = new Changes({
    quietMs,
    longMs,
    onLong: () => {},
    reload: async (files) => {
      const news = unpublished?.news(files) ?? [];
      if (news.length === 0) return;
      const names = listText(news.map(visible), shownFiles);
      write(`  ${paint('gray', `not published, because of the dot at the beginning: ${names}`)}\n`);
    },
  });
  stops.push(() => others.close());
  const onChange = (file: string): void => {
    if (workOf(file) === 'nothing') {
      others.add(file, Date.now());
      return;
    }
    // The files themselves are read for every request. Copies at the edge must not hide an edit until the reload.
    emulator.invalidate(['/*']);
    changes.add(file, Date.now());
  };
  const folders = isCheckout ? watchedFolders.map((folder) => join(packageRoot, folder)) : [];
  if (ownContent !== undefined && !folders.some((folder) => ownContent.startsWith(folder + sep))) {
    folders.push(ownContent);
  }
  for (const folder of folders) {
    const watcher = watch(folder, { recursive: true }, (_, name) => onChange(join(folder, name ?? '')));
    stops.push(() => watcher.close());
  }
  const configWatcher = watch(root, (_, name) => {
    if (name === configFile) onChange(join(root, name));
  });
  stops.push(() => configWatcher.close());

  const kept = await keptRules(emulator);
  const accounts = site.config === undefined ? [] : localAccounts(site.config, kept.live, Date.now());
  const paths = site.config?.paths ?? defaultPaths;
  const served = { emulator, google, issuers, accounts, paths, content: ownContent, kept: kept.text, certificate };
  write(welcomeText(served));
  if (options.open) openBrowser(`${emulator.origin}/`);
}

/** `npm run upload -- DIR`: checks what it is given, uploads, stops when told to, and reports what was done. */
import { constants } from 'node:os';
import { resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { SiteConfig } from '../../contract/config.ts';
import { visible } from '../../contract/visible-text.ts';
import { deployedPaths } from '../../stacks/content/site-files.ts';
import { loadConfig } from '../../stacks/load-config.ts';
import { chosenSite } from '../chosen-site.ts';
import { deployedSite } from '../deployed-site.ts';
import { typed } from '../npm-options.ts';
import { Count } from '../progress.ts';
import { orLocally } from '../running-site.ts';
import { paint, write, writeError } from '../terminal.ts';
import { WrongCall } from '../wrong-call.ts';
import { type ListingEvents, listFiles } from './local-files.ts';
import { newReport, type UploadReport, upload } from './upload.ts';

export interface UploadCommandOptions {
  /** Folder with `s3nator.config.ts`. */
  readonly root: string;
  /** DIR: the one folder to upload, read against `root`. */
  readonly folders: readonly string[];
  /** `--site`; may be left out when the config has one site. */
  readonly site: string | undefined;
  readonly dryRun: boolean;
  /** `--delete`. */
  readonly remove: boolean;
}

/** Uploads a folder. If it is interrupted, it says how far it got, and sets the exit code that shells expect. */
export async function uploadCommand(options: UploadCommandOptions): Promise<void> {
  const { root, dryRun, remove } = options;
  const folder = checkedFolder(options);
  const { name, config } = chosenSite(await loadConfig(root), options.site);
  checkOwner(name, config);
  const deployed = deployedPaths(root, config.paths);
  const files = shownList((events) => listFiles(resolve(root, folder), root, config, deployed, events));
  const command = `npm start -- --content ${typed([folder])}`;
  const target = await orLocally({ root, site: name, command }, () => deployedSite({ root, site: name }));
  if (target.contentBy === 'deploy') {
    throw new Error(
      `content: the last deploy of site ${name} uploaded a folder itself, and the next deploy removes those files. \
Fix: npx cdktf deploy ${name}, then upload again`,
    );
  }

  const began = performance.now();
  const report = newReport();
  const stop = new AbortController();
  stopOnSignals(stop);
  try {
    await upload({ target, site: config, files, deployed, remove, dryRun, signal: stop.signal }, report);
  } catch (error) {
    write(summary(report, began));
    if (!stop.signal.aborted) throw error;
    writeError(`${paint('yellow', 'interrupted')} No file is half-written. Run the same command again to continue.\n`);
    return;
  }
  writeNotes(report.plan?.notes ?? []);
  if (dryRun) write(details(report));
  write(summary(report, began));
  write(dryRun ? 'Dry run: nothing was written.\n' : `${paint('cyan', `${target.siteUrl}/`)}\n`);
}

/** Lists, and says how far it is and what there is to know about the names. */
function shownList<T>(list: (events: ListingEvents) => T): T {
  const count = new Count('Listed', 'files');
  const notes: string[] = [];
  try {
    return list({ onCount: (files) => count.show(files), onNote: (note) => notes.push(note) });
  } finally {
    count.end();
    for (const note of notes) writeError(`${paint('yellow', 'note')} ${note}\n`);
  }
}

/**
 * One Ctrl-C arrives twice, from the terminal and from npm. A second press after this many milliseconds ends at once.
 */
const insistsAfterMs = 1000;

/** Aborts `stop` on the first signal, and sets the exit code that shells expect. Listens until the process ends. */
function stopOnSignals(stop: AbortController): void {
  let stoppedAt = 0;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      process.exitCode = 128 + constants.signals[signal];
      if (!stop.signal.aborted) {
        stoppedAt = performance.now();
        stop.abort();
      } else if (performance.now() - stoppedAt > insistsAfterMs) process.exit();
    });
  }
}

function checkedFolder({ folders }: UploadCommandOptions): string {
  const [folder, ...others] = folders;
  if (folder === undefined || folder === '') throw new WrongCall('DIR: got nothing; allowed: a folder.');
  if (others.length > 0) throw new WrongCall(`DIR: got ${folders.join(', ')}; allowed: one folder.`);
  return folder;
}

/** Refuses a site whose folder the deploy uploads: the next deploy would undo this upload. */
function checkOwner(name: string, { content }: SiteConfig): void {
  if (content === null) return;
  throw new Error(
    `sites.${name}.content is '${content}': the deploy uploads this site, and the next one would undo an upload. \
Fix: put the files there and run npx cdktf deploy ${name}; or set content: null, deploy, then upload`,
  );
}

/** The most notes that are shown. */
const shownNotes = 10;

/** Says which addresses files do not get. */
function writeNotes(notes: readonly string[]): void {
  for (const note of notes.slice(0, shownNotes)) writeError(`${paint('yellow', 'note')} ${note}\n`);
  const more = notes.length - shownNotes;
  if (more > 0) writeError(`${paint('yellow', 'note')} … and ${more.toLocaleString('en')} more like these\n`);
}

/** What an upload would do, one line for each path. */
function details({ plan, invalidated }: UploadReport): string {
  const files = (plan?.puts ?? []).filter(({ address }) => address === undefined);
  const addresses = (plan?.puts ?? []).filter(({ address }) => address !== undefined);
  const deletions = [...(plan?.addressDeletions ?? []), ...(plan?.deletions ?? [])].sort();
  const lines = [
    ...files.map(({ path, replaces }) => `  ${replaces ? 'replace   ' : 'add       '} ${visible(path)}`),
    ...addresses.map(({ path, address }) => `  ${address?.kind.padEnd(10)} ${visible(path)}`),
    ...deletions.map((path) => `  delete     ${visible(path)}`),
    ...invalidated.map((path) => `  invalidate ${visible(path)}`),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function summary(report: UploadReport, began: number): string {
  const { plan, added, replaced, addresses, bytes, deleted, deletedAddresses, invalidated } = report;
  const number = (value: number): string => value.toLocaleString('en').padStart(9);
  const rows = [
    ['put', added + replaced, `${added.toLocaleString('en')} new, ${replaced.toLocaleString('en')} replaced`],
    ['addresses', addresses, deletedAddresses > 0 ? `${deletedAddresses.toLocaleString('en')} deleted` : ''],
    ['deleted', deleted, ''],
    ['unchanged', plan?.unchanged ?? 0, ''],
    ['bytes', bytes, ''],
    ['invalidated', invalidated.length, invalidated.length === 1 ? visible(invalidated[0] ?? '') : ''],
  ] as const;
  const lines = rows.map(
    ([label, value, note]) => `  ${label.padEnd(11)} ${number(value)}${note && `  ${paint('gray', note)}`}`,
  );
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  return `${[...lines, `  ${'seconds'.padEnd(11)} ${seconds.padStart(9)}`].join('\n')}\n`;
}

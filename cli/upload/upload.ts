/** One upload, from the comparison to the invalidation. Never puts a page online before what the page needs. */
import { readFileSync } from 'node:fs';
import { CloudFrontClient } from '@aws-sdk/client-cloudfront';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import type { SiteConfig } from '../../contract/config.ts';
import { whileReadingAny } from '../../stacks/content/content-files.ts';
import { isPage } from '../../stacks/content/served-file.ts';
import { loginPageProblem } from '../../stacks/content/site-pages.ts';
import type { DeployedSite } from '../deployed-site.ts';
import { inParallel } from '../parallel.ts';
import { Progress } from '../progress.ts';
import { atOnce } from './bucket-state.ts';
import { ContentObjects } from './content-objects.ts';
import { invalidate, invalidationPaths, joined } from './invalidation.ts';
import { FileReader, type ListedFile } from './local-files.ts';
import { Manifest } from './manifest.ts';
import { PendingInvalidation, type PendingNote } from './pending-invalidation.ts';
import { makePlan, type Plan, type Put } from './plan.ts';

export interface UploadOptions {
  readonly target: Pick<DeployedSite, 'contentBucket' | 'distributionId' | 'region'>;
  readonly site: SiteConfig;
  readonly files: readonly ListedFile[];
  /** Paths that the deploy uploads. They are never deleted. */
  readonly deployed: ReadonlySet<string>;
  /** `--delete`: deletes what `files` no longer has. */
  readonly remove: boolean;
  /** `--dry-run`: writes nothing. */
  readonly dryRun: boolean;
  /** Ends the upload: starts nothing more, and drops what is being sent. */
  readonly signal: AbortSignal;
}

/** What was done, or would be done in a dry run. The counts grow during the upload, to report an interrupted one. */
export interface UploadReport {
  plan: Plan | undefined;
  /** Files, without their other addresses. */
  added: number;
  replaced: number;
  /** Copies and redirect pages. */
  addresses: number;
  /** The number of bytes that were uploaded. */
  bytes: number;
  deleted: number;
  /** The number of copies and redirect pages that were deleted. */
  deletedAddresses: number;
  /** The paths that were invalidated. */
  invalidated: readonly string[];
}

export const newReport = (): UploadReport => ({
  plan: undefined,
  added: 0,
  replaced: 0,
  addresses: 0,
  bytes: 0,
  deleted: 0,
  deletedAddresses: 0,
  invalidated: [],
});

/** The SDK's number of tries, because AWS sometimes asks to slow down. */
const maxAttempts = 6;

/**
 * The SDK warns on the console about streams that it does not retry. Without `info`, it does not prepare a description
 * of each call either.
 */
const silent = { debug: () => {}, warn: () => {}, error: () => {} } as unknown as NonNullable<S3ClientConfig['logger']>;

/**
 * Uploads, and fills in `report`. Rejects with a plain `Error` if something fails. The next run continues from there.
 */
export async function upload(options: UploadOptions, report: UploadReport): Promise<void> {
  const { target, site, signal, dryRun } = options;
  const { contentBucket: bucket, region } = target;
  const shared = {
    region,
    maxAttempts,
    logger: silent,
    requestHandler: { connectionTimeout: 10_000, socketTimeout: 60_000 },
  };
  const s3 = new S3Client(shared);
  const cloudFront = new CloudFrontClient(shared);
  try {
    const objects = new ContentObjects({ client: s3, bucket, region, signal });
    const pending = new PendingInvalidation({ client: s3, bucket, region });
    const manifest = new Manifest({ client: s3, bucket, region });
    const reader = new FileReader(site);

    const kept = new Set([...options.deployed, site.pages.login, site.pages.notFound]);
    const plan = await makePlan({ ...options, kept, objects, manifest, reader });
    requirePages(site, options.files, (path) => options.deployed.has(path) || plan.has(path));
    report.plan = plan;
    const earlier = await pending.read();
    const replaced = plan.puts.filter(({ replaces }) => replaces).map(({ path }) => path);
    const forgotten = invalidationPaths([...replaced, ...plan.deletions, ...plan.addressDeletions], site);
    const paths = joined(forgotten, earlier?.paths ?? []);
    if (dryRun) {
      count(report, plan.puts);
      const [deleted, deletedAddresses] = [plan.deletions.length, plan.addressDeletions.length];
      Object.assign(report, { deleted, deletedAddresses, invalidated: paths });
      return;
    }

    const notes: PendingNote[] = earlier === undefined ? [] : [earlier];
    if (forgotten.length > 0) notes.push(await pending.write(paths));
    try {
      await putAll(plan.puts, { objects, manifest, reader, signal }, report);
      await objects.remove(plan.addressDeletions, (removed) => {
        report.deletedAddresses += removed;
      });
      await objects.remove(plan.deletions, (removed) => {
        report.deleted += removed;
      });
      for (const path of [...plan.addressDeletions, ...plan.deletions]) manifest.delete(path);
    } catch (error) {
      await manifest.saveIfPossible();
      throw error;
    }
    await manifest.save();
    if (paths.length === 0) return;
    report.invalidated = await invalidate(cloudFront, target.distributionId, region, paths);
    for (const note of notes) await pending.clear(note);
  } finally {
    s3.destroy();
    cloudFront.destroy();
  }
}

/** Throws before anything is written if the site would lack a login page. `isPresent`: what it has after the upload. */
function requirePages(
  { openPaths, pages, paths, fallback }: SiteConfig,
  files: readonly ListedFile[],
  isPresent: (path: string) => boolean,
): void {
  for (const [field, path] of [
    ['pages.login', pages.login],
    ['pages.notFound', pages.notFound],
    ...(fallback === null ? [] : ([['fallback', fallback.page]] as const)),
  ] as const) {
    if (isPresent(path)) continue;
    throw new Error(
      `${field}: neither DIR nor the site has ${path}, so visitors would get an error instead. \
Fix: put the page into DIR, or change ${field} in s3nator.config.ts and deploy`,
    );
  }
  const login = files.find(({ path }) => path === pages.login);
  if (login === undefined) return;
  const text = whileReadingAny([login], 'DIR', () => readFileSync(login.file, 'utf8'));
  const problem = loginPageProblem(text, login.path, { exists: isPresent, openPaths, paths });
  if (problem !== undefined) throw new Error(`pages.login: ${login.file} ${problem}; without it nobody can sign in`);
}

interface Parts {
  readonly objects: ContentObjects;
  readonly manifest: Manifest;
  readonly reader: FileReader;
  readonly signal: AbortSignal;
}

/** Uploads pages after the files that they load, and deletes old files last. */
async function putAll(
  puts: readonly Put[],
  { objects, manifest, reader, signal }: Parts,
  report: UploadReport,
): Promise<void> {
  const progress = new Progress('Uploaded', puts.length);
  try {
    const { pages = [], parts = [] } = Object.groupBy(puts, (put) => (isPage(put.contentType) ? 'pages' : 'parts'));
    for (const group of [parts, pages]) {
      await inParallel(group, atOnce, signal, async (put) => {
        const version = await objects.put(put, reader);
        const { path, file: _, replaces: __, address, ...entry } = put;
        if (version === undefined) manifest.delete(path);
        else manifest.set(path, { ...version, ...entry, address: address?.kind, of: address?.of });
        count(report, [put]);
        progress.advance();
      });
    }
  } finally {
    progress.end();
  }
}

function count(report: UploadReport, puts: readonly Put[]): void {
  for (const { address, replaces, size } of puts) {
    if (address !== undefined) report.addresses += 1;
    else if (replaces) report.replaced += 1;
    else report.added += 1;
    report.bytes += size;
  }
}

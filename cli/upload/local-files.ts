/** The files of the uploaded folder: their paths, contents and headers. */
import { createHash, hash } from 'node:crypto';
import { createReadStream, readFileSync, statSync } from 'node:fs';
import { Readable } from 'node:stream';
import type { SiteConfig } from '../../contract/config.ts';
import { visible } from '../../contract/visible-text.ts';
import type { OtherAddress } from '../../stacks/content/addresses.ts';
import { readContent, unreadable, whileReadingAny } from '../../stacks/content/content-files.ts';
import { contentNotes } from '../../stacks/content/content-notes.ts';
import { contentSecurityPolicy } from '../../stacks/content/content-security-policy.ts';
import { linkNotes } from '../../stacks/content/link-notes.ts';
import { redirectPage, servedRedirect } from '../../stacks/content/redirect-page.ts';
import { type Filling, filledFile, type ServedAs, servedAs } from '../../stacks/content/served-file.ts';
import { listText } from '../../stacks/text/list-text.ts';
import { sharedText } from './shared-text.ts';

export interface LocalFile extends ServedAs {
  /** Path on the site: absolute, not percent-encoded. */
  readonly path: string;
  /** The absolute path of the local file. */
  readonly file: string;
  /** Size in bytes. */
  readonly size: number;
  /** SHA-256 of the content, in hex. */
  readonly sha256: string;
  /** For another address of the file; absent for the file itself. */
  readonly address?: OtherAddress;
}

/** A file that is listed and not read yet. */
export type ListedFile = Omit<LocalFile, 'size' | 'sha256'>;

/**
 * S3's limit for one PUT, which is 5 GiB. The deploy does not have it, because Terraform sends a large file in parts.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
 */
const maximumBytes = 5 * 2 ** 30;
/** A file up to this size is held in memory while it is uploaded. A larger one is streamed. */
const wholeBytes = 4 * 2 ** 20;

/** What is told while a folder is listed. */
export interface ListingEvents {
  /** Called now and then with the number of files so far. */
  readonly onCount?: (files: number) => void;
  /** What the operator should know about the names. */
  readonly onNote?: (note: string) => void;
}

/**
 * The files of `folder`. `project`: the folder with the config. Refuses files that the deploy uploads itself
 * (`deployed`), because each would overwrite the other's, and files that S3 does not take, by their size alone. Throws
 * a plain `Error` that names the field.
 */
export function listFiles(
  folder: string,
  project: string,
  site: SiteConfig,
  deployed: ReadonlySet<string>,
  { onCount, onNote }: ListingEvents = {},
): ListedFile[] {
  const listing = readContent({ folder, field: 'DIR', project, api: site.paths.api, onCount });
  const { files } = listing;
  const taken = files.filter(({ path }) => deployed.has(path)).map(({ path }) => path);
  if (taken.length > 0) {
    throw new Error(
      `DIR: the deploy itself uploads ${taken.map(visible).join(', ')}. \
Fix: remove that from ${folder}; for your own pages, choose other names and set pages in s3nator.config.ts`,
    );
  }
  for (const note of contentNotes(listing, deployed, site.paths)) onNote?.(`DIR: ${note}`);
  return whileReadingAny(files, 'DIR', () => {
    for (const note of linkNotes(files)) onNote?.(`DIR: ${note}`);
    const tooLarge = files.filter(({ file }) => statSync(file).size > maximumBytes);
    if (tooLarge.length > 0) throw tooLargeError(tooLarge.map(({ file }) => file));
    const shared = sharedText();
    return files.map((file) => {
      const served = servedAs(file, site);
      return { ...file, ...served, contentType: shared(served.contentType) };
    });
  });
}

function tooLargeError(files: readonly string[]): Error {
  const are = files.length === 1 ? 'is' : 'are';
  return new Error(
    `DIR: ${listText(files.map(visible))} ${are} larger than 5 GiB, the most that S3 accepts in one upload. \
Fix: split it, as HLS and DASH do with videos; or set content: 'FOLDER', so that the deploy uploads it in parts`,
  );
}

/** Reads the files of one site. */
export class FileReader {
  private readonly filling: Filling;

  constructor(site: SiteConfig) {
    this.filling = { paths: site.paths, policy: contentSecurityPolicy(site) };
  }

  /** The file with its size and checksum. */
  async measure(listed: ListedFile): Promise<LocalFile> {
    const { path, file } = listed;
    try {
      const page = this.page(path, file);
      if (page !== undefined) return { ...listed, ...measured(page) };
      const { size } = statSync(file);
      if (size > maximumBytes) throw tooLargeError([file]);
      // For a small file, Node's calls that wait cost a tenth of the others.
      return { ...listed, ...(size > wholeBytes ? await streamed(file) : measured(readFileSync(file))) };
    } catch (error) {
      throw unreadable(file, 'DIR', error);
    }
  }

  /** Another address of a file that is measured. */
  at(address: OtherAddress, file: LocalFile): LocalFile {
    if (address.kind === 'copy') return { ...file, path: address.path, address };
    const { path } = address;
    return { path, file: file.file, address, ...servedRedirect, ...measured(Buffer.from(redirectPage(address))) };
  }

  /**
   * The content to upload. A stream that is shorter or longer than measured fails before its last byte, and S3 refuses
   * changed content by its checksum.
   */
  async body({ path, file, size, sha256, address }: LocalFile): Promise<Buffer | Readable> {
    if (address?.kind === 'redirect') return Buffer.from(redirectPage(address));
    try {
      const page = this.page(address?.of ?? path, file);
      if (page === undefined && size > wholeBytes) return Readable.from(exactly(file, size));
      const bytes = page ?? readFileSync(file);
      if (hash('sha256', bytes) !== sha256) throw changedMeanwhile(file);
      return bytes;
    } catch (error) {
      throw unreadable(file, 'DIR', error);
    }
  }

  private page(path: string, file: string): Buffer | undefined {
    const page = filledFile({ path, file }, this.filling);
    return page === undefined ? undefined : Buffer.from(page);
  }
}

const measured = (content: Buffer): Pick<LocalFile, 'size' | 'sha256'> => ({
  size: content.length,
  sha256: hash('sha256', content),
});

async function streamed(file: string): Promise<Pick<LocalFile, 'size' | 'sha256'>> {
  const sum = createHash('sha256');
  let size = 0;
  for await (const piece of createReadStream(file)) {
    size += (piece as Buffer).length;
    sum.update(piece as Buffer);
  }
  return { size, sha256: sum.digest('hex') };
}

export const changedMeanwhile = (file: string): Error =>
  new Error(
    `DIR: ${visible(file)} changed during the upload. Fix: let the build finish, then run the same command again`,
  );

async function* exactly(file: string, size: number): AsyncGenerator<Buffer> {
  let sent = 0;
  try {
    for await (const piece of createReadStream(file, { end: size - 1 })) {
      sent += (piece as Buffer).length;
      // Once S3 has the last piece, it stores the object: the beginning of a file that is still being written.
      if (sent === size && statSync(file).size > size) throw changedMeanwhile(file);
      yield piece as Buffer;
    }
  } catch (error) {
    throw unreadable(file, 'DIR', error);
  }
  if (sent < size) throw changedMeanwhile(file);
}

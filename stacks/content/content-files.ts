/** Lists the files of a folder that are uploaded, and hashes them. */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readdirSync, readSync, realpathSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import { contentPrefix, isIn } from '../../contract/layout.ts';
import { listText } from '../text/list-text.ts';
import { type SetupError, setupError } from '../text/setup-error.ts';
import {
  type ChosenFolder,
  isHidden,
  linkProblem,
  publishableFolder,
  refuseSecretContent,
  refuseSecretName,
} from './content-guard.ts';

/** One file to upload. */
export interface ContentFile {
  /** Path on the site: absolute, forward slashes, not percent-encoded. */
  readonly path: string;
  /** Absolute path of the file. */
  readonly file: string;
  /** Set if every site has a file at this path: an open page, the element. Such a path has no other addresses. */
  readonly shipped?: true;
  /** Set if the file is s3nator's own, so that its links lead to the default paths. */
  readonly ours?: true;
}

/** What a folder holds. */
export interface ContentListing {
  /** Sorted by path. */
  readonly files: readonly ContentFile[];
  /** Paths of what begins with a dot and is therefore not published. The path of a folder ends in a slash. */
  readonly leftOut: readonly string[];
}

export interface ListedFolder extends ChosenFolder {
  /** The folder of the site where the API answers; null: the files are not at the top of the site. */
  readonly api: string | null;
  /** Called now and then with the number of files so far. */
  readonly onCount?: ((files: number) => void) | undefined;
}

/** `onCount` is called after so many files. */
const countedFiles = 1_000;

/**
 * The files of `folder`, each under its path on the site. Leaves out names that begin with a dot (`.git`, `.env`),
 * except `.well-known`. Throws a `SetupError` for a file that must never be published, for a name that no address can
 * reach, and for a folder without a file.
 */
export function readContent({ folder, field, project, api, onCount }: ListedFolder): ContentListing {
  const listing = new Walk(publishableFolder({ folder, field, project }), { field, api, onCount }).listing();
  if (listing.files.length > 0) return listing;
  const except = listing.leftOut.length > 0 ? ` but what begins with a dot (${listText(listing.leftOut)})` : '';
  throw setupError(
    'content_missing',
    `${field}: no file in ${folder}${except}. Fix: build the site first, or name another folder`,
  );
}

/** The files of a folder that the operator did not choose. `root`: its real path. */
export const listFolder = (root: string): readonly ContentFile[] =>
  new Walk(root, { field: 'content', api: null }).listing().files;

/** Limit for files and folders that are reached through links to folders: such links multiply if they are nested. */
const maximumLinked = 100_000;

/** What a symbolic link leads to. */
interface LinkTarget {
  /** Its real path. */
  readonly target: string;
  readonly isFolder: boolean;
}

/** Goes through a folder once. */
class Walk {
  private readonly root: string;
  private readonly field: string;
  private readonly files: ContentFile[] = [];
  private readonly leftOut: string[] = [];
  /** Paths that the API answers. */
  private readonly ofApi: string[] = [];
  /** By the real path of the link. */
  private readonly links = new Map<string, LinkTarget>();
  private readonly api: ListedFolder['api'];
  private readonly onCount: ListedFolder['onCount'];
  private linked = 0;

  constructor(root: string, { field, api, onCount }: Pick<ListedFolder, 'field' | 'api' | 'onCount'>) {
    this.root = root;
    this.field = field;
    this.api = api;
    this.onCount = onCount;
  }

  listing(): ContentListing {
    this.visit(this.root, '', [this.root]);
    if (this.api !== null && this.ofApi.length > 0) throw ofApiError(this.ofApi, this.api, this.field);
    this.files.sort((a, b) => (a.path < b.path ? -1 : 1));
    return { files: this.files, leftOut: this.leftOut.sort() };
  }

  /**
   * `folder`, `within`: the real paths of this folder, and of all folders on the way to it. `link`: the last link on
   * the way. What it leads to is checked in its own place, too.
   */
  private visit(folder: string, path: string, within: readonly string[], link?: string): void {
    const { field } = this;
    for (const entry of whileReading(folder, field, () => readdirSync(folder, { withFileTypes: true }))) {
      const file = join(folder, entry.name);
      const target = `${path}/${entry.name}`;
      if (link !== undefined) this.countLinked(link);
      if (isHidden(entry.name)) {
        if (link === undefined) this.leftOut.push(entry.isDirectory() ? `${target}/` : target);
        continue;
      }
      refuseSecretName(file, field);
      const followed = entry.isSymbolicLink() ? this.follow(file) : undefined;
      if (entry.isDirectory() || followed?.isFolder) {
        const inner = followed?.target ?? file;
        const last = followed === undefined ? link : file;
        if (within.includes(inner)) throw linkError(last ?? file, `leads back to ${inner}, which contains it`, field);
        this.visit(inner, target, [...within, inner], last);
      } else if (entry.isFile() || followed !== undefined) {
        checkName(target, field);
        if (this.api !== null && isIn(this.api, target)) this.ofApi.push(target);
        if (link === undefined) whileReading(file, field, () => refuseSecretContent(file, field));
        this.files.push({ path: target, file });
        if (this.files.length % countedFiles === 0) this.onCount?.(this.files.length);
      }
    }
  }

  private countLinked(link: string): void {
    this.linked += 1;
    if (this.linked <= maximumLinked) return;
    throw linkError(link, `leads to a folder with more links, and ${theirs} together`, this.field);
  }

  /**
   * A symbolic link counts as the file or the folder it leads to if `root` itself publishes that. Anything else could
   * publish a file by accident.
   */
  private follow(link: string): LinkTarget {
    const known = this.links.get(link);
    if (known !== undefined) return known;
    const { root, field } = this;
    const target = targetOf(link);
    const kind = target === undefined ? undefined : statSync(target, { throwIfNoEntry: false });
    const isInside = target === root || target?.startsWith(root + sep);
    if (target === undefined || !isInside || !(kind?.isFile() || kind?.isDirectory())) {
      throw linkError(link, `does not lead to a file or a folder inside ${root}`, field);
    }
    const problem = linkProblem(target, root);
    if (problem !== undefined) throw linkError(link, problem, field);
    const followed = { target, isFolder: kind.isDirectory() };
    this.links.set(link, followed);
    return followed;
  }
}

const theirs = `such links repeat more than ${maximumLinked.toLocaleString('en')} files and folders`;

function linkError(link: string, problem: string, field: string): SetupError {
  const fix = 'Fix: put a copy in its place, or remove the link';
  return setupError('content_link', `${field}: ${link} is a symbolic link that ${problem}. ${fix}`);
}

/** undefined: it leads nowhere, or to itself. */
function targetOf(link: string): string | undefined {
  try {
    return realpathSync(link);
  } catch {
    return undefined;
  }
}

/** All of them at once: a part of a site that does not open would be worse. */
function ofApiError(paths: readonly string[], api: string, field: string): SetupError {
  const are = paths.length === 1 ? '1 file is' : `${paths.length.toLocaleString('en')} files are`;
  return setupError(
    'content_name',
    `${field}: ${are} under ${api}/, which the API answers: ${listText(paths)}. ` +
      'Fix: rename this folder, and build the site again so that its links lead there; or set paths.api to another ' +
      'folder',
  );
}

/** Runs a step that reads `file`, and says which file it was if that is impossible. */
function whileReading<T>(file: string, field: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    throw unreadable(file, field, error);
  }
}

/** Runs a step that reads some of `files`, and says which one it was if that is impossible. */
export function whileReadingAny<T>(files: readonly ContentFile[], field: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    const { path } = Object(error) as NodeJS.ErrnoException;
    if (path === undefined || !files.some(({ file }) => file === path)) throw error;
    throw unreadable(path, field, error);
  }
}

/** The error for a file that could not be read. Returns any other error as it is. */
export function unreadable(file: string, field: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('syscall' in error)) return error;
  const { code = '' } = error as NodeJS.ErrnoException;
  const isGone = code === 'ENOENT' || code === 'ENOTDIR' || code === 'ESTALE';
  const what = isGone
    ? 'was there a moment ago and is gone. Fix: let the build finish'
    : `cannot be read (${code}). Fix: make it readable or move it out of the folder`;
  return setupError('content_changed', `${field}: ${file} ${what}, then run the same command again`, error);
}

/**
 * Longest name of an object in S3, in bytes of UTF-8.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
 */
const maximumKeyBytes = 1024;

function checkName(path: string, field: string): void {
  const problem = nameProblem(path);
  if (problem === undefined) return;
  throw setupError('content_name', `${field}: the name ${JSON.stringify(path)} ${problem}. Fix: rename it`);
}

function nameProblem(path: string): string | undefined {
  if (/[\0-\x1f\x7f]/.test(path)) return 'has a control character, such as a line break';
  // Node writes this character for bytes that are not UTF-8.
  if (path.includes('\ufffd')) return 'is not UTF-8';
  if (Buffer.byteLength(contentPrefix + path) > maximumKeyBytes) {
    return `is longer than ${maximumKeyBytes - contentPrefix.length} bytes`;
  }
  return undefined;
}

/** What is read at a time. Most files are smaller, and a new buffer for each would take longer than reading it. */
let piece: Buffer | undefined;

/**
 * MD5 of a file, hex. Only tells Terraform when the content changes. Reads in chunks, because videos do not fit into
 * memory.
 */
export function fileHash(file: string): string {
  const hash = createHash('md5');
  piece ??= Buffer.allocUnsafe(1 << 20);
  const handle = openSync(file, 'r');
  try {
    for (let length = readSync(handle, piece); length > 0; length = readSync(handle, piece)) {
      hash.update(piece.subarray(0, length));
    }
  } finally {
    closeSync(handle);
  }
  return hash.digest('hex');
}

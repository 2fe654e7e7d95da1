/** Lists the files of a folder that are uploaded, and hashes them. */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readdirSync, readSync, realpathSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import { authPattern, contentPrefix } from '../../contract/layout.ts';
import { setupError } from '../text/setup-error.ts';
import { isHidden, linkProblem, publishableFolder, refuseSecretContent, refuseSecretName } from './content-guard.ts';

/** One file to upload. */
export interface ContentFile {
  /** Path on the site: absolute, forward slashes, not percent-encoded. */
  readonly path: string;
  /** Absolute path of the file. */
  readonly file: string;
}

/**
 * The files of `folder`, each under its path on the site, sorted by path. Skips names that begin with a dot (`.git`,
 * `.env`), except `.well-known`. `field`: how the operator named the folder. `project`: the folder with the config.
 * Throws a `SetupError` for a file that must never be published, and for a name that no address can reach.
 */
export function listContent(folder: string, field = 'content', project?: string): ContentFile[] {
  return listFolder(publishableFolder({ folder, field, project }), field);
}

/** The same for a folder that the operator did not choose. `root`: its real path. */
export function listFolder(root: string, field = 'content'): ContentFile[] {
  const files: ContentFile[] = [];
  const walk = (directory: string, path: string): void => {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      if (isHidden(entry.name)) continue;
      const file = join(directory, entry.name);
      const target = `${path}/${entry.name}`;
      refuseSecretName(file, field);
      if (entry.isDirectory()) walk(file, target);
      else if (entry.isFile() || (entry.isSymbolicLink() && leadsInside(file, root, field))) {
        checkName(target, field);
        refuseSecretContent(file, field);
        files.push({ path: target, file });
      }
    }
  };
  walk(root, '');
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/**
 * A symbolic link counts as the file it leads to if `root` itself publishes that file. Anything else could publish a
 * file by accident.
 */
function leadsInside(link: string, root: string, field: string): true {
  let target: string | undefined;
  try {
    target = realpathSync(link);
  } catch {
    // Dangling: reported below.
  }
  const leadsToFile = target?.startsWith(root + sep) && statSync(target).isFile();
  const problem =
    target === undefined || !leadsToFile ? `does not lead to a file inside ${root}` : linkProblem(target, root);
  if (problem === undefined) return true;
  throw setupError(
    'content_link',
    `${field}: ${link} is a symbolic link that ${problem}. Fix: copy the file there, or remove the link`,
  );
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
  if (path.startsWith(authPattern.slice(0, -1))) return `lies under ${authPattern}, which the API answers`;
  if (Buffer.byteLength(contentPrefix + path) > maximumKeyBytes) {
    return `is longer than ${maximumKeyBytes - contentPrefix.length} bytes`;
  }
  return undefined;
}

/**
 * MD5 of a file, hex. Only tells Terraform when the content changes. Reads in chunks, because videos do not fit into
 * memory.
 */
export function fileHash(file: string): string {
  const hash = createHash('md5');
  const piece = Buffer.allocUnsafe(1 << 20);
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

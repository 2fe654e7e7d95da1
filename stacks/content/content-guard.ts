/** Refuses content that must never be published: keys, Terraform state, credentials, and folders that hold them. */
import { type BigIntStats, closeSync, openSync, readFileSync, readSync, realpathSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join, relative, sep } from 'node:path';
import { configFile } from '../../contract/layout.ts';
import { type SetupError, setupError } from '../text/setup-error.ts';

/** The folder that the operator chose, and its name in messages. */
export interface ChosenFolder {
  /** Absolute, or relative to the current folder. */
  readonly folder: string;
  /** Where it was named: `content`, `--content` or `DIR`. */
  readonly field: string;
  /** Folder with `s3nator.config.ts` and `keys/`; undefined: unknown, as in an app that uses the constructs. */
  readonly project?: string | undefined;
}

const secretContent = (message: string, cause?: unknown): SetupError => setupError('content_secret', message, cause);

const statOf = (path: string): BigIntStats | undefined => statSync(path, { bigint: true, throwIfNoEntry: false });

/** Whether two paths are the same folder, even if letter case, a mount or a link gives it a second name. */
function isSameFolder(one: string, other: string): boolean {
  const [a, b] = [statOf(one), statOf(other)];
  return a !== undefined && b !== undefined && a.dev === b.dev && a.ino === b.ino;
}

/** The folder and all its parents. */
function withParents(path: string): string[] {
  const parent = dirname(path);
  return parent === path ? [path] : [path, ...withParents(parent)];
}

/** undefined: this user has no home folder, as in some containers. */
function homeFolder(): string | undefined {
  try {
    return homedir();
  } catch {
    return undefined;
  }
}

const isWithin = (inner: string, outer: string): boolean =>
  withParents(inner).some((each) => isSameFolder(each, outer));

/** Folders that never hold a site. Lower case, because some file systems ignore case. */
const privateFolders = new Set([
  '.s3nator',
  '.git',
  'node_modules',
  'cdktf.out',
  '.terraform',
  '.aws',
  '.ssh',
  '.gnupg',
]);

/** Real path of a folder that may be published. Throws a `SetupError` before it looks at any file inside. */
export function publishableFolder({ folder, field, project }: ChosenFolder): string {
  let root: string;
  try {
    root = realpathSync(folder);
    if (!statSync(root).isDirectory()) throw new Error('not a folder');
  } catch (error) {
    throw setupError(
      'content_missing',
      `${field}: there is no folder ${folder}. Fix: create it, or name another`,
      error,
    );
  }
  const home = homeFolder();
  if (home !== undefined && isWithin(home, root)) {
    const what = isSameFolder(home, root) ? 'is your home folder' : 'contains your home folder';
    throw secretContent(
      `${field}: ${root} ${what}, with your keys and passwords. Fix: name the folder of the built site`,
    );
  }
  if (project !== undefined && isWithin(project, root)) {
    throw secretContent(
      `${field}: ${root} contains ${configFile}, and with it the site's keys and state. ` +
        'Fix: put the site into its own folder, such as site/www, and name that folder',
    );
  }
  const keys = project === undefined ? undefined : join(project, 'keys');
  if (keys !== undefined && isWithin(root, keys)) {
    throw secretContent(`${field}: ${root} is where the signing keys are. Fix: name the folder of the built site`);
  }
  // Nobody chose the folder names above the project.
  const chosen = project !== undefined && isWithin(root, project) ? relative(realpathSync(project), root) : root;
  const own = chosen.split(sep).find((name) => privateFolders.has(name.toLowerCase()));
  if (own !== undefined) {
    throw secretContent(
      `${field}: ${root} is inside ${own}, which must not be published. Fix: name the folder of the built site`,
    );
  }
  return root;
}

/** Names of files and folders that hold secrets, in any letter case. `isHidden` covers a leading dot. */
const secretNames: readonly (readonly [RegExp, string])[] = [
  [/\.private\.pem$/i, 'a private key of s3nator'],
  [/\.tfstate(?:\.|$)/i, 'a Terraform state'],
  [/^cdktf\.out$/i, 'a synthesized stack'],
  [/^s3nator\.config\.[cm]?[jt]s$/i, 'the config of a site'],
  [/\.env$/i, 'a file of environment variables'],
  [/^id_(?:rsa|dsa|ecdsa|ecdsa_sk|ed25519|ed25519_sk)$/i, 'a private SSH key'],
  [/\.(?:p8|p12|pfx|jks|keystore|ppk|kdbx)$/i, 'a key file'],
  [/\.tfvars(?:\.json)?$/i, 'a file of Terraform variables'],
  [/(?:^|\.)tfplan$/i, 'a saved Terraform plan, which contains the state'],
  [/^_netrc$/i, 'a password file'],
  [/^client_secret.*\.json$/i, "a Google client's secret"],
  [/^application_default_credentials\.json$/i, 'Google Cloud credentials'],
];

/** Whether a file with this name is skipped without a message. */
export const isHidden = (name: string): boolean => name.startsWith('.') && name !== '.well-known';

const kindOf = (name: string): string | undefined => secretNames.find(([pattern]) => pattern.test(name))?.[1];

/** Throws a `SetupError` for a file or folder whose name says that it holds secrets. */
export function refuseSecretName(file: string, field: string): void {
  const kind = kindOf(basename(file));
  if (kind === undefined) return;
  throw secretContent(
    `${field}: ${file} looks like ${kind}. ` +
      'Fix: move it out of the folder, or rename it if it is meant for readers',
  );
}

/**
 * Why a link must not be followed: the folder must publish every step on the way to its target. `target`: where the
 * link finally leads, below `root`.
 */
export function linkProblem(target: string, root: string): string | undefined {
  const steps = relative(root, target).split(sep);
  const step = steps.find((name) => isHidden(name) || kindOf(name) !== undefined);
  return step === undefined ? undefined : `leads to ${target}, and ${step} is never published`;
}

/** Longer files are not searched for keys: a key is a few kilobytes, and videos are large. */
const maximumSearchedBytes = 262_144;
/** An OpenDocument or Keynote file is a ZIP archive. Keynote files end in `.key`. */
const zipStart = Buffer.from('PK\x03\x04');
const marker = 'PRIVATE KEY';
const wideMarker = Buffer.from(marker, 'utf16le');

/**
 * A whole private key: its first line, headers as in PGP and old encrypted keys, base64, its last line. JSON and
 * scripts write a line break as `
 * `, and JSON in a script as `\
 * `. A shortened key in a page about keys, with dots in the middle, does not match. Each header has its own line, and
 * their number is limited: if there were several ways to read a header, matching could take forever.
 */
const wholeKey = new RegExp(
  /-----BEGIN ((?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?)-----/.source +
    /(?:(?:(?:[\r\n]|\\+[nr])[ \t]*)+[A-Za-z-]+: [^\r\n\\]*(?=[\r\n\\])){0,20}/.source +
    /((?:[A-Za-z0-9+/=\s]|\\+[nr])*)-----END \1-----/.source,
  'g',
);
/** The shortest private key, Ed25519 in PKCS #8, is 64 characters of base64. */
const shortestKey = 60;

const holdsPrivateKey = (text: string): boolean =>
  [...text.matchAll(wholeKey)].some(([, , body = '']) => body.replace(/\\+[nr]|\s/g, '').length >= shortestKey);

function startOf(file: string, length: number): Buffer {
  const start = Buffer.alloc(length);
  const handle = openSync(file, 'r');
  try {
    return start.subarray(0, readSync(handle, start));
  } finally {
    closeSync(handle);
  }
}

/** Throws a `SetupError` for a file that holds a private key, whatever its name is. */
export function refuseSecretContent(file: string, field: string): void {
  if (/\.key$/i.test(file) && !startOf(file, zipStart.length).equals(zipStart)) {
    throw secretContent(
      `${field}: ${file} has the name of a key file, and is not a Keynote presentation. ` +
        'Fix: move it out of the folder, or rename it',
    );
  }
  if (statSync(file).size > maximumSearchedBytes) return;
  const bytes = readFileSync(file);
  const encoding = bytes.includes(marker) ? 'latin1' : bytes.includes(wideMarker) ? 'utf16le' : undefined;
  if (encoding === undefined || !holdsPrivateKey(bytes.toString(encoding))) return;
  throw secretContent(
    `${field}: ${file} holds a private key. ` +
      'Fix: move it out of the folder; in a page about keys, shorten the example with dots',
  );
}

/**
 * Decides what must never become content: keys, Terraform state, credentials, and folders that hold them. The one place
 * for this rule.
 */
import { type BigIntStats, closeSync, openSync, readFileSync, readSync, realpathSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join, relative, sep } from 'node:path';
import { configFile } from '../../contract/layout.ts';
import { type SetupError, setupError } from '../text/setup-error.ts';

/** What the operator chose, and what it is called in messages. */
export interface ChosenFolder {
  /** Absolute, or read against the current folder. */
  readonly folder: string;
  /** Where it was named: `content`, `--content` or `DIR`. */
  readonly field: string;
  /** Folder with `s3nator.config.ts` and `keys/`; undefined: not known, as in an app that uses the constructs. */
  readonly project?: string | undefined;
}

const secretContent = (message: string, cause?: unknown): SetupError => setupError('content_secret', message, cause);

const statOf = (path: string): BigIntStats | undefined => statSync(path, { bigint: true, throwIfNoEntry: false });

/** Whether two paths are the same folder, also where letter case, a mount or a link gives it a second name. */
function isSameFolder(one: string, other: string): boolean {
  const [a, b] = [statOf(one), statOf(other)];
  return a !== undefined && b !== undefined && a.dev === b.dev && a.ino === b.ino;
}

/** The folder and everything above it. */
function upwards(path: string): string[] {
  const parent = dirname(path);
  return parent === path ? [path] : [path, ...upwards(parent)];
}

/** undefined: this user has none, as in some containers. */
function homeFolder(): string | undefined {
  try {
    return homedir();
  } catch {
    return undefined;
  }
}

const isWithin = (inner: string, outer: string): boolean => upwards(inner).some((each) => isSameFolder(each, outer));

/** Folders in which nobody builds a site. Lower case: some file systems know no other. */
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

/** Real path of a folder that may be published. Throws a `SetupError` at once, before anything in it is looked at. */
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
      `${field}: ${root} contains ${configFile}, and with it the keys and the state of the site. Fix: put the site into a folder of its own, such as site/www, and name that`,
    );
  }
  const keys = project === undefined ? undefined : join(project, 'keys');
  if (keys !== undefined && isWithin(root, keys)) {
    throw secretContent(`${field}: ${root} is where the signing keys are. Fix: name the folder of the built site`);
  }
  // Above the project nobody chose the names.
  const chosen = project !== undefined && isWithin(root, project) ? relative(realpathSync(project), root) : root;
  const own = chosen.split(sep).find((name) => privateFolders.has(name.toLowerCase()));
  if (own !== undefined) {
    throw secretContent(
      `${field}: ${root} is inside ${own}, which is not for publishing. Fix: name the folder of the built site`,
    );
  }
  return root;
}

/** Names of files and folders that hold secrets, in any letter case. A leading dot is `isHidden`'s. */
const secretNames: readonly (readonly [RegExp, string])[] = [
  [/\.private\.pem$/i, 'a private key of s3nator'],
  [/\.tfstate(?:\.|$)/i, "Terraform's state"],
  [/^cdktf\.out$/i, 'a synthesized stack'],
  [/^s3nator\.config\.[cm]?[jt]s$/i, 'the config of a site'],
  [/\.env$/i, 'a file of environment variables'],
  [/^id_(?:rsa|dsa|ecdsa|ecdsa_sk|ed25519|ed25519_sk)$/i, 'a private key of SSH'],
  [/\.(?:p8|p12|pfx|jks|keystore|ppk|kdbx)$/i, 'a file of keys'],
  [/\.tfvars(?:\.json)?$/i, "a file of Terraform's variables"],
  [/(?:^|\.)tfplan$/i, 'a saved plan of Terraform, with the state in it'],
  [/^_netrc$/i, 'a file of passwords'],
  [/^client_secret.*\.json$/i, "a Google client's secret"],
  [/^application_default_credentials\.json$/i, 'credentials of Google Cloud'],
];

/** Whether a name stays behind without a word. */
export const isHidden = (name: string): boolean => name.startsWith('.') && name !== '.well-known';

const kindOf = (name: string): string | undefined => secretNames.find(([pattern]) => pattern.test(name))?.[1];

/** Throws a `SetupError` for a file or folder whose name says that it holds secrets. */
export function refuseSecretName(file: string, field: string): void {
  const kind = kindOf(basename(file));
  if (kind === undefined) return;
  throw secretContent(
    `${field}: ${file} is ${kind} by its name. Fix: move it out of the folder; what is meant for readers needs another name`,
  );
}

/**
 * Why a link must not be followed, by where it leads: every step of the way must be one that the folder itself would
 * publish. `target`: what the link leads to in the end, below `root`.
 */
export function linkProblem(target: string, root: string): string | undefined {
  const steps = relative(root, target).split(sep);
  const step = steps.find((name) => isHidden(name) || kindOf(name) !== undefined);
  return step === undefined ? undefined : `leads to ${target}, and ${step} is never published`;
}

/** Longer files are not searched for keys: a key is a few kilobytes, and a site has videos. */
const maximumSearchedBytes = 262_144;
/** An OpenDocument or Keynote file is a ZIP archive; Keynote's ending is `.key`. */
const zipStart = Buffer.from('PK\x03\x04');
const marker = 'PRIVATE KEY';
const wideMarker = Buffer.from(marker, 'utf16le');

/**
 * A whole private key: its first line, headers as PGP and old encrypted keys have them, base64, its last line. JSON and
 * scripts write a line break as `\n`, and JSON in a script as `\\n`. A page about keys that shows a shortened one, with
 * dots in place of the middle, has none. Each header has a line of its own, and they are few: were there several ways
 * to read one, a file could take for ever.
 */
const wholeKey =
  /-----BEGIN ((?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?)-----(?:(?:(?:[\r\n]|\\+[nr])[ \t]*)+[A-Za-z-]+: [^\r\n\\]*(?=[\r\n\\])){0,20}((?:[A-Za-z0-9+/=\s]|\\+[nr])*)-----END \1-----/g;
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

/** Throws a `SetupError` for a file that holds a private key, whatever it is called. */
export function refuseSecretContent(file: string, field: string): void {
  if (/\.key$/i.test(file) && !startOf(file, zipStart.length).equals(zipStart)) {
    throw secretContent(
      `${field}: ${file} is a key by its name, and no Keynote presentation. Fix: move it out of the folder, or rename it`,
    );
  }
  if (statSync(file).size > maximumSearchedBytes) return;
  const bytes = readFileSync(file);
  const encoding = bytes.includes(marker) ? 'latin1' : bytes.includes(wideMarker) ? 'utf16le' : undefined;
  if (encoding === undefined || !holdsPrivateKey(bytes.toString(encoding))) return;
  throw secretContent(
    `${field}: ${file} holds a private key. Fix: move it out of the folder; in a page about keys, shorten the example with dots`,
  );
}

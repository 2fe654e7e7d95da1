/**
 * What the addresses of a site mean, computed from the paths of its files. S3 answers with an object only at its exact
 * key, so each further address of a file is an object of its own: a copy, or a page that leads to the copy.
 */
import { apiPattern, openPattern, rootObject, type SitePaths } from '../../contract/layout.ts';
import { mayOpen, opens } from '../../contract/open-path.ts';
import { visible } from '../../contract/visible-text.ts';

/** An object that is stored beside the files. */
export interface OtherAddress {
  /** Path on the site: absolute, not percent-encoded. May end in a slash. */
  readonly path: string;
  /** A copy has the content and the headers of the file. A redirect is a page that leads to a copy of the file. */
  readonly kind: 'copy' | 'redirect';
  /** Path of the file. */
  readonly of: string;
}

/** An address that a file does not get, or that is not open although the file is. */
export interface AddressNote {
  readonly path: string;
  /** Path of the file. */
  readonly of: string;
  /**
   * `taken`: another file answers there. `open`: everyone could open the address, but not the file. `folder`: the
   * address is in another folder, which exists. `closed`: the file is open, and this address of it is not.
   */
  readonly reason: 'taken' | 'open' | 'folder' | 'closed';
  /** The file, the open path or the folder that is in the way. */
  readonly by: string;
}

export interface AddressOptions {
  readonly openPaths: readonly string[];
  readonly paths: SitePaths;
  /** Paths that get no other addresses, and where no other file's address may be: the shipped pages and elements. */
  readonly without: ReadonlySet<string>;
}

export interface Addresses {
  /** Sorted by path. Each path occurs once, and none is the path of a file. */
  readonly objects: readonly OtherAddress[];
  readonly notes: readonly AddressNote[];
}

const ending = '.html';

/** The addresses that a file gets besides its own path if nothing else is there. */
export function addressesOf(file: string): readonly OtherAddress[] {
  const own = ownAddresses(file);
  if (!hasOtherSpelling(file)) return own;
  return [...own, ...[asCopy(file), ...own].flatMap((object) => [...asRead(object), ...asComposed(object)])];
}

const asCopy = (of: string): OtherAddress => ({ path: of, kind: 'copy', of });

function ownAddresses(of: string): readonly OtherAddress[] {
  const name = of.slice(of.lastIndexOf('/') + 1);
  if (!name.endsWith(ending) || name === ending) return [];
  const stem = of.slice(0, -ending.length);
  if (name !== rootObject) {
    return [
      { path: stem, kind: 'copy', of },
      { path: `${stem}/`, kind: 'redirect', of },
    ];
  }
  const folder = of.slice(0, -rootObject.length);
  const index: OtherAddress = { path: stem, kind: 'redirect', of };
  // CloudFront answers `/` with the default root object.
  if (folder === '/') return [index];
  return [{ path: folder, kind: 'copy', of }, index, { path: folder.slice(0, -1), kind: 'redirect', of }];
}

/** S3 reads a plus sign in an address as a space: what browsers request as `/c++` is at `/c  `. */
const asRead = ({ path, ...rest }: OtherAddress): OtherAddress[] =>
  path.includes('+') ? [{ path: path.replaceAll('+', ' '), ...rest }] : [];

/**
 * macOS writes the letters of names in parts (NFD), and pages link to the composed letters (NFC). For a server, these
 * are different names.
 */
function asComposed(object: OtherAddress): OtherAddress[] {
  const path = object.path.normalize('NFC');
  const composed = { ...object, path };
  return path === object.path ? [] : [composed, ...asRead(composed)];
}

/** Whether the path may have a further spelling. Most have none, and need not be looked at. */
const hasOtherSpelling = (path: string): boolean => /[+\u0080-\uffff]/.test(path);

/** Whether this is `/guide/index`. A folder's own address is shorter. */
const isIndexName = ({ path, of }: OtherAddress): boolean =>
  of.endsWith(`/${rootObject}`) && path.normalize('NFC').length === of.normalize('NFC').length - ending.length;

/** The path that a redirect leads to. */
export function targetOf(redirect: OtherAddress): string {
  const { path } = redirect;
  if (path.endsWith('/')) return path.slice(0, -1);
  return isIndexName(redirect) ? path.slice(0, path.lastIndexOf('/') + 1) : `${path}/`;
}

/** A path as browsers send it. */
const sent = (path: string): string => encodeURI(path).replace(/[?#]/g, (character) => encodeURIComponent(character));

/** The folders of all paths, without a slash at the end. */
function allFolders(paths: readonly string[]): ReadonlySet<string> {
  const folders = new Set<string>();
  for (const path of paths) {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const folder = path.slice(0, end);
      // Its parents came with it.
      if (folders.has(folder)) break;
      folders.add(folder);
    }
  }
  return folders;
}

/** Every folder above a path, without a slash at the end. */
const foldersOf = (path: string): string[] =>
  [...path.matchAll(/\//g)].slice(1).map(({ index }) => path.slice(0, index));

/**
 * The objects to store beside `files` (absolute paths, not percent-encoded). With them, an address means what it means
 * on a plain static host: the exact file, else the file with `.html`, else the folder's index page.
 *
 * No object is open to everyone if its file is not. None is under the API's path. No copy for another spelling is
 * in a folder that has files of its own, because a rule may give that folder to other people.
 */
export function otherAddresses(files: readonly string[], { openPaths, paths, without }: AddressOptions): Addresses {
  const patterns = [openPattern(paths), ...openPaths];
  const openerOf = (path: string): string | undefined => patterns.find((pattern) => opens(pattern, sent(path)));
  const folders = allFolders(files);
  /** What each path leads to. A path whose object is left out stays empty: nothing else may answer there. */
  const meanings = new Map<string, string>();
  for (const path of files) meanings.set(path, path);
  for (const path of without) meanings.set(path, path);
  const objects = new Map<string, OtherAddress>();
  const notes = new Map<string, AddressNote>();

  const obstacle = ({ path, of }: OtherAddress, isRead: boolean): Pick<AddressNote, 'reason' | 'by'> | undefined => {
    const folder = isRead ? foldersOf(path).find((one) => folders.has(one) && !of.startsWith(`${one}/`)) : undefined;
    if (folder !== undefined) return { reason: 'folder', by: folder };
    const pattern = patterns.find((one) => mayOpen(one, path));
    return pattern === undefined || openerOf(of) !== undefined ? undefined : { reason: 'open', by: pattern };
  };
  const place = (object: OtherAddress, how: 'own' | 'read' | 'composed'): void => {
    const isRead = how !== 'own';
    const { path, of, kind } = object;
    if (mayOpen(apiPattern(paths), path)) return;
    const other = meanings.get(path);
    meanings.set(path, other ?? of);
    const problem = other === undefined ? obstacle(object, isRead) : ({ reason: 'taken', by: other } as const);
    if (problem === undefined) {
      objects.set(path, object);
      const isClosed = how === 'own' && kind === 'copy' && !patterns.some((one) => mayOpen(one, path));
      const opener = isClosed ? openerOf(of) : undefined;
      if (opener !== undefined && !notes.has(opener)) notes.set(opener, { path, of, reason: 'closed', by: opener });
    } else if (problem.reason === 'open' || how === 'read' || (how === 'own' && kind === 'copy')) {
      notes.set(`${of}\n${problem.by}`, { path, of, ...problem });
    }
  };

  const served = files.filter((path) => !without.has(path)).toSorted((a, b) => (a < b ? -1 : 1));
  const own = served.flatMap(ownAddresses);
  const isFirst = (object: OtherAddress): boolean => object.kind === 'copy' || isIndexName(object);
  for (const object of own.filter(isFirst)) place(object, 'own');
  for (const object of own.filter((one) => !isFirst(one))) place(object, 'own');
  const placed = [...served.filter(hasOtherSpelling).map(asCopy), ...objects.values()];
  for (const object of placed.flatMap(asRead)) place(object, 'read');
  for (const object of placed.flatMap(asComposed)) place(object, 'composed');

  const leads = (redirect: OtherAddress): boolean => {
    const target = targetOf(redirect);
    return target === '/' || objects.get(target)?.of === redirect.of;
  };
  return {
    objects: [...objects.values()]
      .filter((object) => object.kind === 'copy' || leads(object))
      .sort((a, b) => (a.path < b.path ? -1 : 1)),
    notes: [...notes.values()],
  };
}

/** A note as one line for the operator. */
export function addressNoteText({ path, of, reason, by }: AddressNote): string {
  const [address, file, other] = [path, of, by].map(visible);
  const plus = `S3 reads + in an address as a space. So the address of ${file} leads to ${other}`;
  switch (reason) {
    case 'taken':
      if (!of.startsWith(path.replace(/\/$/, ''))) return `${plus}. Fix: rename one of them`;
      return `${address} is a file of its own, so ${file} is only at its own address`;
    case 'folder':
      return `${plus}, which is another folder. Fix: rename one of them`;
    case 'open':
      return `nothing is at ${address}: ${other} opens it to everyone, but not ${file}. Fix: open both, or neither`;
    case 'closed':
      return `${other} opens ${file}, but not ${address}, another address of it. Fix: add ${address} to openPaths`;
  }
}

/** The note that `npm start` leaves for other commands: where the sites of this checkout run on this machine. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '../stacks/load-config.ts';
import { chosenSite } from './chosen-site.ts';
import type { UserPoolIds } from './deployed-site.ts';
import { writePrivateFile } from './private-file.ts';

/** A site as `npm start` serves it. */
export interface RunningSite {
  /** Where it is served, without a final slash. */
  readonly siteUrl: string;
  /** Origin of the stand-in Google; null: the real one. */
  readonly standInGoogle: string | null;
  /** Origin of the stand-in for every other issuer. */
  readonly standInIssuers: string;
  /** Life of the signed cookies in seconds, in the place of the config's. */
  readonly cookieSeconds?: number | undefined;
  /** What SDKs take for AWS: on the loopback, and different with every start. */
  readonly awsEndpoint: string;
  readonly contentBucket: string;
  readonly privateBucket: string;
  /** The user pool that the stack makes; null: it makes none. */
  readonly userPool: UserPoolIds | null;
}

const noteFile = (root: string, name: string): string => join(root, '.s3nator/running', `${name}.json`);

/** Leaves the note of site `name`. Returns what takes it away again, unless a later start has written its own. */
export function noteRunningSite(root: string, name: string, site: RunningSite): () => void {
  const file = noteFile(root, name);
  const text = `${JSON.stringify(site, null, 2)}\n`;
  // The endpoint gives the throw-away keys to whoever knows its port.
  writePrivateFile(file, text);
  return () => {
    if (readNote(file) === text) rmSync(file, { force: true });
  };
}

function readNote(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** The running site that `--site` names. Throws one line that says what to do when it does not run. */
export async function runningSite({
  root,
  site,
}: {
  readonly root: string;
  readonly site: string | undefined;
}): Promise<RunningSite> {
  const { name } = chosenSite(await loadConfig(root), site);
  const note = readNote(noteFile(root, name));
  if (note === undefined) throw notRunning(name);
  const running = JSON.parse(note) as RunningSite;
  // What a killed run left behind names a port that nobody, or somebody else, listens on.
  const answer = await fetch(running.awsEndpoint, { method: 'HEAD' }).catch(() => undefined);
  if (answer?.headers.get('server') !== 'AmazonS3') throw notRunning(name);
  return running;
}

const notRunning = (name: string): Error =>
  new Error(
    `--local-site: site ${name} does not run on this machine. Fix: npm start, in this folder and another terminal`,
  );

/** Whether `npm start` runs the site on this machine now. */
export const runsHere = (place: { readonly root: string; readonly site: string | undefined }): Promise<boolean> =>
  runningSite(place).then(
    () => true,
    () => false,
  );

/**
 * Does what is about the deployed site. When that fails while `npm start` runs the site here, the error also says
 * `command`, which is about the local one.
 */
export async function orLocally<T>(
  { root, site, command }: { readonly root: string; readonly site: string | undefined; readonly command: string },
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    // A bug wants its stack and no advice.
    if (!(error instanceof Error) || error.constructor !== Error) throw error;
    if (!(await runsHere({ root, site }))) throw error;
    throw new Error(`${error.message}\nFor the site that npm start runs here: ${command}`, { cause: error });
  }
}

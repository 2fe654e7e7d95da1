/** The packages that the bench compares with. They have their own folder, because our code does not depend on them. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { installIn } from './workspace.ts';

const folder = join(import.meta.dirname, 'peers');
const require = createRequire(join(folder, 'package.json'));

const { dependencies: versions } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
  readonly dependencies: Readonly<Record<'cognito-at-edge' | 'aws-cloudfront-sign', string>>;
};

export type Peer = keyof typeof versions;

const installedVersion = (peer: Peer): string | undefined => {
  const file = join(folder, 'node_modules', peer, 'package.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version : undefined;
};

/** Installs the peers if they are missing. */
export function installPeers(): void {
  const peers = Object.keys(versions) as Peer[];
  if (peers.some((peer) => installedVersion(peer) !== versions[peer])) installIn(folder);
}

/** Name and version. */
export const nameOf = (peer: Peer): string => `${peer} ${versions[peer]}`;
/** Address of the module that an import of the package loads. */
export const moduleOf = (peer: Peer): string => pathToFileURL(require.resolve(peer)).href;
/** The package itself. Its types do not exist before it is installed. */
export const loadPeer = (peer: Peer): unknown => require(peer);

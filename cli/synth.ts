/** `npm run synth`: synthesizes the stack with local values into `.s3nator/`. Never writes to `keys/`. */
import { existsSync, rmSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import type { Config, SiteConfig } from '../contract/config.ts';
import { localSite } from '../contract/local-site.ts';
import { hasPlaceholder } from '../contract/providers.ts';
import { type ChosenFolder, publishableFolder } from '../stacks/content/content-guard.ts';
import { trustedKeys } from '../stacks/keys/key-list.ts';
import { privateKeyFile, readSigningKeys, type SigningKeys } from '../stacks/keys/signing-keys.ts';
import { loadConfig } from '../stacks/load-config.ts';
import { trustWarnings, warningText } from '../stacks/login/address-trust.ts';
import { type SynthesizedStack, synthesize } from '../stacks/synthesize.ts';
import { packageRoot } from '../stacks/text/package-root.ts';
import { isSetupError } from '../stacks/text/setup-error.ts';
import { createKeys, type KeyKind } from './key-files.ts';
import type { LocalOptions } from './local-options.ts';
import { write, writeError } from './terminal.ts';

export interface LocalSynthesisOptions {
  /** Folder with `s3nator.config.ts`. */
  readonly root: string;
  /** Folder with what s3nator brings, `dist/` and `site/`. Default: `root`. */
  readonly shipped?: string;
  /** Origin that the emulator serves the site at. */
  readonly siteOrigin: string;
  /** Origin of the stand-in Google; null: the real one. */
  readonly standInGoogle: string | null;
  /** Origin of the stand-in for every other issuer. */
  readonly standInIssuers: string;
  /** Folder in the place of the config's `content`. */
  readonly content?: string | undefined;
  /** The one site to synthesize; default: every site of the config. */
  readonly siteName?: string | undefined;
  /** Life of the signed cookies in the place of the config's. */
  readonly cookieSeconds?: number | undefined;
}

/** Synthesizes with local values into `<root>/.s3nator/cdktf.out`. Returns where each stack was written. */
export async function synthLocal(options: LocalSynthesisOptions): Promise<SynthesizedStack[]> {
  const { root, content, siteName, shipped = root } = options;
  const local = join(root, '.s3nator');
  const chosen = chosenSites(await loadConfig(root), siteName);
  const folderOf = ({ content: configured }: SiteConfig): ChosenFolder | undefined =>
    contentFolder(root, content, configured === null ? undefined : resolve(root, configured));
  // Before anything is written.
  for (const folder of chosen.map(([, site]) => folderOf(site))) if (folder !== undefined) publishableFolder(folder);
  checkCookieSeconds(chosen, options.cookieSeconds);
  if (options.standInGoogle === null) checkClientIds(chosen);
  const sites = Object.fromEntries(
    chosen.map(([name, site]) => [name, localSite({ ...site, content: folderOf(site)?.folder ?? null }, options)]),
  );
  const keys = Object.fromEntries(
    Object.entries(sites).map(([name, site]) => [name, throwAwayKeys(join(local, 'keys', name), site.signing)]),
  );
  return synthesize({ config: { sites }, keys, outdir: join(local, 'cdktf.out'), root, shipped });
}

/**
 * The folder to serve, as it must be named in an error: `option` is `--content`, `configured` the absolute `content` of
 * the config.
 */
export function contentFolder(
  root: string,
  option: string | undefined,
  configured: string | undefined,
): ChosenFolder | undefined {
  if (option !== undefined) return { folder: resolve(root, option), field: '--content', project: root };
  return configured === undefined ? undefined : { folder: configured, field: 'content', project: root };
}

function checkCookieSeconds(sites: [string, Config['sites'][string]][], seconds = 0): void {
  for (const [name, { session }] of sites) {
    if (seconds <= session.maximumSeconds) continue;
    throw new Error(
      `--cookie-seconds: got ${seconds}; allowed: at most ${session.maximumSeconds}, \
sites.${name}.session.maximumSeconds`,
    );
  }
}

/** The real Google knows no placeholder, and would say so in words that name neither the field nor the fix. */
function checkClientIds(sites: [string, Config['sites'][string]][]): void {
  for (const [name, site] of sites) {
    if (!hasPlaceholder(site)) continue;
    const index = site.providers.findIndex(({ kind }) => kind === 'google');
    throw new Error(
      `--google: sites.${name}.providers.${index}.clientId is still the placeholder. \
Fix: set your Google client ID in s3nator.config.ts`,
    );
  }
}

function chosenSites({ sites }: Config, name: string | undefined): [string, Config['sites'][string]][] {
  if (name === undefined) return Object.entries(sites);
  const site = Object.hasOwn(sites, name) ? sites[name] : undefined;
  if (site === undefined) throw new Error(`--site: got ${name}; allowed: ${Object.keys(sites).join(', ')}`);
  return [[name, site]];
}

/** The local keys of a site; made anew when they are not whole or the config asks for others. They protect nothing. */
function throwAwayKeys(directory: string, kind: KeyKind): SigningKeys {
  try {
    const keys = readSigningKeys(directory, kind);
    if (keys.store === 'kms') return keys;
    const halves = trustedKeys(keys).map((key) => join(directory, privateKeyFile(key.fingerprint)));
    if (halves.every((file) => existsSync(file))) return keys;
  } catch (error) {
    if (!isSetupError(error)) throw error;
  }
  rmSync(directory, { recursive: true, force: true });
  return createKeys(directory, kind);
}

/**
 * Where the stand-ins are beside a site at `port`. Their host is another site to the browser, as Google's is. Browsers
 * see nothing of the other issuers but the hosted sign-in, which is always at https.
 */
export const standIns = ({ port, google, https }: Pick<LocalOptions, 'port' | 'google' | 'https'>) => ({
  standInGoogle: google ? null : `${https ? 'https' : 'http'}://127.0.0.1:${port + 1}`,
  standInIssuers: `http://127.0.0.1:${port + 2}`,
});

export interface SynthOptions extends LocalOptions {
  readonly root: string;
}

/** Runs `npm run synth`: synthesizes what was built, and prints the folder of each stack, one a line. */
export async function synthCommand(options: SynthOptions): Promise<void> {
  const { root, port, https, content, site, cookieSeconds } = options;
  const stacks = await synthLocal({
    root,
    shipped: packageRoot,
    content,
    siteName: site,
    cookieSeconds,
    siteOrigin: `${https ? 'https' : 'http'}://localhost:${port}`,
    ...standIns(options),
  });
  const warnings = [...trustWarnings(await loadConfig(root)), ...stacks.flatMap((stack) => stack.warnings)];
  const notes = stacks.flatMap((stack) => stack.notes);
  writeError(warningText(warnings, notes));
  write(stacks.map(({ folder }) => `${relative(root, folder)}\n`).join(''));
}

/** Writes a checked config as Terraform JSON to disk: one stack per site. */
import { mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'cdktf';
import type { Config } from '../contract/config.ts';
import { addressNoteText } from './content/addresses.ts';
import { whileReadingAny } from './content/content-files.ts';
import { siteAddresses, siteContent } from './content/site-files.ts';
import { checkPages } from './content/site-pages.ts';
import type { SigningKeys } from './keys/signing-keys.ts';
import { packageLambda } from './login/lambda-package.ts';
import { SiteStack } from './site-stack.ts';

export interface SynthesisOptions {
  readonly config: Config;
  /** Signing keys of every site of the config. */
  readonly keys: Readonly<Record<string, SigningKeys>>;
  /** Where the JSON goes. The same folder also holds `keys/`. */
  readonly outdir: string;
  /** Folder that a relative `content` is resolved against. */
  readonly root: string;
  /** Folder with the parts that s3nator ships, `dist/` and `site/`. Default: `root`, as in a checkout. */
  readonly shipped?: string;
}

export interface SynthesizedStack {
  readonly site: string;
  /** Folder with `cdk.tf.json`; absolute. */
  readonly folder: string;
  /** What is probably a mistake, one line each. */
  readonly warnings: readonly string[];
  /** What the operator should know besides, one line each. */
  readonly notes: readonly string[];
}

/** Writes every site's stack. Throws a `SetupError` before anything is written if an input is missing or wrong. */
export function synthesize({ config, keys, outdir, root, shipped = root }: SynthesisOptions): SynthesizedStack[] {
  const lambda = packageLambda(shipped);
  const sites = Object.entries(config.sites).map(([siteName, site]) => {
    const siteKeys = keys[siteName];
    if (siteKeys === undefined) throw new Error(`no signing keys were given for site ${siteName}`);
    const { files, notes } = siteContent(site, root, shipped);
    const missing = siteAddresses(site, files).notes.map((note) => `content: ${addressNoteText(note)}`);
    const pages = whileReadingAny(files, 'content', () => checkPages(site, files));
    return {
      warnings: [...pages, ...missing].map((warning) => `sites.${siteName}.${warning}`),
      notes: notes.map((note) => `sites.${siteName}.content: ${note}`),
      parts: { siteName, site, keys: siteKeys, files },
    };
  });

  mkdirSync(outdir, { recursive: true });
  const stacks = join(realpathSync(outdir), 'stacks');
  // Stack traces would write local paths into the stack.
  const app = new App({ outdir, stackTraces: false });
  const written = sites.map(({ parts, ...told }) => {
    whileReadingAny(parts.files, 'content', () => new SiteStack(app, parts.siteName, { ...parts, lambda }));
    return { site: parts.siteName, folder: join(stacks, parts.siteName), ...told };
  });
  app.synth();
  return written;
}

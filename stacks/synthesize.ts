/** Owns the way from a checked config to Terraform's JSON on disk: one site, one stack. Deploys nothing. */
import { mkdirSync, realpathSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'cdktf';
import type { Config } from '../contract/config.ts';
import { packageLambda } from './lambda-package.ts';
import type { SigningKeys } from './signing-keys.ts';
import { siteFiles } from './site-files.ts';
import { SiteStack } from './site-stack.ts';

export interface SynthesisOptions {
  readonly config: Config;
  /** Signing keys of every site of the config. */
  readonly keys: Readonly<Record<string, SigningKeys>>;
  /** Where the JSON goes; its folder also holds `keys/`. */
  readonly outdir: string;
  /** Folder with `dist/` and `site/`; a relative `content` is read against it. */
  readonly root: string;
}

export interface SynthesizedStack {
  readonly site: string;
  /** Folder with `cdk.tf.json`; absolute. */
  readonly folder: string;
}

/** Path of the Lambda's zip in the stack's folder. */
const lambdaFile = 'assets/lambda.zip';

/** Writes every site's stack. Throws a `SetupError` before anything is written when an input is missing or wrong. */
export function synthesize({ config, keys, outdir, root }: SynthesisOptions): SynthesizedStack[] {
  const lambda = packageLambda(join(root, 'dist/lambda'));
  const sites = Object.entries(config.sites).map(([siteName, site]) => {
    const siteKeys = keys[siteName];
    if (siteKeys === undefined) throw new Error(`no signing keys were given for site ${siteName}`);
    return { siteName, site, keys: siteKeys, files: siteFiles(site, root) };
  });

  mkdirSync(outdir, { recursive: true });
  const stacks = join(realpathSync(outdir), 'stacks');
  // Stack traces would write paths of this machine into the stack.
  const app = new App({ outdir, stackTraces: false });
  const written = sites.map((parts) => {
    const stackFolder = join(stacks, parts.siteName);
    new SiteStack(app, parts.siteName, {
      ...parts,
      stackFolder,
      lambda: { filename: lambdaFile, hash: lambda.hash },
    });
    return { site: parts.siteName, folder: stackFolder };
  });
  app.synth();
  for (const { folder } of written) writeWhole(join(folder, lambdaFile), lambda.zip);
  return written;
}

function writeWhole(path: string, bytes: Uint8Array): void {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(`${path}.new`, bytes);
  renameSync(`${path}.new`, path);
}

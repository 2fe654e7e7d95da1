/** Zips the Lambda bundle: the same files give the same bytes on every machine. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Zippable, zipSync } from 'fflate';
import { packageRoot } from '../text/package-root.ts';
import { setupError } from '../text/setup-error.ts';

export interface LambdaPackage {
  readonly zip: Uint8Array;
  /** SHA-256 of the zip in base64, as Lambda reports it. */
  readonly hash: string;
}

// Local time on purpose: zip times have no zone, and fflate writes local time.
const mtime = new Date(2000, 0, 1, 12);
/** Regular file, readable by everyone: the account that runs the Lambda does not own it. */
const attrs = 0o100644 << 16;
const unix = 3;

/** Folder of the built bundle in a checkout. */
const lambdaFolder = (shipped: string): string => join(shipped, 'dist/lambda');
/** The zipped bundle. The npm package contains it instead of the folder, because it is a third of the size. */
export const lambdaArchive = (shipped: string): string => join(shipped, 'dist/lambda.zip');

/** The zip of the bundle in `shipped`; default: this checkout or package. Throws a `SetupError` if it is not built. */
export function packageLambda(shipped: string = packageRoot): LambdaPackage {
  const zip = existsSync(join(lambdaFolder(shipped), 'index.mjs')) ? zipped(lambdaFolder(shipped)) : packed(shipped);
  return { zip, hash: createHash('sha256').update(zip).digest('base64') };
}

function packed(shipped: string): Uint8Array {
  try {
    return readFileSync(lambdaArchive(shipped));
  } catch (error) {
    throw setupError('build_missing', `${lambdaFolder(shipped)}: the Lambda is not built. Fix: npm run build`, error);
  }
}

function zipped(folder: string): Uint8Array {
  const files: Zippable = {};
  for (const name of readdirSync(folder).sort()) {
    files[name] = [readFileSync(join(folder, name)), { mtime, attrs, os: unix, level: 9 }];
  }
  return zipSync(files);
}

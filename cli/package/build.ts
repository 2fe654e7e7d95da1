/** Builds everything that the npm package has in `dist/`. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type MinifyOptions, minifySync } from 'vite';
import { lambdaArchive, packageLambda } from '../../stacks/login/lambda-package.ts';
import { build, siteModes } from '../build.ts';
import { Licenses } from './licenses.ts';
import { emitTypes } from './types.ts';

/** Builds the package of the checkout `root`. */
export async function buildPackage(root: string): Promise<void> {
  const licenses = new Licenses();
  for (const folder of ['dist/element', 'dist/stacks', 'dist/cli'])
    rmSync(join(root, folder), { recursive: true, force: true });
  await build([...siteModes, 'package'], [licenses.plugin]);
  await emitTypes(root);
  const element = join(root, 'dist/element');
  for (const name of readdirSync(element, { recursive: true, encoding: 'utf8' })) {
    // Apps minify it anyway.
    if (name.endsWith('.js')) shrink(join(element, name), join(element, name), { module: true });
  }
  // With Amplify in it, so that no app must install it, and none that has it gets in its way.
  writeFileSync(
    join(root, 'dist/element/web-components/login/user-pool.js'),
    "export * from '../../../site/secure-login-user-pool.js';\n",
  );
  // The constructs and the command line are CommonJS, in a package that is not.
  for (const folder of ['dist/stacks', 'dist/cli'])
    writeFileSync(join(root, folder, 'package.json'), '{ "type": "commonjs" }\n');
  shrink(join(root, 'emulator/google/google-client.js'), join(root, 'dist/cli/google-client.js'));
  writeFileSync(lambdaArchive(root), packageLambda(root).zip);
  writeFileSync(join(root, 'dist/licenses.txt'), licenses.text());
}

/** Writes the script `from` to `to`, minified. */
function shrink(from: string, to: string, options?: MinifyOptions): void {
  writeFileSync(to, minifySync(from, readFileSync(from, 'utf8'), options).code);
}

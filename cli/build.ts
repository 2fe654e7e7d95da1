/** Owns `npm run build`: the Lambda bundle and the script-tag element, quietly. Knows no option of either: vite.config.ts does. */
import { fileURLToPath } from 'node:url';
import { build as viteBuild } from 'vite';

const packageRoot = fileURLToPath(new URL('..', import.meta.url));

/** Builds `dist/lambda` and `dist/site`. Throws the bundler's message when the code does not build. */
export async function build(): Promise<void> {
  // What is built is what is deployed, whatever the shell or a test runner says: Lit would come in its development version.
  process.env['NODE_ENV'] = 'production';
  for (const mode of ['lambda', 'element']) {
    try {
      await viteBuild({ root: packageRoot, mode, logLevel: 'silent' });
    } catch (error) {
      throw new Error(`The ${mode} does not build: ${error instanceof Error ? error.message : error}`, {
        cause: error,
      });
    }
  }
}

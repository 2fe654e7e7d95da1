/** Owns `npm run build`: the Lambda bundle and the script-tag elements, quietly. Knows no option of any: vite.config.ts does. */
import { type Plugin, build as viteBuild } from 'vite';
import { packageRoot } from '../stacks/package-root.ts';

/** What vite.config.ts can build. */
export type BuildMode =
  | 'lambda'
  | 'secure-login'
  | 'secure-session'
  | 'access-request'
  | 'trouble'
  | 'user-pool'
  | 'stacks'
  | 'cli';

/** What a site needs: the Lambda, the elements, and what lies beside them. */
export const siteModes: readonly BuildMode[] = [
  'lambda',
  'secure-login',
  'secure-session',
  'access-request',
  'trouble',
  'user-pool',
];

/** Builds `modes` into `dist/`, one after the other. Throws the bundler's message when the code does not build. */
export async function build(modes: readonly BuildMode[] = siteModes, plugins: readonly Plugin[] = []): Promise<void> {
  // What is built is what is deployed, whatever the shell or a test runner says: Lit would come in its development version.
  process.env['NODE_ENV'] = 'production';
  for (const mode of modes) {
    try {
      await viteBuild({ root: packageRoot, mode, logLevel: 'silent', plugins: [...plugins] });
    } catch (error) {
      throw new Error(`${mode} does not build: ${error instanceof Error ? error.message : error}`, {
        cause: error,
      });
    }
  }
}

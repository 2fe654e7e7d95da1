/**
 * Builds what runs elsewhere, one mode each: the Lambda, the script-tag elements, and the Node code of the npm package:
 * the constructs with the command line.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig, minifySync, type Plugin, type UserConfig } from 'vite';

/**
 * Importing `node:http` for its STATUS_CODES loads undici and more than doubles the cold import of the bundle;
 * `process.getBuiltinModule` reads the same table without it.
 */
const lightStatusCodes: Plugin = {
  name: 'light-status-codes',
  enforce: 'pre',
  resolveId: (id, importer) =>
    id === 'node:http' && importer?.includes('@middy/util') ? '\0light-status-codes' : undefined,
  load: (id) =>
    id === '\0light-status-codes'
      ? `export const STATUS_CODES = new Proxy({}, {
           get: (_, status) => process.getBuiltinModule('node:http').STATUS_CODES[status],
         })`
      : undefined,
};

/**
 * The key sets are fetched by api/verify/bounded-fetch.ts. Without the library's own way to fetch them, it cannot, and
 * a cold start does not load `node:https` for it.
 */
const noLibraryFetch: Plugin = {
  name: 'no-library-fetch',
  enforce: 'pre',
  resolveId: (id, importer) =>
    id === './https-node.js' && importer?.includes('aws-jwt-verify') ? '\0no-library-fetch' : undefined,
  load: (id) =>
    id === '\0no-library-fetch'
      ? "export const fetch = async () => { throw new Error('aws-jwt-verify fetches no keys') }"
      : undefined,
};

/**
 * Lambda gives a function its credentials in the environment. The SDK's default also brings ways to find some elsewhere
 * (SSO, profiles, web identity), which the Lambda must not look for.
 */
const environmentCredentials: Plugin = {
  name: 'environment-credentials',
  enforce: 'pre',
  resolveId: (id) => (id === '@aws-sdk/credential-provider-node' ? '\0environment-credentials' : undefined),
  load: (id) =>
    id === '\0environment-credentials'
      ? "export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env'"
      : undefined,
};

const { peerDependencies } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
const peers = Object.keys(peerDependencies).filter((name) => name === 'constructs' || name.includes('cdktf'));
const install = `npm install ${peers.map((name) => `${name}@${peerDependencies[name]}`).join(' ')}`;

/** What the package bundles, so that it depends on lit alone. */
const bundled = ['valibot', 'fflate', 'jsonc-parser', 'mrmime', 'aws-jwt-verify'];

/**
 * The constructs' peers are optional, because an app that only embeds the element needs none of them. An app that does
 * need one gets this message instead of Node's.
 */
const peerCheck = `for (const peer of ${JSON.stringify(peers)}) {
  try { require.resolve(peer); }
  catch (cause) {
    throw new Error('s3nator/stacks needs ' + peer + ', which is not installed. Fix: ${install}', { cause });
  }
}`;

const isOfCommandLine = (module: string): boolean =>
  ['cli', 'emulator'].some((folder) => module.startsWith(`${join(import.meta.dirname, folder)}/`));

/** Only a bug in the command line shows names of its code, so they need not stay. */
const shortNames: Plugin = {
  name: 'short-names',
  renderChunk: (code, { fileName }) =>
    fileName.startsWith('cli/') ? minifySync(fileName, code, { mangle: { toplevel: true } }) : null,
};

/** The folder is the adopter's, too, so each name says whose it is. */
const elementFiles: Readonly<Record<string, string>> = {
  'login-loop': 'secure-login-loop.js',
  'user-pool': 'secure-login-user-pool.js',
};
const fileOf = (name: string): string => elementFiles[name] ?? `${name}.js`;

/** What few viewers need is a file of its own beside the element, and asked for by its name there. */
const besideElement: Plugin = {
  name: 'beside-element',
  enforce: 'pre',
  resolveId: (id, importer) => {
    const name = importer !== undefined && /^\.\/(access-request|login-loop|user-pool)\.ts$/.exec(id)?.[1];
    return name ? { id: `./${fileOf(name)}`, external: true } : undefined;
  },
};

/**
 * The elements need browsers with `URL.canParse` anyway, and all of these can adopt style sheets. Lit's other way to
 * add them, for older browsers, is left out. Lit exports the last three names, which nothing here uses.
 */
const adoptedStyles: Plugin = {
  name: 'adopted-styles',
  enforce: 'pre',
  resolveId: (id, importer) =>
    id === './css-tag.js' && importer?.includes('@lit/reactive-element') ? '\0adopted-styles' : undefined,
  load: (id) =>
    id === '\0adopted-styles'
      ? `export const unsafeCSS = (text) => text;
         export const getCompatibleStyle = (text) => {
           const sheet = new CSSStyleSheet();
           sheet.replaceSync(text);
           return sheet;
         };
         export const adoptStyles = (root, sheets) => { root.adoptedStyleSheets = sheets; };
         export const CSSResult = undefined, css = undefined, supportsAdoptingStyleSheets = true;`
      : undefined,
};

/** One file that stands alone: a page can name its hash, and it waits for no second one. */
const element = (name: string, entry = `${name}-script`): UserConfig => ({
  plugins: [besideElement, adoptedStyles],
  publicDir: false,
  build: {
    lib: { entry: `web-components/${entry}.ts`, formats: ['es'], fileName: () => fileOf(name) },
    outDir: 'dist/site',
    // The other one lies there.
    emptyOutDir: false,
    target: 'es2022',
    rolldownOptions: {
      // A text that is used once needs no name.
      optimization: { inlineConst: { mode: 'all', pass: 2 } },
      output: { minify: true, comments: false },
    },
  },
});

const modes: Record<string, UserConfig> = {
  lambda: {
    plugins: [lightStatusCodes, noLibraryFetch, environmentCredentials],
    ssr: { noExternal: true, target: 'node' },
    build: {
      ssr: 'api/lambda.ts',
      outDir: 'dist/lambda',
      emptyOutDir: true,
      minify: true,
      // The oldest runtime that the config offers.
      target: 'node22',
      rolldownOptions: {
        output: { format: 'es', entryFileNames: 'index.mjs', chunkFileNames: '[name]-[hash].mjs' },
      },
    },
  },
  'secure-login': element('secure-login'),
  'secure-session': element('secure-session'),
  'access-request': element('access-request', 'login/access-request'),
  'login-loop': element('login-loop', 'login/login-loop'),
  'user-pool': element('user-pool', 'login/user-pool'),
  // CommonJS, like cdktf and its providers: every Node, ts-node and Jest can load the constructs. The command line is
  // in the same build, because both need most of the same code, which is in the package once then.
  package: {
    plugins: [noLibraryFetch, shortNames],
    ssr: { noExternal: bundled, target: 'node' },
    build: {
      ssr: true,
      outDir: 'dist',
      emptyOutDir: false,
      target: 'node20',
      rolldownOptions: {
        input: {
          'stacks/index': 'stacks/index.ts',
          'cli/main': 'cli/bin.ts',
          // The thread is started from a file of its own.
          'cli/lambda-thread': 'emulator/api-gateway/lambda-thread.ts',
        },
        output: {
          format: 'cjs',
          entryFileNames: '[name].js',
          chunkFileNames: ({ moduleIds }) => `${moduleIds.some(isOfCommandLine) ? 'cli' : 'stacks'}/[name]-[hash].js`,
          intro: ({ name }) => (name === 'stacks/index' ? peerCheck : ''),
          // An error says what is wrong in a config, and where; only a bug here shows names of functions.
          minify: {
            compress: { keepNames: { function: false, class: true } },
            mangle: { toplevel: true, keepNames: { function: false, class: true } },
            codegen: true,
          },
          comments: false,
        },
      },
    },
  },
};

export default defineConfig(({ mode }) => modes[mode] ?? {});

/** Builds the two artefacts: the Lambda bundle (`--mode lambda`) and the script-tag element (`--mode element`). */
import { defineConfig, type Plugin } from 'vite';

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
      ? "export const STATUS_CODES = new Proxy({}, { get: (_, status) => process.getBuiltinModule('node:http').STATUS_CODES[status] })"
      : undefined,
};

export default defineConfig(({ mode }) =>
  mode === 'lambda'
    ? {
        plugins: [lightStatusCodes],
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
      }
    : {
        publicDir: false,
        build: {
          lib: { entry: 'web-components/secure-login-script.ts', formats: ['es'], fileName: () => 'secure-login.js' },
          outDir: 'dist/site',
          emptyOutDir: true,
          target: 'es2022',
          rolldownOptions: { output: { minify: true } },
        },
      },
);

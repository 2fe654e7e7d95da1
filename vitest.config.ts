/** Three kinds of tests: units in Node, components in a real browser, and the whole flow as a black box. */
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { refuseTakenOptions } from './cli/npm-options.ts';
import { findChromium } from './conformance/support/browser.ts';
import { useOwnMachine } from './conformance/support/own-machine.ts';

// `npm test --project unit` would run everything that has `unit` in its name.
try {
  const options = { project: { type: 'string', value: 'NAME' }, coverage: { type: 'boolean' } } as const;
  refuseTakenOptions('npm test', options, process.argv.slice(3));
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exit(1);
}
const chromium = await findChromium().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});

const machine = useOwnMachine(import.meta.dirname);

export default defineConfig({
  cacheDir: machine.bundlerCache,
  test: {
    coverage: {
      reportsDirectory: machine.coverage,
      provider: 'v8',
      include: ['{api,contract,emulator,stacks,web-components}/**/*.{ts,js}'],
      exclude: ['**/testing/**', '**/*.test.ts'],
      reporter: ['text-summary', 'json-summary', 'html'],
      thresholds: {
        'api/**': { lines: 95, branches: 95 },
        'contract/**': { lines: 95, branches: 95 },
        'emulator/**': { lines: 90, branches: 90 },
        'stacks/**': { lines: 90, branches: 90 },
        'web-components/**': { lines: 90, branches: 90 },
      },
    },
    projects: [
      {
        test: {
          name: 'unit',
          environment: 'node',
          include: ['{contract,api,stacks,emulator,cli,web-components}/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/*.browser.test.ts'],
          setupFiles: 'conformance/support/loopback-only.ts',
          testTimeout: 20_000,
        },
      },
      {
        optimizeDeps: { include: ['lit'] },
        test: {
          name: 'component',
          include: ['web-components/**/*.browser.test.ts'],
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({ launchOptions: chromium }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
      {
        test: {
          name: 'conformance',
          environment: 'node',
          include: ['conformance/**/*.test.ts'],
          globalSetup: 'conformance/support/setup.ts',
          setupFiles: 'conformance/support/loopback-only.ts',
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});

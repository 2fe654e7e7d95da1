/**
 * Gives a test run a machine of its own: a home, a temp folder, and an environment that holds nothing of whoever runs
 * it.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Variables that a test run takes over: where programs are, which browser, and what the test runner itself reads. A
 * list of what stays out would never be whole: npm exports its whole config to what it runs, curl sends requests for
 * the loopback through a proxy, AWS, Terraform, git and editors have theirs, and FORCE_COLOR colors what a test reads.
 */
const kept = [
  /^(PATH|SHELL|USER|LOGNAME|TERM|CI|DEBUG|LD_LIBRARY_PATH|DYLD_LIBRARY_PATH)$/,
  /^(NODE_OPTIONS|NODE_V8_COVERAGE|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|SSL_CERT_DIR)$/,
  /^(TEST|VITEST.*|VITE_.*|CHROMIUM_PATH|PLAYWRIGHT_.*|PW.*)$/,
  /^GITHUB_(ACTIONS|STEP_SUMMARY|REPOSITORY|SHA|WORKSPACE)$/,
  // What a program on Windows does not start without.
  /^(systemroot|windir|systemdrive|comspec|path|pathext|programfiles.*|processor_.*|number_of_processors)$/i,
];

/** The environment of a test run whose home and temp folder are in `folder`. */
export function ownEnvironment(theirs: Environment, folder: string): Record<string, string> {
  const taken = Object.entries(theirs).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && kept.some((name) => name.test(entry[0])),
  );
  const [home, temp] = [join(folder, 'home'), join(folder, 'tmp')];
  return {
    ...Object.fromEntries(taken),
    HOME: home,
    USERPROFILE: home,
    TMPDIR: temp,
    TEMP: temp,
    TMP: temp,
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    NODE_ENV: 'test',
    NO_COLOR: '1',
  };
}

/** npm's own variables, and the one by which it leaves out what is only for development. */
const decidesForNpm = /^(npm_.*|NODE_ENV)$/i;

/**
 * What npm has to be told so that nothing of the machine decides what it does: neither its cache nor anybody's
 * settings.
 */
export function ownNpm(theirs: Environment, folder: string): Record<string, string> {
  const others = Object.entries(theirs).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !decidesForNpm.test(entry[0]),
  );
  return {
    ...Object.fromEntries(others),
    npm_config_cache: join(folder, 'npm-cache'),
    npm_config_userconfig: join(folder, 'npmrc'),
    npm_config_globalconfig: join(folder, 'npmrc-global'),
    npm_config_update_notifier: 'false',
  };
}

export interface OwnMachine {
  /** Where the bundler keeps what it prepares: two runs in one clone must not take each other's. */
  readonly bundlerCache: string;
  /** Where the coverage is written; it is `coverage/` of the clone once the run has ended. */
  readonly coverage: string;
}

/** Where a process keeps its machine: the test runner reads its config, and so this module, more than once. */
const made = Symbol.for('s3nator.own-machine');

/** Puts this process on a machine of its own, and so everything that it starts. */
export function useOwnMachine(root: string): OwnMachine {
  const shared = globalThis as { [made]?: OwnMachine };
  shared[made] ??= makeOwnMachine(root);
  return shared[made];
}

function makeOwnMachine(root: string): OwnMachine {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 's3nator-tests-')));
  const environment = ownEnvironment(process.env, folder);
  for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name];
  Object.assign(process.env, environment);
  process.umask(0o022);
  for (const name of ['home', 'tmp']) mkdirSync(join(folder, name));
  const coverage = join(folder, 'coverage');
  process.once('exit', () => {
    if (existsSync(join(coverage, 'index.html'))) publish(coverage, join(root, 'coverage'));
    // A browser may still be writing its last.
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  });
  for (const [signal, code] of [
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    process.once(signal, () => process.exit(code));
  }
  return { bundlerCache: join(folder, 'bundler'), coverage };
}

/** Puts the folder `from` in the place of `to`; never a mixture of two. */
function publish(from: string, to: string): void {
  const draft = mkdtempSync(`${to}-`);
  cpSync(from, draft, { recursive: true });
  rmSync(to, { recursive: true, force: true });
  renameSync(draft, to);
}

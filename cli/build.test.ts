import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type BuildMode, build, siteModes } from './build.ts';

type Files = Readonly<Record<string, string>>;
interface Given {
  readonly root: string;
  readonly mode: string;
  readonly logLevel: string;
  readonly plugins: readonly { readonly name: string; readonly config?: (config: object) => Config }[];
}
type Config = { readonly build: { readonly outDir: string } } | undefined;

const bundler = vi.hoisted(() => ({ root: '', build: (_given: unknown): void => {} }));
vi.mock('vite', () => ({ build: async (given: unknown) => bundler.build(given) }));
vi.mock('../stacks/text/package-root.ts', () => ({
  get packageRoot() {
    return bundler.root;
  },
}));

let root: string;
let dist: string;
/** What each mode builds, below `dist`. */
let built: Partial<Record<BuildMode, Files>>;
let given: Given[];
/** Called while a mode is built. */
let during: (draft: string) => void;
const { NODE_ENV } = process.env;

/** Does what the bundler does, with the folders of vite.config.ts. */
function bundle(options: Given): void {
  given.push(options);
  const own = options.plugins.find(({ name }) => name === 'into-draft');
  const isLambda = options.mode === 'lambda';
  const outDir = isLambda ? 'dist/lambda' : 'dist/site';
  const config = own?.config?.({ build: { outDir, emptyOutDir: isLambda } });
  const target = config?.build.outDir ?? '';
  during(dirname(target));
  for (const [name, text] of Object.entries(built[options.mode as BuildMode] ?? {})) {
    mkdirSync(target, { recursive: true });
    writeFileSync(join(target, name), text);
  }
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 's3nator-build-'));
  [bundler.root, bundler.build, dist] = [root, (options) => bundle(options as Given), join(root, 'dist')];
  [given, during] = [[], () => {}];
  built = { lambda: { 'index.mjs': 'index', 'chunk-1.mjs': 'chunk' }, 'secure-login': { 'secure-login.js': 'login' } };
});
afterEach(() => {
  process.env['NODE_ENV'] = NODE_ENV;
  vi.restoreAllMocks();
  rmSync(root, { recursive: true });
});

const files = (): Record<string, string> =>
  Object.fromEntries(
    readdirSync(dist, { recursive: true, encoding: 'utf8' })
      .filter((name) => statSync(join(dist, name)).isFile())
      .map((name) => [name, readFileSync(join(dist, name), 'utf8')]),
  );
const whole = { 'lambda/index.mjs': 'index', 'lambda/chunk-1.mjs': 'chunk', 'site/secure-login.js': 'login' };

describe('build', () => {
  it('builds the Lambda and the elements of a site, quietly, as they are deployed', async () => {
    process.env['NODE_ENV'] = 'test';
    await build();
    expect(given.map(({ mode }) => mode)).toEqual([
      'lambda',
      'secure-login',
      'secure-session',
      'access-request',
      'login-loop',
      'user-pool',
    ]);
    for (const options of given) expect(options).toMatchObject({ root, logLevel: 'silent' });
    expect([files(), process.env['NODE_ENV']]).toEqual([whole, 'production']);
  });

  it('builds what it is told to, with the plugins that it is given', async () => {
    const plugin = { name: 'mine' };
    await build(['secure-login'], [plugin]);
    expect(given.map(({ mode, plugins: [first] }) => [mode, first])).toEqual([['secure-login', plugin]]);
    expect(siteModes).not.toContain('package');
  });

  it('puts nothing into dist before everything is built, and leaves no draft', async () => {
    const seen: string[][] = [];
    during = () => seen.push(readdirSync(dist));
    await build();
    const [draft = ''] = seen[0] ?? [];
    expect(draft).toMatch(new RegExp(`^\\.building-${process.pid}-`));
    for (const names of seen) expect(names).toEqual([draft]);
    expect(readdirSync(dist).sort()).toEqual(['lambda', 'site']);
  });

  it('says which part does not build, leaves dist as it was, and no draft', async () => {
    await build();
    built['lambda'] = { 'index.mjs': 'new' };
    during = () => {
      if (given.at(-1)?.mode === 'user-pool') throw new Error('Unexpected token');
    };
    await expect(build()).rejects.toThrow(/^user-pool does not build: Unexpected token$/);
    expect(files()).toEqual(whole);
    expect(readdirSync(dist).sort()).toEqual(['lambda', 'site']);
    bundler.build = () => {
      throw 'no Error';
    };
    await expect(build()).rejects.toThrow(/^lambda does not build: no Error$/);
  });

  it('takes what is gone out of a folder that one part builds alone, and out of no other', async () => {
    await build();
    mkdirSync(join(dist, 'lambda/old'));
    writeFileSync(join(dist, 'lambda/old/file'), '');
    built = {
      lambda: { 'index.mjs': 'index', 'chunk-2.mjs': 'chunk' },
      'secure-session': { 'secure-session.js': 's' },
    };
    await build();
    expect(files()).toEqual({
      'lambda/index.mjs': 'index',
      'lambda/chunk-2.mjs': 'chunk',
      'site/secure-login.js': 'login',
      'site/secure-session.js': 's',
    });
    expect(existsSync(join(dist, 'lambda/old'))).toBe(false);
  });

  it('leaves a file alone that is the same, and replaces one that is not', async () => {
    await build();
    for (const name of ['index.mjs', 'chunk-1.mjs']) utimesSync(join(dist, 'lambda', name), 1, 1);
    built['lambda'] = { 'index.mjs': 'index', 'chunk-1.mjs': 'other' };
    await build();
    const times = ['index.mjs', 'chunk-1.mjs'].map((name) => statSync(join(dist, 'lambda', name)).mtimeMs);
    expect([times[0], (times[1] ?? 0) > 1_000]).toEqual([1_000, true]);
  });

  it('removes the draft of a build that was killed, and not that of one that runs', async () => {
    const names = [`.building-${process.pid}-running`, '.building-999999999-killed', '.other-999999999-x'];
    for (const name of names) mkdirSync(join(dist, name, 'lambda'), { recursive: true });
    await build();
    expect(readdirSync(dist).sort()).toEqual([names[0], names[2], 'lambda', 'site'].sort());
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'ends the process at %s while it builds, at whose end the draft goes, and not later',
    async (signal) => {
      const exit = vi.spyOn(process, 'exit').mockImplementation((() => {}) as never);
      const counts = (): number[] => [process.listenerCount(signal), process.listenerCount('exit')];
      const before = counts();
      const own = new Set([...process.listeners(signal), ...process.listeners('exit')]);
      let drafts: boolean[] = [];
      during = (draft) => {
        if (drafts.length > 0) return;
        const [interrupted, remove] = [signal, 'exit' as const].map((name) =>
          process.listeners(name as 'exit').find((listener) => !own.has(listener)),
        ) as (() => void)[];
        drafts = [existsSync(draft)];
        interrupted?.();
        remove?.();
        drafts.push(existsSync(draft));
      };
      await build();
      expect([drafts, exit.mock.calls]).toEqual([[true, false], [[1]]]);
      expect(counts()).toEqual(before);
    },
  );
});

describe('the files of a build', () => {
  it('come in an order in which an entry is never without the chunks that it imports', async () => {
    built = { lambda: { 'a.mjs': '', 'index.mjs': '', 'z.mjs': '' } };
    // The entry cannot be moved here, so what is there came before it.
    mkdirSync(join(dist, 'lambda/index.mjs'), { recursive: true });
    await expect(build(['lambda'])).rejects.toThrow();
    expect(readdirSync(join(dist, 'lambda')).sort()).toEqual(['a.mjs', 'index.mjs', 'z.mjs']);
  });
});

import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { emptyAccessDocument } from '../contract/access-rules.ts';
import { localLogFile } from './access/log/local-log.ts';
import type { ChildOptions, Printed } from './start/child.ts';
import type { startingAnswer } from './start/starting.ts';
import { type StartOptions, start } from './start.ts';

// The parts that a start puts together are replaced, so that each test sees what they are given, and in which order.
const parts = vi.hoisted(() => ({
  packageRoot: '',
  isCheckout: true,
  stop: new AbortController(),
  runOwn: (_args: readonly string[], _options: unknown): Promise<unknown> => Promise.reject(),
  emulator: (_options: unknown): unknown => undefined,
  journal: [] as unknown[],
  secured: [] as unknown[],
  watched: new Map<string, (event: string, name: string | null) => void>(),
  recursive: [] as string[],
  opened: [] as unknown[],
  onOpenError: [] as (() => void)[],
}));
vi.mock('../stacks/text/package-root.ts', () => ({
  get packageRoot() {
    return parts.packageRoot;
  },
  get isCheckout() {
    return parts.isCheckout;
  },
}));
vi.mock('./start/child.ts', () => ({
  runOwn: (args: readonly string[], options: unknown) => parts.runOwn(args, options),
}));
vi.mock('./start/ending.ts', () => ({
  watchForEnd: () => ({
    signal: parts.stop.signal,
    ended: new Promise((done) => parts.stop.signal.addEventListener('abort', done)),
  }),
}));
vi.mock('./start/lambda-copy.ts', () => ({
  copyLambda: (shipped: string, folder: string) => {
    parts.journal.push(['copy', shipped, folder]);
    return '/copy';
  },
}));
vi.mock('../emulator/emulator.ts', () => ({ startEmulator: async (options: unknown) => parts.emulator(options) }));
vi.mock('../emulator/google/stand-in-google.ts', () => ({
  startStandInGoogle: async ({ port, certificate }: { port: number; certificate?: object }) => ({
    origin: `${certificate === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    setAudience: (id: string) => parts.journal.push(['audience', id]),
    close: () => parts.journal.push('google closed'),
  }),
}));
vi.mock('../emulator/issuers/stand-in-issuers.ts', () => ({
  startStandInIssuers: async ({ port, certificate }: { port: number; certificate?: object }) => {
    parts.journal.push(['issuers', port]);
    parts.secured.push(certificate);
    return {
      origin: `http://127.0.0.1:${port}`,
      servePool: (client: unknown) => parts.journal.push(['pool', client]),
      close: () => parts.journal.push('issuers closed'),
    };
  },
}));
vi.mock('node:fs', async (original) => ({
  ...(await original<object>()),
  watch: (folder: string, ...more: unknown[]) => {
    if (more.length > 1 && (more[0] as { recursive?: boolean }).recursive) parts.recursive.push(folder);
    parts.watched.set(folder, more.at(-1) as never);
    return { close: () => parts.watched.delete(folder) };
  },
}));
vi.mock('node:child_process', async (original) => ({
  ...(await original<object>()),
  spawn: (...given: unknown[]) => {
    parts.opened.push(given);
    const on = (name: string, act: () => void): void => void (name === 'error' && parts.onOpenError.push(act));
    return { on, unref: () => parts.opened.push('free') };
  },
}));

const site = {
  region: 'eu-west-1',
  content: 'www',
  providers: [{ kind: 'google', clientId: 'x.apps.googleusercontent.com' }],
  identityPool: null,
  session: { cookieSeconds: 60, maximumSeconds: 60 },
  access: { blocked: [], rules: [{ who: { hostedDomains: ['example.com'] } }] },
};

let home: string;
let root: string;
let said: { stdout: string; stderr: string };
let exits: unknown[];
/** What the emulator was given. */
let given: {
  readonly onLog: (line: string) => void;
  readonly onMessage: (message: object) => void;
  readonly freshLambdaAfter: (key: string) => boolean;
  readonly starting: typeof startingAnswer;
  readonly cookieMark: string;
  readonly certificate: object | undefined;
};
/** What synth prints, and what it finds wrong. */
let printed: Printed;
let stack: string;
let failure: Error | undefined;
/** The commands that were run. */
let ran: (readonly string[])[];
let places: ChildOptions[];
const emulator = {
  origin: 'http://localhost:9000',
  outputs: {} as Record<string, string>,
  googleClientId: undefined as string | undefined,
  poolClient: undefined as object | undefined,
  aws: { url: 'http://127.0.0.1:7', get: async () => Buffer.from(JSON.stringify(emptyAccessDocument)), list: () => [] },
  load: async (folders: unknown) => void parts.journal.push(['load', folders]),
  invalidate: vi.fn<(paths: readonly string[]) => void>(),
  close: async () => {
    await Promise.resolve();
    parts.journal.push('emulator closed');
  },
};

beforeEach(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), 's3nator-start-')));
  root = join(home, 'project');
  for (const folder of ['www', 'other', '.s3nator/cdktf.out/stacks/docs'])
    mkdirSync(join(root, folder), { recursive: true });
  configure({ docs: site });
  [parts.packageRoot, parts.isCheckout, parts.stop] = [join(home, 'checkout'), true, new AbortController()];
  parts.secured = [];
  [parts.journal, parts.recursive, parts.opened, parts.onOpenError] = [[], [], [], []];
  parts.watched.clear();
  [ran, places, stack, failure, exits] = [[], [], '{}', undefined, []];
  printed = { out: '.s3nator/cdktf.out/stacks/docs\n', errors: '' };
  parts.runOwn = async (args, options) => {
    ran.push(args);
    places.push(options as ChildOptions);
    parts.journal.push(args[0]);
    if (args[0] === 'build') return { out: '', errors: '' };
    if (failure !== undefined) throw failure;
    writeFileSync(join(root, '.s3nator/cdktf.out/stacks/docs/cdk.tf.json'), stack);
    return printed;
  };
  Object.assign(emulator, {
    outputs: { private_bucket: 'docs-private', content_bucket: 'docs-site' },
    googleClientId: 'x.apps.googleusercontent.com',
    poolClient: undefined,
  });
  parts.emulator = (options) => {
    parts.journal.push('emulator');
    given = options as typeof given;
    return emulator;
  };
  said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      said[name] += text;
      return true;
    });
  }
  vi.spyOn(process, 'exit').mockImplementation(((code: unknown) => {
    parts.journal.push('exit');
    exits.push(code);
  }) as never);
});
let running: Promise<void> | undefined;
afterEach(async () => {
  vi.useRealTimers();
  parts.stop.abort();
  await running;
  running = undefined;
  vi.restoreAllMocks();
  rmSync(home, { recursive: true });
});

function configure(sites: object): void {
  writeFileSync(join(root, 's3nator.config.ts'), `export default ${JSON.stringify({ sites })};`);
}
const options = (changes: Partial<StartOptions> = {}): StartOptions => ({
  root,
  port: 9000,
  content: undefined,
  site: undefined,
  google: false,
  https: false,
  cookieSeconds: undefined,
  open: false,
  ...changes,
});

/** Starts, and waits until the site is up. */
async function started(changes: Partial<StartOptions> = {}): Promise<void> {
  running = start(options(changes));
  await Promise.race([vi.waitFor(() => expect(said.stdout).toContain('Ctrl-C stops'), { timeout: 10_000 }), running]);
}
const ended = async (): Promise<void> => {
  parts.stop.abort();
  await running;
};

/** Changes a file, and waits for the quiet moment and for what follows. */
async function changed(folder: string, name: string): Promise<void> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  parts.watched.get(folder)?.('change', name);
  // Longer than the quiet time after any number of changes.
  await vi.advanceTimersByTimeAsync(4_000);
  vi.useRealTimers();
}
const updated = (count = 1): Promise<void> =>
  vi.waitFor(() => expect(said.stdout.match(/ updated /g) ?? []).toHaveLength(count));

describe('npm start, from its beginning to its end', () => {
  it('listens before it builds, and ends everything in the opposite order', async () => {
    stack = '{"x":"http://127.0.0.1:9002"}';
    await started();
    const load = { stackDirectory: join(root, '.s3nator/cdktf.out/stacks/docs'), lambdaDirectory: '/copy' };
    expect(parts.journal).toEqual([
      'emulator',
      'build',
      ['copy', parts.packageRoot, join(root, '.s3nator/lambda')],
      'synth',
      ['issuers', 9002],
      ['load', load],
      ['audience', 'x.apps.googleusercontent.com'],
      ['pool', undefined],
    ]);
    parts.journal = [];
    expect(readFileSync(join(root, '.s3nator/.gitignore'), 'utf8')).toBe('*\n');
    await ended();
    expect(parts.journal).toEqual(['issuers closed', 'google closed', 'emulator closed', 'exit']);
    expect([exits, parts.watched.size, said.stderr]).toEqual([[0], 0, '']);
  });

  it('answers before the site is up; at a port of its own, its cookies have names of their own', async () => {
    await started();
    const { starting, cookieMark } = given;
    expect(cookieMark).toBe('.9000');
    const request = { method: 'GET', path: '/', query: undefined, headers: [], body: Buffer.alloc(0) };
    expect(starting({ ...request, ip: '127.0.0.1', httpVersion: '1.1' }).status).toBe(503);
    await ended();
    parts.stop = new AbortController();
    said.stdout = '';
    await started({ port: 8080 });
    expect(given.cookieMark).toBe('');
  });

  it('with https hands one certificate to the site and to the stand-ins', async () => {
    stack = '{"x":"http://127.0.0.1:9002"}';
    await started({ https: true });
    expect(said.stdout).toContain('Stand-in Google  https://127.0.0.1:9001/');
    expect(said.stdout).toContain(join(root, '.s3nator/https/certificate.pem'));
    expect(given.certificate).toBeDefined();
    expect(parts.secured).toEqual([given.certificate]);
  });

  it('leaves other commands a note of where the site runs, as long as it does', async () => {
    Object.assign(emulator.outputs, { user_pool_id: 'eu-west-1_a', user_pool_client_id: 'client' });
    await started({ cookieSeconds: 20 });
    const note = join(root, '.s3nator/running/docs.json');
    expect(JSON.parse(readFileSync(note, 'utf8'))).toEqual({
      siteUrl: 'http://localhost:9000',
      standInGoogle: 'http://127.0.0.1:9001',
      standInIssuers: 'http://127.0.0.1:9002',
      cookieSeconds: 20,
      awsEndpoint: 'http://127.0.0.1:7',
      contentBucket: 'docs-site',
      privateBucket: 'docs-private',
      userPool: { id: 'eu-west-1_a', clientId: 'client' },
    });
    await ended();
    expect(() => readFileSync(note)).toThrow('ENOENT');
  });

  it('builds nothing in an installed package', async () => {
    parts.isCheckout = false;
    await started();
    expect(ran.map(([name]) => name)).toEqual(['synth']);
    expect([...parts.watched.keys()]).toEqual([join(root, 'www'), root]);
  });

  it('keeps the buckets in a file of the site, and has the Lambda read new rules at once', async () => {
    await started();
    expect(given).toMatchObject({ port: 9000, stateFile: join(root, '.s3nator/local/docs.json') });
    const keys = ['access/live.json', 'access/config.json', 'access/live.json.bak', 'requests/open/x.json'];
    expect(keys.map((key) => given.freshLambdaAfter(key))).toEqual([true, true, false, false]);
  });

  it('prints what the Lambda logs, and keeps it for access log', async () => {
    await started();
    said.stdout = '';
    given.onLog('{"level":"info","event":"granted","n":1}');
    given.onMessage({ topic: 'ops', recipients: [], subject: 'Two requests', text: 'a' });
    expect(said.stdout).toBe('  granted {"n":1}\n  message to ops: Two requests\n      a\n');
    expect(readFileSync(localLogFile(root, 'docs'), 'utf8')).toBe('{"level":"info","event":"granted","n":1}\n');
  });

  it('leaves the log of another run alone where it cannot begin', async () => {
    const file = localLogFile(root, 'docs');
    mkdirSync(join(root, '.s3nator/log'));
    writeFileSync(file, 'another run\n');
    parts.emulator = () => {
      throw new Error('port 9000 is taken');
    };
    await expect(start(options())).rejects.toThrow('port 9000 is taken');
    expect(readFileSync(file, 'utf8')).toBe('another run\n');
    expect(exits).toEqual([]);
  });

  it('ends what has begun when the site cannot be made, and says why', async () => {
    failure = new Error('sites.docs.region: got "mars"');
    await expect(start(options())).rejects.toThrow('sites.docs.region: got "mars"');
    expect(parts.journal.slice(-3)).toEqual(['synth', 'google closed', 'emulator closed']);
    expect([exits, said]).toEqual([[], { stdout: '', stderr: '' }]);
  });

  it('ends without an error when it is interrupted before the site is up', async () => {
    parts.runOwn = async () => {
      parts.stop.abort();
      throw new Error('ended before it was done');
    };
    await start(options());
    expect(parts.journal.slice(-3)).toEqual(['google closed', 'emulator closed', 'exit']);
    expect([exits, said.stderr]).toEqual([[0], '']);
  });

  it.each([
    ['darwin', 'open', []],
    ['win32', 'cmd', ['/c', 'start', '']],
    ['linux', 'xdg-open', []],
  ])('opens the browser of %s only when it is told to, and says if it finds none', async (platform, name, args) => {
    await started();
    expect(parts.opened).toEqual([]);
    await ended();
    parts.stop = new AbortController();
    said.stdout = '';
    const own = process.platform;
    Object.defineProperty(process, 'platform', { value: platform });
    try {
      await started({ open: true });
    } finally {
      Object.defineProperty(process, 'platform', { value: own });
    }
    expect(parts.opened).toEqual([
      [name, [...args, 'http://localhost:9000/'], { stdio: 'ignore', detached: true }],
      'free',
    ]);
    for (const fail of parts.onOpenError) fail();
    expect(said.stderr).toBe('Could not open a browser; open http://localhost:9000/ yourself.\n');
  });
});

describe('what npm start hands over to synth', () => {
  it.each<[Partial<StartOptions>, string[]]>([
    [{}, []],
    [{ content: 'other' }, ['--content', 'other']],
    [{ site: 'docs' }, ['--site', 'docs']],
    [{ google: true }, ['--google']],
    [{ https: true }, ['--https']],
    [{ cookieSeconds: 20 }, ['--cookie-seconds', '20']],
  ])('%j becomes %j', async (changes, args) => {
    await started(changes);
    expect(ran).toEqual([['build'], ['synth', '--port', '9000', ...args]]);
    for (const place of places) expect(place).toEqual({ folder: root, signal: parts.stop.signal });
  });

  it('serves the folder of --content in the place of the one of the config', async () => {
    await started({ content: 'other' });
    expect([...parts.watched.keys()].slice(-2)).toEqual([join(root, 'other'), root]);
  });

  it('refuses several sites: one is to be named', async () => {
    for (const out of ['a\nb\n', '\n']) {
      printed = { out, errors: '' };
      await expect(start(options())).rejects.toThrow(
        /^The config has several sites: name the one to start with --site NAME\.$/,
      );
    }
  });

  it('starts the site that is named, with its own content', async () => {
    configure({ docs: site, wiki: { ...site, content: 'other' } });
    await started({ site: 'wiki' });
    expect(given).toMatchObject({ stateFile: join(root, '.s3nator/local/wiki.json') });
    expect([...parts.watched.keys()]).toContain(join(root, 'other'));
  });

  it('serves no folder without content, and nothing is kept of a config that is wrong', async () => {
    configure({ docs: { ...site, region: 'mars' } });
    await started();
    expect(given).not.toHaveProperty('stateFile');
    expect(() => readFileSync(localLogFile(root, 'docs'))).toThrow('ENOENT');
    expect([...parts.watched.keys()]).not.toContain(join(root, 'www'));
    expect(said.stdout).not.toMatch(/ (allowed|refused) /);
  });

  it('prints what the rules in force decide, those of the previous run included', async () => {
    const rules = [{ who: { emails: ['mallory@evil.example'] }, path: '/docs/*' }];
    vi.spyOn(emulator.aws, 'get').mockResolvedValue(Buffer.from(JSON.stringify({ ...emptyAccessDocument, rules })));
    await started();
    expect(said.stdout).toMatch(/ alice@example\.com +allowed /);
    expect(said.stdout).toMatch(/ mallory@evil\.example +allowed .*; opens \/docs\/\*\n/);
    expect(said.stdout).toContain('Kept from before: 1 live rule ');
    expect(said.stdout).toContain('curl -b jar http://localhost:9000/\n');
  });
});

describe('what npm start prints of the site', () => {
  it('is decided by the time of now: a rule that has ended admits nobody', async () => {
    const rules = [{ who: { hostedDomains: ['example.com'] }, until: '2020-01-01T00:00:00Z' }];
    configure({ docs: { ...site, access: { blocked: [], rules } } });
    await started();
    expect(said.stdout).toMatch(/ alice@example\.com +refused /);
  });

  it('asks with curl for a page of the content', async () => {
    mkdirSync(join(root, 'www/docs'));
    writeFileSync(join(root, 'www/docs/guide.html'), '');
    await started();
    expect(said.stdout).toContain('curl -b jar http://localhost:9000/docs/guide.html\n');
  });
});

describe('what npm start prints, on a terminal with colors', () => {
  it.each([
    ['error', 31],
    ['warn', 33],
    ['info', 36],
  ])('has lines of the level %s in the color %i, and their fields in gray', async (level, color) => {
    await started();
    vi.stubEnv('NO_COLOR', undefined);
    vi.stubEnv('FORCE_COLOR', '1');
    said.stdout = '';
    given.onLog(JSON.stringify({ level, event: 'x', Granted: 1, _aws: {}, n: 1 }));
    given.onLog('raw');
    vi.unstubAllEnvs();
    expect(said.stdout).toBe(`  \u001b[${color}mx\u001b[39m \u001b[90m{"n":1}\u001b[39m\n  \u001b[90mraw\u001b[39m\n`);
  });

  it('sets off the word before a message to operators, and what it is about', async () => {
    await started();
    vi.stubEnv('NO_COLOR', undefined);
    vi.stubEnv('FORCE_COLOR', '1');
    said.stdout = '';
    given.onMessage({ topic: 'ops', recipients: ['a@x.example', 'b@x.example'], text: 'one\n\n two\n\n' });
    vi.unstubAllEnvs();
    expect(said.stdout).toBe(
      '  \u001b[35mmessage\u001b[39m to a@x.example, b@x.example: \u001b[1m\u001b[22m\n      one\n\n       two\n',
    );
  });
});

describe('the stand-ins of npm start', () => {
  it('are Google on the next port, and no other issuer where the stack has none', async () => {
    await started();
    expect(said.stdout).toContain('Stand-in Google  http://127.0.0.1:9001/');
    expect(parts.journal).not.toContainEqual(['issuers', 9002]);
  });

  it('are none for Google with --google', async () => {
    await started({ google: true });
    expect(said.stdout).toContain('the real one, with the client ID of your config');
    expect(parts.journal.flat()).not.toContain('audience');
    await ended();
    expect(parts.journal).not.toContain('google closed');
  });

  it('are told no audience where Google is not a provider', async () => {
    emulator.googleClientId = undefined;
    await started();
    expect(parts.journal.flat()).not.toContain('audience');
  });

  it('begin with a config that needs them, once, and are printed then', async () => {
    await started();
    stack = '{"x":"http://127.0.0.1:9002"}';
    emulator.poolClient = { id: 'client' };
    for (const count of [1, 2]) {
      await changed(root, 's3nator.config.ts');
      await updated(count);
    }
    await vi.waitFor(() => expect(said.stdout).toContain('Hosted sign-in'));
    expect(parts.journal.filter((entry) => String(entry) === 'issuers,9002')).toHaveLength(1);
    expect(parts.journal).toContainEqual(['pool', { id: 'client' }]);
    expect(said.stdout.match(/Other issuers|Hosted sign-in|Stand-in Google/g)).toEqual([
      'Stand-in Google',
      'Other issuers',
      'Hosted sign-in',
    ]);
  });
});

describe('an edit while npm start serves', () => {
  it.each<[string, () => [folder: string, name: string], string[], string]>([
    ['code of the API', () => [join(parts.packageRoot, 'api'), 'handler.ts'], ['build', 'synth'], '../checkout/api'],
    ['a stack', () => [join(parts.packageRoot, 'stacks'), 'site-stack.ts'], ['synth'], '../checkout/stacks'],
    ['the content', () => [join(root, 'www'), 'index.html'], ['synth'], 'www'],
    ['content that is called as code is', () => [join(root, 'www'), 'api/x.test.ts'], ['synth'], 'www'],
    ['the config', () => [root, 's3nator.config.ts'], ['synth'], ''],
  ])('of %s does no more than it needs, and is named', async (_, place, commands, shown) => {
    await started();
    const [folder, name] = place();
    [ran, said.stdout] = [[], ''];
    await changed(folder, name);
    await updated();
    expect(ran.map(([command]) => command)).toEqual(commands);
    expect(said.stdout).toBe(`  updated ${join(shown, name)}\n`);
  });

  it('ends the copies at the edge at once, so that the edit shows before the reload', async () => {
    await started();
    emulator.invalidate.mockClear();
    parts.watched.get(join(root, 'www'))?.('change', '.index.html.swp');
    expect(emulator.invalidate).not.toHaveBeenCalled();
    parts.watched.get(join(root, 'www'))?.('change', 'index.html');
    expect(emulator.invalidate).toHaveBeenCalledExactlyOnceWith(['/*']);
    expect(said.stdout).not.toContain('updated');
  });

  it.each<[string, () => [folder: string, name: string]]>([
    ['a test', () => [join(parts.packageRoot, 'api'), 'handler.test.ts']],
    ['a draft of an editor', () => [join(root, 'www'), '.index.html.swp']],
    ['a file beside the config', () => [root, 'README.md']],
  ])('of %s does nothing', async (_, place) => {
    await started();
    ran = [];
    await changed(...place());
    expect(ran).toEqual([]);
    expect(said.stdout).not.toContain('updated');
  });

  it('of what begins with a dot is not published, and is named once', async () => {
    await started();
    mkdirSync(join(root, 'www/.attachments'));
    [ran, said.stdout] = [[], ''];
    for (const name of ['a.png', 'b.png']) await changed(join(root, 'www'), `.attachments/${name}`);
    expect(ran).toEqual([]);
    expect(said.stdout).toBe('  not published, because of the dot at the beginning: .attachments\n');
  });

  it('takes effect after 150 ms without another', async () => {
    await started();
    ran = [];
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    const change = parts.watched.get(join(root, 'www'));
    change?.('change', 'a.html');
    await vi.advanceTimersByTimeAsync(100);
    change?.('change', 'b.html');
    await vi.advanceTimersByTimeAsync(149);
    expect(ran).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(ran).toHaveLength(1);
  });

  it('of many files at once names five of them', async () => {
    await started();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    for (let count = 1; count <= 8; count++) parts.watched.get(join(root, 'www'))?.('change', `${count}.html`);
    await vi.advanceTimersByTimeAsync(150);
    vi.useRealTimers();
    await updated();
    expect(said.stdout).toContain('updated www/1.html, www/2.html, www/3.html, www/4.html, www/5.html and 3 more\n');
  });

  it('that goes on for more than five seconds is named meanwhile', async () => {
    await started();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    for (let passed = 0; passed <= 5_000; passed += 100) {
      parts.watched.get(join(root, 'www'))?.('change', 'movie.mp4');
      if (passed < 5_000) await vi.advanceTimersByTimeAsync(100);
    }
    expect(said.stdout).not.toContain('still changing');
    await vi.advanceTimersByTimeAsync(100);
    parts.watched.get(join(root, 'www'))?.('change', 'movie.mp4');
    expect(said.stdout).toContain('  still changing: www/movie.mp4\n');
  });

  it('that is wrong is said on standard error, and the last good site stays', async () => {
    await started();
    failure = new Error('sites.docs.region: got "mars"');
    await changed(root, 's3nator.config.ts');
    await vi.waitFor(() => expect(said.stderr).not.toBe(''));
    expect(said.stderr).toBe('  not updated, the last good one stays: sites.docs.region: got "mars"\n');
    expect(said.stdout).not.toContain('  updated');
    expect(exits).toEqual([]);
  });

  it('that is interrupted by the end is no error', async () => {
    await started();
    parts.runOwn = async () => {
      parts.stop.abort();
      throw new Error('ended before it was done');
    };
    await changed(root, 's3nator.config.ts');
    await running;
    expect(said.stderr).toBe('');
  });

  it('repeats no warning of the synthesis, and says a new one', async () => {
    printed = { ...printed, errors: 'Warning: one\n' };
    await started();
    for (const [count, errors] of ['Warning: one\n', 'Warning: two\n', '', 'Warning: two\n'].entries()) {
      printed = { ...printed, errors };
      await changed(root, 's3nator.config.ts');
      await updated(count + 1);
    }
    expect(said.stderr).toBe('Warning: one\nWarning: two\nWarning: two\n');
  });

  it('is seen in every folder of a checkout, and in content beside them, at any depth', async () => {
    await started();
    const folders = ['api', 'contract', 'web-components', 'stacks', 'site'].map((name) =>
      join(parts.packageRoot, name),
    );
    expect([...parts.watched.keys()]).toEqual([...folders, join(root, 'www'), root]);
    expect(parts.recursive).toEqual([...folders, join(root, 'www')]);
  });

  it('is seen once in content that lies in a folder of the checkout', async () => {
    parts.packageRoot = root;
    mkdirSync(join(root, 'site/www'), { recursive: true });
    configure({ docs: { ...site, content: 'site/www' } });
    await started();
    expect([...parts.watched.keys()]).not.toContain(join(root, 'site/www'));
    [ran, said.stdout] = [[], ''];
    await changed(join(root, 'site'), 'www/x.test.ts');
    await updated();
    expect(said.stdout).toBe('  updated site/www/x.test.ts\n');
  });
});

import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { commands, usage } from './commands.ts';
import { WrongCall } from './wrong-call.ts';

// What the commands do is tested beside each. Here they are replaced by what notes how it was called.
const called = vi.hoisted(() => {
  const state = { calls: [] as unknown[], answer: async (): Promise<unknown> => undefined };
  const note = (name: string) => async (options?: unknown) => {
    state.calls.push(options === undefined ? [name] : [name, options]);
    return state.answer();
  };
  return Object.assign(state, { note });
});
vi.mock('./start.ts', () => ({ start: called.note('start') }));
vi.mock('./keys.ts', () => ({ keysCommand: called.note('keys') }));
vi.mock('./synth.ts', () => ({ synthCommand: called.note('synth') }));
vi.mock('./upload/command.ts', () => ({ uploadCommand: called.note('upload') }));
vi.mock('./access/command.ts', () => ({ accessCommand: called.note('access') }));
vi.mock('./access/log/command.ts', () => ({ accessLog: called.note('access log') }));
vi.mock('./explain/command.ts', () => ({ explainCommand: called.note('explain') }));
vi.mock('./build.ts', () => ({ build: called.note('build') }));
vi.mock('./start/child.ts', () => ({ endWithParent: () => void called.calls.push('ends with its parent') }));

let said: { stdout: string; stderr: string };
const { argv } = process;
beforeEach(() => {
  [called.calls, said] = [[], { stdout: '', stderr: '' }];
  called.answer = async () => undefined;
  for (const name of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      said[name] += text;
      return true;
    });
  }
  for (const name of Object.keys(process.env)) if (/^npm_/i.test(name)) vi.stubEnv(name, undefined);
});
afterEach(() => {
  process.argv = argv;
  process.exitCode = undefined;
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/** Types `s3nator WORDS`. Returns the exit code. */
async function type(...words: readonly string[]): Promise<unknown> {
  process.argv = ['node', 's3nator', ...words];
  vi.resetModules();
  await import('./main.ts');
  await vi.waitFor(() => expect(called.calls.length + said.stdout.length + said.stderr.length).toBeGreaterThan(0));
  await turn();
  return process.exitCode;
}

const root = process.cwd();
const local = {
  root,
  port: 8080,
  content: undefined,
  site: undefined,
  https: false,
  google: false,
  cookieSeconds: undefined,
};
const localWords = '--port 9000 --content www --site docs --https --google --cookie-seconds 20'.split(' ');
const localValues = { root, port: 9000, content: 'www', site: 'docs', https: true, google: true, cookieSeconds: 20 };

describe('a command that is called', () => {
  it.each<[string[], unknown[]]>([
    [['start'], [['start', { ...local, open: false }]]],
    [['start', ...localWords, '--open'], [['start', { ...localValues, open: true }]]],
    [['keys', 'rotate'], [['keys', { root, action: 'rotate', site: undefined, now: false }]]],
    [['keys', 'retire', '--site', 'docs', '--now'], [['keys', { root, action: 'retire', site: 'docs', now: true }]]],
    [['keys'], [['keys', { root, action: undefined, site: undefined, now: false }]]],
    [['synth'], ['ends with its parent', ['synth', local]]],
    [
      ['synth', ...localWords],
      ['ends with its parent', ['synth', localValues]],
    ],
    [['upload', 'www'], [['upload', { root, folders: ['www'], site: undefined, dryRun: false, remove: false }]]],
    [
      ['upload', 'a', 'b', '--site', 'docs', '--dry-run', '--delete'],
      [['upload', { root, folders: ['a', 'b'], site: 'docs', dryRun: true, remove: true }]],
    ],
    [['access', 'list', '--local-site'], [['access', { root, args: ['list', '--local-site'] }]]],
    [['access', 'blok', 'x'], [['access', { root, args: ['blok', 'x'] }]]],
    [['access', 'constructor'], [['access', { root, args: ['constructor'] }]]],
    [['access'], [['access', { root, args: [] }]]],
    [['access', 'log', '--json'], [['access log', { root, args: ['--json'] }]]],
    [['build'], ['ends with its parent', ['build']]],
  ])('is given its words, and what was left out has its default: %j', async (words, calls) => {
    expect(await type(...words)).toBeUndefined();
    expect(called.calls).toEqual(calls);
    expect(said).toEqual({ stdout: '', stderr: '' });
  });

  it.each([
    [true, undefined],
    [false, 1],
    [undefined, 2],
  ])('explain, with the answer %s, ends with the code %s', async (answer, code) => {
    called.answer = async () => answer;
    expect(await type('explain', 'a@example.com', '/')).toBe(code);
    expect(called.calls).toEqual([['explain', { root, args: ['a@example.com', '/'] }]]);
  });

  it.each([
    [['keys', 'rotate', 'docs'], 'keys: docs is one word too many'],
    [['keys', 'rotate', 'docs', 'now'], 'keys: docs now is one word too many'],
    [['start', 'docs'], 'docs is one word too many. Fix: --help says what may be typed'],
    [['build', 'all'], 'all is one word too many. Fix: --help says what may be typed'],
  ])('with a word too many does nothing, and names it: %j', async (words, message) => {
    expect(await type(...words)).toBe(1);
    expect([called.calls.filter(Array.isArray), said]).toEqual([[], { stdout: '', stderr: `error ${message}\n` }]);
  });
});

describe('--port and --cookie-seconds', () => {
  it.each([
    ['--port', '1024', 'port', 1024],
    ['--port', '65533', 'port', 65_533],
    ['--cookie-seconds', '10', 'cookieSeconds', 10],
    ['--cookie-seconds', '604800', 'cookieSeconds', 604_800],
  ])('%s %s is allowed', async (option, text, name, value) => {
    await type('synth', option, text);
    expect(called.calls.at(-1)).toEqual(['synth', { ...local, [name]: value }]);
  });

  it.each([
    ['--port', '1023'],
    ['--port', '65534'],
    ['--port', '8080.5'],
    ['--cookie-seconds', '9'],
    ['--cookie-seconds', '604801'],
    ['--cookie-seconds', '10.5'],
  ])('%s %s is refused, with what is allowed', async (option, text) => {
    expect(await type('synth', option, text)).toBe(1);
    const allowed =
      option === '--port' ? 'a whole number from 1024 to 65533' : 'a whole number of seconds from 10 to 604800';
    expect(said.stderr).toBe(`error ${option}: got ${text}; allowed: ${allowed}\n`);
  });
});

describe('help', () => {
  it.each([[['--help']], [['-h']], [['help']], [['help', 'keys']], [['nothing', '--help']]])(
    'about all commands goes to standard output: %j',
    async (words) => {
      expect(await type(...words)).toBeUndefined();
      expect(said).toEqual({ stdout: usage, stderr: '' });
    },
  );

  it('of one command is about that one, even if a word of it is wrong', async () => {
    await type('keys', 'fly\u001b', '--help');
    expect([said.stdout, called.calls]).toEqual([commands['keys']?.usage, []]);
  });

  it.each([
    ['start', 'the stand-ins use the next two ports. Default: 8080\n'],
    ['start', 'life of the signed cookies, from 10. '],
    ['keys', 'the previous signer stays trusted\n'],
    ['explain', 'Exit code: 0 if allowed, 1 if not, 2 if it depends or cannot be determined.\n'],
    ['access log', '(default: 1h)\n'],
    ['upload', '--dry-run  lists what would change, and writes nothing\n'],
  ])('of %s says %j', async (name, text) => {
    await type(...name.split(' '), '--help');
    expect(said.stdout).toContain(text);
  });

  it('lists what each command is for in one column, and how it is called in another', () => {
    const lines = usage.split('\n');
    expect(lines.slice(0, 5)).toEqual([
      'Usage: s3nator <command> [options]',
      '',
      'Commands',
      '  start   run the whole site on this machine       ' +
        '[--port N] [--content DIR] [--site NAME] [--https] [--open] [--google] [--cookie-seconds N]',
      '  keys    the signing keys                         create | list | rotate | retire  [--site NAME] [--now]',
    ]);
    expect(lines.slice(-4)).toEqual([
      '  build   build the Lambda and the elements',
      '',
      '  s3nator <command> --help says more about each.',
      '',
    ]);
    expect(usage).toMatch(/^ {2}access {2}who may see what, without a deploy {7}list \| add-rule .* \| edit$/m);
    expect(usage).toMatch(/^ {2}access {2}who got in and who did not {15}log {2}\[--since TIME\]/m);
    expect(usage).not.toMatch(/\| log\b/);
  });
});

describe('an error', () => {
  const failing = (error: unknown): void => {
    called.answer = () => Promise.reject(error);
  };

  it('without a command says how to call one', async () => {
    expect(await type()).toBe(1);
    expect(said).toEqual({ stdout: '', stderr: `error No command given.\n\n${usage}\n` });
  });

  it.each([
    ['start', 1],
    ['keys', 1],
    ['synth', 1],
    ['upload', 1],
    ['access', 1],
    ['access log', 1],
    ['explain', 2],
    ['build', 1],
  ])('of %s is one message on standard error, without a stack, and its code is %i', async (name, code) => {
    // Once the command is waited for: what goes wrong later is an error, too.
    called.answer = async () => {
      await turn();
      throw new Error('the bucket is gone');
    };
    await type(...name.split(' '));
    await vi.waitFor(() => expect(said.stderr).not.toBe(''));
    expect(process.exitCode).toBe(code);
    expect(said).toEqual({ stdout: '', stderr: 'error the bucket is gone\n' });
  });

  it('that is a bug keeps its stack', async () => {
    const bug = new TypeError('x is undefined');
    failing(bug);
    await type('keys');
    expect(said.stderr).toBe(`error ${bug.stack}\n`);
    said.stderr = '';
    failing(Object.assign(new RangeError('no stack'), { stack: undefined }));
    await type('keys');
    expect(said.stderr).toBe('error no stack\n');
  });

  it('that is no Error is shown as text', async () => {
    failing('just words');
    expect(await type('keys')).toBe(1);
    expect(said.stderr).toBe('error just words\n');
  });

  it('of a wrong call shows how the command is called', async () => {
    // The module is loaded anew with each command line.
    called.answer = async () => {
      const { WrongCall: Loaded } = await import('./wrong-call.ts');
      throw new Loaded('keys: no action given.');
    };
    await type('keys');
    expect(said.stderr).toBe(`error keys: no action given.\n\n${commands['keys']?.usage}\n`);
    expect(new WrongCall('x')).toBeInstanceOf(Error);
  });

  it('of a missing package says what to install', async () => {
    failing(Object.assign(new Error("Cannot find package 'cdktf' imported from /x"), { code: 'ERR_MODULE_NOT_FOUND' }));
    await type('keys');
    expect(said.stderr).toBe(
      'error This command needs cdktf, which is not installed. Fix: npm install cdktf@^0.21.0\n',
    );
  });

  it.each([
    [
      ['constructor'],
      `Unknown command 'constructor'. There are: ${Object.keys(commands).join(', ')}. \
Fix: s3nator --help says more`,
    ],
    [['start', '--prot', '1'], "Unknown option '--prot'. Did you mean '--port'? Fix: --help lists what there is"],
    [['start', '--nothing'], "Unknown option '--nothing'. Fix: --help lists what there is"],
    [['start', '-x'], "Unknown option '-x'. Fix: --help lists what there is"],
    [
      ['keys', '--site'],
      '--site: no value given. Fix: --site VALUE, or --site=VALUE for one that begins with a hyphen',
    ],
    [['start', '--a\u2028b'], "Unknown option '--a\\u2028b'. Fix: --help lists what there is"],
    [['keys', 'a\nerror b'], 'word 2 has a control character (\\u000a) in it: a\\u000aerror b'],
    [['keys', 'a', 'b\u0007c'], 'word 3 has a control character (\\u0007) in it: b\\u0007c'],
    [
      ['kesy'],
      `Unknown command 'kesy'. Did you mean 'keys'? There are: ${Object.keys(commands).join(', ')}. \
Fix: s3nator --help says more`,
    ],
  ])('of what was typed is one line: %j', async (words, message) => {
    expect(await type(...words)).toBe(1);
    expect([called.calls, said]).toEqual([[], { stdout: '', stderr: `error ${message}\n` }]);
  });

  it('begins with a red word on a terminal', async () => {
    vi.stubEnv('NO_COLOR', undefined);
    vi.stubEnv('FORCE_COLOR', '1');
    failing(new Error('x'));
    await type('keys');
    expect(said.stderr).toBe('\u001b[31merror\u001b[39m x\n');
  });
});

describe('an option that npm kept for itself', () => {
  it.each([
    [['start'], { npm_config_port: '8090' }, 'npm start -- --port 8090'],
    [['keys', 'rotate'], { npm_config_now: 'true' }, 'npm run keys -- rotate --now'],
    // Of another command: npm has none of that name.
    [['keys', 'rotate'], { npm_config_everyone: 'true' }, 'npm run keys -- rotate --everyone'],
    [['keys', 'rotate'], { npm_config_follow: 'true' }, 'npm run keys -- rotate --follow'],
    [['access', 'log'], { npm_config_json: 'true' }, 'npm run access -- log --json'],
    [['upload', 'www'], { npm_config_dry_run: 'true' }, 'npm run upload -- www --dry-run'],
  ])('is refused before anything is done: %j with %j', async (words, env, line) => {
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    expect(await type(...words)).toBe(1);
    expect(called.calls).toEqual([]);
    expect(said.stderr).toContain(`Fix: put -- before the options: ${line}\n`);
  });

  it.each<[string, string[], Record<string, string>]>([
    [
      "yes, json and dry-run are npm's own, for other commands",
      ['keys', 'rotate'],
      { yes: 'true', json: 'true', dry_run: 'true' },
    ],
    ['a command that asks nothing needs no yes', ['access', 'list'], { yes: 'true' }],
  ])('runs as typed when %s', async (_, words, settings) => {
    for (const [name, value] of Object.entries(settings)) vi.stubEnv(`npm_config_${name}`, value);
    await type(...words);
    expect(called.calls).toHaveLength(1);
  });

  it('that npx gave itself, to install the package, is not refused', async () => {
    vi.stubEnv('npm_config_yes', 'true');
    expect(await type('access', 'block', 'x@example.com')).toBe(1);
    said.stderr = '';
    process.exitCode = undefined;
    vi.stubEnv('npm_command', 'exec');
    expect(await type('access', 'block', 'x@example.com')).toBeUndefined();
    expect(called.calls).toHaveLength(1);
  });
});

import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { accessActionNames } from './access/usage.ts';
import { type Command, commandNames, commands, usage } from './commands.ts';

const root = `${import.meta.dirname}/..`;
const printed = (...args: readonly string[]): string =>
  execFileSync(process.execPath, ['cli/main.ts', ...args], { cwd: root, encoding: 'utf8' });
const failed = (...args: readonly string[]): { readonly stderr: string; readonly status: number | null } =>
  spawnSync(process.execPath, ['cli/main.ts', ...args], { cwd: root, encoding: 'utf8' });

const usageOf = (name: string, action?: string): string => {
  const top = commands[name];
  return (action === undefined ? top : top?.actions?.[action])?.usage ?? '';
};

/** The options that a text writes: `--now`, or `--site NAME`. */
function writtenOptions(text: string): Record<string, string | undefined> {
  const found: Record<string, string | undefined> = {};
  for (const [, name = '', value] of text.matchAll(/--([a-z][a-z-]*)(?: ([A-Z][A-Z=]*(?: [A-Z]+)?)\b)?/g)) {
    found[name] ??= value;
  }
  return found;
}
const writtenIn = ({ options }: Command): Record<string, string | undefined> =>
  Object.fromEntries(
    Object.entries(options).map(([name, option]) => [name, option.type === 'string' ? option.value : undefined]),
  );

describe('the table of commands', () => {
  const all = Object.entries(commands).flatMap(([name, command]) => {
    const { log } = command.actions ?? {};
    return [[name, command] as const, ...(log === undefined ? [] : [[`${name} log`, log] as const])];
  });

  it.each(all)('has exactly the options, with their values, that the help of %s writes', (_, command) => {
    expect(writtenOptions(command.usage)).toEqual(writtenIn(command));
  });

  it.each(Object.entries(commands))('lists in the help of all commands only options that %s has', (name, command) => {
    const lines = usage.split('\n').filter((line) => line.startsWith(`  ${name} `));
    expect(lines.length).toBe(command.summary.length);
    const known = [command, ...Object.values(command.actions ?? {})].flatMap(({ options }) => Object.keys(options));
    expect(known).toEqual(expect.arrayContaining(Object.keys(writtenOptions(lines.join('\n')))));
  });

  it.each(Object.entries(commands['access']?.actions ?? {}))('access %s is called by its own name', (name, action) => {
    expect(action.usage).toMatch(new RegExp(`^Usage: npm run access -- ${name}\\b`));
  });

  const scripts = Object.entries(
    (JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as { scripts: Record<string, string> }).scripts,
  );

  it('has a script in package.json for each command, and each such script is for a command', () => {
    const called = scripts.flatMap(([name, script]) => {
      const words = [...script.matchAll(/cli\/main\.ts (\S+)/g)].map(([, word]) => word);
      return words.length === 0 ? [] : [[name, words.at(-1)]];
    });
    expect(called.map(([name]) => name).sort()).toEqual([...commandNames].sort());
    for (const [name, word] of called) expect(word).toBe(name);
  });

  const docs = readdirSync(`${root}/docs`, { recursive: true, encoding: 'utf8' });
  const pages = [
    'README.md',
    'CONTRIBUTING.md',
    ...docs.filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`),
  ];

  it.each(pages)('has every command and option that %s writes', (page) => {
    const text = readFileSync(`${root}/${page}`, 'utf8');
    const known = scripts.map(([name]) => name);
    for (const [, name = '', words = ''] of text.matchAll(/npm run ([a-z][a-z:-]*)((?: [^`\n#|;]*)?)/g)) {
      expect(known).toContain(name);
      const top = commands[name];
      if (top === undefined) continue;
      const [, action = ''] = /^ -- ([a-z][a-z-]*)/.exec(words) ?? [];
      if (name === 'access' && action !== '') expect(accessActionNames).toContain(action);
      const options = top.actions?.[action]?.options ?? top.options;
      expect(Object.keys(options)).toEqual(expect.arrayContaining(Object.keys(writtenOptions(words))));
    }
  });
});

describe('--help', () => {
  it.each(commandNames)('says how %s is called, and does nothing', (command) => {
    expect(printed(command, '--help')).toBe(usageOf(command));
  });

  it('is asked for by -h, too, and behind other words', () => {
    expect(printed('keys', 'rotate', '-h')).toBe(usageOf('keys'));
    expect(printed('access', 'log', '--since', '1h', '--help')).toBe(usageOf('access', 'log'));
  });

  const actions = accessActionNames.filter((action) => action !== 'log');

  it.each(actions)('of access %s is about that command alone', (action) => {
    const text = usageOf('access', action);
    expect(text.split('\n')[0]).toMatch(new RegExp(`^Usage: npm run access -- ${action}\\b.* \\[--site NAME\\]`));
    expect(text).toMatch(/ {2}--local-site .*\n {2}--yes .*\n$/);
    expect(text.split('\n').length).toBeLessThan(12);
    for (const other of accessActionNames) {
      if (!action.includes(other) && !other.includes(action))
        expect(text).not.toMatch(new RegExp(`^ {2}${other} `, 'm'));
    }
  });

  it('of access add-rule prints its options', () => {
    const text = printed('access', 'add-rule', '--help');
    expect(text).toBe(usageOf('access', 'add-rule'));
    for (const word of ['--domain D', '--path P', '--until T', '--trust-unmanaged', 'a span such as 30d'])
      expect(text).toContain(word);
    expect(printed('access', '--help')).toBe(usageOf('access'));
    expect(printed('access', 'nothing', '--help')).toBe(usageOf('access'));
  });

  it.each([['--help'], ['-h'], ['help']])('without a command names them all: %s', (word) => {
    const text = printed(word);
    for (const command of commandNames) expect(text).toMatch(new RegExp(`^ {2}${command} `, 'm'));
  });
});

describe('a command that is called the wrong way', () => {
  it.each([
    [['keys'], 'keys: no action given.', 1],
    [['keys', 'constructor'], 'keys: unknown action constructor.', 1],
    [['keys', 'create', '--now'], 'keys create: --now is for rotate and retire.', 1],
    [['upload'], 'DIR: got nothing; allowed: a folder.', 1],
    [['access'], 'access: no command given.', 1],
    [['explain', '/docs/'], 'explain: got /docs/; allowed: an address and a path.', 2],
  ])('is told what is wrong, and how it is called: %j', (args, message, code) => {
    const { stderr, status } = failed(...args);
    expect(stderr).toBe(`error ${message}\n\n${usageOf(args[0] ?? '')}\n`);
    expect(status).toBe(code);
  });
});

describe('a command that there is not', () => {
  it.each([
    ['strat', "error Unknown command 'strat'. Did you mean 'start'? There are: "],
    ['deploy-all', "error Unknown command 'deploy-all'. There are: "],
    ['constructor', "error Unknown command 'constructor'. There are: "],
  ])('is named in one line, with what was meant: %s', (command, line) => {
    const { stderr, status } = failed(command);
    expect(stderr).toBe(`${line}${commandNames.join(', ')}. Fix: s3nator --help says more\n`);
    expect(status).toBe(1);
  });
});

describe('an unknown option', () => {
  it.each([
    ['start', ['start', '--prot', '8090'], '--prot', '--port'],
    ['access, whose words may begin with a hyphen', ['access', 'list', '--locl-site'], '--locl-site', '--local-site'],
  ])('is named, and what helps: %s', (_, args, option, meant) => {
    const { stderr, status } = failed(...args);
    expect(stderr).toBe(`error Unknown option '${option}'. Did you mean '${meant}'? Fix: --help lists what there is\n`);
    expect(status).toBe(1);
  });
});

describe('an older Node', () => {
  it.each(['package.json', 'cdktf.json'])('is told what is needed before it reads any TypeScript: %s', (file) => {
    const json = JSON.parse(readFileSync(`${root}/${file}`, 'utf8')) as {
      app?: string;
      scripts?: Record<string, string>;
    };
    const called = [json.app, ...Object.values(json.scripts ?? {})].filter((one) => one?.includes('cli/main.ts'));
    expect(called.length).toBeGreaterThan(0);
    for (const command of called) expect(command).toMatch(/^node --import \.\/cli\/check-node\.js cli\/main\.ts /);
  });
});

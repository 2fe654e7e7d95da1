import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { accessActions, accessUsage, usages } from './usage.ts';

const commands = Object.keys(usages).filter((name) => name !== 's3nator' && name !== 'accessLog');
const printed = (...args: readonly string[]): string =>
  execFileSync(process.execPath, ['cli/main.ts', ...args], { cwd: `${import.meta.dirname}/..`, encoding: 'utf8' });

describe('--help', () => {
  it.each(commands)('says how %s is called, and does nothing', (command) => {
    expect(printed(command, '--help')).toBe(usages[command as keyof typeof usages]);
  });

  it('is asked for by -h, too, and behind other words', () => {
    expect(printed('keys', 'rotate', '-h')).toBe(usages.keys);
    expect(printed('access', 'log', '--since', '1h', '--help')).toBe(usages.accessLog);
  });

  it.each(accessActions.filter((action) => action !== 'log'))('of access %s is about that command alone', (action) => {
    const text = accessUsage(action) ?? '';
    expect(text.split('\n')[0]).toMatch(new RegExp(`^Usage: npm run access -- ${action}\\b.* \\[--site NAME\\]`));
    expect(text).toMatch(/ {2}--local-site .*\n {2}--yes .*\n$/);
    expect(text.split('\n').length).toBeLessThan(12);
    for (const other of accessActions) {
      if (!action.includes(other) && !other.includes(action))
        expect(text).not.toMatch(new RegExp(`^ {2}${other} `, 'm'));
    }
  });

  it('of access add-rule prints its options', () => {
    const text = printed('access', 'add-rule', '--help');
    expect(text).toBe(accessUsage('add-rule'));
    for (const word of ['--domain D', '--path P', '--until T', '--trust-unmanaged', 'a span such as 30d'])
      expect(text).toContain(word);
    expect(printed('access', '--help')).toBe(usages.access);
    expect(printed('access', 'nothing', '--help')).toBe(usages.access);
  });

  it.each([['--help'], ['-h'], ['help']])('without a command names them all: %s', (word) => {
    const text = printed(word);
    for (const command of commands) expect(text).toMatch(new RegExp(`^ {2}${command} `, 'm'));
  });
});

describe('a command that there is not', () => {
  it.each([
    ['strat', "error Unknown command 'strat'. Did you mean 'start'? There are: "],
    ['deploy-all', "error Unknown command 'deploy-all'. There are: "],
    ['constructor', "error Unknown command 'constructor'. There are: "],
  ])('is named in one line, with what was meant: %s', (command, line) => {
    const { stderr, status } = spawnSync(process.execPath, ['cli/main.ts', command], {
      cwd: `${import.meta.dirname}/..`,
      encoding: 'utf8',
    });
    expect(stderr).toBe(`${line}${commands.join(', ')}. Fix: s3nator --help says more\n`);
    expect(status).toBe(1);
  });
});

describe('an option that is none', () => {
  it.each([
    ['start', ['start', '--prot', '8090'], '--prot', '--port'],
    ['access, whose words may begin with a hyphen', ['access', 'list', '--locl-site'], '--locl-site', '--local-site'],
  ])('is named, and what helps: %s', (_, args, option, meant) => {
    const { stderr, status } = spawnSync(process.execPath, ['cli/main.ts', ...args], {
      cwd: `${import.meta.dirname}/..`,
      encoding: 'utf8',
    });
    expect(stderr).toBe(`error Unknown option '${option}'. Did you mean '${meant}'? Fix: --help lists what there is\n`);
    expect(status).toBe(1);
  });
});

describe('an older Node', () => {
  it.each(['package.json', 'cdktf.json'])('is told what is needed before it reads any TypeScript: %s', (file) => {
    const json = JSON.parse(readFileSync(`${import.meta.dirname}/../${file}`, 'utf8')) as {
      app?: string;
      scripts?: Record<string, string>;
    };
    const commands = [json.app, ...Object.values(json.scripts ?? {})].filter((one) => one?.includes('cli/main.ts'));
    expect(commands.length).toBeGreaterThan(0);
    for (const command of commands) expect(command).toMatch(/^node --import \.\/cli\/check-node\.js cli\/main\.ts /);
  });
});

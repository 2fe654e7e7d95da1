import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { usages } from './usage.ts';

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

  it.each([['--help'], ['-h'], ['help']])('without a command names them all: %s', (word) => {
    const text = printed(word);
    for (const command of commands) expect(text).toMatch(new RegExp(`^ {2}${command} `, 'm'));
  });
});

describe('an option that is none', () => {
  it.each([
    ['start', ['start', '--prot', '8090'], '--prot'],
    ['access, whose words may begin with a hyphen', ['access', 'list', '--lcoal'], '--lcoal'],
  ])('is named, and what helps: %s', (_, args, option) => {
    const { stderr, status } = spawnSync(process.execPath, ['cli/main.ts', ...args], {
      cwd: `${import.meta.dirname}/..`,
      encoding: 'utf8',
    });
    expect(stderr).toBe(`error Unknown option '${option}'. Mend: --help lists what there is\n`);
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

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessActionNames } from './access/usage.ts';
import { commands } from './commands.ts';
import { refuseTakenOptions } from './npm-options.ts';
import { inParallel } from './parallel.ts';
import type { Option, Options } from './parse-options.ts';

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly errors: string;
}

const main = join(import.meta.dirname, 'main.ts');
/** A word that makes each command do something, were it not refused. */
const words: Readonly<Record<string, readonly string[]>> = {
  start: [],
  keys: ['rotate'],
  synth: [],
  upload: ['site'],
  access: ['block', 'x@example.com'],
  explain: ['alice@example.com', '/docs/'],
  build: [],
};

let folder: string;
beforeAll(() => {
  // Not this checkout: what is not refused finds nothing to do anything with.
  folder = mkdtempSync(join(tmpdir(), 's3nator-npm-'));
  const scripts = Object.fromEntries(
    Object.keys(commands).map((name) => [name, `"${process.execPath}" "${main}" ${name}`]),
  );
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'typed', version: '1.0.0', scripts }));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Types it, with the npm of this machine and no settings but its own. */
function npm(...args: readonly string[]): Promise<Ended> {
  const kept = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name));
  const env = { ...Object.fromEntries(kept), npm_config_userconfig: join(folder, 'npmrc') };
  return new Promise((done) => {
    execFile('npm', [...args], { cwd: folder, env }, (error, out, errors) => {
      done({ code: error === null ? 0 : Number(error.code), out, errors });
    });
  });
}

const valueFor = (value: string | undefined): readonly string[] =>
  value === undefined ? [] : value.split(' ').map(() => '7');

describe('npm, with an option before which -- was forgotten', () => {
  const writtenValue = (option: Option): string | undefined => (option.type === 'string' ? option.value : undefined);
  const casesOf = (command: string, options: Options, first: readonly string[] = []) =>
    Object.entries(options)
      .filter(([name]) => name !== 'https')
      .map(([name, option]) => ({ command, name, value: writtenValue(option), words: first }));
  const cases = [
    ...Object.entries(commands).flatMap(([command, { options }]) => casesOf(command, options, words[command])),
    ...casesOf('access', commands['access']?.actions?.['log']?.options ?? {}, ['log']),
  ];

  it('says itself that it takes --https for its own --https-proxy, of which it leaves no trace', async () => {
    expect((await npm('run', 'synth', '--https')).errors).toMatch(/https-proxy|npm took --https for itself/);
  });

  it('makes every command refuse, with the line to type in its place, or says how npm itself is called', async () => {
    const found: string[] = [];
    await inParallel(cases, 4, new AbortController().signal, async ({ command, name, value, words: first }) => {
      const typed = [...first, `--${name}`, ...valueFor(value)];
      const { code, out, errors } = await npm('run', '-s', command, ...typed);
      // npm takes --hd for its own -h and -d, and runs nothing.
      if ((name === 'hd' || name === 'help') && code === 0 && out.includes('npm run <command>')) return;
      const line = errors.trim();
      const right = new RegExp(
        `^error npm took --${name} for itself, so nothing was done\\. Fix: .*: ` +
          `npm (start|run ${command}) -- .*--${name}( |$)`,
      );
      if (code === 0 || !right.test(line) || line.includes('\n'))
        found.push(`${command} ${typed.join(' ')}: ${code} ${line}`);
    });
    expect(found).toEqual([]);
    expect(cases.length).toBeGreaterThanOrEqual(50);
  }, 240_000);

  it('shows a command that is typed again as it was meant', async () => {
    const { errors, code } = await npm('run', '-s', 'access', 'block', 'x y@example.com', '--local', '--yes');
    expect([code, errors]).toEqual([
      1,
      'error npm took --yes for itself, so nothing was done. Fix: put -- before the options: ' +
        "npm run access -- block 'x y@example.com' --yes " +
        '(and --local-site, if the site on this machine was meant)\n',
    ]);
    expect((await npm('run', '-s', 'keys', 'rotate', '--site=docs', '--now')).errors).toContain(
      ': npm run keys -- rotate --site docs --now\n',
    );
    expect((await npm('run', '-s', 'keys', 'rotate', '--site', 'docs')).errors).toContain(
      ': npm run keys -- rotate … --site NAME\n',
    );
  });

  it('is refused --yes before each access command that writes, and before no other', async () => {
    const env = { ...process.env, npm_command: 'run-script', npm_config_yes: 'true' };
    const refused: string[] = [];
    await inParallel(accessActionNames, 4, new AbortController().signal, async (name) => {
      const errors = await new Promise<string>((done) => {
        execFile(process.execPath, [main, 'access', name], { cwd: folder, env }, (_, _out, said) => done(said));
      });
      if (errors.includes('npm took --yes for itself')) refused.push(name);
    });
    const reading = ['list', 'requests', 'history', 'log'];
    expect(refused.sort()).toEqual(accessActionNames.filter((name) => !reading.includes(name)).sort());
  }, 60_000);

  it('makes explain end with the code for what cannot be told', async () => {
    expect((await npm('run', '-s', 'explain', 'a@example.com', '/', '--local-site')).code).toBe(2);
  });
});

describe('npm, with --', () => {
  it('lets every option through', async () => {
    const { errors } = await npm('run', '-s', 'keys', '--', 'rotate', '--site', 'docs', '--now');
    expect(errors).toContain('s3nator.config.ts: missing');
  });

  it('is not excused by a file that says the opposite of what was typed', async () => {
    writeFileSync(join(folder, 'npmrc'), 'yes=false\nnow = "no"\n');
    try {
      const { errors } = await npm('run', '-s', 'access', 'block', 'x@example.com', '--local', '--yes');
      expect(errors).toContain('npm took --yes for itself');
      expect((await npm('run', '-s', 'keys', 'rotate', '--now')).errors).toContain('npm took --now for itself');
    } finally {
      rmSync(join(folder, 'npmrc'));
    }
  });

  it('is not blamed for its own -y, with which npx installs the command', async () => {
    const env = { ...process.env, npm_command: 'exec', npm_config_yes: 'true' };
    const errors = await new Promise((done) => {
      execFile(process.execPath, [main, 'access', 'block', 'x@example.com'], { cwd: folder, env }, (_, _out, said) =>
        done(said),
      );
    });
    expect(errors).toContain('s3nator.config.ts: missing');
  });

  it('is not blamed for what its own files say', async () => {
    writeFileSync(join(folder, 'npmrc'), 'yes=true\nemail=me@example.com\n');
    try {
      const { errors } = await npm('run', '-s', 'access', '--', 'block', 'x@example.com');
      expect(errors).toContain('s3nator.config.ts: missing');
    } finally {
      rmSync(join(folder, 'npmrc'));
    }
  });
});

describe('refuseTakenOptions', () => {
  const options: Options = {
    yes: { type: 'boolean' },
    site: { type: 'string', value: 'NAME' },
    token: { type: 'string', value: 'FILE' },
  };
  const refusal = (args: string[], env: NodeJS.ProcessEnv): string => {
    try {
      refuseTakenOptions('npm run x', options, args, env);
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  };

  it('lets pass what was typed behind --, and what was switched off', () => {
    expect(refusal(['a', '--yes', '--site=docs'], { npm_config_yes: 'true', npm_config_site: 'x' })).toBe('');
    expect(refusal(['a'], { npm_config_yes: '', npm_config_other: 'true' })).toBe('');
    expect(refusal(['a'], {})).toBe('');
  });

  it('knows the name that npm has for the beginning of one', () => {
    expect(refusal(['/x'], { npm_config_token_description: 'file.jwt' })).toContain('npm run x -- /x --token file.jwt');
  });

  it.each<[string, string, boolean]>([
    ['the last of two lines', 'site=other\nsite=docs\n', true],
    ['the first of two lines only', 'site=docs\nsite=other\n', false],
    ['quotation marks, spaces and line breaks of Windows', '\tsite = "docs"\r\n', true],
    ['a comment', '#site=docs\n', false],
    ['another name', 'my-site=docs\nsite-b=docs\n', false],
  ])('takes what a file of npm says for that only where it says the same: %s', (_, text, isSaid) => {
    const file = join(folder, '.npmrc');
    writeFileSync(file, text);
    try {
      for (const place of [
        { npm_config_userconfig: file },
        { npm_config_globalconfig: file },
        { npm_config_local_prefix: folder },
      ]) {
        expect([place, refusal([], { ...place, npm_config_site: 'docs' }) === '']).toEqual([place, isSaid]);
      }
    } finally {
      rmSync(file);
    }
  });

  it.each(['dry-run', 'dry_run', 'dry-run=true', 'dry_run = true'])(
    'knows both spellings of a name there: %s',
    (line) => {
      const file = join(folder, 'both');
      writeFileSync(file, `${line}\n`);
      const env = { npm_config_userconfig: file, npm_config_dry_run: 'true' };
      expect(() => refuseTakenOptions('npm run x', { 'dry-run': { type: 'boolean' } }, [], env)).not.toThrow();
    },
  );

  it('reminds of the site on this machine only where that was not named', () => {
    expect(refusal(['a', '--local-site'], { npm_config_yes: 'true' })).toMatch(/: npm run x -- a --local-site --yes$/);
  });

  it('names several', () => {
    expect(refusal([], { npm_config_yes: 'true', npm_config_site: 'docs' })).toBe(
      'npm took --yes and --site for itself, so nothing was done. Fix: put -- before the options: ' +
        'npm run x -- --yes --site docs (and --local-site, if the site on this machine was meant)',
    );
  });
});

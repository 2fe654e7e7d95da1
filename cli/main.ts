#!/usr/bin/env node
/** Owns the command line: picks the subcommand, prints its error. Every npm script forwards here. */
import { visible } from '../contract/visible-text.ts';
import { didYouMean, unknownCommand } from './did-you-mean.ts';
import { localOptions, localOptionsOf } from './local-options.ts';
import { missingPackage } from './missing-package.ts';
import { optionsIn, refuseTakenOptions } from './npm-options.ts';
import { parseOptions } from './parse-options.ts';
import { endWithParent } from './start/child.ts';
import { paint, write, writeError } from './terminal.ts';
import { accessUsage, usages } from './usage.ts';

function usageOf(command: string, args: readonly string[]): string | undefined {
  const name = command === 'access' && args[0] === 'log' ? 'accessLog' : command;
  return Object.entries(usages).find(([key]) => key === name)?.[1];
}

/** `undefined`: nobody asks how the command is called. */
function wantedUsage(command: string, args: readonly string[]): string | undefined {
  if (!args.some((arg) => arg === '--help' || arg === '-h')) return undefined;
  const [action = ''] = args;
  return (command === 'access' && action !== 'log' ? accessUsage(action) : undefined) ?? usageOf(command, args);
}

const commands = Object.keys(usages).filter((name) => name !== 's3nator' && name !== 'accessLog');

/** Options that npm has under the same name: a machine may have them set, for other commands. */
const npmHasToo = new Set(['yes', 'json', 'dry-run']);
/** Commands that ask nothing, so that a machine-wide `yes` takes nothing from them. */
const neverAsks = new Set(['list', 'requests', 'history']);

/** No name that anybody types has one, and a line break would begin a line that looks like ours. */
function refuseControls(words: readonly string[]): void {
  for (const [at, word] of words.entries()) {
    const [found] = /\p{Cc}/u.exec(word) ?? [];
    if (found === undefined) continue;
    throw new Error(`word ${at + 1} has a control character (${visible(found)}) in it: ${visible(word)}`);
  }
}

/** Throws when npm kept an option of this command, or one of another command's that npm knows nothing of. */
function refuseHalfACommand(command: string, args: readonly string[]): void {
  // `npx -y` says yes to the installation, and leaves all words to us.
  const isOfNpm = neverAsks.has(args[0] ?? '') || process.env['npm_command'] === 'exec';
  const own = optionsIn(usageOf(command, args) ?? '').filter(({ name }) => name !== 'yes' || !isOfNpm);
  const others = Object.values(usages)
    .flatMap(optionsIn)
    .filter(({ name }) => !npmHasToo.has(name) && own.every((option) => option.name !== name));
  const once = new Map([...others, ...own].map((option) => [option.name, option]));
  refuseTakenOptions(command === 'start' ? 'npm start' : `npm run ${command}`, [...once.values()], args);
}

async function run([command = '', ...args]: readonly string[]): Promise<void> {
  const usage = wantedUsage(command, args);
  if (usage !== undefined) {
    write(usage);
    return;
  }
  refuseControls([command, ...args]);
  refuseHalfACommand(command, args);
  switch (command) {
    case 'start': {
      const { values } = parseOptions({ args: [...args], options: { ...localOptions, open: { type: 'boolean' } } });
      const { start } = await import('./start.ts');
      return start({ root: process.cwd(), open: values.open ?? false, ...localOptionsOf(values) });
    }
    case 'synth': {
      const { values } = parseOptions({ args: [...args], options: localOptions });
      endWithParent();
      const { synthCommand } = await import('./synth.ts');
      return synthCommand({ root: process.cwd(), ...localOptionsOf(values) });
    }
    case 'keys': {
      const { values, positionals } = parseOptions({
        args: [...args],
        allowPositionals: true,
        options: { site: { type: 'string' }, now: { type: 'boolean' } },
      });
      const { keysCommand } = await import('./keys.ts');
      const [action, ...others] = positionals;
      if (others.length > 0) throw new Error(`keys: ${others.join(' ')} is one word too many`);
      return keysCommand({ root: process.cwd(), action, site: values.site, now: values.now ?? false });
    }
    case 'upload': {
      const { values, positionals } = parseOptions({
        args: [...args],
        allowPositionals: true,
        options: { site: { type: 'string' }, 'dry-run': { type: 'boolean' }, delete: { type: 'boolean' } },
      });
      const { uploadCommand } = await import('./upload/command.ts');
      const { site, 'dry-run': dryRun = false, delete: remove = false } = values;
      return uploadCommand({ root: process.cwd(), folders: positionals, site, dryRun, remove });
    }
    case 'access': {
      const [action, ...rest] = args;
      if (action === 'log') {
        const { accessLog } = await import('./access/log/command.ts');
        return accessLog({ root: process.cwd(), args: rest });
      }
      const { accessCommand } = await import('./access/command.ts');
      return accessCommand({ root: process.cwd(), args });
    }
    case 'explain': {
      const { explainCommand } = await import('./explain/command.ts');
      const allowed = await explainCommand({ root: process.cwd(), args });
      if (allowed !== true) process.exitCode = allowed === undefined ? 2 : 1;
      return;
    }
    case 'build': {
      parseOptions({ args: [...args] });
      endWithParent();
      const { build } = await import('./build.ts');
      return build();
    }
    case '--help':
    case '-h':
    case 'help':
      write(usages.s3nator);
      return;
    default:
      if (command === '') throw new Error(`No command given.\n\n${usages.s3nator}`);
      throw new Error(unknownCommand(command, commands, 's3nator'));
  }
}

/** Node's own words go on about words that begin with a hyphen. */
function helpful(error: unknown, [command = '', ...args]: readonly string[]): string {
  const message = (error as Error).message.replace(/(Unknown option '[^']*').*/s, '$1');
  const known = optionsIn(usageOf(command, args) ?? '').map(({ name }) => `--${name}`);
  const [, option = ''] = /'([^']*)'/.exec(message) ?? [];
  return `${message}.${didYouMean(option, known)} Fix: --help lists what there is`;
}

try {
  await run(process.argv.slice(2));
} catch (error) {
  // A plain Error, or one of Node's own for wrong options, is written for the person at the terminal; anything else is a bug and wants its stack.
  const forPerson =
    error instanceof Error && (error.constructor === Error || String(Object(error).code).startsWith('ERR_PARSE_ARGS'));
  const unknownOption = Object(error).code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION';
  const shown =
    missingPackage(error) ??
    (unknownOption
      ? helpful(error, process.argv.slice(2))
      : forPerson
        ? error.message
        : error instanceof Error
          ? error.stack
          : error);
  writeError(`${paint('red', 'error')} ${shown}\n`);
  // Scripts tell `not allowed` (1) from `cannot be told`.
  process.exitCode = process.argv[2] === 'explain' ? 2 : 1;
}

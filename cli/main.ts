#!/usr/bin/env node
/** The command line: finds the command, checks how it is called, and prints its error. Every npm script comes here. */
import { visible } from '../contract/visible-text.ts';
import { allOptions, calledBy, commandNames, usage } from './commands.ts';
import { didYouMean, unknownCommand } from './did-you-mean.ts';
import { missingPackage } from './missing-package.ts';
import { refuseTakenOptions } from './npm-options.ts';
import { paint, write, writeError } from './terminal.ts';
import { WrongCall } from './wrong-call.ts';

/** Options that npm has under the same name: a machine may have them set, for other commands. */
const npmHasToo = new Set(['yes', 'json', 'dry-run']);

/** No name that anybody types has a control character, and a line break would begin a line that looks like ours. */
function refuseControls(words: readonly string[]): void {
  for (const [at, word] of words.entries()) {
    const [found] = /\p{Cc}/u.exec(word) ?? [];
    if (found === undefined) continue;
    throw new Error(`word ${at + 1} has a control character (${visible(found)}) in it: ${visible(word)}`);
  }
}

/** Throws if npm kept an option of this command, or an option of another command that npm itself does not have. */
function refuseHalfACommand([name = '', ...args]: readonly string[]): void {
  const { command } = calledBy([name, ...args]);
  const others = Object.entries(allOptions).filter(([option]) => !npmHasToo.has(option));
  const options = { ...Object.fromEntries(others), ...command?.options };
  // `npx -y` says yes to the installation, and leaves all words to us.
  if (command?.asks === false || process.env['npm_command'] === 'exec') delete options['yes'];
  refuseTakenOptions(name === 'start' ? 'npm start' : `npm run ${name}`, options, args);
}

async function run(words: readonly string[]): Promise<void> {
  const [name = ''] = words;
  const { command, args } = calledBy(words);
  if (words.some((word) => word === '--help' || word === '-h') || name === 'help') {
    write(command?.usage ?? usage);
    return;
  }
  refuseControls(words);
  refuseHalfACommand(words);
  if (command !== undefined) return command.run(args, process.cwd());
  if (name === '') throw new Error(`No command given.\n\n${usage}`);
  throw new Error(unknownCommand(name, commandNames, 's3nator'));
}

/** What the person at the terminal is told. A bug keeps its stack. */
function messageFor(error: unknown, words: readonly string[]): string {
  const missing = missingPackage(error);
  if (missing !== undefined) return missing;
  if (!(error instanceof Error)) return String(error);
  const { command } = calledBy(words);
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
    // Node goes on about words that begin with a hyphen.
    const message = error.message.replace(/(Unknown option '[^']*').*/s, '$1');
    const [, option = ''] = /'([^']*)'/.exec(message) ?? [];
    const known = Object.keys(command?.options ?? {}).map((each) => `--${each}`);
    return `${message}.${didYouMean(option, known)} Fix: --help lists what there is`;
  }
  if (error instanceof WrongCall) return `${error.message}\n\n${command?.usage ?? usage}`;
  // A plain Error, or one of Node's own for wrong options, is written for a person.
  const isForPerson = error.constructor === Error || code?.startsWith('ERR_PARSE_ARGS');
  return isForPerson ? error.message : (error.stack ?? error.message);
}

async function main(words: readonly string[]): Promise<void> {
  try {
    await run(words);
  } catch (error) {
    writeError(`${paint('red', 'error')} ${messageFor(error, words)}\n`);
    process.exitCode = calledBy(words).command?.errorCode ?? 1;
  }
}

void main(process.argv.slice(2));

/** Owns `npm run access`: which command was meant, and on which site. Writes only through write.ts. */

import { didYouMean, unknownCommand } from '../did-you-mean.ts';
import { typed } from '../npm-options.ts';
import { orLocally } from '../running-site.ts';
import { paint } from '../terminal.ts';
import { accessActions, usages } from '../usage.ts';
import { approveRequest, denyRequest, listAnswers, listRequests } from './commands/access-requests.ts';
import { editLive } from './commands/edit.ts';
import { restoreVersion, showHistory } from './commands/history.ts';
import { blockPerson, signOutPerson, unblockPerson } from './commands/person-commands.ts';
import { addRule, positionOf, removeRule } from './commands/rules.ts';
import type { AccessSession } from './document/confirm-write.ts';
import { readInForce } from './document/in-force.ts';
import { openAccessStore } from './document/store.ts';
import { accessTable } from './document/table.ts';
import { unmatchedNotes } from './document/unmatched.ts';
import { ruleWarnings, warningContext } from './document/warnings.ts';
import {
  type AccessArguments,
  parseAccessArguments,
  personOf,
  ruleOf,
  ruleOptions,
  spellingNotes,
  storedPersonOf,
  typedPeople,
  untilNotes,
} from './shared/options.ts';
import { accessTarget } from './shared/target.ts';
import { type AccessTerminal, processTerminal } from './shared/terminal.ts';

export interface AccessOptions {
  /** Folder with `s3nator.config.ts`. */
  readonly root: string;
  readonly args: readonly string[];
  readonly terminal?: AccessTerminal;
}

interface Given extends Pick<AccessArguments, 'values'> {
  readonly words: readonly string[];
  readonly root: string;
}

interface Command {
  /** Options beside --site, --local-site and --yes. */
  readonly options: readonly string[];
  /** Most words after the command. */
  readonly words: number;
  /** Checks what was typed, before anything is asked of AWS; gives what is then done. */
  readonly act: (given: Given) => (session: AccessSession) => Promise<unknown>;
}

const rule = Object.keys(ruleOptions);

const commands: Readonly<Record<string, Command>> = {
  list: { options: [], words: 0, act: () => list },
  'add-rule': {
    options: [...rule, 'first', 'last', 'position'],
    words: 0,
    act({ values }) {
      const now = new Date();
      const [added, position] = [ruleOf(values, { now }), positionOf(values)];
      const notes = [...spellingNotes(typedPeople(values)), ...untilNotes(values, now)];
      return (session) => addRule(session, added, position, notes);
    },
  },
  'remove-rule': {
    options: rule,
    words: 1,
    act({ values, words: [number] }) {
      const wanted = number ?? ruleOf(values, { stored: true });
      return (session) => removeRule(session, wanted, values);
    },
  },
  block: {
    options: [],
    words: 2,
    act({ words }) {
      const person = personOf(words);
      return (session) => blockPerson(session, person, spellingNotes(words.length === 1 ? words : []));
    },
  },
  unblock: {
    options: [],
    words: 2,
    act({ words }) {
      const person = storedPersonOf(words);
      return (session) => unblockPerson(session, person);
    },
  },
  'sign-out': {
    options: ['everyone'],
    words: 2,
    act({ values: { everyone }, words }) {
      if (everyone && words.length > 0) throw new Error('sign-out: allowed: one person, or --everyone');
      const person = everyone ? undefined : personOf(words);
      return (session) => signOutPerson(session, person);
    },
  },
  requests: {
    options: ['answered'],
    words: 0,
    act: ({ values: { answered } }) => (answered ? listAnswers : listRequests),
  },
  approve: {
    options: ['path', 'until'],
    words: 2,
    act({ words, values: { path, until } }) {
      const person = storedPersonOf(words);
      const now = new Date();
      const limits = { ...(path !== undefined && { path }), ...(until !== undefined && { until }) };
      const { who: _, ...terms } = ruleOf({ anyone: true, ...limits }, { now });
      return (session) => approveRequest(session, person, terms, untilNotes(limits, now));
    },
  },
  deny: {
    options: [],
    words: 2,
    act({ words }) {
      const person = storedPersonOf(words);
      return (session) => denyRequest(session, person);
    },
  },
  history: { options: [], words: 0, act: () => showHistory },
  restore: {
    options: [],
    words: 1,
    act:
      ({ words: [version] }) =>
      (session) =>
        restoreVersion(session, version),
  },
  edit: {
    options: [],
    words: 0,
    act:
      ({ root }) =>
      (session) =>
        editLive(session, root),
  },
};

const seeHelp = (name: string): string => ` Fix: npm run access -- ${name} --help says how it is called`;

const everywhere = ['site', 'local-site', 'yes'];

/** Runs `npm run access`. Throws a plain `Error` for the person at the terminal. */
export async function accessCommand({ root, args, terminal = processTerminal }: AccessOptions): Promise<void> {
  const { values, positionals } = parseAccessArguments(args);
  const [name = '', ...words] = positionals;
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    if (name === '') throw new Error(`access: no command given.\n\n${usages.access}`);
    throw new Error(unknownCommand(name, accessActions, 'npm run access --'));
  }
  const strange = Object.keys(values).find((option) => ![...everywhere, ...command.options].includes(option));
  if (strange !== undefined) {
    const own = [...everywhere, ...command.options].map((option) => `--${option}`);
    throw new Error(`--${strange}: not an option of ${name}.${didYouMean(`--${strange}`, own)}${seeHelp(name)}`);
  }
  if (words.length > command.words) throw new Error(`${name}: ${words.at(-1)} is one word too many.${seeHelp(name)}`);
  const act = command.act({ values, words, root });
  const { site, 'local-site': local = false } = values;
  const find = () => accessTarget({ root, site, local });
  const target = await (local
    ? find()
    : orLocally({ root, site, command: `npm run access -- ${typed([...args, '--local-site'])}` }, find));
  terminal.print(`${target.title}\n`);
  await act({ target, store: await openAccessStore(target), terminal, yes: values.yes ?? false });
}

async function list({ target, store, terminal }: AccessSession): Promise<void> {
  const { inForce, troubles } = await readInForce(target, store);
  for (const trouble of troubles) terminal.print(`${paint('red', trouble)}\n`);
  if (inForce === undefined) throw new Error('No documents are in force: nobody can sign in.');
  for (const note of unmatchedNotes(inForce.documents)) terminal.print(`${paint('yellow', '!')} ${note}\n`);
  const context = warningContext(target, store.now());
  terminal.print(`\n${accessTable(inForce.documents, ruleWarnings(inForce.documents, context))}`);
}

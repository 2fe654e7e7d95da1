/** `npm run access`: finds the command and the site, and runs the command on it. */
import { unknownCommand } from '../did-you-mean.ts';
import { typed } from '../npm-options.ts';
import { orLocally } from '../running-site.ts';
import { WrongCall } from '../wrong-call.ts';
import { type AccessAction, accessActions } from './actions.ts';
import { openAccessStore } from './document/store.ts';
import { commonOptions } from './shared/options.ts';
import { accessTarget } from './shared/target.ts';
import { type AccessTerminal, processTerminal } from './shared/terminal.ts';
import { parseAccessArguments } from './shared/typed-rule.ts';
import { accessActionNames } from './usage.ts';

export interface AccessOptions {
  /** Folder with `s3nator.config.ts`. */
  readonly root: string;
  readonly args: readonly string[];
  readonly terminal?: AccessTerminal;
}

function actionNamed(name: string): AccessAction {
  if (Object.hasOwn(accessActions, name)) return accessActions[name as keyof typeof accessActions];
  if (name === '') throw new WrongCall('access: no command given.');
  throw new Error(unknownCommand(name, accessActionNames, 'npm run access --'));
}

/** Runs `npm run access`. Throws a plain `Error` for the person at the terminal. */
export async function accessCommand({ root, args, terminal = processTerminal }: AccessOptions): Promise<void> {
  const {
    values,
    words: [name = '', ...words],
  } = parseAccessArguments(args);
  const action = actionNamed(name);
  const seeHelp = ` Fix: npm run access -- ${name} --help says how it is called`;
  const allowed: readonly string[] = [...Object.keys(commonOptions), ...action.options];
  const strange = Object.keys(values).find((option) => !allowed.includes(option));
  if (strange !== undefined) throw new Error(`--${strange}: not an option of ${name}.${seeHelp}`);
  if (words.length > action.words) throw new Error(`${name}: ${words.at(-1)} is one word too many.${seeHelp}`);
  const command = await action.load();
  const act = command({ values, words, root });
  const { site, 'local-site': local = false } = values;
  const find = () => accessTarget({ root, site, local });
  const target = await (local
    ? find()
    : orLocally({ root, site, command: `npm run access -- ${typed([...args, '--local-site'])}` }, find));
  terminal.print(`${target.title}\n`);
  await act({ target, store: await openAccessStore(target), terminal, yes: values.yes ?? false });
}

/** The table of the access commands: how each is called, what help says about it, and what runs it. */
import type { AccessCommand } from './commands/access-command.ts';
import { type AccessOptionName, ruleOptions } from './shared/options.ts';

export interface AccessAction {
  /** How it is called, after `npm run access --`. */
  readonly call: string;
  /** What help says about it, line by line. */
  readonly help: readonly string[];
  /** Options besides --site, --local-site and --yes. */
  readonly options: readonly AccessOptionName[];
  /** The largest number of words after the command. */
  readonly words: number;
  /** false: it never asks a question, so `--yes` means nothing to it. */
  readonly asks: boolean;
  readonly load: () => Promise<AccessCommand>;
}

const ruleOptionNames = Object.keys(ruleOptions) as (keyof typeof ruleOptions)[];

/** In the order in which help lists them. */
export const accessActions = {
  list: {
    call: 'list',
    help: ['who may see what, by both documents, in the order in which rules are consulted'],
    options: [],
    words: 0,
    asks: false,
    load: async () => (await import('./commands/list.ts')).listCommand,
  },
  'add-rule': {
    call: 'add-rule WHO [--path P] [--until T] [--first | --last | --position N]',
    help: [
      'WHO: --domain D, --email A, --subject ISS SUB, --service-account A, --claim NAME=VALUE (each as often as',
      'needed), --anyone; --issuer I: only accounts of google, cognitoUserPool or an https:// issuer;',
      '--trust-unmanaged: also addresses that the issuer does not manage;',
      'T: a day (to its end, here), a span such as 30d or 12h, or a time with its zone',
    ],
    options: [...ruleOptionNames, 'first', 'last', 'position'],
    words: 0,
    asks: true,
    load: async () => (await import('./commands/rules.ts')).addRuleCommand,
  },
  'remove-rule': {
    call: 'remove-rule N',
    help: ['the rule with this number in the list; or remove-rule WHO [--path P] [--until T]'],
    options: ruleOptionNames,
    words: 1,
    asks: true,
    load: async () => (await import('./commands/rules.ts')).removeRuleCommand,
  },
  block: {
    call: 'block PERSON',
    help: ['refused before any rule; PERSON: an address, or ISS SUB'],
    options: [],
    words: 2,
    asks: true,
    load: async () => (await import('./commands/person-commands.ts')).blockCommand,
  },
  unblock: {
    call: 'unblock PERSON',
    help: [],
    options: [],
    words: 2,
    asks: true,
    load: async () => (await import('./commands/person-commands.ts')).unblockCommand,
  },
  'sign-out': {
    call: 'sign-out PERSON',
    help: ['sessions that began before now end; or sign-out --everyone'],
    options: ['everyone'],
    words: 2,
    asks: true,
    load: async () => (await import('./commands/person-commands.ts')).signOutCommand,
  },
  requests: {
    call: 'requests',
    help: ['who asks for access, and why; --answered: the answers, and who gave them'],
    options: ['answered'],
    words: 0,
    asks: false,
    load: async () => (await import('./commands/access-requests.ts')).requestsCommand,
  },
  approve: {
    call: 'approve WHO [--path P] [--until T]',
    help: ['adds a rule for the account that asks; WHO: its address, or ISS SUB'],
    options: ['path', 'until'],
    words: 2,
    asks: true,
    load: async () => (await import('./commands/access-requests.ts')).approveCommand,
  },
  deny: {
    call: 'deny WHO',
    help: ['refuses the request; the person may ask again after 30 days'],
    options: [],
    words: 2,
    asks: true,
    load: async () => (await import('./commands/access-requests.ts')).denyCommand,
  },
  history: {
    call: 'history',
    help: ['the versions of the live document, and what each changed'],
    options: [],
    words: 0,
    asks: false,
    load: async () => (await import('./commands/history.ts')).historyCommand,
  },
  restore: {
    call: 'restore VERSION',
    help: ['puts an earlier version in force again'],
    options: [],
    words: 1,
    asks: true,
    load: async () => (await import('./commands/history.ts')).restoreCommand,
  },
  edit: {
    call: 'edit',
    help: ['opens the live document in $VISUAL or $EDITOR'],
    options: [],
    words: 0,
    asks: true,
    load: async () => (await import('./commands/edit.ts')).editCommand,
  },
} as const satisfies Record<string, AccessAction>;

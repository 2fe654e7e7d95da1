/** The table of the commands: how each is called, its options, and what runs it. Help and all checks derive from it. */
import { accessActions } from './access/actions.ts';
import { logCall, logOptions, logUsage } from './access/log/options.ts';
import { accessOptions } from './access/shared/options.ts';
import { accessActionNames, accessUsage, actionUsage } from './access/usage.ts';
import { explainOptions } from './explain/options.ts';
import { localOptions, localOptionsOf } from './local-options.ts';
import { type Options, parseOptions, type Values } from './parse-options.ts';
import { endWithParent } from './start/child.ts';
import { typedPath } from './typed-path.ts';

/** What one call of `--help` is about, and what runs it. */
export interface Command {
  /** What `--help` prints. */
  readonly usage: string;
  readonly options: Options;
  /** false: it never asks a question, so that a `yes` among npm's settings means nothing to it. Default: true. */
  readonly asks?: boolean;
  /** The exit code of an error. Default: 1. */
  readonly errorCode?: number;
  /** `args`: what was typed after the name of the command. `root`: the folder with `s3nator.config.ts`. */
  readonly run: (args: readonly string[], root: string) => Promise<void>;
}

export interface TopCommand extends Command {
  /** Its lines in the list of all commands: what it is for, and how it is called. */
  readonly summary: readonly (readonly [purpose: string, call: string])[];
  /** Commands of its own, by the word that comes after its name. */
  readonly actions?: Readonly<Record<string, Command>>;
}

type Act<T extends Options> = (given: {
  readonly values: Values<T>;
  readonly words: readonly string[];
  readonly root: string;
}) => Promise<void>;

/** A command whose words are read here. */
function command<const T extends Options>(
  description: Omit<TopCommand, 'run'> & { readonly options: T; readonly takesWords?: boolean },
  act: Act<T>,
): TopCommand {
  const { takesWords = false, options } = description;
  return {
    ...description,
    run: async (args, root) => act({ ...parseOptions(args, options, { takesWords }), root }),
  };
}

const runAccess: Command['run'] = async (args, root) => {
  const { accessCommand } = await import('./access/command.ts');
  await accessCommand({ root, args });
};

export const commands: Readonly<Record<string, TopCommand>> = {
  start: command(
    {
      summary: [
        [
          'run the whole site on this machine',
          '[--port N] [--content DIR] [--site NAME] [--https] [--open] [--google] [--cookie-seconds N]',
        ],
      ],
      usage: `Usage: npm start -- [options]

  --port N            serves at http://localhost:N; the stand-ins use the next two ports. Default: 8080
  --content DIR       protects this folder. Default: the config's content
  --site NAME         which site of the config; may be left out if it has one
  --https             serves by https, with a certificate of its own: Safari, wget and Python need that
  --open              opens the site in the browser
  --google            signs in with the real Google, and the client ID of the config
  --cookie-seconds N  life of the signed cookies, from 10. Default: the config's
`,
      options: { ...localOptions, open: { type: 'boolean' } },
    },
    async ({ values, root }) => {
      const { start } = await import('./start.ts');
      await start({ root, open: values.open ?? false, ...localOptionsOf(values) });
    },
  ),

  keys: command(
    {
      summary: [['the signing keys', 'create | list | rotate | retire  [--site NAME] [--now]']],
      usage: `Usage: npm run keys -- <action> [--site NAME] [--now]

  create  makes the signer and the next key; refuses if there are keys
  list    the keys, since when CloudFront has them, and what may be done next
  rotate  makes the next key the signer, and a new key the next one; the previous signer stays trusted
  retire  stops trusting the previous signer

  --now   rotate, retire: removes the old key at once, and everyone whom it let in has to sign in again
`,
      options: { site: { type: 'string', value: 'NAME' }, now: { type: 'boolean' } },
      takesWords: true,
    },
    async ({ values: { site, now = false }, words: [action, ...others], root }) => {
      if (others.length > 0) throw new Error(`keys: ${others.join(' ')} is one word too many`);
      const { keysCommand } = await import('./keys.ts');
      await keysCommand({ root, action, site, now });
    },
  ),

  synth: command(
    {
      summary: [
        [
          'synthesize the stack with local values',
          '[--port N] [--content DIR] [--site NAME] [--https] [--google] [--cookie-seconds N]',
        ],
      ],
      usage: `Usage: npm run synth -- [options]

Synthesizes what npm start runs, into .s3nator/cdktf.out. For the deployed stack: npx cdktf synth

  --port N, --content DIR, --site NAME, --https, --google, --cookie-seconds N   as npm start has them
`,
      options: localOptions,
    },
    async ({ values, root }) => {
      endWithParent();
      const { synthCommand } = await import('./synth.ts');
      await synthCommand({ root, ...localOptionsOf(values) });
    },
  ),

  upload: command(
    {
      summary: [['upload a site that is built elsewhere', 'DIR [--site NAME] [--dry-run] [--delete]']],
      usage: `Usage: npm run upload -- DIR [--site NAME] [--dry-run] [--delete]

  DIR        the site as it was built
  --dry-run  lists what would change, and writes nothing
  --delete   deletes what is in the bucket and not in DIR, except what the deploy put there
`,
      options: {
        site: { type: 'string', value: 'NAME' },
        'dry-run': { type: 'boolean' },
        delete: { type: 'boolean' },
      },
      takesWords: true,
    },
    async ({ values: { site, 'dry-run': dryRun = false, delete: remove = false }, words: folders, root }) => {
      const { uploadCommand } = await import('./upload/command.ts');
      await uploadCommand({ root, folders: folders.map((folder) => typedPath(folder)), site, dryRun, remove });
    },
  ),

  access: {
    summary: [
      ['who may see what, without a deploy', accessActionNames.filter((name) => name !== 'log').join(' | ')],
      ['who got in and who did not', logCall.replace('log', 'log ')],
    ],
    usage: accessUsage,
    options: accessOptions,
    run: runAccess,
    actions: {
      ...Object.fromEntries(
        Object.entries(accessActions).map(([name, action]) => [
          name,
          {
            usage: actionUsage(action),
            options: accessOptions,
            asks: action.asks,
            run: (args, root) => runAccess([name, ...args], root),
          } satisfies Command,
        ]),
      ),
      log: {
        usage: logUsage,
        options: logOptions,
        run: async (args, root) => {
          const { accessLog } = await import('./access/log/command.ts');
          await accessLog({ root, args });
        },
      },
    },
  },

  explain: {
    summary: [
      [
        'who may see a path, and why',
        'ADDRESS PATH  [--live | --local-site | --file F] [--hd D] [--token FILE] [--site NAME]',
      ],
    ],
    usage: `Usage: npm run explain -- ADDRESS PATH [options]

  --live          uses the documents that are in force at the deployed site
  --local-site    uses those of the site that npm start runs
  --file F        uses F as the live document, over the rules of s3nator.config.ts
                  (none of these: only the rules of s3nator.config.ts)
  --hd DOMAIN     the account's Workspace domain, or none. Default: both answers, if they differ
  --via NAME      who signs the account in to the user pool: a provider's name, or Cognito for the pool's own accounts.
                  Default: every answer, if they differ
  --issuer I      google, cognitoUserPool or an https:// issuer of the config. Default: Google, or the first one
  --subject ISS SUB, --claim NAME=VALUE   more about the account
  --token FILE    the account of this ID token, instead of ADDRESS
  --site NAME

Exit code: 0 if allowed, 1 if not, 2 if it depends or cannot be determined.
`,
    options: explainOptions,
    // Scripts tell `not allowed`, which is 1, from `cannot be told`.
    errorCode: 2,
    run: async (args, root) => {
      const { explainCommand } = await import('./explain/command.ts');
      const allowed = await explainCommand({ root, args });
      if (allowed !== true) process.exitCode = allowed === undefined ? 2 : 1;
    },
  },

  build: command(
    {
      summary: [['build the Lambda and the elements', '']],
      usage: `Usage: npm run build

Builds the Lambda and the elements into dist.
`,
      options: {},
    },
    async () => {
      endWithParent();
      const { build } = await import('./build.ts');
      await build();
    },
  ),
};

export const commandNames: readonly string[] = Object.keys(commands);

/** What is called by these words: a command, or one of its actions; and the words that are left for it. */
export function calledBy([name = '', ...args]: readonly string[]): {
  readonly command: Command | undefined;
  readonly args: readonly string[];
} {
  const top = Object.hasOwn(commands, name) ? commands[name] : undefined;
  const [word = '', ...others] = args;
  const action = Object.hasOwn(top?.actions ?? {}, word) ? top?.actions?.[word] : undefined;
  return action === undefined ? { command: top, args } : { command: action, args: others };
}

/** Every option of every command. */
export const allOptions: Options = Object.assign(
  {},
  ...Object.values(commands).flatMap(({ options, actions = {} }) => [
    options,
    ...Object.values(actions).map((action) => action.options),
  ]),
);

/** What `s3nator --help` prints. */
export const usage = [
  'Usage: s3nator <command> [options]',
  '',
  'Commands',
  ...Object.entries(commands).flatMap(([name, { summary }]) =>
    summary.map(([purpose, call]) => `  ${name.padEnd(8)}${purpose.padEnd(41)}${call}`.trimEnd()),
  ),
  '',
  '  s3nator <command> --help says more about each.',
  '',
].join('\n');

/** The help of the access commands, from their table. */
import { type AccessAction, accessActions } from './actions.ts';

/** `log` has its own help. In the help of all access commands, it is one line. */
const log = {
  call: 'log',
  help: ['who got in and who did not; its own options: log --help'],
};

type Described = Pick<AccessAction, 'call' | 'help'>;

const { edit, ...others } = accessActions;
const described: Readonly<Record<string, Described>> = { ...others, log, edit };

/** The words that may follow `npm run access --`. */
export const accessActionNames: readonly string[] = Object.keys(described);

/** The column where the descriptions begin. */
const indentation = 28;

/** The lines of one command in the help of all. */
export function actionText({ call, help }: Described): readonly string[] {
  const isShort = call.length + 3 < indentation;
  const [first = '', ...further] = isShort ? help : ['', ...help];
  const head = `  ${call}`.padEnd(indentation);
  return [`${head}${first}`.trimEnd(), ...further.map((line) => ' '.repeat(indentation) + line)];
}

const commonLines = [
  '  --local-site  the site that npm start runs, not the deployed one',
  '  --yes         writes without asking',
];

/** What `access --help` prints. */
export const accessUsage = [
  'Usage: npm run access -- <command> [--site NAME] [--local-site]',
  '',
  'Commands',
  ...Object.values(described).flatMap(actionText),
  '',
  ...commonLines,
  '',
].join('\n');

/** What `--help` of one access command prints. */
export const actionUsage = ({ call, help }: Described): string =>
  [
    `Usage: npm run access -- ${call} [--site NAME] [--local-site] [--yes]`,
    '',
    ...help.map((line) => `  ${line}`),
    '',
    ...commonLines,
    '',
  ].join('\n');

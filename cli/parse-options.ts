/** Reads the options of a command. Refuses what is given twice, empty, unknown or one word too many, by its name. */
import { parseArgs } from 'node:util';

/** An option of a command. */
export type Option =
  | { readonly type: 'boolean' }
  | {
      readonly type: 'string';
      /** What help calls the value, such as `NAME`. */
      readonly value: string;
      /** It may be given several times. */
      readonly multiple?: true;
    };

/** Options by their names without the hyphens. */
export type Options = Readonly<Record<string, Option>>;

type ValueOf<T extends Option> = T extends { type: 'boolean' }
  ? boolean
  : T extends { multiple: true }
    ? string[]
    : string;

/** What the options were given; an option that was not given is missing. */
export type Values<T extends Options> = { readonly [Name in keyof T]?: ValueOf<T[Name]> };

/**
 * Old names that still work. npm takes `--local` for the beginning of its own `--local-address`, and leaves no trace of
 * it: a command where `--` was forgotten could not tell that it was typed.
 */
const oldNames = new Map([['--local', '--local-site']]);

/** Words with the names of today, up to a `--`. */
function renamed(args: readonly string[]): string[] {
  const end = args.indexOf('--');
  return args.map((word, at) => (end >= 0 && at > end ? word : (oldNames.get(word) ?? word)));
}

/** Node's own words for a wrong option, in ours. */
function explained(error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  const name = /'(--[^' ]*)/.exec(message ?? '')?.[1];
  if (code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL') {
    return new Error(
      `${/'(.*?)'\./s.exec(message)?.[1] ?? 'a word'} is one word too many. Fix: --help says what may be typed`,
    );
  }
  if (code !== 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE' || name === undefined) return error;
  return message.includes('does not take an argument')
    ? new Error(`${name}: takes no value. Fix: ${name} alone`)
    : new Error(`${name}: no value given. Fix: ${name} VALUE, or ${name}=VALUE for one that begins with a hyphen`);
}

interface Parsed<T extends Options> {
  readonly values: Values<T>;
  /** What is not an option. */
  readonly words: readonly string[];
}

function parsedTokens(args: readonly string[], options: Options, allowPositionals: boolean) {
  try {
    return parseArgs({ args: renamed(args), options, allowPositionals, tokens: true });
  } catch (error) {
    throw explained(error);
  }
}

/** Reads options, and words if `takesWords`. An option that may be given once is given once, and no value is empty. */
export function parseOptions<const T extends Options>(
  args: readonly string[],
  options: T,
  { takesWords = false } = {},
): Parsed<T> {
  const { values, positionals, tokens } = parsedTokens(args, options, takesWords);
  const seen = new Set<string>();
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const { name, value } = token;
    const option = options[name];
    const isMultiple = option?.type === 'string' && option.multiple === true;
    if (seen.has(name) && !isMultiple) throw new Error(`--${name}: given twice; allowed: once`);
    if (value === '') throw new Error(`--${name}: got an empty value. Fix: give one, or leave --${name} out`);
    seen.add(name);
  }
  return { values: values as Values<T>, words: positionals };
}

/** Reads the words of a command: what is twice, empty, unknown or one too many is refused by its name. */
import { type ParseArgsConfig, parseArgs } from 'node:util';

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

type Parsed<T extends ParseArgsConfig> = ReturnType<typeof parseArgs<T>>;

/** Node's own words for a wrong option, in ours. */
function explained(error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  const name = /'(?:-\w, )?(--[^' ]*)/.exec(message ?? '')?.[1];
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

/** As `parseArgs`, and stricter: an option that may be given once is given once, and no value is empty. */
export function parseOptions<const T extends ParseArgsConfig>(config: T): Parsed<T> {
  const { options = {} } = config;
  let parsed: ReturnType<typeof parseArgs>;
  try {
    const args = renamed(config.args ?? process.argv.slice(2));
    parsed = parseArgs({ ...config, args, tokens: true }) as typeof parsed;
  } catch (error) {
    throw explained(error);
  }
  const seen = new Set<string>();
  const tokens = (parsed as { tokens?: readonly { kind: string; name?: string; value?: string }[] }).tokens ?? [];
  for (const token of tokens) {
    if (token.kind !== 'option' || token.name === undefined) continue;
    const { name, value } = token;
    if (seen.has(name) && options[name]?.multiple !== true) throw new Error(`--${name}: given twice; allowed: once`);
    if (value === '') throw new Error(`--${name}: got an empty value. Fix: give one, or leave --${name} out`);
    seen.add(name);
  }
  return parsed as Parsed<T>;
}

/** Reads people and rules from the command line, checks them by the contract, and names the option that is wrong. */
import * as v from 'valibot';
import {
  type AccessRule,
  accessRuleSchema,
  isRulePath,
  type Person,
  pathProblem,
  personProblem,
  personSchema,
  type UnmatchableName,
  unmatchable,
} from '../../../contract/access-rules.ts';
import { addressProblem, canonical, domainProblem } from '../../../contract/address.ts';
import { sentPath } from '../../../contract/rule-path.ts';
import { visible } from '../../../contract/visible-text.ts';
import { parseOptions } from '../../parse-options.ts';
import { accessOptions, type RuleWords } from './options.ts';
import { allowedUntil, untilOf } from './until.ts';

const separator = '\n';

/** What an option looks like: all of ours have lower-case names. */
const optionForm = /^--([a-z-]+(=|$)|$)/;

/**
 * Prepares what `parseArgs` does not support: `--subject ISS SUB` takes two words, and a word that begins with a dash
 * may be a version of an object or an address.
 */
export function prepared(args: readonly string[]): string[] {
  const words: string[] = [];
  const dashed: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const word = args[at] ?? '';
    if (word.startsWith('-') && !optionForm.test(word)) dashed.push(word);
    else if (word !== '--subject') words.push(word);
    else {
      const [issuer, subject] = args.slice(at + 1, at + 3);
      if (issuer === undefined || subject === undefined || subject.startsWith('--')) {
        throw new Error('--subject: allowed: two words, the issuer and the `sub`');
      }
      words.push(`--subject=${issuer}${separator}${subject}`);
      at += 2;
    }
  }
  return dashed.length === 0 ? words : [...words, '--', ...dashed];
}

export const parseAccessArguments = (args: readonly string[]) =>
  parseOptions(prepared(args), accessOptions, { takesWords: true });

export const subjectOf = (joined: string): { issuer: string; subject: string } => {
  const [issuer = '', subject = ''] = joined.split(separator);
  return { issuer, subject };
};

/** The value as it was typed, because rules compare values as text. A JSON string, such as `"a b"`, is unquoted. */
function claimValue(typed: string): string {
  try {
    const value: unknown = JSON.parse(typed);
    return typeof value === 'string' ? value : typed;
  } catch {
    return typed;
  }
}

/** Turns `NAME=VALUE` words into names with lists of values. */
export function claimsOf(words: readonly string[]): Record<string, string[]> {
  const claims = new Map<string, string[]>();
  for (const word of words) {
    const at = word.indexOf('=');
    if (at < 1) throw new Error(`--claim: got ${word}; allowed: NAME=VALUE`);
    const name = word.slice(0, at);
    claims.set(name, [...new Set([...(claims.get(name) ?? []), claimValue(word.slice(at + 1))])]);
  }
  return Object.fromEntries(claims);
}

/** The option that sets each field of a rule. */
const optionOf: Readonly<Record<string, string>> = {
  issuer: '--issuer',
  hostedDomains: '--domain',
  emails: '--email',
  subjects: '--subject',
  serviceAccounts: '--service-account',
  claims: '--claim',
  path: '--path',
  until: '--until',
};

const shown = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing'));

/** The people that the options name; undefined if they name nobody. */
function whoOf(words: RuleWords): Record<string, unknown> | undefined {
  const who = {
    ...(words.domain && { hostedDomains: words.domain }),
    ...(words.email && { emails: words.email }),
    ...(words.subject && { subjects: words.subject.map(subjectOf) }),
    ...(words['service-account'] && { serviceAccounts: words['service-account'] }),
    ...(words.claim && { claims: claimsOf(words.claim) }),
    ...(words.anyone && { anyone: true }),
  };
  if (Object.keys(who).length === 0) return undefined;
  const limits = {
    ...(words.issuer !== undefined && { issuer: words.issuer }),
    ...(words['trust-unmanaged'] && { trustUnmanaged: true }),
  };
  return { ...who, ...limits };
}

/** What a field may be, in more detail than in the schema of stored documents. */
function allowedIn(field: string | undefined, value: unknown): string | undefined {
  if (field === 'until') return allowedUntil;
  if (typeof value !== 'string') return undefined;
  if (field === 'hostedDomains') return domainProblem(canonical(value));
  return field === 'emails' || field === 'serviceAccounts' ? addressProblem(canonical(value)) : undefined;
}

/** What earlier versions accepted, and what is not written any more. */
const writeProblems = (rules: AccessRule[]): readonly UnmatchableName[] => [
  ...unmatchable({ blocked: [], rules }),
  ...rules.flatMap(({ path }, place) => {
    const allowed = pathProblem(path);
    return allowed === undefined ? [] : [{ path: ['rules', place, 'path'], name: path, allowed }];
  }),
];

/**
 * The path in the form that browsers send. A path of a stored rule (`stored`) may have another form. The schema refuses
 * what has no such form.
 */
const keptPath = (path: string, stored: boolean): string =>
  stored && isRulePath(path) ? path : (sentPath(path) ?? path);

/** How the path was understood, if it was typed in another form than the one that browsers send. */
export function pathFormNotes({ path }: Pick<RuleWords, 'path'>): string[] {
  const sent = path === undefined ? undefined : sentPath(path);
  return sent === undefined || sent === path ? [] : [formNote(path ?? '', sent)];
}

export const formNote = (typed: string, sent: string): string =>
  `${visible(typed)} is stored as ${sent}, the form that browsers send`;

/**
 * The rule that the options describe. Throws one line for each wrong option. `stored`: the rule may have names that no
 * token can have, as documents of earlier versions do. `now`: where a span of `--until` starts.
 */
export function ruleOf(words: RuleWords, { stored = false, now = new Date() } = {}): AccessRule {
  const who = whoOf(words);
  if (who === undefined) {
    throw new Error('Who? Name at least one of --domain, --email, --subject, --service-account, --claim, --anyone');
  }
  const given = {
    who,
    ...(words.path !== undefined && { path: keptPath(words.path, stored) }),
    ...(words.until !== undefined && { until: untilOf(words.until, now).time }),
  };
  const lineFor = (steps: readonly string[], value: unknown, allowed: string): string => {
    const field = steps.find((step) => Object.hasOwn(optionOf, step));
    return `${optionOf[field ?? ''] ?? 'rule'}: got ${visible(shown(value))}; allowed: \
${allowedIn(field, value) ?? allowed}`;
  };
  const result = v.safeParse(accessRuleSchema, given);
  const lines = result.success
    ? writeProblems(stored ? [] : [result.output]).map(({ path, name, allowed }) =>
        lineFor(path.map(String), name, allowed),
      )
    : result.issues.map(({ path = [], message }) =>
        lineFor(
          path.map(({ key }) => String(key)),
          path.at(-1)?.value,
          message,
        ),
      );
  if (result.success && lines.length === 0) return result.output;
  throw new Error([...new Set(lines)].join('\n'));
}

/**
 * One address, or an issuer and a `sub`. The person may be one that only an earlier version accepted. Throws one line
 * if the words are neither.
 */
export function storedPersonOf(words: readonly string[]): Person {
  const [first, second] = words;
  const given = second === undefined ? first : { issuer: first, subject: second };
  const result = v.safeParse(personSchema, given);
  if (result.success && words.length <= 2) return result.output;
  throw new Error(
    `person: got ${words.length === 0 ? 'nothing' : visible(words.join(' '))}; allowed: a whole address such as \
alice@example.com, or the issuer and the \`sub\` of an account`,
  );
}

/** The same, but refuses a person that no token can be about. */
export function personOf(words: readonly string[]): Person {
  const [address = ''] = words;
  const problem = words.length === 1 && address.includes('@') ? addressProblem(canonical(address)) : undefined;
  if (problem !== undefined) throw new Error(`person: got ${visible(address)}; allowed: ${problem}`);
  const person = storedPersonOf(words);
  const wrong = personProblem(person);
  if (wrong === undefined || typeof person === 'string') return person;
  throw new Error(`person: got ${visible(person.subject)}; allowed: ${wrong}`);
}

/** Notes about addresses and domains that were not typed in lower case, in which they are stored and compared. */
export const spellingNotes = (typed: readonly string[]): string[] =>
  typed
    .map((text) => [text, canonical(text)] as const)
    .filter(([text, kept]) => text !== kept)
    .map(
      ([text, kept]) =>
        `${visible(text)} is stored as ${visible(kept)}, because addresses and domains are compared in lower case`,
    );

/** Addresses and domains among the options of a rule. */
export const typedPeople = (words: RuleWords): readonly string[] => [
  ...(words.domain ?? []),
  ...(words.email ?? []),
  ...(words['service-account'] ?? []),
];

/** How a day or a span of `--until` was understood. `now`: the same as for the rule. */
export function untilNotes({ until }: Pick<RuleWords, 'until'>, now: Date): string[] {
  const note = until === undefined ? undefined : untilOf(until, now).note;
  return note === undefined ? [] : [note];
}

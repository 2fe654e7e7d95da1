/** Owns how people, rules and times of the access documents are written for an operator. Pure; no colour, no layout. */
import type { AccessRule, Person } from '../../contract/access-rules.ts';

/** How many of a long list are shown. */
const shownPeople = 3;

/** Without what moves the cursor, turns the writing round or cannot be seen: a document must not paint somebody's terminal. */
export const plain = (text: string): string =>
  // A fourth mark on one letter begins to paint over the lines around.
  text.replace(
    /[\p{Cc}\p{Cf}\p{DI}\p{Zl}\p{Zp}\p{Cs}\u2800]|\p{M}(?<=\p{M}{4})/gu,
    (found) => `\\u{${found.codePointAt(0)?.toString(16)}}`,
  );

/** What a shell takes as it stands. */
const shellWord = /^[\w@%+=:,./-]+$/;

/** A word of somebody else's that an operator may copy into a command: a shell runs nothing of it. */
export const copyable = (word: string): string =>
  shellWord.test(word) ? word : `'${plain(word).replaceAll("'", "'\\''")}'`;

export const personText = (person: Person): string =>
  plain(typeof person === 'string' ? person : `${person.subject} of ${person.issuer}`);

/** `a, b, c and 7 more`. */
export function listText(texts: readonly string[], shown = shownPeople): string {
  if (texts.length <= shown + 1) return texts.join(', ');
  return `${texts.slice(0, shown).join(', ')} and ${(texts.length - shown).toLocaleString('en')} more`;
}

const claimsText = (claims: NonNullable<AccessRule['who']['claims']>): string =>
  Object.entries(claims)
    .map(([name, values]) => `${plain(name)} = ${listText(values.map((value) => plain(JSON.stringify(value))))}`)
    .join(' and ');

/** Who a rule names, in the order of the fields. */
export function whoText({ who }: AccessRule): string {
  const lists: string[] = [];
  if (who.anyone) lists.push('anyone who signs in');
  if (who.hostedDomains?.length) lists.push(`accounts of ${listText(who.hostedDomains.map(plain))}`);
  if (who.emails?.length) lists.push(listText(who.emails.map(plain)) + (who.trustUnmanaged ? ' (unmanaged, too)' : ''));
  if (who.subjects?.length) lists.push(`account ${listText(who.subjects.map(personText))}`);
  if (who.serviceAccounts?.length) lists.push(`service account ${listText(who.serviceAccounts.map(plain))}`);
  const namesLists = [who.hostedDomains, who.emails, who.subjects, who.serviceAccounts].some(
    (list) => list !== undefined,
  );
  const people = lists.length > 0 ? lists.join(', ') : namesLists || who.claims === undefined ? 'nobody' : 'everyone';
  const named = who.claims === undefined ? people : `${people} with ${claimsText(who.claims)}`;
  return who.issuer === undefined ? named : `${named}, by ${plain(who.issuer)}`;
}

/** The rule in one line. */
export const ruleText = (rule: AccessRule): string =>
  `${whoText(rule)} → ${rule.path}${rule.until === undefined ? '' : ` until ${rule.until}`}`;

/** UTC, to the second. */
export const timeText = (time: Date | number): string =>
  `${new Date(time).toISOString().slice(0, 19).replace('T', ' ')}Z`;

/** As an access document has it: whole seconds, rounded up. */
export const documentTime = (ms: number): string =>
  new Date(Math.ceil(ms / 1000) * 1000).toISOString().replace('.000Z', 'Z');

/** Life of cookies or sessions, in the largest whole unit. */
export function durationText(seconds: number): string {
  const units = [
    [86_400, 'day'],
    [3_600, 'hour'],
    [60, 'minute'],
  ] as const;
  const [size, name] = units.find(([length]) => seconds % length === 0 && seconds >= length) ?? [1, 'second'];
  const count = seconds / size;
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}

/** Versions are long; their beginnings tell them apart. */
export const shortVersion = (version: string): string => plain(version).slice(0, 8);

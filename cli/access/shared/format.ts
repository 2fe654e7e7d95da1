/** How people, rules and times are written for an operator. */
import type { AccessRule, Person } from '../../../contract/access-rules.ts';
import { visible } from '../../../contract/visible-text.ts';
import { listText } from '../../../stacks/text/list-text.ts';

/** What a shell needs no quotes for. */
const shellWord = /^[\w@%+=:,./-]+$/;

/** Quotes a word that somebody else wrote, so that an operator can copy it into a shell safely. */
export const copyable = (word: string): string =>
  shellWord.test(word) ? word : `'${visible(word).replaceAll("'", "'\\''")}'`;

export const personText = (person: Person): string =>
  visible(typeof person === 'string' ? person : `${person.subject} of ${person.issuer}`);

const claimsText = (claims: NonNullable<AccessRule['who']['claims']>): string =>
  Object.entries(claims)
    .map(([name, values]) => `${visible(name)} = ${listText(values.map((value) => visible(JSON.stringify(value))))}`)
    .join(' and ');

/** Who a rule names, in the order of the fields. */
export function whoText({ who }: AccessRule): string {
  const lists: string[] = [];
  if (who.anyone) lists.push('anyone who signs in');
  if (who.hostedDomains?.length) lists.push(`accounts of ${listText(who.hostedDomains.map(visible))}`);
  if (who.emails?.length)
    lists.push(listText(who.emails.map(visible)) + (who.trustUnmanaged ? ' (unmanaged, too)' : ''));
  if (who.subjects?.length) lists.push(`account ${listText(who.subjects.map(personText))}`);
  if (who.serviceAccounts?.length) lists.push(`service account ${listText(who.serviceAccounts.map(visible))}`);
  const namesLists = [who.hostedDomains, who.emails, who.subjects, who.serviceAccounts].some(
    (list) => list !== undefined,
  );
  const people = lists.length > 0 ? lists.join(', ') : namesLists || who.claims === undefined ? 'nobody' : 'everyone';
  const named = who.claims === undefined ? people : `${people} with ${claimsText(who.claims)}`;
  return who.issuer === undefined ? named : `${named}, by ${visible(who.issuer)}`;
}

/** The rule in one line. */
export const ruleText = (rule: AccessRule): string =>
  `${whoText(rule)} → ${rule.path}${rule.until === undefined ? '' : ` until ${rule.until}`}`;

/** UTC, to the second. */
export const timeText = (time: Date | number): string =>
  `${new Date(time).toISOString().slice(0, 19).replace('T', ' ')}Z`;

/** A time as access documents write it: whole seconds, rounded up. */
export const documentTime = (ms: number): string =>
  new Date(Math.ceil(ms / 1000) * 1000).toISOString().replace('.000Z', 'Z');

/** A duration in the largest unit that fits exactly. */
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

/** Version IDs are long, and their first characters are enough to tell them apart. */
export const shortVersion = (version: string): string => visible(version).slice(0, 8);

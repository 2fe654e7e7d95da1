/** Each change as a pure function: it takes the live document, and returns the new one and notes about it. */
import type { AccessDocument, AccessRule, Person } from '../../../contract/access-rules.ts';
import { isSamePerson } from '../../../contract/person.ts';
import { documentTime, personText, ruleText } from '../shared/format.ts';

/** The document to write, or why there is nothing to write. */
export type Change =
  | { readonly kind: 'changed'; readonly document: AccessDocument; readonly notes: readonly string[] }
  | { readonly kind: 'unchanged'; readonly why: string };

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

/** As it is stored and shown in a diff. */
export const documentText = (document: AccessDocument): string => `${JSON.stringify(document, null, 2)}\n`;

const fieldOrder = [
  'issuer',
  'anyone',
  'hostedDomains',
  'emails',
  'trustUnmanaged',
  'subjects',
  'serviceAccounts',
  'claims',
];

/**
 * Sorts the fields, so that two rules with the same meaning are equal. Drops no field: a lost condition opens the rule.
 */
export function orderedFields({ who, path, until }: AccessRule): AccessRule {
  const names = [...new Set([...fieldOrder, ...Object.keys(who)])] as (keyof typeof who)[];
  const kept = names.filter((name) => who[name] !== undefined).map((name) => [name, who[name]]);
  return { who: Object.fromEntries(kept), path, ...(until !== undefined && { until }) };
}

function once<T>(list: readonly T[], repeated: (item: T) => void): T[] {
  const seen = new Set<string>();
  return list.filter((item) => {
    const key = JSON.stringify(item);
    if (seen.has(key)) repeated(item);
    const isNew = !seen.has(key);
    seen.add(key);
    return isNew;
  });
}

/** Removes duplicates, which changes nobody's access. `notes`: what was removed. */
export function tidied(document: AccessDocument): {
  readonly document: AccessDocument;
  readonly notes: readonly string[];
} {
  const notes: string[] = [];
  const blocked = once(document.blocked, (person) =>
    notes.push(`${personText(person)} was listed twice among the blocked; kept once`),
  );
  const rules = document.rules.map((rule) => {
    const { who } = rule;
    const twice = (person: Person): void =>
      void notes.push(`${personText(person)} was listed twice in one rule; kept once`);
    return orderedFields({
      ...rule,
      who: {
        ...who,
        ...(who.hostedDomains && { hostedDomains: once(who.hostedDomains, twice) }),
        ...(who.emails && { emails: once(who.emails, twice) }),
        ...(who.subjects && { subjects: once(who.subjects, twice) }),
        ...(who.serviceAccounts && { serviceAccounts: once(who.serviceAccounts, twice) }),
      },
    });
  });
  const kept = once(rules, (rule) => notes.push(`this rule was listed twice; kept the first: ${ruleText(rule)}`));
  return { document: { ...document, blocked, rules: kept }, notes };
}

const changed = (document: AccessDocument): Change => ({ kind: 'changed', ...tidied(document) });

/** `position`: from 1, among the live rules; default: after the last one. */
export function withRule(live: AccessDocument, rule: AccessRule, position = live.rules.length + 1): Change {
  const added = orderedFields(rule);
  const place = live.rules.map(orderedFields).findIndex((other) => same(other, added));
  if (place >= 0) return { kind: 'unchanged', why: `rule ${place + 1} already says this: ${ruleText(rule)}` };
  return changed({ ...live, rules: live.rules.toSpliced(position - 1, 0, added) });
}

/** `place`: from 0, among the live rules. */
export const withoutRule = (live: AccessDocument, place: number): Change =>
  changed({ ...live, rules: live.rules.toSpliced(place, 1) });

export function block(live: AccessDocument, person: Person): Change {
  if (live.blocked.some((other) => isSamePerson(other, person))) {
    return { kind: 'unchanged', why: `${personText(person)} is blocked already` };
  }
  return changed({ ...live, blocked: [...live.blocked, person] });
}

export function unblock(live: AccessDocument, person: Person): Change {
  const blocked = live.blocked.filter((other) => !isSamePerson(other, person));
  if (blocked.length === live.blocked.length)
    return { kind: 'unchanged', why: `${personText(person)} is not blocked by a live document` };
  return changed({ ...live, blocked });
}

/** `person`: undefined for everyone. `now`: milliseconds since 1970; sessions that began before it are not renewed. */
export function signOut(live: AccessDocument, person: Person | undefined, now: number): Change {
  const { everyone, people = [] } = live.signedOutBefore ?? {};
  const last = person === undefined ? everyone : people.find(({ who }) => isSamePerson(who, person))?.before;
  // Somebody may have written a later time by hand, which stays in force.
  const before = documentTime(Math.max(now, last === undefined ? 0 : Date.parse(last)));
  if (person === undefined) {
    // Entries from before this time have no effect anymore.
    const later = people.filter((entry) => Date.parse(entry.before) > Date.parse(before));
    return changed({ ...live, signedOutBefore: { everyone: before, ...(later.length > 0 && { people: later }) } });
  }
  const others = people.filter(({ who }) => !isSamePerson(who, person));
  return changed({
    ...live,
    signedOutBefore: { ...(everyone !== undefined && { everyone }), people: [...others, { who: person, before }] },
  });
}

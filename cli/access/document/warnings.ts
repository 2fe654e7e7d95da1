/** Warnings about the rules in force: what never matches, and where an earlier rule takes precedence. */

import { claimText } from '../../../api/decide/access-decision.ts';
import { type AccessRule, personProblem, ruleDoubts } from '../../../contract/access-rules.ts';
import { isAddress, isDomain } from '../../../contract/address.ts';
import type { SiteConfig } from '../../../contract/config.ts';
import { googleIssuer } from '../../../contract/layout.ts';
import { personKey } from '../../../contract/person.ts';
import {
  blockedPeople,
  type Documents,
  type OrderedRule,
  orderedRules,
  pathCovers,
} from '../../../contract/rule-order.ts';
import { visible } from '../../../contract/visible-text.ts';
import { deadAddresses, workspacesOf } from '../../../stacks/login/address-trust.ts';
import { listText } from '../../../stacks/text/list-text.ts';
import { personText } from '../shared/format.ts';
import { fullIssuer, type KnownSite, knowsIssuer } from './issuers.ts';

export interface WarningContext {
  /** Names of the claims that sessions keep. */
  readonly claimNames: readonly string[];
  /** Whether the site has a provider with this issuer, or of this kind. */
  readonly knowsIssuer: (issuer: string) => boolean;
  readonly providers: SiteConfig['providers'];
  /** Milliseconds since 1970. */
  readonly now: number;
}

export const warningContext = (
  site: KnownSite & { readonly config: Pick<SiteConfig, 'session'> },
  now: number,
): WarningContext => ({
  claimNames: site.config.session.claims,
  knowsIssuer: knowsIssuer(site),
  providers: site.config.providers,
  now,
});

/** One thing that a rule names, and the keys under which an earlier rule would have named it already. */
interface Entry {
  readonly key: string;
  readonly text: string;
  readonly coveredBy: readonly string[];
}

const serviceAccountAddress = /[@.]gserviceaccount\.com$/;
const consumerDomains = new Set(['gmail.com', 'googlemail.com']);
/** The largest number of rules with the same name that are compared. A team's documents have a few. */
const comparedRules = 50;

const domainOf = (email: string): string => email.slice(email.indexOf('@') + 1);

function entriesOf({ who }: AccessRule): readonly Entry[] {
  const trusted = who.trustUnmanaged === true;
  const entries: Entry[] = [];
  const issuer = who.issuer && fullIssuer(who.issuer);
  const scoped = (key: string, of: string | undefined): string => `${of ?? 'any issuer'} ${key}`;
  const add = (key: string, text: string, ...others: string[]): void => {
    // `anyone` without an issuer means the people of the first provider.
    const unscoped = [key, ...others].filter(
      (each) => each !== 'anyone' || issuer === undefined || issuer === googleIssuer,
    );
    const coveredBy = unscoped.map((each) => scoped(each, undefined));
    if (issuer !== undefined) coveredBy.push(...[key, ...others].map((each) => scoped(each, issuer)));
    entries.push({ key: scoped(key, issuer), text: visible(text), coveredBy });
  };
  if (who.anyone) add('anyone', 'anyone');
  for (const domain of who.hostedDomains ?? []) add(`domain ${domain}`, `accounts of ${domain}`, 'anyone');
  for (const email of who.emails ?? []) {
    // A rule for managed addresses leaves the unmanaged ones to a later rule.
    if (trusted) add(`unmanaged ${email}`, email, 'anyone');
    else add(`email ${email}`, email, `unmanaged ${email}`, `domain ${domainOf(email)}`, 'anyone');
  }
  for (const subject of who.subjects ?? []) {
    add(`subject ${subject.issuer} ${subject.subject}`, personText(subject), 'anyone');
  }
  for (const account of who.serviceAccounts ?? []) add(`service ${account}`, account);
  if (who.claims !== undefined && entries.length === 0) add('claims', 'everyone with these claims', 'anyone');
  return entries;
}

const ended = ({ until }: AccessRule, now: number): boolean => until !== undefined && Date.parse(until) <= now;

const unkeptClaims = ({ claims }: AccessRule['who'], kept: readonly string[]): string[] =>
  Object.keys(claims ?? {}).filter((name) => !kept.includes(name));

/** Why the rule alone admits nobody, or not everyone whom it names. */
function ownWarnings(
  rule: AccessRule,
  { claimNames, knowsIssuer, providers, now }: WarningContext,
  workspaces: ReadonlySet<string>,
): string[] {
  const { who, until } = rule;
  if (until !== undefined && Date.parse(until) <= now) return [`ended at ${until}, and opens nothing`];
  const warnings: string[] = [];
  const never = (texts: readonly string[], why: string): void => {
    if (texts.length > 0) warnings.push(`never matches ${listText(texts.map(visible))}: ${why}`);
  };
  const emails = who.emails ?? [];
  const ofGoogle = who.issuer === undefined || fullIssuer(who.issuer) === googleIssuer;
  never(
    unkeptClaims(who, claimNames).map((name) => `the claim ${name}`),
    'session.claims of the config does not name it, so no session keeps it',
  );
  never(
    Object.values(who.claims ?? {})
      .flat()
      .filter((value) => claimText(value) === undefined)
      .map((value) => `the number ${value}`),
    'JSON numbers of this size are not exact; write it as a string',
  );
  never(
    (who.hostedDomains ?? []).filter((domain) => ofGoogle && consumerDomains.has(domain)),
    'such accounts belong to no domain; name their addresses',
  );
  never(
    emails.filter((email) => serviceAccountAddress.test(email)),
    'only serviceAccounts admits a service account',
  );
  never(
    [...emails, ...(who.serviceAccounts ?? [])].filter((email) => !isAddress(email)),
    'no token can have such an address',
  );
  never(
    (who.hostedDomains ?? []).filter((domain) => !isDomain(domain)),
    'no account belongs to such a domain',
  );
  never(
    (who.serviceAccounts ?? []).filter((account) => !serviceAccountAddress.test(account)),
    'it is not the address of a service account',
  );
  never(
    (who.subjects ?? []).filter(({ issuer }) => !knowsIssuer(issuer)).map(personText),
    'no provider of this site has this issuer',
  );
  never(
    (who.subjects ?? []).filter((account) => personProblem(account) !== undefined).map(personText),
    'Google writes a number there',
  );
  if (who.issuer !== undefined) {
    never(
      [who.issuer].filter((issuer) => !knowsIssuer(issuer)),
      'no provider of this site has this issuer',
    );
  }
  warnings.push(...deadAddresses(who, { providers, workspaces }).map(visible));
  if (entriesOf({ who, path: '/*' }).length === 0) warnings.push('names nobody');
  warnings.push(...ruleDoubts(rule));
  return warnings;
}

/** Which people of the rule an earlier rule names, so that the earlier rule decides, and the other way round. */
function comparedWarnings(
  { rule, number }: OrderedRule,
  namedBy: ReadonlyMap<string, readonly OrderedRule[]>,
): string[] {
  const entries = entriesOf(rule);
  const others = ({ coveredBy }: Entry): readonly OrderedRule[] =>
    coveredBy
      .flatMap((key) => (namedBy.get(key) ?? []).slice(0, comparedRules))
      .sort((one, other) => one.number - other.number);
  const takenBy = new Map<OrderedRule, Entry[]>();
  const widenedBy = new Map<OrderedRule, Entry[]>();
  const note = (map: Map<OrderedRule, Entry[]>, other: OrderedRule, entry: Entry): void => {
    const list = map.get(other);
    if (list === undefined) map.set(other, [entry]);
    else list.push(entry);
  };
  let taken = 0;
  for (const entry of entries) {
    const first = others(entry).find((other) => other.number < number);
    if (first !== undefined) {
      taken += 1;
      note(takenBy, first, entry);
    }
    const key = rule.who.claims === undefined ? entry.key : undefined;
    const wider = others(entry).find(
      (other) =>
        other.number > number && !pathCovers(rule.path, other.rule.path) && pathCovers(other.rule.path, rule.path),
    );
    // If the later rule has the same key, it has the warning itself.
    if (first === undefined && wider !== undefined && !(namedBy.get(key ?? '') ?? []).includes(wider))
      note(widenedBy, wider, entry);
  }
  const namesOf = (list: readonly Entry[]): string => listText(list.map(({ text }) => text));
  const all = entries.length > 0 && taken === entries.length;
  const earlier = [...takenBy]
    .filter(([other]) => all || !pathCovers(other.rule.path, rule.path))
    .map(([other, list]) => {
      const only = pathCovers(other.rule.path, rule.path) ? '' : `, which gives ${other.rule.path}`;
      const until = other.rule.until === undefined ? '' : ` until ${other.rule.until}`;
      return `${all ? 'never consulted' : 'not consulted'} for ${namesOf(list)}${until}: rule ${other.number} comes \
first${only}`;
    });
  const later = [...widenedBy].map(
    ([other, list]) => `gives ${namesOf(list)} less than rule ${other.number}, which would give ${other.rule.path}`,
  );
  return [...earlier, ...later];
}

/**
 * The warnings by number of the rule. Rules without warnings are left out. Costs little more than reading the
 * documents.
 */
export function ruleWarnings(documents: Documents, context: WarningContext): ReadonlyMap<number, readonly string[]> {
  const rules = orderedRules(documents);
  const namedBy = new Map<string, OrderedRule[]>();
  for (const ordered of rules) {
    // A rule with claims matches only some of its people, so it does not surely precede another rule for any of them.
    if (ordered.rule.who.claims !== undefined || ended(ordered.rule, context.now)) continue;
    for (const { key } of entriesOf(ordered.rule)) {
      const list = namedBy.get(key);
      if (list === undefined) namedBy.set(key, [ordered]);
      else list.push(ordered);
    }
  }
  const workspaces = workspacesOf(rules.map(({ rule }) => rule));
  const blocked = new Set(blockedPeople(documents).map(personKey));
  const warnings = rules.map((ordered) => {
    const own = ownWarnings(ordered.rule, context, workspaces);
    const idle = ended(ordered.rule, context.now) || unkeptClaims(ordered.rule.who, context.claimNames).length > 0;
    const compared = idle ? [] : comparedWarnings(ordered, namedBy);
    const kept = (ordered.rule.who.emails ?? []).filter((email) => blocked.has(personKey(email)));
    const blockedText =
      kept.length === 0 ? [] : [`${listText(kept.map(visible))}: blocked, which comes before every rule`];
    return [ordered.number, [...own, ...blockedText, ...compared]] as const;
  });
  return new Map(warnings.filter(([, list]) => list.length > 0));
}

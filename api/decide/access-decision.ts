/** Decides who may see what: the documents are compiled once, then a sign-in is one look-up. */
import type { AccessDocument } from '../../contract/access-rules.ts';
import { accountKey, keysOfAccount, personKey } from '../../contract/person.ts';
import { traitsOf } from '../../contract/provider-traits.ts';
import { blockedPeople, type Documents, type OrderedRule, orderedRules } from '../../contract/rule-order.ts';
import type { Identity } from './identity.ts';

/** What the first matching rule gives. */
export interface Grant {
  readonly outcome: 'granted';
  /** The rule's document and place in it, such as `config.rules[0]`. */
  readonly rule: string;
  /** The one path that the signed cookies open. */
  readonly path: string;
  /** End of the rule in seconds since 1970; null: none. */
  readonly until: number | null;
}

/**
 * Why somebody is denied. `address-untrusted`: a rule names the verified address or its domain, but nobody whose word
 * the address rests on is the authority for it.
 */
export const denialReasons = [
  'blocked',
  'no-rule',
  'address-unverified',
  'address-malformed',
  'address-absent',
  'address-untrusted',
] as const;

interface Denial {
  readonly outcome: 'denied';
  readonly why: (typeof denialReasons)[number];
}

export type Decision = Grant | Denial;

/** The documents in force, ready to be asked. Costs the same whatever the number of addresses. */
export interface AccessRules {
  decide(identity: Identity, nowSeconds: number): Decision;
  /**
   * Seconds since 1970, or undefined when nothing ends this person's sessions. A session with `signedInAt` below it is
   * not renewed (`session_expired`); one that began at it or later is. Believes an unverified address too, as blocking
   * does: it only takes away.
   */
  signedOutBefore(person: Pick<Identity, 'issuer' | 'subject' | 'email'>): number | undefined;
}

interface Line {
  readonly grant: Grant;
  /** An issuer, or the kind of a provider; undefined: not named. */
  readonly issuer: string | undefined;
  readonly trustUnmanaged: boolean;
  /** Each named claim must have one of its values, in `claimText`'s form. */
  readonly claims: readonly (readonly [name: string, admitted: ReadonlySet<string>])[];
}

/** Where a person stands: key to the numbers of the lines that name it, ascending. */
type Index = Map<string, number[]>;

function note(index: Index, keys: readonly string[] | undefined, line: number): void {
  for (const key of keys ?? []) {
    const lines = index.get(key);
    if (lines === undefined) index.set(key, [line]);
    else lines.push(line);
  }
}

/**
 * A claim's value as text, because one issuer writes an ID as 777 and another as "777". undefined: not a value that a
 * rule can name, such as an object, or a number beyond those that JSON numbers tell apart: 9007199254740993 is read as
 * 9007199254740992, which is somebody else's.
 */
export function claimText(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return value;
    case 'boolean':
      return String(value);
    case 'number':
      return Math.abs(value) <= Number.MAX_SAFE_INTEGER ? String(value) : undefined;
    default:
      return undefined;
  }
}

function compileLine({ rule, label }: OrderedRule): Line {
  return {
    grant: {
      outcome: 'granted',
      rule: label,
      path: rule.path,
      until: rule.until === undefined ? null : Math.floor(Date.parse(rule.until) / 1000),
    },
    issuer: rule.who.issuer,
    trustUnmanaged: rule.who.trustUnmanaged === true,
    claims: Object.entries(rule.who.claims ?? {}).map(
      ([name, values]) => [name, new Set(values.flatMap((value) => claimText(value) ?? []))] as const,
    ),
  };
}

const issuerFits = ({ issuer }: Line, identity: Identity): boolean =>
  issuer === undefined || issuer === identity.issuer || issuer === identity.trust.kind;

const claimsFit = (line: Line, claims: Identity['claims']): boolean =>
  line.claims.every(([name, admitted]) => {
    const value = Object.hasOwn(claims, name) ? claims[name] : undefined;
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    return values.some((one) => {
      const text = claimText(one);
      return text !== undefined && admitted.has(text);
    });
  });

/** A machine's token has no address, and needs none. */
const mayLackAddress = ({ addressState, trust }: Identity): boolean =>
  addressState === 'absent' && !traitsOf(trust).needsAddress;

/**
 * Nobody but the rules says no to this person: there is nothing about their address that an operator could be misled
 * by.
 */
export const isIdentified = (identity: Identity): boolean =>
  identity.addressState === 'verified' || mayLackAddress(identity);

/** Whole seconds, rounded up: a session that began in the same second may have begun before. */
const secondsOf = (time: string): number => Math.ceil(Date.parse(time) / 1000);

function signedOutTimes({ everyone, people = [] }: NonNullable<AccessDocument['signedOutBefore']> = {}): {
  readonly everyone: number | undefined;
  readonly people: ReadonlyMap<string, number>;
} {
  const times = new Map<string, number>();
  for (const { who, before } of people) {
    const key = personKey(who);
    times.set(key, Math.max(secondsOf(before), times.get(key) ?? 0));
  }
  return { everyone: everyone === undefined ? undefined : secondsOf(everyone), people: times };
}

/**
 * `blocked` of both documents comes first, then live rules, then config rules. The lists of people in one `who` add up
 * (any of them matches); `claims` beside them narrows them, and alone means everyone with these claims.
 */
export function compileAccessRules(documents: Documents): AccessRules {
  const blocked = new Set(blockedPeople(documents).map(personKey));
  const ordered = orderedRules(documents);
  const lines = ordered.map(compileLine);
  const hostedDomains: Index = new Map();
  const emails: Index = new Map();
  const serviceAccounts: Index = new Map();
  const subjects: Index = new Map();
  const everyone: number[] = [];
  for (const [
    number,
    {
      rule: { who },
    },
  ] of ordered.entries()) {
    note(hostedDomains, who.hostedDomains, number);
    note(emails, who.emails, number);
    note(serviceAccounts, who.serviceAccounts, number);
    note(subjects, who.subjects?.map(personKey), number);
    const namesPeople = who.hostedDomains ?? who.emails ?? who.serviceAccounts ?? who.subjects;
    if (who.anyone === true || (who.claims !== undefined && namesPeople === undefined)) everyone.push(number);
  }

  /** Numbers of the lines that name this identity, not yet in order. */
  function linesFor({ addressState, email = '', hostedDomain = '', ...identity }: Identity): readonly number[] {
    const believed = addressState === 'verified';
    const { trust } = identity;
    if (identity.isServiceAccount) return believed ? (serviceAccounts.get(email) ?? []) : [];
    const bySubject = subjects.get(accountKey(identity.issuer, identity.subject)) ?? [];
    // Then even `hd` and `anyone` do not count.
    if (!believed && traitsOf(trust).needsAddress) return bySubject;
    // A line that names nobody must not come to mean the people of an issuer that was added later.
    const unnamed = everyone.filter((line) => trust.isDefault || lines[line]?.issuer !== undefined);
    if (!believed) return [...bySubject, ...unnamed];
    const byEmail = (emails.get(email) ?? []).filter((line) => identity.isManaged || takesUnmanaged(line, trust));
    return [...bySubject, ...byEmail, ...(hostedDomains.get(hostedDomain) ?? []), ...unnamed];
  }

  /** Addresses of other hosts are Google's to have verified, unless the line names who else may have. */
  const takesUnmanaged = (number: number, trust: Identity['trust']): boolean => {
    const line = lines[number];
    return line?.trustUnmanaged === true && (traitsOf(trust).verifiesOtherHosts || line.issuer !== undefined);
  };

  function firstGrant(identity: Identity, nowSeconds: number): Grant | undefined {
    for (const number of [...linesFor(identity)].sort((one, other) => one - other)) {
      const line = lines[number];
      if (line === undefined || !issuerFits(line, identity) || !claimsFit(line, identity.claims)) continue;
      if (line.grant.until === null || nowSeconds < line.grant.until) return line.grant;
    }
    return undefined;
  }

  /** About somebody whom no rule admits. */
  function whyNot(identity: Identity, nowSeconds: number): Denial['why'] {
    const { addressState, email } = identity;
    if (addressState !== 'verified') return mayLackAddress(identity) ? 'no-rule' : `address-${addressState}`;
    const domain = email?.slice(email.indexOf('@') + 1);
    const managed = { ...identity, isManaged: true, hostedDomain: domain };
    return firstGrant(managed, nowSeconds) === undefined ? 'no-rule' : 'address-untrusted';
  }

  const signedOut = signedOutTimes(documents.live.signedOutBefore);

  return {
    signedOutBefore(person) {
      const times = [signedOut.everyone, ...keysOfAccount(person).map((key) => signedOut.people.get(key))];
      const latest = Math.max(...times.filter((time) => time !== undefined));
      return Number.isFinite(latest) ? latest : undefined;
    },
    decide(identity, nowSeconds) {
      // The rules are asked about blocked people, too, so that how long the answer takes does not tell who is blocked.
      const decision = firstGrant(identity, nowSeconds) ?? { outcome: 'denied', why: whyNot(identity, nowSeconds) };
      const isBlocked = keysOfAccount(identity).some((key) => blocked.has(key));
      return isBlocked ? { outcome: 'denied', why: 'blocked' } : decision;
    },
  };
}

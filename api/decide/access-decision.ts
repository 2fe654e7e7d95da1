/** Decides who may see what. Compiles the access documents once, so each sign-in is one look-up. */
import type { AccessDocument } from '../../contract/access-rules.ts';
import { accountKey, keysOfAccount, personKey } from '../../contract/person.ts';
import { traitsOf } from '../../contract/provider-traits.ts';
import { blockedPeople, type Documents, type OrderedRule, orderedRules } from '../../contract/rule-order.ts';
import type { Identity } from './identity.ts';

/** What the first matching rule grants. */
export interface Grant {
  readonly outcome: 'granted';
  /** The rule's document and place in it, such as `config.rules[0]`. */
  readonly rule: string;
  /** The one path that the signed cookies open. */
  readonly path: string;
  /** When the rule ends, in seconds since 1970; null: never. */
  readonly until: number | null;
}

/**
 * Why a person is denied. `address-untrusted`: a rule names the verified address or its domain, but nobody who vouches
 * for the address is trusted for it.
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

/** The documents in force, compiled. A look-up costs the same for any number of addresses. */
export interface AccessRules {
  decide(identity: Identity, nowSeconds: number): Decision;
  /**
   * Seconds since 1970; undefined: no operator has ended this person's sessions. A session with an earlier `signedInAt`
   * is not renewed (`session_expired`). Accepts unverified addresses, as blocking does: it can only reduce access.
   */
  signedOutBefore(person: Pick<Identity, 'issuer' | 'subject' | 'email'>): number | undefined;
}

interface Line {
  readonly grant: Grant;
  /** An issuer, or the kind of a provider; undefined: the rule names neither. */
  readonly issuer: string | undefined;
  readonly trustUnmanaged: boolean;
  /** Each named claim must have one of these values, as `claimText` writes them. */
  readonly claims: readonly (readonly [name: string, admitted: ReadonlySet<string>])[];
}

/** Maps a key to the numbers of the lines that name it, in ascending order. */
type Index = Map<string, number[]>;

function note(index: Index, keys: readonly string[] | undefined, line: number): void {
  for (const key of keys ?? []) {
    const lines = index.get(key);
    if (lines === undefined) index.set(key, [line]);
    else lines.push(line);
  }
}

/**
 * A claim's value as text, because one issuer writes an ID as 777 and another as "777". undefined: a value that no rule
 * can name, such as an object, or a number that JavaScript cannot hold exactly: 9007199254740993 is parsed as
 * 9007199254740992, which may be another person's ID.
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

/** A machine's token has no address and does not need one. */
const mayLackAddress = ({ addressState, trust }: Identity): boolean =>
  addressState === 'absent' && !traitsOf(trust).needsAddress;

/** Only a rule can deny this person. Nothing about their address could mislead an operator. */
export const isIdentified = (identity: Identity): boolean =>
  identity.addressState === 'verified' || mayLackAddress(identity);

/** Rounded up to whole seconds: a session that began in the same second may have begun earlier. */
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
 * Checks `blocked` in both documents first, then live rules, then config rules. The lists of people in one `who` are
 * alternatives. `claims` beside them narrows them; `claims` alone matches everyone with these claims.
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

  /** Numbers of the lines that name this identity, unsorted. */
  function linesFor({ addressState, email = '', hostedDomain = '', ...identity }: Identity): readonly number[] {
    const believed = addressState === 'verified';
    const { trust } = identity;
    if (identity.isServiceAccount) return believed ? (serviceAccounts.get(email) ?? []) : [];
    const bySubject = subjects.get(accountKey(identity.issuer, identity.subject)) ?? [];
    // In this case, not even `hd` and `anyone` match.
    if (!believed && traitsOf(trust).needsAddress) return bySubject;
    // A line without an issuer must not start to match people of a provider that is added later.
    const unnamed = everyone.filter((line) => trust.isDefault || lines[line]?.issuer !== undefined);
    if (!believed) return [...bySubject, ...unnamed];
    const byEmail = (emails.get(email) ?? []).filter((line) => identity.isManaged || takesUnmanaged(line, trust));
    return [...bySubject, ...byEmail, ...(hostedDomains.get(hostedDomain) ?? []), ...unnamed];
  }

  /** Only Google may have verified an address at another host, unless the line names the issuer. */
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

  /** Explains why no rule admits this person. */
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
      // Blocked people are checked against the rules, too. Otherwise the response time would show who is blocked.
      const decision = firstGrant(identity, nowSeconds) ?? { outcome: 'denied', why: whyNot(identity, nowSeconds) };
      const isBlocked = keysOfAccount(identity).some((key) => blocked.has(key));
      return isBlocked ? { outcome: 'denied', why: 'blocked' } : decision;
    },
  };
}

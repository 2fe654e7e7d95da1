/** Why each rule does or does not match an account. It asks the API's own code about one difference at a time. */

import { compileAccessRules } from '../../api/decide/access-decision.ts';
import type { Identity } from '../../api/decide/identity.ts';
import { type AccessRule, emptyAccessDocument } from '../../contract/access-rules.ts';
import { traitsOf } from '../../contract/provider-traits.ts';
import { type Documents, type OrderedRule, orderedRules } from '../../contract/rule-order.ts';
import { visible } from '../../contract/visible-text.ts';
import { listText } from '../../stacks/text/list-text.ts';

export interface Verdict {
  readonly ordered: OrderedRule;
  /** The rule by itself admits this account. */
  readonly matches: boolean;
  /** Why it does not; empty if it does. */
  readonly why: string;
}

const admits = (rule: AccessRule, identity: Identity, nowSeconds: number): boolean =>
  compileAccessRules({ config: { ...emptyAccessDocument, rules: [rule] }, live: emptyAccessDocument }).decide(
    identity,
    nowSeconds,
  ).outcome === 'granted';

const shown = (value: unknown): string =>
  value === undefined ? 'missing' : visible(JSON.stringify(value) ?? String(value));

/** The first single difference that keeps the rule from admitting the account. */
function lack(rule: AccessRule, identity: Identity, nowSeconds: number): string {
  const { who, until } = rule;
  const { claims, ...people } = who;
  const { issuer: _issuer, ...anyIssuer } = who;
  const { until: _until, ...endless } = rule;
  const { trust, issuer } = identity;
  const ofGoogle = traitsOf(trust).hostedDomain === 'hd';
  const namesPeople = Object.keys(people).some((name) => name !== 'issuer' && name !== 'trustUnmanaged');
  const unclaimed = { ...rule, who: namesPeople ? people : { ...people, anyone: true as const } };
  const domain = identity.email?.slice(identity.email.indexOf('@') + 1);
  const asks = (asked: AccessRule, about: Identity = identity): boolean => admits(asked, about, nowSeconds);

  if (asks(endless)) return `ended at ${until}`;
  if (who.issuer !== undefined && asks({ ...rule, who: { ...anyIssuer, issuer } }))
    return `matches only accounts of ${visible(who.issuer)}`;
  if (who.issuer === undefined && asks({ ...rule, who: { ...who, issuer } })) {
    return `names no issuer, so it does not match accounts of ${visible(issuer)}`;
  }
  if (asks(rule, { ...identity, addressState: 'verified' }))
    return `the address is ${identity.addressState}, not verified`;
  if (asks(rule, { ...identity, isManaged: true })) {
    return ofGoogle
      ? 'Google is not the authority for this address (no hosted domain, not gmail.com); trustUnmanaged would admit it'
      : `${visible(issuer)} is not trusted for the domain of this address (trustedDomains of the config)`;
  }
  if (claims !== undefined && asks(unclaimed)) {
    const each = Object.entries(claims)
      .filter(([name, values]) => !asks({ ...unclaimed, who: { ...unclaimed.who, claims: { [name]: values } } }))
      .map(([name]) => {
        const value = Object.hasOwn(identity.claims, name) ? identity.claims[name] : undefined;
        return `the claim ${visible(name)} is ${shown(value)}`;
      });
    return listText(each);
  }
  if (identity.isServiceAccount && asks(rule, { ...identity, isServiceAccount: false, isManaged: true })) {
    return 'it is a service account, which only serviceAccounts admits';
  }
  if (domain !== undefined && asks(rule, { ...identity, hostedDomain: domain, isManaged: true })) {
    if (!ofGoogle) return `${visible(issuer)} is not trusted for ${visible(domain)} (trustedDomains of the config)`;
    const actual = identity.hostedDomain === undefined ? 'no Workspace domain' : visible(identity.hostedDomain);
    return `the account belongs to ${actual} (its hd claim), whatever its address ends with`;
  }
  const subject = who.subjects?.some((each) => asks(rule, { ...identity, ...each }));
  return subject && identity.subject === ''
    ? 'names an account by its `sub`: add --subject to compare'
    : 'names others';
}

/** The verdict of each rule, in the order in which the rules are consulted. */
export function verdicts(documents: Documents, identity: Identity, nowSeconds: number): readonly Verdict[] {
  return orderedRules(documents).map((ordered) => {
    const matches = admits(ordered.rule, identity, nowSeconds);
    return { ordered, matches, why: matches ? '' : lack(ordered.rule, identity, nowSeconds) };
  });
}

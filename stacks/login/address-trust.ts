/**
 * Warnings about addresses: rules that no address matches, and trust in sources that still vouch for people who have
 * left a company. Pure.
 */

import { type AccessRule, ruleDoubts } from '../../contract/access-rules.ts';
import type { Config } from '../../contract/config.ts';
import { consumerProviders, ownAccounts } from '../../contract/layout.ts';
import { traitsOf } from '../../contract/provider-traits.ts';
import {
  domainsTrusted,
  issuerOf,
  type ProviderConfig,
  providersIn,
  type UserPoolConfig,
} from '../../contract/providers.ts';
import { visible } from '../../contract/visible-text.ts';
import { listText } from '../text/list-text.ts';

type Who = AccessRule['who'];

export interface AddressContext {
  readonly providers: readonly ProviderConfig[];
  /** Domains that rules name as Workspace domains. The author of such a rule knows that Google runs them. */
  readonly workspaces: ReadonlySet<string>;
}

const domainOf = (email: string): string => email.slice(email.indexOf('@') + 1);

const listed = (items: readonly string[]): string => listText([...new Set(items)]);

/** Domains that rules call Workspace domains. */
export const workspacesOf = (rules: readonly AccessRule[]): ReadonlySet<string> =>
  new Set(rules.flatMap(({ who }) => who.hostedDomains ?? []));

/** Whether the rule covers accounts of this provider. No config contains the ID of a pool that the stack creates. */
const isAbout = ({ issuer }: Who, provider: ProviderConfig): boolean =>
  issuer === undefined ||
  issuer === provider.kind ||
  issuer === issuerOf(provider) ||
  (provider.kind === 'cognitoUserPool' &&
    provider.provision !== undefined &&
    issuer.startsWith('https://cognito-idp.'));

/** Google is the authority for these, without a claim in the token. */
const isGmail = (domain: string): boolean => domain === 'gmail.com';
/** Includes Gmail's other domain, about which Google says nothing. */
const isConsumer = (domain: string): boolean => isGmail(domain) || domain === 'googlemail.com';

/**
 * Whether this source of a pool lets anyone create an account. For an existing pool, no config says whether people can
 * sign up themselves.
 */
function opensToAnyone({ existing, provision }: UserPoolConfig, name: string): boolean {
  if (name !== ownAccounts) return consumerProviders.includes(name);
  return existing !== undefined || provision?.passwords?.selfSignUp === true;
}

/** Whether strangers can get an account with the provider. */
function isOpen(provider: ProviderConfig): boolean {
  switch (provider.kind) {
    case 'google':
      return true;
    case 'cognitoUserPool': {
      const { provision } = provider;
      return provision === undefined || providersIn(provision).some((name) => opensToAnyone(provider, name));
    }
    case 'oidc':
      return false;
  }
}

const displayName = (name: string): string =>
  name === ownAccounts ? 'self sign-up' : name === 'SignInWithApple' ? 'Apple' : name;

const consequence =
  'anyone who could once read mail sent to such an address can get and keep an account with it, ' +
  'including people who have left';

/** The addresses of a rule that its author should know more about. */
function reachOf(who: Who, { providers, workspaces }: AddressContext) {
  const about = providers.filter((provider) => isAbout(who, provider));
  const traits = about.map(traitsOf);
  const hasWorkspaces = traits.some(({ hostedDomain }) => hostedDomain === 'hd');
  const hostsGmail = traits.some((one) => one.hostsGmail);
  const verifiesOtherHosts = traits.some((one) => one.verifiesOtherHosts);
  const trusted = new Set(about.flatMap(domainsTrusted));
  const takesAny =
    who.trustUnmanaged === true && (verifiesOtherHosts || (who.issuer !== undefined && about.length > 0));
  const emails = (who.emails ?? []).filter((email) => {
    const domain = domainOf(email);
    const canMatch = /^[\x21-\x7e]+$/.test(email) && !/[@.]gserviceaccount\.com$/.test(email);
    const isKnown = (hostsGmail && isGmail(domain)) || (hasWorkspaces && workspaces.has(domain));
    return canMatch && !isKnown && !trusted.has(domain);
  });
  const mayBeWorkspace = (email: string): boolean => hasWorkspaces && !isConsumer(domainOf(email));
  return {
    /** No provider that counts for the rule is trusted about them. */
    deadEmails: takesAny ? [] : emails.filter((email) => !mayBeWorkspace(email)),
    deadDomains: (who.hostedDomains ?? []).filter((domain) => !hasWorkspaces && !trusted.has(domain)),
    /** Only Google knows whether the address is managed. */
    doubtfulEmails: takesAny ? [] : emails.filter(mayBeWorkspace),
    /** Accepted from anyone who signs in with them. */
    openEmails: takesAny && about.some(isOpen) ? emails : [],
  };
}

/** Why addresses or domains of a rule match nobody. */
export function deadAddresses(who: Who, context: AddressContext): readonly string[] {
  const { deadEmails, deadDomains } = reachOf(who, context);
  const nobody = 'no provider that counts for this rule is trusted for the domain (trustedDomains in the config)';
  return [
    ...(deadEmails.length > 0 ? [`never matches ${listed(deadEmails)}: ${nobody}`] : []),
    ...(deadDomains.length > 0 ? [`never matches accounts of ${listed(deadDomains)}: ${nobody}`] : []),
  ];
}

/** What an author should know about the addresses of a rule. */
export function addressNotes(who: Who, context: AddressContext): readonly string[] {
  const { doubtfulEmails, openEmails } = reachOf(who, context);
  return [
    ...(doubtfulEmails.length > 0
      ? [
          `matches ${listed(doubtfulEmails)} only if Google Workspace runs the domain; otherwise the sign-in is ` +
            'refused, and the log says address-untrusted. Fix: set trustUnmanaged (--trust-unmanaged) to accept an ' +
            'address that Google verified once, or name the account by its `sub`',
        ]
      : []),
    ...(openEmails.length > 0
      ? [`accepts anyone who signs in with ${listed(openEmails)} (trustUnmanaged): ${consequence}`]
      : []),
    ...(Object.hasOwn(who.claims ?? {}, 'email')
      ? [
          `compares the claim email, no matter who vouches for it, verified or not: ${consequence}. ` +
            'Fix: use emails (--email) instead',
        ]
      : []),
  ];
}

/** Sources that a pool trusts, although the company does not control them. */
function poolWarnings(pool: UserPoolConfig): readonly string[] {
  return Object.entries(pool.trustedDomains)
    .filter(([name, domains]) => domains.length > 0 && opensToAnyone(pool, name))
    .map(([name, domains]) => {
      const isExisting = name === ownAccounts && pool.existing !== undefined;
      const condition = isExisting ? ', if the pool lets people sign up themselves' : '';
      const otherFix =
        name === 'Google'
          ? "and let people sign in by kind: 'google', where Google says who belongs to the company"
          : 'or admit these accounts by subject';
      return (
        `trustedDomains.${name}: trusts ${displayName(name)} about addresses of ${listed(domains)}${condition}: ` +
        `${consequence}. Fix: leave ${name} out, ${otherFix}`
      );
    });
}

/** Warnings about the addresses that the config trusts. One line each, with the field. */
export function trustWarnings({ sites }: Config): readonly string[] {
  return Object.entries(sites).flatMap(([site, { providers, access }]) => {
    const context = { providers, workspaces: workspacesOf(access.rules) };
    const ofPools = providers.flatMap((provider, index) =>
      provider.kind === 'cognitoUserPool'
        ? poolWarnings(provider).map((text) => `sites.${site}.providers.${index}.${text}`)
        : [],
    );
    const ofRules = access.rules.flatMap((rule, index) =>
      [...deadAddresses(rule.who, context), ...addressNotes(rule.who, context), ...ruleDoubts(rule)].map(
        (text) => `sites.${site}.access.rules.${index}: ${text}`,
      ),
    );
    return [...ofPools, ...ofRules];
  });
}

/** Warnings and notes as a terminal shows them. */
export const warningText = (warnings: readonly string[], notes: readonly string[] = []): string =>
  [...warnings.map((text) => `Warning: ${text}`), ...notes.map((text) => `Note: ${text}`)]
    .map((line) => `${visible(line)}\n`)
    .join('');

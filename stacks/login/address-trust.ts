/**
 * Warnings about addresses: rules that no address matches, and words that somebody who has left a company can still
 * get. Pure.
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

type Who = AccessRule['who'];

export interface AddressContext {
  readonly providers: readonly ProviderConfig[];
  /** Domains that rules name as those of a Workspace; whoever wrote them knows that Google runs them. */
  readonly workspaces: ReadonlySet<string>;
}

const domainOf = (email: string): string => email.slice(email.indexOf('@') + 1);

/** How many of a long list are shown. */
const shownItems = 3;
const listed = (items: readonly string[]): string => {
  const unique = [...new Set(items)];
  const rest = unique.length - shownItems;
  return rest > 1 ? `${unique.slice(0, shownItems).join(', ')} and ${rest} more` : unique.join(', ');
};

/** Domains that rules call a Workspace's. */
export const workspacesOf = (rules: readonly AccessRule[]): ReadonlySet<string> =>
  new Set(rules.flatMap(({ who }) => who.hostedDomains ?? []));

/** Whether the line is about accounts of a provider. The ID of a pool that the stack makes stands in no config. */
const isAbout = ({ issuer }: Who, provider: ProviderConfig): boolean =>
  issuer === undefined ||
  issuer === provider.kind ||
  issuer === issuerOf(provider) ||
  (provider.kind === 'cognitoUserPool' &&
    provider.provision !== undefined &&
    issuer.startsWith('https://cognito-idp.'));

/** Google is the authority for these without a word in the token. */
const isGmail = (domain: string): boolean => domain === 'gmail.com';
/** Gmail's other name, of which Google says nothing. */
const isConsumer = (domain: string): boolean => isGmail(domain) || domain === 'googlemail.com';

/**
 * Who of a pool makes accounts for anyone. Of a pool that was there before, no config says whether people sign up
 * themselves.
 */
function opensToAnyone({ existing, provision }: UserPoolConfig, name: string): boolean {
  if (name !== ownAccounts) return consumerProviders.includes(name);
  return existing !== undefined || provision?.passwords?.selfSignUp === true;
}

/** Whether strangers can come to have an account of the provider. */
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

const called = (name: string): string =>
  name === ownAccounts ? 'self sign-up' : name === 'SignInWithApple' ? 'Apple' : name;

const whatItMeans =
  'anyone who could once read mail of such an address can have an account with it, people who have left included, and keeps it';

/** Which addresses of a rule it takes more than its people to know about. */
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
    /** Nobody who counts for the rule is believed about them. */
    deadEmails: takesAny ? [] : emails.filter((email) => !mayBeWorkspace(email)),
    deadDomains: (who.hostedDomains ?? []).filter((domain) => !hasWorkspaces && !trusted.has(domain)),
    /** Only Google knows whether it is. */
    doubtfulEmails: takesAny ? [] : emails.filter(mayBeWorkspace),
    /** Believed whoever signs in with them. */
    openEmails: takesAny && about.some(isOpen) ? emails : [],
  };
}

/** Why addresses or domains of a rule match nobody. */
export function deadAddresses(who: Who, context: AddressContext): readonly string[] {
  const { deadEmails, deadDomains } = reachOf(who, context);
  const nobody = 'no provider that counts for this rule is trusted for the domain (trustedDomains of the config)';
  return [
    ...(deadEmails.length > 0 ? [`never matches ${listed(deadEmails)}: ${nobody}`] : []),
    ...(deadDomains.length > 0 ? [`never matches accounts of ${listed(deadDomains)}: ${nobody}`] : []),
  ];
}

/** What to know about the addresses of a rule when it is written. */
export function addressNotes(who: Who, context: AddressContext): readonly string[] {
  const { doubtfulEmails, openEmails } = reachOf(who, context);
  return [
    ...(doubtfulEmails.length > 0
      ? [
          `matches ${listed(doubtfulEmails)} only if Google Workspace runs the domain; otherwise the sign-in is refused, and the log says address-untrusted. Fix: trustUnmanaged (--trust-unmanaged) believes Google about an address that it once verified, or name the account by its \`sub\``,
        ]
      : []),
    ...(openEmails.length > 0
      ? [`believes whoever signs in with ${listed(openEmails)} (trustUnmanaged): ${whatItMeans}`]
      : []),
    ...(Object.hasOwn(who.claims ?? {}, 'email')
      ? [
          `compares the claim email whoever vouches for it, verified or not: ${whatItMeans}. Fix: emails (--email) in its place`,
        ]
      : []),
  ];
}

/** Which words a pool takes that its company does not give. */
function poolWarnings(pool: UserPoolConfig): readonly string[] {
  return Object.entries(pool.trustedDomains)
    .filter(([name, domains]) => domains.length > 0 && opensToAnyone(pool, name))
    .map(
      ([name, domains]) =>
        `trustedDomains.${name}: addresses of ${listed(domains)} are believed on the word of ${called(name)}${name === ownAccounts && pool.existing !== undefined ? ', if the pool lets people sign up themselves' : ''}: ${whatItMeans}. Fix: leave ${name} out${name === 'Google' ? ", and let people sign in by kind: 'google', where Google says who belongs to the company" : ', or admit these accounts by subject'}`,
    );
}

/** What an operator should know about the addresses that the config believes; one line each, with the field. */
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

/** As a terminal shows them. */
export const warningText = (warnings: readonly string[]): string =>
  warnings.map((warning) => `Warning: ${visible(warning)}\n`).join('');

/** Whom `npm run explain` is about: an account as described on the command line, or the account of an ID token. */
import { readFileSync } from 'node:fs';
import { type Identity, identify } from '../../api/decide/identity.ts';
import { refuse } from '../../api/shared/refusal.ts';
import { checkClaims, verifyIdToken } from '../../api/verify/id-token.ts';
import { createTrustedIssuers, issuersByName, type TrustedIssuer } from '../../api/verify/trusted-issuers.ts';
import type { SiteConfig } from '../../contract/config.ts';
import { consumerProviders, ownAccounts } from '../../contract/layout.ts';
import { traitsOf } from '../../contract/provider-traits.ts';
import { providersIn } from '../../contract/providers.ts';
import { visible } from '../../contract/visible-text.ts';
import { providerSettings } from '../../stacks/login/provider-settings.ts';
import { fullIssuer } from '../access/document/issuers.ts';
import { personText, timeText } from '../access/shared/format.ts';
import type { UserPoolIds } from '../deployed-site.ts';

export interface Subject {
  readonly identity: Identity;
  /** Describes the account. */
  readonly lines: readonly string[];
  /** What was assumed about the account because it was not given; undefined: nothing. */
  readonly assumed: string | undefined;
  /** Why the API would refuse the token, whatever the rules say; undefined: it would not, or there is no token. */
  readonly refused: string | undefined;
}

export interface Described {
  readonly email: string | undefined;
  /** Workspace domain of a Google account, or `none`; undefined: both the domain of the address and none are tried. */
  readonly hd: string | undefined;
  /** The provider that signs the account in to the user pool; undefined: every provider is tried. */
  readonly via: string | undefined;
  /** An issuer, or the kind of a provider. Default: Google, or the first one. */
  readonly issuer: string | undefined;
  readonly subject: { readonly issuer: string; readonly subject: string } | undefined;
  readonly claims: Readonly<Record<string, readonly unknown[]>>;
}

/** The issuers of a site, as its Lambda has them. `userPool`: the pool that the stack made, if it is known. */
export function issuersOf(
  config: SiteConfig,
  userPool: UserPoolIds | null,
  now: () => number,
): readonly TrustedIssuer[] {
  const existing = config.providers.flatMap((provider) =>
    provider.kind === 'cognitoUserPool' && provider.existing !== undefined ? [provider.existing] : [],
  );
  const [pool] = existing.map(({ userPoolId: id, clientId }) => ({ id, clientId }));
  // Only the ID of a pool is unknown before the deploy that makes it.
  const ids = pool ?? userPool ?? { id: `${config.region}_unknown`, clientId: 'unknown' };
  return createTrustedIssuers({ providers: providerSettings(config), userPool: ids }, { now, log: () => {} });
}

function issuerNamed(issuers: readonly TrustedIssuer[], name: string | undefined): TrustedIssuer {
  const [first] = issuers;
  const chosen =
    name === undefined
      ? (issuers.find(({ isDefault }) => isDefault) ?? first)
      : issuers.find(({ kind, issuer }) => issuer === fullIssuer(name) || kind === name);
  if (chosen !== undefined) return chosen;
  throw new Error(`issuer: got ${name}; allowed: ${issuers.map(({ issuer }) => issuer).join(', ')}`);
}

/** The longest token file, in bytes. */
const maximumTokenBytes = 16_384;
const consumerDomains = new Set(['gmail.com', 'googlemail.com']);

/** Describes who vouches for the address, and for which domain they are trusted. */
function belongingText({ hostedDomain, trust, issuer, vouchers, isServiceAccount, isManaged }: Identity): string {
  if (isServiceAccount) return 'a service account of Google';
  const domain = hostedDomain === undefined ? undefined : visible(hostedDomain);
  switch (trust.kind) {
    case 'google':
      if (domain !== undefined) return `a Google account of ${domain}`;
      return `a Google account of no Workspace \
domain${isManaged ? '' : ', so Google is not the authority for this address'}`;
    case 'cognitoUserPool':
    case 'oidc': {
      const by = traitsOf(trust).vouchers === 'claims' ? vouchers.map(visible) : [];
      const of = `an account of ${visible(issuer)}${by.length === 0 ? '' : ` by ${by.join(' and ')}`}`;
      if (traitsOf(trust).vouchers === 'claims' && by.length === 0)
        return `${of}, and it is unknown who vouches for it`;
      const trusted = by.length > 1 ? 'which are trusted' : 'which is trusted';
      return `${of}, ${trusted} for ${domain ?? 'no domain of this address'}`;
    }
  }
}

/** One assumption about what was not given, and the claims that follow from it. */
interface Variant {
  readonly assumed: string | undefined;
  readonly claims: Readonly<Record<string, unknown>>;
}

function googleVariants(domain: string, hd: string | undefined): readonly Variant[] {
  if (hd !== undefined) return [{ assumed: undefined, claims: hd === 'none' ? {} : { hd } }];
  if (domain === '' || consumerDomains.has(domain) || domain.endsWith('gserviceaccount.com'))
    return [{ assumed: undefined, claims: {} }];
  return [
    {
      assumed: `if the account belongs to the Google Workspace of ${visible(domain)} (--hd ${visible(domain)})`,
      claims: { hd: domain },
    },
    { assumed: 'if it does not, and Google once verified the address by mail (--hd none)', claims: {} },
  ];
}

/** The claims that Cognito writes for an account that the provider `name` signed in. */
const claimsVia = (name: string): Readonly<Record<string, unknown>> =>
  name === ownAccounts
    ? { 'cognito:username': 'own' }
    : {
        identities: [
          { providerName: name, providerType: consumerProviders.includes(name) ? name : 'SAML', primary: 'true' },
        ],
      };

function poolVariants({ providers }: SiteConfig, via: string | undefined): readonly Variant[] {
  const pool = providers.find((provider) => provider.kind === 'cognitoUserPool');
  const trusted = Object.keys(pool?.trustedDomains ?? {});
  const made = pool?.provision && providersIn(pool.provision);
  if (via !== undefined) {
    if (made === undefined || made.includes(via)) return [{ assumed: undefined, claims: claimsVia(via) }];
    throw new Error(`--via: got ${via}; allowed: ${made.join(', ')}`);
  }
  const names = made ?? [...new Set([...trusted, ownAccounts])];
  const variants = names.map((name) => ({
    assumed: `if ${visible(name)} signs the account in (--via ${visible(name)})`,
    claims: claimsVia(name),
  }));
  // The config does not list the providers of an existing pool.
  return made === undefined
    ? [...variants, { assumed: 'if another provider of the pool does', claims: claimsVia('another') }]
    : variants;
}

/**
 * The described account, once for each assumption about what was not given.
 */
export function describedSubjects(
  { email, hd, via, issuer, subject, claims }: Described,
  issuers: readonly TrustedIssuer[],
  config: SiteConfig,
): readonly Subject[] {
  const { session } = config;
  const trusted = issuerNamed(issuers, subject?.issuer ?? issuer);
  if (hd !== undefined && traitsOf(trusted).hostedDomain !== 'hd')
    throw new Error(`--hd: only Google's accounts have one, not those of ${trusted.issuer}`);
  if (via !== undefined && traitsOf(trusted).vouchers !== 'claims')
    throw new Error(`--via: only accounts of a user pool have one, not those of ${trusted.issuer}`);
  const domain = email?.toLowerCase().split('@')[1] ?? '';
  const variants: Readonly<Record<TrustedIssuer['kind'], () => readonly Variant[]>> = {
    google: () => googleVariants(domain, hd),
    cognitoUserPool: () => poolVariants(config, via),
    oidc: () => [{ assumed: undefined, claims: {} }],
  };
  const name = email ?? personText(subject ?? '');
  const unkept = Object.keys(claims).filter((each) => !session.claims.includes(each));
  return variants[trusted.kind]().map((variant) => {
    const all = {
      ...Object.fromEntries(Object.entries(claims).map(([each, list]) => [each, list.length === 1 ? list[0] : list])),
      ...variant.claims,
      ...(email !== undefined && { email, email_verified: true }),
    };
    const account = { issuer: trusted, subject: subject?.subject ?? '', issuedAt: 0, nonce: undefined };
    const identity = identify({ ...account, all }, session.claims);
    return {
      identity,
      assumed: variant.assumed,
      refused: undefined,
      lines: [
        `${visible(name)}, ${belongingText(identity)}, address ${identity.addressState}`,
        ...unkept.map((each) => `the claim ${visible(each)} is ignored: session.claims of the config does not name it`),
      ],
    };
  });
}

function readToken(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new Error(`--token: ${file} cannot be read (${(error as NodeJS.ErrnoException).code})`, { cause: error });
  }
}

function payloadOf(file: string): { readonly token: string; readonly payload: Record<string, unknown> } {
  const bytes = readToken(file);
  const token = bytes.toString('utf8').trim();
  const wrong = new Error(
    `--token: ${file} has no ID token. Allowed: a file with one token, three parts with dots between them`,
  );
  if (bytes.length > maximumTokenBytes || !/^[\w-]+\.[\w-]+\.[\w-]*$/.test(token)) throw wrong;
  try {
    const payload: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    if (typeof payload === 'object' && payload !== null) return { token, payload: payload as Record<string, unknown> };
  } catch {
    // Reported below.
  }
  throw wrong;
}

/** `now`: milliseconds since 1970. `online`: the provider's keys may be fetched. */
export async function tokenSubject(
  file: string,
  issuers: readonly TrustedIssuer[],
  { session }: SiteConfig,
  now: number,
  online: boolean,
): Promise<Subject> {
  const { token, payload } = payloadOf(file);
  const seconds = Math.floor(now / 1000);
  const keyless: TrustedIssuer['keySet'] = { find: async () => refuse('key-set-unavailable'), warm: async () => {} };
  const asked = online ? issuers : issuers.map((each) => ({ ...each, keySet: keyless }));
  const byName = issuersByName(asked);
  const verified = await verifyIdToken(token, byName, seconds);
  const noKeys = !verified.ok && verified.refusal.reason.startsWith('key-set-');
  const issuer = byName.get(String(payload['iss'])) ?? issuerNamed(asked, undefined);
  // Everything but the signature.
  const checked = noKeys ? checkClaims(payload, issuer, seconds) : verified;
  const unchecked = online ? 'the key set of the issuer cannot be fetched' : '--live and --local-site check it';
  const signature = noKeys
    ? `signature NOT checked: ${unchecked}`
    : verified.ok
      ? 'signature, audience and times verified'
      : 'NOT verified';
  const unverified = { issuer, subject: String(payload['sub'] ?? ''), issuedAt: 0, nonce: undefined, all: payload };
  const identity = identify(checked.ok ? checked.value : unverified, session.claims);
  const { email, sub, exp, nonce } = payload;
  const expires = typeof exp === 'number' && Math.abs(exp) < 8e12 ? `, until ${timeText(exp * 1000)}` : '';
  return {
    identity,
    assumed: undefined,
    refused: checked.ok ? undefined : `${checked.refusal.reason} ${visible(JSON.stringify(checked.refusal.evidence))}`,
    lines: [
      `ID token of ${visible(String(email ?? sub ?? '?'))}, ${belongingText(identity)}, address \
${identity.addressState}${expires}`,
      signature,
      ...(nonce === undefined
        ? []
        : ['it has a nonce: only the browser that started this sign-in can use it, for 10 minutes']),
    ],
  };
}

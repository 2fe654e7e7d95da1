/** Owns who is asked about: an account as the command line describes it, or as an ID token does. Never prints a token. */
import { readFileSync } from 'node:fs';
import { checkClaims, verifyIdToken } from '../../api/id-token.ts';
import { type Identity, identify } from '../../api/identity.ts';
import { refuse } from '../../api/refusal.ts';
import { createTrustedIssuers, issuersByName, type TrustedIssuer } from '../../api/trusted-issuers.ts';
import type { SiteConfig } from '../../contract/config.ts';
import { visible } from '../../contract/visible-text.ts';
import { providerSettings } from '../../stacks/provider-settings.ts';
import { fullIssuer } from '../access/issuers.ts';
import { personText, timeText } from '../access/words.ts';
import type { UserPoolIds } from '../deployed-site.ts';

export interface Subject {
  readonly identity: Identity;
  /** Who that is, and what was assumed. */
  readonly lines: readonly string[];
  /** Why the API would refuse the token whatever the rules say; undefined: it would not, or there is no token. */
  readonly refused: string | undefined;
}

export interface Described {
  readonly email: string | undefined;
  /** `none`: an account of no domain. Default: the domain of the address, unless it is Gmail's. Google's accounts only. */
  readonly hd: string | undefined;
  /** An issuer, or the kind of a provider. Default: Google, or the first one. */
  readonly issuer: string | undefined;
  readonly subject: { readonly issuer: string; readonly subject: string } | undefined;
  readonly claims: Readonly<Record<string, readonly unknown[]>>;
}

/** The issuers of a site, as its Lambda has them. `userPool`: the one that the stack made, as far as it is known. */
export function issuersOf(
  config: SiteConfig,
  userPool: UserPoolIds | null,
  now: () => number,
): readonly TrustedIssuer[] {
  const existing = config.providers.flatMap((provider) =>
    provider.kind === 'cognitoUserPool' && provider.existing !== undefined ? [provider.existing] : [],
  );
  const [pool] = existing.map(({ userPoolId: id, clientId }) => ({ id, clientId }));
  // Of a pool that is not made yet everything is known but its ID.
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

/** Longest file that is taken for a token, in bytes. */
const maximumTokenBytes = 16_384;
const consumerDomains = new Set(['gmail.com', 'googlemail.com']);

function belongingText({ hostedDomain, trust, issuer, isServiceAccount }: Identity, assumed: boolean): string {
  if (isServiceAccount) return 'a service account of Google';
  const domain = hostedDomain === undefined ? undefined : visible(hostedDomain);
  if (trust.kind === 'google') {
    if (domain === undefined) return 'a Google account of no Workspace domain';
    return `a Google account of ${domain}${assumed ? ' (by its address; --hd none: of no domain)' : ''}`;
  }
  const of = `an account of ${visible(issuer)}`;
  return domain === undefined
    ? `${of}, which is trusted for no domain of this address`
    : `${of}, which is trusted for ${domain}`;
}

export function describedSubject(
  { email, hd, issuer, subject, claims }: Described,
  issuers: readonly TrustedIssuer[],
  { session }: SiteConfig,
): Subject {
  const trusted = issuerNamed(issuers, subject?.issuer ?? issuer);
  if (hd !== undefined && trusted.kind !== 'google')
    throw new Error(`--hd: only Google's accounts have one, not those of ${trusted.issuer}`);
  const domain = email?.toLowerCase().split('@')[1] ?? '';
  const mayBeWorkspace =
    trusted.kind === 'google' &&
    domain !== '' &&
    !consumerDomains.has(domain) &&
    !domain.endsWith('gserviceaccount.com');
  const assumed = hd === undefined && mayBeWorkspace;
  const hostedDomain = assumed ? domain : hd === 'none' ? undefined : hd;
  const all = {
    ...Object.fromEntries(Object.entries(claims).map(([name, list]) => [name, list.length === 1 ? list[0] : list])),
    ...(email !== undefined && { email, email_verified: true }),
    ...(hostedDomain !== undefined && { hd: hostedDomain }),
  };
  const account = { issuer: trusted, subject: subject?.subject ?? '', issuedAt: 0, nonce: undefined };
  const identity = identify({ ...account, all }, session.claims);
  const name = email ?? personText(subject ?? '');
  const unkept = Object.keys(claims).filter((each) => !session.claims.includes(each));
  return {
    identity,
    refused: undefined,
    lines: [
      `${visible(name)}, ${belongingText(identity, assumed)}, address ${identity.addressState}`,
      ...unkept.map(
        (each) => `the claim ${visible(each)} is not looked at: session.claims of the config does not name it`,
      ),
    ],
  };
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
    `--token: ${file} holds no ID token. Allowed: a file with one token, three parts with dots between them`,
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
  const unchecked = online ? 'the key set of the issuer cannot be had' : '--live and --local check it';
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
    refused: checked.ok ? undefined : `${checked.refusal.reason} ${visible(JSON.stringify(checked.refusal.evidence))}`,
    lines: [
      `ID token of ${visible(String(email ?? sub ?? '?'))}, ${belongingText(identity, false)}, address ${identity.addressState}${expires}`,
      signature,
      ...(nonce === undefined
        ? []
        : ['it has a nonce: only the browser that began this sign-in can use it, for 10 minutes']),
    ],
  };
}

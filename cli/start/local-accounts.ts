/** Lists the stand-in accounts of a local site, and asks the API's own code what the rules decide about each. */
import { compileAccessRules } from '../../api/decide/access-decision.ts';
import { identify } from '../../api/decide/identity.ts';
import type { TrustedIssuer } from '../../api/verify/trusted-issuers.ts';
import { type AccessDocument, emptyAccessDocument } from '../../contract/access-rules.ts';
import type { SiteConfig } from '../../contract/config.ts';
import { profileOf, sampleAccounts } from '../../emulator/google/google-token.ts';
import { poolClaims } from '../../emulator/issuers/issuer-token.ts';
import { issuersOf } from '../explain/subject.ts';

export interface LocalAccount {
  readonly email: string;
  /** The path that the cookie opens; undefined: refused. */
  readonly path: string | undefined;
  readonly note: string;
}

/** An address that the config's rules name; undefined: they name none. */
function namedAddress({ access: { rules } }: SiteConfig): string | undefined {
  for (const { who } of rules) {
    const [email] = who.emails ?? [];
    const [domain] = who.hostedDomains ?? [];
    if (email !== undefined) return email;
    if (domain !== undefined) return `somebody@${domain}`;
  }
  return undefined;
}

/** The claims of a stand-in's token. */
function claimsOf({ kind, issuer }: TrustedIssuer, email: string, now: number): Readonly<Record<string, unknown>> {
  switch (kind) {
    case 'google':
      return profileOf(email);
    case 'cognitoUserPool':
      return poolClaims({ issuer, clientId: 'local', email, now }).id;
    case 'oidc':
      throw new Error(`${issuer} signs nobody in on a page`);
  }
}

/**
 * The sample accounts. If the config's rules admit none of them, one more account that they admit. `live`: the live
 * document, which may be from the previous run. `nowMs`: epoch milliseconds.
 */
export function localAccounts(config: SiteConfig, live: AccessDocument, nowMs: number): readonly LocalAccount[] {
  const issuer = issuersOf(config, null, () => nowMs).find(({ isDefault }) => isDefault);
  if (issuer === undefined) return [];
  const now = Math.floor(nowMs / 1000);
  const { blocked, rules: lines } = config.access;
  const rules = compileAccessRules({
    config: { ...emptyAccessDocument, blocked, rules: lines },
    live,
  });
  const pathFor = (email: string): string | undefined => {
    const all = claimsOf(issuer, email, now);
    const verified = { issuer, subject: String(all['sub']), issuedAt: now, nonce: undefined, all };
    const decision = rules.decide(identify(verified, config.session.claims), now);
    return decision.outcome === 'granted' ? decision.path : undefined;
  };
  const samples = sampleAccounts.map(({ email, note }) => ({ email, path: pathFor(email), note }));
  const named = samples.some(({ path }) => path !== undefined) ? undefined : namedAddress(config);
  const path = named === undefined ? undefined : pathFor(named);
  if (named === undefined || path === undefined) return samples;
  return [{ email: named, path, note: 'to be typed in; named by a rule' }, ...samples];
}

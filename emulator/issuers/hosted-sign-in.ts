/**
 * A user pool's hosted sign-in: whom it signs in, its codes, and their exchange for tokens. It is stricter than Cognito
 * in one point: it issues no code without PKCE.
 * @see https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html
 * @see https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html
 * @see https://docs.aws.amazon.com/cognito/latest/developerguide/logout-endpoint.html
 */
import { createHash, randomBytes } from 'node:crypto';
import { escapeHtml, hidden, noticeOf, type Page, page } from '../google/account-chooser.ts';
import { type Claims, sampleAccounts } from '../google/google-token.ts';
import type { FederatedModel } from '../model/stack-model.ts';
import { type IssuerTokens, poolClaims } from './issuer-token.ts';

/** The app client that people sign in to. */
export interface PoolClient {
  readonly issuer: string;
  readonly clientId: string;
  /** Where a code may be sent, exactly. */
  readonly callbackUrls: readonly string[];
  readonly logoutUrls: readonly string[];
  /** The pool signs people in itself. */
  readonly ownAccounts: boolean;
  /** Providers that sign people in besides the pool. */
  readonly federated: readonly FederatedModel[];
}

export interface HostedSignInOptions {
  /** undefined: the current stack has no user pool. */
  readonly client: () => PoolClient | undefined;
  readonly tokens: IssuerTokens;
  /** Epoch milliseconds. */
  readonly clock: () => number;
}

/** The hosted sign-in's answer to a browser. */
export type HostedAnswer =
  | { readonly kind: 'page'; readonly page: Page }
  /** `account`: the new signed-in account at the hosted sign-in; null: nobody; undefined: no change. */
  | { readonly kind: 'redirect'; readonly to: string; readonly account?: string | null }
  | { readonly kind: 'error'; readonly error: string };

/** Answer of the token endpoint. */
interface TokenAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface HostedSignIn {
  /** `account`: the account that is already signed in in the browser. */
  authorize(query: URLSearchParams, account: string | undefined): HostedAnswer;
  /** Handles the form of the page: `authorize` again, with an account. */
  choose(form: URLSearchParams): HostedAnswer;
  token(form: URLSearchParams): TokenAnswer;
  logout(query: URLSearchParams): HostedAnswer;
}

interface Code {
  readonly client: PoolClient;
  readonly email: string;
  readonly federated: FederatedModel | undefined;
  readonly redirectUri: string;
  readonly challenge: string;
  readonly claims: Claims;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** How long a code can be exchanged, in milliseconds. */
const codeMs = 300_000;
/** Request parameters that the page passes on. */
const carried = ['response_type', 'client_id', 'redirect_uri', 'state', 'scope', 'nonce'] as const;
const pkce = ['code_challenge', 'code_challenge_method'] as const;

const known = ['openid', 'email', 'profile', 'phone', 'aws.cognito.signin.user.admin'];

function withQuery(url: string, parameters: Readonly<Record<string, string | null>>): string {
  const target = new URL(url);
  for (const [name, value] of Object.entries(parameters)) if (value !== null) target.searchParams.set(name, value);
  return target.href;
}

/** The provider that signs an account in; `name` empty: the first one. */
const providerNamed = ({ ownAccounts, federated }: PoolClient, name: string): FederatedModel | undefined =>
  federated.find((one) => one.name === name) ?? (ownAccounts ? undefined : federated[0]);

function providerChoice({ ownAccounts, federated }: PoolClient): string {
  const names = [
    ...(ownAccounts ? [['', "the pool's own accounts"]] : []),
    ...federated.map(({ name }) => [name, name]),
  ];
  if (names.length < 2) return '';
  const options = names.map(
    ([value = '', text = '']) => `<option value="${escapeHtml(value)}">${escapeHtml(text)}</option>`,
  );
  return `<label>signs in by <select name="provider">${options.join('')}</select></label>\n`;
}

function chooserPage(query: URLSearchParams, { client, redirectUri }: Request): Page {
  const fields = hidden(
    Object.fromEntries([...carried, ...pkce].map((name) => [name, query.get(name) ?? undefined] as const)),
  );
  const accounts = sampleAccounts.map(
    ({ email, name, note }) => `<li><button class="account" name="email" value="${email}">
<span class="initial" aria-hidden="true">${name.charAt(0)}</span>
<span>${name}<small>${email}, ${note}</small></span></button></li>`,
  );
  const body = `<main>
${noticeOf('your user pool')}
<h1>Sign in</h1>
<p>to continue to <strong>${escapeHtml(new URL(redirectUri).origin)}</strong></p>
<form method="post" action="/login">${fields}<ul>
${accounts.join('\n')}
</ul></form>
<form method="post" action="/login">${fields}<fieldset>
<legend>Another account</legend>
<input type="email" name="email" aria-label="Another account" placeholder="someone@example.org" required>
<label><input type="checkbox" name="verified" value="yes" checked> the address is verified</label>
${providerChoice(client)}<input type="hidden" name="another" value="yes">
<button>Sign in</button>
</fieldset></form>
</main>`;
  return page('Sign in - stand-in user pool', body, undefined, `'self' ${new URL(redirectUri).origin}`);
}

/** A request that may be answered at its redirect URI. */
interface Request {
  readonly client: PoolClient;
  readonly redirectUri: string;
}

/** The account that the hosted sign-in remembers in a browser. */
interface Account {
  readonly email: string;
  /** Name of the provider that signed them in; empty: the pool itself. */
  readonly provider: string;
  readonly more: Claims;
}

export function createHostedSignIn({ client, tokens, clock }: HostedSignInOptions): HostedSignIn {
  const codes = new Map<string, Code>();

  /** The request, or what is wrong with it. Nobody is redirected to an address that is not registered. */
  function read(query: URLSearchParams): Request | HostedAnswer {
    const registered = client();
    const redirectUri = query.get('redirect_uri') ?? '';
    if (registered === undefined || query.get('client_id') !== registered.clientId) {
      return { kind: 'error', error: 'invalid_client' };
    }
    if (!registered.callbackUrls.includes(redirectUri)) return { kind: 'error', error: 'redirect_mismatch' };
    return { client: registered, redirectUri };
  }

  function faultOf(query: URLSearchParams): string | undefined {
    if (query.get('response_type') !== 'code') return 'unauthorized_client';
    const scopes = (query.get('scope') ?? 'openid').split(' ');
    if (!scopes.every((scope) => known.includes(scope))) return 'invalid_scope';
    const challenge = /^[A-Za-z0-9_-]{43}$/.test(query.get('code_challenge') ?? '');
    return challenge && query.get('code_challenge_method') === 'S256' ? undefined : 'invalid_request';
  }

  function grant(query: URLSearchParams, { email, provider, more }: Account): HostedAnswer {
    const request = read(query);
    if ('kind' in request) return request;
    const code = randomBytes(24).toString('base64url');
    const nonce = query.get('nonce');
    codes.set(code, {
      ...request,
      email,
      federated: providerNamed(request.client, provider),
      challenge: query.get('code_challenge') ?? '',
      claims: { ...more, ...(nonce !== null && { nonce }) },
      expiresAt: clock() + codeMs,
    });
    return {
      kind: 'redirect',
      to: withQuery(request.redirectUri, { code, state: query.get('state') }),
      account: JSON.stringify({ email, provider, more } satisfies Account),
    };
  }

  function authorize(query: URLSearchParams, account: string | undefined): HostedAnswer {
    const request = read(query);
    if ('kind' in request) return request;
    const error = faultOf(query);
    if (error !== undefined) {
      return { kind: 'redirect', to: withQuery(request.redirectUri, { error, state: query.get('state') }) };
    }
    // Like Cognito: people who are signed in are not asked again, until /logout.
    if (account !== undefined) return grant(query, JSON.parse(account) as Account);
    return { kind: 'page', page: chooserPage(query, request) };
  }

  return {
    authorize,
    choose(form) {
      const asked = authorize(form, undefined);
      const email = form.get('email')?.trim().toLowerCase();
      if (asked.kind !== 'page' || !email) return asked;
      const more = form.get('another') === 'yes' ? { email_verified: form.get('verified') === 'yes' } : {};
      return grant(form, { email, provider: form.get('provider') ?? '', more });
    },
    token(form) {
      const refuse = (error: string): TokenAnswer => ({ status: 400, body: { error } });
      const now = clock();
      const registered = client();
      if (registered === undefined || form.get('client_id') !== registered.clientId) return refuse('invalid_client');
      if (form.get('grant_type') !== 'authorization_code') return refuse('unsupported_grant_type');
      const name = form.get('code') ?? '';
      const code = codes.get(name);
      // A code works once, whatever the result (RFC 6749, 4.1.2).
      codes.delete(name);
      if (code === undefined || now > code.expiresAt || code.client.clientId !== registered.clientId) {
        return refuse('invalid_grant');
      }
      const verifier = form.get('code_verifier') ?? '';
      // RFC 7636, 4.6.
      const challenge = createHash('sha256').update(verifier).digest('base64url');
      const isProven = /^[A-Za-z0-9\-._~]{43,128}$/.test(verifier) && challenge === code.challenge;
      if (!isProven || form.get('redirect_uri') !== code.redirectUri) return refuse('invalid_grant');
      const { issuer, clientId } = registered;
      const claims = poolClaims({
        issuer,
        clientId,
        email: code.email,
        federated: code.federated,
        now: Math.floor(now / 1000),
        claims: code.claims,
      });
      return {
        status: 200,
        body: {
          id_token: tokens.sign(claims.id),
          access_token: tokens.sign(claims.access),
          refresh_token: randomBytes(48).toString('base64url'),
          token_type: 'Bearer',
          expires_in: 300,
        },
      };
    },
    logout(query) {
      const registered = client();
      if (registered === undefined || query.get('client_id') !== registered.clientId) {
        return { kind: 'error', error: 'invalid_client' };
      }
      const to = query.get('logout_uri') ?? '';
      if (!registered.logoutUrls.includes(to)) return { kind: 'error', error: 'redirect_mismatch' };
      return { kind: 'redirect', to, account: null };
    },
  };
}

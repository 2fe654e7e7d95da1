/**
 * Who is signed in at the stand-in Google in which browser, and which clients each account knows. Lost when the process
 * ends.
 */
import { randomBytes } from 'node:crypto';
import type { Claims } from './google-token.ts';

/** An account that is signed in at the stand-in in one browser. */
export interface GoogleAccount {
  readonly email: string;
  /** The choices made for the account in the chooser, beyond what the stand-in knows about its address. */
  readonly claims: Claims;
  /** Clients that it has signed in to. */
  readonly clients: ReadonlySet<string>;
}

export interface GoogleSessions {
  /** Accounts of the browser with this cookie, last used first. */
  accounts(cookies: string | undefined): readonly GoogleAccount[];
  /**
   * Remembers that `email` signed in to `clientId` in the browser with these cookies. Returns the `Set-Cookie` for it.
   */
  signIn(cookies: string | undefined, clientId: string, email: string, claims: Claims): string;
}

/** The account that signs in without a click: the only one in this browser that signed in to the client before. */
export function returningAccount(accounts: readonly GoogleAccount[], clientId: string): GoogleAccount | undefined {
  const [account, ...others] = accounts.filter(({ clients }) => clients.has(clientId));
  return others.length === 0 ? account : undefined;
}

/** `cookieName`: the cookie that remembers a browser. */
export function createGoogleSessions(cookieName: () => string): GoogleSessions {
  const idOf = (cookies = ''): string => new RegExp(`(?:^|; )${cookieName()}=([\\w-]{22})`).exec(cookies)?.[1] ?? '';
  const browsers = new Map<string, readonly GoogleAccount[]>();
  return {
    accounts: (cookies) => browsers.get(idOf(cookies)) ?? [],
    signIn(cookies, clientId, email, claims) {
      const before = browsers.get(idOf(cookies));
      const id = before === undefined ? randomBytes(16).toString('base64url') : idOf(cookies);
      const clients = new Set(before?.find((account) => account.email === email)?.clients).add(clientId);
      const others = before?.filter((account) => account.email !== email) ?? [];
      browsers.set(id, [{ email, claims, clients }, ...others]);
      // Pages of other sites frame the stand-in. Browsers accept Secure from this machine over http, too.
      return `${cookieName()}=${id}; Path=/; Secure; HttpOnly; SameSite=None`;
    },
  };
}

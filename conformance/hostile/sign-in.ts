/** Sends sign-ins the way a browser or a command line would, and says what "nothing was given" means. */
import { expect } from 'vitest';
import { type Answer, cookieHeader, send } from '../support/http.ts';
import type { RunningSite } from '../support/site.ts';

/** What a browser has before it signs in: the nonce, and the cookie that belongs to it. */
export interface Beginning {
  readonly nonce: string;
  /** As a `Cookie` header. */
  readonly cookie: string;
}

export async function beginSignIn(site: RunningSite): Promise<Beginning> {
  const answer = await send(`${site.origin}/auth/session`);
  return { nonce: (answer.json as { nonce: string }).nonce, cookie: cookieHeader(answer.setCookie) };
}

const post = (site: RunningSite, headers: Record<string, string>, body?: string): Promise<Answer> =>
  send(`${site.origin}/auth/session`, { method: 'POST', headers, ...(body !== undefined && { body }) });

/** As a command line does. */
export const postBearer = (site: RunningSite, token: string, headers: Record<string, string> = {}): Promise<Answer> =>
  post(site, { Authorization: `Bearer ${token}`, ...headers });

/** As the element does; a text goes out as it is. */
export const postJson = (
  site: RunningSite,
  body: unknown,
  { cookie }: Pick<Beginning, 'cookie'>,
  headers: Record<string, string> = {},
): Promise<Answer> =>
  post(
    site,
    { 'Content-Type': 'application/json', Origin: site.origin, Cookie: cookie, ...headers },
    typeof body === 'string' ? body : JSON.stringify(body),
  );

/** As Google's redirect does: `fields` come over those of a form that is in order but for the credential. */
export const postForm = (
  site: RunningSite,
  fields: Record<string, string>,
  { cookie }: Pick<Beginning, 'cookie'>,
  headers: Record<string, string> = {},
): Promise<Answer> =>
  post(
    site,
    {
      'Content-Type': 'application/x-www-form-urlencoded',
      Origin: site.google.origin,
      Cookie: `${cookie}; g_csrf_token=csrf`,
      ...headers,
    },
    new URLSearchParams({ g_csrf_token: 'csrf', ...fields }).toString(),
  );

/** Refused as a whole: no cookie, and a code out of `codes` with the status that belongs to it. */
export function expectRefused(answer: Answer, ...codes: readonly string[]): void {
  const statuses: Record<string, readonly number[]> = {
    invalid_request: [400, 405, 413, 415, 422],
    invalid_token: [401],
    access_denied: [401],
    sign_in_expired: [401],
    temporarily_unavailable: [503],
  };
  expect(answer.setCookie).toEqual([]);
  const { code } = answer.json as { code: string };
  expect(codes).toContain(code);
  expect(statuses[code]).toContain(answer.status);
}

/** A form post that was refused: back to the login page with a code, and no cookie. */
export function expectFormRefused(answer: Answer, code: string): void {
  expect([answer.status, answer.headers['location'], answer.setCookie, answer.text]).toEqual([
    303,
    `/public/login.html#error=${code}`,
    [],
    '',
  ]);
}

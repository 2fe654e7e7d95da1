/** Expected answers of the session routes at a test site, and the two ways to start a session. */
import type { GatewayAnswer } from '../receive/gateway.ts';
import { bearer, cookiesOf, host, type TestSite } from './test-site.ts';

export const securityHeaders = {
  'Cache-Control': 'no-store',
  'Cross-Origin-Opener-Policy': 'same-origin-allow-popups',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'Strict-Transport-Security': 'max-age=31536000',
  'X-Content-Type-Options': 'nosniff',
};
export const problemHeaders = { ...securityHeaders, 'Content-Type': 'application/problem+json' };
export const signedInBody = {
  status: 'signed-in',
  user: { email: 'alice@example.com', hostedDomain: 'example.com' },
  path: '/*',
  expiresAt: '2027-01-15T09:00:00.000Z',
  renewableUntil: '2027-01-16T08:00:00.000Z',
  cookieSeconds: 3600,
  returnOrigins: ['https://app.example.com'],
  hosts: [host, 'd111.cloudfront.net'],
  now: '2027-01-15T08:00:00.000Z',
};
export const expiredLogin = '__Host-s3nator-login=; Path=/; Secure; HttpOnly; SameSite=None; Max-Age=0';

/** A browser after its first GET: its login cookie and the nonce for the provider. */
export async function beginSignIn(site: TestSite): Promise<{ cookie: string; nonce: string }> {
  const answer = await site.send();
  const [cookie = ''] = (answer.cookies ?? [])[0]?.split(';') ?? [];
  return { cookie, nonce: (JSON.parse(answer.body ?? '') as { nonce: string }).nonce };
}

export async function signInByBearer(site: TestSite): Promise<{ answer: GatewayAnswer; jar: string[] }> {
  const answer = await site.send(bearer(site.token()));
  const jar = Object.entries(cookiesOf(answer)).flatMap(([name, { value }]) => (value ? [`${name}=${value}`] : []));
  return { answer, jar };
}

export const linesOf = (site: TestSite, event: string): Record<string, unknown>[] =>
  site.lines.filter((line) => line['event'] === event);

/** Helpers for a test site with several issuers: rules, sign-in, renewal. */
import { emptyAccessDocument } from '../../contract/access-rules.ts';
import { accessConfigKey } from '../../contract/layout.ts';
import type { GatewayAnswer } from '../receive/gateway.ts';
import { codeOf, type TestSite } from './test-site.ts';

export function putRules(site: TestSite, ...rules: readonly object[]): void {
  site.aws.put(accessConfigKey, JSON.stringify({ ...emptyAccessDocument, rules }));
}

/** A sign-in; `more`: extra headers. */
export const bearer = (site: TestSite, token: string, more: Record<string, string> = {}): Promise<GatewayAnswer> =>
  site.send({ method: 'POST', headers: { authorization: `Bearer ${token}`, ...more } });

/** The code of the refusal, or `admitted`. */
export async function outcome(site: TestSite, token: string): Promise<unknown> {
  const answer = await bearer(site, token);
  return answer.statusCode === 201 ? 'admitted' : codeOf(answer);
}

/** Renews the session that `answer` started. */
export const renew = (site: TestSite, answer: GatewayAnswer): Promise<GatewayAnswer> =>
  site.send({
    method: 'POST',
    path: '/auth/session/renewal',
    cookies: (answer.cookies ?? []).map((line) => line.split(';', 1)[0] ?? ''),
  });

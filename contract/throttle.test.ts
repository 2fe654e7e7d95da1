import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { apiRoutes } from './session-api.ts';
import { siteFields } from './site-fields.ts';

const { requestsPerSecond, burst, renewals } = v.parse(siteFields.entries.throttle, {});

/** The first number in a text of docs/ that the pattern finds. */
function numberIn(page: string, pattern: RegExp): number {
  const text = readFileSync(`${import.meta.dirname}/../docs/${page}`, 'utf8').replaceAll(/\s+/g, ' ');
  return Number(pattern.exec(text)?.[1]);
}

describe('the default throttle', () => {
  it('lets 20 people sign in at the same moment: each asks who is signed in, and posts a token', () => {
    expect(burst / 2).toBeGreaterThanOrEqual(20);
  });

  it('lets 20 people back in at the same moment whose cookies ended overnight: each page asks, then renews', () => {
    expect(Math.min(burst, renewals.burst)).toBeGreaterThanOrEqual(20);
  });

  it('renews for 5,000 people who signed in at the same moment: their pages renew within five minutes', () => {
    expect(renewals.requestsPerSecond * 300).toBeGreaterThanOrEqual(5_000);
  });

  it('lets a flood cost no more than docs/deploy.md says: each throttle for a month', () => {
    const monthSeconds = 30 * 86_400;
    for (const rate of [requestsPerSecond, renewals.requestsPerSecond]) {
      expect(rate).toBe(numberIn('deploy.md', /The default limit is (\d+) requests a second/));
      const millions = Math.round((rate * monthSeconds) / 1e6);
      expect(millions).toBe(numberIn('deploy.md', /A whole month at this limit is (\d+) million requests/));
      // API Gateway's price is $1.00 a million.
      expect(millions).toBe(numberIn('deploy.md', /\| API requests \| \$(\d+) \|/));
    }
  });

  it('lets as many requests for access arrive at once as docs/threat-model.md says', () => {
    expect(burst).toBe(numberIn('threat-model.md', /the stage's throttle admits (\d+) at once/));
  });

  it('counts only renewals apart: what a stranger can send without a session is counted together', () => {
    const apart = apiRoutes.filter(({ throttle }) => throttle !== 'shared');
    expect(apart.map(({ method, path }) => `${method} ${path}`)).toEqual(['POST /auth/session/renewal']);
  });
});

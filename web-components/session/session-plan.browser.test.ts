import { describe, expect, it } from 'vitest';
import type { KnownSession } from '../shared/session-client.ts';
import { signedIn } from '../testing/stand-ins.ts';
import { planSession } from './session-plan.ts';

const never = Number.POSITIVE_INFINITY;
const usual = { jitter: 0, isStuck: false, isFailing: false };
const end = Date.parse('2027-01-15T09:00:00Z');
const session = (more: Partial<KnownSession> = {}): KnownSession =>
  ({
    ...signedIn(),
    expiresAt: '2027-01-15T09:00:00.000Z',
    renewableUntil: '2027-01-16T08:00:00.000Z',
    ...more,
  }) as KnownSession;
const minutes = 60_000;

describe('planSession', () => {
  it('renews from ten to five minutes before the end, at a different time in each tab', () => {
    expect(planSession(session(), usual)).toEqual({ end, isFinal: false, renewAt: end - 5 * minutes, warnAt: never });
    expect(planSession(session(), { ...usual, jitter: 1 }).renewAt).toBe(end - 10 * minutes);
  });

  it.each([
    [60, 15_000],
    [600, 150_000],
    [1_200, 300_000],
    [604_800, 300_000],
  ])('renews cookies of %i seconds %i ms before they end', (cookieSeconds, lead) => {
    expect(planSession(session({ cookieSeconds }), usual).renewAt).toBe(end - lead);
  });

  it('warns instead of renewing when the cookies end with the session', () => {
    const final = session({ renewableUntil: '2027-01-15T09:00:00.000Z' });
    expect(planSession(final, usual)).toEqual({ end, isFinal: true, renewAt: never, warnAt: end - 5 * minutes });
  });

  it('asks the rules once more after a rule has ended, and warns before', () => {
    expect(planSession(session(), { ...usual, isStuck: true, jitter: 0.5 })).toEqual({
      end,
      isFinal: false,
      renewAt: end + 2_500,
      warnAt: end - 5 * minutes,
    });
  });

  it('warns when renewals fail, and keeps trying', () => {
    expect(planSession(session(), { ...usual, isFailing: true })).toMatchObject({
      renewAt: end - 5 * minutes,
      warnAt: end - 2.5 * minutes,
    });
  });
});

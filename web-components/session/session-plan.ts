/** When a session is renewed and warned about. Pure functions: the caller passes the time. */
import type { KnownSession } from '../shared/session-client.ts';

/**
 * Longest time between the last tab's first try and the end of the cookies, in milliseconds. A quarter of their life if
 * that is less.
 */
const maximumLeadMs = 300_000;
/** After the end of a rule, the rules are asked once more within this time, in milliseconds. */
const afterRuleMs = 5_000;

/** What a tab knows beside the session. */
export interface PlanInput {
  /** From 0 to 1, another one in each tab. */
  readonly jitter: number;
  /** A renewal brought no later end. */
  readonly isStuck: boolean;
  /** The last renewal did not come through. */
  readonly isFailing: boolean;
}

/** Milliseconds since 1970 by the API's clock; infinite: never. */
export interface SessionPlan {
  /** The cookies end. */
  readonly end: number;
  /** They end with the session. */
  readonly isFinal: boolean;
  readonly renewAt: number;
  /** The page is warned, unless it is renewed before. */
  readonly warnAt: number;
}

export function planSession(session: KnownSession, { jitter, isStuck, isFailing }: PlanInput): SessionPlan {
  const { expiresAt, renewableUntil, cookieSeconds } = session;
  const end = Date.parse(expiresAt);
  const lead = Math.min(maximumLeadMs, cookieSeconds * 250);
  const isFinal = end >= Date.parse(renewableUntil);
  const never = Number.POSITIVE_INFINITY;
  return {
    end,
    isFinal,
    renewAt: isFinal ? never : isStuck ? end + afterRuleMs * jitter : end - lead * (1 + jitter),
    warnAt: isFinal || isStuck ? end - lead : isFailing ? end - lead / 2 : never,
  };
}

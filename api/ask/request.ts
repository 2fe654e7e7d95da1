/**
 * Rules for access requests: who may ask, when they may ask again, and how a request is stored. Pure. The command line
 * uses the same schemas.
 */
import { createHash } from 'node:crypto';
import * as v from 'valibot';
import type { Environment } from '../../contract/environment.ts';
import { answeredRequestsPrefix, openRequestsPrefix } from '../../contract/layout.ts';
import { traitsOf } from '../../contract/provider-traits.ts';
import { maximumReasonLength } from '../../contract/session-api.ts';
import { isIdentified } from '../decide/access-decision.ts';
import type { Identity } from '../decide/identity.ts';

/** How long a person must wait after a refusal before asking again, in milliseconds. */
const refusedMs = 30 * 86_400_000;
/** How long an approval may take to apply everywhere, in milliseconds. The rules are cached for a minute. */
const approvedMs = 300_000;

/** More than three combining marks on one letter are not text. They paint over the lines around them. */
const stackedMarks = /(\p{M}{3})\p{M}+/gu;
/**
 * Characters without a visible shape: formats, fillers, joiners, selectors. Control characters are replaced separately.
 */
const unseen = /(?!\p{Cc})[\p{C}\p{DI}]/gu;
/** The Braille cell without dots is a symbol, but looks like a blank. */
const blanks = /[\p{Cc}\p{Z}\u2800]+/gu;

const text = v.pipe(v.string(), v.maxLength(1_024));
// valibot's `isoTimestamp` accepts some time zones that JavaScript cannot parse.
const time = v.pipe(
  v.string(),
  v.isoTimestamp(),
  v.check((value) => !Number.isNaN(Date.parse(value))),
);
const whoSchema = v.strictObject({
  iss: text,
  sub: text,
  /** Verified by the issuer. */
  email: v.optional(text),
  hd: v.optional(text),
  /** true: the issuer is authoritative for the address. false: it only saw a proof at some time. */
  managed: v.boolean(),
});

/** The object under `requests/open/`. */
export const openRequestSchema = v.strictObject({
  version: v.literal(1),
  askedAt: time,
  who: whoSchema,
  /** Visible text in one line. */
  reason: v.pipe(v.string(), v.maxLength(maximumReasonLength)),
});

/** The object under `requests/answered/`. */
export const answeredRequestSchema = v.strictObject({
  version: v.literal(1),
  askedAt: time,
  answeredAt: time,
  who: whoSchema,
  answer: v.picklist(['approved', 'denied']),
});

export type OpenRequest = v.InferOutput<typeof openRequestSchema>;
export type AnsweredRequest = v.InferOutput<typeof answeredRequestSchema>;

/** Parses a stored object with its schema. `undefined` if the text does not match. */
export function parseStored<T>(schema: v.GenericSchema<unknown, T>, json: string): T | undefined {
  try {
    const result = v.safeParse(schema, JSON.parse(json));
    return result.success ? result.output : undefined;
  } catch {
    return undefined;
  }
}

/** The name of a person's request: always 64 hexadecimal digits, whatever the issuer and subject are. */
export const requestName = (issuer: string, subject: string): string =>
  createHash('sha256')
    .update(JSON.stringify([issuer, subject]))
    .digest('hex');

export const openRequestKey = (name: string): string => `${openRequestsPrefix}${name}.json`;
export const answeredRequestKey = (name: string): string => `${answeredRequestsPrefix}${name}.json`;

type Policy = NonNullable<Environment['accessRequests']>;

/**
 * Whether a denied person may ask. The reason for the denial does not matter, so blocked people cannot tell that they
 * are blocked. The issuer must have verified the address, so that an operator does not take the person for somebody
 * else. Machines may not ask: anyone who uses the service can create as many as they like.
 */
export function mayAsk({ mayAsk: who }: Pick<Policy, 'mayAsk'>, identity: Identity): boolean {
  if (!isIdentified(identity) || identity.isServiceAccount) return false;
  if (who === 'anyone') return traitsOf(identity.trust).mayAskLikeAnyone;
  return identity.hostedDomain !== undefined && who.hostedDomains.includes(identity.hostedDomain);
}

/** The answer that still applies. `undefined`: the person may ask again. */
export function standingAnswer(
  { answer, answeredAt }: AnsweredRequest,
  nowMs: number,
): AnsweredRequest['answer'] | undefined {
  const age = nowMs - Date.parse(answeredAt);
  return age < (answer === 'denied' ? refusedMs : approvedMs) ? answer : undefined;
}

/**
 * Turns a person's text into one line of visible text, without control characters, bidi controls, invisible characters,
 * broken surrogate pairs, or stacks of accents.
 */
export const plainLine = (words: string): string =>
  words.toWellFormed().replace(unseen, '').replace(blanks, ' ').replace(stackedMarks, '$1').trim();

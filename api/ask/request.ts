/**
 * Owns what a request for access is: who may make one, when again, and how it is stored. Pure; the shapes are the
 * command line's, too.
 */
import { createHash } from 'node:crypto';
import * as v from 'valibot';
import type { Environment } from '../../contract/environment.ts';
import { answeredRequestsPrefix, openRequestsPrefix } from '../../contract/layout.ts';
import { traitsOf } from '../../contract/provider-traits.ts';
import { maximumReasonLength } from '../../contract/session-api.ts';
import { isIdentified } from '../decide/access-decision.ts';
import type { Identity } from '../decide/identity.ts';

/** How long a no holds before the person may ask again, in milliseconds. */
const refusedMs = 30 * 86_400_000;
/** How long a yes may take to be in force everywhere, in milliseconds: the rules are cached for a minute. */
const approvedMs = 300_000;

/** More marks than this on one letter are no writing, and paint over the lines around them. */
const stackedMarks = /(\p{M}{3})\p{M}+/gu;
/** Control characters apart, what has no look of its own: formats, fillers, joiners, selectors. */
const unseen = /(?!\p{Cc})[\p{C}\p{DI}]/gu;
/** The Braille cell without a dot is a symbol, and looks like a blank. */
const blanks = /[\p{Cc}\p{Z}\u2800]+/gu;

const text = v.pipe(v.string(), v.maxLength(1_024));
// The action takes spellings of a zone that are no time to JavaScript.
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
  /** The issuer has the say over the address; of another one it once saw a proof. */
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

/** An object's text as its schema has it; `undefined` when it is something else. */
export function parseStored<T>(schema: v.GenericSchema<unknown, T>, json: string): T | undefined {
  try {
    const result = v.safeParse(schema, JSON.parse(json));
    return result.success ? result.output : undefined;
  } catch {
    return undefined;
  }
}

/** Name of a person's request: whatever they are called, it is 64 hexadecimal digits. */
export const requestName = (issuer: string, subject: string): string =>
  createHash('sha256')
    .update(JSON.stringify([issuer, subject]))
    .digest('hex');

export const openRequestKey = (name: string): string => `${openRequestsPrefix}${name}.json`;
export const answeredRequestKey = (name: string): string => `${answeredRequestsPrefix}${name}.json`;

type Policy = NonNullable<Environment['accessRequests']>;

/**
 * Whether a person who was denied may ask, whatever they were denied for: the blocked must not learn from it that they
 * are. Not with an address that the issuer has not verified, which an operator would take for somebody else; no
 * machine, of which everyone who uses its service has as many as they like.
 */
export function mayAsk({ mayAsk: who }: Pick<Policy, 'mayAsk'>, identity: Identity): boolean {
  if (!isIdentified(identity) || identity.isServiceAccount) return false;
  if (who === 'anyone') return traitsOf(identity.trust).mayAskLikeAnyone;
  return identity.hostedDomain !== undefined && who.hostedDomains.includes(identity.hostedDomain);
}

/** An answer that stands; `undefined`: the person may ask again. */
export function standingAnswer(
  { answer, answeredAt }: AnsweredRequest,
  nowMs: number,
): AnsweredRequest['answer'] | undefined {
  const age = nowMs - Date.parse(answeredAt);
  return age < (answer === 'denied' ? refusedMs : approvedMs) ? answer : undefined;
}

/**
 * A person's words as one line of visible text: no control characters, nothing that turns the writing round or hides in
 * it, no halves of characters, no towers of accents.
 */
export const plainLine = (words: string): string =>
  words.toWellFormed().replace(unseen, '').replace(blanks, ' ').replace(stackedMarks, '$1').trim();

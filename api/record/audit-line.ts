/**
 * Owns the schema of an audit line: what a decision leaves in the log, for whoever reads it. The API imports its types
 * only.
 */
import * as v from 'valibot';
import { denialReasons } from '../decide/access-decision.ts';

/** Every reason that a `denied` line gives. `signed-out-by-operator`: an operator ended sessions as old as this one. */
const auditedDenials = [...denialReasons, 'signed-out-by-operator'] as const;

/** Version of the schema. A field that is added keeps it; one that goes or changes its meaning raises it. */
const auditSchemaVersion = 1;

const text = v.pipe(v.string(), v.minLength(1));
const time = v.pipe(v.string(), v.isoTimestamp());
/** EMF, which CloudWatch counts by; says nothing about the decision. */
const emf = v.looseObject({ Timestamp: v.number(), CloudWatchMetrics: v.array(v.unknown()) });

/** `object`: what to think of fields that this version does not know. `oneOf`: of words that it does not know. */
function schemaWith(object: typeof v.strictObject, oneOf: typeof v.picklist) {
  const who = object({ iss: text, sub: text, email: v.optional(text), hd: v.optional(text) });
  const documents = object({ config: text, live: text });
  const everyLine = {
    level: v.literal('info'),
    site: text,
    stage: text,
    schema: v.literal(auditSchemaVersion),
    time,
    requestId: v.string(),
    _aws: v.optional(emf),
  };
  const given = {
    ...everyLine,
    who,
    sid: text,
    rule: text,
    path: text,
    key: text,
    signedInAt: time,
    until: time,
    identityId: v.optional(text),
    documents,
  };
  const count = v.optional(v.literal(1));
  return v.variant('event', [
    object({ ...given, event: v.literal('granted'), Granted: count }),
    object({ ...given, event: v.literal('renewed'), Renewed: count }),
    object({
      ...everyLine,
      event: v.literal('denied'),
      who,
      sid: v.optional(text),
      action: oneOf(['sign-in', 'renewal']),
      why: oneOf(auditedDenials),
      documents,
      Denied: count,
    }),
    object({
      ...everyLine,
      event: v.literal('access-requested'),
      who,
      documents,
      AccessRequested: count,
    }),
    object({
      ...everyLine,
      event: v.literal('signed-out'),
      who: v.optional(who),
      sid: text,
      signedInAt: time,
      SignedOut: count,
    }),
  ]);
}

/** An audit line exactly as this version writes it. */
export const auditLineSchema = schemaWith(v.strictObject, v.picklist);

// They differ in their answer to a field or a word that is not listed, and in no type that is used here.
const looseObject = v.looseObject as unknown as typeof v.strictObject;
const anyText = (() => text) as unknown as typeof v.picklist;

/** The same for reading: a later version may have added fields and reasons, and no line disappears for that. */
const readableLineSchema = schemaWith(looseObject, anyText);

/** Every reason that the API may write. A reason that is not in the list does not compile. */
export type AuditedDenial = (typeof auditedDenials)[number];

export type AuditLine = v.InferOutput<typeof auditLineSchema>;

/** `newer`: of an audit, in a schema or with an event that this code does not know. `other`: not of an audit. */
export type ReadLine =
  | { readonly kind: 'audit'; readonly line: AuditLine }
  | { readonly kind: 'newer' }
  | { readonly kind: 'other' };

/** Reads one line of a log. Never throws. */
export function readAuditLine(text: string): ReadLine {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: 'other' };
  }
  const result = v.safeParse(readableLineSchema, value);
  if (result.success) return { kind: 'audit', line: result.output };
  const { schema } = (value ?? {}) as { schema?: unknown };
  return { kind: typeof schema === 'number' && schema >= auditSchemaVersion ? 'newer' : 'other' };
}

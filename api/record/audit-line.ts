/** The schema of an audit line, and its parser. The API imports only the types. */
import * as v from 'valibot';
import { denialReasons } from '../decide/access-decision.ts';

/** Every reason that a `denied` line gives. `signed-out-by-operator`: an operator ended sessions as old as this one. */
const auditedDenials = [...denialReasons, 'signed-out-by-operator'] as const;

/** Version of the schema. Adding a field keeps it. Removing a field or changing its meaning raises it. */
const auditSchemaVersion = 1;

const text = v.pipe(v.string(), v.minLength(1));
const time = v.pipe(v.string(), v.isoTimestamp());
/** EMF, for CloudWatch's metrics. Not part of the decision. */
const emf = v.looseObject({ Timestamp: v.number(), CloudWatchMetrics: v.array(v.unknown()) });

/** `object` decides what happens to unknown fields, `oneOf` what happens to unknown words. */
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

// The two differ only in how they treat an unlisted field or word, and in no type that is used here.
const looseObject = v.looseObject as unknown as typeof v.strictObject;
const anyText = (() => text) as unknown as typeof v.picklist;

/**
 * The same schema for reading. A later version may have added fields and reasons, and its lines must still be shown.
 */
const readableLineSchema = schemaWith(looseObject, anyText);

/** Every reason that the API may write. An unlisted reason does not compile. */
export type AuditedDenial = (typeof auditedDenials)[number];

export type AuditLine = v.InferOutput<typeof auditLineSchema>;

/** `newer`: an audit line whose schema or event this code does not know. `other`: not an audit line. */
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

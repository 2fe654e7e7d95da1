/** Owns the schema of an audit line: what a decision leaves in the log, for whoever reads it. The API imports its types only. */
import * as v from 'valibot';

/** Version of the schema. A field that is added keeps it; one that goes or changes its meaning raises it. */
export const auditSchemaVersion = 1;

const text = v.pipe(v.string(), v.minLength(1));
const time = v.pipe(v.string(), v.isoTimestamp());

const who = v.strictObject({
  iss: text,
  sub: text,
  email: v.optional(text),
  hd: v.optional(text),
});

const documents = v.strictObject({ config: text, live: text });

/** EMF, which CloudWatch counts by; gone from what `access log` prints. */
const counted = {
  _aws: v.optional(v.looseObject({ Timestamp: v.number(), CloudWatchMetrics: v.array(v.unknown()) })),
};

const everyLine = {
  level: v.literal('info'),
  site: text,
  stage: text,
  schema: v.literal(auditSchemaVersion),
  time,
  requestId: v.string(),
  ...counted,
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

export const auditLineSchema = v.variant('event', [
  v.strictObject({ ...given, event: v.literal('granted'), Granted: v.optional(v.literal(1)) }),
  v.strictObject({ ...given, event: v.literal('renewed'), Renewed: v.optional(v.literal(1)) }),
  v.strictObject({
    ...everyLine,
    event: v.literal('denied'),
    who,
    sid: v.optional(text),
    action: v.picklist(['sign-in', 'renewal']),
    why: v.picklist([
      'blocked',
      'no-rule',
      'address-unverified',
      'address-malformed',
      'address-absent',
      'signed-out-by-operator',
    ]),
    documents,
    Denied: v.optional(v.literal(1)),
  }),
  v.strictObject({
    ...everyLine,
    event: v.literal('signed-out'),
    who: v.optional(who),
    sid: text,
    signedInAt: time,
    SignedOut: v.optional(v.literal(1)),
  }),
]);

export type AuditLine = v.InferOutput<typeof auditLineSchema>;

/** The line, if it is one of an audit that this code understands. Never throws. */
export function parseAuditLine(line: string): AuditLine | undefined {
  try {
    const result = v.safeParse(auditLineSchema, JSON.parse(line));
    return result.success ? result.output : undefined;
  } catch {
    return undefined;
  }
}

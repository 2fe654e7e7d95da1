/** Owns the schema of the two access documents. Shape and validation only; deciding is the API's. */
import * as v from 'valibot';

/** Schema version that this code writes and reads; a document with a higher one is not understood and not used. */
export const accessDocumentVersion = 1;

/** Longest path of a rule, in characters. */
const maximumPathLength = 1024;

// No `*`: a pattern among the blocked would block nobody.
const oneAddress = /^[^\s@*]+@[^\s@*]+$/;
const hostName = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$/;
// RFC 3986 path characters, percent-encoded octets, and one `*` at the very end.
const rulePath = /^\/(?:[A-Za-z0-9\-._~!$&'()+,;=:@/]|%[0-9A-Fa-f]{2})*\*?$/;

const email = v.pipe(
  v.string(),
  v.trim(),
  v.toLowerCase(),
  v.regex(oneAddress, 'one whole address with exactly one @, such as alice@example.com'),
);
const hostedDomain = v.pipe(
  v.string(),
  v.trim(),
  v.toLowerCase(),
  v.regex(hostName, 'a domain without @ or *, such as example.com'),
);
const subject = v.strictObject({
  issuer: v.pipe(v.string(), v.regex(/^https:\/\//, 'an https:// issuer')),
  subject: v.pipe(v.string(), v.minLength(1, 'the `sub` of the account'), v.maxLength(255, 'at most 255 characters')),
});
const text = v.pipe(v.string(), v.minLength(1, 'a text that is not empty'), v.maxLength(255, 'at most 255 characters'));

// `v.record` leaves these names out without a word, and a condition that is gone opens the rule to everyone it does not name.
const namesLeftOut = ['__proto__', 'constructor', 'prototype'];
const claims = v.pipe(
  v.custom<Record<string, (string | number | boolean)[]>>(
    (value) => {
      if (typeof value !== 'object' || value === null) return true;
      const names = Object.keys(value);
      return names.length > 0 && !names.some((name) => namesLeftOut.includes(name));
    },
    `at least one claim, and none of the names ${namesLeftOut.join(', ')}`,
  ),
  v.record(text, v.array(v.union([text, v.number(), v.boolean()]))),
);

/** `Date.parse` takes 30 February for 2 March. */
function isTime(value: string): boolean {
  const day = value.slice(0, 10);
  const midnight = new Date(`${day}T00:00:00Z`);
  return ![midnight.getTime(), Date.parse(value)].includes(Number.NaN) && midnight.toISOString().startsWith(day);
}

const time = v.pipe(
  v.string(),
  v.isoTimestamp('a time with its zone, such as 2027-01-31T00:00:00Z'),
  v.check(isTime, 'a time that exists'),
);

/** Someone, by whole address or by (issuer, subject). */
export const personSchema = v.union([email, subject], 'a whole address, or { issuer, subject }');

const whoSchema = v.pipe(
  v.strictObject({
    /** Google `hd` claims: everyone whose Workspace account belongs to the domain. */
    hostedDomains: v.optional(v.array(hostedDomain)),
    /** Whole verified addresses. */
    emails: v.optional(v.array(email)),
    /** Accounts by (issuer, subject). */
    subjects: v.optional(v.array(subject)),
    /** Addresses of Google service accounts; no other line admits one. */
    serviceAccounts: v.optional(v.array(email)),
    /**
     * Claim name to admitted values; a claim that is an array matches by any element. Beside the lists above it narrows them; alone it stands for
     * everyone with these claims. Only claims that `session.claims` names are looked at.
     */
    claims: v.optional(claims),
    /** Everyone with a valid token of a person (service accounts excepted). */
    anyone: v.optional(v.literal(true)),
    /** Also admits `emails` for which Google is not authoritative; default: they are refused. */
    trustUnmanaged: v.optional(v.literal(true)),
  }),
  v.check(
    (who) => Object.keys(who).some((key) => key !== 'trustUnmanaged'),
    'at least one of hostedDomains, emails, subjects, serviceAccounts, claims, anyone',
  ),
);

/** One line of a document. The first rule whose `who` matches gives the grant. */
export const accessRuleSchema = v.strictObject({
  who: whoSchema,
  /** The one path that the grant opens: absolute, percent-encoded, `*` only last. */
  path: v.optional(
    v.pipe(
      v.string(),
      v.maxLength(maximumPathLength, `at most ${maximumPathLength} characters`),
      v.regex(rulePath, 'an absolute, percent-encoded path without ?, with * only at the end, such as /docs/*'),
    ),
    '/*',
  ),
  /** The rule ends here; RFC 3339 with a zone. Default: never. */
  until: v.optional(time),
});

/** Sessions that began before a time are not renewed; RFC 3339 with a zone. */
const signedOutBeforeSchema = v.strictObject({
  /** For every person. */
  everyone: v.optional(time),
  /** For one person each, beside what holds for everyone; the latest time that names them counts. */
  people: v.optional(v.array(v.strictObject({ who: personSchema, before: time }))),
});

export const accessDocumentSchema = v.strictObject({
  /** Where editors find the JSON Schema; nothing reads it. */
  $schema: v.optional(v.string()),
  version: v.literal(accessDocumentVersion),
  /** Refused before any rule is looked at. */
  blocked: v.array(personSchema),
  rules: v.array(accessRuleSchema),
  /** Ends sessions without a deploy. The operators' document alone has it; in the config's it is not looked at. */
  signedOutBefore: v.optional(signedOutBeforeSchema),
});

export type Person = v.InferOutput<typeof personSchema>;
export type AccessRule = v.InferOutput<typeof accessRuleSchema>;
export type AccessDocument = v.InferOutput<typeof accessDocumentSchema>;

/** A document that grants nothing and blocks nobody. */
export const emptyAccessDocument: AccessDocument = { version: accessDocumentVersion, blocked: [], rules: [] };

/** Returns the checked document, or what is wrong with it in one line that names the field. Never throws. */
export function parseAccessDocument(
  json: string,
): { readonly document: AccessDocument } | { readonly document: undefined; readonly problem: string } {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return { document: undefined, problem: 'not JSON' };
  }
  const result = v.safeParse(accessDocumentSchema, value);
  if (result.success) return { document: result.output };
  const [issue] = result.issues;
  return { document: undefined, problem: `${v.getDotPath(issue) ?? 'document'}: allowed: ${issue.message}` };
}

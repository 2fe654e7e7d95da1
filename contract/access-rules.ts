/** The schema of the two access documents, and their validation. */
import * as v from 'valibot';
import { addressProblem, canonical, domainProblem, isDomain } from './address.ts';
import { googleIssuer } from './layout.ts';

/** Schema version that this code writes and reads; a document with a higher one is not understood and not used. */
export const accessDocumentVersion = 1;

/**
 * Longest document that is read or written, in bytes of UTF-8: room for some 100,000 addresses. A longer one counts as
 * malformed.
 */
export const maximumDocumentBytes = 4_194_304;

/** Longest path of a rule, in characters. */
const maximumPathLength = 1024;

// What every version has read; `unmatchable` says which of it can match a token. No `*`: a pattern among the blocked
// would block nobody.
const oneAddress = /^[^\s@*]+@[^\s@*]+$/;
// RFC 3986 path characters, percent-encoded octets, and one `*` at the very end.
const rulePath = /^\/(?:[A-Za-z0-9\-._~!$&'()+,;=:@/]|%[0-9A-Fa-f]{2})*\*?$/;
// RFC 3339, 5.6, with the capitals and the `T` of its recommendation.
const timestamp = /^\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

const wholeAddress = 'one whole address with exactly one @, such as alice@example.com';
const email = v.pipe(v.string(wholeAddress), v.transform(canonical), v.regex(oneAddress, wholeAddress));
const emails = v.array(email, 'a list of whole addresses');

const plainDomain = 'a domain without @ or *, such as example.com';
const hostedDomain = v.pipe(
  v.string(plainDomain),
  // U+212A, which became `k` once: readable still, and nobody's domain.
  v.check((value) => isDomain(value.trim().toLowerCase()), plainDomain),
  v.transform(canonical),
);

const someText = 'a text of 1 to 255 characters';
const text = v.pipe(v.string(someText), v.minLength(1, someText), v.maxLength(255, someText));
const httpsIssuer = "the token's `iss`, beginning with https://";
const subject = v.strictObject(
  { issuer: v.pipe(v.string(httpsIssuer), v.regex(/^https:\/\//, httpsIssuer)), subject: text },
  '{ issuer, subject }',
);

// `v.record` leaves these names out without a word, and a condition that is gone opens the rule to everyone it does not
// name.
const namesLeftOut = ['__proto__', 'constructor', 'prototype'];
const someClaims = `at least one claim with a list of its values, and none of the names ${namesLeftOut.join(', ')}`;
const claimValue = v.union([text, v.number(), v.boolean()], `${someText}, a number, true or false`);
const claims = v.pipe(
  v.custom<Record<string, (string | number | boolean)[]>>((value) => {
    if (typeof value !== 'object' || value === null) return true;
    const names = Object.keys(value);
    return names.length > 0 && !names.some((name) => namesLeftOut.includes(name));
  }, someClaims),
  v.record(text, v.array(claimValue, 'a list of values'), someClaims),
);

/** `Date.parse` takes 30 February for 2 March. */
function isTime(value: string): boolean {
  const day = value.slice(0, 10);
  const midnight = new Date(`${day}T00:00:00Z`);
  return ![midnight.getTime(), Date.parse(value)].includes(Number.NaN) && midnight.toISOString().startsWith(day);
}

const zonedTime = 'a time with its zone, such as 2027-01-31T00:00:00Z';
const time = v.pipe(
  v.string(zonedTime),
  v.regex(timestamp, zonedTime),
  v.check((value) => !timestamp.test(value) || isTime(value), 'a time that exists'),
);

/** Someone, by whole address or by (issuer, subject). */
export const personSchema = v.union([email, subject], 'a whole address, or { issuer, subject }');

const ruleIssuer = "'google', 'cognitoUserPool' or the https:// issuer of a provider";
const whoSchema = v.pipe(
  v.strictObject(
    {
      /**
       * Only tokens of this issuer count for this line: an https:// issuer, or the kind of a provider of which a site
       * has one. Without it the lists below say themselves whom they mean, and `anyone` and `claims` alone are about
       * Google's people, or the user pool's where Google is no provider.
       */
      issuer: v.optional(
        v.union(
          [v.picklist(['google', 'cognitoUserPool']), v.pipe(v.string(), v.regex(/^https?:\/\/\S+$/, ruleIssuer))],
          ruleIssuer,
        ),
      ),
      /**
       * Google `hd` claims: everyone whose Workspace account belongs to the domain. Of other issuers: verified
       * addresses in the domain, where the config names it among the issuer's `trustedDomains`.
       */
      hostedDomains: v.optional(v.array(hostedDomain, 'a list of domains')),
      /** Whole verified addresses. */
      emails: v.optional(emails),
      /** Accounts by (issuer, subject). */
      subjects: v.optional(v.array(subject, 'a list of { issuer, subject }')),
      /** Addresses of Google service accounts; no other line admits one. */
      serviceAccounts: v.optional(emails),
      /**
       * Claim name to admitted values; a claim that is an array matches by any element. Beside the lists above it
       * narrows them; alone it stands for everyone with these claims. Only claims that `session.claims` names are
       * looked at.
       */
      claims: v.optional(claims),
      /** Everyone with a valid token of a person (service accounts excepted). */
      anyone: v.optional(v.literal(true, 'true, or leave it out')),
      /** Also admits `emails` for which Google is not authoritative; default: they are refused. */
      trustUnmanaged: v.optional(v.literal(true, 'true, or leave it out')),
    },
    'an object that says who',
  ),
  v.check(
    (who) => Object.keys(who).some((key) => key !== 'trustUnmanaged' && key !== 'issuer'),
    'at least one of hostedDomains, emails, subjects, serviceAccounts, claims, anyone',
  ),
);

const absolutePath = 'an absolute, percent-encoded path without ?, with * only at the end, such as /docs/*';

/** One line of a document. The first rule whose `who` matches gives the grant. */
export const accessRuleSchema = v.strictObject(
  {
    who: whoSchema,
    /** The one path that the grant opens: absolute, percent-encoded, `*` only last. */
    path: v.optional(
      v.pipe(
        v.string(absolutePath),
        v.maxLength(maximumPathLength, `at most ${maximumPathLength} characters`),
        v.regex(rulePath, absolutePath),
      ),
      '/*',
    ),
    /** The rule ends here; RFC 3339 with a zone. Default: never. */
    until: v.optional(time),
  },
  '{ who, path, until }',
);

/** Sessions that began before a time are not renewed; RFC 3339 with a zone. */
const signedOutBeforeSchema = v.pipe(
  // An empty list passes for an object without fields.
  v.custom<object>((value) => !Array.isArray(value), '{ everyone, people }'),
  v.strictObject(
    {
      /** For every person. */
      everyone: v.optional(time),
      /** For one person each, beside what holds for everyone; the latest time that names them counts. */
      people: v.optional(
        v.array(v.strictObject({ who: personSchema, before: time }, '{ who, before }'), 'a list of { who, before }'),
      ),
    },
    '{ everyone, people }',
  ),
);

const accessDocumentSchema = v.strictObject(
  {
    /** Where editors find the JSON Schema; nothing reads it. */
    $schema: v.optional(v.string('a text')),
    version: v.literal(accessDocumentVersion, `${accessDocumentVersion}`),
    /** Refused before any rule is looked at. */
    blocked: v.array(personSchema, 'a list of people'),
    rules: v.array(accessRuleSchema, 'a list of rules'),
    /** Ends sessions without a deploy. The operators' document alone has it; in the config's it is not looked at. */
    signedOutBefore: v.optional(signedOutBeforeSchema),
  },
  '{ version, blocked, rules, signedOutBefore }',
);

export type Person = v.InferOutput<typeof personSchema>;
export type AccessRule = v.InferOutput<typeof accessRuleSchema>;
export type AccessDocument = v.InferOutput<typeof accessDocumentSchema>;

/** A document that grants nothing and blocks nobody. */
export const emptyAccessDocument: AccessDocument = { version: accessDocumentVersion, blocked: [], rules: [] };

/** One thing that is wrong with a document. */
export interface DocumentProblem {
  /** Steps from the document to the field: names and places in lists. Empty: the document as a whole. */
  readonly path: readonly (string | number)[];
  /** The field and what is allowed, in one line. */
  readonly text: string;
}

/** What in a rule is allowed, and hardly meant: it is said when the rule is written, and at synth. */
export function ruleDoubts({ who, path }: Pick<AccessRule, 'who' | 'path'>): readonly string[] {
  const dotless = [...(who.emails ?? []), ...(who.serviceAccounts ?? [])].filter((name) => !/@.*\./.test(name));
  const beginning = path.slice(0, -1);
  return [
    ...dotless.slice(0, 3).map((name) => `names ${name}, whose domain has no dot: few providers have such addresses`),
    ...(path.endsWith('*') && !beginning.endsWith('/')
      ? [
          `opens every address that begins with ${beginning}, such as ${beginning}-secret/page.html; the folder alone \
is ${beginning}/*`,
        ]
      : []),
  ];
}

const googleAccount = `the number of a Google account, such as 108204268033311374519: Google writes no address \
and no letter there, and the log and npm run explain show it`;

/**
 * What the `sub` of an account must be that this one is not; undefined: a token can have it. Of other issuers it may be
 * any text.
 */
const subjectProblem = ({ issuer, subject }: Exclude<Person, string>): string | undefined =>
  issuer === googleIssuer && !/^[0-9]+$/.test(subject) ? googleAccount : undefined;

/** Why no token can be about this person, as the end of "allowed: ..."; undefined: one can. */
export const personProblem = (person: Person): string | undefined =>
  typeof person === 'string' ? addressProblem(person) : subjectProblem(person);

/** A name in a document that no token can have. */
export interface UnmatchableName {
  /** Steps from the document to the name. */
  readonly path: readonly (string | number)[];
  readonly name: string;
  /** What would match: the end of "allowed: ...". */
  readonly allowed: string;
}

/**
 * Addresses, domains and accounts that no token can have, so that they admit, block or sign out nobody. What writes a
 * document refuses them; what reads one does not, because a document that cannot be read would lift every block in it.
 */
export function unmatchable({
  blocked,
  rules,
  signedOutBefore,
}: Pick<AccessDocument, 'blocked' | 'rules' | 'signedOutBefore'>): readonly UnmatchableName[] {
  const found: UnmatchableName[] = [];
  const check = (path: UnmatchableName['path'], name: Person, allowed: string | undefined): void => {
    if (allowed === undefined) return;
    if (typeof name === 'string') found.push({ path, name, allowed });
    else found.push({ path: [...path, 'subject'], name: name.subject, allowed });
  };
  const checkPerson = (path: UnmatchableName['path'], person: Person): void =>
    check(path, person, personProblem(person));
  for (const [place, name] of blocked.entries()) checkPerson(['blocked', place], name);
  for (const [place, { who }] of rules.entries()) {
    for (const field of ['hostedDomains', 'emails', 'serviceAccounts'] as const) {
      const problem = field === 'hostedDomains' ? domainProblem : addressProblem;
      for (const [at, name] of (who[field] ?? []).entries())
        check(['rules', place, 'who', field, at], name, problem(name));
    }
    for (const [at, account] of (who.subjects ?? []).entries())
      checkPerson(['rules', place, 'who', 'subjects', at], account);
  }
  for (const [place, { who }] of (signedOutBefore?.people ?? []).entries()) {
    checkPerson(['signedOutBefore', 'people', place, 'who'], who);
  }
  return found;
}

function problemOf(issue: v.BaseIssue<unknown>): DocumentProblem {
  const path = (issue.path ?? []).map(({ key }) => (typeof key === 'number' ? key : String(key)));
  const field = path.length === 0 ? 'document' : path.join('.');
  // What an object lacks or has too much is said of its field, with the object's own message.
  const ofField = issue.kind === 'schema' && issue.type === 'strict_object' && issue.expected !== 'Object';
  if (!ofField) return { path, text: `${field}: allowed: ${issue.message}` };
  return { path, text: `${field}: ${issue.expected === 'never' ? 'not a field that s3nator knows' : 'missing'}` };
}

/** Returns the checked document, or what is wrong with it. Never throws. */
export function parseAccessDocument(
  json: string,
):
  | { readonly document: AccessDocument }
  | { readonly document: undefined; readonly problems: readonly [DocumentProblem, ...DocumentProblem[]] } {
  const wrong = (...problems: [DocumentProblem, ...DocumentProblem[]]) => ({ document: undefined, problems });
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return wrong({ path: [], text: 'not JSON' });
  }
  const result = v.safeParse(accessDocumentSchema, value);
  if (result.success) return { document: result.output };
  const [first, ...others] = result.issues;
  return wrong(problemOf(first), ...others.map(problemOf));
}

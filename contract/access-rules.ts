/** The schema of the two access documents, and their validation. */
import * as v from 'valibot';
import { addressProblem, canonical, domainProblem, isDomain } from './address.ts';
import { googleIssuer } from './layout.ts';
import { composedPath, sentPath } from './rule-path.ts';

/** Schema version that this code writes and reads. A document with a higher version is not used. */
export const accessDocumentVersion = 1;

/**
 * Longest document that is read or written, in bytes of UTF-8: enough for about 100,000 addresses. A longer one counts
 * as malformed.
 */
export const maximumDocumentBytes = 4_194_304;

/** Longest path of a rule, in characters. */
const maximumPathLength = 1024;

// Every version has accepted these addresses. `unmatchable` says which of them can match a token. No `*`: a pattern
// among the blocked would block nobody.
const oneAddress = /^[^\s@*]+@[^\s@*]+$/;
// RFC 3986 path characters, percent-encoded octets, and one `*` at the very end.
const rulePath = /^\/(?:[A-Za-z0-9\-._~!$&'()+,;=:@/]|%[0-9A-Fa-f]{2})*\*?$/;
/** Whether a stored rule may have this path. */
export const isRulePath = (path: string): boolean => rulePath.test(path);
// RFC 3339, 5.6, with the capitals and the `T` of its recommendation.
const timestamp = /^\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

const wholeAddress = 'one whole address with exactly one @, such as alice@example.com';
const email = v.pipe(v.string(wholeAddress), v.transform(canonical), v.regex(oneAddress, wholeAddress));
const emails = v.array(email, 'a list of whole addresses');

const plainDomain = 'a domain without @ or *, such as example.com';
const hostedDomain = v.pipe(
  v.string(plainDomain),
  // Accepts U+212A (Kelvin sign), which an earlier version turned into `k`, so such documents stay readable. No domain
  // has it.
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

// `v.record` silently drops these names. Without its condition, a rule would be open to everyone.
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

/** `Date.parse` reads 30 February as 2 March. */
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

/** A person, by whole address or by (issuer, subject). */
export const personSchema = v.union([email, subject], 'a whole address, or { issuer, subject }');

const ruleIssuer = "'google', 'cognitoUserPool' or the https:// issuer of a provider";
const whoSchema = v.pipe(
  v.strictObject(
    {
      /**
       * The line only matches tokens of this issuer: an https:// issuer, or the kind of a provider if the site can have
       * only one of that kind. Without it, the lists below name the people, and `anyone` and `claims` alone apply to
       * Google's people, or to the user pool's if Google is not a provider.
       */
      issuer: v.optional(
        v.union(
          [v.picklist(['google', 'cognitoUserPool']), v.pipe(v.string(), v.regex(/^https?:\/\/\S+$/, ruleIssuer))],
          ruleIssuer,
        ),
      ),
      /**
       * For Google: `hd` claims, which means everyone whose Workspace account belongs to the domain. For other issuers:
       * verified addresses in the domain, if the config lists it in the issuer's `trustedDomains`.
       */
      hostedDomains: v.optional(v.array(hostedDomain, 'a list of domains')),
      /** Whole verified addresses. */
      emails: v.optional(emails),
      /** Accounts by (issuer, subject). */
      subjects: v.optional(v.array(subject, 'a list of { issuer, subject }')),
      /** Addresses of Google service accounts. No other list admits one. */
      serviceAccounts: v.optional(emails),
      /**
       * Claim name to allowed values. If the claim is an array, any element may match. Beside the lists above, it
       * narrows them; alone, it matches everyone with these claims. Only claims in `session.claims` are used.
       */
      claims: v.optional(claims),
      /** Everyone with a valid token of a person, but not service accounts. */
      anyone: v.optional(v.literal(true, 'true, or leave it out')),
      /** Also admits `emails` for which Google is not authoritative. Default: they are refused. */
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
const sentForm = (path: string): string => `${path}, the form that browsers send`;

/** One line of a document. The first rule whose `who` matches decides. */
export const accessRuleSchema = v.strictObject(
  {
    who: whoSchema,
    /** The one path that the grant opens: absolute, percent-encoded, `*` only at the end. */
    path: v.optional(
      v.pipe(
        v.string(absolutePath),
        v.maxLength(maximumPathLength, `at most ${maximumPathLength} characters`),
        v.regex(rulePath, ({ input }) => {
          const sent = sentPath(input);
          return sent === undefined ? absolutePath : sentForm(sent);
        }),
      ),
      '/*',
    ),
    /** When the rule ends; RFC 3339 with a zone. Default: never. */
    until: v.optional(time),
  },
  '{ who, path, until }',
);

/** Sessions that began before these times are not renewed; RFC 3339 with a zone. */
const signedOutBeforeSchema = v.pipe(
  // valibot accepts an empty list as an object without fields.
  v.custom<object>((value) => !Array.isArray(value), '{ everyone, people }'),
  v.strictObject(
    {
      /** For all people. */
      everyone: v.optional(time),
      /** For single people, in addition to `everyone`. The latest time that applies to a person counts. */
      people: v.optional(
        v.array(v.strictObject({ who: personSchema, before: time }, '{ who, before }'), 'a list of { who, before }'),
      ),
    },
    '{ everyone, people }',
  ),
);

const accessDocumentSchema = v.strictObject(
  {
    /** Where editors find the JSON Schema. The code does not use it. */
    $schema: v.optional(v.string('a text')),
    version: v.literal(accessDocumentVersion, `${accessDocumentVersion}`),
    /** People who are refused before any rule is checked. */
    blocked: v.array(personSchema, 'a list of people'),
    rules: v.array(accessRuleSchema, 'a list of rules'),
    /** Ends sessions without a deploy. Only used in the operators' document, and ignored in the config's. */
    signedOutBefore: v.optional(signedOutBeforeSchema),
  },
  '{ version, blocked, rules, signedOutBefore }',
);

export type Person = v.InferOutput<typeof personSchema>;
export type AccessRule = v.InferOutput<typeof accessRuleSchema>;
export type AccessDocument = v.InferOutput<typeof accessDocumentSchema>;

/** A document that grants nothing and blocks nobody. */
export const emptyAccessDocument: AccessDocument = { version: accessDocumentVersion, blocked: [], rules: [] };

/** One error in a document. */
export interface DocumentProblem {
  /** Path from the document to the field: names and list indexes. Empty: the whole document. */
  readonly path: readonly (string | number)[];
  /** The field and its allowed values, in one line. */
  readonly text: string;
}

/**
 * Why no browser sends this path, as the end of "allowed: ..."; undefined: browsers send it, or the schema refuses it
 * anyway.
 */
export function pathProblem(path: string): string | undefined {
  const sent = sentPath(path);
  if (sent === path || !isRulePath(path)) return undefined;
  return sent === undefined ? 'a path without segments of dots, which browsers take out' : sentForm(sent);
}

/** What is doubtful about the spelling of a path. Earlier versions and editors of the document wrote such paths. */
function pathDoubts(path: string): readonly string[] {
  const sent = sentPath(path);
  if (sent === undefined) return [`opens nothing: browsers take the segments of dots out of ${path}`];
  if (sent !== path) return [`names ${path}, but browsers send ${sent}, so it probably opens nothing`];
  const composed = composedPath(path);
  if (composed === path) return [];
  return [`names ${path}, with letters in parts as in names of macOS; most pages link to ${composed}`];
}

/** Warnings about a rule that is allowed but probably a mistake. Printed when the rule is written, and at synth. */
export function ruleDoubts({ who, path }: Pick<AccessRule, 'who' | 'path'>): readonly string[] {
  const dotless = [...(who.emails ?? []), ...(who.serviceAccounts ?? [])].filter((name) => !/@.*\./.test(name));
  const beginning = path.slice(0, -1);
  return [
    ...pathDoubts(path),
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
 * What the `sub` of an account must be; undefined: a token can have this one. For other issuers any text is possible.
 */
const subjectProblem = ({ issuer, subject }: Exclude<Person, string>): string | undefined =>
  issuer === googleIssuer && !/^[0-9]+$/.test(subject) ? googleAccount : undefined;

/** Why no token can match this person, as the end of "allowed: ..."; undefined: one can. */
export const personProblem = (person: Person): string | undefined =>
  typeof person === 'string' ? addressProblem(person) : subjectProblem(person);

/** A name in a document that cannot occur in a token. */
export interface UnmatchableName {
  /** Path from the document to the name. */
  readonly path: readonly (string | number)[];
  readonly name: string;
  /** What would match, as the end of "allowed: ...". */
  readonly allowed: string;
}

/**
 * Addresses, domains and accounts that cannot occur in a token, so they admit, block or sign out nobody. Commands that
 * write a document refuse them. Code that reads one accepts them, because an unreadable document would lift every block
 * in it.
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
  // A missing or unknown field is reported for that field, with the object's own message.
  const ofField = issue.kind === 'schema' && issue.type === 'strict_object' && issue.expected !== 'Object';
  if (!ofField) return { path, text: `${field}: allowed: ${issue.message}` };
  return { path, text: `${field}: ${issue.expected === 'never' ? 'not a field that s3nator knows' : 'missing'}` };
}

/** Returns the checked document, or its errors. Never throws. */
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

/** `access requests`, `approve` and `deny`. An interrupted answer is finished by typing the same command again. */
import * as v from 'valibot';
import {
  type AnsweredRequest,
  answeredRequestKey,
  answeredRequestSchema,
  type OpenRequest,
  openRequestKey,
  openRequestSchema,
  parseStored,
  requestName,
} from '../../../api/ask/request.ts';
import {
  type AccessDocument,
  type AccessRule,
  accessRuleSchema,
  emptyAccessDocument,
  type Person,
} from '../../../contract/access-rules.ts';
import { addressProblem } from '../../../contract/address.ts';
import { answeredRequestsPrefix, openRequestsPrefix } from '../../../contract/layout.ts';
import { type Account, isSamePerson, meansAccount } from '../../../contract/person.ts';
import { blockedPeople } from '../../../contract/rule-order.ts';
import { visible } from '../../../contract/visible-text.ts';
import { inParallel } from '../../parallel.ts';
import { paint } from '../../terminal.ts';
import { type AccessSession, noticeText } from '../document/confirm-write.ts';
import { readInForce } from '../document/in-force.ts';
import { newestLive } from '../document/live-document.ts';
import type { AccessStore, StoredDocument } from '../document/store.ts';
import { copyable, personText, ruleText } from '../shared/format.ts';
import { pathFormNotes, ruleOf, storedPersonOf, untilNotes } from '../shared/typed-rule.ts';
import type { AccessCommand } from './access-command.ts';
import { answeredText, requestText, whoseText } from './request-text.ts';
import { addRule } from './rules.ts';

/** Objects that are read at once. */
const readers = 8;
/** How many answers are shown. */
const shownAnswers = 50;

const blockedNote = 'this person is blocked, and does not know it. Use deny, or unblock before you approve';

interface Found<T> {
  readonly stored: StoredDocument;
  readonly request: T;
}

/** Requests of one kind: what they look like, and where one of them lies. */
interface Kind<T extends AnyRequest> {
  readonly schema: v.GenericSchema<unknown, T>;
  readonly keyOf: (name: string) => string;
}

type AnyRequest = Pick<OpenRequest, 'who' | 'askedAt'>;

const accountOf = ({ iss, sub, email }: AnyRequest['who']): Account => ({ issuer: iss, subject: sub, email });

/** Whether a rule names the account itself, by (issuer, subject). */
const namesAccount = (rule: AccessRule, { iss, sub }: AnyRequest['who']): boolean =>
  rule.who.subjects?.some((one) => isSamePerson(one, { issuer: iss, subject: sub })) === true;

const open: Kind<OpenRequest> = { schema: openRequestSchema, keyOf: openRequestKey };
const answers: Kind<AnsweredRequest> = { schema: answeredRequestSchema, keyOf: answeredRequestKey };

const keyFor = <T extends AnyRequest>({ keyOf }: Kind<T>, { iss, sub }: AnyRequest['who']): string =>
  keyOf(requestName(iss, sub));

async function readRequest<T extends AnyRequest>(
  store: AccessStore,
  kind: Kind<T>,
  key: string,
): Promise<Found<T> | 'unreadable' | undefined> {
  const stored = await store.read(key);
  if (stored === undefined) return undefined;
  const request = stored.text === undefined ? undefined : parseStored(kind.schema, stored.text);
  // A person has one request, under one key. Under any other key it is not theirs, and an answer would not remove it.
  return request === undefined || keyFor(kind, request.who) !== key ? 'unreadable' : { stored, request };
}

/**
 * The requests under these keys, oldest first, and the keys that hold no request. Skips what was answered meanwhile.
 */
async function readRequests<T extends AnyRequest>(
  store: AccessStore,
  kind: Kind<T>,
  keys: readonly string[],
): Promise<{ readonly found: readonly Found<T>[]; readonly unreadable: readonly string[] }> {
  const found: Found<T>[] = [];
  const unreadable: string[] = [];
  await inParallel(keys, readers, new AbortController().signal, async (key) => {
    const read = await readRequest(store, kind, key);
    if (read === 'unreadable') unreadable.push(key);
    else if (read !== undefined) found.push(read);
  });
  return {
    found: found.sort((one, other) => Date.parse(one.request.askedAt) - Date.parse(other.request.askedAt)),
    unreadable,
  };
}

const readOpen = async (store: AccessStore) =>
  readRequests(
    store,
    open,
    (await store.keys(openRequestsPrefix)).map(({ key }) => key),
  );

const answerTo = async (store: AccessStore, { who }: OpenRequest) => readRequest(store, answers, keyFor(answers, who));

/** The blocked person that means this account; undefined if it is not blocked. */
const blockedAs = (blocked: readonly Person[], who: AnyRequest['who']): Person | undefined =>
  blocked.find((one) => meansAccount(one, accountOf(who)));

async function listRequests({ store, terminal, target }: AccessSession): Promise<void> {
  const { found, unreadable } = await readOpen(store);
  const { inForce } = await readInForce(target, store);
  const blocked = inForce === undefined ? [] : blockedPeople(inForce.documents);
  if (target.config.accessRequests === null) {
    terminal.print(`${paint('yellow', '!')} the config allows no requests: accessRequests is null\n`);
  }
  terminal.print(found.length === 0 ? '\nNo open requests.\n' : '\n');
  for (const { request } of found) {
    terminal.print(`${requestText(request)}\n`);
    if (blockedAs(blocked, request.who) !== undefined) terminal.print(`${paint('yellow', `   ! ${blockedNote}`)}\n\n`);
    const answer = await answerTo(store, request);
    if (typeof answer === 'object' && answer.request.askedAt === request.askedAt) {
      const command = answer.request.answer === 'approved' ? 'approve' : 'deny';
      terminal.print(
        `${paint('yellow', `   ! marked as ${answer.request.answer}, and interrupted: run ${command} again`)}\n\n`,
      );
    }
  }
  for (const key of unreadable)
    terminal.print(`${paint('red', `${visible(key)} is not a request that this version can read`)}\n`);
  if (found.length > 0) {
    terminal.print(
      paint(
        'gray',
        'Answer: npm run access -- approve WHO [--path P] [--until T], or deny WHO. WHO: address, or ISS SUB\n',
      ),
    );
  }
}

async function listAnswers({ store, terminal }: AccessSession): Promise<void> {
  const keys = (await store.keys(answeredRequestsPrefix)).toSorted((one, other) => +other.modified - +one.modified);
  const shown = keys.slice(0, shownAnswers).map(({ key }) => key);
  const { found } = await readRequests(store, answers, shown);
  terminal.print('\n');
  for (const { request, stored } of found.toSorted((one, other) => +other.stored.modified - +one.stored.modified)) {
    terminal.print(`${answeredText(request, stored.changedBy)}\n`);
  }
  if (found.length === 0) terminal.print('No request was answered yet.\n');
  const older = keys.length - shownAnswers;
  if (older > 0) terminal.print(`and ${older} older ${older === 1 ? 'one' : 'ones'}\n`);
}

interface Waiting {
  readonly request: OpenRequest;
  /** What is stored as the answer, before anything is decided here. */
  readonly over: StoredDocument | undefined;
}

/** The open request of a person. Throws one line if there is none, or if several accounts have the address. */
async function waitingRequest(store: AccessStore, person: Person): Promise<Waiting> {
  const found = (await readOpen(store)).found.filter(({ request: { who } }) => meansAccount(person, accountOf(who)));
  const [only] = found;
  if (only === undefined) {
    const problem = typeof person === 'string' ? addressProblem(person) : undefined;
    const why = problem === undefined ? '' : ` (allowed: ${problem})`;
    throw new Error(`no open request of ${personText(person)}${why}. See npm run access -- requests`);
  }
  if (found.length > 1) {
    const accounts = found.map(({ request: { who } }) => `  ${copyable(who.iss)} ${copyable(who.sub)}`).join('\n');
    throw new Error(
      `${personText(person)} is the address of ${found.length} accounts with a request. \
Fix: name one of them\n${accounts}`,
    );
  }
  const { who } = only.request;
  return { request: only.request, over: await store.read(keyFor(answers, who)) };
}

/**
 * Marks a request as answered, and removes it from the open ones. Overwrites no answer that somebody else gave
 * meanwhile.
 */
async function answer(
  { store, terminal }: AccessSession,
  { request: { askedAt, who }, over }: Waiting,
  given: AnsweredRequest['answer'],
): Promise<void> {
  const before = over?.text === undefined ? undefined : parseStored(answeredRequestSchema, over.text);
  if (before?.askedAt !== askedAt || before.answer !== given) {
    const answered: AnsweredRequest = {
      version: 1,
      askedAt,
      answeredAt: new Date(store.now()).toISOString(),
      who,
      answer: given,
    };
    const written = await store.write(keyFor(answers, who), `${JSON.stringify(answered, null, 2)}\n`, over);
    if (written === 'conflict') {
      throw new Error(
        `not marked as ${given}: somebody else just answered ${whoseText(who)}. \
Fix: npm run access -- requests --answered`,
      );
    }
  }
  await store.remove(keyFor(open, who));
  terminal.print(`${paint('green', 'Answered')}: ${given}.\n`);
}

/** A rule for the account, with the path and end of `terms`. Throws if no rule can name the account. */
function ruleFor({ iss, sub }: OpenRequest['who'], terms: Omit<AccessRule, 'who'>): AccessRule {
  const result = v.safeParse(accessRuleSchema, { ...terms, who: { subjects: [{ issuer: iss, subject: sub }] } });
  if (result.success) return result.output;
  throw new Error(`no rule can name account ${visible(sub)} of ${visible(iss)}: ${result.issues[0].message}`);
}

/**
 * Throws if a live rule already names the account with other terms. The first rule decides: if an interrupted approval
 * were finished with a narrower path, the wide one would stay in force.
 */
function refuseOtherTerms({ rules }: AccessDocument, rule: AccessRule, who: OpenRequest['who'], now: number): void {
  const standing = rules.find(
    (one) => namesAccount(one, who) && (one.until === undefined || Date.parse(one.until) > now),
  );
  if (standing === undefined || (standing.path === rule.path && standing.until === rule.until)) return;
  throw new Error(
    `not approved: a live rule already names the account: ${ruleText(standing)}. \
Fix: approve with the same --path and --until, or remove the rule first: npm run access -- remove-rule --subject \
${copyable(who.iss)} ${copyable(who.sub)}`,
  );
}

/** `terms`: the path and the end. `notes`: printed with them. */
async function approveRequest(
  session: AccessSession,
  person: Person,
  terms: Omit<AccessRule, 'who'>,
  notes: readonly string[],
): Promise<void> {
  const { target, store, terminal } = session;
  const waiting = await waitingRequest(store, person);
  const { who } = waiting.request;
  const rule = ruleFor(who, terms);
  terminal.print(`\n${requestText(waiting.request)}\n`);
  const { inForce } = await readInForce(target, store);
  const { live } = await newestLive(session);
  const blocked = blockedAs(blockedPeople({ live, config: inForce?.documents.config ?? emptyAccessDocument }), who);
  if (blocked !== undefined) {
    throw new Error(
      `not approved: ${personText(blocked)} is blocked, which comes before every rule. Fix: unblock, or deny`,
    );
  }
  refuseOtherTerms(live, rule, who, store.now());
  const note = `the rule names the account of ${whoseText(who)}, and stays valid if its address changes`;
  if (!(await addRule(session, rule, 'last', [note, ...notes]))) return;
  await answer(session, waiting, 'approved');
  terminal.print(
    `${whoseText(who)} can sign in \
${target.isLocal ? 'now' : `${noticeText(target)}, counted from when the rule was written`}.\n`,
  );
}

async function denyRequest(session: AccessSession, person: Person): Promise<void> {
  const { target, store, terminal, yes } = session;
  const waiting = await waitingRequest(store, person);
  const { who } = waiting.request;
  terminal.print(`\n${requestText(waiting.request)}\n`);
  const { live } = await newestLive(session);
  if (live.rules.some((rule) => namesAccount(rule, who))) {
    terminal.print(`${paint('yellow', '!')} a live rule admits this account. To remove it: remove-rule\n`);
  }
  if (!yes) {
    if (!terminal.canAsk)
      throw new Error('not answered: this is not a terminal, so nobody can confirm. Fix: add --yes');
    if (!(await terminal.ask(`Deny this at ${target.label}?`))) {
      terminal.print('Not answered.\n');
      return;
    }
  }
  await answer(session, waiting, 'denied');
}

export const requestsCommand: AccessCommand = ({ values: { answered } }) => (answered ? listAnswers : listRequests);

export const approveCommand: AccessCommand = ({ words, values: { path, until } }) => {
  const person = storedPersonOf(words);
  const now = new Date();
  const limits = { ...(path !== undefined && { path }), ...(until !== undefined && { until }) };
  const { who: _, ...terms } = ruleOf({ anyone: true, ...limits }, { now });
  const notes = [...pathFormNotes(limits), ...untilNotes(limits, now)];
  return (session) => approveRequest(session, person, terms, notes);
};

export const denyCommand: AccessCommand = ({ words }) => {
  const person = storedPersonOf(words);
  return (session) => denyRequest(session, person);
};

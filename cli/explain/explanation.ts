/** The answer of `npm run explain`: allowed or not, by which rule, and what the cookie opens. */

import { compileAccessRules, type Decision } from '../../api/decide/access-decision.ts';
import { policyStatement } from '../../api/issue/policy-statement.ts';
import type { SiteConfig } from '../../contract/config.ts';
import { apiPattern, openPattern } from '../../contract/layout.ts';
import type { Documents } from '../../contract/rule-order.ts';
import { visible } from '../../contract/visible-text.ts';
import { normalizePath } from '../../emulator/cloudfront/behaviors.ts';
import { resourceCovers } from '../../emulator/signature/policy-match.ts';
import { matchesWildcard } from '../../emulator/signature/wildcard.ts';
import { listText } from '../../stacks/text/list-text.ts';
import { contentKeys, pathNotes } from '../access/document/path-notes.ts';
import type { AccessStore } from '../access/document/store.ts';
import { unmatchedNotes } from '../access/document/unmatched.ts';
import { ruleWarnings, warningContext } from '../access/document/warnings.ts';
import { durationText, ruleText } from '../access/shared/format.ts';
import type { UserPoolIds } from '../deployed-site.ts';
import { paint } from '../terminal.ts';
import { pageAssets } from './page-assets.ts';
import type { Subject } from './subject.ts';
import { type Verdict, verdicts } from './verdicts.ts';

/** What the answer is made from. */
export interface ExplainContext {
  readonly title: string;
  readonly documents: Documents;
  readonly config: SiteConfig;
  /** The user pool that the stack made; null: none, or not known. */
  readonly userPool: UserPoolIds | null;
  /** Host of the signed cookies. */
  readonly host: string;
  /** undefined: the files of the site are not read. */
  readonly store: AccessStore | undefined;
  readonly troubles: readonly string[];
  /** Milliseconds since 1970. */
  readonly now: number;
}

export interface Answer {
  /** undefined: it depends on something that was not given about the account. */
  readonly allowed: boolean | undefined;
  readonly text: string;
}

/** With more rules, only those that may concern the account are shown. */
const shownRules = 40;

/** What would be signed, and what it opens. */
interface Opening {
  readonly decision: Decision;
  /** The resource of the statement that would be signed; undefined: nothing is signed. */
  readonly resource: string | undefined;
  /** Life of the cookie in seconds. */
  readonly lifeSeconds: number;
  readonly isOpen: (url: URL) => boolean;
  readonly covers: (url: URL) => boolean;
}

/** Whether everyone may see a path. */
const openTo = ({ openPaths, paths }: SiteConfig): Opening['isOpen'] => {
  const open = [apiPattern(paths), openPattern(paths), ...openPaths];
  return ({ pathname }) => open.some((pattern) => matchesWildcard(pattern, normalizePath(pathname)));
};

function openingFor({ documents, config, host, now }: ExplainContext, { identity, refused }: Subject): Opening {
  const seconds = Math.floor(now / 1000);
  const decision = compileAccessRules(documents).decide(identity, seconds);
  const isOpen = openTo(config);
  if (decision.outcome === 'denied' || refused !== undefined) {
    return { decision, resource: undefined, lifeSeconds: 0, isOpen, covers: () => false };
  }
  const { cookieSeconds, maximumSeconds } = config.session;
  const end = Math.min(seconds + Math.min(cookieSeconds, maximumSeconds), decision.until ?? Number.POSITIVE_INFINITY);
  const statement = JSON.parse(policyStatement({ host, path: decision.path, expiresAt: end })) as {
    readonly Statement: readonly { readonly Resource: string }[];
  };
  const resource = statement.Statement[0]?.Resource ?? '';
  const covers = ({ pathname, search }: URL): boolean =>
    resourceCovers(resource, {
      scheme: 'https',
      host,
      path: pathname,
      query: search === '' ? undefined : search.slice(1),
    });
  return { decision, resource, lifeSeconds: end - seconds, isOpen, covers };
}

/**
 * The answer for one account under different assumptions. Assumptions with the same outcome share one answer. `wanted`:
 * path and query as a browser sends them, on any host.
 */
export async function explained(context: ExplainContext, subjects: readonly Subject[], wanted: URL): Promise<Answer> {
  const seconds = Math.floor(context.now / 1000);
  const rules = compileAccessRules(context.documents);
  const open = openTo(context.config)(wanted);
  const decided = new Map<string, [Subject, ...Subject[]]>();
  for (const subject of subjects) {
    const key = open ? '' : JSON.stringify(rules.decide(subject.identity, seconds));
    const alike = decided.get(key);
    if (alike === undefined) decided.set(key, [subject]);
    else alike.push(subject);
  }
  const answers: Answer[] = [];
  for (const alike of decided.values()) answers.push(await explainedOne(context, alike, wanted, decided.size > 1));
  const [first] = answers;
  const same = answers.every(({ allowed }) => allowed === first?.allowed);
  const told = answers.map(({ text }) => text).join('');
  if (same) return { allowed: first?.allowed ?? false, text: told };
  return {
    allowed: undefined,
    text: `${told}\n${paint('yellow', 'IT DEPENDS')}: the ID token decides which of these is true\n`,
  };
}

/** The answer that these subjects share. `among`: other assumptions have another answer. */
async function explainedOne(
  context: ExplainContext,
  [subject, ...alike]: readonly [Subject, ...Subject[]],
  wanted: URL,
  among: boolean,
): Promise<Answer> {
  const { documents, now } = context;
  const { identity, lines, refused } = subject;
  const opening = openingFor(context, subject);
  const { decision, resource } = opening;
  const all = verdicts(documents, identity, Math.floor(now / 1000));
  const deciding =
    decision.outcome === 'granted' ? all.find(({ ordered }) => ordered.label === decision.rule) : undefined;
  const open = opening.isOpen(wanted);
  const allowed = open || opening.covers(wanted);
  const assumptions = among ? [subject, ...alike].flatMap(({ assumed }) => assumed ?? []) : [];
  const otherwise = !among && alike.length > 0 ? ['(assumed; the answer would be the same otherwise)'] : [];
  const text = [
    '',
    ...assumptions.map((one) => paint('bold', one)),
    ...lines,
    ...otherwise,
    visible(`${wanted.pathname}${wanted.search}`),
    '',
  ];
  const verdict = allowed ? paint('green', 'ALLOWED') : paint('red', 'NOT ALLOWED');
  text.push(
    `${verdict}: ${open ? 'everyone may, because the path is open' : reasonOf(decision, deciding, refused, allowed)}`,
  );
  if (!open) text.push(...verdictLines(all, deciding));
  if (!open && resource !== undefined) {
    text.push('', `Resource of the cookie: ${resource}, for ${durationText(opening.lifeSeconds)}`);
    if (compileAccessRules(documents).signedOutBefore(identity) !== undefined) {
      text.push('A sign-out is in force: earlier sessions are not renewed. The person can sign in again.');
    }
  }
  const warnings = open ? [] : await warningsOf(context, opening, deciding, wanted);
  text.push(...warnings.map((warning) => `${paint('yellow', '!')} ${warning}`));
  return { allowed, text: `${text.join('\n')}\n` };
}

const numberOf = ({ ordered }: Verdict): string => `rule ${ordered.number} (${ordered.label})`;

function reasonOf(
  decision: Decision,
  deciding: Verdict | undefined,
  refused: string | undefined,
  allowed: boolean,
): string {
  if (refused !== undefined) return `whatever the rules say: the API refuses this ID token, ${refused}`;
  if (decision.outcome === 'denied') {
    switch (decision.why) {
      case 'blocked':
        return 'blocked, which comes before every rule';
      case 'no-rule':
        return 'no rule admits this account';
      case 'address-untrusted':
        return `a rule names this address or its domain, but nobody who vouches for the address is the authority for \
it`;
      case 'address-unverified':
      case 'address-malformed':
      case 'address-absent':
        return `the address is ${decision.why.slice('address-'.length)}, so only a rule on its \`sub\` could admit it`;
    }
  }
  const by = deciding === undefined ? decision.rule : numberOf(deciding);
  return allowed ? `by ${by}` : `${by} decides, and opens ${decision.path} only`;
}

function verdictText({ ordered, matches, why }: Verdict, deciding: Verdict | undefined): string {
  const rule = `rule ${ordered.number} ${ordered.origin}  ${ruleText(ordered.rule)}`;
  if (ordered.number === deciding?.ordered.number) return paint('bold', `${rule}: decides`);
  const later = deciding !== undefined && ordered.number > deciding.ordered.number;
  if (later) return paint('gray', `${rule}: ${matches ? 'would match, but an earlier rule decides' : 'not consulted'}`);
  return `${rule}: ${matches ? 'matches' : why}`;
}

/** One line for each rule. Of a long document, only rules that may concern the account, and always the deciding one. */
function verdictLines(all: readonly Verdict[], deciding: Verdict | undefined): string[] {
  const concerning =
    all.length <= shownRules ? all : all.filter(({ matches, why }) => matches || why !== 'names others');
  const shown = concerning.filter((each, index) => index < shownRules || each === deciding);
  const others = all.length - concerning.length;
  const more = concerning.length - shown.length;
  return [
    ...shown.map((each) => `  ${verdictText(each, deciding)}`),
    ...(more === 0 ? [] : [`  and ${more.toLocaleString('en')} more, none of which decides`]),
    ...(others === 0
      ? []
      : [`  and ${others === 1 ? '1 rule that names' : `${others.toLocaleString('en')} rules that name`} others`]),
  ];
}

async function warningsOf(
  context: ExplainContext,
  opening: Opening,
  deciding: Verdict | undefined,
  wanted: URL,
): Promise<string[]> {
  const { documents, config, store, now } = context;
  const doubts = ruleWarnings(documents, warningContext(context, now));
  const unmatched = unmatchedNotes(documents);
  const last = deciding?.ordered.number ?? Number.POSITIVE_INFINITY;
  const warnings = [...doubts]
    .filter(([number]) => number <= last)
    .slice(0, shownRules)
    .flatMap(([number, texts]) => texts.map((text) => `rule ${number} ${text}`))
    .concat(unmatched);
  const { decision } = opening;
  if (deciding !== undefined && decision.outcome === 'granted') {
    const notes = pathNotes(decision.path, config);
    // If the page can be read, it shows which assets it needs. What a path does not cover matters only outside of it.
    const isAssets = (note: string): boolean => note.startsWith('pages under');
    warnings.push(...notes.filter((note) => (isAssets(note) ? store === undefined : !opening.covers(wanted))));
  }
  if (store !== undefined) warnings.push(...(await pageWarnings(store, config, opening, wanted)));
  return warnings;
}

/** Warns if there is no page at the path, or if the page loads something that this cookie does not open. */
async function pageWarnings(store: AccessStore, config: SiteConfig, opening: Opening, wanted: URL): Promise<string[]> {
  const keys = contentKeys(wanted.pathname, config) ?? [];
  try {
    let found: string | undefined;
    for (const key of keys) found ??= (await store.hasContent(key, true)) ? key : undefined;
    if (found === undefined) return ['the site has no such file yet: people who may see it get the 404 page'];
    // A page, or a copy of one at an address without `.html`.
    if (opening.resource === undefined || !/(?:\.html?|(?:^|\/)[^./]*)$/.test(found)) return [];
    const html = await store.content(found);
    const missed = pageAssets(html ?? '', wanted.href)
      .map((path) => new URL(path, wanted))
      .filter((url) => !opening.isOpen(url) && !opening.covers(url))
      .map(({ pathname, search }) => visible(`${pathname}${search}`));
    return missed.length === 0
      ? []
      : [
          `the page uses files that this cookie does not open: ${listText(missed, 5)}. \
Fix: move them under the path, or add them to openPaths`,
        ];
  } catch (error) {
    return [`whether the site has this file is not known: ${error instanceof Error ? error.message : error}`];
  }
}

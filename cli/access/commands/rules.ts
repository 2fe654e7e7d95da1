/** `access add-rule` and `remove-rule`: where a rule goes, which rule is meant, and what to know before saying yes. */
import { type AccessDocument, type AccessRule, emptyAccessDocument } from '../../../contract/access-rules.ts';
import { type Documents, orderedRules } from '../../../contract/rule-order.ts';
import { sentPath } from '../../../contract/rule-path.ts';
import { orderedFields, withoutRule, withRule } from '../document/change.ts';
import type { AccessSession } from '../document/confirm-write.ts';
import { readInForce } from '../document/in-force.ts';
import { newestLive, writeChange } from '../document/live-document.ts';
import { emptyPathNotes, pathNotes } from '../document/path-notes.ts';
import { ruleText, timeText } from '../shared/format.ts';
import type { AccessValues } from '../shared/options.ts';
import { pathFormNotes, ruleOf, spellingNotes, typedPeople, untilNotes } from '../shared/typed-rule.ts';
import type { AccessCommand } from './access-command.ts';

function positionOf({ position, first, last }: AccessValues): number | 'last' {
  if ([position, first, last].filter((value) => value !== undefined).length > 1) {
    throw new Error('Where? Allowed: one of --first, --last, --position N');
  }
  if (first) return 1;
  if (position === undefined) return 'last';
  const number = Number(position);
  if (Number.isInteger(number) && number >= 1) return number;
  throw new Error(`--position: got ${position}; allowed: a whole number from 1, as npm run access -- list counts`);
}

export const addRuleCommand: AccessCommand = ({ values }) => {
  const now = new Date();
  const rule = ruleOf(values, { now });
  const position = positionOf(values);
  const notes = [...spellingNotes(typedPeople(values)), ...pathFormNotes(values), ...untilNotes(values, now)];
  return (session) => addRule(session, rule, position, notes);
};

export const removeRuleCommand: AccessCommand = ({ values, words: [number] }) => {
  const wanted = number ?? ruleOf(values, { stored: true });
  return (session) => removeRule(session, wanted, values);
};

/** Resolves to true if the document has the rule afterward, written now or before. `given`: notes of the caller. */
export async function addRule(
  session: AccessSession,
  rule: AccessRule,
  position: number | 'last',
  given: readonly string[],
): Promise<boolean> {
  const { target, store, terminal } = session;
  const { over, live } = await newestLive(session);
  const now = store.now();
  if (rule.until !== undefined && Date.parse(rule.until) <= now) {
    throw new Error(
      `--until: got ${rule.until}, which is in the past (it is ${timeText(now)}); allowed: a later time. To remove \
access: remove-rule, or block`,
    );
  }
  const last = live.rules.length + 1;
  const place = position === 'last' ? last : position;
  if (place > last) throw new Error(`--position: got ${place}; allowed: 1 to ${last}, before the rules of the config`);
  const change = withRule(live, rule, place);
  const { inForce } = await readInForce(target, store);
  const config = inForce?.documents.config ?? emptyAccessDocument;
  const notes = [
    ...given,
    ...pathNotes(rule.path, target.config),
    ...(await emptyPathNotes(rule.path, target.config, store)),
  ];
  if (change.kind === 'changed') {
    const more = config.rules.length === 1 ? '1 rule' : `${config.rules.length} rules`;
    terminal.print(
      `Rule ${place} of ${last}, before ${more} of the config. The first rule that names a person decides.\n`,
    );
  }
  const written = await writeChange(session, over, change, notes);
  return written || change.kind === 'unchanged';
}

/** `wanted`: a number of the list, or the rule. `values`: which fields of the rule count. */
async function removeRule(session: AccessSession, wanted: string | AccessRule, values: AccessValues): Promise<void> {
  const { over, live } = await newestLive(session);
  const { inForce } = await readInForce(session.target, session.store);
  const config = inForce?.documents.config ?? emptyAccessDocument;
  const place =
    typeof wanted === 'string'
      ? placeOfNumber(wanted, session.yes, { live, config })
      : placeOfRule(wanted, values, live);
  await writeChange(session, over, withoutRule(live, place), []);
}

function placeOfNumber(word: string, yes: boolean, documents: Documents): number {
  const rules = orderedRules(documents);
  const found = rules.find(({ number }) => String(number) === word);
  if (found === undefined)
    throw new Error(`remove-rule: got ${word}; allowed: a number of the list, 1 to ${rules.length}`);
  if (found.origin === 'config') {
    throw new Error(`remove-rule: rule ${word} comes from s3nator.config.ts. Fix: remove it there, and deploy`);
  }
  // Somebody may have moved the rules since the list was printed, and with --yes nobody reads the difference.
  if (yes)
    throw new Error(
      `remove-rule: with --yes, a number could remove another rule by now. \
Fix: name the rule by its WHO, as in add-rule`,
    );
  return found.place;
}

/** The one rule for exactly these people. The path and the end count only if they are given. */
function placeOfRule(named: AccessRule, values: AccessValues, live: AccessDocument): number {
  const wanted = orderedFields(named);
  const places = live.rules.flatMap((stored, place) => {
    const rule = orderedFields(stored);
    const fits =
      JSON.stringify(rule.who) === JSON.stringify(wanted.who) &&
      (values.path === undefined || rule.path === wanted.path || rule.path === sentPath(wanted.path)) &&
      (values.until === undefined || rule.until === wanted.until);
    return fits ? [place] : [];
  });
  const [only] = places;
  if (only !== undefined && places.length === 1) return only;
  const what = ruleText(wanted).replace(/ → .*$/, '');
  if (only === undefined)
    throw new Error(`remove-rule: no live rule is for exactly ${what}. See npm run access -- list`);
  const numbers = places.map((place) => place + 1).join(', ');
  throw new Error(`remove-rule: rules ${numbers} are all for ${what}. Fix: add --path or --until, or use a number`);
}

/** The warnings that a change of the live rules adds. */
import { type Documents, type OrderedRule, orderedRules } from '../../../contract/rule-order.ts';
import { visible } from '../../../contract/visible-text.ts';
import { addressNotes, workspacesOf } from '../../../stacks/login/address-trust.ts';
import { ruleWarnings, type WarningContext } from './warnings.ts';

/** Warnings by their text without the numbers of rules, because a change moves the numbers. */
function warningsBySense(documents: Documents, context: WarningContext): ReadonlyMap<string, string> {
  const rules = orderedRules(documents);
  return new Map(
    [...ruleWarnings(documents, context)].flatMap(([number, warnings]) => {
      const rule = rules[number - 1]?.rule;
      return warnings.map(
        (warning) =>
          [JSON.stringify([rule, warning.replace(/rule \d+/g, 'rule')]), `rule ${number} ${warning}`] as const,
      );
    }),
  );
}

/** What the addresses of new rules match, and what they do not match. */
function newAddressNotes(before: Documents, after: Documents, { providers }: WarningContext): readonly string[] {
  const rules = orderedRules(after);
  const context = { providers, workspaces: workspacesOf(rules.map(({ rule }) => rule)) };
  const known = new Set(before.live.rules.map((rule) => JSON.stringify(rule)));
  const isNew = ({ origin, rule }: OrderedRule): boolean => origin === 'live' && !known.has(JSON.stringify(rule));
  return rules
    .filter(isNew)
    .flatMap(({ number, rule: { who } }) =>
      addressNotes(who, context).map((note) => visible(`rule ${number} ${note}`)),
    );
}

/** The warnings that a change adds. Empty if the rules stay the same. */
export function changeNotes(before: Documents, after: Documents, context: WarningContext): readonly string[] {
  if (JSON.stringify(before.live.rules) === JSON.stringify(after.live.rules)) return [];
  const known = warningsBySense(before, context);
  const warnings = [...warningsBySense(after, context)].filter(([sense]) => !known.has(sense)).map(([, text]) => text);
  return [...warnings, ...newAddressNotes(before, after, context)];
}

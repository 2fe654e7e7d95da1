/** What changed between two documents, in one line. */

import type { AccessDocument } from '../../../contract/access-rules.ts';
import { listText } from '../../../stacks/text/list-text.ts';
import { personText, ruleText } from '../shared/format.ts';
import { orderedFields } from './change.ts';

/** What was added and removed between two lists of texts. */
function moves(before: readonly string[], after: readonly string[], more: string, less: string): string[] {
  const [had, has] = [new Set(before), new Set(after)];
  const added = after.filter((text) => !had.has(text));
  const removed = before.filter((text) => !has.has(text));
  return [
    ...(added.length > 0 ? [`${more} ${listText(added, 2)}`] : []),
    ...(removed.length > 0 ? [`${less} ${listText(removed, 2)}`] : []),
  ];
}

/** What changed between two documents. */
export function changeText(before: AccessDocument, after: AccessDocument): string {
  const rules = (document: AccessDocument): string[] => document.rules.map((rule) => ruleText(orderedFields(rule)));
  const signOuts = ({ signedOutBefore: { everyone, people = [] } = {} }: AccessDocument): string[] => [
    ...(everyone === undefined ? [] : [`everyone before ${everyone}`]),
    ...people.map(({ who, before: time }) => `${personText(who)} before ${time}`),
  ];
  const parts = [
    ...moves(rules(before), rules(after), '+ rule', '- rule'),
    ...moves(before.blocked.map(personText), after.blocked.map(personText), '+ blocked', '- blocked'),
    ...moves(signOuts(before), signOuts(after), '+ signed out', '- signed out'),
  ];
  if (parts.length > 0) return parts.join('; ');
  // The text of a rule leaves out most of a long list.
  const exact = (document: AccessDocument): string[] =>
    document.rules.map((rule) => JSON.stringify(orderedFields(rule)));
  if (JSON.stringify(exact(before)) === JSON.stringify(exact(after))) return 'nothing';
  return JSON.stringify(exact(before).sort()) === JSON.stringify(exact(after).sort())
    ? 'the order of the rules'
    : 'people of a long list';
}

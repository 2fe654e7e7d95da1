/** Names in a document that no token can have: earlier versions accepted some that are refused now. */
import { type AccessDocument, type UnmatchableName, unmatchable } from '../../../contract/access-rules.ts';
import type { Documents } from '../../../contract/rule-order.ts';
import { visible } from '../../../contract/visible-text.ts';

const textOf = (origin: string, { path, name, allowed }: UnmatchableName): string =>
  `${origin}.${path.join('.')}: ${visible(name)} is not \
${path.at(-1) === 'subject' ? 'an account that a token can have' : 'an address that a token can have'}; allowed: \
${allowed}`;

/** Leaves out names in rules: the warnings of each rule cover them. */
const besideRules = (document: AccessDocument): readonly UnmatchableName[] =>
  unmatchable(document).filter(({ path }) => path[0] !== 'rules');

export const unmatchedNotes = ({ live, config }: Documents): string[] => [
  ...besideRules(live).map((found) => textOf('live', found)),
  ...besideRules(config).map((found) => textOf('config', found)),
];

/** The names in `after` that no token can have and that `before` does not have. */
export function newlyUnmatchable(
  before: AccessDocument | undefined,
  after: AccessDocument,
): readonly UnmatchableName[] {
  const known = new Set((before === undefined ? [] : unmatchable(before)).map(({ name }) => name));
  return unmatchable(after).filter(({ name }) => !known.has(name));
}

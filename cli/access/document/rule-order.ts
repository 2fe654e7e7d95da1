/** Owns the one order in which the rules of both documents are consulted, and their numbers on the command line. Pure. */
import type { AccessDocument, AccessRule } from '../../../contract/access-rules.ts';

/** The two documents in force. */
export interface Documents {
  readonly config: AccessDocument;
  readonly live: AccessDocument;
}

export interface OrderedRule {
  /** From 1, over both documents: live rules first. */
  readonly number: number;
  readonly origin: 'live' | 'config';
  /** Place in its own document, from 0. */
  readonly place: number;
  /** As the audit log names it. */
  readonly label: string;
  readonly rule: AccessRule;
}

export function orderedRules({ live, config }: Documents): readonly OrderedRule[] {
  const of = (origin: 'live' | 'config', rules: readonly AccessRule[], before: number): OrderedRule[] =>
    rules.map((rule, place) => ({
      number: before + place + 1,
      origin,
      place,
      label: `${origin}.rules[${place}]`,
      rule,
    }));
  return [...of('live', live.rules, 0), ...of('config', config.rules, live.rules.length)];
}

/** Whether everything that `narrow` opens is opened by `wide`, too. */
export const pathCovers = (wide: string, narrow: string): boolean =>
  wide.endsWith('*') ? narrow.startsWith(wide.slice(0, -1)) : narrow === wide;

/** Combines the two access documents: the blocked people, and the order and labels of the rules. */
import type { AccessDocument, AccessRule, Person } from './access-rules.ts';

/** The two access documents, by where their rules come from. */
export interface Documents {
  /** From `s3nator.config.ts`, written by the deploy. */
  readonly config: AccessDocument;
  /** Written by operators without a deploy. */
  readonly live: AccessDocument;
}

export interface OrderedRule {
  /** Counts from 1, across both documents. */
  readonly number: number;
  readonly origin: keyof Documents;
  /** Index in its own document, from 0. */
  readonly place: number;
  /** The rule's document and index, such as `config.rules[0]`. The audit log names rules like this. */
  readonly label: string;
  readonly rule: AccessRule;
}

/** The documents in the order in which their rules are checked. */
const origins = ['live', 'config'] as const satisfies readonly (keyof Documents)[];

/** Everyone whom one of the documents blocks. Blocks come before all rules. */
export const blockedPeople = (documents: Documents): readonly Person[] =>
  origins.flatMap((origin) => documents[origin].blocked);

/** The first rule that matches decides. */
export const orderedRules = (documents: Documents): readonly OrderedRule[] =>
  origins
    .flatMap((origin) =>
      documents[origin].rules.map((rule, place) => ({ origin, place, label: `${origin}.rules[${place}]`, rule })),
    )
    .map((rule, index) => ({ number: index + 1, ...rule }));

/** Whether `wide` opens everything that `narrow` opens. */
export const pathCovers = (wide: string, narrow: string): boolean =>
  wide.endsWith('*') ? narrow.startsWith(wide.slice(0, -1)) : narrow === wide;

/** Puts the new paths of an edited document into the form that browsers send, where they were typed. */
import { applyEdits, modify } from 'jsonc-parser';
import { type AccessDocument, pathProblem } from '../../../contract/access-rules.ts';
import { sentPath } from '../../../contract/rule-path.ts';

export interface DraftPaths {
  /** The draft, with every line where it was. */
  readonly text: string;
  /** Paths that were typed in another form, and the form that they have now. */
  readonly changed: readonly { readonly typed: string; readonly sent: string }[];
}

/** The texts among `rules[…].path`, with their places. */
function pathsIn(text: string): readonly { readonly place: number; readonly path: string }[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return [];
  }
  const rules: unknown = Object(value)['rules'];
  return (Array.isArray(rules) ? rules : []).flatMap((rule: unknown, place) => {
    const path: unknown = Object(rule)['path'];
    return typeof path === 'string' ? [{ place, path }] : [];
  });
}

const knownPaths = (before: AccessDocument | undefined): ReadonlySet<string> =>
  new Set(before?.rules.map(({ path }) => path));

/** Paths that were there before stay as they are: the form decides what they open. */
export function withSentPaths(draft: string, before: AccessDocument | undefined): DraftPaths {
  const known = knownPaths(before);
  const changed = pathsIn(draft).flatMap(({ place, path }) => {
    const sent = known.has(path) ? undefined : sentPath(path);
    return sent === undefined || sent === path ? [] : [{ place, typed: path, sent }];
  });
  const text = changed.reduce(
    (edited, { place, sent }) => applyEdits(edited, modify(edited, ['rules', place, 'path'], sent, {})),
    draft,
  );
  return { text, changed };
}

/** The new paths that no browser sends. */
export function unsentPaths(
  document: AccessDocument,
  before: AccessDocument | undefined,
): readonly { readonly place: number; readonly path: string; readonly allowed: string }[] {
  const known = knownPaths(before);
  return document.rules.flatMap(({ path }, place) => {
    const allowed = known.has(path) ? undefined : pathProblem(path);
    return allowed === undefined ? [] : [{ place, path, allowed }];
  });
}

/**
 * How CloudFront's policies choose headers, cookies and query parameters: none, all, only these, or all except these.
 */
import type { Selection } from '../model/policies.ts';
import type { Fields } from '../terraform/terraform-json.ts';

export const none: Selection = { kind: 'none' };
export const everything: Selection = { kind: 'all' };

/** Whether `name` is chosen. `exactly`: for cookies and query parameters, whose case matters. */
export function selects(selection: Selection, name: string, exactly: boolean): boolean {
  const listed = (names: readonly string[]): boolean =>
    exactly ? names.includes(name) : names.some((candidate) => candidate.toLowerCase() === name.toLowerCase());
  switch (selection.kind) {
    case 'none':
      return false;
    case 'all':
      return true;
    case 'only':
      return listed(selection.names);
    case 'except':
      return !listed(selection.names);
  }
}

/** Reads `{ *_behavior, list { items } }`, the shape that all CloudFront policies share. */
export function readSelection(fields: Fields | undefined, behavior: string, list: string): Selection {
  if (fields === undefined) return none;
  const names = fields.nested(list)?.texts('items') ?? [];
  const value = fields.optionalText(behavior) ?? 'none';
  switch (value) {
    case 'none':
      return none;
    case 'all':
    case 'allViewer':
      return everything;
    case 'whitelist':
      return { kind: 'only', names };
    case 'allExcept':
      return { kind: 'except', names };
    default:
      throw new Error(`${fields.address}: the emulator does not know ${behavior} ${value}`);
  }
}

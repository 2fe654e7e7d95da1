/** Terraform names for the objects of a bucket. Each name follows from the object's path, so that it never changes. */
import { createHash } from 'node:crypto';
import { TerraformStack } from 'cdktf';
import type { Construct, Node } from 'constructs';

/**
 * The ID that a construct for the path would have. `constructs` writes a slash as two hyphens, so two hyphens in a name
 * become something else. It also keeps children in a plain object, where names such as `constructor` are taken: these
 * get two hyphens at the end.
 */
function constructId(path: string): string {
  const id = path.slice(1).replaceAll('--', '-\u00b7-');
  return (id in {} ? `${id}--` : id).replaceAll('/', '--');
}

/** The path that a construct ID stands for. Other paths may have the same ID, such as `a-/b` and `a/-b`. */
function pathOf(id: string): string {
  if (id.endsWith('--') && id.slice(0, -2) in {}) return `/${id.slice(0, -2)}`;
  return `/${id.replace(/-\u00b7-|--/g, (found) => (found === '--' ? '/' : '--'))}`;
}

/** A renamed resource: Terraform keeps the object, and only changes the name in its state. */
interface Moved {
  readonly from: string;
  readonly to: string;
}

export interface ObjectNames {
  /** ID and Terraform name of each path. */
  readonly names: ReadonlyMap<string, { readonly id: string; readonly name: string }>;
  /** Names that earlier versions gave. */
  readonly moved: readonly Moved[];
}

/**
 * Names for objects at `paths`, as cdktf gives them to resources in `scope`, but without a construct for each, which
 * would take milliseconds.
 */
export function objectNames(scope: Construct, paths: readonly string[]): ObjectNames {
  const stack = TerraformStack.of(scope);
  const { scopes } = scope.node;
  const nameOf = (id: string): string =>
    stack.getLogicalId({ scopes: [...scopes, { node: { id } }] } as unknown as Node);
  const names = new Map<string, { id: string; name: string }>();
  const taken = new Set<string>();
  const earlier: Moved[] = [];
  for (const path of paths) {
    const usual = constructId(path);
    // A path with the ID of another path is its own ID. No other ID has a slash.
    const id = pathOf(usual) === path ? usual : path;
    let name = nameOf(id);
    // cdktf's names end in 32 bits of a hash. Names without Latin letters have nothing else that differs.
    if (taken.has(name)) name += `_${createHash('sha256').update(path).digest('hex').slice(0, 16).toUpperCase()}`;
    taken.add(name);
    names.set(path, { id, name });
    if (id !== usual) earlier.push({ from: nameOf(usual), to: name });
  }
  return { names, moved: earlier.filter(({ from }) => !taken.has(from)) };
}

/** Where a stack is written: names files relative to it for Terraform, and writes files into it. */
import { mkdirSync, realpathSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { App, Aspects, Manifest, TerraformStack } from 'cdktf';
import type { IConstruct } from 'constructs';

/** Absolute folder of the stack that `construct` belongs to. Synthesizing the app creates it. */
function stackFolder(construct: IConstruct): string {
  return join(realpathSync(App.of(construct).outdir), Manifest.stacksFolder, TerraformStack.of(construct).node.id);
}

/** Names files as Terraform finds them from the stack of `construct`: relative, so the same in every checkout. */
export function fromStack(construct: IConstruct): (file: string) => string {
  const folder = stackFolder(construct);
  return (file) => relative(folder, file).split(sep).join('/');
}

/** Writes `bytes` to `path` in the stack's folder, not before the app is synthesized. Call it once per construct. */
export function writeIntoStack(construct: IConstruct, path: string, bytes: Uint8Array): void {
  Aspects.of(construct).add({
    visit(node) {
      // Also called for every child.
      if (node !== construct) return;
      const file = join(stackFolder(construct), path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(`${file}.new`, bytes);
      renameSync(`${file}.new`, file);
    },
  });
}

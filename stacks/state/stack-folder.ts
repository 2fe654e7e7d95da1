/** Owns where a stack is written: what Terraform reads from files is named from there, and what lies in it is written there. */
import { mkdirSync, realpathSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { App, Aspects, Manifest, TerraformStack } from 'cdktf';
import type { IConstruct } from 'constructs';

/** Folder of the stack that `construct` belongs to, absolute. It is made when the app is synthesized. */
function stackFolder(construct: IConstruct): string {
  return join(realpathSync(App.of(construct).outdir), Manifest.stacksFolder, TerraformStack.of(construct).node.id);
}

/** `file` as Terraform finds it from the stack of `construct`: relative, so that it is the same text in every checkout. */
export function fromStack(construct: IConstruct, file: string): string {
  return relative(stackFolder(construct), file).split(sep).join('/');
}

/** Writes `bytes` to `path` in the folder of the stack, when the app is synthesized and not before. Call it once for a construct. */
export function writeIntoStack(construct: IConstruct, path: string, bytes: Uint8Array): void {
  Aspects.of(construct).add({
    visit(node) {
      // Called for everything below, too.
      if (node !== construct) return;
      const file = join(stackFolder(construct), path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(`${file}.new`, bytes);
      renameSync(`${file}.new`, file);
    },
  });
}

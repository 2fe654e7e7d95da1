/** Edits of what is not published because its name begins with a dot: whoever makes them expects to see them. */
import { existsSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { isHidden } from '../../stacks/content/content-guard.ts';

/** Names of editors, of the file system and of version control, which nobody wants to publish. */
const tools = /^\.(?:#.*|.*\.(?:sw[a-z]|kate-swp)|DS_Store|git)$/;

/** The part of `file` up to the first name that begins with a dot; undefined if no name does, or if a tool made it. */
function hiddenPart(folder: string, file: string): string | undefined {
  const steps = relative(folder, file).split(sep);
  if (steps[0] === '..') return undefined;
  const at = steps.findIndex(isHidden);
  return at < 0 || tools.test(steps[at] ?? '') ? undefined : steps.slice(0, at + 1).join(sep);
}

/** Collects them for a local run. `folder`: the content. */
export class Unpublished {
  private readonly folder: string;
  private readonly told = new Set<string>();

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Those of the changed files that were not named before and are still there: a draft is often gone in a moment. */
  news(files: ReadonlySet<string>): readonly string[] {
    const parts = new Set([...files].map((file) => hiddenPart(this.folder, file)).filter((part) => part !== undefined));
    const news = [...parts].filter((part) => !this.told.has(part) && existsSync(join(this.folder, part)));
    for (const part of news) this.told.add(part);
    return news;
  }
}

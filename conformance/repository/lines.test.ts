import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { notOfTheRepository } from '../support/clone.ts';
import { root } from '../support/site.ts';

const longest = 120;

/** Files that people read. The example site's own pages are content. */
const isRead = (file: string): boolean =>
  /\.(ts|js|mjs|md|html|css|py)$|^\.ci\/run$/.test(file) && !/^site\/www\/(?!public\/)/.test(file);

/** The files of this checkout, without what an install, a build or a run made. */
const files = (folder = ''): string[] =>
  readdirSync(join(root, folder), { withFileTypes: true })
    .filter(({ name }) => !notOfTheRepository.has(name))
    .flatMap((entry) => (entry.isDirectory() ? files(join(folder, entry.name)) : [join(folder, entry.name)]))
    .filter((file) => isRead(file));

/** An import of one name: the formatter keeps it on one line. */
const isImport = /^import \{ \w+ \} from '[^']+';$/;

/** A long link may have a line of its own, with a few characters before it. */
const isTooLong = (line: string): boolean => {
  const longestWord = Math.max(...line.split(' ').map((word) => word.length));
  return line.length > longest && line.trim().length - longestWord > 30 && !isImport.test(line);
};

it(`no line is longer than ${longest} characters, in code, comments and docs`, () => {
  expect(files().length).toBeGreaterThan(500);
  const long = files().flatMap((file) =>
    readFileSync(join(root, file), 'utf8')
      .split('\n')
      .flatMap((line, index) => (isTooLong(line) ? [`${file}:${index + 1}`] : [])),
  );
  expect(long).toEqual([]);
});

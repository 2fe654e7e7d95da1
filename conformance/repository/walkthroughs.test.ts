import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../support/site.ts';

const [, map = ''] = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8').split('Four walkthroughs follow.');
const [walkthroughs = ''] = map.split('\n## ');

/** A step: its file, and how it is reached if no earlier file imports it. */
type Step = readonly [file: string, reached: string | undefined];

const routes: [title: string, steps: readonly Step[]][] = walkthroughs
  .split('\n### ')
  .slice(1)
  .map((text) => [
    text.split('\n', 1)[0] ?? '',
    [...text.matchAll(/^\d+\. `([^`]+)`(?: \(([^)]+)\))?/gm)].map(([, file = '', reached]) => [file, reached]),
  ]);

/** The files that a module imports, statically or not; for a page, nothing. */
const importsOf = (file: string): string[] =>
  [...readFileSync(join(root, file), 'utf8').matchAll(/\b(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map(([, name = '']) =>
    posix.join(dirname(file), name),
  );

describe('the walkthroughs of CONTRIBUTING', () => {
  it('follow a request without cookies, an ID token, a config and an uploaded file', () => {
    const titles = ['A request without cookies', 'An ID token', 'A config', 'An uploaded file'];
    expect(routes.map(([title]) => title)).toEqual(titles);
    for (const [, steps] of routes) expect(steps.length).toBeGreaterThanOrEqual(10);
  });

  it.each(routes)('%s: every file exists', (_title, steps) => {
    expect(steps.map(([file]) => file).filter((file) => !existsSync(join(root, file)))).toEqual([]);
  });

  it.each(routes)(
    '%s: each file is imported by an earlier one, or the step says how it is reached',
    (_title, steps) => {
      const unreached = steps
        .slice(1)
        .filter(([, reached]) => reached === undefined)
        .map(([file]) => file)
        .filter((file) => {
          const earlier = steps
            .slice(
              0,
              steps.findIndex(([one]) => one === file),
            )
            .map(([one]) => one);
          return !earlier.flatMap(importsOf).includes(file);
        });
      expect(unreached).toEqual([]);
    },
  );

  it.each(routes)('%s: a step that says how it is reached is not imported by an earlier one', (_title, steps) => {
    const needless = steps.filter(([file, reached], index) => {
      const earlier = steps.slice(0, index).flatMap(([one]) => importsOf(one));
      return reached !== undefined && earlier.includes(file);
    });
    expect(needless).toEqual([]);
  });
});

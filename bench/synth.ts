/** How long the synth of a large site takes, against that of a small one. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { median } from './measure.ts';
import { digits, type Report, times } from './report.ts';
import type { Workspace } from './workspace.ts';

const turns = 5;
const small = 3;
const large = 3_000;
const mostTimes = 3;

/** A folder with `count` files: two thirds pages, in folders and beside them, and one third assets. */
function makeContent(folder: string, count: number): string {
  for (let n = 0; n < count; n += 1) {
    const name = [`part-${n % 40}/page-${n}/index.html`, `part-${n % 40}/page-${n}.html`, `assets/app-${n}.js`][n % 3];
    const file = join(folder, name ?? '');
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, `<title>${n}</title>`);
  }
  return folder;
}

export async function benchSynth({ folder, run }: Workspace, report: Report): Promise<void> {
  const contents = [small, large].map((count) => makeContent(join(folder, `content-${count}`), count));
  const seconds = contents.map((): number[] => []);
  for (let turn = 0; turn < turns; turn += 1) {
    for (const [index, content] of contents.entries()) {
      const start = performance.now();
      await run('cli/main.ts', 'synth', '--content', content);
      seconds[index]?.push((performance.now() - start) / 1000);
    }
  }
  const [few = [], many = []] = seconds;
  const ratio = median(many.map((one, turn) => one / (few[turn] ?? Number.NaN)));

  report.heading(`Synth, median of ${turns} turns`);
  report.table(
    ['', 's'],
    [
      [`${small} files`, digits(median(few))],
      [`${large.toLocaleString('en')} files`, digits(median(many))],
    ],
  );
  report.target(
    `${large.toLocaleString('en')} files take at most ${mostTimes}x the time of ${small}`,
    times(ratio),
    ratio <= mostTimes,
  );
}

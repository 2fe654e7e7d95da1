/**
 * The cost of 300 edits in the local run: the heap of the serving process after forced collections, after every 50
 * edits.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts } from '../emulator/testing/free-ports.ts';
import { digits, type Report } from './report.ts';
import type { Workspace } from './workspace.ts';

const edits = 300;
/** Edits between two heap measurements. */
const step = 50;
const mostGrowthMegabytes = 5;

/** The kinds of edits, which take turns. */
const kinds: readonly ((folder: string, count: number) => void)[] = [
  (folder, count) => writeFileSync(join(folder, 'site/www/public/edited.txt'), `edit ${count}\n`),
  (folder, count) => {
    const config = join(folder, 's3nator.config.ts');
    writeFileSync(config, readFileSync(config, 'utf8').replace(/(\/\/ edit \d+\n)?$/, `// edit ${count}\n`));
  },
  (folder, count) =>
    appendFileSync(
      join(folder, 'web-components/secure-session-script.ts'),
      `Object.assign(globalThis, { edit: ${count} });\n`,
    ),
  (folder, count) => appendFileSync(join(folder, 'api/lambda.ts'), `Object.assign(globalThis, { edit: ${count} });\n`),
];

/** Resolves once the child's output since `from` matches. */
async function printed(child: ChildProcess, text: () => string, from: number, pattern: RegExp): Promise<string> {
  for (;;) {
    const found = pattern.exec(text().slice(from));
    if (found !== null) return found[1] ?? '';
    if (child.exitCode !== null) throw new Error(`the local run ended:\n${text()}`);
    await once(child.stdout ?? child, 'data');
  }
}

export async function benchEdits({ folder }: Workspace, report: Report): Promise<void> {
  const port = await freePorts();
  const probe = ['--expose-gc', '--import', join(import.meta.dirname, 'heap-probe.mjs')];
  const child = spawn(process.execPath, [...probe, 'cli/main.ts', 'start', '--port', String(port)], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  const heapMegabytes = async (): Promise<number> => {
    const from = text.length;
    child.kill('SIGUSR2');
    return Number(await printed(child, () => text, from, /heap (\d+)/)) / 2 ** 20;
  };
  const rows: [string, string][] = [];
  try {
    await printed(child, () => text, 0, /Ctrl-C stops/);
    // The first reloads load code that a start does not need.
    for (let count = -kinds.length; count < edits; count++) {
      if (count >= 0 && count % step === 0) rows.push([`after ${count} edits`, digits(await heapMegabytes())]);
      const from = text.length;
      kinds.at(count % kinds.length)?.(folder, count + kinds.length);
      await printed(child, () => text, from, /( updated )/);
    }
    rows.push([`after ${edits} edits`, digits(await heapMegabytes())]);
  } finally {
    child.kill('SIGTERM');
    await once(child, 'close');
  }
  report.heading(`The local run's heap after forced collections`);
  report.table(['', 'MB'], rows);
  const growth = Number(rows.at(-1)?.[1]) - Number(rows[0]?.[1]);
  report.target(
    `${edits} edits add at most ${mostGrowthMegabytes} MB`,
    `${digits(Math.max(growth, 0))} MB`,
    growth <= mostGrowthMegabytes,
  );
}

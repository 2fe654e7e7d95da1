/** Owns what a run says: each step with its seconds, each check with its outcome, the table, the closing line. Runs nothing of its own. */
import { styleText } from 'node:util';

/** What one scenario came to. */
interface Tally {
  readonly scenario: string;
  seconds: number;
  passed: number;
  failed: number;
}

const seconds = (since: number): number => (performance.now() - since) / 1000;
const column = (value: number): string => `${value.toFixed(1)} s`.padStart(9);

/** A failed step: what follows it in its scenario would fail for the same reason. */
export class StepFailed extends Error {}

export class Report {
  private readonly tallies: Tally[] = [];

  /** Runs a scenario, whose failed step ends it, and counts what it came to. */
  async scenario(name: string, title: string, run: (steps: Steps) => Promise<void>): Promise<void> {
    const tally: Tally = { scenario: name, seconds: 0, passed: 0, failed: 0 };
    this.tallies.push(tally);
    const begin = performance.now();
    print(`\n${styleText('bold', name)}  ${title}`);
    try {
      await run(new Steps(tally));
    } catch (error) {
      if (!(error instanceof StepFailed)) {
        tally.failed++;
        printFailure('the scenario itself', error);
      }
    }
    tally.seconds = seconds(begin);
  }

  /** Prints the table and the closing line. Returns whether everything passed, and something did. */
  close(): boolean {
    const width = Math.max(...this.tallies.map(({ scenario }) => scenario.length), 8);
    print(`\n${'scenario'.padEnd(width)}  passed  failed    seconds`);
    for (const { scenario, passed, failed, seconds } of this.tallies) {
      print(`${scenario.padEnd(width)}  ${`${passed}`.padStart(6)}  ${`${failed}`.padStart(6)}  ${column(seconds)}`);
    }
    const sum = (of: (tally: Tally) => number): number => this.tallies.reduce((total, tally) => total + of(tally), 0);
    print(`${'all'.padEnd(width)}  ${' '.repeat(14)}  ${column(sum((tally) => tally.seconds))}\n`);
    const [passed, failed] = [sum((tally) => tally.passed), sum((tally) => tally.failed)];
    print(`${passed} passed, ${failed} failed`);
    return failed === 0 && passed > 0;
  }
}

/** The two things that a scenario is made of. */
export class Steps {
  private readonly tally: Tally;

  constructor(tally: Tally) {
    this.tally = tally;
  }

  /** Does something that takes time. When it fails, so does the scenario. */
  async step<T>(name: string, action: () => Promise<T>): Promise<T> {
    const begin = performance.now();
    try {
      const result = await action();
      this.tally.passed++;
      print(`${column(seconds(begin))}  ${name}`);
      return result;
    } catch (error) {
      this.tally.failed++;
      printFailure(name, error);
      throw new StepFailed(name, { cause: error });
    }
  }

  /** Asserts a rule that must hold now. When it does not, that is counted and the scenario goes on. */
  async check(rule: string, test: () => void | Promise<void>): Promise<void> {
    try {
      await test();
      this.tally.passed++;
      print(`${' '.repeat(11)}${styleText('green', '✓')} ${rule}`);
    } catch (error) {
      this.tally.failed++;
      printFailure(rule, error);
    }
  }
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);

function printFailure(name: string, error: unknown): void {
  print(`${' '.repeat(11)}${styleText('red', '✗')} ${name}`);
  const text = error instanceof Error ? `${error.message}\n${whereFrom(error)}` : String(error);
  print(text.replace(/^/gm, ' '.repeat(13)));
}

/** The lines of this folder that led to an error. */
const whereFrom = ({ stack = '' }: Error): string =>
  stack
    .split('\n')
    .filter((line) => line.includes(import.meta.dirname))
    .slice(0, 3)
    .join('\n');

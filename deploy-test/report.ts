/** Prints a run: each step with its seconds, each check with its outcome, the table, the closing line. */
import { styleText } from 'node:util';

const seconds = (since: number): number => (performance.now() - since) / 1000;
const column = (value: number): string => `${value.toFixed(1)} s`.padStart(9);
const margin = ' '.repeat(11);

/** A failed step. Everything after it in its scenario would fail for the same reason. */
class StepFailed extends Error {}

export class Report {
  private readonly scenarios: Steps[] = [];
  private readonly begin = performance.now();

  /** Runs a scenario and counts its results. A failed step ends it. Several may run at once. */
  async scenario(name: string, title: string, run: (steps: Steps) => Promise<void>): Promise<void> {
    const steps = new Steps(name);
    this.scenarios.push(steps);
    steps.print(`\n${styleText('bold', name)}  ${title}`);
    this.showFirst();
    await steps.run(run);
    this.showFirst();
  }

  /** Prints the table and the closing line. Returns whether everything passed, and something did. */
  close(): boolean {
    const width = Math.max(...this.scenarios.map(({ name }) => name.length), 8);
    const row = (name: string, passed: number, failed: number, seconds: number): string =>
      `${name.padEnd(width)}  ${`${passed}`.padStart(6)}  ${`${failed}`.padStart(6)}  ${column(seconds)}\n`;
    const sum = (of: (steps: Steps) => number): number => this.scenarios.reduce((total, it) => total + of(it), 0);
    const passed = sum((steps) => steps.passed);
    const failed = sum((steps) => steps.failed);
    process.stdout.write(
      [
        `\n${'scenario'.padEnd(width)}  passed  failed    seconds\n`,
        ...this.scenarios.map((steps) => row(steps.name, steps.passed, steps.failed, steps.seconds)),
        row('all', passed, failed, seconds(this.begin)),
        `\n${passed} passed, ${failed} failed\n`,
      ].join(''),
    );
    return failed === 0 && passed > 0;
  }

  /** Lines of the first running scenario are shown at once. Lines of later ones wait until it ends. */
  private showFirst(): void {
    for (const steps of this.scenarios) {
      steps.show();
      if (!steps.ended) return;
    }
  }
}

/** The steps and checks of one scenario. */
export class Steps {
  readonly name: string;
  passed = 0;
  failed = 0;
  seconds = 0;
  ended = false;
  private readonly waiting: string[] = [];
  private shown = false;

  constructor(name: string) {
    this.name = name;
  }

  async run(scenario: (steps: Steps) => Promise<void>): Promise<void> {
    const begin = performance.now();
    try {
      await scenario(this);
    } catch (error) {
      if (!(error instanceof StepFailed)) this.fail('the scenario itself', error);
    }
    this.seconds = seconds(begin);
    this.ended = true;
  }

  /** Runs an action that takes time. If it fails, so does the scenario. */
  async step<T>(name: string, action: () => Promise<T>): Promise<T> {
    const begin = performance.now();
    try {
      const result = await action();
      this.passed++;
      this.print(`${column(seconds(begin))}  ${name}`);
      return result;
    } catch (error) {
      this.fail(name, error);
      throw new StepFailed(name, { cause: error });
    }
  }

  /** Asserts a rule that must hold now. If it does not, that is counted and the scenario continues. */
  async check(rule: string, test: () => void | Promise<void>): Promise<void> {
    try {
      await test();
      this.passed++;
      this.print(`${margin}${styleText('green', '✓')} ${rule}`);
    } catch (error) {
      this.fail(rule, error);
    }
  }

  print(line: string): void {
    this.waiting.push(line);
    if (this.shown) this.show();
  }

  /** Shows the waiting lines, and from now on every line at once. */
  show(): void {
    this.shown = true;
    for (const line of this.waiting.splice(0)) process.stdout.write(`${line}\n`);
  }

  private fail(name: string, error: unknown): void {
    this.failed++;
    const text = error instanceof Error ? `${error.message}\n${whereFrom(error)}` : String(error);
    this.print(`${margin}${styleText('red', '✗')} ${name}\n${text.replace(/^/gm, `${margin}  `)}`);
  }
}

/** The lines of this folder in an error's stack. */
const whereFrom = ({ stack = '' }: Error): string =>
  stack
    .split('\n')
    .filter((line) => line.includes(import.meta.dirname))
    .slice(0, 3)
    .join('\n');

/** Shows how far a long command is: a bar on a terminal, and an occasional line elsewhere. */
import { paint, rewriteLine, write } from './terminal.ts';

const barWidth = 24;
/** Shortest time between two drawings of the bar, in milliseconds. */
const redrawMs = 100;
/** Shortest time between two plain lines, in milliseconds: a build server that hears nothing may give up. */
const plainMs = 10_000;

/** One step with a known number of pieces. */
export class Progress {
  private readonly label: string;
  private readonly total: number;
  private readonly out: NodeJS.WriteStream;
  private count = 0;
  private shownAt = 0;

  /** `total`: pieces that will be done. A step of no pieces is not shown. */
  constructor(label: string, total: number, out: NodeJS.WriteStream = process.stdout) {
    this.label = label;
    this.total = total;
    this.out = out;
    this.shownAt = Date.now();
    if (total > 0 && out.isTTY) this.draw();
  }

  /** One piece is done. */
  advance(): void {
    this.count += 1;
    const now = Date.now();
    if (now - this.shownAt < (this.out.isTTY ? redrawMs : plainMs)) return;
    this.shownAt = now;
    if (this.out.isTTY) this.draw();
    else write(`${this.label} ${this.counted()}\n`, this.out);
  }

  /** The step is over, whether or not everything was done. Leaves one line that says how far it came. */
  end(): void {
    if (this.total === 0) return;
    (this.out.isTTY ? rewriteLine : write)(`${this.label} ${this.counted()}\n`, this.out);
  }

  private draw(): void {
    const full = Math.floor((this.count / this.total) * barWidth);
    const bar = `${paint('cyan', '█'.repeat(full))}${'░'.repeat(barWidth - full)}`;
    rewriteLine(`${this.label} ${bar} ${this.counted()}`, this.out);
  }

  private counted(): string {
    return `${this.count.toLocaleString('en')} of ${this.total.toLocaleString('en')}`;
  }
}

/** A step whose number of pieces is not known in advance: one line, on a terminal only, that is gone afterward. */
export class Count {
  private readonly label: string;
  private readonly pieces: string;
  private readonly out: NodeJS.WriteStream;
  private shownAt = 0;

  /** `label`, `pieces`: what stands before and after the number. */
  constructor(label: string, pieces: string, out: NodeJS.WriteStream = process.stdout) {
    this.label = label;
    this.pieces = pieces;
    this.out = out;
  }

  show(count: number): void {
    const now = Date.now();
    if (!this.out.isTTY || now - this.shownAt < redrawMs) return;
    this.shownAt = now;
    rewriteLine(`${this.label} ${count.toLocaleString('en')} ${this.pieces}`, this.out);
  }

  end(): void {
    if (this.shownAt > 0) rewriteLine('', this.out);
  }
}

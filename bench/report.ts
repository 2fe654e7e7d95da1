/** Prints tables, notes and targets, in color on a terminal and plain when piped. */
import { paint, write } from '../cli/terminal.ts';

export interface Report {
  heading(text: string): void;
  /** The first column is text, the others are numbers. A header of empty cells is left out. */
  table(head: readonly string[], rows: readonly (readonly string[])[]): void;
  note(text: string): void;
  /** A promise: prints whether it holds, and remembers a missed one. */
  target(promise: string, found: string, holds: boolean): void;
  /** Every promise that did not hold. */
  readonly missed: readonly string[];
}

const print = (text: string): void => write(`${text}\n`);

export function createReport(): Report {
  const missed: string[] = [];
  return {
    missed,
    heading: (text) => print(`\n${paint('bold', text)}`),
    table(head, rows) {
      const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
      const line = (row: readonly string[]): string =>
        row
          .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
          .join('   ');
      if (head.some((cell) => cell !== '')) print(`  ${paint('gray', line(head))}`);
      for (const row of rows) print(`  ${line(row)}`);
    },
    note: (text) => print(`  ${paint('gray', text)}`),
    target(promise, found, holds) {
      print(`  ${holds ? paint('green', 'holds') : paint('red', 'MISSED')}  ${promise}: ${found}`);
      if (!holds) missed.push(`${promise}: ${found}`);
    },
  };
}

/** A number with as many decimals as three digits need. */
export const digits = (value: number): string => value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2);
export const times = (value: number): string => `${digits(value)}x`;
export const percent = (part: number, whole: number): string => `${Math.round((100 * part) / whole)} %`;
export const kilobytes = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KB`;

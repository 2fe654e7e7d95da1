/** The only way to the terminal: colors and line breaks pass, and everything else that acts on it is escaped. */
import { randomBytes } from 'node:crypto';
import { inspect, styleText } from 'node:util';
import { visibleLines } from '../contract/visible-text.ts';

type Color = 'bold' | 'cyan' | 'gray' | 'green' | 'magenta' | 'red' | 'yellow';

/** What a text is written to. */
export type Output = Pick<NodeJS.WriteStream, 'isTTY' | 'write'> & NodeJS.WritableStream;

// Until it is written, a color is a mark in the text. Nobody outside of this process can guess the mark, so an escape
// sequence in what somebody else wrote is never taken for a color of ours.
const secret = randomBytes(9).toString('base64url');
const markFor = (name: string): string => `\u0001${secret}:${name}\u0002`;
const marks = new RegExp(`\u0001${secret}:(\\w+)\u0002`);

const shows = (stream: NodeJS.WritableStream): boolean => styleText('red', 'x', { stream }) !== 'x';

/** `text` in a color, for `write`: on for people; off when piped, when NO_COLOR is set or the terminal has none. */
export function paint(color: Color, text: string): string {
  if (!shows(process.stdout) && !shows(process.stderr)) return text;
  return `${markFor(color)}${text}${markFor('end')}`;
}

/** What `write` sends to the stream. */
export function rendered(text: string, stream: NodeJS.WritableStream): string {
  const isColored = shows(stream);
  const open: number[] = [];
  const code = (name: string): string => {
    const [begin, end] = inspect.colors[name] ?? [];
    if (end !== undefined) open.push(end);
    return `\u001b[${begin ?? open.pop() ?? 0}m`;
  };
  // Text and the names of marks take turns.
  const pieces = text
    .split(marks)
    .map((piece, at) => (at % 2 === 0 ? visibleLines(piece) : isColored ? code(piece) : ''));
  return pieces.join('');
}

/** Writes text of one or more lines. */
export const write = (text: string, stream: Output = process.stdout): void => {
  stream.write(rendered(text, stream));
};

/** Writes to standard error. */
export const writeError = (text: string): void => write(text, process.stderr);

/** Writes over the line that the cursor is in. */
export const rewriteLine = (text: string, stream: Output): void => {
  stream.write(`\r\u001b[K${rendered(text, stream)}`);
};

/** Owns colour on the terminal: on for people, off when piped, when NO_COLOR is set or the terminal has none. */
import { styleText } from 'node:util';

type Colour = Parameters<typeof styleText>[0];

/** `text` in `colour` if the stream (default: standard output) shows colours. */
export const paint = (colour: Colour, text: string, stream: NodeJS.WritableStream = process.stdout): string =>
  styleText(colour, text, { stream });

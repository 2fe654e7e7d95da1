/** The answer to an unknown command: one line, with the word that was probably meant. */
import { closestWord } from '../contract/closest-word.ts';

/** ` Did you mean 'keys'?`, or nothing if no word is close. */
export function didYouMean(typed: string, known: readonly string[]): string {
  const meant = closestWord(typed, known);
  return meant === undefined ? '' : ` Did you mean '${meant}'?`;
}

/** `command`: what is typed before the word. */
export const unknownCommand = (typed: string, known: readonly string[], command: string): string =>
  `Unknown command '${typed}'.${didYouMean(typed, known)} There are: ${known.join(', ')}. \
Fix: ${command} --help says more`;

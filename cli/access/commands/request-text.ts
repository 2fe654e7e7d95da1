/** How the access commands print a request. What a person typed cannot act on the terminal or imitate our lines. */
import type { AnsweredRequest, OpenRequest } from '../../../api/ask/request.ts';
import { visible } from '../../../contract/visible-text.ts';
import { paint } from '../../terminal.ts';
import { copyable, timeText } from '../shared/format.ts';

/**
 * Every line fits into this many columns. If a terminal wrapped a line, its second half could imitate a line of ours.
 */
const width = 80;
/** Columns before text that somebody else wrote. */
const indentation = 12;

/** The width of a text at most: some terminals use two columns for characters that are not ASCII. */
const columnsOf = (text: string): number =>
  Array.from(text).reduce((columns, character) => columns + (character <= '~' ? 1 : 2), 0);

/** Pieces of a word, each of at most `most` columns. */
function pieces(word: string, most: number): string[] {
  const found: string[] = [];
  let piece = '';
  for (const character of word) {
    if (columnsOf(piece + character) > most) {
      found.push(piece);
      piece = '';
    }
    piece += character;
  }
  return [...found, piece];
}

/** Lines of at most `most` columns, broken between words, or within a word that is too long. Never empty. */
function wrapped(text: string, most = width - indentation): [string, ...string[]] {
  const [first = '', ...words] = text.split(' ').flatMap((word) => pieces(word, most));
  const lines: [string, ...string[]] = [first];
  for (const word of words) {
    const longer = `${lines.at(-1)} ${word}`;
    if (columnsOf(longer) <= most) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

const hanging = ' '.repeat(indentation);

/** A field of a request, with text that somebody else wrote. */
const field = (name: string, text: string): string[] =>
  wrapped(text).map((line, number) => (number === 0 ? `   ${name}`.padEnd(indentation) : hanging) + line);

type Who = OpenRequest['who'];

const accountText = ({ iss, sub, hd }: Who): string =>
  `${copyable(sub)} of ${copyable(iss)}${hd === undefined ? '' : `, domain ${visible(hd)}`}`;

/** The address, or the account if it has none. */
export const whoseText = (who: Who): string => (who.email === undefined ? accountText(who) : copyable(who.email));

const notManaged = '(not managed by the issuer)';

/** The line of a request that begins with its time. */
function heading(beginning: string, plainBeginning: string, { email, managed }: Who): string[] {
  if (email === undefined) return [`${beginning}no address`];
  const [first, ...further] = wrapped(copyable(email), width - plainBeginning.length);
  const lines = [beginning + paint('bold', first), ...further.map((line) => hanging + paint('bold', line))];
  if (managed) return lines;
  const fits = further.length === 0 && plainBeginning.length + columnsOf(`${first} ${notManaged}`) <= width;
  const said = paint('yellow', notManaged);
  return fits ? [`${lines[0]} ${said}`] : [...lines, hanging + said];
}

const written = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

export function requestText({ askedAt, who, reason }: OpenRequest): string {
  const beginning = `${timeText(Date.parse(askedAt))}  `;
  return written([
    ...heading(beginning, beginning, who),
    ...field('account', accountText(who)),
    ...field('reason', reason === '' ? '-' : visible(reason)),
  ]);
}

/** `by`: who answered, as their machine calls them. */
export function answeredText({ answeredAt, who, answer }: AnsweredRequest, by: string | undefined): string {
  const time = timeText(Date.parse(answeredAt));
  const padded = answer.padEnd(8);
  const painted = paint(answer === 'approved' ? 'green' : 'red', padded);
  return written([
    ...heading(`${time}  ${painted}  `, `${time}  ${padded}  `, who),
    ...field('account', accountText(who)),
    ...(by === undefined ? [] : field('by', visible(by))),
  ]);
}

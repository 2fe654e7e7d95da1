/** Owns how requests for access are written for an operator. Pure; what a person typed can act on no terminal and look like no line of ours. */
import type { AnsweredRequest, OpenRequest } from '../../api/access-request.ts';
import { paint } from '../terminal.ts';
import { plain, timeText } from './words.ts';

/** Widest line of a reason, in characters, so that a terminal does not break it itself. */
const widest = 72;

/** Lines of at most `widest` characters, broken between words, or within one that is longer. */
function wrapped(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ').flatMap((one) => one.match(new RegExp(`.{1,${widest}}`, 'gsu')) ?? [])) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= widest) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

type Who = OpenRequest['who'];

const accountText = ({ iss, sub, hd }: Who): string =>
  `${plain(sub)} of ${plain(iss)}${hd === undefined ? '' : `, domain ${plain(hd)}`}`;

/** The address where there is one. */
export const whoseText = (who: Who): string => (who.email === undefined ? accountText(who) : plain(who.email));

const addressText = ({ email, managed }: Who): string => {
  if (email === undefined) return 'no address';
  return managed
    ? paint('bold', plain(email))
    : `${paint('bold', plain(email))} ${paint('yellow', '(not managed by the issuer)')}`;
};

export function requestText({ askedAt, who, reason }: OpenRequest): string {
  const [first = '-', ...further] = wrapped(plain(reason));
  const lines = [
    `${timeText(Date.parse(askedAt))}  ${addressText(who)}`,
    `   account  ${accountText(who)}`,
    `   reason   ${first}`,
    ...further.map((line) => `            ${line}`),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

/** `by`: who answered, as their machine calls them. */
export function answeredText({ answeredAt, who, answer }: AnsweredRequest, by: string | undefined): string {
  const colour = answer === 'approved' ? 'green' : 'red';
  const line = `${timeText(Date.parse(answeredAt))}  ${paint(colour, answer.padEnd(8))}  ${addressText(who)}`;
  return `${line}\n   account  ${accountText(who)}${by === undefined ? '' : `\n   by       ${plain(by)}`}\n`;
}

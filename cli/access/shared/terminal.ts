/** Prints lines and asks yes-or-no questions. Where nobody can be asked, nothing counts as a yes. */
import { createInterface } from 'node:readline';
import { rendered, write } from '../../terminal.ts';

export interface AccessTerminal {
  print(text: string): void;
  /** Whether somebody can answer. */
  readonly canAsk: boolean;
  /** True for y or yes. Anything else, including the end of input and Ctrl-C, is a no. */
  ask(question: string): Promise<boolean>;
}

export const processTerminal: AccessTerminal = {
  print: (text) => write(text),
  canAsk: process.stdin.isTTY === true && process.stdout.isTTY === true,
  ask: (question) =>
    new Promise((done) => {
      const reader = createInterface({ input: process.stdin, output: process.stdout });
      let answer = '';
      reader.once('close', () => done(/^y(es)?$/i.test(answer.trim())));
      reader.once('SIGINT', () => {
        write('\n');
        reader.close();
      });
      reader.question(`${rendered(question, process.stdout)} [y/N] `, (line) => {
        answer = line;
        reader.close();
      });
    }),
};

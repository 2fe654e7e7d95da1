/** `access list`: the rules in force, in the order in which they are consulted, with what is doubtful about each. */
import { paint } from '../../terminal.ts';
import { readInForce } from '../document/in-force.ts';
import { accessTable } from '../document/table.ts';
import { unmatchedNotes } from '../document/unmatched.ts';
import { ruleWarnings, warningContext } from '../document/warnings.ts';
import type { AccessCommand } from './access-command.ts';

export const listCommand: AccessCommand =
  () =>
  async ({ target, store, terminal }) => {
    const { inForce, troubles } = await readInForce(target, store);
    for (const trouble of troubles) terminal.print(`${paint('red', trouble)}\n`);
    if (inForce === undefined) throw new Error('No documents are in force: nobody can sign in.');
    for (const note of unmatchedNotes(inForce.documents)) terminal.print(`${paint('yellow', '!')} ${note}\n`);
    const context = warningContext(target, store.now());
    terminal.print(`\n${accessTable(inForce.documents, ruleWarnings(inForce.documents, context))}`);
  };

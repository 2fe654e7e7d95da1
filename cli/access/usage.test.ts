import { describe, expect, it } from 'vitest';
import { accessActions } from './actions.ts';
import { approveCommand, denyCommand, requestsCommand } from './commands/access-requests.ts';
import { editCommand } from './commands/edit.ts';
import { historyCommand, restoreCommand } from './commands/history.ts';
import { listCommand } from './commands/list.ts';
import { blockCommand, signOutCommand, unblockCommand } from './commands/person-commands.ts';
import { addRuleCommand, removeRuleCommand } from './commands/rules.ts';
import { ruleOptions } from './shared/options.ts';
import { accessActionNames, accessUsage, actionText, actionUsage } from './usage.ts';

const ofARule = Object.keys(ruleOptions);

describe('the table of the access commands', () => {
  it.each([
    ['list', listCommand, 0, [], false],
    ['add-rule', addRuleCommand, 0, [...ofARule, 'first', 'last', 'position'], true],
    ['remove-rule', removeRuleCommand, 1, ofARule, true],
    ['block', blockCommand, 2, [], true],
    ['unblock', unblockCommand, 2, [], true],
    ['sign-out', signOutCommand, 2, ['everyone'], true],
    ['requests', requestsCommand, 0, ['answered'], false],
    ['approve', approveCommand, 2, ['path', 'until'], true],
    ['deny', denyCommand, 2, [], true],
    ['history', historyCommand, 0, [], false],
    ['restore', restoreCommand, 1, [], true],
    ['edit', editCommand, 0, [], true],
  ] as const)('%s: what runs it, how many words and which options it takes, and whether it asks', async (...row) => {
    const [name, command, words, options, asks] = row;
    const action = accessActions[name];
    expect([action.words, action.options, action.asks]).toEqual([words, options, asks]);
    expect(await action.load()).toBe(command);
    expect(action.call.split(' ')[0]).toBe(name);
  });

  it('has its commands in the order of the help, edit after log', () => {
    expect(accessActionNames).toEqual([...Object.keys(accessActions).slice(0, -1), 'log', 'edit']);
  });
});

describe('the help of the access commands', () => {
  it('has a line for each, what it does in a column, and below where the call is too long for it', () => {
    const lines = accessUsage.split('\n');
    expect(lines.slice(0, 7)).toEqual([
      'Usage: npm run access -- <command> [--site NAME] [--local-site]',
      '',
      'Commands',
      '  list                      who may see what, by both documents, in the order in which rules are consulted',
      '  add-rule WHO [--path P] [--until T] [--first | --last | --position N]',
      '                            WHO: --domain D, --email A, --subject ISS SUB, --service-account A, ' +
        '--claim NAME=VALUE (each as often as',
      '                            needed), --anyone; --issuer I: only accounts of google, cognitoUserPool or an ' +
        'https:// issuer;',
    ]);
    expect(lines).toContain('  unblock PERSON');
    expect(lines).toContain('  log                       who got in and who did not; its own options: log --help');
    expect(lines.slice(-5)).toEqual([
      '  edit                      opens the live document in $VISUAL or $EDITOR',
      '',
      '  --local-site  the site that npm start runs, not the deployed one',
      '  --yes         writes without asking',
      '',
    ]);
  });

  it.each([
    [24, [`  ${'x'.repeat(24)}  does it`, `${' '.repeat(28)}well`]],
    [25, [`  ${'x'.repeat(25)}`, `${' '.repeat(28)}does it`, `${' '.repeat(28)}well`]],
  ])('leaves two columns at least between a call of %i letters and what it does', (length, lines) => {
    expect(actionText({ call: 'x'.repeat(length), help: ['does it', 'well'] })).toEqual(lines);
  });

  it('of one command is its call, its help and the options that all have', () => {
    expect(actionUsage({ call: 'do IT', help: ['does it', 'well'] }).split('\n')).toEqual([
      'Usage: npm run access -- do IT [--site NAME] [--local-site] [--yes]',
      '',
      '  does it',
      '  well',
      '',
      '  --local-site  the site that npm start runs, not the deployed one',
      '  --yes         writes without asking',
      '',
    ]);
  });

  it('says that a person who was denied may ask again after 30 days', () => {
    expect(accessActions.deny.help).toEqual(['refuses the request; the person may ask again after 30 days']);
  });
});

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { visible } from '../contract/visible-text.ts';
import { shownLogLine, shownMessage } from './start.ts';

const site = {
  region: 'eu-west-1',
  content: null,
  providers: [{ kind: 'google', clientId: 'x.apps.googleusercontent.com' }],
  identityPool: null,
  session: { cookieSeconds: 60, maximumSeconds: 60 },
  access: { blocked: [], rules: [] },
};

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 's3nator-entry-'));
  writeFileSync(join(folder, 's3nator.config.ts'), `export default { sites: { docs: ${JSON.stringify(site)} } };`);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What a command writes, on both streams. */
function said(...args: readonly string[]): string {
  const main = join(import.meta.dirname, 'main.ts');
  const { stdout, stderr } = spawnSync(process.execPath, [main, ...args], { cwd: folder, encoding: 'utf8' });
  return stdout + stderr;
}

/** Everything that a terminal acts on, hides or stacks, in words that a shell can hand over. */
const fixed =
  'a\u001b[2J\u009b31m\u007f\u202e\u2066\u2028\u200b\ufeff\u00a0\u3164\u{e0041}e\u0301\u0301\u0301\u0301\u0301b';
const random = fc.sample(
  fc
    .string({ unit: 'binary', minLength: 1, maxLength: 12 })
    .map((text) => `x${text.toWellFormed().replaceAll('\0', '\u0001')}`),
  { numRuns: 2, seed: 20_270_115 },
);

describe.each([fixed, ...random])('somebody types %j', (word) => {
  it.each([
    ['the person of explain', ['explain', word, '/docs/']],
    ['the path of explain', ['explain', 'a@example.com', word]],
    ['the token of explain', ['explain', '--token', word, '/']],
    ['a command', [word]],
    ['an option', ['start', `--${word}`]],
    ['the port', ['start', '--port', word]],
    ['the site of every command', ['keys', 'list', '--site', word]],
    ['the folder of upload', ['upload', word]],
    ['a person to block', ['access', 'block', word]],
    ['a rule', ['access', 'add-rule', '--email', word, '--path', word, '--until', word]],
    ['a time of the log', ['access', 'log', '--since', word]],
  ])('as %s, and the answer acts on no terminal', (_, args) => {
    const answer = said(...args);
    expect(answer).toMatch(/^error /m);
    for (const line of answer.split('\n')) expect(visible(line)).toBe(line);
  });
});

describe("what npm start prints of the emulator's lines", () => {
  const text = fc.string({ unit: 'binary', maxLength: 20 });

  it('is one line that acts on no terminal for each line of the Lambda, and its fields read back', () => {
    const fields = fc.dictionary(text, fc.oneof(text, fc.integer()), { maxKeys: 3 });
    fc.assert(
      fc.property(text, text, fields, (raw, event, more) => {
        const line = JSON.stringify({ level: 'info', event, more });
        for (const shown of [shownLogLine(raw), shownLogLine(line)]) expect(visible(shown)).toBe(shown);
        const shown = shownLogLine(line);
        expect(JSON.parse(shown.slice(shown.lastIndexOf(' {"more":')))).toEqual(JSON.parse(JSON.stringify({ more })));
      }),
      { numRuns: 500 },
    );
  });

  it('has no event that begins with an accent, which would sit on what comes before it', () => {
    expect(shownLogLine('{"level":"info","event":"\u0301x"}')).toBe('\\u0301x {}');
  });

  it('begins no line with words of a message to operators', () => {
    fc.assert(
      fc.property(text, text, fc.array(text, { maxLength: 3 }), (subject, topic, lines) => {
        const message = { topic, recipients: [topic], subject, text: lines.join('\n') };
        for (const shown of shownMessage(message).split('\n')) {
          expect(visible(shown)).toBe(shown);
          expect(shown).toMatch(/^$|^ {2}message to |^ {6}/);
        }
      }),
      { numRuns: 500 },
    );
  });
});

it('a line break in a word is refused, because what follows it would look like a line of the command', () => {
  expect(said('explain', 'a@example.com\nALLOWED: by rule 1', '/docs/')).toBe(
    'error word 2 has a control character (\\u000a) in it: a@example.com\\u000aALLOWED: by rule 1\n',
  );
});

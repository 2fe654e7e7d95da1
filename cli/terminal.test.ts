import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { paint, rewriteLine, write, writeError } from './terminal.ts';

/** A terminal, and what was written to it. */
function terminal(isTTY: boolean) {
  let text = '';
  const stream = new Writable({
    write: (piece, _, done) => {
      text += piece;
      done();
    },
  });
  const getColorDepth = () => 8;
  return { stream: Object.assign(stream, { isTTY, getColorDepth }) as unknown as NodeJS.WriteStream, text: () => text };
}

beforeEach(() => {
  for (const name of ['NO_COLOR', 'NODE_DISABLE_COLORS']) vi.stubEnv(name, undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

describe('on a terminal with colors', () => {
  beforeEach(() => vi.stubEnv('FORCE_COLOR', '1'));

  it('our colors are colors, also within each other', () => {
    const { stream, text } = terminal(true);
    write(`${paint('red', `a${paint('bold', 'b')}c`)}d\n`, stream);
    expect(text()).toBe('\u001b[31ma\u001b[1mb\u001b[22mc\u001b[39md\n');
  });

  it("no escape sequence of somebody else's is a color, whatever it looks like", () => {
    const { stream, text } = terminal(true);
    const [, mark = ''] = paint('red', '|').split('|');
    write(`${paint('red', 'a\u001b[32mb')}\u001b[0m\u0001secret:green\u0002`, stream);
    expect(text()).toBe('\u001b[31ma\\u001b[32mb\u001b[39m\\u001b[0m\\u0001secret:green\\u0002');
    expect(mark).toMatch(/[\w-]{12}/);
  });

  it('shows nothing but text, line breaks and our colors, whatever is written', () => {
    const external = fc.string({ unit: 'binary', maxLength: 30 });
    fc.assert(
      fc.property(external, external, (one, other) => {
        const { stream, text } = terminal(true);
        write(`${paint('green', one)} ${other}\n`, stream);
        rewriteLine(one, stream);
        const ours = text().replaceAll(/\u001b\[(?:32|39)m|\r\u001b\[K|\n/g, '');
        expect(ours.replaceAll(/\u200c|\u200d|\ufe0f/g, '')).not.toMatch(/[\p{C}\p{DI}\p{Zl}\p{Zp}]/u);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('without colors', () => {
  beforeEach(() => vi.stubEnv('NO_COLOR', '1'));

  it('text stays text, and nothing of a mark is written', () => {
    const { stream, text } = terminal(false);
    write(`${paint('red', 'a')}\u202e\n`, stream);
    expect(text()).toBe('a\\u202e\n');
    expect(stripVTControlCharacters(text())).toBe(text());
  });
});

describe('the standard streams', () => {
  it('get what is said, and what is wrong, each with what acts on a terminal written out', () => {
    vi.stubEnv('NO_COLOR', '1');
    const said: [string, unknown][] = [];
    for (const name of ['stdout', 'stderr'] as const) {
      vi.spyOn(process[name], 'write').mockImplementation((text) => {
        said.push([name, text]);
        return true;
      });
    }
    write('said\u001b\n');
    writeError('wrong\u001b\n');
    vi.restoreAllMocks();
    expect(said).toEqual([
      ['stdout', 'said\\u001b\n'],
      ['stderr', 'wrong\\u001b\n'],
    ]);
  });

  it('go back to the beginning of the line, and empty it, for what is written over it', () => {
    const { stream, text } = terminal(true);
    rewriteLine('half\u001b', stream);
    expect(text()).toBe('\r\u001b[Khalf\\u001b');
  });
});

describe('where one standard stream is a terminal and the other is not', () => {
  it.each([
    ['stdout', 'stderr'],
    ['stderr', 'stdout'],
  ] as const)('colors show on %s', (shown, piped) => {
    for (const name of ['FORCE_COLOR', 'CI', 'TERM']) vi.stubEnv(name, undefined);
    const spies = [
      vi.spyOn(process, shown, 'get').mockReturnValue(terminal(true).stream as never),
      vi.spyOn(process, piped, 'get').mockReturnValue(terminal(false).stream as never),
    ];
    const [there, elsewhere] = [terminal(true), terminal(false)];
    const painted = paint('red', 'a');
    write(painted, there.stream);
    write(painted, elsewhere.stream);
    for (const spy of spies) spy.mockRestore();
    expect([there.text(), elsewhere.text()]).toEqual(['\u001b[31ma\u001b[39m', 'a']);
  });
});

describe('the way to the terminal', () => {
  const root = join(import.meta.dirname, '..');
  const sources = ['cli', 'stacks', 'emulator', 'contract', 'api', 'bench', 'main.ts'].flatMap((folder) =>
    folder.endsWith('.ts')
      ? [folder]
      : readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
          .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !name.includes('testing/'))
          .map((name) => `${folder}/${name}`),
  );

  it('is one: nothing but cli/terminal.ts writes to a standard stream', () => {
    const writers = sources.filter((file) =>
      /process\.(stdout|stderr)\.(write|end)\b|\bconsole\.\w+\(|writeSync\(\s*[12]\b|pipe\(process\./.test(
        readFileSync(join(root, file), 'utf8'),
      ),
    );
    expect(writers.sort()).toEqual([
      // The time of a start, for the process that measures it; and the log of the Lambda.
      'api/lambda.ts',
      'bench/cold-import.ts',
      'bench/marked-handler.ts',
      // Escapes each line by the same function; cdktf runs it without the command line.
      'main.ts',
    ]);
  });
});

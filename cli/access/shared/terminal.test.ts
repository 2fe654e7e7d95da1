import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

let input: PassThrough & { isTTY?: boolean };
let output: PassThrough & { isTTY?: boolean };
let shown: string;

beforeEach(() => {
  vi.resetModules();
  [input, output, shown] = [new PassThrough(), new PassThrough(), ''];
  output.on('data', (text) => {
    shown += text;
  });
  vi.spyOn(process, 'stdin', 'get').mockReturnValue(input as never);
  vi.spyOn(process, 'stdout', 'get').mockReturnValue(output as never);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const terminal = async () => (await import('./terminal.ts')).processTerminal;

describe('processTerminal', () => {
  it.each([
    [true, true, true],
    [true, false, false],
    [false, true, false],
    [undefined, undefined, false],
  ])('can ask only if input (%s) and output (%s) are a terminal: %s', async (stdin, stdout, canAsk) => {
    Object.assign(input, { isTTY: stdin });
    Object.assign(output, { isTTY: stdout });
    expect((await terminal()).canAsk).toBe(canAsk);
  });

  it.each([
    ['y', true],
    ['Y', true],
    ['yes', true],
    [' YES ', true],
    ['', false],
    ['n', false],
    ['ye', false],
    ['yes please', false],
    ['oh y', false],
  ])('takes %j for a yes: %s', async (answer, yes) => {
    const asked = (await terminal()).ask('Write?');
    input.write(`${answer}\n`);
    expect(await asked).toBe(yes);
    expect(shown).toBe('Write? [y/N] ');
  });

  it('takes the end of input for a no', async () => {
    const asked = (await terminal()).ask('Write?');
    input.end();
    expect(await asked).toBe(false);
  });

  it('takes Ctrl-C for a no, and goes on in a new line', async () => {
    Object.assign(output, { isTTY: true });
    const asked = (await terminal()).ask('Write?');
    input.write('y\u0003');
    expect(await asked).toBe(false);
    expect(shown).toMatch(/y\n$/);
  });

  it('prints to standard output, in colors only where it shows colors, and acts on no terminal otherwise', async () => {
    vi.stubEnv('NO_COLOR', '1');
    (await terminal()).print('a\u001b[2Jb\n');
    const asked = (await terminal()).ask('a\u001b[2Jb?');
    input.write('y\n');
    expect(await asked).toBe(true);
    expect(shown).toBe('a\\u001b[2Jb\na\\u001b[2Jb? [y/N] ');
  });
});

import { Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Count, Progress } from './progress.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function stream(isTTY: boolean): { out: NodeJS.WriteStream; text: () => string } {
  let text = '';
  const out = new Writable({
    write: (piece, _, done) => {
      text += piece;
      done();
    },
  });
  return { out: Object.assign(out, { isTTY }) as unknown as NodeJS.WriteStream, text: () => text };
}

describe('Progress', () => {
  it('is one plain line when piped', () => {
    const { out, text } = stream(false);
    const progress = new Progress('Compared', 1200, out);
    for (let n = 0; n < 1200; n += 1) progress.advance();
    progress.end();
    expect(text()).toBe('Compared 1,200 of 1,200\n');
  });

  it('says something every ten seconds when piped', () => {
    const { out, text } = stream(false);
    const progress = new Progress('Uploaded', 3, out);
    for (let n = 0; n < 3; n += 1) {
      vi.advanceTimersByTime(6_000);
      progress.advance();
    }
    progress.end();
    expect(text()).toBe('Uploaded 2 of 3\nUploaded 3 of 3\n');
  });

  it('says nothing when piped before ten seconds have passed', () => {
    const { out, text } = stream(false);
    const progress = new Progress('Uploaded', 3, out);
    vi.advanceTimersByTime(9_999);
    progress.advance();
    expect(text()).toBe('');
    vi.advanceTimersByTime(1);
    progress.advance();
    expect(text()).toBe('Uploaded 2 of 3\n');
  });

  it('goes to standard output if it is told nothing else', () => {
    const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    new Progress('Compared', 7, undefined).end();
    const written = write.mock.calls.map(([text]) => String(text)).join('');
    write.mockRestore();
    expect(written).toContain('Compared 0 of 7\n');
  });

  it('fills no more of the bar than is done, in cyan', () => {
    vi.stubEnv('NO_COLOR', undefined);
    vi.stubEnv('FORCE_COLOR', '1');
    const { out, text } = stream(true);
    const progress = new Progress('Uploaded', 9, out);
    vi.advanceTimersByTime(100);
    progress.advance();
    vi.unstubAllEnvs();
    expect(text().split('\r').at(-1)).toBe(
      `\u001b[KUploaded \u001b[36m${'█'.repeat(2)}\u001b[39m${'░'.repeat(22)} 1 of 9`,
    );
  });

  it('is a bar on a terminal that leaves one line', () => {
    const { out, text } = stream(true);
    const progress = new Progress('Uploaded', 2, out);
    vi.advanceTimersByTime(200);
    progress.advance();
    progress.end();
    const drawn = stripVTControlCharacters(text().replaceAll('\r\x1b[K', '\r')).split('\r');
    expect(drawn[1]).toBe(`Uploaded ${'░'.repeat(24)} 0 of 2`);
    expect(drawn[2]).toBe(`Uploaded ${'█'.repeat(12)}${'░'.repeat(12)} 1 of 2`);
    expect(drawn[3]).toBe('Uploaded 1 of 2\n');
    expect(text().endsWith('\r\x1b[KUploaded 1 of 2\n')).toBe(true);
  });

  it('draws the bar at most ten times a second', () => {
    const { out, text } = stream(true);
    const progress = new Progress('Uploaded', 9, out);
    const drawn = (): number => text().split('\r').length - 1;
    const counts = [99, 1, 99, 1].map((ms) => {
      vi.advanceTimersByTime(ms);
      progress.advance();
      return drawn();
    });
    expect(counts).toEqual([1, 2, 2, 3]);
  });

  it('says nothing of a step without pieces', () => {
    const { out, text } = stream(true);
    new Progress('Deleted', 0, out).end();
    expect(text()).toBe('');
  });
});

describe('Count', () => {
  it('is one line on a terminal, drawn at most ten times a second, and gone at the end', () => {
    const { out, text } = stream(true);
    const count = new Count('Listed', 'files', out);
    count.show(1_000);
    vi.advanceTimersByTime(99);
    count.show(2_000);
    vi.advanceTimersByTime(1);
    count.show(3_000);
    count.end();
    expect(text()).toBe('\r\u001b[KListed 1,000 files\r\u001b[KListed 3,000 files\r\u001b[K');
  });

  it('is nothing when piped, and nothing on a terminal for a step that is over at once', () => {
    for (const isTTY of [true, false]) {
      const { out, text } = stream(isTTY);
      const count = new Count('Listed', 'files', out);
      if (!isTTY) count.show(1_000);
      count.end();
      expect(text()).toBe('');
    }
  });
});

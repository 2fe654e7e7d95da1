import { Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Progress } from './progress.ts';

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

import { expect, it } from 'vitest';
import { createLog } from './log.ts';

it("createLog keeps a sender's words on one line, and as they were", () => {
  const words =
    'a\r\n{"event":"granted"}\u0000\u001b[2J\u007f\u009b31m\u0085\u2028\u2029\u202e\u2066\ufeff\u{e0041}"\\é😀';
  const lines: string[] = [];
  const source = { site: 'docs', stage: 'prod', metrics: false, now: Date.now };
  createLog(source, (line) => lines.push(line))('info', 'refused', { [words]: words, list: [{ words }] });
  expect(lines).toHaveLength(1);
  const [line = ''] = lines;
  expect(line.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  expect(line.endsWith('}\n')).toBe(true);
  expect(line).toContain('é😀');
  expect(JSON.parse(line)).toEqual({
    level: 'info',
    event: 'refused',
    site: 'docs',
    stage: 'prod',
    [words]: words,
    list: [{ words }],
  });
});

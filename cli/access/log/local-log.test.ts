import { appendFileSync, closeSync, mkdtempSync, openSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { beginLocalLog, localLog, localLogFile } from './local-log.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 's3nator-log-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

async function all(): Promise<string[]> {
  const lines: string[] = [];
  const query = { sinceMs: 0, follow: false, signal: new AbortController().signal };
  for await (const line of localLog(root, 'docs').lines(query)) lines.push(line);
  return lines;
}

describe('the local log', () => {
  it('keeps what the Lambda wrote, for its owner only', async () => {
    const write = beginLocalLog(root, 'docs');
    for (const line of ['{"event":"granted"}', 'ä'.repeat(70_000), '']) write(line);
    expect(await all()).toEqual(['{"event":"granted"}', 'ä'.repeat(70_000), '']);
    expect(statSync(localLogFile(root, 'docs')).mode & 0o777).toBe(0o600);
  });

  it('begins anew with each start', async () => {
    beginLocalLog(root, 'docs')('before');
    beginLocalLog(root, 'docs')('after');
    expect(await all()).toEqual(['after']);
  });

  it('is one file a site', async () => {
    beginLocalLog(root, 'docs')('one');
    beginLocalLog(root, 'handbook')('other');
    expect(await all()).toEqual(['one']);
  });

  it('is followed line by line, and into the next start', async () => {
    let write = beginLocalLog(root, 'docs');
    write('line 1 of the first start');
    const stop = new AbortController();
    const seen: string[] = [];
    for await (const line of localLog(root, 'docs').lines({ sinceMs: 0, follow: true, signal: stop.signal })) {
      seen.push(line);
      // Half a line is none.
      if (seen.length === 1) appendFileSync(localLogFile(root, 'docs'), 'line ');
      if (seen.length === 1) setTimeout(() => write('2'), 30);
      if (seen.length === 2) write = beginLocalLog(root, 'docs');
      if (seen.length === 2) write('line 3');
      if (seen.length === 3) stop.abort();
    }
    expect(seen).toEqual(['line 1 of the first start', 'line 2', 'line 3']);
  });

  it('is followed into the next start without the half of a line that the last one left', async () => {
    beginLocalLog(root, 'docs')('line 1 of the first start');
    appendFileSync(localLogFile(root, 'docs'), 'half of a line');
    const stop = new AbortController();
    const seen: string[] = [];
    for await (const line of localLog(root, 'docs').lines({ sinceMs: 0, follow: true, signal: stop.signal })) {
      seen.push(line);
      if (seen.length === 1) beginLocalLog(root, 'docs')('line 2');
      if (seen.length === 2) stop.abort();
    }
    expect(seen).toEqual(['line 1 of the first start', 'line 2']);
  });

  it('is closed after it was read', async () => {
    beginLocalLog(root, 'docs')('one');
    const nextHandle = (): number => {
      const handle = openSync(root, 'r');
      closeSync(handle);
      return handle;
    };
    await all();
    const before = nextHandle();
    await all();
    expect(nextHandle()).toBe(before);
  });

  it('says what to do when there is none', async () => {
    await expect(all()).rejects.toThrow(
      '--local-site: site docs has no log on this machine. Fix: npm start, in this folder',
    );
  });
});

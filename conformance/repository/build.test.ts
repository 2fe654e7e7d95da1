import { mkdirSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { makeFullClone, startCommand } from '../support/clone.ts';

let clone: string;
let dist: string;
beforeAll(async () => {
  clone = await makeFullClone();
  dist = join(clone, 'dist');
  expect(await startCommand(clone, ['build']).ended).toBe(0);
});
afterAll(() => rm(clone, { recursive: true }));

/** Every file of `dist/` by its name, in one text. */
async function filesOf(): Promise<Record<string, string>> {
  const entries = (await readdir(dist, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const read = entries.map(async (entry) => {
    const file = join(entry.parentPath, entry.name);
    return [file.slice(dist.length + 1), await readFile(file, 'latin1')] as const;
  });
  return Object.fromEntries((await Promise.all(read)).sort());
}

const drafts = async (): Promise<string[]> => (await readdir(dist)).filter((name) => name.startsWith('.'));

describe('npm run build', () => {
  it('never takes away what a site or a test run is reading, though two builds run at once', async () => {
    const before = await filesOf();
    const builds = [startCommand(clone, ['build']), startCommand(clone, ['build'])];
    let running = true;
    const ended = Promise.all(builds.map((build) => build.ended)).then((codes) => {
      running = false;
      return codes;
    });
    let looks = 0;
    for (; running; looks++) {
      for (const name of Object.keys(before)) expect(await readFile(join(dist, name), 'latin1')).toBe(before[name]);
    }
    expect(await ended).toEqual([0, 0]);
    expect(looks).toBeGreaterThan(1);
    expect(await filesOf()).toEqual(before);
  });

  it('leaves what was built as it was when the code does not build', async () => {
    const before = await filesOf();
    const file = join(clone, 'web-components/secure-session-script.ts');
    const code = await readFile(file, 'utf8');
    await writeFile(file, 'const = 1;\n');
    const command = startCommand(clone, ['build']);
    expect(await command.ended).toBe(1);
    expect(command.out()).toContain('error secure-session does not build');
    await writeFile(file, code);
    expect(await filesOf()).toEqual(before);
  });

  it('keeps every statement, whatever the comment before it looks like', async () => {
    const file = join(clone, 'web-components/secure-session-script.ts');
    const code = await readFile(file, 'utf8');
    await writeFile(file, `${code}// Tells every <secure-login>\n  console.log('told');\n`);
    expect(await startCommand(clone, ['build']).ended).toBe(0);
    const built = await readFile(join(dist, 'site/secure-session.js'), 'utf8');
    await writeFile(file, code);
    expect(built).toMatch(/console\.log\([`'"]told[`'"]\)/);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('leaves no draft behind when %s ends it', async (signal) => {
    const command = startCommand(clone, ['build']);
    await vi.waitFor(async () => expect(await drafts()).toHaveLength(1), { timeout: 20_000, interval: 5 });
    command.process.kill(signal);
    await command.ended;
    expect(await drafts()).toEqual([]);
  });

  it('removes the draft of a build that was killed, and not that of one that runs', async () => {
    const killed = startCommand(clone, ['build']);
    await vi.waitFor(async () => expect(await drafts()).toHaveLength(1), { timeout: 20_000, interval: 5 });
    killed.process.kill('SIGKILL');
    await killed.ended;
    const running = `.building-${process.pid}-abc`;
    mkdirSync(join(dist, running));
    expect(await startCommand(clone, ['build']).ended).toBe(0);
    expect(await drafts()).toEqual([running]);
    await rm(join(dist, running), { recursive: true });
  });
});

import { spawnSync } from 'node:child_process';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { isRunning } from './process-id.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

describe('isRunning', () => {
  it('says whether a process runs, and does nothing to it', () => {
    const kill = vi.spyOn(process, 'kill');
    expect(isRunning(process.pid)).toBe(true);
    expect(isRunning(spawnSync(process.execPath, ['-e', '']).pid)).toBe(false);
    expect(kill.mock.calls.map(([, signal]) => signal)).toEqual([0, 0]);
  });

  it("takes somebody else's process for one that runs", () => {
    vi.spyOn(process, 'kill').mockImplementation(() => {
      throw Object.assign(new Error('not permitted'), { code: 'EPERM' });
    });
    expect(isRunning(1)).toBe(true);
  });

  it('takes what is no process ID for none that runs', () => {
    expect(isRunning(Number.NaN)).toBe(false);
  });
});

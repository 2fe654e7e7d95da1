import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { empty, type LocalSite, liveKey, startLocalSite } from '../testing/local-site.ts';

let site: LocalSite;
beforeEach(async () => {
  site = await startLocalSite();
});
afterEach(() => site.close());

const blocking = (...blocked: string[]) => ({ ...empty, blocked });
const rows = async (): Promise<string[][]> =>
  (await site.run('history'))
    .split('\n')
    .slice(2)
    .filter((line) => / {2}/.test(line))
    .map((line) => line.split(/ {2,}/));
const newest = (): string => site.bucket.versions(liveKey).map(({ versionId }) => versionId)[0] ?? '';

describe('history', () => {
  it('compares with the last earlier version that can be read, and says where there is none', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const steps = [
      () => site.bucket.remove(liveKey),
      () => site.put(liveKey, blocking('a@x.example')),
      () => site.put(liveKey, '{'),
      () => site.put(liveKey, blocking('b@x.example')),
    ];
    for (const [second, step] of steps.entries()) {
      vi.setSystemTime(Date.now() + 1_000 * (second + 1));
      step();
    }
    vi.useRealTimers();
    const shown = await rows();
    expect(shown.map((row) => row[4])).toEqual([
      '+ blocked b@x.example; - blocked a@x.example',
      'malformed, never in force',
      '+ blocked a@x.example',
      'deleted',
      'created',
    ]);
    expect(shown.map((row) => row[3])).toEqual(['50 B', '1 B', '50 B', '-', '37 B']);
  });

  it('calls the first version that can be read so, if others came before it', async () => {
    await site.close();
    site = await startLocalSite();
    for (let count = 0; count < 21; count++) site.put(liveKey, '{');
    site.put(liveKey, empty);
    expect((await rows())[0]?.[4]).toBe('the first that can be read');
  });

  it('names no older ones if it shows all twenty', async () => {
    for (let count = 0; count < 19; count++) site.put(liveKey, blocking(`a${count}@x.example`));
    expect(await rows()).toHaveLength(20);
    expect(site.printed).not.toContain('older ones');
    expect(site.printed).toMatch(/ created\nTo go back to a version: npm run access -- restore VERSION\n$/);
  });

  it('aligns its columns', async () => {
    site.put(liveKey, blocking(...Array.from({ length: 90 }, (_, n) => `a${n}@x.example`)));
    const [, heading = '', ...lines] = (await site.run('history')).split('\n');
    for (const line of lines.slice(0, 2)) expect(line.slice(heading.indexOf('size'))).toMatch(/^\S+ B {2}/);
    expect(lines[0]?.indexOf('+ blocked')).toBe(heading.indexOf('change'));
  });
});

describe('restore', () => {
  it('brings back no sign-out of an older version, and says who is blocked no longer, and nobody else', async () => {
    const before = '2027-01-01T00:00:00Z';
    const [account, other] = ['1', '2'].map((subject) => ({ issuer: 'https://idp.example', subject }));
    const old = { ...empty, blocked: ['a@x.example', account] };
    site.put(liveKey, { ...old, signedOutBefore: { everyone: before } });
    const version = newest();
    site.put(liveKey, { ...empty, blocked: ['A@x.example', 'b@x.example', account, other] });
    await site.run('restore', version, '--yes');
    expect(site.printed.match(/.*is no longer blocked/g)).toEqual([
      '! b@x.example is no longer blocked',
      '! 2 of https://idp.example is no longer blocked',
    ]);
    expect(await site.live()).toEqual(old);
  });

  it('takes the mark of a deletion for no version', async () => {
    site.bucket.remove(liveKey);
    const [mark = []] = await rows();
    expect(mark[4]).toBe('deleted');
    await expect(site.run('restore', mark[0] ?? '', '--yes')).rejects.toThrow(
      /^restore: got \S+; allowed: the beginning/,
    );
  });

  it('writes nothing for the version that is in force, nor after a no', async () => {
    site.put(liveKey, blocking('a@x.example'));
    expect(await site.run('restore', newest(), '--yes')).toContain('Nothing to change.\n');
    site.answers = [false];
    expect(await site.run('restore', (await rows())[1]?.[0] ?? '')).toContain('Not written.\n');
    expect(await site.live()).toEqual(blocking('a@x.example'));
  });

  it('does not write over what somebody else wrote meanwhile', async () => {
    site.put(liveKey, blocking('a@x.example'));
    const first = (await rows())[1]?.[0] ?? '';
    site.answers = [true];
    site.onAsk = () => site.put(liveKey, blocking('b@x.example'));
    await expect(site.run('restore', first)).rejects.toThrow('somebody else changed access/live.json');
    expect(await site.live()).toEqual(blocking('b@x.example'));
  });
});

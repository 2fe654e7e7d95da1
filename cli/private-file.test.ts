import {
  appendFileSync,
  chmodSync,
  closeSync,
  fchmodSync,
  fstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { beginLocalLog, localLogFile } from './access/log/local-log.ts';
import { beginPrivateFile, writePrivateFile } from './private-file.ts';
import { noteRunningSite } from './running-site.ts';

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  return { ...fs, fchmodSync: vi.fn(fs.fchmodSync), rmSync: vi.fn(fs.rmSync) };
});

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 's3nator-private-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const modeOf = (file: string): string => (statSync(file).mode & 0o777).toString(8);

const running = {
  siteUrl: 'http://localhost:8080',
  standInGoogle: null,
  standInIssuers: 'http://127.0.0.1:8082',
  awsEndpoint: 'http://127.0.0.1:9000',
  contentBucket: 'content',
  privateBucket: 'private',
  userPool: null,
};

describe.each([
  ['the note of the running site', '.s3nator/running/docs.json', () => void noteRunningSite(root, 'docs', running)],
  ['the log of the running site', localLogFile('', 'docs'), () => beginLocalLog(root, 'docs')('{"event":"granted"}')],
  ['a text that is put there', 'a/text', () => writePrivateFile(join(root, 'a/text'), 'secret')],
  ['a text that is appended', 'a/log', () => beginPrivateFile(join(root, 'a/log'))('secret')],
])('%s', (_, name, write) => {
  it('is for its owner alone, and its folder is', () => {
    write();
    expect(modeOf(join(root, name))).toBe('600');
    expect(modeOf(join(root, name, '..'))).toBe('700');
  });

  it('is for its owner alone also where a file that everybody reads lay before', () => {
    write();
    chmodSync(join(root, name), 0o644);
    write();
    expect(modeOf(join(root, name))).toBe('600');
  });

  it('is for its owner alone from the first moment, before its mode is set', () => {
    const modes: string[] = [];
    vi.mocked(fchmodSync).mockImplementationOnce((handle) => {
      modes.push((fstatSync(handle).mode & 0o777).toString(8));
    });
    write();
    expect([modes, modeOf(join(root, name))]).toEqual([['600'], '600']);
  });

  it.each([0o000, 0o277])('is readable and writable for its owner alone under umask %i', (mask) => {
    write();
    rmSync(join(root, name));
    const before = process.umask(mask);
    try {
      write();
    } finally {
      process.umask(before);
    }
    expect(modeOf(join(root, name))).toBe('600');
  });

  it('replaces a link, and leaves what that leads to alone', () => {
    const target = join(root, 'target');
    writeFileSync(target, 'mine');
    write();
    rmSync(join(root, name));
    symlinkSync(target, join(root, name));
    write();
    expect(readFileSync(target, 'utf8')).toBe('mine');
    expect(readFileSync(join(root, name), 'utf8')).not.toBe('mine');
    expect(readdirSync(join(root, name, '..'))).toHaveLength(1);
  });
});

describe('beginPrivateFile', () => {
  it('empties the file first, and then only appends, whoever else writes', () => {
    const file = join(root, 'log');
    writeFileSync(file, 'an older run');
    const append = beginPrivateFile(file);
    expect(readFileSync(file, 'utf8')).toBe('');
    append('one,');
    appendFileSync(file, 'two,');
    append('three');
    expect(readFileSync(file, 'utf8')).toBe('one,two,three');
  });

  it('fails where it cannot write, and removes nothing', () => {
    mkdirSync(join(root, 'log'));
    expect(() => beginPrivateFile(join(root, 'log'))).toThrow(
      expect.objectContaining({ code: 'EISDIR', syscall: 'open' }),
    );
    expect(readdirSync(root)).toEqual(['log']);
  });
});

describe('writePrivateFile', () => {
  it('leaves what has the old file open reading the old text', () => {
    const file = join(root, 'text');
    writePrivateFile(file, 'old');
    const handle = openSync(file, 'r');
    writePrivateFile(file, 'new');
    expect([readFileSync(handle, 'utf8'), readFileSync(file, 'utf8')]).toEqual(['old', 'new']);
    closeSync(handle);
  });

  it('leaves the draft of another process alone', () => {
    const file = join(root, 'text');
    writeFileSync(`${file}.new`, 'of another');
    writeFileSync(`${file}.1.new`, 'of another');
    writePrivateFile(file, 'secret');
    expect(readdirSync(root)).toEqual(['text', 'text.1.new', 'text.new']);
  });

  it('leaves no draft where it cannot put the file', () => {
    mkdirSync(join(root, 'text'));
    expect(() => writePrivateFile(join(root, 'text'), 'secret')).toThrow();
    expect(readdirSync(root)).toEqual(['text']);
  });

  it('leaves no file open', () => {
    const nextHandle = (): number => {
      const handle = openSync(root, 'r');
      closeSync(handle);
      return handle;
    };
    const before = nextHandle();
    writePrivateFile(join(root, 'text'), 'secret');
    expect(nextHandle()).toBe(before);
  });

  it('does not follow a link that somebody puts in the place of the draft meanwhile', () => {
    const file = join(root, 'text');
    writeFileSync(join(root, 'target'), 'mine');
    vi.mocked(rmSync).mockImplementationOnce((draft) => symlinkSync(join(root, 'target'), draft));
    expect(() => writePrivateFile(file, 'secret')).toThrow('EEXIST');
    expect(readFileSync(join(root, 'target'), 'utf8')).toBe('mine');
  });

  it('replaces a draft that a crash left behind, even if everybody could read it', () => {
    const file = join(root, 'text');
    writeFileSync(`${file}.${process.pid}.new`, 'half', { mode: 0o644 });
    writePrivateFile(file, 'secret');
    expect([readFileSync(file, 'utf8'), modeOf(file), readdirSync(root)]).toEqual(['secret', '600', ['text']]);
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { firstBytes, isText } from './first-bytes.ts';

const folder = mkdtempSync(join(tmpdir(), 's3nator-bytes-'));
afterAll(() => rmSync(folder, { recursive: true }));

const fileOf = (content: string | Buffer): string => {
  const file = join(folder, 'file');
  writeFileSync(file, content);
  return file;
};

describe('firstBytes', () => {
  it('reads no more than is asked for, and less of a shorter file', () => {
    expect(firstBytes(fileOf('abcdef'), 4).toString()).toBe('abcd');
    expect(firstBytes(fileOf('ab'), 4).toString()).toBe('ab');
  });
});

describe('isText', () => {
  it.each([
    ['text', 'MIT License\r\n\n\tCopyright'],
    ['UTF-8', 'Straße – 漢字'],
    ['Latin-1', Buffer.from('Stra\xdfe', 'latin1')],
    ['an escape sequence', '\x1b[31mred\x1b[0m'],
    ['nothing', ''],
    ['UTF-16 with its mark', Buffer.from('\ufeffab', 'utf16le')],
    ['data only after the bytes that browsers look at', Buffer.from(`${'a'.repeat(1445)}\0`)],
  ])('is true for %s', (_, content) => {
    expect(isText(fileOf(content))).toBe(true);
  });

  it.each([
    ['a zero byte', 'a\0b'],
    ['an ELF program', Buffer.from('7f454c4602010100', 'hex')],
    ['a PNG image', Buffer.from('89504e470d0a1a0a', 'hex')],
    ['gzip', Buffer.from('1f8b0800', 'hex')],
    ['UTF-16 without its mark', Buffer.from('ab', 'utf16le')],
  ])('is false for %s', (_, content) => {
    expect(isText(fileOf(content))).toBe(false);
  });
});

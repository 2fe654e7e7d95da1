import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Unpublished } from './unpublished.ts';

let root: string;
let folder: string;
let unpublished: Unpublished;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 's3nator-unpublished-'));
  folder = join(root, 'www');
  mkdirSync(join(root, '.npm'));
  mkdirSync(folder);
  unpublished = new Unpublished(folder);
});
afterEach(() => rmSync(root, { recursive: true }));

const news = (...paths: string[]) => unpublished.news(new Set(paths.map((path) => join(folder, path))));
function write(path: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), 'x');
}

describe('Unpublished', () => {
  it('names a changed file once, up to the name that begins with a dot', () => {
    for (const path of ['.attachments/a/b.png', '.attachments/c.png', 'docs/.draft.html']) write(path);
    expect(news('.attachments/a/b.png', '.attachments/c.png', 'docs/.draft.html')).toEqual([
      '.attachments',
      join('docs', '.draft.html'),
    ]);
    expect(news('.attachments/c.png', 'docs/.draft.html')).toEqual([]);
  });

  it('leaves out what is published, what is elsewhere, and what is gone again', () => {
    for (const path of ['index.html', '.well-known/x']) write(path);
    expect(news('index.html', '.well-known/x', '.', '../.npm', '.index.html.Xy12Z')).toEqual([]);
    write('.index.html.Xy12Z');
    expect(news('.index.html.Xy12Z')).toEqual(['.index.html.Xy12Z']);
  });

  it.each(['.a.html.swp', '.a.html.kate-swp', '.#a.html', '.DS_Store', '.git/index'])(
    'leaves out %s, which a tool wrote',
    (path) => {
      write(path);
      expect(news(path)).toEqual([]);
    },
  );
});

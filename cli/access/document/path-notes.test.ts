import { expect, it } from 'vitest';
import type { SiteConfig } from '../../../contract/config.ts';
import { contentKeys } from './path-notes.ts';

const keysAt = (path: string, indexRewriting: boolean) => contentKeys(path, { indexRewriting } as SiteConfig);

it.each([
  ['/', true, ['index.html']],
  ['/team/', true, ['team/index.html']],
  ['/team', true, ['team', 'team/index.html']],
  ['/v1.2/team', true, ['v1.2/team', 'v1.2/team/index.html']],
  ['/v1.2', true, ['v1.2']],
  ['/docs/guide.html', true, ['docs/guide.html']],
  ['/a%20b.pdf', true, ['a b.pdf']],
  ['/', false, ['index.html']],
  ['/team', false, ['team']],
  ['/team/', false, ['team/']],
  ['/%ff', true, undefined],
])('the files that %s may lead to, with the index pages of folders: %s', (path, indexRewriting, keys) => {
  expect(keysAt(path, indexRewriting)).toEqual(keys);
});

import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

it('the README describes every file', () => {
  const readme = readFileSync(new URL('./README.md', import.meta.url), 'utf8');
  const files = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => /\.[jt]s$/.test(name) && !/\.test\.ts$|^testing\//.test(name));
  const missing = files.filter((name) => !readme.includes(`\`${name}\``));
  expect(missing).toEqual([]);
});

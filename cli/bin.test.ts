import { expect, it, vi } from 'vitest';

const loaded = vi.hoisted(() => [] as string[]);
vi.mock('./check-node.js', () => {
  loaded.push('check');
  return {};
});
vi.mock('./main.ts', () => {
  loaded.push('command line');
  return {};
});

it('the installed command checks the version of Node before it loads the command line', async () => {
  await import('./bin.ts');
  await vi.waitFor(() => expect(loaded).toContain('command line'));
  expect(loaded).toEqual(['check', 'command line']);
});

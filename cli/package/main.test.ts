import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

const packing = vi.hoisted(() => ({ done: [] as unknown[] }));
vi.mock('./build.ts', () => ({
  buildPackage: async (root: string) => {
    await Promise.resolve();
    packing.done.push(['build', root]);
  },
}));
vi.mock('./manifest.ts', () => ({
  replaceManifest: (root: string) => packing.done.push(['replace', root]),
  restoreManifest: (root: string) => packing.done.push(['restore', root]),
}));
vi.mock('../../stacks/text/package-root.ts', () => ({ packageRoot: '/checkout' }));

const { argv } = process;
let errors: string;
beforeEach(() => {
  [packing.done, errors] = [[], ''];
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    errors += text;
    return true;
  });
  vi.spyOn(process, 'exit').mockImplementation(((code: number) => {
    throw new Error(`exit ${code}`);
  }) as never);
});
afterEach(() => {
  process.argv = argv;
  vi.restoreAllMocks();
});

async function run(moment: string): Promise<void> {
  process.argv = ['node', 'main.ts', moment];
  vi.resetModules();
  await import('./main.ts');
}

describe('npm pack', () => {
  it('is preceded by a build, and by the manifest of the package once that is done', async () => {
    await run('before');
    expect(packing.done).toEqual([
      ['restore', '/checkout'],
      ['build', '/checkout'],
      ['replace', '/checkout'],
    ]);
  });

  it('is followed by the manifest of the repository', async () => {
    await run('after');
    expect(packing.done).toEqual([['restore', '/checkout']]);
  });
});

describe('npm publish', () => {
  it('of the folder is refused, with what to do, and changes nothing', async () => {
    await expect(run('publish')).rejects.toThrow('exit 1');
    expect([packing.done, errors]).toEqual([
      [],
      'Publish what was packed: npm pack, then npm publish s3nator-VERSION.tgz\n',
    ]);
  });
});

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { siteAddresses, siteContent } from '../../stacks/content/site-files.ts';
import { makeCheckout, validConfig } from '../../stacks/testing/synthesized-site.ts';
import { type StubBucket, startStubBucket } from '../testing/stub-bucket.ts';
import { listFiles } from './local-files.ts';
import { newReport, upload } from './upload.ts';

const names = [
  ...[
    'index.html',
    'a b.txt',
    'plus+.txt',
    'c++/c++.html',
    'c++/index.html',
    '100%.txt',
    '%41.txt',
    'a=b&c=d?e#f.html',
  ],
  ...['~user/index.html', `it's.txt`, '"quoted".txt', '[1].html', 'a|b^c`d{e}.txt', '<b>.txt', 'back\\slash.txt'],
  ...[
    'été.html',
    'décomposé.html'.normalize('NFD'),
    '漢字/한국어.html',
    '😀.txt',
    'constructor',
    '__proto__/index.html',
  ],
  ...['a-/b.txt', 'a/-b.txt', 'a.html', 'no-extension', 'end.', 'auth.html', 'auth-/session', 'session/renewal'],
  ...['.well-known/security.txt', '.hidden/plans.txt', '.env', 'public/own.html'],
  `${'ü'.repeat(125)}/${`${'b'.repeat(250)}/`.repeat(3)}${'c'.repeat(16)}`,
];

let folder: string;
let bucket: StubBucket;
let checkout: ReturnType<typeof makeCheckout>;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 's3nator-names-'));
  for (const name of names) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), name);
  }
  writeFileSync(join(folder, 'index.html'), `<a href="${'/été'.normalize('NFD')}">`);
  symlinkSync('c++', join(folder, 'latest'));
  checkout = makeCheckout();
  bucket = await startStubBucket({ pageSize: 1_000 });
  vi.stubEnv('AWS_ENDPOINT_URL', bucket.origin);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'stub');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'stub');
  vi.spyOn(process.stdout, 'write').mockImplementation(() => true);
});
afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await bucket.close();
  checkout.remove();
  rmSync(folder, { recursive: true });
});

it('an upload leaves out, names and stores what a deploy does, whatever the names of the files are', async () => {
  const site = validConfig({ content: null }).sites['docs'];
  if (site === undefined) throw new Error('no site');
  const deploy = siteContent({ ...site, content: folder }, checkout.root, checkout.root);
  const paths = [...deploy.files, ...siteAddresses(site, deploy.files).objects].map(({ path }) => path);

  const shipped = new Set(deploy.files.filter((file) => file.shipped).map(({ path }) => path));
  for (const path of shipped) bucket.objects.set(`www${path}`, { body: Buffer.from('theirs'), headers: {} });
  const notes: string[] = [];
  const files = listFiles(folder, checkout.root, site, shipped, { onNote: (note) => notes.push(note) });
  const target = { contentBucket: 'docs-prod-site-1', distributionId: 'E1', region: 'eu-west-1' };
  const { signal } = new AbortController();
  await upload({ target, site, files, deployed: shipped, remove: true, dryRun: false, signal }, newReport());

  const stored = [...bucket.objects.keys()]
    .filter((key) => key.startsWith('www/'))
    .map((key) => key.slice('www'.length));
  expect(stored.toSorted()).toEqual(paths.toSorted());
  expect(stored).toContain('/latest/c  .html');
  expect(notes.toSorted()).toEqual(deploy.notes.map((note) => `DIR: ${note}`).toSorted());
  expect(notes).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/left out 2 names that begin with a dot/),
      expect.stringMatching(/everyone can open 1 file under \/public\//),
      expect.stringMatching(/1 link is 404/),
    ]),
  );
});

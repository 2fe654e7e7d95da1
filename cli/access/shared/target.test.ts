import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { fakeTerraform, outputs } from '../../testing/fake-terraform.ts';
import { type LocalSite, startLocalSite } from '../testing/local-site.ts';
import { accessTarget } from './target.ts';

let site: LocalSite;
beforeEach(async () => {
  site = await startLocalSite();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await site.close();
});

it('the deployed site is called LIVE with its address and bucket, and is asked with your own credentials', async () => {
  vi.stubEnv('TERRAFORM_BINARY_NAME', fakeTerraform(site.root, { known: outputs }));
  const target = () => accessTarget({ root: site.root, site: undefined, local: false });
  for (const [endpoint, forcePathStyle] of [
    [undefined, false],
    ['http://127.0.0.1:9', true],
  ] as const) {
    vi.stubEnv('AWS_ENDPOINT_URL', endpoint);
    expect(await target()).toMatchObject({
      label: 'LIVE docs',
      title: 'LIVE site docs, https://docs.example.com (bucket docs-prod-private-1)',
      isLocal: false,
      siteUrl: 'https://docs.example.com',
      contentBucket: 'docs-prod-site-1',
      privateBucket: 'docs-prod-private-1',
      userPool: null,
      clientOptions: { region: 'eu-west-1', forcePathStyle },
    });
    expect((await target()).clientOptions).not.toHaveProperty('credentials');
  }
});

it('the site that npm start runs is called local, and no call for it can reach AWS', async () => {
  const target = await accessTarget({ root: site.root, site: 'docs', local: true });
  expect(target).toMatchObject({
    label: 'local docs',
    title: 'LOCAL site docs, http://localhost:8080 (npm start; nobody else sees it)',
    isLocal: true,
    region: 'eu-west-1',
    userPool: null,
    siteUrl: 'http://localhost:8080',
    contentBucket: 'docs-site',
    privateBucket: 'docs-private',
    clientOptions: {
      endpoint: site.endpoint.url,
      region: 'eu-west-1',
      forcePathStyle: true,
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    },
    config: { session: { cookieSeconds: 3600 } },
  });
  const note = join(site.root, '.s3nator/running/docs.json');
  writeFileSync(note, JSON.stringify({ ...JSON.parse(readFileSync(note, 'utf8')), cookieSeconds: 30 }));
  const short = await accessTarget({ root: site.root, site: 'docs', local: true });
  expect(short.config.session.cookieSeconds).toBe(30);
});

it('of several sites, the named one is meant', async () => {
  const file = join(site.root, 's3nator.config.ts');
  const { sites } = JSON.parse(readFileSync(file, 'utf8').replace(/^export default |;$/g, ''));
  writeFileSync(file, `export default ${JSON.stringify({ sites: { ...sites, media: sites.docs } })};`);
  vi.stubEnv('TERRAFORM_BINARY_NAME', fakeTerraform(site.root, { known: outputs }));
  const target = (local: boolean, name: string) => accessTarget({ root: site.root, site: name, local });
  expect((await target(false, 'media')).label).toBe('LIVE media');
  expect((await target(true, 'docs')).label).toBe('local docs');
  await expect(target(true, 'media')).rejects.toThrow('site media does not run on this machine');
});

it.each([true, false])('no other site is meant than the one that was named (local: %s)', async (local) => {
  await expect(accessTarget({ root: site.root, site: 'media', local })).rejects.toThrow(
    '--site: got media; allowed: docs',
  );
});

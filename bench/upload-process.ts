/** One upload of a folder, in a process of its own: `node bench/upload-process.ts FOLDER`. */
import { dirname } from 'node:path';
import { listFiles } from '../cli/upload/local-files.ts';
import { newReport, upload } from '../cli/upload/upload.ts';
import { parseConfig, type SiteConfig } from '../contract/config.ts';

const [, , folder = ''] = process.argv;
const parsed = parseConfig({
  sites: {
    bench: {
      region: 'eu-west-1',
      stage: 'prod',
      content: null,
      providers: [{ kind: 'google', clientId: '123-abc.apps.googleusercontent.com' }],
      identityPool: null,
      session: { cookieSeconds: 3600, maximumSeconds: 86_400, persistent: false },
      access: { blocked: [], rules: [{ who: { hostedDomains: ['example.com'] }, path: '/*' }] },
    },
  },
});
if (parsed.config === undefined) throw new Error(parsed.problems.join('\n'));
const site = parsed.config.sites['bench'] as SiteConfig;
const deployed = new Set([site.pages.login, site.pages.notFound]);
await upload(
  {
    target: { contentBucket: 'bench', distributionId: 'E1', region: site.region },
    site,
    files: listFiles(folder, dirname(folder), site, deployed),
    deployed,
    remove: false,
    dryRun: false,
    signal: new AbortController().signal,
  },
  newReport(),
);

/** A site as `npm start` leaves it for the commands: S3 on the loopback, and both documents. For tests. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AwsEndpoint, startAwsEndpoint } from '../../../emulator/aws/aws-endpoint.ts';
import { type Bucket, createBucket } from '../../../emulator/s3/object-store.ts';
import { noteRunningSite } from '../../running-site.ts';
import { accessCommand } from '../command.ts';
import type { AccessTerminal } from '../shared/terminal.ts';

export const configKey = 'access/config.json';
export const liveKey = 'access/live.json';
export const empty = { version: 1, blocked: [], rules: [] };
/** 2027-01-15T08:00:00Z. */
export const startMs = 1_800_000_000_000;

const siteConfig = {
  region: 'eu-west-1',
  content: null,
  openPaths: ['/robots.txt'],
  providers: [{ kind: 'google', clientId: 'site.apps.googleusercontent.com' }],
  identityPool: null,
  session: { cookieSeconds: 3600, maximumSeconds: 86_400, claims: ['groups'] },
  access: { blocked: [], rules: [{ who: { hostedDomains: ['example.com'] } }] },
};

export interface LocalSite {
  readonly root: string;
  readonly endpoint: AwsEndpoint;
  readonly bucket: Bucket;
  /** AWS's clock, in milliseconds since 1970. */
  clock: number;
  /** Everything printed since `run` began. */
  printed: string;
  /** What the next questions are answered with; undefined: there is nobody to ask. */
  answers: boolean[] | undefined;
  /** Called before each answer is given. */
  onAsk: () => void;
  readonly put: (key: string, document: unknown) => void;
  readonly putPage: (path: string, text?: string) => void;
  readonly live: () => Promise<unknown>;
  /** Runs `npm run access -- ARGS --local-site`. */
  readonly run: (...args: string[]) => Promise<string>;
  readonly terminal: AccessTerminal;
  close(): Promise<void>;
}

export async function startLocalSite(changes: object = {}): Promise<LocalSite> {
  const root = mkdtempSync(join(tmpdir(), 's3nator-access-'));
  const config = { sites: { docs: { ...siteConfig, ...changes } } };
  writeFileSync(join(root, 's3nator.config.ts'), `export default ${JSON.stringify(config)};`);
  const [bucket, content] = [createBucket('docs-private'), createBucket('docs-site')];
  bucket.setVersioned(true);
  const buckets = new Map([bucket, content].map((each) => [each.name, each]));
  const state = { clock: startMs, printed: '', answers: undefined as boolean[] | undefined, onAsk: () => {} };
  const endpoint = await startAwsEndpoint({
    buckets: () => buckets,
    identityPools: () => [],
    clock: () => state.clock,
  });
  noteRunningSite(root, 'docs', {
    siteUrl: 'http://localhost:8080',
    standInGoogle: 'http://127.0.0.1:9',
    standInIssuers: 'http://127.0.0.1:9',
    awsEndpoint: endpoint.url,
    contentBucket: content.name,
    privateBucket: bucket.name,
    userPool: null,
  });
  const metadata = { contentType: 'application/json', cacheControl: undefined };
  const terminal: AccessTerminal = {
    print: (text) => {
      state.printed += text;
    },
    get canAsk() {
      return state.answers !== undefined;
    },
    async ask(question) {
      state.printed += `${question}\n`;
      state.onAsk();
      return state.answers?.shift() ?? false;
    },
  };
  const site: LocalSite = Object.assign(state, {
    root,
    endpoint,
    bucket,
    terminal,
    put: (key: string, document: unknown) => {
      const text = typeof document === 'string' ? document : JSON.stringify(document);
      bucket.put(key, { bytes: Buffer.from(text) }, metadata);
    },
    putPage: (path: string, text = '') => {
      content.put(`www${path}`, { bytes: Buffer.from(text) }, { ...metadata, contentType: 'text/html' });
    },
    live: async (): Promise<unknown> => JSON.parse(String(await (await bucket.get(liveKey))?.bytes())),
    async run(...args: string[]): Promise<string> {
      state.printed = '';
      await accessCommand({ root, args: [...args, '--local-site'], terminal });
      return state.printed;
    },
    async close() {
      await endpoint.close();
      rmSync(root, { recursive: true, force: true });
    },
  });
  site.put(configKey, { ...empty, rules: siteConfig.access.rules });
  site.put(liveKey, empty);
  return site;
}

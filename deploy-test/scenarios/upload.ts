/**
 * `npm run upload` against a deployed site: two thousand files, changed files, an interruption, and files that must
 * stay.
 */
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { SiteConfig } from '../../contract/config.ts';
import { expectCode, type Outcome } from '../command.ts';
import type { Answer } from '../local-aws/sdk.ts';
import { findSite, type LiveSite } from '../read-back/live-site.ts';
import type { Tools } from '../tools.ts';
import {
  deployedSite,
  expectEmptyPlan,
  expectEveryAnswer,
  type Scenario,
  type Stage,
  withoutWaiting,
} from './scenario.ts';

const site = 'docs';
const pages = 401;
const fileCount = 2000;
/** Copies and redirect pages: two for each page, one for the home page, and five for the page with a plus sign. */
const addressesOf = (pageCount: number): number => 2 * (pageCount - 2) + 1 + 5;

export const upload: Scenario = {
  name: 'upload',
  title: 'a site built elsewhere: 2,000 files, of which only changes are uploaded',
  run: async (stage) => {
    const folder = join(stage.folder, 'built');
    writeFiles(folder, fileCount);
    const live = await handOver(stage, folder);
    const uploads = new Uploads(stage, live, folder);
    await first(stage, uploads);
    await onlyWhatChanged(stage, uploads);
    await deletion(stage, uploads);
    await withoutWriting(stage, uploads);
    await interrupted(stage, uploads);
    await expectEmptyPlan(stage, site);
    await expectEveryAnswer(stage);
  },
};

/** Files of every relevant kind: pages, their assets, large, empty, and with names that URLs encode. */
function writeFiles(folder: string, count: number): void {
  const put = (name: string, content: string | Buffer): void => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  };
  put('index.html', '<h1>Home</h1>');
  put('assets/app.3f9a1c2e.js', 'import("./more.js")');
  put('assets/large.bin', Buffer.alloc(6_000_000, 'large'));
  put('empty.txt', '');
  put('Ünïcode/a b+c?#50%.html', 'name');
  for (let n = 5; n < count; n += 1) {
    put(n % 5 === 0 ? `docs/${n % 37}/${n}.html` : `assets/${n % 53}/${n}.css`, `file ${n}`);
  }
}

/**
 * Deploys the site with its own content first, then leaves the content to the upload, like a team that moves to a site
 * generator.
 */
async function handOver(stage: Stage, folder: string): Promise<LiveSite> {
  const { steps, tools, clone } = stage;
  const apply = async (content: string | null): Promise<SiteConfig> => {
    const config = clone.configure({ [site]: { content } })[site];
    if (config === undefined) throw new Error(`no site ${site}`);
    await tools.synth();
    withoutWaiting(stage, site);
    await tools.apply(site);
    return config;
  };
  await steps.step('before the first deploy: the upload says so', async () => {
    clone.configure({ [site]: { content: null } });
    const { text } = expectCode(await tools.upload(site, [folder]), 1);
    assert.match(text, /site docs is not deployed: .* Fix: npx cdktf deploy docs/);
  });
  await steps.step('npm run keys -- create', () => tools.createKeys(site));
  await steps.step('terraform apply, with its own content', () => apply('site/www'));
  await steps.step('content that the deploy uploads is refused, even if only the config has changed', async () => {
    assert.match(expectCode(await tools.upload(site, [folder]), 1).text, /sites\.docs\.content is 'site\/www'/);
    clone.configure({ [site]: { content: null } });
    assert.match(expectCode(await tools.upload(site, [folder]), 1).text, /the last deploy of site docs uploaded/);
  });
  const config = await steps.step('terraform apply, with content: null', () => apply(null));
  return findSite(deployedSite(stage, site, config));
}

/** What one upload did, as the local AWS saw it. */
interface Seen {
  readonly outcome: Outcome;
  /** Keys below `www/` that were put. */
  readonly puts: readonly string[];
  /** Requests that write anything anywhere. */
  readonly writes: readonly string[];
  /** Requests about one object. */
  readonly heads: readonly string[];
  readonly invalidations: readonly (readonly string[])[];
}

class Uploads {
  readonly folder: string;
  readonly live: LiveSite;
  private readonly stage: Stage;

  constructor(stage: Stage, live: LiveSite, folder: string) {
    this.stage = stage;
    this.live = live;
    this.folder = folder;
  }

  /** Runs one upload, and expects it to end with `code`. */
  async run(
    args: readonly string[],
    code = 0,
    interruption?: AbortSignal,
    tools: Tools = this.stage.tools,
  ): Promise<Seen> {
    const { front } = this.stage.aws;
    const { Id } = this.live.distribution;
    const [requests, invalidations] = [front.journal.length, front.invalidations(Id).length];
    const outcome = expectCode(await tools.upload(site, [this.folder, ...args], interruption), code);
    const seen = front.journal.slice(requests).map(({ request }) => request);
    const put = new RegExp(`^PUT /${this.live.contentBucket}/(www/[^?]*)`);
    return {
      outcome,
      puts: seen.flatMap((request) => put.exec(request)?.slice(1) ?? []),
      writes: seen.filter((request) => !/^(GET|HEAD) /.test(request)),
      heads: seen.filter((request) => request.startsWith('HEAD ')),
      invalidations: front.invalidations(Id).slice(invalidations),
    };
  }

  /** Keys of the content bucket. */
  async keys(): Promise<string[]> {
    const keys: string[] = [];
    for (;;) {
      const parameters = { Bucket: this.live.contentBucket, StartAfter: keys.at(-1) ?? '' };
      const { Contents = [], IsTruncated } = await this.stage.aws.sdk.call('s3', 'list_objects_v2', parameters);
      keys.push(...Contents.map(({ Key }: Answer) => Key));
      if (IsTruncated !== true) return keys;
    }
  }

  async object(key: string): Promise<Answer> {
    return this.stage.aws.sdk.call('s3', 'get_object', { Bucket: this.live.contentBucket, Key: key });
  }
}

const siteKeys = (keys: readonly string[]): string[] => keys.filter((key) => key.startsWith('www/'));
const deployedKeys = (keys: readonly string[]): string[] => keys.filter((key) => key.startsWith('www/public/'));

async function first({ steps }: Stage, uploads: Uploads): Promise<void> {
  const before = deployedKeys(await uploads.keys());
  await steps.step('the first upload puts every file once, pages last, and invalidates nothing', async () => {
    const { puts, invalidations, outcome } = await uploads.run([]);
    const all = fileCount + addressesOf(pages);
    assert.equal(new Set(puts).size, all);
    assert.equal(puts.length, all);
    assert.deepEqual(invalidations, []);
    const isPage = (key: string): boolean => key.endsWith('.html');
    assert.ok(!puts.slice(0, -pages - addressesOf(pages)).some(isPage), 'a page came before its assets');
    assert.match(outcome.text, /put +2,000 +2,000 new, 0 replaced\n +addresses +804\n/);
  });
  await steps.step('the bucket holds the files, byte for byte, and the files of the deploy', async () => {
    const keys = siteKeys(await uploads.keys());
    assert.equal(keys.length, fileCount + addressesOf(pages) + before.length);
    assert.deepEqual(deployedKeys(keys), before);
    const copy = await uploads.object('www/docs/5/5');
    assert.equal(Buffer.from(copy.Body, 'base64').toString(), 'file 5');
    const large = await uploads.object('www/assets/large.bin');
    assert.ok(Buffer.from(large.Body, 'base64').equals(Buffer.alloc(6_000_000, 'large')));
    const page = await uploads.object('www/Ünïcode/a b+c?#50%.html');
    assert.deepEqual([page.ContentType, page.CacheControl], ['text/html; charset=utf-8', 'no-cache']);
    const hashed = await uploads.object('www/assets/app.3f9a1c2e.js');
    assert.equal(hashed.CacheControl, 'max-age=31536000, immutable');
  });
}

async function onlyWhatChanged({ steps }: Stage, uploads: Uploads): Promise<void> {
  await steps.step('the second upload asks for no file, writes nothing and invalidates nothing', async () => {
    const { writes, heads, outcome } = await uploads.run(['--delete']);
    assert.deepEqual([writes, heads], [[], []]);
    assert.match(outcome.text, /unchanged +2,000/);
  });
  await steps.step('one changed file is put and invalidated with its copies, and nothing else', async () => {
    writeFileSync(join(uploads.folder, 'Ünïcode/a b+c?#50%.html'), 'other');
    const { puts, invalidations } = await uploads.run([]);
    assert.equal(puts.length, 4);
    const names = [
      'a%20b%20c%3F%2350%25',
      'a%20b%20c%3F%2350%25.html',
      'a%20b+c%3F%2350%25',
      'a%20b+c%3F%2350%25.html',
    ];
    assert.deepEqual(invalidations, [names.map((name) => `/%C3%9Cn%C3%AFcode/${name}`)]);
  });
}

async function deletion({ steps }: Stage, uploads: Uploads): Promise<void> {
  const before = deployedKeys(await uploads.keys());
  for (const name of ['docs', 'assets']) rmSync(join(uploads.folder, name), { recursive: true });
  writeFiles(uploads.folder, 100);
  await steps.step('without --delete, nothing is deleted', async () => {
    await uploads.run([]);
    assert.equal(siteKeys(await uploads.keys()).length, fileCount + addressesOf(pages) + before.length);
  });
  await steps.step('--delete deletes what the folder no longer has, but nothing from the deploy', async () => {
    const { outcome, invalidations } = await uploads.run(['--delete']);
    assert.match(outcome.text, /addresses +0 +760 deleted\n +deleted +1,900\b/);
    assert.deepEqual(invalidations, [['/*']]);
    const keys = siteKeys(await uploads.keys());
    assert.deepEqual(deployedKeys(keys), before);
    assert.equal(keys.length, 100 + addressesOf(21) + before.length);
  });
}

async function withoutWriting({ steps, tools, clone, folder }: Stage, uploads: Uploads): Promise<void> {
  await steps.step('a dry run says what it would do, and writes nothing', async () => {
    writeFileSync(join(uploads.folder, 'new.html'), 'new');
    rmSync(join(uploads.folder, 'empty.txt'));
    const { writes, outcome } = await uploads.run(['--dry-run', '--delete']);
    assert.deepEqual(writes, []);
    assert.match(
      outcome.text,
      / {2}add +\/new\.html\n {2}copy +\/new\n {2}redirect +\/new\/\n {2}delete +\/empty\.txt\n {2}invalidate/,
    );
  });
  await steps.step('a checkout that has synthesized nothing uploads, too', async () => {
    const elsewhere = clone.copy(join(folder, 'uploader'));
    for (const name of ['cdktf.out', 'keys', 'dist'])
      rmSync(join(elsewhere.root, name), { recursive: true, force: true });
    const { puts, invalidations } = await uploads.run([], 0, undefined, tools.with('elsewhere', {}, elsewhere));
    assert.deepEqual([puts.toSorted(), invalidations], [['www/new', 'www/new.html', 'www/new/'], []]);
  });
}

async function interrupted({ steps, aws }: Stage, uploads: Uploads): Promise<void> {
  const { folder } = uploads;
  for (let n = 0; n < 300; n += 1) writeFileSync(join(folder, `assets/more-${n}.css`), `more ${n}`);
  writeFileSync(join(folder, 'assets/app.3f9a1c2e.js'), 'changed all the same');
  await steps.step('an interrupted upload exits with 130 and says how far it got', async () => {
    const interruption = new AbortController();
    const running = uploads.run([], 130, interruption.signal);
    const release = await aws.front.hold(/^PUT .*\/assets\/more-200\.css/);
    interruption.abort();
    const { puts, outcome, invalidations } = await running;
    release();
    assert.ok(puts.length > 0 && puts.length < 300, `${puts.length} puts`);
    assert.deepEqual(invalidations, []);
    assert.match(outcome.text, /interrupted No file is half-written\. Run the same command again to continue\./);
  });
  await steps.step('run again, it puts the rest and invalidates what the first one had replaced', async () => {
    const { invalidations } = await uploads.run([]);
    assert.deepEqual(invalidations, [['/assets/app.3f9a1c2e.js']]);
    assert.deepEqual((await uploads.run([])).writes, []);
    const keys = await uploads.keys();
    assert.equal(keys.filter((key) => key.startsWith('www/assets/more-')).length, 300);
    const others = keys.filter((key) => key.startsWith('upload/'));
    assert.deepEqual(others, ['upload/manifest.jsonl.gz'], 'the note is still there');
  });
}

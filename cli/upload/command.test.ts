import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { visible } from '../../contract/visible-text.ts';
import { makeCheckout, validConfig } from '../../stacks/testing/synthesized-site.ts';
import { fakeTerraform, outputs } from '../testing/fake-terraform.ts';
import { type StubBucket, startStubBucket } from '../testing/stub-bucket.ts';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));

let checkout: ReturnType<typeof makeCheckout>;
let root: string;
let home: string;
let bucket: StubBucket;

beforeEach(async () => {
  checkout = makeCheckout({ 'built/index.html': 'Home', 'built/a.css': 'body{}' });
  root = checkout.root;
  home = mkdtempSync(join(tmpdir(), 's3nator-home-'));
  bucket = await startStubBucket();
  configure(null);
});

afterEach(async () => {
  await bucket.close();
  checkout.remove();
  rmSync(home, { recursive: true, force: true });
});

const configure = (content: string | null): void =>
  writeFileSync(join(root, 's3nator.config.ts'), `export default ${JSON.stringify(validConfig({ content }))};`);

interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command in a process of its own. `onStart` gets its way to be interrupted. */
function run(
  args: readonly string[],
  { known = outputs, environment = {} }: { known?: object; environment?: Record<string, string> } = {},
  onStart: (interrupt: () => void) => void = () => {},
): Promise<Run> {
  const child = spawn(process.execPath, [main, 'upload', ...args], {
    cwd: root,
    env: {
      PATH: process.env['PATH'],
      HOME: home,
      TERRAFORM_BINARY_NAME: fakeTerraform(home, { known }),
      AWS_ENDPOINT_URL: bucket.origin,
      AWS_ACCESS_KEY_ID: 'stub',
      AWS_SECRET_ACCESS_KEY: 'stub',
      ...environment,
    },
  });
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (text: Buffer) => {
    said.stdout += text.toString();
  });
  child.stderr.on('data', (text: Buffer) => {
    said.stderr += text.toString();
  });
  onStart(() => child.kill('SIGINT'));
  return new Promise((done, failed) => {
    child.once('error', failed);
    child.once('close', (code) => done({ code, ...said }));
  });
}

describe('s3nator upload', () => {
  it('uploads a folder and says what it did, in plain lines when piped', async () => {
    const { code, stdout, stderr } = await run(['built']);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.replace(/[\d.]+\n(?=https)/, 'S\n')).toBe(
      [
        'Compared 2 of 2',
        'Uploaded 2 of 2',
        '  put                 2  2 new, 0 replaced',
        '  deleted             0',
        '  unchanged           0',
        '  bytes              10',
        '  invalidated         0',
        '  seconds           S',
        'https://docs.example.com/',
        '',
      ].join('\n'),
    );
    expect([...bucket.objects.keys()].sort()).toEqual(['upload/manifest.jsonl.gz', 'www/a.css', 'www/index.html']);
  });

  it('names each path in a dry run, and writes nothing', async () => {
    bucket.objects.set('www/a.css', { body: Buffer.from('x'), headers: {} });
    bucket.objects.set('www/old\x1b[2J.html', { body: Buffer.from('x'), headers: {} });
    const { code, stdout } = await run(['built', '--dry-run', '--delete', '--site', 'docs']);
    expect(code).toBe(0);
    expect(stdout.split('\n').slice(1, 6)).toEqual([
      '  replace    /a.css',
      '  add        /index.html',
      '  delete     /old\\u001b[2J.html',
      '  invalidate /a.css',
      '  invalidate /old%1B*',
    ]);
    const hostile = '\u202egnp\u2066\u200b\u009b31m\u2028e\u0301\u0301\u0301\u0301\u3164';
    bucket.objects.set(`www/${hostile}`, { body: Buffer.from('x'), headers: {} });
    const { stdout: shown } = await run(['built', '--dry-run', '--delete', '--site', 'docs']);
    expect(shown).toContain(
      '  delete     /\\u202egnp\\u2066\\u200b\\u009b31m\\u2028e\u0301\u0301\u0301\\u0301\\u3164\n',
    );
    for (const line of shown.split('\n')) expect(visible(line)).toBe(line);
    expect(stdout).toContain('Dry run: nothing was written.');
    expect(bucket.journal.filter((line) => /^(PUT|DELETE|INVALIDATE)/.test(line))).toEqual([]);
  });

  it('ends with 130 when it is interrupted, and goes on when it is run again', async () => {
    for (let n = 0; n < 40; n += 1) writeFileSync(join(root, `built/${n}.txt`), `${n}`);
    let interrupt = (): void => {};
    let puts = 0;
    bucket.before = async (line) => {
      if (!line.startsWith('PUT www/') || ++puts < 20) return;
      // Twice: from the terminal and from npm.
      if (puts === 20) interrupt();
      if (puts === 20) interrupt();
      // An answer that comes too late.
      await new Promise(() => {});
    };
    const first = await run(['built'], {}, (stop) => {
      interrupt = stop;
    });
    expect(first.code).toBe(130);
    expect(first.stderr).toBe('interrupted No file is half-written. Run the same command again to continue.\n');
    expect(first.stdout).toMatch(/^Compared 42 of 42\nUploaded 19 of 42\n {2}put +19 /);
    expect([...bucket.objects.keys()].filter((key) => key.startsWith('www/'))).toHaveLength(19);
    bucket.before = () => {};
    bucket.journal.length = 0;
    const second = await run(['built']);
    expect(bucket.journal.filter((line) => line.startsWith('HEAD'))).toEqual([]);
    expect(second.stdout).toMatch(/put +23 .*23 new, 0 replaced\n.*\n +unchanged +19\n/);
    expect(second.code).toBe(0);
  });

  it('refuses a site whose content the deploy uploads, in the config and still in the account', async () => {
    configure('site/www');
    expect((await run(['built'])).stderr).toMatch(
      /^error sites\.docs\.content is 'site\/www': the deploy uploads this site.* Fix: /,
    );
    configure(null);
    const { code, stderr } = await run(['built'], { known: { ...outputs, content_by: 'deploy' } });
    expect(stderr).toMatch(/^error content: the last deploy of site docs uploaded .* Fix: npx cdktf deploy docs, then/);
    expect(code).toBe(1);
    expect(bucket.journal).toEqual([]);
  });

  it('touches nothing of what the deploy uploads', async () => {
    for (const name of ['login.html', 'not-found.html', 'secure-login.js']) {
      bucket.objects.set(`www/public/${name}`, {
        body: Buffer.from('x'),
        headers: { 'x-amz-meta-s3nator-sha256': 'x' },
      });
    }
    expect((await run(['built', '--delete'])).code).toBe(0);
    expect([...bucket.objects.keys()].filter((key) => key.startsWith('www/'))).toHaveLength(5);
    mkdirSync(join(root, 'built/public'));
    writeFileSync(join(root, 'built/public/secure-login.js'), 'mine');
    expect((await run(['built'])).stderr).toMatch(/^error DIR: the deploy itself uploads \/public\/secure-login\.js/);
  });

  it.each([
    [[], /^error DIR: got nothing; allowed: a folder\.\n\nUsage: npm run upload -- DIR/],
    [['built', 'other'], /^error DIR: got built, other; allowed: one folder/],
    [['nowhere'], /^error DIR: there is no folder .*nowhere\. Fix/],
    [['.'], /^error DIR: \S+ contains s3nator\.config\.ts, and with it the site's keys and state\. Fix/],
    [['/'], /^error DIR: \/ contains .* Fix/],
    [['built', '--site', 'media'], /^error --site: got media; allowed: docs/],
    [['built', '--force'], /^error Unknown option '--force'/],
  ])('says what is wrong with %j', async (args, message) => {
    const { code, stderr } = await run(args);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(code).toBe(1);
    expect(bucket.journal).toEqual([]);
    expect(readdirSync(root)).not.toContain('.s3nator');
  });

  it('asks AWS for nothing while the folder has a file that must never be published', async () => {
    writeFileSync(join(root, 'built/terraform.docs.tfstate'), '{}');
    const { code, stderr } = await run(['built', '--dry-run']);
    expect(stderr).toMatch(
      /^error DIR: \S+built\/terraform\.docs\.tfstate looks like a Terraform state\. Fix: move it/,
    );
    expect([code, bucket.journal]).toEqual([1, []]);
  });

  it.each(['npm_config_dry_run', 'npm_config_delete'])(
    'does not do in earnest what npm kept from it (%s)',
    async (name) => {
      const { stderr } = await run(['built'], { environment: { [name]: 'true' } });
      expect(stderr).toMatch(
        /^error npm took --(dry-run|delete) for itself, so nothing was done\. Fix: .* npm run upload -- \S+ --\1\n$/,
      );
      expect(bucket.journal).toEqual([]);
    },
  );
});

import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { visible } from '../../contract/visible-text.ts';
import { makeCheckout, validConfig } from '../../stacks/testing/synthesized-site.ts';
import { noteRunningSite } from '../running-site.ts';
import { fakeTerraform, outputs } from '../testing/fake-terraform.ts';
import { type StubBucket, startStubBucket } from '../testing/stub-bucket.ts';
import { WrongCall } from '../wrong-call.ts';
import { type UploadCommandOptions, uploadCommand } from './command.ts';

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
        'Uploaded 3 of 3',
        '  put                 2  2 new, 0 replaced',
        '  addresses           1',
        '  deleted             0',
        '  unchanged           0',
        '  bytes             374',
        '  invalidated         0',
        '  seconds           S',
        'https://docs.example.com/',
        '',
      ].join('\n'),
    );
    expect([...bucket.objects.keys()].sort()).toEqual([
      'upload/manifest.jsonl.gz',
      'www/a.css',
      'www/index',
      'www/index.html',
    ]);
  });

  it('names each path in a dry run, and writes nothing', async () => {
    bucket.objects.set('www/a.css', { body: Buffer.from('x'), headers: {} });
    bucket.objects.set('www/old\x1b[2J.html', { body: Buffer.from('x'), headers: {} });
    const { code, stdout } = await run(['built', '--dry-run', '--delete', '--site', 'docs']);
    expect(code).toBe(0);
    expect(stdout.split('\n').slice(1, 7)).toEqual([
      '  replace    /a.css',
      '  add        /index.html',
      '  redirect   /index',
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

  it('ends with 130 if it is interrupted, and continues when it is run again', async () => {
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
    expect(first.stdout).toMatch(/^Compared 42 of 42\nUploaded 19 of 43\n {2}put +19 /);
    expect([...bucket.objects.keys()].filter((key) => key.startsWith('www/'))).toHaveLength(19);
    bucket.before = () => {};
    bucket.journal.length = 0;
    const second = await run(['built']);
    expect(bucket.journal.filter((line) => line.startsWith('HEAD'))).toEqual([]);
    expect(second.stdout).toMatch(/put +23 .*23 new, 0 replaced\n +addresses +1\n.*\n +unchanged +19\n/);
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
    expect([...bucket.objects.keys()].filter((key) => key.startsWith('www/'))).toHaveLength(6);
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

  it('fails with one line about a file that is deleted while it is uploaded, and the next run continues', async () => {
    bucket.objects.set('www/a.css', { body: Buffer.from('old'), headers: {} });
    bucket.before = (line) => {
      if (line === 'PUT upload/pending-invalidation.json') rmSync(join(root, 'built/a.css'));
    };
    const { code, stdout, stderr } = await run(['built']);
    expect([code, stderr]).toEqual([
      1,
      `error DIR: ${root}/built/a.css was there a moment ago and is gone. ` +
        'Fix: let the build finish, then run the same command again\n',
    ]);
    expect(stdout).not.toContain('https://');
    bucket.before = () => {};
    writeFileSync(join(root, 'built/a.css'), 'new{}');
    const next = await run(['built']);
    expect([next.code, next.stderr]).toEqual([0, '']);
    expect(bucket.objects.get('www/a.css')?.body.toString()).toBe('new{}');
    expect(bucket.journal).toContain('INVALIDATE /a.css');
  });

  it.each(['npm_config_dry_run', 'npm_config_delete'])(
    'does nothing if npm took an option of it (%s)',
    async (name) => {
      const { stderr } = await run(['built'], { environment: { [name]: 'true' } });
      expect(stderr).toMatch(
        /^error npm took --(dry-run|delete) for itself, so nothing was done\. Fix: .* npm run upload -- \S+ --\1\n$/,
      );
      expect(bucket.journal).toEqual([]);
    },
  );
});

describe('uploadCommand', () => {
  const put = (text: string) => ({ body: Buffer.from(text), headers: {} });
  const lines = (...all: readonly string[]): string => all.map((line) => `${line}\n`).join('');
  let stdout: string;
  let stderr: string;
  /** What the command listens to. */
  let listeners: Map<string | symbol, () => void>;
  /** Milliseconds. */
  let clock: number;
  let exit: ReturnType<typeof vi.spyOn>;

  beforeEach(() => {
    [stdout, stderr, listeners, clock] = ['', '', new Map(), 10_000];
    vi.stubEnv('TERRAFORM_BINARY_NAME', fakeTerraform(home, { known: outputs }));
    vi.stubEnv('AWS_ENDPOINT_URL', bucket.origin);
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, 'stub');
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      stdout += text;
      return true;
    });
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      stderr += text;
      return true;
    });
    vi.spyOn(performance, 'now').mockImplementation(() => clock);
    vi.spyOn(process, 'on').mockImplementation((name, listener) => {
      listeners.set(name, listener as () => void);
      return process;
    });
    exit = vi.spyOn(process, 'exit').mockImplementation((() => {}) as () => never);
  });
  afterEach(() => {
    process.exitCode = undefined;
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  });

  const uploads = (options: Partial<UploadCommandOptions> = {}): Promise<void> =>
    uploadCommand({ root, folders: ['built'], site: undefined, dryRun: false, remove: false, ...options });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ])('stops at %s, says how far it got, and sets the exit code %i', async (signal, code) => {
    bucket.before = (line) => {
      if (line.startsWith('PUT www/index')) listeners.get(signal)?.();
    };
    await uploads();
    expect(process.exitCode).toBe(code);
    expect(stdout).toContain('Uploaded 1 of 3\n  put                 1  1 new, 0 replaced\n');
    expect(stdout).not.toContain('https://');
    expect(stderr).toBe('interrupted No file is half-written. Run the same command again to continue.\n');
    expect([...listeners.keys()].toSorted()).toEqual(['SIGHUP', 'SIGINT', 'SIGTERM']);
  });

  it('ends at once at a second press, which comes more than a second after the first', async () => {
    bucket.before = (line) => {
      if (!line.startsWith('PUT www/index.html')) return;
      listeners.get('SIGINT')?.();
      clock += 1000;
      // From npm, for the same press.
      listeners.get('SIGINT')?.();
      expect(exit).not.toHaveBeenCalled();
      clock += 1;
      listeners.get('SIGTERM')?.();
    };
    await uploads();
    expect(exit.mock.calls).toEqual([[]]);
    expect(process.exitCode).toBe(143);
  });

  it.each<[string, (path: string) => void, string]>([
    [
      'is empty',
      (path) => mkdirSync(join(path, 'empty'), { recursive: true }),
      'DIR: no file in ROOT/site. Fix: build the site first, or name another folder',
    ],
    [
      'only has names with a dot',
      (path) => writeFileSync(join(path, '.env'), 'x'),
      'DIR: no file in ROOT/site but what begins with a dot (/.env). Fix: build the site first, or name another folder',
    ],
    [
      'is full of circular links',
      (path) => {
        for (const name of ['a', 'b', 'c']) {
          mkdirSync(join(path, name));
          for (const other of ['a', 'b', 'c']) symlinkSync(join('..', other), join(path, name, `to-${other}`));
        }
      },
      'DIR: ROOT/site/a/to-a is a symbolic link that leads back to ROOT/site/a, which contains it. ' +
        'Fix: put a copy in its place, or remove the link',
    ],
    [
      'has links that lead to each other',
      (path) => {
        symlinkSync('b', join(path, 'a'));
        symlinkSync('a', join(path, 'b'));
      },
      'DIR: ROOT/site/a is a symbolic link that does not lead to a file or a folder inside ROOT/site. ' +
        'Fix: put a copy in its place, or remove the link',
    ],
    [
      'has a file above 5 GiB',
      (path) => {
        writeFileSync(join(path, 'film.mp4'), '');
        truncateSync(join(path, 'film.mp4'), 5 * 2 ** 30 + 1);
      },
      'DIR: ROOT/site/film.mp4 is larger than 5 GiB, the most that S3 accepts in one upload. Fix: split it, as HLS ' +
        "and DASH do with videos; or set content: 'FOLDER', so that the deploy uploads it in parts",
    ],
  ])('refuses a folder that %s with one line, and asks AWS for nothing', async (_, make, message) => {
    mkdirSync(join(root, 'built/site'));
    make(join(root, 'built/site'));
    await expect(uploads({ folders: ['built/site'] })).rejects.toThrow(
      expect.objectContaining({ message: message.replaceAll('ROOT', join(root, 'built')) }),
    );
    expect(bucket.journal).toEqual([]);
  });

  it('uploads two files whose names differ only in case, and says so', async () => {
    writeFileSync(join(root, 'built/A.css'), 'other');
    await uploads();
    expect(stderr).toBe(
      'note DIR: these names differ only in case, and macOS and Windows take them for one: /A.css and /a.css\n',
    );
    expect(['www/A.css', 'www/a.css'].map((key) => bucket.objects.get(key)?.body.toString())).toEqual([
      'other',
      'body{}',
    ]);
  });

  it('says how far it got when it fails, and fails', async () => {
    bucket.faults.set('PUT www/index.html', { status: 403, code: 'AccessDenied' });
    await expect(uploads()).rejects.toThrow('not allowed to s3:PutObject');
    expect(stdout).toContain('  put                 1  1 new, 0 replaced\n');
    expect([stderr, process.exitCode]).toEqual(['', undefined]);
  });

  it('names the one path that it invalidated, as text that acts on no terminal, and the time it took', async () => {
    writeFileSync(join(root, 'built/\u009b2J.css'), 'x');
    bucket.objects.set('www/\u009b2J.css', put('old'));
    bucket.before = () => {
      clock = 11_260;
    };
    await uploads();
    expect(stdout).toBe(
      lines(
        'Compared 3 of 3',
        'Uploaded 4 of 4',
        '  put                 3  2 new, 1 replaced',
        '  addresses           1',
        '  deleted             0',
        '  unchanged           0',
        '  bytes             375',
        '  invalidated         1  /%C2%9B2J.css',
        '  seconds           1.3',
        'https://docs.example.com/',
      ),
    );
  });

  it('only counts several invalidated paths, and what did not change', async () => {
    await uploads();
    for (const name of ['www/old.css', 'www/old.js']) bucket.objects.set(name, put('old'));
    stdout = '';
    await uploads({ remove: true });
    expect(stdout).toBe(
      lines(
        'Compared 2 of 2',
        '  put                 0  0 new, 0 replaced',
        '  addresses           0',
        '  deleted             2',
        '  unchanged           2',
        '  bytes               0',
        '  invalidated         2',
        '  seconds           0.0',
        'https://docs.example.com/',
      ),
    );
  });

  it('lists in a dry run what it would do, and how much of it', async () => {
    for (let n = 0; n < 1200; n += 1) writeFileSync(join(root, `built/${n}.txt`), 'x'.repeat(1000));
    bucket.objects.set('www/a.css', put('old'));
    bucket.objects.set('www/\u009b2J.css', put('old'));
    await uploads({ dryRun: true, remove: true });
    expect(stdout.split('\n').slice(0, 3)).toEqual([
      'Compared 1,202 of 1,202',
      '  add        /0.txt',
      '  add        /1.txt',
    ]);
    expect(stdout).toContain(
      lines(
        '  replace    /a.css',
        '  add        /index.html',
        '  redirect   /index',
        '  delete     /\\u009b2J.css',
        '  invalidate /%C2%9B2J.css',
        '  invalidate /a.css',
        '  put             1,202  1,201 new, 1 replaced',
        '  addresses           1',
        '  deleted             1',
        '  unchanged           0',
        '  bytes       1,200,374',
        '  invalidated         2',
        '  seconds           0.0',
        'Dry run: nothing was written.',
      ),
    );
    expect(stdout).not.toContain('https://');
  });

  it('counts the addresses that go away with a page', async () => {
    writeFileSync(join(root, 'built/about.html'), 'x');
    await uploads();
    rmSync(join(root, 'built/about.html'));
    stdout = '';
    await uploads({ remove: true });
    expect(stdout).toContain('  addresses           0  2 deleted\n  deleted             1\n');
    expect(stdout).toContain('  invalidated         3\n');
  });

  it('says which addresses files do not get: ten, and how many more there are', async () => {
    for (let n = 10; n < 22; n += 1) writeFileSync(join(root, `built/a${n}.html`), 'x');
    for (let n = 10; n < 22; n += 1) writeFileSync(join(root, `built/a${n}`), 'x');
    await uploads();
    const notes = stderr.trimEnd().split('\n');
    expect(notes).toHaveLength(11);
    expect(notes[0]).toBe('note /a10 is a file of its own, so /a10.html is only at its own address');
    expect(notes[10]).toBe('note … and 2 more like these');
  });

  it('prints the address and the notes in color on a terminal', async () => {
    vi.stubEnv('NO_COLOR', undefined);
    vi.stubEnv('FORCE_COLOR', '1');
    await uploads();
    expect(stdout).toContain('  put                 2  \u001b[90m2 new, 0 replaced\u001b[39m\n');
    expect(stdout).toContain('\u001b[36mhttps://docs.example.com/\u001b[39m\n');
    writeFileSync(join(root, 'built/b.css'), 'x');
    bucket.before = (line) => {
      if (line.startsWith('PUT')) listeners.get('SIGINT')?.();
    };
    await uploads();
    expect(stderr).toMatch(/^\u001b\[33minterrupted\u001b\[39m No file/);
  });

  it.each([
    [[], 'DIR: got nothing; allowed: a folder.'],
    [[''], 'DIR: got nothing; allowed: a folder.'],
    [['built', 'other'], 'DIR: got built, other; allowed: one folder.'],
  ])('refuses the folders %j as a wrong call', async (folders, message) => {
    const call = uploads({ folders });
    await expect(call).rejects.toThrow(message);
    await expect(call).rejects.toThrow(WrongCall);
  });

  it.each([
    [
      'the config',
      'site/www',
      outputs,
      "sites.docs.content is 'site/www': the deploy uploads this site, and the next one would undo an upload. " +
        'Fix: put the files there and run npx cdktf deploy docs; or set content: null, deploy, then upload',
    ],
    [
      'the account',
      null,
      { ...outputs, content_by: 'deploy' },
      'content: the last deploy of site docs uploaded a folder itself, and the next deploy removes those files. ' +
        'Fix: npx cdktf deploy docs, then upload again',
    ],
  ])('says what to do if the deploy uploads the content, according to %s', async (_, content, known, message) => {
    configure(content);
    fakeTerraform(home, { known });
    await expect(uploads()).rejects.toThrow(expect.objectContaining({ message }));
  });

  it('says how to see the folder here if the site is not deployed and npm start runs it', async () => {
    const s3 = createServer((_, response) => void response.writeHead(403, { server: 'AmazonS3' }).end());
    await new Promise<void>((done) => s3.listen(0, '127.0.0.1', done));
    try {
      noteRunningSite(root, 'docs', {
        siteUrl: 'http://localhost:8080',
        standInGoogle: null,
        standInIssuers: 'http://127.0.0.1:9',
        awsEndpoint: `http://127.0.0.1:${(s3.address() as AddressInfo).port}`,
        contentBucket: 'content',
        privateBucket: 'private',
        userPool: null,
      });
      fakeTerraform(home, { known: {} });
      mkdirSync(join(root, 'my site'));
      writeFileSync(join(root, 'my site/index.html'), 'x');
      await expect(uploads({ folders: ['my site'] })).rejects.toThrow(
        /^site docs is not deployed: .*\nFor the site that npm start runs here: npm start -- --content 'my site'$/s,
      );
    } finally {
      await new Promise((done) => s3.close(done));
    }
  });
});

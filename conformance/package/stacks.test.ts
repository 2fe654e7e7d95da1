import { execFile } from 'node:child_process';
import { copyFile, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts } from '../../emulator/testing/free-ports.ts';
import { startCommand } from '../support/clone.ts';
import { send } from '../support/http.ts';
import { examples, type Outcome, type Packed, pack, run, typeCheck } from '../support/packed.ts';
import { root } from '../support/site.ts';

const shell = promisify(execFile);
const peers = ['@cdktf/provider-aws', 'cdktf', 'constructs', '@types/node'];

let packed: Packed;
let app: string;
let pages: Readonly<Record<string, string>>;

beforeAll(async () => {
  pages = await examples('docs/constructs.md');
  packed = await pack();
  app = await packed.install({ type: 'module', private: true }, peers);
  for (const [name, code] of Object.entries(pages)) await writeFile(join(app, name), code);
}, 180_000);
afterAll(() => packed?.remove());

const s3nator = (folder: string, ...args: string[]): Promise<Outcome> =>
  run(folder, process.execPath, 'node_modules/.bin/s3nator', ...args);

/** The stack that the app in `folder` writes. */
// biome-ignore lint/suspicious/noExplicitAny: the shape is Terraform's, and the tests assert it
async function synthesize(folder: string, main: string): Promise<any> {
  await rm(join(folder, 'cdktf.out'), { recursive: true, force: true });
  const { code, out } = await run(folder, process.execPath, main);
  expect([code, out.match(/error/i)], out).toEqual([0, null]);
  return JSON.parse(await readFile(join(folder, 'cdktf.out/stacks/docs/cdk.tf.json'), 'utf8'));
}

// biome-ignore lint/suspicious/noExplicitAny: the shape is Terraform's, and the tests assert it
const only = (json: any, type: string): any => {
  const blocks = Object.values(json.resource[type] ?? {});
  expect(blocks, type).toHaveLength(1);
  return blocks[0];
};

describe('s3nator, the installed command', () => {
  it('makes keys, whose private halves git ignores in a project of any kind', async () => {
    const { code, out } = await s3nator(app, 'keys', 'create');
    expect([code, out]).toEqual([0, expect.stringContaining('keys/docs')]);
    await shell('git', ['init', '--quiet'], { cwd: app });
    const { stdout } = await shell('git', ['status', '--porcelain', '--untracked-files=all', 'keys'], { cwd: app });
    expect(stdout).toContain('.public.pem');
    expect(stdout).not.toContain('.private.pem');
    const privateHalves = (await readdir(join(app, 'keys/docs'))).filter((name) => name.endsWith('.private.pem'));
    expect(privateHalves).toHaveLength(2);
    for (const name of privateHalves) expect((await stat(join(app, 'keys/docs', name))).mode & 0o777).toBe(0o600);
  });

  it('says what it can do, and what it cannot', async () => {
    expect(await s3nator(app, '--help')).toEqual({ code: 0, out: expect.stringContaining('Usage: s3nator <command>') });
    expect((await s3nator(app, 'fly')).code).toBe(1);
  });

  it('needs a later Node than an import does, and says so before anything else', async () => {
    const old = join(app, 'old-node.mjs');
    await writeFile(old, "Object.defineProperty(process.versions, 'node', { value: '20.19.0' });\n");
    const { code, out } = await run(
      app,
      process.execPath,
      '--import',
      old,
      'node_modules/.bin/s3nator',
      'keys',
      'list',
    );
    expect(code).toBe(1);
    expect(out).toMatch(/^s3nator needs Node 22\.18 or later; this is 20\.19\.0\..*\n$/);
  });

  it('names the package that a command needs and that is not installed', async () => {
    const bare = await packed.install({ type: 'module', private: true }, []);
    await writeFile(
      join(bare, 's3nator.config.ts'),
      (pages['s3nator.config.ts'] ?? '').replace(/import.*\n/, 'const defineConfig = (o: unknown) => o;\n'),
    );
    const { code, out } = await s3nator(bare, 'synth');
    expect([code, out]).toEqual([
      1,
      expect.stringMatching(/^error This command needs .*, which is not installed\. Fix: npm install \S+@\S+\n$/),
    ]);
  });

  it('has nothing to build, and says with what', async () => {
    const { code, out } = await s3nator(app, 'build');
    expect([code, out]).toEqual([1, expect.stringContaining('This command needs vite')]);
  });

  it('synthesizes the site of the config with local values, from what the package brings', async () => {
    const { code, out } = await s3nator(app, 'synth');
    expect([code, out]).toEqual([0, '.s3nator/cdktf.out/stacks/docs\n']);
    const stack = await readFile(join(app, '.s3nator/cdktf.out/stacks/docs/cdk.tf.json'), 'utf8');
    expect(stack).toContain('node_modules/s3nator/dist/site/secure-login.js');
  });
});

describe('s3nator start, installed', () => {
  it('serves a folder of the project behind the login, and lets in who may come in', async () => {
    await mkdir(join(app, 'www'));
    await writeFile(join(app, 'www/index.html'), 'our own page');
    const port = await freePorts();
    const command = startCommand(
      app,
      ['start', '--port', String(port), '--content', 'www'],
      'node_modules/.bin/s3nator',
    );
    try {
      await command.waitFor(/Ctrl-C stops/);
      const site = `http://localhost:${port}`;
      expect(await send(`${site}/`)).toMatchObject({ status: 403, text: expect.stringContaining('<secure-login') });
      expect((await send(`${site}/public/secure-login.js`)).status).toBe(200);
      expect((await send(`http://127.0.0.1:${port + 1}/gsi/client`)).status).toBe(200);
      const curl = `ID_TOKEN=$(curl -s 'http://127.0.0.1:${port + 1}/token?email=alice@example.com')
curl -s -c jar -o /dev/null -X POST ${site}/auth/session -H "Authorization: Bearer $ID_TOKEN"
curl -s -b jar ${site}/`;
      expect((await shell('bash', ['-euc', curl], { cwd: app })).stdout).toBe('our own page');
    } finally {
      command.process.kill('SIGINT');
    }
    expect(await command.ended).toBe(0);
  });
});

describe('the examples of docs/constructs.md', () => {
  it.each([
    ['nodenext', { module: 'nodenext', moduleResolution: 'nodenext' }],
    ['bundler', { module: 'esnext', moduleResolution: 'bundler' }],
  ])('type-check under %s', async (_, options) => {
    const strict = { ...options, target: 'es2022', types: ['node'], skipLibCheck: true };
    expect(await typeCheck(app, strict)).toEqual({ code: 0, out: '' });
  });

  it('catch a wrong field', async () => {
    const wrong = join(app, 'wrong.ts');
    await writeFile(wrong, (pages['s3nator.config.ts'] ?? '').replace('cookieSeconds', 'cookieMinutes'));
    const strict = { module: 'nodenext', target: 'es2022', types: ['node'], skipLibCheck: true };
    const { code, out } = await typeCheck(app, strict);
    await rm(wrong);
    expect(code).not.toBe(0);
    expect(out).toContain('cookieMinutes');
  });

  it('synthesize a site over a bucket that is there already', async () => {
    const json = await synthesize(app, 'secure-site.ts');
    const { origin, default_cache_behavior } = only(json, 'aws_cloudfront_distribution');
    const content = origin.find(({ origin_id }: { origin_id: string }) => origin_id === 'content');
    expect(content).toMatchObject({
      domain_name: '${data.aws_s3_bucket.content.bucket_regional_domain_name}',
      origin_path: '/handbook',
    });
    expect(default_cache_behavior.trusted_key_groups).toHaveLength(1);
    expect(JSON.stringify(json)).not.toContain('PRIVATE KEY');
    // Terraform's state is the app's affair; everything of the site is the same text in every checkout.
    expect(JSON.stringify(json.resource)).not.toContain(app);
    expect(JSON.parse(json.output.bucket_policy.value).Statement[0].Resource).toBe(
      '${data.aws_s3_bucket.content.arn}/handbook/*',
    );
  });

  it('name files that are there, and bring the Lambda that was packed', async () => {
    const json = await synthesize(app, 'secure-site.ts');
    const folder = join(app, 'cdktf.out/stacks/docs');
    const objects = Object.values<{ source?: string }>(json.resource.aws_s3_object);
    const sources = objects.flatMap(({ source }) => source ?? []);
    expect(sources.length).toBeGreaterThan(5);
    for (const source of sources) expect((await stat(join(folder, source))).isFile(), source).toBe(true);
    const zip = await readFile(join(folder, only(json, 'aws_lambda_function').filename));
    expect(Object.keys(unzipSync(zip))).toContain('index.mjs');
    expect(zip.equals(await readFile(join(app, 'node_modules/s3nator/dist/lambda.zip')))).toBe(true);
  });

  it('put the pieces into a distribution that someone else makes', async () => {
    const json = await synthesize(app, 'site-login.ts');
    const distribution = only(json, 'aws_cloudfront_distribution');
    expect(distribution.default_cache_behavior).toMatchObject({ target_origin_id: 'ours' });
    expect(distribution.default_cache_behavior.trusted_key_groups).toHaveLength(1);
    expect(
      distribution.ordered_cache_behavior.map(({ path_pattern }: { path_pattern: string }) => path_pattern),
    ).toEqual(['/auth/*', '/public/*', '/about/*']);
  });

  it('state the bucket policy as the page does', async () => {
    const page = await readFile(join(root, 'docs/constructs.md'), 'utf8');
    const [, shown = ''] = /```json\n(\[.*?\])\n```/s.exec(page) ?? [];
    const json = await synthesize(app, 'secure-site.ts');
    const plain = json.output.bucket_policy.value
      .replaceAll('${data.aws_s3_bucket.content.arn}', 'arn:aws:s3:::our-documents')
      .replace(/\$\{aws_cloudfront_distribution\.\w+\.arn\}/g, 'arn:aws:cloudfront::ACCOUNT:distribution/ID');
    expect(JSON.parse(plain).Statement).toEqual(JSON.parse(shown));
  });
});

describe('a CommonJS app, as cdktf makes them', () => {
  let commonJs: string;
  beforeAll(async () => {
    commonJs = await packed.install({ private: true }, peers);
    await mkdir(join(commonJs, 'keys'));
    await symlink(join(app, 'keys/docs'), join(commonJs, 'keys/docs'));
    await copyFile(join(app, 's3nator.config.ts'), join(commonJs, 's3nator.config.ts'));
  }, 120_000);

  it('requires the constructs, with every name that an import has', async () => {
    const names = (code: string): Promise<Outcome> => run(commonJs, process.execPath, '-e', code);
    const required = await names("console.log(Object.keys(require('s3nator/stacks')).sort().join())");
    const imported = await names(
      `import('s3nator/stacks').then((all) => {
        const names = Object.keys(all).filter((name) => name !== 'default' && name !== 'module.exports');
        console.log(names.sort().join());
      })`,
    );
    expect(required).toEqual({ code: 0, out: expect.stringContaining('SecureSite') });
    expect(imported).toEqual(required);
  });

  it('type-checks and synthesizes the same stack', async () => {
    await writeFile(join(commonJs, 'main.ts'), pages['secure-site.ts'] ?? '');
    const compiled = { module: 'nodenext', moduleResolution: 'nodenext', noEmit: false, outDir: 'out' };
    const options = { ...compiled, target: 'es2022', types: ['node'], skipLibCheck: true };
    expect(await typeCheck(commonJs, options)).toEqual({ code: 0, out: '' });
    expect(await readFile(join(commonJs, 'out/main.js'), 'utf8')).toContain('require("s3nator/stacks")');
    const theirs = await synthesize(commonJs, 'out/main.js');
    const ours = await synthesize(app, 'secure-site.ts');
    expect(theirs.resource).toEqual(ours.resource);
  });

  it("runs on the machine's own Node, from 20 on", async () => {
    const { stdout } = await shell('sh', ['-c', 'command -v node'], {
      env: {
        PATH: (process.env['PATH'] ?? '')
          .split(':')
          .filter((part) => !part.includes('node_modules'))
          .join(':'),
      },
    });
    const { code, out } = await run(
      commonJs,
      stdout.trim(),
      '-e',
      "const { parseConfig, SecureSite } = require('s3nator/stacks');" +
        'console.log(typeof SecureSite, parseConfig({}).problems.length)',
    );
    expect([code, out]).toEqual([0, 'function 1\n']);
  });
});

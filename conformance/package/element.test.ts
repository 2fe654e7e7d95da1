import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { close, listen } from '../../emulator/message/loopback-server.ts';
import { type Packed, pack, run, runOnMachine, typeCheck } from '../support/packed.ts';
import { launchBrowser } from '../support/visitor.ts';

let packed: Packed;
let consumer: string;
let installed: string;
let browser: Browser;

beforeAll(async () => {
  [packed, browser] = await Promise.all([pack(), launchBrowser()]);
  consumer = await packed.install({ type: 'module', private: true }, []);
  installed = join(consumer, 'node_modules/s3nator');
}, 180_000);
afterAll(async () => {
  await browser?.close();
  await packed?.remove();
});

const filesOf = async (folder: string): Promise<string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();

describe('npm pack', () => {
  it('leaves the repository as it was', async () => {
    const before = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
    expect(await readFile(join(packed.clone, 'package.json'), 'utf8')).toBe(before);
  });

  it('takes along what was built, the open pages and the licences, and no source, test, key or map', async () => {
    const files = await filesOf(installed);
    const folders = new Set(files.map((file) => file.split('/').slice(0, 2).join('/')));
    expect([...folders].sort()).toEqual([
      'LICENSE',
      'NOTICE',
      'README.md',
      'dist/cli',
      'dist/element',
      'dist/lambda.zip',
      'dist/licenses.txt',
      'dist/site',
      'dist/stacks',
      'package.json',
      'site/www',
    ]);
    expect(files.filter((file) => /(?<!\.d)\.ts$|test|\.pem$|\.map$|\.env/.test(file))).toEqual([]);
    expect(files.filter((file) => file.startsWith('site/'))).toContain('site/www/public/login.html');
  });

  it('says nothing of the machine that it was packed on', async () => {
    for (const file of await filesOf(installed)) {
      const text = await readFile(join(installed, file), 'latin1');
      expect(text.includes(packed.clone), file).toBe(false);
    }
  });

  it('goes with the licence of everything that is bundled', async () => {
    const licenses = await readFile(join(installed, 'dist/licenses.txt'), 'utf8');
    for (const name of ['@aws-amplify/auth', 'valibot', 'fflate', 'lit-html', '@middy/core', '@aws-sdk/client-s3']) {
      expect(licenses).toMatch(new RegExp(`^(.*, )?${name} \\d`, 'm'));
    }
    expect(licenses).toContain('Copyright (c) Fabian Hiller');
  });

  it('may not be published from the folder, whose manifest brings a Node', async () => {
    const { code, out } = await run(packed.clone, 'npm', 'run', 'prepublishOnly');
    expect(code).not.toBe(0);
    expect(out).toContain('npm publish s3nator-VERSION.tgz');
  });
});

describe('a machine whose npm knows the names of our optional peers', () => {
  // Of their packages only the one that names another is in its cache, as after `npm view cdktf`.
  const cdktf = {
    name: 'cdktf',
    'dist-tags': { latest: '0.21.0' },
    versions: {
      '0.21.0': {
        name: 'cdktf',
        version: '0.21.0',
        peerDependencies: { constructs: '^10.4.2' },
        dist: { tarball: 'http://127.0.0.1:9/cdktf.tgz', shasum: '0'.repeat(40) },
      },
    },
  };

  it('installs the tarball like any other: the tests have an npm cache and settings of their own', async () => {
    const registry = createServer((request, response) => {
      const known = request.url === '/cdktf';
      response.writeHead(known ? 200 : 404, { 'content-type': 'application/json', 'cache-control': 'max-age=3600' });
      response.end(JSON.stringify(known ? cdktf : { error: 'not found' }));
    });
    const port = await listen(registry, 0);
    const settings = join(homedir(), '.npmrc');
    const project = await mkdtemp(join(tmpdir(), 's3nator-consumer-'));
    try {
      await mkdir(homedir(), { recursive: true });
      await writeFile(settings, `registry=http://127.0.0.1:${port}/\n`);
      await writeFile(join(project, 'package.json'), '{ "name": "consumer", "version": "1.0.0" }');
      expect((await runOnMachine(project, 'npm', 'view', 'cdktf', 'version')).out).toContain('0.21.0');
      // With the machine's npm this is refused, so the machine is one that would have failed the tests.
      const options = ['--offline', '--ignore-scripts', '--loglevel=error'];
      const theirs = await runOnMachine(project, 'npm', 'install', ...options, packed.tarball);
      expect([theirs.code, theirs.out]).toEqual([1, expect.stringContaining('ERESOLVE')]);
      await packed.install({ private: true }, []);
    } finally {
      await rm(settings);
      await close(registry);
    }
  });
});

describe('the tarball, installed with lit and nothing else', () => {
  it('depends on lit alone, and brings no Node', async () => {
    const manifest = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8'));
    expect(Object.keys(manifest.dependencies)).toEqual(['lit']);
    expect(manifest).not.toHaveProperty('optionalDependencies');
    for (const peer of Object.keys(manifest.peerDependencies)) {
      expect(manifest.peerDependenciesMeta[peer], peer).toEqual({ optional: true });
    }
    const packages = (await readdir(join(consumer, 'node_modules'))).filter((name) => !name.startsWith('.'));
    expect(packages.sort()).toEqual(['@lit', '@lit-labs', '@types', 'lit', 'lit-element', 'lit-html', 's3nator']);
  });

  it('is under 500 KB to download and under 1 MB on disk, the user pool’s Amplify in it', async () => {
    expect((await stat(packed.tarball)).size).toBeLessThan(500_000);
    const sizes = await Promise.all((await filesOf(installed)).map((file) => stat(join(installed, file))));
    expect(sizes.reduce((sum, { size }) => sum + size, 0)).toBeLessThan(1_000_000);
  });

  it('has every file that its manifest names', async () => {
    const manifest = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8'));
    const names = Object.values<string | { types: string; default: string }>(manifest.exports)
      .flatMap((entry) => (typeof entry === 'string' ? entry : [entry.types, entry.default]))
      .concat(Object.values<string>(manifest.bin), Object.values<string[]>(manifest.typesVersions['*']).flat());
    expect(names.length).toBeGreaterThan(6);
    for (const name of names) expect((await stat(join(installed, name))).isFile(), name).toBe(true);
  });

  it.each([
    ['nodenext', { module: 'nodenext', moduleResolution: 'nodenext' }],
    ['bundler', { module: 'esnext', moduleResolution: 'bundler' }],
  ])('has types that resolve under %s, declarations looked at', async (_, options) => {
    await writeFile(
      join(consumer, 'typed.ts'),
      `import type { SecureLoginVue } from 's3nator/secure-login';
import type { SecureSessionJsx } from 's3nator/secure-session';
import type { SecureLoginSignedInEvent, SessionStatus, Status } from 's3nator/classes';
import { SecureLogin, SecureSession } from 's3nator/classes';

const element: SecureLogin = document.createElement('secure-login');
element.addEventListener('secure-login-signed-in', (event) => {
  const signedIn: SecureLoginSignedInEvent = event;
  const who: string | undefined = signedIn.session.user.email;
  // @ts-expect-error: a session has no token.
  void [who, signedIn.session.idToken];
});
customElements.define('our-login', class extends SecureLogin {});
export const statuses: Status[] = ['checking'];
const session: SecureSession = document.createElement('secure-session');
session.addEventListener('secure-session-expiring', ({ secondsLeft }) => void (secondsLeft satisfies number));
export const renewed: Promise<boolean> = session.renew();
export const where: SessionStatus = session.status;
export const inVue: SecureLoginVue = { onSecureLoginAccessRequested: ({ request }) => void (request satisfies string) };
export const inJsx: SecureSessionJsx = { 'onsecure-session-expired': ({ reason }) => void (reason satisfies string) };
// @ts-expect-error: no such state.
export const none: Status = 'asleep';
`,
    );
    const lib = ['es2024', 'dom', 'dom.iterable'];
    expect(await typeCheck(consumer, { ...options, target: 'es2022', lib, types: [] })).toEqual({ code: 0, out: '' });
  });

  const inPage = async (script: string): Promise<unknown> => {
    await writeFile(join(consumer, 'page.js'), script);
    const entry = join(consumer, 'page.js');
    const built = await build({
      root: consumer,
      logLevel: 'silent',
      configFile: false,
      build: {
        write: false,
        lib: { entry, formats: ['es'], fileName: 'page' },
        // What is loaded on demand only stands in the one text that the page gets.
        rolldownOptions: { output: { codeSplitting: false } },
      },
    });
    const [{ output }] = built as unknown as [{ output: [{ code: string }] }];
    const page = await browser.newPage();
    try {
      await page.route('**/*', (route) =>
        route.request().url() === 'https://app.example/'
          ? route.fulfill({ contentType: 'text/html', body: '<!doctype html><secure-login></secure-login>' })
          : route.fulfill({ status: 204 }),
      );
      await page.goto('https://app.example/');
      await page.addScriptTag({ type: 'module', content: output[0].code });
      // A module runs later than its element is there.
      await page.waitForFunction(() => 'result' in globalThis);
      return await page.evaluate(() => (globalThis as unknown as { result: unknown }).result);
    } finally {
      await page.close();
    }
  };

  it('defines <secure-login> on import, and it stands in the page', async () => {
    const script = `import 's3nator/secure-login';
const element = document.querySelector('secure-login');
const isDefined = element.constructor.name !== 'HTMLElement';
globalThis.result = [isDefined, element.shadowRoot !== null, element.getAttribute('status')];`;
    expect(await inPage(script)).toEqual([true, true, 'checking']);
  });

  it('defines <secure-session> on import, and not the login', async () => {
    const script = `import 's3nator/secure-session';
globalThis.result = ['secure-session', 'secure-login'].map((name) => customElements.get(name) !== undefined);`;
    expect(await inPage(script)).toEqual([true, false]);
  });

  it('gives the classes without defining anything', async () => {
    const script = `import { SecureLogin, SecureLoginSignedInEvent, SecureSession } from 's3nator/classes';
const defined = ['secure-login', 'secure-session'].filter((name) => customElements.get(name) !== undefined);
globalThis.result = [defined, typeof SecureLogin, typeof SecureSession, new SecureLoginSignedInEvent({}).type];`;
    expect(await inPage(script)).toEqual([[], 'function', 'function', 'secure-login-signed-in']);
  });

  it('names the packages to install when the constructs are wanted', async () => {
    await writeFile(join(consumer, 'stacks.js'), "import 's3nator/stacks';\n");
    const { code, out } = await run(consumer, process.execPath, 'stacks.js');
    expect(code).toBe(1);
    expect(out).toContain(
      's3nator/stacks needs @cdktf/provider-aws, which is not installed. ' +
        'Fix: npm install @cdktf/provider-aws@^21.22.1 cdktf@^0.21.0 constructs@^10.4.2',
    );
  });
});

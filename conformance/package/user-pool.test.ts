import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, BrowserContext, Frame, Page } from 'playwright';
import { build, type Rolldown } from 'vite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { allowing, type EmbeddingServer, startEmbeddingServer } from '../support/embedding-page.ts';
import { hostedSignIn, launchPoolBrowser, poolLabel, withPool } from '../support/hosted-pool.ts';
import { type Packed, pack } from '../support/packed.ts';
import { type RunningSite, startSite } from '../support/site.ts';

/** What only the user pool's part needs: Amplify. */
const ofThePool = /code_challenge/;

let browser: Browser;
let app: EmbeddingServer;
let site: RunningSite;
let packed: Packed;
let output: Rolldown.RolldownOutput['output'];
let context: BrowserContext;
let page: Page;
let origins: Readonly<Record<'site' | 'app', string>>;
const complaints: string[] = [];

/** Builds an app as its own bundler does, out of nothing but the package. */
async function buildApp(folder: string): Promise<Rolldown.RolldownOutput['output']> {
  await writeFile(join(folder, 'main.js'), "import 's3nator/secure-login';\n");
  await writeFile(
    join(folder, 'index.html'),
    '<!doctype html><html lang="en"><head><title>An app</title></head>' +
      '<body><secure-login></secure-login><script type="module" src="main.js"></script></body></html>',
  );
  const built = await build({
    root: folder,
    base: './',
    logLevel: 'silent',
    configFile: false,
    build: { write: false },
  });
  return (built as Rolldown.RolldownOutput).output;
}

/** Serves a file in `/public/app/` of the site and of the other origin. */
function serve(name: string, body: string, type: string): void {
  app.pages.set(`/public/app/${name}`, { body: body.replace('<secure-login', `$& api="${site.origin}"`), type });
  site.emulator.aws.put(site.emulator.outputs['content_bucket'] ?? '', `www/public/app/${name}`, body, type);
}

beforeAll(async () => {
  [app, packed] = await Promise.all([startEmbeddingServer(), pack()]);
  site = await startSite({ config: (text) => allowing(app.sameSite)(withPool({ logout: false })(text)), hostedSignIn });
  browser = await launchPoolBrowser(site);
  output = await buildApp(await packed.install({ type: 'module', private: true }, []));
  for (const file of output) {
    const body = file.type === 'chunk' ? file.code : String(file.source);
    serve(file.fileName, body, file.type === 'chunk' ? 'text/javascript' : 'text/html; charset=utf-8');
  }
  serve('framed.html', '<!doctype html><title>A frame</title><iframe src="index.html"></iframe>', 'text/html');
  origins = { site: site.origin, app: app.sameSite };
}, 180_000);
afterAll(async () => {
  await browser?.close();
  await app?.close();
  await site?.close();
  await packed?.remove();
});
beforeEach(async () => {
  complaints.length = 0;
  context = await browser.newContext({ ignoreHTTPSErrors: true });
  context.on('weberror', (error) => complaints.push(String(error.error())));
  page = await context.newPage();
});
afterEach(async () => {
  await context.close();
  expect(complaints).toEqual([]);
});

const poolButton = (where: Page | Frame = page) => where.getByRole('button', { name: poolLabel });
/** Waits for the hosted sign-in, and chooses an account there. */
async function choose(): Promise<void> {
  await page.waitForURL(`https://${hostedSignIn}/**`);
  await page.getByRole('button', { name: 'alice@example.com' }).click();
}
/** The files that hold it. */
const parts = (): string[] =>
  output.filter((file) => file.type === 'chunk' && ofThePool.test(file.code)).map(({ fileName }) => fileName);
const isIn = () => page.locator('secure-login[status=signed-in]').getByText('alice@example.com').waitFor();

describe('the user pool’s part in an app with a bundler', () => {
  it('is a chunk of its own, which the app asks for only on demand', () => {
    const chunks = output.filter((file) => file.type === 'chunk');
    const [entry] = chunks.filter(({ isEntry }) => isEntry);
    const [part, ...others] = parts();
    expect(others).toEqual([]);
    expect(entry?.dynamicImports).toContain(part);
    expect(chunks.flatMap(({ imports }) => imports)).not.toContain(part);
    const html = output.find(({ fileName }) => fileName === 'index.html');
    expect(html?.type).toBe('asset');
    expect(html?.type === 'asset' && html.source).toContain('<secure-login');
    expect(html?.type === 'asset' && html.source).not.toContain(part);
  });

  it('leads from the site’s own page to the hosted sign-in and back to it, and is loaded by nobody else', async () => {
    const loaded: string[] = [];
    page.on('request', (request) => void loaded.push(request.url()));
    const url = `${site.origin}/public/app/index.html?x=1#part`;
    await page.goto(url);
    await poolButton().waitFor();
    const partUrl = `${site.origin}/public/app/${parts()[0]}`;
    expect(loaded).not.toContain(partUrl);
    await poolButton().click();
    await choose();
    await page.waitForURL(url);
    await isIn();
    expect(loaded).toContain(partUrl);
  });

  it('leads from another origin over the site’s login page, and back', async () => {
    await page.goto(`${app.sameSite}/public/app/index.html?x=1#part`);
    await poolButton().click();
    await page.waitForURL(`${site.origin}/public/login.html?return-to=*`);
    await poolButton().click();
    await choose();
    await page.waitForURL(`${app.sameSite}/public/app/index.html?x=1#part`);
    await isIn();
  });

  it.each(['site', 'app'] as const)(
    'leads the whole window out of a frame, to the site’s login page: a page of the %s',
    async (name) => {
      const framed = `${origins[name]}/public/app/index.html`;
      await page.goto(`${origins[name]}/public/app/framed.html`);
      const frame = page.frames().find((one) => one.parentFrame() !== null);
      if (frame === undefined) throw new Error('no frame');
      await poolButton(frame).click();
      await page.waitForURL(`${site.origin}/public/login.html?return-to=${encodeURIComponent(framed)}`);
      await poolButton().click();
      await choose();
      await page.waitForURL(framed);
      await isIn();
    },
  );
});

import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Browser } from 'playwright';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allowing, type EmbeddingServer, startEmbeddingServer } from './embedding-page.ts';
import { examples, type Packed, pack, run } from './packed.ts';
import { type RunningSite, root, startSite } from './site.ts';
import { launchBrowser, visit } from './visitor.ts';

const frameworks = join(import.meta.dirname, 'embedding/node_modules');
let browser: Browser;
let app: EmbeddingServer;
let site: RunningSite;
let packed: Packed;
let folder: string;
let pages: Readonly<Record<string, string>>;
beforeAll(async () => {
  [browser, app, packed] = await Promise.all([launchBrowser(), startEmbeddingServer(), pack()]);
  site = await startSite({ config: allowing(app.sameSite) });
  folder = await packed.install({ type: 'module', private: true }, []);
  const modules = join(folder, 'node_modules');
  for (const name of ['react', 'react-dom', 'vue', '@types/react', '@vue', 'csstype']) {
    await mkdir(dirname(join(modules, name)), { recursive: true });
    await symlink(join(frameworks, name), join(modules, name));
  }
  pages = await examples('docs/embed.md');
}, 180_000);
afterAll(async () => {
  await browser?.close();
  await app?.close();
  await site?.close();
  await packed?.remove();
});

const mains: Record<string, string> = {
  react: `import { createElement, StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { SignIn } from './sign-in-react.tsx';
function App() {
  const [shown, show] = useState(true);
  const [name, greet] = useState('nobody');
  return createElement(StrictMode, null,
    createElement('button', { onClick: () => show(!shown) }, 'Toggle'),
    createElement('p', { id: 'name' }, name),
    shown && createElement(SignIn, { greet }));
}
createRoot(document.getElementById('app')).render(createElement(App));`,
  vue: `import { createApp, h, ref } from 'vue';
import { SignIn } from './sign-in-vue.ts';
createApp({
  setup() {
    const shown = ref(true);
    const name = ref('nobody');
    return () => [
      h('button', { onClick: () => { shown.value = !shown.value; } }, 'Toggle'),
      h('p', { id: 'name' }, name.value),
      shown.value ? h(SignIn, { onGreet: (who) => { name.value = who; } }) : null,
    ];
  },
}).mount('#app');`,
};

describe.each([
  ['React 19', 'react', 'tsx'],
  ['Vue 3', 'vue', 'ts'],
])('%s', (_, name, extension) => {
  const files = async () => {
    const file = `sign-in-${name}.${extension}`;
    const code = (pages[name] ?? '').replaceAll('https://SITE', site.origin);
    expect(code).toContain('secure-login');
    await writeFile(join(folder, file), code);
    return file;
  };

  it('the snippet of docs/embed.md is typed: events and attributes', async () => {
    const file = await files();
    const options = {
      strict: true,
      noEmit: true,
      module: 'esnext',
      moduleResolution: 'bundler',
      target: 'es2022',
      lib: ['es2024', 'dom', 'dom.iterable'],
      jsx: 'react-jsx',
      types: [],
      skipLibCheck: true,
    };
    const check = async (code: string) => {
      await writeFile(join(folder, file), code);
      await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: [file] }));
      return run(folder, join(root, 'node_modules/.bin/tsc'), '-p', '.');
    };
    const code = await readFile(join(folder, file), 'utf8');
    expect(await check(code)).toEqual({ code: 0, out: '' });
    const wrongEvent = await check(code.replace('session.user.email', 'session.idToken'));
    expect(wrongEvent.out).toContain("'idToken' does not exist");
    if (name === 'react') {
      const wrongValue = await check(code.replace('after-sign-in="stay"', 'after-sign-in="leave"'));
      expect(wrongValue.out).toContain('"leave"');
    }
  });

  it('mounts, signs in, tells the app, unmounts and mounts again', async () => {
    await files();
    await writeFile(join(folder, `main-${name}.js`), mains[name] ?? '');
    const built = await build({
      root: folder,
      logLevel: 'silent',
      configFile: false,
      mode: 'development',
      define: {
        'process.env.NODE_ENV': '"development"',
        __VUE_OPTIONS_API__: 'true',
        __VUE_PROD_DEVTOOLS__: 'false',
        __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
      },
      build: {
        write: false,
        minify: false,
        lib: { entry: join(folder, `main-${name}.js`), formats: ['es'], fileName: 'app' },
      },
    });
    const [{ output }] = built as unknown as [{ output: { fileName: string; code: string }[] }];
    for (const { fileName, code } of output) app.pages.set(`/${fileName}`, { body: code, type: 'text/javascript' });
    app.pages.set('/', {
      body: '<!doctype html><title>An app</title><div id="app"></div><script type="module" src="/app.js"></script>',
    });
    const visitor = await visit(browser, site);
    const { page } = visitor;
    try {
      const warnings: string[] = [];
      page.on('console', (message) => {
        if (message.type() === 'error') warnings.push(message.text());
      });
      const google = page.getByRole('button', { name: /sign in with google/i });
      const toggle = page.getByRole('button', { name: 'Toggle' });
      await page.goto(app.sameSite);
      await google.waitFor();
      expect(await page.locator('secure-login').getAttribute('after-sign-in')).toBe('stay');
      await toggle.click();
      await google.waitFor({ state: 'detached', timeout: 5000 });
      await toggle.click();
      await google.waitFor();
      expect(await google.count()).toBe(1);
      await visitor.signIn('alice@example.com');
      await page.locator('#name').filter({ hasText: 'alice@example.com' }).waitFor();
      await toggle.click();
      await toggle.click();
      await page.locator('secure-login[status=signed-in]').waitFor();
      expect(warnings).toEqual([]);
      expect(visitor.complaints).toEqual([]);
    } finally {
      await visitor.close();
    }
  });
});

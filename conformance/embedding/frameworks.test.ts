import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Browser } from 'playwright';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allowing, type EmbeddingServer, startEmbeddingServer } from '../support/embedding-page.ts';
import { examples, type Packed, pack, run } from '../support/packed.ts';
import { type RunningSite, root, startSite } from '../support/site.ts';
import { launchBrowser, type Visitor, visit } from '../support/visitor.ts';
import { compileVue, vueFiles } from './vue-files.ts';

const frameworks = join(import.meta.dirname, 'node_modules');
let browser: Browser;
let app: EmbeddingServer;
let site: RunningSite;
let packed: Packed;
let folder: string;
let isCustomElement: (tag: string) => boolean;

/** The snippets of the docs, by the names of their files. */
const snippets = [
  ['sign-in-react.tsx', 'docs/embed.md', 'react'],
  ['sign-in.vue', 'docs/embed.md', 'vue'],
  ['sign-in-vue.ts', 'docs/embed.md', 'vue-render'],
  ['session-react.tsx', 'docs/sessions.md', 'react'],
  ['session.vue', 'docs/sessions.md', 'vue'],
] as const;
const code = new Map<string, string>();

beforeAll(async () => {
  [browser, app, packed] = await Promise.all([launchBrowser(), startEmbeddingServer(), pack()]);
  site = await startSite({ config: allowing(app.sameSite) });
  folder = await packed.install({ type: 'module', private: true }, []);
  const modules = join(folder, 'node_modules');
  for (const name of ['react', 'react-dom', 'vue', '@types/react', '@vue', 'csstype']) {
    await mkdir(dirname(join(modules, name)), { recursive: true });
    await symlink(join(frameworks, name), join(modules, name));
  }
  for (const [file, page, name] of snippets) {
    const text = (await examples(page))[name]?.replaceAll('https://SITE', site.origin) ?? '';
    expect(text, `${page}: ${name}`).toContain(site.origin);
    code.set(file, text);
    await writeFile(join(folder, file), text);
  }
  const { 'vue-config': config = '' } = await examples('docs/embed.md');
  const [, rule] = /isCustomElement: (\(tag\) => [^}]+) }/.exec(config) ?? [];
  isCustomElement = new Function(`return ${rule}`)();
}, 180_000);
afterAll(async () => {
  await browser?.close();
  await app?.close();
  await site?.close();
  await packed?.remove();
});

/** What the compiler says of a file. */
async function typeCheck(file: string, text: string): Promise<{ code: number; out: string }> {
  const compilerOptions = {
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
  await writeFile(join(folder, `checked-${file}`), text);
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [`checked-${file}`] }));
  return run(folder, join(root, 'node_modules/.bin/tsc'), '-p', '.');
}

/** Builds `main` and serves it as the app. */
async function serve(name: string, main: string): Promise<void> {
  const entry = join(folder, `main-${name}.js`);
  await writeFile(entry, main);
  const built = await build({
    root: folder,
    logLevel: 'silent',
    configFile: false,
    mode: 'development',
    plugins: [vueFiles(isCustomElement)],
    define: {
      'process.env.NODE_ENV': '"development"',
      __VUE_OPTIONS_API__: 'true',
      __VUE_PROD_DEVTOOLS__: 'false',
      __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
    },
    build: { write: false, minify: false, lib: { entry, formats: ['es'], fileName: 'app' } },
  });
  const [{ output }] = built as unknown as [{ output: { fileName: string; code: string }[] }];
  for (const { fileName, code } of output) app.pages.set(`/${fileName}`, { body: code, type: 'text/javascript' });
  const body = '<!doctype html><title>An app</title><div id="app"></div><script type="module" src="/app.js"></script>';
  app.pages.set('/', { body });
}

/** Visits the app; what the framework says in the console is a warning of it. */
async function inApp(look: (visitor: Visitor, said: readonly string[]) => Promise<void>): Promise<void> {
  const visitor = await visit(browser, site);
  const said: string[] = [];
  const warnings: string[] = [];
  visitor.page.on('console', (message) => {
    if (message.type() === 'log') said.push(message.text());
    if (/error|warning/.test(message.type()) && !/^Lit is in dev mode/.test(message.text()))
      warnings.push(message.text());
  });
  try {
    await look(visitor, said);
    expect(warnings).toEqual([]);
    expect(visitor.complaints).toEqual([]);
  } finally {
    await visitor.close();
  }
}

const react = (module: string, name: string, listener: string): string => `
import { createElement, StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { ${name} } from './${module}';
function App() {
  const [shown, show] = useState(true);
  const [told, tell] = useState('nothing');
  return createElement(StrictMode, null,
    createElement('button', { onClick: () => show(!shown) }, 'Toggle'),
    createElement('p', { id: 'told' }, told),
    shown && createElement(${name}, { ${listener}: tell }));
}
createRoot(document.getElementById('app')).render(createElement(App));`;

const vue = (module: string, name: string, listener: string): string => `
import { createApp, h, ref } from 'vue';
import ${name} from './${module}';
createApp({
  setup() {
    const shown = ref(true);
    const told = ref('nothing');
    return () => [
      h('button', { onClick: () => { shown.value = !shown.value; } }, 'Toggle'),
      h('p', { id: 'told' }, told.value),
      shown.value ? h(${name.replace(/\W/g, '')}, { ${listener}: (what) => { told.value = what; } }) : null,
    ];
  },
}).mount('#app');`;

describe.each([
  ['React 19', 'react', react('sign-in-react.tsx', 'SignIn', 'greet')],
  ['a template of Vue 3', 'vue', vue('sign-in.vue', 'SignIn', 'onGreet')],
  ['a render function of Vue 3', 'vue-render', vue('sign-in-vue.ts', '{ SignIn }', 'onGreet')],
])('<secure-login> in %s', (_, name, main) => {
  it('mounts, signs in, tells the app, unmounts and mounts again', async () => {
    await serve(name, main);
    await inApp(async ({ page, signIn }) => {
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
      await signIn('alice@example.com');
      await page.locator('#told').filter({ hasText: 'alice@example.com' }).waitFor();
      await toggle.click();
      await toggle.click();
      await page.locator('secure-login[status=signed-in]').waitFor();
    });
  });
});

describe.each([
  ['React 19', 'react-session', react('session-react.tsx', 'Session', 'save')],
  ['a template of Vue 3', 'vue-session', vue('session.vue', 'Session', 'onSave')],
])('<secure-session> in %s', (_, name, main) => {
  it('shows who is signed in, tells the app, renews for it, and is out of the page with it', async () => {
    await serve(name, main);
    await inApp(async ({ page, signIn }, said) => {
      await page.goto(`${site.origin}/public/login.html`);
      await signIn('alice@example.com');
      await page.waitForURL(`${site.origin}/`);
      await page.goto(app.sameSite);
      const session = page.locator('secure-session[status=signed-in]');
      await session.getByText('alice@example.com').waitFor();
      await expect.poll(() => said).toContain('alice@example.com');
      expect(await page.evaluate("document.querySelector('secure-session').renew()")).toBe(true);
      await page.getByRole('button', { name: 'Toggle' }).click();
      await session.waitFor({ state: 'detached' });
    });
  });

  it('tells the app when somebody signs out, in another tab too', async () => {
    await serve(name, main);
    await inApp(async ({ page, context, signIn }) => {
      await page.goto(`${site.origin}/public/login.html`);
      await signIn('alice@example.com');
      await page.waitForURL(`${site.origin}/`);
      const other = await context.newPage();
      for (const tab of [page, other]) {
        await tab.goto(app.sameSite);
        await tab.locator('secure-session[status=signed-in]').waitFor();
        await tab.evaluate("sessionStorage.setItem('draft', 'private')");
      }
      await other.getByRole('button', { name: 'Sign out' }).click();
      for (const tab of [page, other]) {
        await tab.getByRole('link', { name: 'Sign in' }).waitFor();
        expect(await tab.evaluate("sessionStorage.getItem('draft')")).toBeNull();
      }
    });
  });
});

describe('types', () => {
  it.each([
    ['sign-in-react.tsx', 'session.user.email', 'session.idToken', "'idToken' does not exist"],
    ['sign-in-react.tsx', 'after-sign-in="stay"', 'after-sign-in="leave"', '"leave"'],
    ['sign-in-vue.ts', 'session.user.email', 'session.idToken', "'idToken' does not exist"],
    ['sign-in-vue.ts', "'after-sign-in': 'stay'", "'after-sign-in': 'leave'", '"leave"'],
    ['session-react.tsx', 'session.user.email', 'session.idToken', "'idToken' does not exist"],
    ['session-react.tsx', 'onsecure-session-expiring', 'onsecure-session-expires', "'secondsLeft' implicitly"],
  ])('%s of the docs is typed, and %s is not %s', async (file, right, wrong, says) => {
    const text = code.get(file) ?? '';
    expect(text).toContain(right);
    expect(await typeCheck(file, text)).toEqual({ code: 0, out: '' });
    expect((await typeCheck(file, text.replace(right, wrong))).out).toContain(says);
  });

  it('are those of the templates of Vue, whose type checker asks GlobalComponents in camel case', async () => {
    const text = `import 's3nator/secure-login';
import 's3nator/secure-session';
import type { GlobalComponents } from 'vue';

type Props<Tag extends keyof GlobalComponents> = InstanceType<GlobalComponents[Tag]>['$props'];
export const login: Props<'secure-login'> = {
  api: 'https://docs.example.com', afterSignIn: 'stay', oneTap: true, class: { wide: true },
  onSecureLoginSignedIn: ({ session }) => void (session.user.email satisfies string | undefined),
  onSecureLoginAccessRequested: ({ request }) => void (request satisfies string),
};
export const session: Props<'secure-session'> = {
  api: 'https://docs.example.com', hidden: true,
  onSecureSessionExpiring: ({ secondsLeft }) => void (secondsLeft satisfies number),
};
// @ts-expect-error: no such value.
export const value: Props<'secure-login'> = { afterSignIn: 'leave' };
// @ts-expect-error: Vue would write it as text, which switches it on.
export const off: Props<'secure-login'> = { oneTap: false };
// @ts-expect-error: no such event.
export const event: Props<'secure-session'> = { onSecureSessionExpires: () => {} };
// @ts-expect-error: a session has no token.
export const token: Props<'secure-login'> = { onSecureLoginSignedIn: ({ session }) => session.idToken };
`;
    expect(await typeCheck('vue-types.ts', text)).toEqual({ code: 0, out: '' });
  });

  it.each(['secure-login', 'secure-session'])('of %s are there with its own import, and only then', async (tag) => {
    const text = (imported: string): string => `import 's3nator/${imported}';
export const element = <${tag} />;
`;
    expect(await typeCheck('own.tsx', text(tag))).toEqual({ code: 0, out: '' });
    const other = await typeCheck('own.tsx', text(tag === 'secure-login' ? 'secure-session' : 'secure-login'));
    expect(other.out).toContain(`'${tag}' does not exist`);
  });
});

describe('the compiler of Vue', () => {
  it('looks for a component unless it is told as the docs say', async () => {
    const file = join(folder, 'sign-in.vue');
    expect(await compileVue(file, isCustomElement)).not.toContain('resolveComponent');
    expect(await compileVue(file, () => false)).toContain('resolveComponent("secure-login")');
  });
});

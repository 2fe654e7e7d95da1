/**
 * Small sites by real generators, for each setting that changes the addresses of pages. docs/sites.md lists the
 * settings: a test holds it to this list.
 */
import { generate, type Sources, type StaticSite } from './static-site.ts';

interface Generator {
  readonly name: string;
  /** Lines of its config, one for each site. Undefined: its default. */
  readonly settings: readonly (string | undefined)[];
  readonly site: (setting: string | undefined) => Omit<StaticSite, 'name'>;
}

const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><rect width="8" height="8"/></svg>\n';
const csv = 'name,value\none,1\n';

const vitepress: Generator = {
  name: 'VitePress',
  settings: ['cleanUrls: true', 'cleanUrls: false'],
  site: (setting) => ({
    build: () =>
      generate(vitepressSources(setting), ['node_modules/vitepress/bin/vitepress.js', 'build'], '.vitepress/dist'),
    deep: setting === 'cleanUrls: true' ? '/guide/c++' : '/guide/c++.html',
    use: async (page) => {
      await page.getByRole('button', { name: 'Search' }).first().click();
      await page.getByPlaceholder('Search').fill('needle');
      await page.getByRole('option').first().click();
      await page.getByRole('heading', { name: 'First steps' }).waitFor();
    },
  }),
};
const vitepressSources = (setting: string | undefined): Sources => ({
  '.vitepress/config.mjs': `export default {
  title: 'Handbook',
  ${setting},
  head: [
    ['link', { rel: 'icon', href: '/mark.svg' }],
    ['link', { rel: 'manifest', href: '/site.webmanifest', crossorigin: 'use-credentials' }],
  ],
  themeConfig: {
    nav: [{ text: 'Guide', link: '/guide/' }, { text: 'About', link: '/about' }],
    sidebar: [{ text: 'Guide', items: [{ text: 'First steps', link: '/guide/first' }] }],
    search: { provider: 'local' },
  },
};
`,
  'index.md': `# Start

[Guide](/guide/), [first steps](./guide/first), [with ending](guide/first.md#install), [on C++](/guide/c++),
[query](/about?tab=1), <a href="/table.csv" download>a table</a>, <a href="/LICENSE" target="_self">the license</a>

![Drawing](./drawing.svg)
`,
  'drawing.svg': svg.replace('8', '64'),
  'about.md': `# About

<script setup>
import { defineAsyncComponent } from 'vue';
const Note = defineAsyncComponent(() => import('./.vitepress/Note.vue'));
</script>

<Note />

<style>
.note { background: url(/mark.svg); }
</style>

[Home](/), [guide](./guide/index.md)
`,
  '.vitepress/Note.vue': '<template><p class="note">A part that is loaded later.</p></template>\n',
  'guide/index.md': '# Guide\n\n[First](first), [up](../about#about), [C++](./c++.md)\n',
  'guide/first.md': '# First steps\n\nA needle.\n\n## Install\n\n[Guide](./), [about](/about.md)\n',
  'guide/c++.md': '# C++\n\n[First](./first)\n',
  'public/mark.svg': svg,
  'public/table.csv': csv,
  'public/LICENSE': 'All rights reserved.\n',
  'public/site.webmanifest': JSON.stringify({ name: 'Handbook', icons: [] }),
});

const astro: Generator = {
  name: 'Astro',
  settings: ["build: { format: 'directory' }", "build: { format: 'file' }"],
  site: (setting) => ({
    build: () => generate(astroSources(setting), ['node_modules/astro/bin/astro.mjs', 'build'], 'dist'),
    deep: setting?.includes('file') ? '/guide/c++' : '/guide/c++/',
    use: async (page) => {
      await page.getByRole('button', { name: 'More' }).click();
      await page.getByText('A part that is loaded later.').waitFor();
    },
  }),
};
const astroLayout = (title: string, body: string): string => `<html lang="en">
<head><meta charset="utf-8"><link rel="icon" href="/mark.svg"><title>${title}</title></head>
<body><h1>${title}</h1>${body}</body>
</html>
`;
const astroSources = (setting: string | undefined): Sources => ({
  'astro.config.mjs': `export default { ${setting} };\n`,
  'src/pages/index.astro': astroLayout(
    'Start',
    `<a href="/about">About</a> <a href="/guide">Guide</a> <a href="/guide/first#install">First</a>
<a href="/guide/c++">C++</a> <a href="/about?tab=1">Query</a> <a href="/table.csv" download>Table</a>
<img src="/mark.svg" alt=""> <button>More</button>
<script>
  document.querySelector('button').addEventListener('click', async () => (await import('../later.js')).show());
</script>
<style>h1 { background: url(/mark.svg) }</style>`,
  ),
  'src/later.js': "export const show = () => document.body.append('A part that is loaded later.');\n",
  'src/pages/about.astro': astroLayout('About', '<a href="/">Start</a> <a href="/guide">Guide</a>'),
  'src/pages/404.astro': astroLayout('Not found', ''),
  'src/pages/guide/index.astro': astroLayout('Guide', '<a href="/guide/first">First</a>'),
  'src/pages/guide/first.astro': astroLayout('First steps', '<h2 id="install">Install</h2> <a href="/guide">Guide</a>'),
  'src/pages/guide/c++.astro': astroLayout('C++', '<a href="/guide">Guide</a>'),
  'public/mark.svg': svg,
  'public/table.csv': csv,
});

const typedoc: Generator = {
  name: 'TypeDoc',
  settings: [undefined],
  site: () => ({
    build: () => generate(typedocSources, ['node_modules/typedoc/bin/typedoc', 'src/index.ts', '--out', 'out'], 'out'),
    deep: '/functions/add.html',
    unlinked: ['/hierarchy.html'],
  }),
};
const typedocSources: Sources = {
  'package.json': JSON.stringify({ name: 'adder', version: '1.0.0', private: true, type: 'module' }),
  'tsconfig.json': JSON.stringify({
    compilerOptions: { strict: true, module: 'nodenext', skipLibCheck: true, types: [] },
    include: ['src'],
  }),
  'README.md': '# Adder\n\nSee [the function](functions/add.html) and {@link Sum}.\n',
  'src/index.ts': `/** Adds two numbers to a {@link Sum}. */
export function add(one: number, other: number): Sum {
  return { value: one + other };
}
/** What comes out. */
export interface Sum {
  readonly value: number;
}
/** Adds many. */
export class Adder {
  /** See {@link add}. */
  total: Sum = { value: 0 };
}
`,
};

const docusaurus: Generator = {
  name: 'Docusaurus',
  settings: ['trailingSlash: true', 'trailingSlash: false', 'trailingSlash: undefined'],
  site: (setting) => ({
    // The command line of Docusaurus asks the network for a newer version first.
    build: () => generate(docusaurusSources(setting), ['build.mjs'], 'build'),
    deep: setting === 'trailingSlash: false' ? '/guide/first' : '/guide/first/',
  }),
};
const docusaurusSources = (setting: string | undefined): Sources => ({
  'build.mjs': `import { build } from '@docusaurus/core/lib/commands/build/build.js';
await build('.', { minify: false });
`,
  'docusaurus.config.js': `export default {
  title: 'Handbook',
  url: 'https://docs.example.com',
  baseUrl: '/',
  favicon: 'mark.svg',
  ${setting},
  plugins: [['@docusaurus/plugin-content-docs', { routeBasePath: '/' }]],
  themes: [['@docusaurus/theme-classic', { customCss: './custom.css' }]],
};
`,
  'custom.css': 'h1 { background: url(/mark.svg) }\n',
  'docs/start.md': `---
slug: /
---
# Start

[First](guide/first.md), [with a fragment](guide/first.md#install), [about](/about), [query](/about?tab=1),
[the license](pathname:///LICENSE), <a href="/table.csv" download>a table</a>

![Mark](../static/mark.svg)
`,
  'docs/about.md': '# About\n\n[Start](/), [first](./guide/first.md)\n',
  'docs/guide/index.md': '# Guide\n\n[First](./first.md), [about](../about.md)\n',
  'docs/guide/first.md': '# First steps\n\n## Install\n\n[Guide](./index.md), [start](../start.md)\n',
  'static/mark.svg': svg,
  'static/table.csv': csv,
  'static/LICENSE': 'All rights reserved.\n',
});

export const generators: readonly Generator[] = [vitepress, astro, typedoc, docusaurus];

/** One site for each setting. */
export const generated: readonly StaticSite[] = generators.flatMap(({ name, settings, site }) =>
  settings.map((setting) => ({ name: setting === undefined ? name : `${name}, ${setting}`, ...site(setting) })),
);

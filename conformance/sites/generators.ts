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
    build: () => generate(vitepressSources(setting), ['vitepress/bin/vitepress.js', 'build'], '.vitepress/dist'),
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

const generators: readonly Generator[] = [vitepress];

/** One site for each setting. */
export const generated: readonly StaticSite[] = generators.flatMap(({ name, settings, site }) =>
  settings.map((setting) => ({ name: setting === undefined ? name : `${name}, ${setting}`, ...site(setting) })),
);

/** The links of a file, found by real parsers: the browser's for pages, a bundler's for styles and modules. */
import { init, parse } from 'es-module-lexer';
import { transform } from 'lightningcss';
import type { Page } from 'playwright';

/** What a browser does with the file that a link leads to. `data`: it is for a script, or for another program. */
export type Use = 'open' | 'save' | 'script' | 'style' | 'image' | 'media' | 'font' | 'style-part' | 'data';

export interface Link {
  /** As it is written. */
  readonly href: string;
  readonly use: Use;
}

export interface Document {
  readonly title: string;
  /** What relative links start from, if the page says so (`<base>`). */
  readonly base: string | null;
  /** What the page leads to by itself (`<meta http-equiv="refresh">`). */
  readonly leadsTo: string | null;
  readonly links: readonly Link[];
}

interface ReadPage extends Document {
  readonly styles: readonly string[];
  readonly modules: readonly string[];
}

/** Runs in a browser. Without scripts, `DOMParser` also reads what is in `<noscript>`. */
const readPage = `(html) => {
  const page = new DOMParser().parseFromString(html, 'text/html');
  const all = (selector) => [...page.querySelectorAll(selector)];
  const attributes = (selector, name) => all(selector).map((element) => element.getAttribute(name));
  const rels = {
    stylesheet: 'style', modulepreload: 'script', icon: 'image', 'apple-touch-icon': 'image',
    alternate: 'open', next: 'open', prev: 'open', manifest: 'data', prefetch: 'data',
  };
  const preloads = { script: 'script', style: 'style', font: 'font', image: 'image' };
  const useOf = (link) =>
    link.relList.contains('preload')
      ? (preloads[link.getAttribute('as')] ?? 'data')
      : Object.entries(rels).find(([rel]) => link.relList.contains(rel))?.[1];
  const sources = (selector, use) => attributes(selector, 'src').map((href) => ({ href, use }));
  return {
    title: page.title,
    base: page.querySelector('base[href]')?.getAttribute('href') ?? null,
    leadsTo: page.querySelector('meta[http-equiv=refresh i]')?.content.split(/;\\s*url=/i)[1] ?? null,
    links: [
      ...all('link[href]').flatMap((link) => {
        const use = useOf(link);
        return use ? [{ href: link.getAttribute('href'), use }] : [];
      }),
      ...all('a[href], area[href]').map((link) => ({
        href: link.getAttribute('href'),
        use: link.hasAttribute('download') ? 'save' : 'open',
      })),
      ...sources('script[src]', 'script'),
      ...sources('img[src]', 'image'),
      ...sources('video[src], audio[src], video > source[src], audio > source[src]', 'media'),
      ...sources('iframe[src]', 'open'),
      ...attributes('video[poster]', 'poster').map((href) => ({ href, use: 'image' })),
      ...attributes('object[data]', 'data').map((href) => ({ href, use: 'data' })),
      ...attributes('[srcset]', 'srcset').flatMap((set) =>
        set.split(/,\\s+/).map((candidate) => ({ href: candidate.trim().split(/\\s/)[0], use: 'image' }))),
    ],
    styles: [
      ...all('style').map((style) => style.textContent),
      ...attributes('[style]', 'style').map((style) => 'a{' + style + '}'),
    ],
    modules: all('script[type=module]:not([src])').map((script) => script.textContent),
  };
}`;

/** The links of a style sheet. */
export function linksOfStyle(text: string): readonly Link[] {
  const { dependencies } = transform({
    code: Buffer.from(text),
    filename: 'links.css',
    analyzeDependencies: true,
    errorRecovery: true,
  });
  return (dependencies ?? []).flatMap((found): Link[] => {
    if (found.type === 'import') return [{ href: found.url, use: 'style' }];
    return found.type === 'url' ? [{ href: found.url, use: 'style-part' }] : [];
  });
}

/** What a module imports by an address, also later. */
export async function linksOfModule(text: string): Promise<readonly Link[]> {
  await init;
  const [imports] = parse(text);
  const names = imports.flatMap(({ n }) => (n !== undefined && /^(\.{0,2}\/|https?:)/.test(n) ? [n] : []));
  return names.map((href) => ({ href, use: 'script' }));
}

/** What a page says and links to. `reader`: any page of a browser, which does the parsing. */
export async function readDocument(reader: Page, html: string): Promise<Document> {
  const { styles, modules, links, ...page } = await reader.evaluate<ReadPage>(`(${readPage})(${JSON.stringify(html)})`);
  const ofModules = await Promise.all(modules.map(linksOfModule));
  return { ...page, links: [...links, ...styles.flatMap(linksOfStyle), ...ofModules.flat()] };
}

/** Follows every link of a site from its start page, and says what is wrong with the answers. */
import type { Page } from 'playwright';
import { type Document, type Link, linksOfModule, linksOfStyle, readDocument, type Use } from './links.ts';
import { type Files, fileAt } from './static-host.ts';

/** A page that the crawl came to, and that does not lead on by itself. */
export interface CrawledPage {
  /** Path and query that the link leads to. */
  readonly address: string;
  /** Path and query of the page itself: the address may lead on. */
  readonly target: string;
  readonly title: string;
  /** Where the first link to it is, and how it is written there; undefined for the start page. */
  readonly from: { readonly target: string; readonly href: string } | undefined;
}

export interface Crawl {
  readonly pages: readonly CrawledPage[];
  /** Every address that was requested. */
  readonly addresses: readonly string[];
  /** Files that were reached. */
  readonly files: ReadonlySet<string>;
  readonly problems: readonly string[];
}

/** Types that a browser takes for a use. `X-Content-Type-Options: nosniff` makes it refuse others. */
const types: Readonly<Record<Use, RegExp>> = {
  open: /^(text\/(html|plain)|image\/|video\/|audio\/|application\/(json|xml|pdf|.*\+xml|zip|gzip))/,
  save: /./,
  script: /^text\/javascript/,
  style: /^text\/css/,
  image: /^image\//,
  media: /^(video|audio)\//,
  font: /^font\//,
  'style-part': /^(image|font)\//,
  data: /./,
};

const empty = Buffer.alloc(0);

interface Step {
  readonly address: string;
  readonly use: Use;
  readonly from: CrawledPage['from'];
}

/** `get`: requests an address of the site as somebody who is signed in. `reader`: any page of a browser. */
export async function crawl(
  origin: string,
  files: Files,
  get: (address: string) => Promise<{ status: number; type: string; body: Buffer }>,
  reader: Page,
): Promise<Crawl> {
  const pages: CrawledPage[] = [];
  const problems: string[] = [];
  const reached = new Set<string>();
  const uses = new Set<string>();
  const addresses = new Set<string>();
  const steps: Step[] = [{ address: '/', use: 'open', from: undefined }];

  const follow = (links: readonly Link[], base: string, from: string): void => {
    for (const { href, use } of links) {
      if (!URL.canParse(href, base)) problems.push(`${from} has the link ${href}`);
      const url = new URL(href, base);
      if (url.origin === origin && !href.startsWith('#')) {
        steps.push({ address: url.pathname + url.search, use, from: { target: from, href } });
      }
    }
  };

  for (let step = steps.shift(); step !== undefined; step = steps.shift()) {
    const { address, use, from } = step;
    if (uses.has(`${use} ${address}`)) continue;
    uses.add(`${use} ${address}`);
    const isNew = !addresses.has(address);
    addresses.add(address);
    const url = new URL(address, origin);
    const found = fileAt(files, url.pathname);
    const target = found === undefined ? address : found.path + url.search;
    const link = `${from?.target ?? ''} links to ${address} (${use})`;
    let answer = await get(address);
    if (found !== undefined && found.path !== url.pathname) {
      const { leadsTo } = await readDocument(reader, answer.body.toString());
      const next = new URL(leadsTo ?? '', url).pathname;
      const { body } = await get(next);
      if (!body.equals(files.get(found.file) ?? empty)) problems.push(`${link}, which leads to ${next}`);
      answer = await get(target);
    }
    if (answer.status !== 200) problems.push(`${link}, which answers ${answer.status}`);
    else if (found === undefined) problems.push(`${link}, which no static host answers`);
    else if (!answer.body.equals(files.get(found.file) ?? empty)) problems.push(`${link}: not ${found.file}`);
    if (!types[use].test(answer.type)) problems.push(`${link}, which has the type ${answer.type}`);
    if (found === undefined || answer.status !== 200 || !isNew) continue;

    reached.add(found.file);
    const text = answer.body.toString();
    const at = new URL(target, origin).href;
    if (answer.type.startsWith('text/html')) {
      const page: Document = await readDocument(reader, text);
      follow(page.links, new URL(page.base ?? '', at).href, target);
      if (page.title === '') problems.push(`${target} has no title`);
      if (page.leadsTo === null) pages.push({ address, target, title: page.title, from });
      else follow([{ href: page.leadsTo, use: 'open' }], at, target);
    } else if (answer.type.startsWith('text/css')) {
      follow(linksOfStyle(text), at, target);
    } else if (answer.type.startsWith('text/javascript')) {
      follow(await linksOfModule(text), at, target);
    }
  }
  return { pages, addresses: [...addresses], files: reached, problems };
}

/** Finds the images, styles and scripts that a page loads. Reads the HTML roughly, and runs nothing. */
const tags = /<(?:script|img|link|source|video|audio|track|iframe|embed)\b[^>]*>/gi;
const addresses = /\b(?:src|href|poster|data)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/gi;

/** Paths with their queries on the page's own host, each once. `url`: the page's address. */
export function pageAssets(html: string, url: string): readonly string[] {
  const found = new Set<string>();
  for (const [tag] of html.matchAll(tags)) {
    for (const [, double, single, bare] of tag.matchAll(addresses)) {
      const address = (double ?? single ?? bare ?? '').replaceAll('&amp;', '&');
      const { origin, pathname, search } = URL.canParse(address, url) ? new URL(address, url) : new URL('about:blank');
      if (origin === new URL(url).origin) found.add(`${pathname}${search}`);
    }
  }
  return [...found];
}

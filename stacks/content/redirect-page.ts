/** The page at an address that leads to another one. It keeps query and fragment, without a CloudFront Function. */
import { type OtherAddress, targetOf } from './addresses.ts';
import type { ServedAs } from './served-file.ts';

/** How a redirect page is served. Browsers ask for it each time, so that a file at its address shows at once. */
export const servedRedirect: ServedAs = { contentType: 'text/html; charset=utf-8', cacheControl: 'no-cache' };

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '"': '&quot;', '<': '&lt;', '>': '&gt;' };
const escaped = (text: string): string => text.replace(/[&"<>]/g, (character) => entities[character] ?? '');

/** The end of a path, without a slash. */
const nameIn = (path: string): string => path.split('/').findLast((part) => part !== '') ?? '';

/** The link of a page, and the same as a script. `address` is where the viewer is, as the viewer wrote it. */
function waysOf(redirect: OtherAddress): readonly [link: string, script: string] {
  const target = targetOf(redirect);
  const name = encodeURIComponent(nameIn(redirect.path));
  // An address that ends in an encoded slash has no name where the script looks for it.
  if (!target.endsWith('/')) return [`../${name}`, "address.endsWith('/') ? '../' + address.split('/').at(-2) : link"];
  return target.length > redirect.path.length
    ? [`./${name}/`, "'./' + address.split('/').pop() + '/'"]
    : ['./', 'link'];
}

/**
 * The page. Its script repeats the name in the viewer's spelling, because a grant may cover only one spelling. `./`
 * keeps a name with a colon from being read as a scheme.
 */
export function redirectPage(redirect: OtherAddress): string {
  const [link, script] = waysOf(redirect);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>${escaped(nameIn(redirect.path))}</title>
<noscript><meta http-equiv="refresh" content="0; url=${escaped(link)}"></noscript>
<p><a href="${escaped(link)}">Continue</a></p>
<script>
{
  const address = location.pathname;
  const link = document.links[0].getAttribute('href');
  location.replace((${script}) + location.search + location.hash);
}
</script>
</html>
`;
}

/** The source of a site's CloudFront Function. It decides where an address leads, and nothing about access. */
import type { SiteConfig } from '../../contract/config.ts';
import { asPage, isExcepted, namesFile, usualFileName, wellKnownFolder } from '../../contract/function-exceptions.ts';
import { rootObject } from '../../contract/layout.ts';
import { setupError } from '../text/setup-error.ts';

export interface FunctionOptions extends Pick<SiteConfig, 'indexRewriting' | 'fallback'> {
  /** Paths of the site's files, as far as the deploy knows them; not percent-encoded. */
  readonly files: readonly string[];
  /** Paths of their other addresses. */
  readonly addresses: readonly string[];
}

/** @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-function-restrictions.html */
const maximumBytes = 10 * 1024;

/** A list as JavaScript. JSON may contain two line separators that ECMAScript 5.1 does not allow in a text. */
const literal = (values: readonly string[]): string =>
  JSON.stringify(values).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');

/** The two lists of `name` in the function: pages and files, a page with a slash at its end; and folders. */
function listsOf(name: string, patterns: readonly string[], addresses: readonly string[] = []): string {
  const [folders = [], pages = []] = [true, false].map((is) => patterns.filter((one) => one.endsWith('/*') === is));
  const exact = new Set([...addresses, ...pages.map(asPage)]);
  const starts = folders.map((folder) => folder.slice(0, -1));
  return `var ${name} = ${literal([...exact])};\nvar ${name}Folders = ${literal(starts)};\n`;
}

/**
 * The addresses without an extension at which the deploy stores an object. `/guide/` stands for `/guide`, too.
 * A folder that the router's `except` names needs no list, unless `indexRewriting` would change its
 * addresses.
 */
function knownAddresses({ indexRewriting, fallback, files, addresses }: FunctionOptions): readonly string[] {
  const root = files.includes(`/${rootObject}`) ? ['/'] : [];
  const isNamed = (path: string): boolean =>
    indexRewriting === null && fallback !== null && isExcepted(fallback.except, path);
  const known = new Set([...files, ...addresses, ...root].filter((path) => !namesFile(path) && !isNamed(path)));
  return [...known].filter((path) => path.endsWith('/') || !known.has(asPage(path)));
}

const isNavigation = `function isNavigation(request) {
  var destination = request.headers['sec-fetch-dest'];
  var accept = request.headers.accept;
  if (request.method !== 'GET' && request.method !== 'HEAD') return false;
  if (destination) return destination.value === 'document';
  return Boolean(accept) && accept.value.indexOf('text/html') !== -1;
}
`;

/** Each option's part. The first one that applies answers. */
const fallbackPart = `  if (isNavigation(request) && !listed(path, router, routerFolders)) {
    request.uri = fallback;
    return request;
  }
`;
// Relative, so that no address (`//evil.example`, `/\evil.example`) can lead to another host. 302, because a browser
// keeps a 301, and the address may be a file tomorrow.
const indexPart = `  var last = request.uri.slice(request.uri.lastIndexOf('/') + 1);
  if (last === '') {
    request.uri += '${rootObject}';
    return request;
  }
  var query = request.rawQueryString();
  var target = './' + last + '/' + (query === undefined ? '' : '?' + query);
  return { statusCode: 302, statusDescription: 'Found', headers: { location: { value: target } } };
`;

/**
 * The function's source for the runtime cloudfront-js-2.0, in ECMAScript 5.1, which that runtime has as a whole. Throws
 * a `SetupError` if the addresses that it must know do not fit.
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-javascript-runtime-20.html
 */
export function functionCode(options: FunctionOptions): string {
  const { indexRewriting, fallback, files } = options;
  const known = knownAddresses(options);
  // If the deploy does not know the content, the start page is the one page that every site has.
  const isUnknown = fallback !== null && !files.includes(fallback.page);
  const code = [
    listsOf('alone', indexRewriting?.except ?? [], known),
    fallback === null ? '' : `var fallback = ${JSON.stringify(fallback.page)};\n`,
    fallback === null ? '' : listsOf('router', [...fallback.except, ...(isUnknown ? ['/'] : [])]),
    `function listed(path, exact, folders) {
  var page = path.replace(/\\/?$/, '/');
  if (exact.indexOf(path) !== -1 || exact.indexOf(page) !== -1) return true;
  return folders.some(function (folder) { return page.indexOf(folder) === 0; });
}
`,
    fallback === null ? '' : isNavigation,
    `function handler(event) {
  var request = event.request;
  var path;
  try {
    path = decodeURIComponent(request.uri);
  } catch (error) {
    return request;
  }
  var name = path.slice(path.lastIndexOf('/') + 1);
  if (name.indexOf('.') !== -1 || path.indexOf('${wellKnownFolder}') === 0) return request;
  if (${usualFileName}.test(name)) return request;
  if (listed(path, alone, aloneFolders)) return request;
`,
    fallback === null ? '' : fallbackPart,
    indexRewriting === null ? '  return request;\n' : indexPart,
    '}\n',
  ].join('');
  const bytes = Buffer.byteLength(code);
  if (bytes > maximumBytes) throw tooLarge(options, known, bytes);
  return code;
}

function tooLarge({ indexRewriting }: FunctionOptions, known: readonly string[], bytes: number): Error {
  const sizes = new Map<string, number>();
  for (const folder of known.map((path) => path.split('/', 2).join('/')))
    sizes.set(folder, (sizes.get(folder) ?? 0) + 1);
  const [[largest] = ['']] = [...sizes].toSorted(([, one], [, other]) => other - one);
  const lists = `${known.length} addresses without an extension make a function of ${bytes} bytes`;
  return setupError(
    'config_wrong',
    indexRewriting === null
      ? `fallback: ${lists}; allowed: ${maximumBytes}. ` +
          `Fix: name whole folders in fallback.except, such as '${largest}/*'`
      : `indexRewriting: ${lists}; allowed: ${maximumBytes}. ` +
          'Fix: leave it out, because the deploy stores an object at each of these addresses',
  );
}

/** Checks the pages for 403 and 404. A missing login page, or one without a sign-in, would lock everybody out. */
import { closestWord } from '../../contract/closest-word.ts';
import type { SiteConfig } from '../../contract/config.ts';
import { elementScriptsOf, openPattern, type SitePaths } from '../../contract/layout.ts';
import { opens } from '../../contract/open-path.ts';
import { setupError } from '../text/setup-error.ts';
import type { ContentFile } from './content-files.ts';
import { ownText } from './served-file.ts';

/** The markup without comments, and without what browsers with scripts do not show or do not parse as markup. */
const markupOf = (html: string): string =>
  html
    .replace(/<!--[\s\S]*?(?:-->|$)/g, '')
    .replace(/<(noscript|template|textarea|title|style)\b[\s\S]*?(?:<\/\1\s*>|$)/gi, '')
    .replace(/(<script\b[^<>]*>)[\s\S]*?(?:<\/script\s*>|$)/gi, '$1</script>');

const inlineScriptsOf = (html: string): string[] =>
  [...html.replace(/<!--[\s\S]*?(?:-->|$)/g, '').matchAll(/<script\b[^<>]*>([\s\S]*?)(?:<\/script\s*>|$)/gi)].map(
    ([, text = '']) => text,
  );

/** Absolute addresses of the scripts in a page. `path`: where the page is. */
function scriptsOf(markup: string, path: string): URL[] {
  return [...markup.matchAll(/<script\b[^<>]*?\ssrc\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/gi)].flatMap(
    ([, double, single, bare]) => {
      const address = double ?? single ?? bare ?? '';
      const base = `https://site.invalid${path}`;
      return URL.canParse(address, base) ? [new URL(address, base)] : [];
    },
  );
}

/** What a page may load before anybody has signed in. */
export interface Loadable {
  /** Whether the site has a file. */
  readonly exists: (path: string) => boolean;
  readonly openPaths: readonly string[];
  readonly paths: SitePaths;
}

/**
 * Why nobody can sign in on a login page; undefined: no reason visible here. A script of the page may define the
 * element, so only a page without scripts is refused.
 */
export function loginPageProblem(
  html: string,
  path: string,
  { exists, openPaths, paths }: Loadable,
): string | undefined {
  const markup = markupOf(html);
  const [loginScript = ''] = elementScriptsOf(paths);
  const tag = `<script type="module" src="${loginScript}"></script>`;
  if (!/<secure-login[\s>/]/i.test(markup))
    return `has no <secure-login>. Fix: add ${tag} and <secure-login></secure-login>`;
  if (inlineScriptsOf(html).some((text) => text.includes('secure-login'))) return undefined;
  const scripts = scriptsOf(markup, path);
  const isOpen = (pathname: string): boolean =>
    [openPattern(paths), ...openPaths].some((pattern) => opens(pattern, pathname));
  const isThere = ({ host, pathname }: URL): boolean => host !== 'site.invalid' || exists(pathname);
  if (scripts.some((url) => isThere(url) && (url.host !== 'site.invalid' || isOpen(url.pathname)))) return undefined;
  const closed = scripts.find(isThere);
  if (closed !== undefined) {
    return (
      `loads ${closed.pathname}, which is not served before sign-in. ` +
      `Fix: put it into ${paths.open}/, or add it to openPaths`
    );
  }
  const [missing] = scripts;
  return missing === undefined
    ? `loads no script that could show <secure-login>. Fix: add ${tag}`
    : `loads ${missing.pathname}, which the site does not have. Fix: ${tag}`;
}

/** The page that a misspelled name was meant to be: in the same folder, or of the same name in another folder. */
function similarPage(path: string, files: readonly ContentFile[]): string | undefined {
  const nameOf = (page: string): string => page.slice(page.lastIndexOf('/') + 1, -'.html'.length);
  const folderOf = (page: string): string => page.slice(0, page.lastIndexOf('/'));
  const pages = files.map((file) => file.path).filter((page) => page.endsWith('.html'));
  const beside = pages.filter((page) => folderOf(page) === folderOf(path));
  const name = closestWord(nameOf(path), beside.map(nameOf));
  return beside.find((page) => nameOf(page) === name) ?? pages.find((page) => nameOf(page) === nameOf(path));
}

/**
 * Throws a `SetupError` for a configured page that the content lacks, and for a login page without sign-in. Returns
 * warnings about pages it cannot check, because another command uploads the content.
 */
export function checkPages(
  {
    content,
    openPaths,
    pages,
    paths,
    fallback,
  }: Pick<SiteConfig, 'content' | 'openPaths' | 'pages' | 'paths' | 'fallback'>,
  files: readonly ContentFile[],
): readonly string[] {
  const unknown: string[] = [];
  for (const [field, path] of [
    ['pages.login', pages.login],
    ['pages.notFound', pages.notFound],
    ...(fallback === null ? [] : ([['fallback', fallback.page]] as const)),
  ] as const) {
    const page = files.find((file) => file.path === path);
    if (page === undefined && content === null) {
      unknown.push(
        `${field}: ${path} is not uploaded by the deploy. Until it is there, visitors get ` +
          `${field === 'fallback' ? 'the page for 404' : 'an XML error'} instead; npm run upload checks that it is`,
      );
      continue;
    }
    if (page === undefined) {
      const meant = similarPage(path, files);
      const hint = meant === undefined ? '' : ` Did you mean ${meant}?`;
      throw setupError(
        'page_missing',
        `${field}: got ${JSON.stringify(path)}; the content has no such file, ` +
          `so visitors would get an error instead.${hint} Fix: add the page, or name an existing one`,
      );
    }
    if (field !== 'pages.login') continue;
    const exists = (wanted: string): boolean => files.some((file) => file.path === wanted);
    const problem = loginPageProblem(ownText(page, paths), path, { exists, openPaths, paths });
    if (problem !== undefined) {
      throw setupError('page_missing', `pages.login: ${page.file} ${problem}; without it nobody can sign in`);
    }
  }
  return unknown;
}

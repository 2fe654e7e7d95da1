/** Sites by hand, each in the shape that some generators write. Only names and links matter: the texts say nothing. */
import { type Sources, type StaticSite, siteOf } from './static-site.ts';

/** A page with links to these addresses. `head`: more elements, such as scripts. */
const page = (title: string, links: readonly string[] = [], head = ''): string => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${title}</title><link rel="icon" href="data:,">${head}</head>
<body><h1 id="part">${title}</h1>${links.map((href) => `<p><a href="${href}">${href}</a></p>`).join('\n')}</body>
</html>
`;

const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><rect width="8" height="8"/></svg>';
const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

/** What an address means depends on the files: pages beside folders, with and without an index page. */
const pagesBesideFolders: Sources = {
  'index.html': page('Start', [
    ...['about', '/about', 'about.html', './about?x=1#part', '/guide', '/guide/', 'guide.html', 'guide/one', 'team/'],
    ...['/docs/', '/docs/v1.2', '/docs/v1.2.html', '/docs/v1.3', '/docs/v1.3/', '/api', '/api/', '/api/index.html'],
    ...['LICENSE', '/.well-known/security.txt', 'a%20b/', 'a%20b', '%C3%A9quipe/', '/index', 'docs/v1.3/index'],
  ]),
  'about.html': page('About', ['./', '.', 'guide/one.html', '#part', '?x=1']),
  // A page beside a folder without an index page.
  'guide.html': page('Guide', ['guide/one', 'guide/two.html', './']),
  'guide/one.html': page('Guide, one', ['two', '../guide', '../', '/about/']),
  'guide/two.html': page('Guide, two', ['one.html', '../guide.html#part']),
  // A page beside a folder with one: both are pages of their own.
  'api.html': page('API', ['api/', 'api/a']),
  'api/index.html': page('API, all', ['a', '../api', './']),
  'api/a.html': page('API, a', ['./', '../api.html']),
  'team/index.html': page('Team', ['../team', 'people/', '..']),
  'team/people/index.html': page('People', ['../', '../../about']),
  'docs/index.html': page('Docs', ['v1.2', 'v1.3/']),
  'docs/v1.2.html': page('Version 1.2', ['v1.3', './']),
  // The folder is linked without its slash, and its own links are relative.
  'docs/v1.3/index.html': page('Version 1.3', ['../v1.2', 'changes', '../'], '<link rel="stylesheet" href="a.css">'),
  'docs/v1.3/changes.html': page('Changes', ['./', '../v1.3']),
  'docs/v1.3/a.css': 'h1 { color: #333 }',
  'a b/index.html': page('Spaces', ['../']),
  'équipe/index.html': page('Équipe', ['../a%20b/']),
  LICENSE: 'All rights reserved.\n',
  '.well-known/security.txt': 'Contact: mailto:security@example.com\n',
};

/** Names with `+`, which S3 reads as a space, written as generators write them: as it is, and encoded. */
const plusNames: Sources = {
  'index.html': page(
    'Start',
    ['/tags/c++/', '/tags/c++', 'tags/c%2B%2B/', 'c++', 'c++.html', 'c%2B%2B.html', 'files/a+b.txt', 'a+b/c+d/e'],
    '<link rel="stylesheet" href="/css/c++.css"><script type="module" src="js/c++.js"></script>',
  ),
  'c++.html': page('C++', ['./', 'tags/c++/']),
  'tags/c++/index.html': page('Tagged C++', ['../../c++', '../objective-c++/']),
  'tags/objective-c++/index.html': page('Tagged Objective-C++', ['../c++/', '../c++']),
  'a+b/c+d/e.html': page('Deep', ['../c+d/f+g.html', '../../../']),
  'a+b/c+d/f+g.html': page('Deeper', ['e', '../../../c++']),
  'files/a+b.txt': 'a + b\n',
  'css/c++.css': 'h1 { background: url("../images/c++.svg") }',
  'images/c++.svg': svg,
  'js/c++.js': "import('./lazy+chunk.js').then(({ name }) => document.body.append(name));",
  'js/lazy+chunk.js': "export const name = 'loaded';",
};

/** As `next build` writes it with `output: 'export'`: pages without slash, payloads beside them, brackets in names. */
const nextExport: Sources = {
  'index.html': page(
    'Home',
    ['/about', '/blog', '/blog/first-post', '/about?tab=2#part'],
    '<link rel="stylesheet" href="/_next/static/css/3f9a1c2e5b7d8e90.css">' +
      '<link rel="preload" as="image" href="/_next/static/media/logo.1a2b3c4d.svg">' +
      '<script src="/_next/static/chunks/main-5d6e7f8091a2b3c4.js" async></script>' +
      '<script src="/_next/static/chunks/pages/blog/%5Bslug%5D-3f9a1c2e5b7d8e90.js" async></script>' +
      '<script src="/_next/static/Xy_z-1/_buildManifest.js" async></script>',
  ),
  'about.html': page('About us', ['/', '/blog']),
  'about.txt': '0:{"a":"$@1"}\n',
  'blog.html': page('Blog', ['/blog/first-post', '/blog/c++']),
  'blog/first-post.html': page('First post', ['/', '/blog'], '<link rel="prefetch" href="/about.txt">'),
  'blog/first-post.txt': '0:{"a":"$@1"}\n',
  'blog/c++.html': page('Post on C++', ['/blog']),
  '404.html': page('404'),
  '_next/static/css/3f9a1c2e5b7d8e90.css': 'body { background: url(/_next/static/media/logo.1a2b3c4d.svg) }',
  '_next/static/media/logo.1a2b3c4d.svg': svg,
  '_next/static/chunks/main-5d6e7f8091a2b3c4.js': "fetch('/about.txt?_rsc=1a2b').then((answer) => answer.text());",
  '_next/static/chunks/pages/blog/[slug]-3f9a1c2e5b7d8e90.js': 'self.chunk = 1;',
  '_next/static/Xy_z-1/_buildManifest.js': 'self.__BUILD_MANIFEST = {};',
};

/** As Jekyll writes it: pages by date, linked without their ending, pretty permalinks, a feed, tags. */
const jekyll: Sources = {
  'index.html': page(
    'Journal',
    ['/2024/01/02/hello-world.html', '/2024/01/02/hello-world', '/about/', '/category/c++/', '/feed.xml', '/page2/'],
    '<link rel="stylesheet" href="/assets/css/style.css?v=3f9a1c2e">' +
      '<link rel="alternate" type="application/atom+xml" href="/feed.xml">',
  ),
  '2024/01/02/hello-world.html': page('Hello', ['/', '../../../about', '/old/']),
  'about/index.html': page('About me', ['../', '/feed.xml']),
  'category/c++/index.html': page('On C++', ['/2024/01/02/hello-world', '/category/c++']),
  'page2/index.html': page('Older', ['/']),
  // By the plugin jekyll-redirect-from.
  'old/index.html': '<!doctype html><title>Moved</title><meta http-equiv="refresh" content="0; url=/about/">',
  '404.html': page('404'),
  'assets/css/style.css': '@import "more.css"; body { background: url(../images/dot.png) }',
  'assets/css/more.css': 'h1 { margin: 0 }',
  'assets/images/dot.png': png,
  'feed.xml': '<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Journal</title></feed>\n',
  'sitemap.xml': '<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"></urlset>\n',
};

/** As Hugo and MkDocs write it: a folder for each page, a search index, a worker. */
const folders: Sources = {
  'index.html': page(
    'Handbook',
    ['install/', 'install/#part', './reference/cli/', 'reference', '/tags/c++/', '/posts/index.xml', 'fr/'],
    '<script type="module" src="assets/javascripts/bundle.3f9a1c2e.min.js"></script>' +
      '<link rel="manifest" href="/site.webmanifest" crossorigin="use-credentials">',
  ),
  'install/index.html': page('Install', ['..', '../', '../reference/cli/#part', '../install']),
  'reference/index.html': page('Reference', ['cli/', 'cli', '../']),
  'reference/cli/index.html': page('Command line', ['../', '../../install', '../../downloads/example.tar.gz']),
  'tags/c++/index.html': page('C++', ['../../']),
  'posts/index.xml': '<?xml version="1.0"?><rss version="2.0"><channel><title>Posts</title></channel></rss>\n',
  'fr/index.html': page('Manuel', ['démarrer/', '../']),
  'fr/démarrer/index.html': page('Démarrer', ['../']),
  '404.html': page('404'),
  'downloads/example.tar.gz': Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
  'site.webmanifest': JSON.stringify({ name: 'Handbook', icons: [] }),
  'assets/javascripts/bundle.3f9a1c2e.min.js':
    "const worker = new Worker('assets/javascripts/workers/search.1a2b3c4d.min.js');" +
    'worker.onmessage = ({ data }) => { document.documentElement.dataset.found = data; };',
  'assets/javascripts/workers/search.1a2b3c4d.min.js':
    "fetch('../../../search/search_index.json').then((answer) => answer.json()).then(({ docs }) => postMessage(docs));",
  'search/search_index.json': JSON.stringify({ docs: 'install' }),
};

/** As Sphinx writes it: `.html` everywhere, sources and downloads, files without an ending. */
const sphinx: Sources = {
  'index.html': page(
    'Manual',
    ['usage/start.html', 'genindex.html', '_sources/index.rst.txt', 'search.html?q=start', '#part'],
    '<link rel="stylesheet" href="_static/theme.css?v=4f649999"><script src="_static/doctools.js?v=9bcbadda"></script>',
  ),
  'usage/start.html': page('Start here', [
    ...['../_downloads/0d5a8d6c7e8f9a0b1c2d3e4f5a6b7c8d/LICENSE', '../_downloads/1a2b3c4d5e6f7a8b/example.py', '../'],
    ...['../index.html#part', '../_modules/pkg/core.html#fn', '../genindex.html'],
  ]),
  'genindex.html': page('Index', ['usage/start.html#part', 'index.html']),
  'search.html': page('Search', ['index.html'], '<script src="searchindex.js"></script>'),
  '_modules/pkg/core.html': page('pkg.core', ['../../index.html']),
  '_sources/index.rst.txt': 'Manual\n======\n',
  '_sources/usage/start.rst.txt': 'Start here\n==========\n',
  '_downloads/0d5a8d6c7e8f9a0b1c2d3e4f5a6b7c8d/LICENSE': 'All rights reserved.\n',
  '_downloads/1a2b3c4d5e6f7a8b/example.py': 'print(1)\n',
  '_static/theme.css': 'body { background: url("file.png") }',
  '_static/file.png': png,
  '_static/doctools.js': 'self.DOCUMENTATION_OPTIONS = {};',
  'searchindex.js': 'self.Search = { setIndex() {} };',
  'objects.inv': Buffer.from('# Sphinx inventory version 2\n'),
  '.buildinfo': '# Sphinx build info version 1\n',
};

/** As SvelteKit writes it with its static adapter: pages without slash, their data, modules that load others later. */
const svelteKit: Sources = {
  'index.html': page(
    'Welcome',
    ['/about', './about', '/blog/one', '/blog'],
    '<link rel="modulepreload" href="./_app/immutable/chunks/D9v2kX1a.js">' +
      '<script type="module">import("./_app/immutable/entry/start.Cq3kZ9_x.js");</script>',
  ),
  'about.html': page('About', ['/', '/blog/one?x=1#part']),
  'about/__data.json': JSON.stringify({ type: 'data', nodes: [] }),
  'blog.html': page('Posts', ['/blog/one']),
  'blog/one.html': page(
    'Post one',
    ['../', '../blog'],
    '<script type="module">import("../_app/immutable/entry/start.Cq3kZ9_x.js");</script>',
  ),
  'blog/one/__data.json': JSON.stringify({ type: 'data', nodes: [] }),
  '_app/version.json': JSON.stringify({ version: '1' }),
  '_app/immutable/entry/start.Cq3kZ9_x.js':
    "import { load } from '../chunks/D9v2kX1a.js'; load(); import('../nodes/2.BfX3-a9C.js');",
  '_app/immutable/chunks/D9v2kX1a.js':
    "export const load = () => fetch(new URL('../../../about/__data.json', import.meta.url));",
  '_app/immutable/nodes/2.BfX3-a9C.js': "import './../assets/note.js'; export const node = 2;",
  '_app/immutable/assets/note.js': 'export default 1;',
};

export const shapes: readonly StaticSite[] = [
  siteOf('Pages beside folders', pagesBesideFolders, '/docs/v1.3/'),
  siteOf('Names with +', plusNames, '/tags/c++/'),
  siteOf('The shape of a Next.js export', nextExport, '/blog/c++'),
  siteOf('The shape of Jekyll', jekyll, '/2024/01/02/hello-world'),
  siteOf('The shape of Hugo and MkDocs', folders, '/reference/cli/'),
  siteOf('The shape of Sphinx', sphinx, '/usage/start.html'),
  siteOf('The shape of SvelteKit', svelteKit, '/blog/one'),
];

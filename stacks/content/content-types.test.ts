import { extname } from 'node:path';
import { mimes } from 'mrmime';
import { describe, expect, it } from 'vitest';
import { contentType } from './content-types.ts';

const text = 'text/plain; charset=utf-8';

/**
 * The types that browsers need to use each file as intended.
 * @see https://www.iana.org/assignments/media-types
 */
const expected: Readonly<Record<string, readonly string[]>> = {
  'text/html; charset=utf-8': ['/index.html', '/old.htm', '/UPPER.HTML'],
  'text/css; charset=utf-8': ['/site.css'],
  'text/javascript; charset=utf-8': ['/app.js', '/module.mjs', '/common.cjs', '/APP.JS'],
  'application/json': ['/data.json', '/app.js.map', '/notebook.ipynb', '/x.topojson', '/session.har'],
  'application/manifest+json': ['/site.webmanifest'],
  'application/wasm': ['/engine.wasm'],
  'application/xml': ['/sitemap.xml', '/x.xsl'],
  'application/rss+xml': ['/feed.rss'],
  'application/atom+xml': ['/feed.atom'],
  'application/pdf': ['/report.pdf'],
  'application/zip': ['/all.zip'],
  'application/gzip': ['/all.tar.gz', '/all.tgz', '/dump.sql.gz'],
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': ['/plan.xlsx'],
  'text/calendar; charset=utf-8': ['/team.ics'],
  'image/svg+xml': ['/logo.svg'],
  'image/avif': ['/photo.avif'],
  'image/webp': ['/photo.webp'],
  'image/png': ['/photo.png'],
  'image/jpeg': ['/photo.jpg', '/photo.jpeg'],
  'image/gif': ['/party.gif'],
  'image/x-icon': ['/favicon.ico'],
  'font/woff2': ['/text.woff2'],
  'font/woff': ['/text.woff'],
  'font/ttf': ['/text.ttf'],
  'font/otf': ['/text.otf'],
  'video/mp4': ['/talk.mp4', '/x.m4v'],
  'video/webm': ['/talk.webm'],
  'video/quicktime': ['/talk.mov'],
  'video/mp2t': ['/hls/piece-1.ts'],
  'video/iso.segment': ['/dash/piece-1.m4s'],
  'application/vnd.apple.mpegurl': ['/a.b/clip.m3u8'],
  'application/dash+xml': ['/dash/talk.mpd'],
  'text/vtt; charset=utf-8': ['/talk.vtt'],
  'audio/mpeg': ['/song.mp3'],
  'audio/mp4': ['/song.m4a'],
  'audio/wav': ['/song.wav'],
  'audio/ogg': ['/song.ogg', '/song.opus', '/x.oga'],
  'model/gltf-binary': ['/part.glb'],
  'application/x-7z-compressed': ['/x.7z'],
  'audio/aac': ['/x.aac'],
  'image/apng': ['/x.apng'],
  'image/bmp': ['/x.bmp'],
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': ['/x.docx'],
  'application/vnd.ms-fontobject': ['/x.eot'],
  'application/epub+zip': ['/x.epub'],
  'audio/flac': ['/x.flac'],
  'application/geo+json': ['/x.geojson'],
  'model/gltf+json': ['/x.gltf'],
  'application/ld+json': ['/x.jsonld'],
  'video/ogg': ['/x.ogv'],
  'application/vnd.openxmlformats-officedocument.presentationml.presentation': ['/x.pptx'],
  'application/rtf': ['/x.rtf'],
  'application/x-tar': ['/x.tar'],
  'image/tiff': ['/x.tif', '/x.tiff'],
  'audio/webm': ['/x.weba'],
  'application/xhtml+xml': ['/x.xhtml'],
  'application/octet-stream': [
    ...['/x.unknown', '/dir.html/file', '/.html', '/x.constructor', '/x.__proto__', '/game.data', '/docs/v1.2'],
    ...['/x.svgz', '/x.shtml', '/x.xht', '/x.html.br'],
  ],
};

/** Text that people read at its address. */
const readable = [
  ...['/robots.txt', '/.well-known/security.txt', '/x.log', '/x.srt', '/notes.TEXT', '/readme.md', '/a.markdown'],
  ...[
    '/Cargo.toml',
    '/setup.ini',
    '/install.sh',
    '/fix.diff',
    '/fix.patch',
    '/guide.rst',
    '/schema.sql',
    '/nginx.conf',
  ],
  ...['/tool.cfg', '/openapi.yaml', '/ci.yml', '/app.py', '/numbers.csv', '/numbers.tsv', '/App.tsx', '/App.jsx'],
  ...['/main.go', '/lib.rs', '/app.rb', '/Main.java', '/a.c', '/a.h', '/a.cpp', '/page.adoc', '/paper.tex'],
  ...['/Cargo.lock', '/App.vue', '/x.json5', '/x.ndjson', '/types/index.d.ts', '/main.tf', '/x.graphql', '/x.mdx'],
  ...['/legacy.php', '/x.man', '/x.bib', '/Main.kt', '/x.proto', '/x.less', '/x.ps1', '/x.bat', '/x.ttl'],
];

describe('contentType', () => {
  it.each(Object.entries(expected).flatMap(([type, paths]) => paths.map((path) => [path, type])))(
    '%s is %s',
    (path, type) => {
      expect(contentType(path)).toBe(type);
    },
  );

  it.each(readable)('shows %s as text', (path) => {
    expect(contentType(path)).toBe(text);
  });

  it('uses the table for an ending that is not listed here', () => {
    expect(contentType('/photo.heic')).toBe('image/heic');
    expect(contentType('/type.ttc')).toBe('font/collection');
  });

  it('gives text that no browser or program uses the one type that all browsers show', () => {
    const textTypes = new Set(Object.keys(mimes).map((ending) => contentType(`/x.${ending}`)));
    expect([...textTypes].filter((type) => type.startsWith('text/')).sort()).toEqual([
      'text/calendar; charset=utf-8',
      'text/css; charset=utf-8',
      'text/html; charset=utf-8',
      'text/javascript; charset=utf-8',
      text,
      'text/vcard; charset=utf-8',
      'text/vtt; charset=utf-8',
    ]);
  });

  it('lets no other ending run or be shown as a page', () => {
    const known = Object.entries(expected).flatMap(([type, paths]) =>
      type === 'application/octet-stream' ? [] : paths.map((path) => extname(path).slice(1).toLowerCase()),
    );
    const others = Object.keys(mimes).filter((ending) => !known.includes(ending));
    expect(others).toEqual(expect.arrayContaining(['shtml', 'svgz', 'xht', 'xslt', 'mathml', 'ecma', 'wsdl']));
    for (const ending of others) expect(contentType(`/x.${ending}`)).not.toMatch(/html|xml|svg|javascript|ecmascript/);
  });

  it.each(['/LICENSE', '/README', '/Makefile', '/CNAME', '/docs/_downloads/COPYING'])(
    'shows %s as text if that is what it contains, and has browsers save it otherwise',
    (path) => {
      expect(contentType(path, () => true)).toBe(text);
      expect(contentType(path, () => false)).toBe('application/octet-stream');
    },
  );

  it('goes by the content of no file that has an ending', () => {
    for (const path of ['/x.unknown', '/docs/v1.2', '/setup.exe', '/game.data']) {
      expect(contentType(path, () => true)).toBe('application/octet-stream');
    }
  });

  it('serves the association file of an app as JSON, as Apple asks', () => {
    expect(contentType('/.well-known/apple-app-site-association', () => true)).toBe('application/json');
  });
});

import { extname } from 'node:path';
import { mimes } from 'mrmime';
import { describe, expect, it } from 'vitest';
import { contentType } from './content-types.ts';

/**
 * The types that browsers need to use each file as intended.
 * @see https://www.iana.org/assignments/media-types
 */
const expected = {
  'text/html; charset=utf-8': ['/index.html', '/old.htm', '/UPPER.HTML'],
  'text/css; charset=utf-8': ['/site.css'],
  'text/javascript; charset=utf-8': ['/app.js', '/module.mjs', '/APP.JS'],
  'application/json': ['/data.json', '/app.js.map'],
  'application/manifest+json': ['/site.webmanifest'],
  'application/wasm': ['/engine.wasm'],
  'application/xml': ['/sitemap.xml', '/x.xsl'],
  'application/rss+xml': ['/feed.rss'],
  'application/atom+xml': ['/feed.atom'],
  'application/pdf': ['/report.pdf'],
  'application/zip': ['/all.zip'],
  'application/gzip': ['/all.tar.gz', '/all.tgz'],
  'application/yaml': ['/openapi.yaml', '/openapi.yml'],
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': ['/plan.xlsx'],
  'text/plain; charset=utf-8': ['/robots.txt', '/.well-known/security.txt', '/x.log', '/x.srt'],
  'text/markdown; charset=utf-8': ['/readme.md'],
  'text/csv; charset=utf-8': ['/numbers.csv'],
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
  'text/tab-separated-values; charset=utf-8': ['/x.tsv'],
  'audio/webm': ['/x.weba'],
  'application/xhtml+xml': ['/x.xhtml'],
  'application/octet-stream': ['/LICENSE', '/x.unknown', '/dir.html/file', '/.html', '/x.constructor', '/x.__proto__'],
};

describe('contentType', () => {
  it.each(Object.entries(expected).flatMap(([type, paths]) => paths.map((path) => [path, type])))(
    '%s is %s',
    (path, type) => {
      expect(contentType(path)).toBe(type);
    },
  );

  it('uses the table for an ending that is not listed here, with UTF-8 for text', () => {
    expect(contentType('/photo.heic')).toBe('image/heic');
    expect(contentType('/notes.TEXT')).toBe('text/plain; charset=utf-8');
  });

  it('lets no other ending run or be shown as a page', () => {
    const known = Object.values(expected)
      .flat()
      .map((path) => extname(path).slice(1).toLowerCase());
    const others = Object.keys(mimes).filter((ending) => !known.includes(ending));
    expect(others).toEqual(expect.arrayContaining(['shtml', 'svgz', 'xht', 'xslt', 'mathml', 'ecma']));
    for (const ending of others) expect(contentType(`/x.${ending}`)).not.toMatch(/html|xml|svg|javascript|ecmascript/);
  });
});

import { describe, expect, it } from 'vitest';
import { contentType } from './content-types.ts';

/** What a browser must be told to use a file as what it is. @see https://www.iana.org/assignments/media-types */
const expected = {
  'text/html; charset=utf-8': ['/index.html', '/old.htm', '/UPPER.HTML'],
  'text/css; charset=utf-8': ['/site.css'],
  'text/javascript; charset=utf-8': ['/app.js', '/module.mjs', '/APP.JS'],
  'application/json': ['/data.json', '/app.js.map'],
  'application/manifest+json': ['/site.webmanifest'],
  'application/wasm': ['/engine.wasm'],
  'application/xml': ['/sitemap.xml'],
  'application/rss+xml': ['/feed.rss'],
  'application/atom+xml': ['/feed.atom'],
  'application/pdf': ['/report.pdf'],
  'application/zip': ['/all.zip'],
  'application/gzip': ['/all.tar.gz', '/all.tgz'],
  'application/yaml': ['/openapi.yaml', '/openapi.yml'],
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': ['/plan.xlsx'],
  'text/plain; charset=utf-8': ['/robots.txt', '/.well-known/security.txt'],
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
  'video/mp4': ['/talk.mp4'],
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
  'audio/ogg': ['/song.ogg', '/song.opus'],
  'model/gltf-binary': ['/part.glb'],
  'application/octet-stream': ['/LICENSE', '/x.unknown', '/dir.html/file', '/.html'],
};

describe('contentType', () => {
  it.each(Object.entries(expected).flatMap(([type, paths]) => paths.map((path) => [path, type])))(
    '%s is %s',
    (path, type) => {
      expect(contentType(path)).toBe(type);
    },
  );
});

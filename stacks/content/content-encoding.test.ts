import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { encodedPart } from './content-encoding.ts';

const folder = mkdtempSync(join(tmpdir(), 's3nator-encoding-'));
afterAll(() => rmSync(folder, { recursive: true }));

const fileOf = (content: string | Buffer): string => {
  const file = join(folder, 'file');
  writeFileSync(file, content);
  return file;
};
const content = Buffer.from('const answer = 42;\n'.repeat(20));
const compress = { gzip: gzipSync, br: brotliCompressSync };

describe('encodedPart', () => {
  it.each([
    ['/Build/game.framework.js.gz', 'gzip', '/Build/game.framework.js'],
    ['/Build/game.data.br', 'br', '/Build/game.data'],
    ['/Build/game.wasm.gz', 'gzip', '/Build/game.wasm'],
    ['/Build/game.symbols.json.br', 'br', '/Build/game.symbols.json'],
    ['/site.css.gz', 'gzip', '/site.css'],
    ['/app.3f9a1c2e.mjs.br', 'br', '/app.3f9a1c2e.mjs'],
    ['/logo.svgz', 'gzip', '/logo.svg'],
    ['/LOGO.SVGZ', 'gzip', '/LOGO.SVG'],
    ['/logo.svg.gz', 'gzip', '/logo.svg'],
    ['/part.glb.gz', 'gzip', '/part.glb'],
  ] as const)('finds in %s a part of a page, compressed with %s', (path, encoding, inner) => {
    expect(encodedPart(path, fileOf(compress[encoding](content)))).toEqual({ encoding, inner });
  });

  it.each([
    ...[
      '/all.tar.gz',
      '/all.tgz',
      '/dump.sql.gz',
      '/access.log.gz',
      '/numbers.csv.gz',
      '/notes.txt.gz',
      '/brain.nii.gz',
    ],
    ...['/archive.gz', '/.gz', '/js.gz', '/sitemap.xml.gz', '/app.js', '/x.constructor', '/x.js.constructor'],
  ])('leaves the download %s as it is', (path) => {
    expect(encodedPart(path, fileOf(gzipSync(content)))).toBeUndefined();
  });

  it.each(['/index.html.gz', '/page.htm.gz', '/page.xhtml.gz', '/feed.xml.gz', '/x.xsl.gz'])(
    'does not turn %s, which browsers save, into a page',
    (path) => {
      expect(encodedPart(path, fileOf(gzipSync(content)))).toBeUndefined();
    },
  );

  it.each([
    ['/app.js.gz', 'the plain script', content],
    ['/app.js.gz', 'Brotli', brotliCompressSync(content)],
    ['/app.js.gz', 'nothing', Buffer.alloc(0)],
    ['/app.js.gz', 'only the first bytes of gzip', Buffer.from('1f8b0800', 'hex')],
    ['/app.js.gz', 'half of a small file', gzipSync(content).subarray(0, 20)],
    ['/app.js.br', 'the plain script', content],
    ['/app.js.br', 'gzip', gzipSync(content)],
    ['/app.js.br', 'half of a small file', brotliCompressSync(content).subarray(0, 12)],
    ['/app.data.br', 'a ZIP archive', Buffer.from(`504b0304${'00'.repeat(64)}`, 'hex')],
    ['/logo.svgz', 'an image that is not compressed', '<svg xmlns="http://www.w3.org/2000/svg"/>'],
  ])('does not have a browser decode %s that contains %s', (path, _, bytes) => {
    expect(encodedPart(path, fileOf(bytes))).toBeUndefined();
  });

  it.each(['gzip', 'br'] as const)('reads only the beginning of a large file with %s', (encoding) => {
    const path = encoding === 'gzip' ? '/game.data.gz' : '/game.data.br';
    const large = compress[encoding](randomBytes(300_000));
    expect(encodedPart(path, fileOf(large))?.encoding).toBe(encoding);
    const damagedLater = Buffer.concat([large.subarray(0, 200_000), Buffer.alloc(1000)]);
    expect(encodedPart(path, fileOf(damagedLater))?.encoding).toBe(encoding);
  });

  it.each(['gzip', 'br'] as const)('decodes no more than a sample of what %s blew up', (encoding) => {
    const path = encoding === 'gzip' ? '/x.js.gz' : '/x.js.br';
    expect(encodedPart(path, fileOf(compress[encoding](Buffer.alloc(20_000_000))))?.encoding).toBe(encoding);
  });
});

import { expect, it } from 'vitest';
import { pageAssets } from './page-assets.ts';

it.each([
  ['<script src="/a.js"></script>', ['/a.js']],
  ["<SCRIPT SRC = '/a.js'></SCRIPT>", ['/a.js']],
  ['<img src=a.png>', ['/docs/a.png']],
  ['<link rel="stylesheet" href="../a.css?v=1#x">', ['/a.css?v=1']],
  ['<video poster="/p.png"><source src="/v.mp4"><track src="/t.vtt"></video>', ['/p.png', '/v.mp4', '/t.vtt']],
  ['<audio src="/a.ogg"></audio><iframe src="/f.html"></iframe><embed src="/e.svg">', ['/a.ogg', '/f.html', '/e.svg']],
  ['<img src="/a?b=1&amp;c=2"><img src="/a?b=1&c=2">', ['/a?b=1&c=2']],
  ['<img src="https://docs.example.com/a.png"><img src="https://cdn.example/b.png">', ['/a.png']],
  ['<img src="http://docs.example.com/a.png"><img src="data:image/png,x"><img src="http://[">', []],
  ['<a href="/other.html">other</a><p src="/p">', []],
  ['', []],
])('a page with %j asks for %j', (html, paths) => {
  expect(pageAssets(html, 'https://docs.example.com/docs/guide.html')).toEqual(paths);
});

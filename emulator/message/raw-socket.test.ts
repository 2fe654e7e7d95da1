import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { askRaw } from '../testing/ask.ts';
import { useEmulator } from '../testing/harness.ts';
import { randomFrom } from '../testing/random.ts';

const harness = useEmulator();
const { get } = harness;
const host = () => new URL(harness.emulator.origin).host;

/** Sends bytes, signals the end, and returns the answer. */
function poke(bytes: string | Uint8Array): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(harness.emulator.origin).port), '127.0.0.1', () =>
      socket.end(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes),
    );
    let received = '';
    socket.setEncoding('latin1').on('data', (part: string) => {
      received += part;
    });
    socket.on('close', () => resolve(received));
    socket.on('error', (error: NodeJS.ErrnoException) => (error.code === 'ECONNRESET' ? undefined : reject(error)));
  });
}

/** Sends bytes and returns everything until the server ends the connection. */
const exchange = (bytes: string): Promise<string> => askRaw(harness.emulator.origin, Buffer.from(bytes, 'latin1'));

/** The emulator still serves, and has reported no fault of its own. */
async function expectUnharmed(): Promise<void> {
  expect(await get('/public/login.html')).toMatchObject({ status: 200, body: 'login page' });
  expect((await get('/auth/x')).status).toBe(200);
  expect(harness.logs.filter((line) => line.includes('emulator-fault'))).toEqual([]);
}

const lines = (first: string, ...headers: string[]): string => `${[first, ...headers].join('\r\n')}\r\n\r\n`;

describe('an invalid request,', () => {
  it.each<[string, (host: string) => string | Uint8Array, RegExp]>([
    ['nothing', () => '', /^$/],
    ['garbage', () => '\x00\x01\xff\xfe garbage', /^HTTP\/1\.1 400 /],
    ['the start of TLS', () => Buffer.from('160301020001000001fc0303', 'hex'), /^HTTP\/1\.1 400 /],
    ['the preface of HTTP/2', () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', /^HTTP\/1\.1 400 |^$/],
    ['HTTP/0.9', () => 'GET /\r\n', /^HTTP\/1\.1 400 /],
    ['HTTP/9.9', (to) => lines('GET / HTTP/9.9', `Host: ${to}`), /^HTTP\/1\.1 400 /],
    ['half a request line', () => 'GET /publ', /^HTTP\/1\.1 400 |^$/],
    ['half a header', (to) => `GET / HTTP/1.1\r\nHost: ${to}\r\nX-Ha`, /^HTTP\/1\.1 400 /],
    ['an unknown method', (to) => lines('BREW / HTTP/1.1', `Host: ${to}`), /^HTTP\/1\.1 400 /],
    ['a header without a colon', (to) => lines('GET / HTTP/1.1', `Host: ${to}`, 'nonsense'), /^HTTP\/1\.1 400 /],
    ['a header with a null byte', (to) => lines('GET / HTTP/1.1', `Host: ${to}`, 'A: \0'), /^HTTP\/1\.1 400 /],
    ['a folded header', (to) => lines('GET / HTTP/1.1', `Host: ${to}`, 'A: b', ' c'), /^HTTP\/1\.1 400 /],
    [
      'a bare line feed in a header',
      (to) => lines('GET / HTTP/1.1', `Host: ${to}`, 'A: b\nEvil: c'),
      /^HTTP\/1\.1 [24]0[0-4] /,
    ],
    ['no host', () => lines('GET / HTTP/1.1'), /^HTTP\/1\.1 400 /],
    ['an empty host', () => lines('GET / HTTP/1.1', 'Host:'), /^HTTP\/1\.1 403 /],
    [
      'two hosts',
      (to) => lines('GET /public/login.html HTTP/1.1', `Host: ${to}`, 'Host: evil.example'),
      /^HTTP\/1\.1 400 /,
    ],
    [
      'an absolute target',
      (to) => lines(`GET http://${to}/public/login.html HTTP/1.1`, `Host: ${to}`),
      /^HTTP\/1\.1 400 /,
    ],
    ['the target of a proxy', (to) => lines('GET http://evil.example/ HTTP/1.1', `Host: ${to}`), /^HTTP\/1\.1 400 /],
    ['an asterisk as target', (to) => lines('OPTIONS * HTTP/1.1', `Host: ${to}`), /^HTTP\/1\.1 400 /],
    ['CONNECT', (to) => lines('CONNECT evil.example:443 HTTP/1.1', `Host: ${to}`), /^HTTP\/1\.1 400 /],
    [
      'bytes in the path that are not ASCII',
      (to) => lines('GET /public/\xc0\xae\xff HTTP/1.1', `Host: ${to}`),
      /^HTTP\/1\.1 400 /,
    ],
    ['a space in the path', (to) => lines('GET /public/a b HTTP/1.1', `Host: ${to}`), /^HTTP\/1\.1 400 /],
    [
      'two lengths',
      (to) => lines('POST /auth/x HTTP/1.1', `Host: ${to}`, 'Content-Length: 1', 'Content-Length: 2'),
      /^HTTP\/1\.1 400 /,
    ],
    [
      'a negative length',
      (to) => lines('POST /auth/x HTTP/1.1', `Host: ${to}`, 'Content-Length: -1'),
      /^HTTP\/1\.1 400 /,
    ],
    [
      'a length and chunks',
      (to) =>
        `${lines('POST /auth/x HTTP/1.1', `Host: ${to}`, 'Content-Length: 5', 'Transfer-Encoding: chunked')}0\r\n\r\nX`,
      /^HTTP\/1\.1 400 /,
    ],
    [
      'an invalid chunk',
      (to) => `${lines('POST /auth/x HTTP/1.1', `Host: ${to}`, 'Transfer-Encoding: chunked')}zz\r\n`,
      /^HTTP\/1\.1 400 |^$/,
    ],
    [
      'an expectation that cannot be met',
      (to) => lines('POST /auth/x HTTP/1.1', `Host: ${to}`, 'Expect: wonders', 'Content-Length: 0'),
      /^HTTP\/1\.1 417 /,
    ],
  ])('%s', async (_, bytes, expected) => {
    expect(await poke(bytes(host()))).toMatch(expected);
    await expectUnharmed();
  });
});

describe('an odd request', () => {
  it.each([
    ['/public/%', 400],
    ['/public/%zz', 400],
    ['/public/%ff%fe', 400],
    ['/public/%c0%ae%c0%ae/x', 400],
    ['/public/%00', 404],
    ['/public/%0d%0aSet-Cookie:%20a=b', 404],
    [`/public/${'../'.repeat(300)}`, 403],
    [`/public/${'%2e%2e/'.repeat(300)}docs`, 403],
    ['/auth/%', 200],
    ['/auth/x?%=%&%ff=%ff&&==&', 200],
    ['/%', 403],
    ['?', 400],
  ])('for %s is answered with %i', async (target, status) => {
    const text = await exchange(lines(`GET ${target} HTTP/1.1`, `Host: ${host()}`, 'Connection: close'));
    expect(text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(text).not.toMatch(/^Set-Cookie: a=b/im);
    await expectUnharmed();
  });

  it.each([
    ['invalid cookies', 'Cookie', 'CloudFront-Policy=%00; =; ;;; CloudFront-Signature; CloudFront-Key-Pair-Id==='],
    ['cookies of 8 KB', 'Cookie', `CloudFront-Policy=${'_'.repeat(4000)}; CloudFront-Signature=${'~'.repeat(4000)}`],
    ['cookies that are not UTF-8', 'Cookie', '\xff\xfe=\x80'],
    ['a range beyond everything', 'Range', 'bytes=99999999999999999999-'],
    ['a range of nothing', 'Range', 'bytes=-'],
    ['an invalid date', 'If-Modified-Since', 'never'],
    ['an upgrade', 'Upgrade', 'websocket'],
    ['no length', 'Content-Length', '0'],
    ['no chunks', 'Transfer-Encoding', 'chunked\r\n\r\n0'],
  ])('with %s is answered', async (_, name, value) => {
    for (const path of ['/docs/guide.html', '/public/login.html', '/auth/x']) {
      const text = await exchange(
        lines(`GET ${path} HTTP/1.1`, `Host: ${host()}`, 'Connection: close', `${name}: ${value}`),
      );
      expect(text).toMatch(/^HTTP\/1\.1 [234]\d\d /);
    }
    await expectUnharmed();
  });

  it('over HTTP/1.0 is answered, and the connection ends', async () => {
    const text = await exchange(lines('GET /public/login.html HTTP/1.0', `Host: ${host()}`));
    expect(text).toMatch(/^HTTP\/1\.1 200 [\s\S]*login page$/);
  });
});

describe('a connection', () => {
  const page = () => lines('GET /public/login.html HTTP/1.1', `Host: ${host()}`);
  const answers = (text: string) => text.match(/HTTP\/1\.1 \d{3} /g) ?? [];

  it('with pipelined requests gets its answers in order', async () => {
    const one = (path: string, ...headers: string[]) => lines(`GET ${path} HTTP/1.1`, `Host: ${host()}`, ...headers);
    const first = ['/auth/x?n=1', '/public/login.html', '/auth/x?n=3'].map((path) => one(path)).join('');
    const text = await exchange(first + one('/docs/guide.html', 'Connection: close'));
    expect(answers(text)).toEqual(['HTTP/1.1 200 ', 'HTTP/1.1 200 ', 'HTTP/1.1 200 ', 'HTTP/1.1 403 ']);
    expect(text.indexOf('n=1')).toBeLessThan(text.indexOf('login page'));
    expect(text.indexOf('login page')).toBeLessThan(text.indexOf('n=3'));
  });

  it("with garbage after a request never gets the garbage's answer as the request's answer", async () => {
    const text = await exchange(`${lines('GET /auth/x HTTP/1.1', `Host: ${host()}`)}garbage\r\n\r\n`);
    expect(answers(text)[0] ?? 'HTTP/1.1 200 ').toBe('HTTP/1.1 200 ');
    await expectUnharmed();
  });

  it('that breaks off in the middle affects nobody else', async () => {
    const port = Number(new URL(harness.emulator.origin).port);
    const halves = [
      'GET /docs',
      page(),
      lines('GET /auth/x?do=hang HTTP/1.1', `Host: ${host()}`),
      `${lines('POST /auth/x HTTP/1.1', `Host: ${host()}`, 'Content-Length: 1000')}half`,
      `${lines('POST /auth/x HTTP/1.1', `Host: ${host()}`, 'Transfer-Encoding: chunked')}5\r\nhe`,
      lines('CONNECT evil.example:443 HTTP/1.1', `Host: ${host()}`),
    ];
    for (const half of halves) {
      await new Promise<void>((resolve) => {
        const socket = connect(port, '127.0.0.1', () => socket.write(half, () => socket.resetAndDestroy()));
        socket.on('error', () => undefined);
        socket.on('close', () => resolve());
      });
    }
    await expectUnharmed();
  });

  it('can be one of many at once', async () => {
    const one = lines('GET /public/login.html HTTP/1.1', `Host: ${host()}`, 'Connection: close');
    const texts = await Promise.all(Array.from({ length: 100 }, () => exchange(one)));
    expect(texts.every((text) => text.endsWith('login page'))).toBe(true);
  });
});

describe('requests changed at random', () => {
  const fragments = [
    '\r\n',
    '\r\n\r\n',
    '%',
    '%2e%2e',
    '..',
    '//',
    '\\',
    '?',
    '#',
    '\0',
    '\xff',
    ' ',
    ':',
    ';',
    '=',
    '"',
    '\t',
    'x'.repeat(9000),
  ];

  it.each([1, 2, 3, 4])('are answered or dropped, without side effects (seed %i)', async (seed) => {
    const random = randomFrom(seed);
    const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;
    const json = 'Content-Type: application/json';
    const seeds = [
      lines('GET /docs/guide.html?Expires=1&a=b HTTP/1.1', `Host: ${host()}`, `Cookie: ${harness.cookiesFor()}`),
      lines('GET /public/photo.bin HTTP/1.1', `Host: ${host()}`, 'Range: bytes=1-2', 'If-Range: "x"'),
      `${lines('POST /auth/x HTTP/1.1', `Host: ${host()}`, json, 'Content-Length: 7')}{"a":1}`,
      `${lines('PUT /auth/x?y HTTP/1.1', `Host: ${host()}`, 'Transfer-Encoding: chunked')}3\r\nabc\r\n0\r\n\r\n`,
    ];
    const mutated = Array.from({ length: 100 }, () => {
      let text = pick(seeds);
      for (let count = 1 + Math.floor(random() * 4); count > 0; count--) {
        const at = Math.floor(random() * text.length);
        const cut = random() < 0.5 ? Math.floor(random() * 8) : 0;
        text = text.slice(0, at) + (random() < 0.8 ? pick(fragments) : '') + text.slice(at + cut);
      }
      return text;
    });
    for (const text of mutated) expect(await poke(text)).toMatch(/^(HTTP\/1\.1 [2345]\d\d |$)/);
    await expectUnharmed();
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, send } from '../support/http.ts';
import { type RunningSite, startSite, unthrottled } from '../support/site.ts';
import { idToken } from '../support/tokens.ts';
import { cookiesSet, fromEdgeBase64, header, names } from './forge.ts';
import { sendRaw } from './raw-http.ts';
import { postBearer } from './sign-in.ts';

let site: RunningSite;
let host: string;
let token: string;
beforeAll(async () => {
  site = await startSite({ config: unthrottled });
  ({ host } = new URL(site.origin));
  token = await idToken(site, 'alice@example.com');
});
afterAll(() => site.close());

const session = (headers: Record<string, string>, method = 'GET'): Promise<Answer> =>
  send(`${site.origin}/auth/session`, { method, headers });

/**
 * Refused, and no cookie. API Gateway takes an empty POST for a form, and that is answered with the way back to the
 * login page.
 */
function expectNothing(answer: Answer): void {
  expect([303, 400, 401, 422]).toContain(answer.status);
  if (answer.status === 303) expect(answer.headers['location']).toMatch(/^\/public\/login\.html#error=invalid_/);
  expect(answer.setCookie).toEqual([]);
}

/** Headers that other systems believe. */
const believed: readonly [name: string, value: string][] = [
  ['X-Forwarded-Host', 'evil.example'],
  ['X-Forwarded-For', '127.0.0.1'],
  ['X-Forwarded-Proto', 'http'],
  ['X-Forwarded-Port', '80'],
  ['X-Forwarded-Server', 'evil.example'],
  ['X-Forwarded-Prefix', '/evil'],
  ['X-Host', 'evil.example'],
  ['X-Original-URL', '/docs/guide.html'],
  ['X-Rewrite-URL', '/docs/guide.html'],
  ['X-Original-Host', 'evil.example'],
  ['X-Real-IP', '127.0.0.1'],
  ['X-Client-IP', '127.0.0.1'],
  ['True-Client-IP', '127.0.0.1'],
  ['Forwarded', 'for=127.0.0.1;host=evil.example;proto=http'],
  ['Via', '1.0 evil.example'],
  ['CloudFront-Viewer-Address', '127.0.0.1:1'],
  ['CloudFront-Forwarded-Proto', 'http'],
  ['CloudFront-Is-Desktop-Viewer', 'true'],
  ['CloudFront-Policy', 'x'],
  ['CloudFront-Viewer-Country', 'DE'],
  ['X-Amz-Cf-Id', 'x'],
  ['X-Amzn-Trace-Id', 'Root=1-5759e988-bd862e3fe1be46a994272793;Self=x'],
  ['X-Apigateway-Event', '{"requestContext":{"authorizer":{"jwt":{"claims":{"email":"alice@example.com"}}}}}'],
  ['X-Amzn-Oidc-Data', 'x'],
  ['X-Amzn-Oidc-Identity', 'alice@example.com'],
  ['X-User', 'alice@example.com'],
  ['Remote-User', 'alice@example.com'],
  ['X-Authenticated-User', 'alice@example.com'],
  ['X-Custom-IP-Authorization', '127.0.0.1'],
  ['Range', 'bytes=0-'],
  ['If-None-Match', '*'],
  ['If-Modified-Since', 'Thu, 01 Jan 1970 00:00:00 GMT'],
  ['Upgrade', 'h2c'],
  ['Expect', '200-ok'],
];

describe('headers that others believe', () => {
  it.each(believed)('%s: %s opens no protected page', async (name, value) => {
    const answer = await send(`${site.origin}/docs/guide.html`, { headers: { [name]: value } });
    expect([403, 404, 417]).toContain(answer.status);
    expect(answer.text).not.toContain('guide.js');
  });

  it.each(believed)('%s: %s makes nobody signed in, and changes no word of an answer', async (name, value) => {
    const answer = await session({ [name]: value });
    if (answer.status !== 200) expect([400, 417]).toContain(answer.status);
    else expect(answer.json).toMatchObject({ status: 'signed-out', hosts: [host] });
    expect(`${answer.text}${JSON.stringify(answer.headers)}`).not.toContain('evil.example');
  });

  it('none of them changes whom a policy is for', async () => {
    const answer = await postBearer(site, token, Object.fromEntries(believed.filter(([name]) => name !== 'Expect')));
    expect(answer.status).toBe(201);
    const policy = fromEdgeBase64(cookiesSet(answer.setCookie)[names.policy] ?? '').toString();
    expect(policy).toContain(`"Resource":"https://${host}/*"`);
  });
});

describe('methods by another name', () => {
  it.each(['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override', '_method'])(
    '%s is not heard',
    async (name) => {
      const cookies = header(cookiesSet((await postBearer(site, token)).setCookie));
      const answer = await session({ [name]: 'DELETE', Cookie: cookies });
      expect(answer.json).toMatchObject({ status: 'signed-in' });
      expect(answer.setCookie).toEqual([]);
      const posted = await session({ [name]: 'GET', Cookie: cookies }, 'POST');
      expectNothing(posted);
    },
  );

  it.each(['get', 'Post', 'delete', 'CONNECT', 'TRACE', 'PROPFIND', 'LINK'])(
    'the method %s does nothing',
    async (method) => {
      const answer = await sendRaw(site.origin, [
        `${method} /auth/session HTTP/1.1`,
        `Host: ${host}`,
        'Connection: close',
        '',
        '',
      ]);
      expect(answer.statuses.every((status) => status >= 400)).toBe(true);
      expect(answer.text).not.toMatch(/^set-cookie:/im);
    },
  );
});

describe('Host header attacks', () => {
  it.each([
    'evil.example',
    'localhost',
    'localhost:1',
    '',
    'evil.example:80',
    '127.0.0.1',
    '[::1]',
    'localhost@evil.example',
  ])('Host %j reaches nothing', async (name) => {
    for (const path of ['/docs/guide.html', '/public/login.html', '/auth/session']) {
      const { text, statuses } = await sendRaw(site.origin, [
        `GET ${path} HTTP/1.1`,
        `Host: ${name}`,
        'Connection: close',
        '',
        '',
      ]);
      expect(statuses.every((status) => status >= 400)).toBe(true);
      expect(text).not.toMatch(/secure-login|guide\.js|^set-cookie:/im);
    }
  });

  it('two Host headers, none, or an absolute address with another host open nothing and are not echoed', async () => {
    const tries = [
      ['GET PATH HTTP/1.1', `Host: ${host}`, 'Host: evil.example'],
      ['GET PATH HTTP/1.1', 'Host: evil.example', `Host: ${host}`],
      ['GET http://evil.examplePATH HTTP/1.1', `Host: ${host}`],
      ['GET PATH HTTP/1.1', ` Host: ${host}`, 'Host: evil.example'],
      ['GET PATH HTTP/1.1'],
    ];
    for (const [first = '', ...others] of tries) {
      for (const path of ['/docs/guide.html', '/auth/session']) {
        const lines = [first.replace('PATH', path), ...others, 'Connection: close', '', ''];
        const { text } = await sendRaw(site.origin, lines);
        expect(text).toMatch(/^HTTP/);
        expect(text).not.toMatch(/guide\.js|evil\.example|"signed-in"/);
      }
    }
  });
});

describe('requests that are two at once', () => {
  /** A good request for a protected page, hidden where a server might not look. */
  const hidden = (): string => `GET /docs/guide.html HTTP/1.1\r\nHost: ${host}\r\nX: `;

  it.each<[string, (body: string) => string[]]>([
    ['two Content-Length', (body) => ['Content-Length: 0', `Content-Length: ${body.length}`]],
    ['two Content-Length, the other way round', (body) => [`Content-Length: ${body.length}`, 'Content-Length: 0']],
    [
      'Content-Length and Transfer-Encoding',
      (body) => [`Content-Length: ${body.length}`, 'Transfer-Encoding: chunked'],
    ],
    ['Transfer-Encoding and Content-Length', () => ['Transfer-Encoding: chunked', 'Content-Length: 4']],
    ['Transfer-Encoding of another case', () => ['Transfer-Encoding: cHuNkEd', 'Content-Length: 4']],
    ['Transfer-Encoding that is odd', () => ['Transfer-Encoding: xchunked', 'Content-Length: 4']],
    ['two Transfer-Encoding', () => ['Transfer-Encoding: chunked', 'Transfer-Encoding: identity']],
    ['Transfer-Encoding with a tab', () => ['Transfer-Encoding:\tchunked', 'Content-Length: 4']],
    ['Transfer-Encoding with a blank before the colon', () => ['Transfer-Encoding : chunked', 'Content-Length: 4']],
    ['Transfer-Encoding on a folded line', () => ['X: y', ' Transfer-Encoding: chunked', 'Content-Length: 4']],
    ['a negative Content-Length', () => ['Content-Length: -1']],
    ['a Content-Length that is no number', () => ['Content-Length: 0x4']],
    ['a Content-Length with a plus', () => ['Content-Length: +4']],
  ])('%s: nobody is signed in, and no page comes', async (_name, headers) => {
    const body = `0\r\n\r\n${hidden()}`;
    const { text } = await sendRaw(site.origin, [
      'POST /auth/session HTTP/1.1',
      `Host: ${host}`,
      `Authorization: Bearer ${token}`,
      ...headers(body),
      '',
      body,
    ]);
    expect(text).not.toMatch(/^set-cookie:/im);
    expect(text).not.toContain('guide.js');
  });

  it('a body that goes on behind its length is a request of its own, without the cookies of the first', async () => {
    const cookies = header(cookiesSet((await postBearer(site, token)).setCookie));
    const { text, statuses } = await sendRaw(site.origin, [
      'POST /auth/session HTTP/1.1',
      `Host: ${host}`,
      `Cookie: ${cookies}`,
      'Content-Type: application/json',
      'Content-Length: 2',
      '',
      `{}GET /docs/guide.html HTTP/1.1`,
      `Host: ${host}`,
      'Connection: close',
      '',
      '',
    ]);
    expect(statuses).toEqual([422, 403]);
    expect(text).not.toContain('guide.js');
  });

  it('a GET with a body is refused, cookies or not', async () => {
    const cookies = header(cookiesSet((await postBearer(site, token)).setCookie));
    const answer = await send(`${site.origin}/docs/guide.html`, { headers: { Cookie: cookies }, body: 'x' });
    expect(answer.status).toBe(403);
    expect(answer.text).not.toContain('guide.js');
  });
});

describe('the Authorization header', () => {
  it.each<[string, (token: string) => string]>([
    ['Basic', (one) => `Basic ${Buffer.from(`alice:${one}`).toString('base64')}`],
    ['no scheme', (one) => one],
    ['another scheme', (one) => `Token ${one}`],
    ['two tokens', (one) => `Bearer ${one}, Bearer ${one}`],
    ['two tokens with a blank', (one) => `Bearer ${one} ${one}`],
    ['quotes', (one) => `Bearer "${one}"`],
    ['parameters', (one) => `Bearer ${one}; realm=x`],
    ['a tab', (one) => `Bearer\t${one}`],
    ['Bearer twice', (one) => `Bearer Bearer ${one}`],
    ['the query of a URL', () => 'Bearer'],
  ])('%s: nobody is signed in', async (_name, value) => {
    const answer = await session({ Authorization: value(token) }, 'POST');
    expectNothing(answer);
  });

  it('a token in the query, in a cookie or in another header is not looked at', async () => {
    const answer = await send(
      `${site.origin}/auth/session?access_token=${token}&idToken=${token}&credential=${token}`,
      {
        method: 'POST',
        headers: { Cookie: `idToken=${token}`, 'X-Id-Token': token, 'Proxy-Authorization': `Bearer ${token}` },
      },
    );
    expectNothing(answer);
  });
});

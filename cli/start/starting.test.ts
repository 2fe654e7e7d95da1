import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { emptyBody, headerOf, type Request } from '../../emulator/message/http-message.ts';
import { startingAnswer } from './starting.ts';

const navigation = 'text/html,application/xhtml+xml,*/*;q=0.8';
function answer(path: string, accept: string | undefined, method = 'GET') {
  const headers: Request['headers'] = accept === undefined ? [] : [['Accept', accept]];
  const response = startingAnswer({
    method,
    path,
    query: undefined,
    headers,
    body: emptyBody,
    ip: '127.0.0.1',
    httpVersion: '1.1',
  });
  const header = (name: string) => headerOf(response.headers, name);
  expect([response.status, header('retry-after'), header('cache-control')]).toEqual([503, '1', 'no-store']);
  return { type: header('content-type'), text: String(response.body), header };
}

describe('startingAnswer', () => {
  it('is a page for a browser that opens any address, and runs nothing but its own script', () => {
    const { type, text, header } = answer('/docs/guide.html', navigation);
    expect(type).toBe('text/html; charset=utf-8');
    expect(text).toContain('<h1>Your site is starting</h1>');
    const policy = header('content-security-policy') ?? '';
    expect(policy).toMatch(/^default-src 'none'; /);
    for (const tag of ['style', 'script']) {
      const [, content = ''] = new RegExp(`<${tag}[^>]*>(.*)</${tag}>`, 's').exec(text) ?? [];
      expect(policy).toContain(`${tag}-src 'sha256-${createHash('sha256').update(content).digest('base64')}'`);
    }
  });

  it('is a page that reloads without scripts, too', () => {
    expect(answer('/', navigation).text).toContain('<noscript><meta http-equiv="refresh" content="2"></noscript>');
  });

  it.each([
    ['curl', '*/*', 'GET'],
    ['a client that says nothing', undefined, 'GET'],
    ['an image of a page', 'image/avif,image/webp,*/*', 'GET'],
    ['a form, which must not be sent again unasked', navigation, 'POST'],
  ])('is a line of text for %s', (_, accept, method) => {
    expect(answer('/docs/', accept, method)).toMatchObject({
      type: 'text/plain; charset=utf-8',
      text: 'The site is starting. Try again in a moment.\n',
    });
  });

  it("is the API's problem at the API's addresses, for which the elements wait", () => {
    const { type, text } = answer('/auth/session', navigation);
    expect(type).toBe('application/problem+json');
    expect(JSON.parse(text)).toMatchObject({ status: 503, code: 'temporarily_unavailable' });
  });
});

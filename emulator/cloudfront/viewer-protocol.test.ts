import { describe, expect, it } from 'vitest';
import { emptyBody, type Request } from '../message/http-message.ts';
import { answerHttp } from './viewer-protocol.ts';

const request: Request = {
  method: 'GET',
  path: '/a',
  query: undefined,
  headers: [],
  body: emptyBody,
  ip: '127.0.0.1',
  httpVersion: '1.1',
};
const redirect = (change: Partial<Request>) =>
  answerHttp('redirect-to-https', { ...request, ...change }, 'site.example', 'id');

describe('answerHttp', () => {
  it.each([
    ['GET', 301],
    ['HEAD', 301],
    ['POST', 307],
    ['PUT', 307],
    ['DELETE', 307],
    ['OPTIONS', 307],
    ['PATCH', 307],
  ])('redirects %s with %i', (method, status) => {
    expect(redirect({ method })?.status).toBe(status);
  });

  it('keeps the query, even an empty one', () => {
    expect(redirect({ query: 'x=1' })?.headers).toContainEqual(['Location', 'https://site.example/a?x=1']);
    expect(redirect({ query: '' })?.headers).toContainEqual(['Location', 'https://site.example/a?']);
  });

  it('refuses an HTTP/1.0 request that would need a 307', () => {
    expect(redirect({ method: 'POST', httpVersion: '1.0' })?.status).toBe(403);
    expect(redirect({ httpVersion: '1.0' })?.status).toBe(301);
  });

  it('refuses http where only https is allowed, and accepts it where both are allowed', () => {
    expect(answerHttp('https-only', request, 'site.example', 'id')?.status).toBe(403);
    expect(answerHttp('allow-all', request, 'site.example', 'id')).toBeUndefined();
  });
});

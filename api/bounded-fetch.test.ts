import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { fetchBounded } from './bounded-fetch.ts';
import { type StubServer, startKeyServer } from './testing/stub-google.ts';

let server: StubServer | undefined;
afterEach(async () => {
  await server?.close();
});

async function fetchFrom(answer: (response: ServerResponse) => void): Promise<string> {
  server = await startKeyServer(answer);
  return fetchBounded(`${server.origin}/certs`);
}

describe('fetchBounded', () => {
  it('returns the text', async () => {
    expect(await fetchFrom((response) => response.end('{"keys":[]}'))).toBe('{"keys":[]}');
  });

  it.each<[string, (response: ServerResponse) => void, string]>([
    ['an error', (response) => response.writeHead(500).end('secret'), 'status 500'],
    ['a redirect', (response) => response.writeHead(302, { location: 'https://evil.example' }).end(), 'status 302'],
    ['too much', (response) => response.end('x'.repeat(300_000)), 'too large'],
    ['an answer that breaks off', (response) => breakOff(response), 'connection'],
    ['a connection that breaks', (response) => response.destroy(), 'ECONNRESET'],
    ['an answer that never ends', (response) => response.write('{'), 'timeout'],
  ])('refuses %s', async (_name, answer, cause) => {
    await expect(fetchFrom(answer)).rejects.toThrow(new Error(cause));
  });

  it('refuses when nobody listens, over http and https', async () => {
    await expect(fetchBounded('http://127.0.0.1:1/')).rejects.toThrow('ECONNREFUSED');
    await expect(fetchBounded('https://127.0.0.1:1/')).rejects.toThrow('ECONNREFUSED');
  });
});

function breakOff(response: ServerResponse): void {
  response.writeHead(200, { 'content-length': '100' });
  response.write('{', () => response.destroy());
}

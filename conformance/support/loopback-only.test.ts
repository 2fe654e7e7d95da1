import { createServer, get } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { close, listen } from '../../emulator/message/loopback-server.ts';

describe('tests', () => {
  it.each([
    ['a socket', () => connect(443, 'accounts.google.com')],
    ['a socket by options', () => connect({ host: '192.0.2.1', port: 80 })],
    ['a request', () => get('http://accounts.google.com/')],
  ])('cannot reach the network with %s', async (_, reach) => {
    await expect((async () => reach())()).rejects.toThrow(/a test asked the network for/);
  });

  it('cannot reach the network with fetch', async () => {
    const reason = await fetch('https://accounts.google.com/').catch((error: Error) => String(error.cause));
    expect(reason).toMatch(/a test asked the network for/);
  });

  it('reach this machine', async () => {
    const server = createServer((_, response) => response.end('here'));
    const port = await listen(server, 0);
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('here');
    await close(server);
  });
});

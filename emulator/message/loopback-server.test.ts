import { Agent, createServer, get, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { close, listen } from './loopback-server.ts';

describe('listen', () => {
  it('accepts connections from this machine only', async () => {
    const server = createServer();
    const port = await listen(server, 0);
    expect(server.address()).toEqual({ address: '127.0.0.1', family: 'IPv4', port });
    await close(server);
    expect(server.listening).toBe(false);
  });

  it('rejects with one line that names a port in use, and with the reason otherwise', async () => {
    const [first, second] = [createServer(), createServer()];
    const port = await listen(first, 0);
    await expect(listen(second, port)).rejects.toThrow(`Port ${port} is already in use; choose another one.`);
    await close(first);
    await expect(listen(second, 65_536)).rejects.toThrow(/port/i);
    await close(second);
  });

  it('survives a connection that could not be accepted', async () => {
    const server = createServer((_, response) => response.end('here'));
    const port = await listen(server, 0);
    server.emit('error', Object.assign(new Error('too many open files'), { code: 'EMFILE' }));
    expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe('here');
    await close(server);
  });

  it('ends no idle connection while a request is on its way', async () => {
    const sockets = new Set<Socket>();
    const server = createServer((request, response) => {
      sockets.add(request.socket);
      response.end();
    });
    const agent = new Agent({ keepAlive: true });
    try {
      const port = await listen(server, 0);
      const first = await ask(port, agent);
      // Node announces the time after which it would end the connection.
      expect([first.headers['keep-alive'], [...sockets].map(({ timeout }) => timeout || undefined)]).toEqual([
        undefined,
        [undefined],
      ]);
      await ask(port, agent);
      expect(sockets.size).toBe(1);
    } finally {
      agent.destroy();
      await close(server);
    }
  });
});

const ask = (port: number, agent: Agent): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const request = get({ host: '127.0.0.1', port, agent }, (response) => {
      response.resume().once('end', () => setImmediate(resolve, response));
    });
    request.on('error', reject);
  });

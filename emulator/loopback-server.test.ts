import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { close, listen } from './loopback-server.ts';

describe('listen', () => {
  it('takes connections of this machine only', async () => {
    const server = createServer();
    const port = await listen(server, 0);
    expect(server.address()).toEqual({ address: '127.0.0.1', family: 'IPv4', port });
    await close(server);
    expect(server.listening).toBe(false);
  });

  it('rejects with one line that names a taken port, and with the reason otherwise', async () => {
    const [first, second] = [createServer(), createServer()];
    const port = await listen(first, 0);
    await expect(listen(second, port)).rejects.toThrow(`Port ${port} is already in use; choose another one.`);
    await close(first);
    await expect(listen(second, 65_536)).rejects.toThrow(/port/i);
    await close(second);
  });

  it('outlives a connection that could not be taken', async () => {
    const server = createServer((_, response) => response.end('here'));
    const port = await listen(server, 0);
    server.emit('error', Object.assign(new Error('too many open files'), { code: 'EMFILE' }));
    expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe('here');
    await close(server);
  });
});

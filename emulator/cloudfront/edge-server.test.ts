import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Response } from '../message/http-message.ts';
import { close, listen } from '../message/loopback-server.ts';
import { ask, askRaw } from '../testing/ask.ts';
import { createEdgeServer } from './edge-server.ts';

let server: ReturnType<typeof createEdgeServer> | undefined;
const faults: unknown[] = [];
afterEach(async () => {
  faults.length = 0;
  if (server !== undefined) await close(server);
});

async function serving(serve: () => Promise<Response>): Promise<string> {
  const created = createEdgeServer({ knowsHost: () => true, serve, onFault: (error) => faults.push(error) });
  server = created;
  return `http://127.0.0.1:${await listen(created, 0)}`;
}
const answer = (headers: Response['headers']): Response => ({ status: 200, headers, body: Buffer.from('x') });

describe('createEdgeServer', () => {
  it('answers 500 and reports the fault if serving fails', async () => {
    const fault = new Error('a fault');
    const origin = await serving(() => Promise.reject(fault));
    const { status, body } = await ask(origin, '/');
    expect([status, faults]).toEqual([500, [fault]]);
    expect(body).toContain('The emulator failed; its log says why.');
    expect(body).not.toContain('a fault');
  });

  it('answers 500 for headers that cannot be sent', async () => {
    const origin = await serving(async () => answer([['X-A', 'b\r\nSet-Cookie: c=d']]));
    const text = await askRaw(origin, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    expect(text).toMatch(/^HTTP\/1\.1 500 /);
    expect(text).not.toContain('Set-Cookie');
    expect(faults).toMatchObject([{ code: 'ERR_INVALID_CHAR' }]);
  });

  it('reports no fault if a viewer goes away', async () => {
    const origin = await serving(async () => answer([]));
    const socket = connect(Number(new URL(origin).port), '127.0.0.1', () =>
      socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf'),
    );
    await new Promise<void>((resolve) => {
      server?.once('request', (incoming) => {
        incoming.once('close', resolve);
        socket.destroy();
      });
    });
    expect((await ask(origin, '/')).status).toBe(200);
    expect(faults).toEqual([]);
  });

  it('sends the length of what it sends, whatever the origin said', async () => {
    const origin = await serving(async () => answer([['Content-Length', '99']]));
    expect(await ask(origin, '/')).toMatchObject({ body: 'x', headers: { 'content-length': '1' } });
    const head = await ask(origin, '/', { method: 'HEAD' });
    expect(head.headers['content-length']).toBe('99');
  });
});

import type { ServerResponse } from 'node:http';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type StubServer, startKeyServer } from '../testing/stub-google.ts';
import { fetchBounded } from './bounded-fetch.ts';

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

  it('asks for JSON', async () => {
    expect(await fetchFrom((response) => response.end(response.req.headers.accept))).toBe('application/json');
  });

  it.each<[string, (response: ServerResponse) => void, string]>([
    ['an error', (response) => response.writeHead(500).end('secret'), 'status 500'],
    ['a redirect', (response) => response.writeHead(302, { location: 'https://evil.example' }).end(), 'status 302'],
    ['a key set of 1 MB', (response) => response.end('x'.repeat(1_048_576)), 'too large'],
    ['one byte too many', (response) => response.end('x'.repeat(262_145)), 'too large'],
    ['too much by its own account', (response) => announce(response, 262_145), 'too large'],
    ['1 MB of unknown length', (response) => stream(response, 1_048_576), 'too large'],
    ['an answer that breaks off', (response) => breakOff(response), 'connection'],
    ['a connection that breaks', (response) => response.destroy(), 'ECONNRESET'],
    ['an answer that never ends', (response) => response.write('{'), 'timeout'],
  ])('refuses %s', async (_name, answer, cause) => {
    await expect(fetchFrom(answer)).rejects.toThrow(new Error(cause));
  });

  it('ends the connection of an answer that it refuses, instead of reading on', async () => {
    const closed = Promise.withResolvers<void>();
    const endless = (response: ServerResponse): void => {
      response.once('close', closed.resolve);
      response.write('x'.repeat(300_000));
    };
    await expect(fetchFrom(endless)).rejects.toThrow('too large');
    await closed.promise;
  });

  it('returns 256 KiB whole', async () => {
    expect(await fetchFrom((response) => response.end('x'.repeat(262_144)))).toHaveLength(262_144);
    expect(await fetchFrom((response) => stream(response, 262_144))).toHaveLength(262_144);
  });

  it('has a limit of two seconds unless a shorter one is passed', async () => {
    const limits: unknown[] = [];
    const setTimer = vi.spyOn(globalThis, 'setTimeout').mockImplementation(((_fail: () => void, ms: number) => {
      limits.push(ms);
    }) as never);
    try {
      await expect(fetchBounded('http://127.0.0.1:1/')).rejects.toThrow('ECONNREFUSED');
      await expect(fetchBounded('http://127.0.0.1:1/', 500)).rejects.toThrow('ECONNREFUSED');
    } finally {
      setTimer.mockRestore();
    }
    expect(limits).toEqual([2_000, 500]);
  });

  it('gives up after the given time', async () => {
    server = await startKeyServer((response) => response.write('{'));
    await expect(fetchBounded(`${server.origin}/certs`, 1)).rejects.toThrow(new Error('timeout'));
  });

  it('reads an answer that came while the process was frozen, although its timer is over', async () => {
    const thread = await startKeyThread();
    try {
      const began = performance.now();
      const fetching = fetchBounded(thread.url, 100);
      await thread.asked;
      // As Lambda does: nothing runs here, and time goes on.
      thread.freezeUntilAnswered();
      while (performance.now() - began <= 100);
      expect(await fetching).toBe('{"keys":[]}');
    } finally {
      await thread.stop();
    }
  });

  it('opens a new connection each time: one from before a freeze may be dead', async () => {
    const sockets = new Set<unknown>();
    server = await startKeyServer((response) => {
      sockets.add(response.socket);
      response.end('{}');
    });
    await fetchBounded(`${server.origin}/certs`);
    await fetchBounded(`${server.origin}/certs`);
    expect(sockets.size).toBe(2);
  });

  it('fails if nobody listens, over http and https', async () => {
    await expect(fetchBounded('http://127.0.0.1:1/')).rejects.toThrow('ECONNREFUSED');
    await expect(fetchBounded('https://127.0.0.1:1/')).rejects.toThrow('ECONNREFUSED');
  });
});

function breakOff(response: ServerResponse): void {
  response.writeHead(200, { 'content-length': '100' });
  response.write('{', () => response.destroy());
}

/** Says how long the answer is, and sends none of it. */
function announce(response: ServerResponse, bytes: number): void {
  response.writeHead(200, { 'content-length': String(bytes) }).flushHeaders();
}

/** Does not say how long the answer is. */
function stream(response: ServerResponse, bytes: number): void {
  for (let sent = 0; sent < bytes; sent += 65_536) response.write('x'.repeat(Math.min(65_536, bytes - sent)));
  response.end();
}

const keyThread = `
  const { createServer } = require('node:http');
  const { parentPort, workerData } = require('node:worker_threads');
  const gate = new Int32Array(workerData);
  const server = createServer((request, response) => {
    parentPort.postMessage('asked');
    // Not before the other thread is frozen.
    Atomics.wait(gate, 0, 0);
    response.end('{"keys":[]}', () => { Atomics.store(gate, 1, 1); Atomics.notify(gate, 1); });
  });
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
`;

/** A key server that goes on while this thread is frozen. */
async function startKeyThread() {
  const gate = new Int32Array(new SharedArrayBuffer(8));
  const worker = new Worker(keyThread, { eval: true, workerData: gate.buffer });
  const next = (): Promise<unknown> => new Promise((resolve) => void worker.once('message', resolve));
  const port = await next();
  return {
    url: `http://127.0.0.1:${String(port)}/certs`,
    asked: next(),
    freezeUntilAnswered(): void {
      Atomics.store(gate, 0, 1);
      Atomics.notify(gate, 0);
      Atomics.wait(gate, 1, 0);
    },
    stop: () => worker.terminate(),
  };
}

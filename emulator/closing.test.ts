import { connect, type Socket } from 'node:net';
import type { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startEmulator } from './emulator.ts';
import { startStandInGoogle } from './google/stand-in-google.ts';
import { ask } from './testing/ask.ts';
import { useEmulator } from './testing/harness.ts';

const harness = useEmulator();

const workers = new Set<Worker>();
const collect = (worker: Worker): unknown => workers.add(worker);
beforeAll(() => process.on('worker', collect));
afterAll(() => process.off('worker', collect));

/** Number of servers, connections and running threads in this process. */
function resources(): Record<string, number> {
  // An ended thread has no number any more.
  const threads = [...workers].filter(({ threadId }) => threadId > 0).length;
  const counts: Record<string, number> = { TCPServerWrap: 0, TCPSocketWrap: 0, threads };
  for (const name of process.getActiveResourcesInfo()) if (name in counts) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

/** Only the earlier resources remain. A closed handle stays in Node's list for a tick or two. */
const expectOnly = (before: Record<string, number>): Promise<void> =>
  vi.waitFor(() => expect(resources()).toEqual(before));

const open = (origin: string, text: string): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(origin).port), '127.0.0.1', () => {
      socket.write(text, () => resolve(socket));
    });
    socket.on('error', reject);
  });

describe('close', () => {
  it('leaves no server, connection or thread', async () => {
    const before = resources();
    const emulator = await startEmulator({ port: 0, onLog: () => {} });
    const google = await startStandInGoogle({ port: 0 });
    await emulator.load(harness.folder);
    await emulator.load(harness.folder);
    expect((await ask(emulator.origin, '/auth/x')).status).toBe(200);
    expect(resources()['TCPServerWrap']).toBe((before['TCPServerWrap'] ?? 0) + 3);
    expect(resources()['threads']).toBeGreaterThan(before['threads'] ?? 0);
    await emulator.close();
    await google.close();
    await expectOnly(before);
  });

  it('ends everything that hangs: a retiring Lambda, a waiting viewer, half a request', async () => {
    const before = resources();
    const emulator = await startEmulator({ port: 0, onLog: () => {} });
    await emulator.load(harness.folder);
    const { host } = new URL(emulator.origin);
    const waiting = await open(emulator.origin, `GET /auth/x?do=hang HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    const half = await open(emulator.origin, 'GET /docs');
    await emulator.load(harness.folder);
    const ends = [waiting, half].map((socket) => new Promise((resolve) => socket.on('close', resolve)));
    await emulator.close();
    await Promise.all(ends);
    await expectOnly(before);
  });

  it('can be called twice, and later loads are refused', async () => {
    const emulator = await startEmulator({ port: 0, onLog: () => {} });
    await emulator.close();
    await emulator.close();
    await expect(emulator.load(harness.folder)).rejects.toThrow('the emulator is closed');
  });

  it('waits for a pending load', async () => {
    const before = resources();
    const emulator = await startEmulator({ port: 0, onLog: () => {} });
    const loading = emulator.load(harness.folder);
    await emulator.close();
    await loading.catch(() => undefined);
    await expectOnly(before);
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

// A real worker thread is invisible to this process, so these tests replace its port with two functions.
const port = vi.hoisted(() => ({
  data: { modulePath: '', exportName: 'handler', gate: null as Int32Array | null },
  sent: [] as unknown[],
  listeners: [] as ((message: unknown) => void)[],
}));
vi.mock('node:worker_threads', () => ({
  get workerData() {
    return port.data;
  },
  parentPort: {
    postMessage: (message: unknown) => port.sent.push(message),
    on: (_event: string, listener: (message: unknown) => void) => port.listeners.push(listener),
  },
}));

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'emulator-thread-'));
  port.sent.length = 0;
  port.listeners.length = 0;
});
const machineDate = Date;
afterEach(() => {
  globalThis.Date = machineDate;
  rmSync(directory, { recursive: true });
});

async function start(code: string, exportName = 'handler', gate: Int32Array | null = null): Promise<void> {
  // A unique name, because Node caches imports.
  port.data = { modulePath: join(directory, `${port.listeners.length}.mjs`), exportName, gate };
  writeFileSync(port.data.modulePath, code);
  port.sent.length = 0;
  vi.resetModules();
  await import('./lambda-thread.ts');
  await vi.waitFor(() => expect(port.sent).toHaveLength(1));
}
const invoke = async (event: unknown): Promise<unknown> => {
  port.sent.length = 0;
  port.listeners.at(-1)?.({ id: '1', event, context: { awsRequestId: '1' }, now: Date.now(), limitMs: 1000 });
  await vi.waitFor(() => expect(port.sent).toHaveLength(1));
  return port.sent[0];
};

describe('the thread', () => {
  it('is ready once it has the handler, and returns JSON', async () => {
    await start('export const handler = async (event, context) => ({ event, id: context.awsRequestId });');
    expect(port.sent).toEqual([{ kind: 'ready' }]);
    expect(await invoke({ a: 1 })).toEqual({ kind: 'returned', id: '1', json: '{"event":{"a":1},"id":"1"}' });
  });

  it('reports the remaining time, and never less than zero', async () => {
    await start('export const handler = (event, context) => context.getRemainingTimeInMillis() <= 1000;');
    expect(await invoke({})).toMatchObject({ json: 'true' });
    await start(
      `export const handler = (event, context) => {
        const now = performance.now();
        performance.now = () => now + 1e9;
        try { return context.getRemainingTimeInMillis(); } finally { delete performance.now; }
      };`,
    );
    expect(await invoke({})).toMatchObject({ json: '0' });
  });

  it.each([
    ['an error', 'throw new TypeError("x")', { errorType: 'TypeError', errorMessage: 'x' }],
    ['a text', 'throw "x"', { errorType: 'string', errorMessage: 'x', trace: '' }],
  ])('reports %s that the handler throws', async (_, statement, expected) => {
    await start(`export const handler = async () => { ${statement}; };`);
    expect(await invoke({})).toMatchObject({ kind: 'failed', id: '1', ...expected });
  });

  it.each([
    ['nothing', 'export const handler = () => undefined;', { kind: 'returned', json: 'null' }],
    ['a value that is not JSON', 'export const handler = () => 1n;', { kind: 'failed', errorType: 'TypeError' }],
  ])('returns %s', async (_, code, expected) => {
    await start(code);
    expect(await invoke({})).toMatchObject(expected);
  });

  it('pauses when its last request is answered, and not before', async () => {
    const gate = new Int32Array(new SharedArrayBuffer(4));
    const stops: number[] = [];
    const wait = vi.spyOn(Atomics, 'wait').mockImplementation((_gate, _index, value) => {
      stops.push(Atomics.load(gate, 0), Number(value));
      return 'ok';
    });
    try {
      await start('export const handler = async (event) => event;', 'handler', gate);
      Atomics.store(gate, 0, 2);
      await invoke({});
      await invoke({});
      await vi.waitFor(() => expect(stops).toEqual([0, 0]));
    } finally {
      wait.mockRestore();
    }
  });

  it.each([
    ['no handler', 'export const other = 1;', 'exports no function handler'],
    ['a handler with a callback', 'export const handler = (a, b, c) => c();', 'takes a callback'],
    ['a bundle that throws', 'throw new Error("no settings");', 'no settings'],
  ])('refuses %s', async (_, code, message) => {
    await start(code);
    expect(port.sent).toMatchObject([{ kind: 'refused', errorMessage: expect.stringContaining(message) }]);
  });
});

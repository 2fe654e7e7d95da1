/** One worker thread with the bundle: starts and freezes it, passes messages, and reads its log lines. */
import { extname } from 'node:path';
import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';

/** Longest start, in milliseconds, as on the real service. */
const initLimitMs = 10_000;
/** Longest answer, in bytes. */
const maximumAnswerBytes = 6 * 1024 * 1024;

/** How an invocation ended. `failed`: the function threw, timed out or crashed. */
export type Invocation = { readonly kind: 'returned'; readonly value: unknown } | { readonly kind: 'failed' };

export interface ThreadData {
  readonly modulePath: string;
  readonly exportName: string;
  /** Counts the requests in the thread, which pauses while there are none. null: the thread keeps running. */
  readonly gate: Int32Array | null;
}

export interface InstanceOptions extends Omit<ThreadData, 'gate'> {
  readonly env: Readonly<Record<string, string>>;
  /** Whether the thread pauses while it has no request. */
  readonly freeze: boolean;
  readonly onLog: (line: string) => void;
}

export interface ToThread {
  readonly id: string;
  readonly event: unknown;
  readonly context: Readonly<Record<string, unknown>>;
  /** The emulator's time, in epoch milliseconds. */
  readonly now: number;
  /** Timeout of the service, in milliseconds. */
  readonly limitMs: number;
}

interface Failure {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace: string;
}

export type FromThread =
  | { readonly kind: 'ready' }
  | ({ readonly kind: 'refused' } & Failure)
  | { readonly kind: 'returned'; readonly id: string; readonly json: string }
  | ({ readonly kind: 'failed'; readonly id: string } & Failure);

export interface LambdaInstance {
  invoke(message: ToThread): Promise<Invocation>;
  /** Stops the thread. Pending requests fail. */
  stop(): Promise<unknown>;
  /** Resolves when the thread has ended, for any reason. */
  readonly ended: Promise<void>;
}

/** Starts a thread. Rejects if the bundle cannot be loaded. */
export async function startInstance({
  modulePath,
  exportName,
  env,
  freeze,
  onLog,
}: InstanceOptions): Promise<LambdaInstance> {
  const gate = freeze ? new Int32Array(new SharedArrayBuffer(4)) : null;
  const data: ThreadData = { modulePath, exportName, gate };
  const worker = new Worker(new URL(`./lambda-thread${extname(import.meta.url)}`, import.meta.url), {
    workerData: data,
    env,
    execArgv: [],
    stdout: true,
    stderr: true,
  });
  for (const stream of [worker.stdout, worker.stderr]) createInterface({ input: stream }).on('line', onLog);

  const waiting = new Map<string, (invocation: Invocation) => void>();
  const settle = (id: string, invocation: Invocation): void => {
    waiting.get(id)?.(invocation);
    waiting.delete(id);
  };
  const ready = Promise.withResolvers<void>();
  const refuse = (reason: string): void => ready.reject(new Error(`the Lambda did not start: ${reason}`));
  const timer = setTimeout(refuse, initLimitMs, 'it took more than 10 seconds');
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));

  worker.on('error', ({ name, message }) => onLog(JSON.stringify({ errorType: name, errorMessage: message })));
  worker.on('exit', () => {
    refuse('it stopped');
    for (const id of waiting.keys()) settle(id, { kind: 'failed' });
  });
  worker.on('message', (message: FromThread) => {
    switch (message.kind) {
      case 'ready':
        return ready.resolve();
      case 'refused':
        return refuse(message.errorMessage);
      case 'returned': {
        const tooLong = Buffer.byteLength(message.json) > maximumAnswerBytes;
        return settle(message.id, tooLong ? { kind: 'failed' } : { kind: 'returned', value: JSON.parse(message.json) });
      }
      case 'failed': {
        const { kind, ...failure } = message;
        onLog(JSON.stringify(failure));
        return settle(failure.id, { kind });
      }
    }
  });

  try {
    await ready.promise;
  } catch (error) {
    await worker.terminate();
    throw error;
  } finally {
    clearTimeout(timer);
  }
  return {
    ended,
    invoke(message) {
      const { promise, resolve } = Promise.withResolvers<Invocation>();
      waiting.set(message.id, resolve);
      if (gate !== null) {
        Atomics.add(gate, 0, 1);
        Atomics.notify(gate, 0);
      }
      worker.postMessage(message);
      return promise;
    },
    stop: () => worker.terminate(),
  };
}

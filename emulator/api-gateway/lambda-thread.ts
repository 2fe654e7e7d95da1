/** Code that runs in the Lambda's worker thread: loads the bundle, runs the handler, returns JSON, and freezes. */
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import type { FromThread, ThreadData, ToThread } from './lambda-instance.ts';

const data = workerData as ThreadData;
const report = (message: FromThread): void => parentPort?.postMessage(message);

const describe = (error: unknown): { errorType: string; errorMessage: string; trace: string } => ({
  errorType: error instanceof Error ? error.name : typeof error,
  errorMessage: error instanceof Error ? error.message : String(error),
  trace: error instanceof Error ? (error.stack ?? '') : '',
});

type Handler = (event: unknown, context: unknown) => unknown;

async function loadHandler(): Promise<Handler> {
  const module: Record<string, unknown> = await import(pathToFileURL(data.modulePath).href);
  const handler = module[data.exportName];
  if (typeof handler !== 'function') throw new Error(`${data.modulePath} exports no function ${data.exportName}`);
  // Node 24 on Lambda refuses callback handlers, which it detects by their number of parameters.
  if (handler.length >= 3) throw new Error(`the handler ${data.exportName} takes a callback, which Node 24 refuses`);
  return handler as Handler;
}

const machineDate = Date;
/** How far the emulator's clock is ahead of this machine's clock. */
let aheadMs = 0;

/** The bundle uses the emulator's clock, as a Lambda uses AWS's. */
globalThis.Date = class extends machineDate {
  constructor(...args: [] | [value: number | string | Date]) {
    super(...((args.length === 0 ? [machineDate.now() + aheadMs] : args) as [number]));
  }
  static override now(): number {
    return machineDate.now() + aheadMs;
  }
} as DateConstructor;

async function run(handler: Handler, { id, event, context, now, limitMs }: ToThread): Promise<FromThread> {
  aheadMs = now - machineDate.now();
  const deadline = performance.now() + limitMs;
  try {
    const getRemainingTimeInMillis = (): number => Math.max(0, deadline - performance.now());
    const value = await handler(event, { ...context, getRemainingTimeInMillis });
    return { kind: 'returned', id, json: JSON.stringify(value) ?? 'null' };
  } catch (error) {
    return { kind: 'failed', id, ...describe(error) };
  }
}

const written = (stream: NodeJS.WriteStream): Promise<unknown> => new Promise((resolve) => stream.write('', resolve));

/**
 * Pauses this thread until there is a request. Meanwhile no timer fires and nothing is read, but time passes, and data
 * sent in the meantime arrives afterwards.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
 */
async function freeze({ gate }: ThreadData): Promise<void> {
  if (gate === null || Atomics.load(gate, 0) > 0) return;
  await Promise.all([written(process.stdout), written(process.stderr)]);
  Atomics.wait(gate, 0, 0);
}

async function answer(handler: Handler, message: ToThread): Promise<void> {
  report(await run(handler, message));
  if (data.gate !== null) Atomics.sub(data.gate, 0, 1);
  await freeze(data);
}

async function start(): Promise<void> {
  try {
    const handler = await loadHandler();
    parentPort?.on('message', (message: ToThread) => void answer(handler, message));
    report({ kind: 'ready' });
  } catch (error) {
    report({ kind: 'refused', ...describe(error) });
  }
}

void start();

/**
 * Loaded into a process with --import and --expose-gc: at SIGUSR2 it collects garbage and prints the size of the heap
 * in use.
 */
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  process.on('SIGUSR2', () => {
    globalThis.gc();
    globalThis.gc();
    process.stdout.write(`heap ${process.memoryUsage().heapUsed}\n`);
  });
}

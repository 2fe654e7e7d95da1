import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Lambda, startLambda } from './lambda-worker.ts';

const code = `
let count = 0;
export const handler = async (event, context) => {
  count++;
  if (event.do === 'wait') await new Promise((resolve) => setTimeout(resolve, event.ms));
  if (event.do === 'hang') await new Promise(() => {});
  if (event.do === 'throw') throw event.what === undefined ? new TypeError('thrown on purpose') : event.what;
  if (event.do === 'exit') process.exit(3);
  if (event.do === 'later') setTimeout(() => { throw new Error('too late'); });
  if (event.do === 'large') return 'x'.repeat(6 * 1024 * 1024);
  if (event.do === 'circle') { const circle = {}; circle.circle = circle; return circle; }
  if (event.do === 'nothing') return undefined;
  console.error('to stderr');
  const left = context.getRemainingTimeInMillis();
  return { count, left, keys: Object.keys(context), node: process.env.NODE_OPTIONS };
};
export const three = (event, context, callback) => callback(null, 1);
export const slow = await (process.env.SLOW ? new Promise(() => {}) : () => 1);
`;
/** How far the emulator's clock is ahead, in milliseconds. */
let ahead = 0;
const logs: string[] = [];
const running = new Set<Lambda>();
let directory: string | undefined;
afterEach(async () => {
  await Promise.all([...running].map((lambda) => lambda.terminate()));
  running.clear();
  ahead = 0;
  logs.length = 0;
  if (directory !== undefined) rmSync(directory, { recursive: true });
  directory = undefined;
});

interface Change {
  readonly handler?: string;
  readonly code?: string;
  readonly timeoutSeconds?: number;
  readonly freeze?: boolean;
}

async function start(change: Change = {}): Promise<Lambda> {
  directory ??= mkdtempSync(join(tmpdir(), 'emulator-lambda-'));
  writeFileSync(join(directory, 'index.mjs'), change.code ?? code);
  const lambda = await startLambda({
    lambda: {
      name: 'auth',
      arn: 'arn:aws:lambda:eu-west-1:111122223333:function:auth',
      runtime: 'nodejs24.x',
      handler: change.handler ?? 'index.handler',
      timeoutSeconds: change.timeoutSeconds ?? 5,
      memoryMegabytes: 128,
      variables: {},
    },
    region: 'eu-west-1',
    directory,
    awsEndpoint: 'http://127.0.0.1:1',
    clock: () => Date.now() + ahead,
    onLog: (line) => logs.push(line),
    ...(change.freeze !== undefined && { freeze: change.freeze }),
  });
  running.add(lambda);
  return lambda;
}

describe('startLambda', () => {
  it("gives the bundle the emulator's clock, which tests may move, and keeps the time limit", async () => {
    const told = `export const handler = async (event, context) => [
      Date.now(), Date.parse(new Date()), new Date(5).getTime(), Date.UTC(1970, 0, 1, 0, 0, 1),
      context.getRemainingTimeInMillis() ];`;
    const lambda = await start({ code: told });
    for (ahead of [0, 3_600_000, -3_600_000]) {
      const { value } = (await lambda.invoke({})) as { value: number[] };
      const [now = 0, made = 0, five, second, left = 0] = value;
      expect(Math.abs(now - Date.now() - ahead)).toBeLessThan(60_000);
      expect(Math.abs(made - now)).toBeLessThan(2_000);
      expect([five, second]).toEqual([5, 1000]);
      expect(left > 0 && left <= 5000).toBe(true);
    }
  });

  it('keeps one instance, and tells it how long it may run', async () => {
    const lambda = await start();
    await lambda.invoke({});
    const second = await lambda.invoke({});
    expect(second).toMatchObject({ kind: 'returned', value: { count: 2 } });
    const { left, keys } = (second as unknown as { value: { left: number; keys: string[] } }).value;
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(5000);
    expect(keys).toEqual(expect.arrayContaining(['awsRequestId', 'functionName', 'invokedFunctionArn']));
  });

  it('treats an undefined answer as null', async () => {
    expect(await (await start()).invoke({ do: 'nothing' })).toEqual({ kind: 'returned', value: null });
  });

  it.each([
    ['an error', { do: 'throw' }, 'thrown on purpose'],
    ['something that is not an error', { do: 'throw', what: 'a text' }, 'a text'],
    ['an answer that is not JSON', { do: 'circle' }, 'circular'],
  ])('fails on %s, logs it, and continues', async (_, event, message) => {
    const lambda = await start();
    expect(await lambda.invoke(event)).toEqual({ kind: 'failed' });
    expect(logs.join('\n')).toContain(message);
    expect(await lambda.invoke({})).toMatchObject({ kind: 'returned', value: { count: 2 } });
  });

  it('fails on an answer over 6 MB', async () => {
    expect(await (await start()).invoke({ do: 'large' })).toEqual({ kind: 'failed' });
  });

  it('starts a fresh instance after a crash and after a timeout', async () => {
    const lambda = await start({ timeoutSeconds: 0.3 });
    expect(await lambda.invoke({ do: 'exit' })).toEqual({ kind: 'failed' });
    expect(await lambda.invoke({})).toMatchObject({ kind: 'returned', value: { count: 1 } });
    expect(await lambda.invoke({ do: 'hang' })).toEqual({ kind: 'failed' });
    expect(logs.join('\n')).toContain('Task timed out after 0.3 seconds');
    expect(await lambda.invoke({})).toMatchObject({ kind: 'returned', value: { count: 1 } });
  });

  it('survives an error that nobody catches', async () => {
    const lambda = await start();
    const both = await Promise.all([lambda.invoke({ do: 'later' }), lambda.invoke({ do: 'hang' })]);
    expect(both[1]).toEqual({ kind: 'failed' });
    expect(logs.join('\n')).toContain('too late');
    expect(await lambda.invoke({})).toMatchObject({ kind: 'returned', value: { count: 1 } });
  });

  it('finishes pending requests when it retires, and accepts no more', async () => {
    const lambda = await start();
    const before = lambda.invoke({ do: 'wait', ms: 100 });
    await lambda.retire();
    expect(await before).toMatchObject({ kind: 'returned', value: { count: 1 } });
    expect(await lambda.invoke({})).toEqual({ kind: 'failed' });
    expect(logs.join('\n')).toContain('the Lambda has been stopped');
  });

  it('fails pending requests when it is terminated', async () => {
    const lambda = await start();
    const before = lambda.invoke({ do: 'hang' });
    const retired = lambda.retire();
    await lambda.terminate();
    expect(await before).toEqual({ kind: 'failed' });
    await retired;
  });

  it.each([
    ['no bundle', { handler: 'other.handler' }, 'does not exist'],
    ['no handler', { handler: 'index.none' }, 'exports no function none'],
    ['a handler with a callback', { handler: 'index.three' }, 'takes a callback'],
    ['a bundle that ends the process', { code: 'process.exit(1);' }, 'it stopped'],
    ['a bundle that throws a text', { code: 'throw "no settings";' }, 'no settings'],
  ])('does not start with %s', async (_, change, message) => {
    await expect(start(change)).rejects.toThrow(message);
  });
});

describe('between two requests,', () => {
  /** Writes a line every millisecond from its first request on. Its answer does not wait for that. */
  const ticking = `
let ticking;
export const handler = async ({ lines = 0 }) => {
  ticking ??= setInterval(() => console.log('tick'), 1);
  for (let line = 0; line < lines; line++) console.log('line');
};`;
  const written = (text: string): number => logs.filter((line) => line === text).length;
  const pause = (): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, 100));
  /** Resolves once nothing is written any more. */
  async function silence(): Promise<void> {
    for (let before = -1; before < logs.length; await pause()) before = logs.length;
  }

  it('nothing in an instance runs, and all its output is in the log', async () => {
    const lambda = await start({ code: ticking });
    await lambda.invoke({ lines: 50 });
    await silence();
    expect(written('line')).toBe(50);
    const before = written('tick');
    await pause();
    expect(written('tick')).toBe(before);
  });

  it('time passes: a timer that was due fires with the next request', async () => {
    const lambda = await start({ code: ticking });
    await lambda.invoke({});
    await silence();
    const before = written('tick');
    await vi.waitFor(async () => {
      await lambda.invoke({});
      expect(written('tick')).toBeGreaterThan(before);
    });
  });

  it('an instance keeps running if freezing is off', async () => {
    const lambda = await start({ code: ticking, freeze: false });
    await lambda.invoke({});
    const before = written('tick');
    await vi.waitFor(() => expect(written('tick')).toBeGreaterThan(before + 20));
  });

  it('an instance stops at once, frozen or not', async () => {
    const lambda = await start();
    await lambda.invoke({});
    await silence();
    await lambda.retire();
    expect(await lambda.invoke({})).toEqual({ kind: 'failed' });
  });
});

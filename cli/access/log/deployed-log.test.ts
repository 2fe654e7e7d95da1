import { createServer, type Server } from 'node:http';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { close, listen } from '../../../emulator/message/loopback-server.ts';
import { deployedLog } from './deployed-log.ts';

/** One event of CloudWatch. */
interface Event {
  readonly eventId: string;
  readonly timestamp: number;
  readonly message: string;
}

type Answer =
  | { readonly events: readonly Event[]; readonly nextToken?: string }
  | { readonly error: string; readonly status?: number };

let server: Server;
let port: number;
let asked: Record<string, unknown>[];
let answers: (request: Record<string, unknown>) => Answer;
let clock: number;
let warnings: string[];

beforeEach(async () => {
  asked = [];
  warnings = [];
  clock = 1_800_000_000_000;
  server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const sent = JSON.parse(Buffer.concat(pieces).toString()) as Record<string, unknown>;
    asked.push({ ...sent, operation: request.headers['x-amz-target'] });
    const answer = answers(sent);
    const failed = 'error' in answer;
    const body = failed ? { __type: answer.error, message: 'said AWS' } : answer;
    response
      .writeHead(failed ? (answer.status ?? 400) : 200, { 'content-type': 'application/x-amz-json-1.1' })
      .end(JSON.stringify(body));
  });
  port = await listen(server, 0);
});
afterEach(() => close(server));

const group = '/aws/lambda/docs-prod-auth';

function source(maxAttempts = 1) {
  const client = new CloudWatchLogsClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'stub', secretAccessKey: 'stub' },
    maxAttempts,
  });
  const options = { client, site: 'docs', region: 'eu-west-1', logGroup: group, pollMs: 1 };
  return deployedLog({ ...options, now: () => clock, warn: (text) => warnings.push(text) });
}

async function all(sinceMs: number): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of source().lines({ sinceMs, follow: false, signal: new AbortController().signal }))
    lines.push(line);
  return lines;
}

/** Follows the log until there are `count` lines, or `enough` says so at a look. */
async function followed(sinceMs: number, count: number): Promise<string[]> {
  const stop = new AbortController();
  const lines: string[] = [];
  for await (const line of source().lines({ sinceMs, follow: true, signal: stop.signal })) {
    lines.push(line);
    if (lines.length === count) stop.abort();
  }
  return lines;
}

const event = (id: number, timestamp = clock): Event => ({ eventId: `e${id}`, timestamp, message: `line ${id}` });

describe('deployedLog', () => {
  it('asks for the decisions and refusals of the site alone, and goes from page to page, empty ones too', async () => {
    answers = ({ nextToken }) => {
      if (nextToken === undefined) return { events: [event(1)], nextToken: 'a' };
      return nextToken === 'a' ? { events: [], nextToken: 'b' } : { events: [event(2)] };
    };
    expect(await all(clock - 3_600_000)).toEqual(['line 1', 'line 2']);
    expect(asked.map(({ nextToken }) => nextToken)).toEqual([undefined, 'a', 'b']);
    expect(asked[0]).toEqual({
      operation: 'Logs_20140328.FilterLogEvents',
      logGroupName: group,
      startTime: clock - 3_600_000,
      filterPattern: '{ ($.schema > 0) || ($.event = "refused") }',
    });
  });

  it('asks for one request alone', async () => {
    answers = () => ({ events: [event(1)] });
    const query = { sinceMs: clock, follow: false, request: 'JKJaXmPLvHcESHA=', signal: new AbortController().signal };
    for await (const line of source().lines(query)) expect(line).toBe('line 1');
    expect(asked[0]).toMatchObject({ filterPattern: '{ $.requestId = "JKJaXmPLvHcESHA=" }' });
  });

  it('follows without a line twice, and without a gap for lines that arrive late', async () => {
    const log: Event[] = [event(1, clock - 10_000)];
    answers = ({ startTime }) => {
      const events = log.filter(({ timestamp }) => timestamp >= Number(startTime));
      // Arrives between two looks, with a time before one that was shown.
      if (asked.length === 1) log.push(event(2, clock - 20_000));
      if (asked.length === 2) log.push(event(3, clock));
      return { events };
    };
    expect(await followed(clock - 3_600_000, 3)).toEqual(['line 1', 'line 2', 'line 3']);
  });

  it('looks back five minutes at each look, not to the beginning', async () => {
    answers = () => ({ events: asked.length < 3 ? [] : [event(1)] });
    await followed(clock - 3_600_000, 1);
    expect(asked.map(({ startTime }) => startTime)).toEqual([clock - 3_600_000, clock - 300_000, clock - 300_000]);
  });

  it('never looks back behind what was asked for', async () => {
    answers = () => ({ events: asked.length < 2 ? [] : [event(1)] });
    await followed(clock - 60_000, 1);
    expect(asked.map(({ startTime }) => startTime)).toEqual([clock - 60_000, clock - 60_000]);
  });

  it('goes on following when CloudWatch is busy between pages, says so, and shows nothing twice', async () => {
    answers = ({ nextToken }) => {
      if (asked.length === 1) return { events: [event(1)], nextToken: 'a' };
      if (asked.length === 2) return { error: 'ThrottlingException' };
      return nextToken === undefined ? { events: [event(1)], nextToken: 'a' } : { events: [event(2)] };
    };
    expect(await followed(clock - 60_000, 2)).toEqual(['line 1', 'line 2']);
    expect(warnings).toEqual([expect.stringMatching(/slow down .*; trying again$/)]);
  });

  it('asks again by itself when CloudWatch is busy', async () => {
    answers = () => (asked.length === 1 ? { error: 'ThrottlingException' } : { events: [event(1)] });
    const lines: string[] = [];
    const query = { sinceMs: 0, follow: false, signal: new AbortController().signal };
    for await (const line of source(2).lines(query)) lines.push(line);
    expect(lines).toEqual(['line 1']);
  });

  it.each([
    [
      'ResourceNotFoundException',
      400,
      `site docs has no log ${group} in eu-west-1. Fix: npx cdktf deploy docs, or choose`,
    ],
    ['AccessDeniedException', 403, `not allowed to logs:FilterLogEvents on ${group}`],
    ['ExpiredTokenException', 400, 'AWS credentials: expired'],
    ['ThrottlingException', 400, 'AWS asks to slow down'],
  ])('says in one line what is wrong and what to do: %s', async (error, status, line) => {
    answers = () => ({ error, status });
    const rejected = await all(0).catch((reason: unknown) => reason);
    expect(rejected).toBeInstanceOf(Error);
    expect((rejected as Error).message).toContain(line);
    expect((rejected as Error).message).not.toContain('\n');
  });

  it.each(['AccessDeniedException', 'ResourceNotFoundException'])(
    'does not follow what will never come: %s',
    async (error) => {
      answers = () => ({ error });
      await expect(followed(0, 1)).rejects.toThrow(/Fix/);
    },
  );

  it.each([
    ['InternalFailure', 500],
    ['ServiceUnavailableException', 503],
    ['SomethingException', 429],
    ['LimitExceededException', 400],
    ['TooManyRequestsException', 400],
  ])('goes on following after %s (%i), and says so once', async (error, status) => {
    answers = () => (asked.length === 1 ? { error, status } : { events: [event(1)] });
    expect(await followed(0, 1)).toEqual(['line 1']);
    expect(warnings).toEqual([expect.stringMatching(/; trying again$/)]);
  });

  it.each([
    ['goes on following after a connection that was lost', 'Error', 2],
    ['does not follow without credentials', 'CredentialsProviderError', 1],
  ])('%s', async (_, name, calls) => {
    let asks = 0;
    const stop = new AbortController();
    const send = (): never => {
      asks += 1;
      if (asks === 2) stop.abort();
      throw Object.assign(new Error('none'), { name, code: 'ECONNRESET' });
    };
    const options = { client: { send }, site: 'docs', region: 'eu-west-1', logGroup: group, pollMs: 1 };
    const lines = deployedLog({ ...options, now: () => clock, warn: (text) => warnings.push(text) }).lines({
      sinceMs: 0,
      follow: true,
      signal: stop.signal,
    });
    const ended = lines[Symbol.asyncIterator]().next();
    if (calls === 1) await expect(ended).rejects.toThrow(/credentials/);
    else expect(await ended).toMatchObject({ done: true });
    expect([asks, warnings.length]).toEqual([calls, calls - 1]);
  });

  it('shows a line once that is exactly as old as what is read again', async () => {
    const log = [event(1, clock - 300_000), event(2, clock - 299_000)];
    answers = ({ startTime }) => {
      const events = log.filter(({ timestamp }) => timestamp >= Number(startTime));
      // One second later, the second line is the oldest that is read again.
      if (asked.length === 2) clock += 1_000;
      if (asked.length === 4) log.push(event(3, clock));
      return { events };
    };
    expect(await followed(clock - 3_600_000, 3)).toEqual(['line 1', 'line 2', 'line 3']);
  });

  describe('with a client of its own', () => {
    const read = (send: (command: unknown, options: unknown) => unknown, follow: boolean, signal: AbortSignal) => {
      const options = { client: { send: send as never }, site: 'docs', region: 'eu-west-1', logGroup: group };
      const given = { ...options, now: () => clock, warn: (text: string) => warnings.push(text) };
      return deployedLog(given).lines({ sinceMs: 0, follow, signal })[Symbol.asyncIterator]();
    };

    it('looks again after two seconds, and breaks off a look at the end', async () => {
      vi.useFakeTimers();
      const stop = new AbortController();
      const signals: unknown[] = [];
      const lines = read(
        (_, options) => [signals.push((options as { abortSignal: unknown }).abortSignal), {}][1],
        true,
        stop.signal,
      );
      const ended = lines.next();
      await vi.advanceTimersByTimeAsync(1_999);
      expect(signals).toEqual([stop.signal]);
      await vi.advanceTimersByTimeAsync(1);
      expect(signals).toHaveLength(2);
      stop.abort();
      vi.useRealTimers();
      expect(await ended).toMatchObject({ done: true });
    });

    it.each([true, false])('takes no look that was broken off for an error (followed: %s)', async (follow) => {
      const stop = new AbortController();
      const send = async (): Promise<never> => {
        stop.abort();
        throw Object.assign(new Error('Request aborted'), { name: 'AbortError' });
      };
      expect(await read(send, follow, stop.signal).next()).toMatchObject({ done: true });
      expect(warnings).toEqual([]);
    });
  });

  it('has a title with the site, its log and its Region', () => {
    expect(source().title).toBe(`LIVE site docs, log ${group} in eu-west-1`);
  });

  it('ends at once when it is interrupted', async () => {
    const stop = new AbortController();
    answers = () => {
      stop.abort();
      return { events: [] };
    };
    const lines = source().lines({ sinceMs: 0, follow: true, signal: stop.signal });
    expect(await lines[Symbol.asyncIterator]().next()).toMatchObject({ done: true });
  });
});

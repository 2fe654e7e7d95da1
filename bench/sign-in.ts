/**
 * The warm sign-in: the whole handler of the built bundle, compared with the crypto that no implementation can avoid.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Part } from './marked-handler.ts';
import { median, ratio } from './measure.ts';
import { digits, percent, type Report, times } from './report.ts';
import type { SignInTimes } from './sign-in-process.ts';
import type { Workspace } from './workspace.ts';

/** Highest cost of a sign-in, as a multiple of the raw crypto. bench/README.md says why it is not lower. */
const mostTimes = 6;

const labels: Readonly<Record<Part, string>> = {
  request: 'read the request: middy, routing, headers, guard',
  verify: 'verify the ID token',
  policy: 'decide, write the policy, sign it',
  statement: 'write the session statement, sign it',
  log: 'audit line',
  answer: 'cookies, body, headers',
};

async function timesOf(lambda: string): Promise<SignInTimes> {
  const child = fork(fileURLToPath(new URL('./sign-in-process.ts', import.meta.url)), [lambda], {
    // The audit lines go to /dev/null, and the results arrive as a message.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  let received: SignInTimes | undefined;
  child.once('message', (message) => {
    received = message as SignInTimes;
  });
  await once(child, 'close');
  if (received === undefined) throw new Error('the sign-in could not be measured');
  return received;
}

export async function benchSignIn({ folder }: Workspace, report: Report): Promise<void> {
  const { bundle, raw, rawVerify, rawSign, parts } = await timesOf(`${folder}/dist/lambda`);
  report.heading('Warm sign-in with a Bearer token, whole handler, one after the other');
  const sources = parts.map((round) => Object.values(round).reduce((sum, part) => sum + part));
  const whole = median(sources);
  const crypto: Partial<Record<Part, number>> = {
    verify: median(rawVerify),
    policy: median(rawSign),
    statement: median(rawSign),
  };
  const row = (part: Part): string[] => {
    const time = median(parts.map((round) => round[part]));
    const inIt = crypto[part];
    return [labels[part], digits(time), percent(time, whole), inIt === undefined ? '' : digits(inIt)];
  };
  report.table(
    ['', 'µs', 'share', 'raw crypto in it, µs'],
    [
      ...(Object.keys(labels) as Part[]).map(row),
      ['all of it, from the source', digits(whole), '100 %', digits(median(raw))],
      ['all of it, the built bundle', digits(median(bundle)), '', digits(median(raw))],
    ],
  );
  const found = ratio(bundle, raw);
  report.target(
    `the bundle takes at most ${mostTimes}x its raw crypto (one RS256 verification, two P-256 signatures)`,
    times(found),
    found <= mostTimes,
  );
}

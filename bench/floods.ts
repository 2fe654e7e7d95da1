/**
 * The effect of API floods on people who are signed in. Each case is a simulation in its own process (flood-run.ts),
 * two at once.
 */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { Flood, FloodResult } from './flood-run.ts';
import { digits, percent, type Report } from './report.ts';
import type { Workspace } from './workspace.ts';

type Case = Pick<Flood, 'isShared' | 'sends' | 'strength'> & { readonly title: string };

const cases: readonly Case[] = [
  { title: 'no flood', isShared: false, sends: 'nothing', strength: 0 },
  { title: 'sign-in, one throttle for all', isShared: true, sends: 'sign-in', strength: 10 },
  { title: 'sign-in', isShared: false, sends: 'sign-in', strength: 10 },
  { title: 'renewal, without cookies', isShared: false, sends: 'renewal', strength: 10 },
  { title: 'renewal, without cookies, mild', isShared: false, sends: 'renewal', strength: 2 },
  { title: 'renewal, with cookies', isShared: false, sends: 'renewal-with-cookies', strength: 10 },
];
const lanes = 2;
const settings = { people: 100, cookieSeconds: 900, lifetimes: 10, scale: 10 };

const run = (flood: Flood): Promise<FloodResult> =>
  new Promise((done, failed) => {
    const child = fork(join(import.meta.dirname, 'flood-run.ts'), [JSON.stringify(flood)]);
    child.once('message', (result) => done(result as FloodResult));
    child.once('error', failed);
    child.once('exit', (code) => failed(new Error(`flood-run.ts ended with ${code}`)));
  });

export async function benchFloods({ folder, run: runInCopy }: Workspace, report: Report): Promise<void> {
  const [stack = ''] = (await runInCopy('cli/main.ts', 'synth')).split('\n');
  const where = { stackDirectory: join(folder, stack), elementFolder: join(folder, 'web-components') };
  const results = new Map<Case, FloodResult>();
  const waiting = [...cases];
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { title: _, ...flood } = next;
      results.set(next, await run({ ...where, ...settings, ...flood }));
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));

  const { people, cookieSeconds, lifetimes, scale } = settings;
  report.heading(`Floods for ${lifetimes} cookie lifetimes (${cookieSeconds} s each), by a simulated clock`);
  report.note(
    `${people * scale} people at the shipped throttle, everything divided by ${scale}; the flood is 10 times`,
  );
  report.note('what the throttle of its route admits, or twice (mild)');
  report.table(
    ['what is flooded', 'in at the end', 'always in', 'of the time', 'in 2 min later', 'asks/h', 'peak after/burst'],
    cases.map((one) => {
      const { inAtTheEnd, alwaysIn, timeIn, inAfterwards, requestsAnHour, recoveryPeak } = results.get(
        one,
      ) as FloodResult;
      const shares = [inAtTheEnd, alwaysIn, timeIn, inAfterwards].map((share) => percent(share, 1));
      return [one.title, ...shares, digits(requestsAnHour), digits(recoveryPeak)];
    }),
  );
  const [none, , signIn] = cases.map((one) => results.get(one) as FloodResult);
  report.target(
    'a flood of the sign-in takes nothing from those who are signed in',
    `${percent(signIn?.alwaysIn ?? 0, 1)} were in all the time (${percent(none?.alwaysIn ?? 0, 1)} without a flood)`,
    signIn?.alwaysIn === 1,
  );
  const back = Math.min(...[...results].filter(([{ isShared }]) => !isShared).map(([, result]) => result.inAfterwards));
  report.target('two minutes after any flood everybody is in again', percent(back, 1), back === 1);
}

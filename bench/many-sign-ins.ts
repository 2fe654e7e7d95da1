/**
 * Many concurrent sign-ins through the emulator: edge, API Gateway, the built bundle, S3, identity pool. None may be
 * lost, and nobody may get another person's session.
 */

import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { startEmulator } from '../emulator/emulator.ts';
import { startStandInGoogle } from '../emulator/google/stand-in-google.ts';
import { freePorts } from '../emulator/testing/free-ports.ts';
import { median } from './measure.ts';
import { digits, type Report } from './report.ts';
import type { Workspace } from './workspace.ts';

const people = 2000;
const inFlight = 50;
/** The cookies of every nth person are tried at the edge. */
const sampleEvery = 40;

interface Answer {
  readonly status: number;
  readonly cookies: readonly string[];
  readonly text: string;
}

/** `npm run bench` is not a browser: it sends no Origin, and sets its cookies by hand. */
function send(agent: Agent, url: string, method: string, headers: Record<string, string>): Promise<Answer> {
  return new Promise((done, failed) => {
    const sent = request(url, { method, headers, agent }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('error', failed);
      response.on('end', () => {
        done({ status: response.statusCode ?? 0, cookies: response.headers['set-cookie'] ?? [], text });
      });
    });
    sent.on('error', failed);
    sent.end();
  });
}

/** Runs `work` for 0 … `count` - 1, `inFlight` at a time. */
async function atOnce(count: number, work: (number: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
}

export async function benchManySignIns({ folder, run, configure }: Workspace, report: Report): Promise<void> {
  configure('allowedOrigins: [],', 'allowedOrigins: [], throttle: { requestsPerSecond: 10_000, burst: 5_000 },');
  const port = await freePorts();
  const [stack = ''] = (await run('cli/main.ts', 'synth', '--port', String(port))).split('\n');
  const emulator = await startEmulator({ port, onLog: () => {} });
  const google = await startStandInGoogle({ port: port + 1 });
  const agent = new Agent({ keepAlive: true, maxSockets: inFlight });
  try {
    await emulator.load({ stackDirectory: join(folder, stack), lambdaDirectory: join(folder, 'dist/lambda') });
    google.setAudience(emulator.googleClientId ?? '');
    const emails = Array.from({ length: people }, (_, person) => `person-${person}@example.com`);
    const tokens = emails.map((email) => google.issueToken({ email }));

    const problems: string[] = [];
    const times: number[] = [];
    const sampled: string[] = [];
    const start = performance.now();
    await atOnce(people, async (person) => {
      const begun = performance.now();
      const authorization = { Authorization: `Bearer ${tokens[person]}` };
      const answer = await send(agent, `${emulator.origin}/auth/session`, 'POST', authorization).catch(String);
      times.push(performance.now() - begun);
      if (typeof answer === 'string') problems.push(answer);
      else if (answer.status !== 201) problems.push(`${answer.status} ${answer.text}`);
      else if (JSON.parse(answer.text).user.email !== emails[person]) problems.push('the answer is for someone else');
      else if (person % sampleEvery === 0) sampled.push(answer.cookies.map((line) => line.split(';', 1)[0]).join('; '));
    });
    const seconds = (performance.now() - start) / 1000;

    const page = `${emulator.origin}/docs/guide.html`;
    const opened = await Promise.all(sampled.map((Cookie) => send(agent, page, 'GET', { Cookie })));
    const accepted = opened.filter(({ status }) => status === 200).length;
    const { status: without } = await send(agent, page, 'GET', {});

    report.heading(
      `${people.toLocaleString('en')} sign-ins, ${inFlight} in flight, through the emulator on this machine`,
    );
    report.table(
      ['', ''],
      [
        ['signed in', String(people - problems.length)],
        ['lost', String(problems.length)],
        ['a second', digits(people / seconds)],
        ['median answer, ms', digits(median(times))],
        ['slowest answer, ms', digits(Math.max(...times))],
        [`cookies tried at the edge / accepted`, `${sampled.length} / ${accepted}`],
      ],
    );
    report.note('Client, edge and Lambda share these cores; neither the rate nor the times say anything about AWS.');
    for (const problem of new Set(problems)) report.note(problem);
    report.target(
      'none is lost, everyone gets their own session, and the edge requires the cookies',
      `${problems.length} lost, ${accepted} of ${sampled.length} accepted, ${without} without cookies`,
      problems.length === 0 &&
        sampled.length === people / sampleEvery &&
        accepted === sampled.length &&
        without === 403,
    );
  } finally {
    agent.destroy();
    await Promise.all([emulator.close(), google.close()]);
  }
}

import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { freePorts } from '../../emulator/testing/free-ports.ts';
import { type Command, makeFullClone, startCommand } from '../support/clone.ts';
import { send } from '../support/http.ts';
import { root, runCommand } from '../support/site.ts';

let clone: string;
let port: number;
let command: Command;

/** Notes each build of the clone beside it. */
function countBuilds(): void {
  const file = join(clone, 'cli/build.ts');
  const code = readFileSync(file, 'utf8');
  const begin = "process.env['NODE_ENV'] = 'production';";
  expect(code).toContain(begin);
  const list = JSON.stringify(join(clone, 'builds'));
  const note = `(await import('node:fs')).appendFileSync(${list}, \`\${process.pid} \`);`;
  writeFileSync(file, code.replace(begin, `${begin}\n${note}`));
}

/** Processes that built. */
const builders = (): string[] => readFileSync(join(clone, 'builds'), 'utf8').trim().split(' ');
const updates = (): number => command.out().match(/ updated /g)?.length ?? 0;
const reloads = async (count: number): Promise<void> => {
  await vi.waitFor(() => expect(updates()).toBeGreaterThanOrEqual(count), { timeout: 50_000 });
  expect(command.out()).not.toContain('not updated');
};

async function start(): Promise<void> {
  const probe = ['--expose-gc', '--import', join(root, 'bench/heap-probe.mjs')];
  command = startCommand(clone, ['start', '--port', String(port)], 'cli/main.ts', probe);
  await command.waitFor(/Ctrl-C stops/);
}

async function stop(): Promise<void> {
  command.process.kill('SIGTERM');
  expect(await command.ended).toBe(0);
}

beforeAll(async () => {
  clone = await makeFullClone();
  port = await freePorts();
  countBuilds();
  await start();
});
afterAll(async () => {
  command.process.kill('SIGKILL');
  await rm(clone, { recursive: true });
});

const site = (): string => `http://localhost:${port}`;
const tokenOf = async (email: string): Promise<string> =>
  (await send(`http://127.0.0.1:${port + 1}/token?email=${email}`)).text.trim();
const signIn = async (email: string) =>
  send(`${site()}/auth/session`, { method: 'POST', headers: { Authorization: `Bearer ${await tokenOf(email)}` } });
const access = async (...args: string[]): Promise<string> => {
  const { code, out, errors } = await runCommand(clone, ['access', ...args, '--local-site', '--yes']);
  expect([code, errors]).toEqual([0, '']);
  return out;
};
const heapBytes = async (): Promise<number> => {
  const before = command.out().length;
  command.process.kill('SIGUSR2');
  const heap = (): string | undefined => /^heap (\d+)$/m.exec(command.out().slice(before))?.[1];
  await vi.waitFor(() => expect(heap()).toBeDefined());
  return Number(heap());
};

describe('edits while npm start serves', () => {
  it('of content and config build nothing', async () => {
    expect(builders()).toHaveLength(1);
    const before = updates();
    writeFileSync(join(clone, 'site/www/public/new.txt'), 'fresh');
    await reloads(before + 1);
    expect((await send(`${site()}/public/new.txt`)).text).toBe('fresh');
    const config = join(clone, 's3nator.config.ts');
    writeFileSync(config, readFileSync(config, 'utf8').replace("'/robots.txt'", "'/robots.txt', '/open/*'"));
    await reloads(before + 2);
    expect(builders()).toHaveLength(1);
  });

  it('of the code build once each time, in another process', async () => {
    const before = updates();
    appendFileSync(join(clone, 'web-components/secure-login-define.ts'), "\nconsole.debug('edited');\n");
    await reloads(before + 1);
    expect((await send(`${site()}/public/secure-login.js`)).text).toContain('edited');
    expect(builders()).toHaveLength(2);
    expect(builders()).not.toContain(String(command.process.pid));
  });

  it('in a burst make one reload, and one more for all that came during it; nobody is refused meanwhile', async () => {
    const before = updates();
    mkdirSync(join(clone, 'site/www/burst'));
    const answers: Promise<{ status: number }>[] = [];
    let count = 0;
    while (updates() === before) {
      writeFileSync(join(clone, `site/www/burst/${count++}.html`), 'burst');
      if (count === 100) answers.push(signIn('alice@example.com'));
      // The first hundred come at once; the others one by one while it reloads.
      if (count >= 100) await send(`${site()}/robots.txt`).then(({ status }) => expect(status).toBe(200));
      if (count === 150) await vi.waitFor(() => expect(updates()).toBe(before + 1), { timeout: 50_000 });
    }
    await reloads(before + 1);
    answers.push(signIn('alice@example.com'));
    for (const { status } of await Promise.all(answers)) expect(status).toBe(201);
    await vi.waitFor(async () => expect((await send(`${site()}/burst/${count - 1}.html`)).status).not.toBe(404));
    expect(updates() - before).toBeLessThanOrEqual(2);
  });

  it('leave the memory of the server as it is', async () => {
    const edit = async (count: number): Promise<void> => {
      const before = updates();
      appendFileSync(join(clone, 'web-components/secure-session-script.ts'), `console.debug(${count});\n`);
      await reloads(before + 1);
    };
    for (let count = 0; count < 2; count++) await edit(count);
    const before = await heapBytes();
    for (let count = 2; count < 10; count++) await edit(count);
    // A build in the same process left 1.8 MB each time. `npm run bench -- edits` makes 300.
    expect((await heapBytes()) - before).toBeLessThan(8 * 200_000);
  }, 300_000);
});

describe('live rules of npm start', () => {
  it('are in force as soon as the command has said so', async () => {
    expect((await signIn('mallory@evil.example')).status).toBe(401);
    expect(await access('add-rule', '--email', 'mallory@evil.example', '--path', '/docs/*')).toContain('In force now.');
    expect(await signIn('mallory@evil.example')).toMatchObject({ status: 201, json: { path: '/docs/*' } });
    expect(await access('block', 'alice@example.com')).toContain('In force now.');
    expect((await signIn('alice@example.com')).status).toBe(401);
    expect(readFileSync(join(clone, '.s3nator/.gitignore'), 'utf8')).toBe('*\n');
    const { out } = await runCommand(clone, ['explain', 'alice@example.com', '/', '--local-site']);
    expect(out).toContain('in force since');
    expect(out).toContain('NOT ALLOWED: blocked');
  });

  it('and their history survive a restart, which says what it found', async () => {
    const history = await runCommand(clone, ['access', 'history', '--local-site']);
    await stop();
    await start();
    expect(command.out()).toMatch(/Kept from before: 1 live rule, 1 blocked person/);
    expect(command.out()).toMatch(/mallory@evil\.example +allowed/);
    expect(command.out()).toMatch(/alice@example\.com +refused/);
    expect((await signIn('alice@example.com')).status).toBe(401);
    expect((await signIn('mallory@evil.example')).status).toBe(201);
    expect((await runCommand(clone, ['access', 'history', '--local-site'])).out).toBe(history.out);
    await access('unblock', 'alice@example.com');
    expect((await signIn('alice@example.com')).status).toBe(201);
  });

  it('are said to be lost when they cannot be read, and are put aside', async () => {
    await stop();
    const state = join(clone, '.s3nator/local/docs.json');
    writeFileSync(state, 'broken');
    await start();
    expect(command.out()).toContain('could not be read: this run starts without its content');
    expect(command.out()).not.toContain('Kept from before');
    expect(readFileSync(`${state}.unreadable`, 'utf8')).toBe('broken');
    expect((await signIn('mallory@evil.example')).status).toBe(401);
  });
});

import { execFile } from 'node:child_process';
import { appendFile, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { listen } from '../../emulator/message/loopback-server.ts';
import { freePorts } from '../../emulator/testing/free-ports.ts';
import { type Command, makeFullClone, startCommand } from '../support/clone.ts';
import { send } from '../support/http.ts';
import { root } from '../support/site.ts';

const shell = promisify(execFile);

let clone: string;
beforeAll(async () => {
  clone = await makeFullClone();
});
afterAll(() => rm(clone, { recursive: true }));

const run = async (...args: string[]): Promise<{ code: number | null; out: string }> => {
  const command = startCommand(clone, args);
  return { code: await command.ended, out: command.out() };
};

const replaceInConfig = async (from: string | RegExp, to: string): Promise<() => Promise<void>> => {
  const path = join(clone, 's3nator.config.ts');
  const before = await readFile(path, 'utf8');
  expect(before).toMatch(from);
  await writeFile(path, before.replace(from, to));
  return () => writeFile(path, before);
};

/** The commands that the README prints for curl. */
async function readmeCurl(): Promise<string> {
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  const [, block] = /<!-- curl -->\n```sh\n(.*?)```/s.exec(readme) ?? [];
  if (block === undefined) throw new Error('the README has no curl commands');
  return block;
}

describe('npm start', () => {
  let port: number;
  let command: Command;
  beforeAll(async () => {
    port = await freePorts();
    command = startCommand(clone, ['start', '--port', String(port)]);
    await command.waitFor(/Ctrl-C stops/);
  });

  it('prints the two addresses, the accounts, and the curl commands of the README', async () => {
    const out = command.out();
    expect(out).toContain(`http://localhost:${port}/`);
    expect(out).toContain(`http://127.0.0.1:${port + 1}/`);
    for (const account of ['alice@example.com', 'mallory@evil.example', 'unverified@example.com']) {
      expect(out).toContain(account);
    }
    const printed = out.replaceAll(String(port + 1), '8081').replaceAll(String(port), '8080');
    for (const line of (await readmeCurl()).trim().split('\n')) expect(printed).toContain(line);
  });

  it('lets curl in exactly as the README says', async () => {
    const script = (await readmeCurl()).replaceAll('8081', String(port + 1)).replaceAll('8080', String(port));
    const jar = join(clone, 'jar');
    const { stdout } = await shell('bash', ['-euc', script.replaceAll(' jar ', ` ${jar} `)]);
    expect(stdout).toContain('"status":"signed-in"');
    expect(stdout).toMatch(/<title>[^<]*guide/i);
  });

  it('puts an edit of the site, the config and the element in force without a restart', async () => {
    const updated = async (edit: () => Promise<unknown>): Promise<void> => {
      const before = command.out().length;
      await edit();
      while (!/updated/.test(command.out().slice(before))) await new Promise((done) => setTimeout(done, 50));
      expect(command.out().slice(before)).not.toContain('not updated');
    };
    await updated(() => writeFile(join(clone, 'site/www/public/new.txt'), 'fresh'));
    expect((await send(`http://localhost:${port}/public/new.txt`)).text).toBe('fresh');

    await updated(() => replaceInConfig("'/robots.txt'", "'/robots.txt', '/open/*'"));
    await updated(async () => {
      await shell('mkdir', ['-p', join(clone, 'site/www/open')]);
      await writeFile(join(clone, 'site/www/open/a.txt'), 'open');
    });
    expect((await send(`http://localhost:${port}/open/a.txt`)).text).toBe('open');

    await updated(() =>
      appendFile(join(clone, 'web-components/secure-login-define.ts'), "\nconsole.debug('edited');\n"),
    );
    expect((await send(`http://localhost:${port}/public/secure-login.js`)).text).toContain('edited');
  });

  it('keeps serving the last good config, and says what is wrong with the new one', async () => {
    const restore = await replaceInConfig('cookieSeconds: 3600', 'cookieSeconds: 1');
    await command.waitFor(/not updated.*cookieSeconds: got 1; allowed: a whole number of seconds from 60 to 604800/s);
    expect((await send(`http://localhost:${port}/robots.txt`)).status).toBe(200);
    await restore();
  });

  it('lets the access commands find it, while it runs and no longer', async () => {
    const added = await run(
      'access',
      'add-rule',
      '--email',
      'bob@gmail.com',
      '--path',
      '/docs/*',
      '--local-site',
      '--yes',
    );
    expect([added.code, added.out]).toEqual([0, expect.stringContaining(`LOCAL site docs, http://localhost:${port}`)]);
    const explained = await run('explain', 'bob@gmail.com', '/docs/guide.html', '--local-site');
    expect([explained.code, explained.out]).toEqual([0, expect.stringContaining('ALLOWED: by rule 1 (live.rules[0])')]);
  });

  it('starts a stand-in for other providers as soon as the config has some, and prints where it is', async () => {
    const putBack = await replaceInConfig(
      'providers: [',
      `providers: [{ kind: 'cognitoUserPool', trustedDomains: { Cognito: ['example.com'] },
        provision: { domainPrefix: 'docs', passwords: { selfSignUp: true } } }, `,
    );
    const signIn = async (): Promise<unknown> => {
      const { text } = await send(`http://127.0.0.1:${port + 2}/token?issuer=user-pool&email=alice@example.com`);
      const headers = { Authorization: `Bearer ${text.trim()}` };
      return (await send(`http://localhost:${port}/auth/session`, { method: 'POST', headers })).json;
    };
    try {
      await vi.waitFor(
        async () => expect(await signIn()).toMatchObject({ status: 'signed-in', user: { email: 'alice@example.com' } }),
        { timeout: 30_000, interval: 500 },
      );
      await command.waitFor(
        /updated .*\n {2}Other issuers +http:\/\/127\.0\.0\.1:\d+\/\n {2}Hosted sign-in +https:\/\/127\.0\.0\.1:\d+\//,
      );
    } finally {
      await putBack();
    }
  });

  it('ends on Ctrl-C and leaves its ports free', async () => {
    command.process.kill('SIGINT');
    expect(await command.ended).toBe(0);
    const { code, out } = await run('access', 'list', '--local-site');
    expect([code, out]).toEqual([1, expect.stringContaining('--local-site: site docs does not run on this machine')]);
    for (const taken of [port, port + 1, port + 2]) {
      const server = createServer();
      await listen(server, taken);
      await new Promise((done) => server.close(done));
    }
  });
});

describe('npm start with bad input', () => {
  it('names the port that is taken, in one line', async () => {
    const port = await freePorts();
    const server = createServer();
    await listen(server, port);
    const { code, out } = await run('start', '--port', String(port));
    await new Promise((done) => server.close(done));
    expect(code).toBe(1);
    expect(out.trim().split('\n')).toHaveLength(1);
    expect(out).toContain(String(port));
  });

  it('names the port of the stand-in Google that is taken', async () => {
    const port = await freePorts();
    const server = createServer();
    await listen(server, port + 1);
    const { code, out } = await run('start', '--port', String(port));
    await new Promise((done) => server.close(done));
    expect(code).toBe(1);
    expect(out.trim().split('\n')).toHaveLength(1);
    expect(out).toContain(String(port + 1));
  });

  it.each([
    ['a content folder that is missing', ['start', '--content', 'no/such/folder'], 'no/such/folder'],
    ['a placeholder where the real Google needs a client ID', ['start', '--google'], 'providers.0.clientId'],
    ['a port that is no port', ['start', '--port', 'http'], '--port'],
    ['a port that browsers leave out of an origin', ['start', '--port', '80'], '--port: got 80; allowed: '],
    ['an option that it does not have', ['start', '--prot', '1'], '--prot'],
    ['a command that it does not have', ['deploy'], 'deploy'],
  ])('names %s', async (_, args, word) => {
    const { code, out } = await run(...args);
    expect(code).toBe(1);
    expect(out).toContain(word);
    expect(out).not.toMatch(/\n\s+at /);
  });

  it('names the wrong field of the config and leaves nothing half-written', async () => {
    const restore = await replaceInConfig("region: 'eu-west-1'", "region: 'Europe'");
    const output = join(clone, '.s3nator/cdktf.out');
    const before = await stat(output).then(
      (found) => found.mtimeMs,
      () => undefined,
    );
    const { code, out } = await run('synth');
    await restore();
    expect(code).toBe(1);
    expect(out).toContain('sites.docs.region: got "Europe"; allowed: an AWS Region such as eu-west-1');
    expect(
      await stat(output).then(
        (found) => found.mtimeMs,
        () => undefined,
      ),
    ).toBe(before);
  });
});

describe('npm run keys -- create', () => {
  it('writes two pairs, private halves for the owner only, and refuses to overwrite them', async () => {
    const { code, out } = await run('keys', 'create');
    expect([code, out]).toEqual([0, expect.stringContaining('keys/docs')]);
    const files = await readdir(join(clone, 'keys/docs'));
    expect(files.filter((name) => name.endsWith('.private.pem'))).toHaveLength(2);
    expect(files.filter((name) => name.endsWith('.public.pem'))).toHaveLength(2);
    expect(files).toContain('keys.json');
    for (const name of files.filter((file) => file.endsWith('.private.pem'))) {
      expect((await stat(join(clone, 'keys/docs', name))).mode & 0o777).toBe(0o600);
    }
    expect(out).not.toContain('PRIVATE');

    const again = await run('keys', 'create');
    expect(again.code).toBe(1);
    expect(again.out).toMatch(/keys\/docs/);
    expect(await readdir(join(clone, 'keys/docs'))).toEqual(files);
  });
});

describe('main.ts, which cdktf runs', () => {
  const main = async (): Promise<{ code: number; out: string }> =>
    shell(process.execPath, ['main.ts'], { cwd: clone }).then(
      ({ stdout, stderr }) => ({ code: 0, out: stdout + stderr }),
      (error: { code: number; stdout: string; stderr: string }) => ({
        code: error.code,
        out: error.stdout + error.stderr,
      }),
    );

  it('names everything that is missing in one message, with the command for each', async () => {
    await rm(join(clone, 'keys/docs'), { recursive: true, force: true });
    const { code, out } = await main();
    expect(code).not.toBe(0);
    expect(out).toContain('clientId');
    expect(out).toContain('npm run keys -- create');
    expect(out).not.toMatch(/\n\s+at /);
    expect(await readdir(clone)).not.toContain('cdktf.out');
  });

  it('synthesizes once the client ID and the keys are there', async () => {
    const restore = await replaceInConfig('YOUR_CLIENT_ID', '123-abc');
    await run('keys', 'create');
    const { code, out } = await main();
    await restore();
    expect([code, out]).toEqual([0, expect.any(String)]);
    const stack = await readFile(join(clone, 'cdktf.out/stacks/docs/cdk.tf.json'), 'utf8');
    expect(stack).toContain('123-abc.apps.googleusercontent.com');
    expect(stack).not.toContain('PRIVATE KEY');
    expect(stack).not.toContain('127.0.0.1');
  });
});

describe('Node', () => {
  it('is the one that the install brings, or later', () => {
    expect(Number(process.versions.node.split('.')[0])).toBeGreaterThanOrEqual(22);
  });
});

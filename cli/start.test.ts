import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeCheckout, validConfig } from '../stacks/testing/synthesized-site.ts';

const main = fileURLToPath(new URL('main.ts', import.meta.url));

let checkout: ReturnType<typeof makeCheckout>;
let home: string;

beforeEach(() => {
  checkout = makeCheckout();
  home = mkdtempSync(join(tmpdir(), 's3nator-home-'));
  writeFileSync(join(home, 'id_rsa'), 'x');
});

afterEach(() => {
  checkout.remove();
  rmSync(home, { recursive: true, force: true });
});

const start = (content: string, ...args: string[]) => {
  const config = validConfig({ content });
  writeFileSync(join(checkout.root, 's3nator.config.ts'), `export default ${JSON.stringify(config)};`);
  const { status, stderr } = spawnSync(process.execPath, [main, 'start', ...args], {
    cwd: checkout.root,
    env: { PATH: process.env['PATH'], HOME: home, NO_COLOR: '1' },
    encoding: 'utf8',
  });
  return { status, stderr, left: readdirSync(checkout.root).includes('.s3nator') };
};

describe('npm start', () => {
  it('serves no home folder: it says so before it builds, listens or writes anything', () => {
    const fix = 'Fix: name the folder of the built site';
    const stderr = `${home} is your home folder, with your keys and passwords. ${fix}\n`;
    expect(start('site/www', '--content', home)).toEqual({
      status: 1,
      stderr: `error --content: ${stderr}`,
      left: false,
    });
    expect(start(home)).toEqual({ status: 1, stderr: `error content: ${stderr}`, left: false });
  });

  it.each(['.', '..', '/'])('serves no folder with keys and state in it: %s', (content) => {
    const { status, stderr, left } = start(content);
    expect(stderr).toMatch(/^error content: \S+ contains .*\. Fix: /);
    expect([status, left]).toEqual([1, false]);
  });
});

import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ownEnvironment, ownNpm } from './own-machine.ts';

const hostile = {
  PATH: '/usr/bin',
  HOME: '/home/someone',
  TMPDIR: '/var/shared',
  CHROMIUM_PATH: '/opt/chromium',
  npm_config_cache: '/home/someone/.npm',
  npm_config_omit: 'dev',
  NPM_CONFIG_REGISTRY: 'http://127.0.0.1:9/',
  AWS_PROFILE: 'production',
  AWS_ENDPOINT_URL: 'http://127.0.0.1:9/',
  TF_CLI_CONFIG_FILE: '/home/someone/.terraformrc',
  TF_DATA_DIR: '/home/someone/.terraform',
  GIT_DIR: '/home/someone/.git',
  XDG_CONFIG_HOME: '/home/someone/.config',
  EDITOR: 'vi',
  VISUAL: 'vi',
  http_proxy: 'http://127.0.0.1:9/',
  HTTPS_PROXY: 'http://127.0.0.1:9/',
  FORCE_COLOR: '1',
  NODE_ENV: 'production',
  LC_ALL: 'tr_TR.UTF-8',
  TZ: 'Pacific/Chatham',
  S3NATOR_SITE: 'theirs',
};

describe('the environment of a test run', () => {
  it('takes the programs and the browser from whoever runs it, and nothing else', () => {
    expect(ownEnvironment(hostile, '/run')).toEqual({
      PATH: '/usr/bin',
      CHROMIUM_PATH: '/opt/chromium',
      HOME: '/run/home',
      USERPROFILE: '/run/home',
      TMPDIR: '/run/tmp',
      TEMP: '/run/tmp',
      TMP: '/run/tmp',
      LANG: 'C.UTF-8',
      TZ: 'UTC',
      NODE_ENV: 'test',
      NO_COLOR: '1',
    });
  });

  it('is the one of this very test', () => {
    const folder = join(homedir(), '..');
    expect(tmpdir()).toBe(join(folder, 'tmp'));
    expect(folder).toContain('s3nator-tests-');
    // What the test runner adds for itself stays.
    const { NODE_ENV: _, ...own } = ownEnvironment(process.env, folder);
    expect(process.env).toMatchObject(own);
    const strange = Object.keys(process.env).filter((name) => /^(npm_|aws_|tf_|git_|https?_proxy)/i.test(name));
    expect(strange).toEqual([]);
    expect(process.umask()).toBe(0o022);
  });
});

describe('an npm that a test runs', () => {
  it('has a cache and settings of its own, whatever the variables and files of the machine say', async () => {
    const folder = await mkdtemp(join(tmpdir(), 's3nator-npm-'));
    const home = join(folder, 'home');
    await mkdir(home);
    await writeFile(join(home, '.npmrc'), 'ignore-scripts=true\nlegacy-peer-deps=true\n');
    const theirs = { ...process.env, ...hostile, PATH: process.env['PATH'], HOME: home, npm_config_omit: 'peer' };
    const { stdout } = await promisify(execFile)('npm', ['config', 'list', '--long', '--json'], {
      cwd: folder,
      env: ownNpm(theirs, folder),
    });
    await rm(folder, { recursive: true });
    expect(JSON.parse(stdout)).toMatchObject({
      cache: join(folder, 'npm-cache'),
      userconfig: join(folder, 'npmrc'),
      globalconfig: join(folder, 'npmrc-global'),
      'ignore-scripts': false,
      'legacy-peer-deps': false,
      omit: [],
      registry: 'https://registry.npmjs.org/',
    });
  });
});

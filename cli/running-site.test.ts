import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { close, listen } from '../emulator/message/loopback-server.ts';
import { validConfig } from '../stacks/testing/synthesized-site.ts';
import { noteRunningSite, orLocally, type RunningSite, runningSite, runsHere } from './running-site.ts';

let root: string;
let server: Server;
/** What S3 calls itself in its answers; undefined: it does not say. */
let name: string | undefined;
let methods: (string | undefined)[];
let running: RunningSite;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 's3nator-running-'));
  const sites = { ...validConfig({}, 'docs').sites, ...validConfig({}, 'media').sites };
  writeFileSync(join(root, 's3nator.config.ts'), `export default ${JSON.stringify({ sites })};`);
  [name, methods] = ['AmazonS3', []];
  server = createServer(({ method }, response) => {
    methods.push(method);
    // The endpoint refuses a request without a signature.
    response.writeHead(403, name === undefined ? {} : { server: name }).end();
  });
  running = {
    siteUrl: 'http://localhost:8080',
    standInGoogle: null,
    standInIssuers: 'http://127.0.0.1:8082',
    cookieSeconds: 30,
    awsEndpoint: `http://127.0.0.1:${await listen(server, 0)}`,
    contentBucket: 'content',
    privateBucket: 'private',
    userPool: { id: 'eu-west-1_a', clientId: 'b' },
  };
});
afterEach(async () => {
  await close(server);
  rmSync(root, { recursive: true });
});

const place = () => ({ root, site: 'docs' });
const notes = (): string[] => readdirSync(join(root, '.s3nator/running'));
const notRunning =
  '--local-site: site docs does not run on this machine. Fix: npm start, in this folder and another terminal';

describe('noteRunningSite', () => {
  it('leaves a note that people can read, one for each site, and takes it away again', () => {
    const takeAway = noteRunningSite(root, 'docs', running);
    noteRunningSite(root, 'media', running);
    expect(readFileSync(join(root, '.s3nator/running/docs.json'), 'utf8')).toBe(
      `${JSON.stringify(running, null, 2)}\n`,
    );
    takeAway();
    expect(notes()).toEqual(['media.json']);
    // A second call has nothing left to do.
    takeAway();
    expect(notes()).toEqual(['media.json']);
  });

  it('leaves the note of a later start alone', () => {
    const takeAway = noteRunningSite(root, 'docs', running);
    noteRunningSite(root, 'docs', { ...running, awsEndpoint: 'http://127.0.0.1:9' });
    takeAway();
    expect(notes()).toEqual(['docs.json']);
  });
});

describe('runningSite', () => {
  it('is what the note says, once S3 answers at its address', async () => {
    noteRunningSite(root, 'docs', running);
    expect(await runningSite(place())).toEqual(running);
    expect(methods).toEqual(['HEAD']);
    expect(await runsHere(place())).toBe(true);
  });

  it.each([
    ['another program has taken the port', 'nginx'],
    ['what has the port does not say what it is', undefined],
  ])('refuses if %s', async (_, other) => {
    noteRunningSite(root, 'docs', running);
    name = other;
    await expect(runningSite(place())).rejects.toThrow(new Error(notRunning));
    expect(await runsHere(place())).toBe(false);
  });

  it('refuses if there is no note', async () => {
    await expect(runningSite(place())).rejects.toThrow(new Error(notRunning));
  });

  it('refuses if nobody listens any more, as after a crash', async () => {
    noteRunningSite(root, 'docs', { ...running, awsEndpoint: 'http://127.0.0.1:1' });
    await expect(runningSite(place())).rejects.toThrow(new Error(notRunning));
  });

  it('asks which site when there are several', async () => {
    noteRunningSite(root, 'docs', running);
    await expect(runningSite({ root, site: undefined })).rejects.toThrow('--site: got nothing; allowed: docs, media');
    await expect(runningSite({ root, site: 'media' })).rejects.toThrow('site media does not run on this machine');
    expect(existsSync(join(root, '.s3nator/running/media.json'))).toBe(false);
  });
});

describe('orLocally', () => {
  const asked = (work: () => Promise<string>) => orLocally({ ...place(), command: 'npm run x -- --local-site' }, work);
  const failing = (error: unknown) => asked(() => Promise.reject(error));

  it('returns what the work returns, and asks nobody', async () => {
    noteRunningSite(root, 'docs', running);
    expect(await asked(async () => 'done')).toBe('done');
    expect(methods).toEqual([]);
  });

  it('adds the command for the local site to an error while the site runs here', async () => {
    noteRunningSite(root, 'docs', running);
    const cause = new Error('not deployed');
    const message = 'not deployed\nFor the site that npm start runs here: npm run x -- --local-site';
    await expect(failing(cause)).rejects.toThrow(expect.objectContaining({ message, cause }));
  });

  it('leaves an error as it is if the site does not run here', async () => {
    const error = new Error('not deployed');
    await expect(failing(error)).rejects.toBe(error);
  });

  it.each([new TypeError('a bug'), 'a text', undefined])('leaves a bug as it is: %s', async (bug) => {
    noteRunningSite(root, 'docs', running);
    await expect(failing(bug)).rejects.toBe(bug);
    expect(methods).toEqual([]);
  });
});

/**
 * The cost of loading the code at a cold start: imports the bundle in fresh processes, and compares it with a handler
 * that does nothing and with other packages.
 */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { variables } from './lambda-site.ts';
import { median, ratio } from './measure.ts';
import { installPeers, moduleOf, nameOf, type Peer } from './peers.ts';
import { digits, type Report, times } from './report.ts';
import type { Workspace } from './workspace.ts';

const processes = 15;
/** Highest import time of the bundle, as a multiple of the bare handler. */
const mostTimes = 6.5;

const timedImport = `
  const start = performance.now();
  await import(process.argv[1]);
  process.stdout.write(String(performance.now() - start));
  process.exit();`;

async function importMs(module: string): Promise<number> {
  const env = { ...process.env, ...variables('https://accounts.google.com', 'http://127.0.0.1:9') };
  const args = ['--input-type=module', '--eval', timedImport, module];
  return Number((await promisify(execFile)(process.execPath, args, { env })).stdout);
}

/** Bundles a peer with the config that bundles our Lambda. */
async function bundled(peer: Peer, { folder, run }: Workspace): Promise<string> {
  const outDir = join(folder, 'dist', peer);
  const entry = fileURLToPath(moduleOf(peer));
  await run('node_modules/vite/bin/vite.js', 'build', '--mode', 'lambda', '--ssr', entry, '--outDir', outDir);
  return pathToFileURL(join(outDir, 'index.mjs')).href;
}

export async function benchColdImport(workspace: Workspace, report: Report): Promise<void> {
  installPeers();
  const { folder } = workspace;
  const bare = join(folder, 'bare.mjs');
  await writeFile(bare, 'export const handler = async () => ({ statusCode: 204 });\n');
  const ours = 's3nator, the whole API';
  const modules = new Map([
    ['a handler that does nothing', pathToFileURL(bare).href],
    [ours, pathToFileURL(join(folder, 'dist/lambda/index.mjs')).href],
  ]);
  for (const peer of ['cognito-at-edge', 'aws-cloudfront-sign'] as const) {
    modules.set(`${nameOf(peer)}, as installed`, moduleOf(peer));
    modules.set(`${nameOf(peer)}, bundled like ours`, await bundled(peer, workspace));
  }
  const results = new Map([...modules.keys()].map((name) => [name, [] as number[]]));
  for (let turn = 0; turn <= processes; turn++) {
    for (const [name, module] of modules) {
      const ms = await importMs(module);
      // The first turn only brings the files into memory.
      if (turn > 0) results.get(name)?.push(ms);
    }
  }
  const [bareMs = []] = results.values();
  report.heading(`Cold import, median of ${processes} fresh processes`);
  report.table(
    ['', 'ms', 'ratio'],
    [...results].map(([name, all]) => [name, digits(median(all)), times(ratio(all, bareMs))]),
  );
  const found = ratio(results.get(ours) ?? [], bareMs);
  report.target(`the bundle takes at most ${mostTimes}x a handler that does nothing`, times(found), found <= mostTimes);
}

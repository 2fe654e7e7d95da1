/**
 * Runs all benchmarks or the named ones: `npm run bench -- [--install] [NAME …]`. Exits with 1 if a target is missed.
 */
import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { refuseTakenOptions } from '../cli/npm-options.ts';
import { paint, writeError } from '../cli/terminal.ts';
import { benchAccessDecision } from './access-decision.ts';
import { benchColdImport } from './cold-import.ts';
import { benchEdits } from './edits.ts';
import { benchElementSize } from './element-size.ts';
import { benchFloods } from './floods.ts';
import { benchLoginPage } from './login-page.ts';
import { benchManySignIns } from './many-sign-ins.ts';
import { benchProtectedRequest } from './protected-request.ts';
import { benchRanges } from './ranges.ts';
import { createReport, type Report } from './report.ts';
import { benchSignIn } from './sign-in.ts';
import { benchStartTime } from './start-time.ts';
import { benchSynth } from './synth.ts';
import { benchUpload } from './upload.ts';
import { makeWorkspace, type Workspace } from './workspace.ts';

const benches: Readonly<Record<string, (workspace: Workspace, report: Report, install: boolean) => unknown>> = {
  'sign-in': benchSignIn,
  'cold-import': benchColdImport,
  'protected-request': benchProtectedRequest,
  'access-decision': (_workspace, report) => benchAccessDecision(report),
  'many-sign-ins': benchManySignIns,
  floods: benchFloods,
  'element-size': benchElementSize,
  'login-page': benchLoginPage,
  'start-time': benchStartTime,
  synth: benchSynth,
  edits: benchEdits,
  upload: (_workspace, report) => benchUpload(report),
  ranges: (_workspace, report) => benchRanges(report),
};

try {
  refuseTakenOptions('npm run bench', { install: { type: 'boolean' } }, process.argv.slice(2));
} catch (error) {
  writeError(`${(error as Error).message}\n`);
  process.exit(1);
}
/** These take minutes, so they run only if named. */
const long = ['floods', 'edits', 'upload'];

const { values, positionals } = parseArgs({ allowPositionals: true, options: { install: { type: 'boolean' } } });
const unknown = positionals.filter((name) => !(name in benches));
if (unknown.length > 0) {
  writeError(`Unknown benchmark ${unknown.join(', ')}; choose from: ${Object.keys(benches).join(', ')}\n`);
  process.exit(1);
}
const chosen = Object.entries(benches).filter(
  ([name]) => positionals.includes(name) || (positionals.length === 0 && !long.includes(name)),
);

const [processor] = cpus();
const report = createReport();
report.heading(`s3nator bench, ${new Date().toISOString().slice(0, 10)}`);
report.note(`Node ${process.versions.node}, ${process.platform} ${process.arch}`);
report.note(`${cpus().length} x ${processor?.model}, ${Math.round(totalmem() / 2 ** 30)} GB`);

const workspace = await makeWorkspace();
try {
  for (const [, bench] of chosen) await bench(workspace, report, values.install === true);
} finally {
  await workspace.remove();
}

if (report.missed.length > 0) {
  const lines = report.missed.map((line) => `  - ${line}\n`).join('');
  writeError(`\n${paint('red', 'Missed')}:\n${lines}`);
  process.exitCode = 1;
}

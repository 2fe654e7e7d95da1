/** Config -> stacks -> synth, for `cdktf synth` and `cdktf deploy`; nothing else. */
import { join } from 'node:path';
import { visible } from './contract/visible-text.ts';
import { loadConfig } from './stacks/load-config.ts';
import { trustWarnings, warningText } from './stacks/login/address-trust.ts';
import { checkReadiness } from './stacks/readiness.ts';
import { synthesize } from './stacks/synthesize.ts';
import { isSetupError } from './stacks/text/setup-error.ts';

const root = import.meta.dirname;

async function main(): Promise<readonly string[]> {
  try {
    const config = await loadConfig(root);
    const ready = checkReadiness(config, root);
    process.stderr.write(warningText(trustWarnings(config)));
    if (ready.keys === undefined) return ready.problems;
    const stacks = synthesize({ config, keys: ready.keys, outdir: join(root, 'cdktf.out'), root });
    const all = (kind: 'warnings' | 'notes'): string[] => stacks.flatMap((stack) => stack[kind]);
    process.stderr.write(warningText(all('warnings'), all('notes')));
    return [];
  } catch (error) {
    // The operator can fix a file that cannot be read or written. Everything else is a bug and needs its stack trace.
    if (isSetupError(error) || (error instanceof Error && 'syscall' in error)) return error.message.split('\n');
    throw error;
  }
}

const problems = await main();
if (problems.length > 0) {
  const list = problems.map((problem) => `  - ${visible(problem)}\n`).join('');
  process.stderr.write(`This cannot be deployed yet:\n${list}`);
  process.exitCode = 1;
}

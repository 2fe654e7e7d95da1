/** `npm run test:deploy [-- NAME...]`: runs the scenarios, each with its own account and clone. */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Clone } from './clone.ts';
import { killCommands } from './command.ts';
import { LocalAws } from './local-aws/local-aws.ts';
import { Report } from './report.ts';
import { findRequirements } from './requirements.ts';
import { access } from './scenarios/access.ts';
import { accessRequests } from './scenarios/access-requests.ts';
import { audit } from './scenarios/audit.ts';
import { constructScenarios } from './scenarios/constructs.ts';
import { keys } from './scenarios/keys.ts';
import { kms } from './scenarios/kms.ts';
import { life } from './scenarios/life.ts';
import { mistakes } from './scenarios/mistakes.ts';
import { providers } from './scenarios/providers.ts';
import { refusals } from './scenarios/refusals.ts';
import { remoteState } from './scenarios/remote-state.ts';
import { sameStack } from './scenarios/same-stack.ts';
import type { Scenario } from './scenarios/scenario.ts';
import { switches } from './scenarios/switches.ts';
import { traps } from './scenarios/traps.ts';
import { upgrade } from './scenarios/upgrade.ts';
import { upload } from './scenarios/upload.ts';
import { variantScenarios } from './scenarios/variants.ts';
import { Tools } from './tools.ts';

/** Number of concurrent scenarios. The long ones mostly wait for the provider. */
const lanes = 2;

const scenarios: readonly Scenario[] = [
  life,
  access,
  accessRequests,
  keys,
  kms,
  audit,
  mistakes,
  remoteState,
  upgrade,
  sameStack,
  refusals,
  traps,
  switches,
  providers,
  upload,
  ...constructScenarios,
  ...variantScenarios,
];

function fail(lines: readonly string[]): never {
  process.stderr.write(`${lines.join('\n')}\n`);
  process.stdout.write(`0 passed, ${lines.length} failed\n`);
  process.exit(1);
}

async function runAll(chosen: readonly Scenario[], mirror: string, folder: string): Promise<boolean> {
  const report = new Report();
  const template = Clone.make(join(folder, 'template'));
  await report.scenario('build', 'the Lambda and the element', async (steps) => {
    const tools = new Tools({ clone: template, aws: undefined, mirror, folder: join(folder, 'build') });
    template.configure({ docs: {} });
    await steps.step('npm run build', () => tools.build());
  });
  const waiting = [...chosen];
  const runOne = ({ name, title, run }: Scenario): Promise<void> =>
    report.scenario(name, title, async (steps) => {
      const own = join(folder, name);
      const aws = await LocalAws.start();
      try {
        const clone = template.copy(join(own, 'clone'));
        await run({ steps, aws, clone, folder: own, tools: new Tools({ clone, aws, mirror, folder: own }) });
      } finally {
        await aws.close();
        rmSync(own, { recursive: true, force: true });
      }
    });
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await runOne(next);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return report.close();
}

const names = process.argv.slice(2);
const unknown = names.filter((name) => !scenarios.some((scenario) => scenario.name === name));
if (unknown.length > 0) {
  fail([`${unknown.join(', ')}: not a scenario. There are: ${scenarios.map(({ name }) => name).join(', ')}`]);
}
const found = findRequirements();
if ('missing' in found) fail(found.missing);

const folder = realpathSync(mkdtempSync(join(tmpdir(), 's3nator-deploy-')));
// Runs on every exit, and leaves nothing behind: the Python processes end with their input, the commands end here.
process.on('exit', () => {
  killCommands();
  rmSync(folder, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(130));

const { terraform, provider, moto, mirror } = found;
process.stdout.write(`Terraform ${terraform}, AWS provider ${provider}, moto ${moto}\n`);
const chosen = names.length === 0 ? scenarios : scenarios.filter(({ name }) => names.includes(name));
process.exit((await runAll(chosen, mirror, folder)) ? 0 : 1);

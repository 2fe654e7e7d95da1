/** The commands of the deployment test, as an operator types them: npm scripts, cdktf, terraform. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Clone } from './clone.ts';
import { expectCode, type Outcome, run } from './command.ts';
import type { LocalAws } from './local-aws/local-aws.ts';

export interface ToolsOptions {
  /** Where the commands run: a clone, or another app. */
  readonly clone: Pick<Clone, 'root'>;
  /** `undefined`: no command will call AWS. */
  readonly aws: LocalAws | undefined;
  /** Filesystem mirror with the AWS provider. */
  readonly mirror: string;
  /** Folder for logs, plans and the home of the commands, outside the clone. */
  readonly folder: string;
}

/** One resource that a plan would change. */
export interface PlannedChange {
  readonly address: string;
  readonly type: string;
  /** In Terraform's terms: `create`, `update`, `delete`, `read`. Two for a replacement. */
  readonly actions: readonly string[];
}

export interface Plan {
  readonly empty: boolean;
  readonly changes: readonly PlannedChange[];
  /** The saved plan. */
  readonly file: string;
}

export class Tools {
  private readonly options: ToolsOptions;
  private environment: Readonly<Record<string, string>>;
  private later: Readonly<Record<string, string>> = {};
  private count = 0;

  constructor(options: ToolsOptions) {
    this.options = options;
    const { aws, mirror, folder } = options;
    const home = join(folder, 'home');
    mkdirSync(home, { recursive: true });
    mkdirSync(this.logs, { recursive: true });
    const terraformConfig = join(folder, 'terraform.rc');
    // Without a `direct` block, Terraform never asks the registry.
    const installation = `provider_installation {\n  filesystem_mirror { path = ${JSON.stringify(mirror)} }\n}\n`;
    writeFileSync(terraformConfig, `disable_checkpoint = true\n${installation}`);
    // Nothing from the caller's environment: no profile, no credentials, no proxy, no Terraform setting.
    this.environment = {
      PATH: [join(import.meta.dirname, '../node_modules/.bin'), dirname(process.execPath), process.env['PATH']].join(
        ':',
      ),
      HOME: home,
      TF_CLI_CONFIG_FILE: terraformConfig,
      // `cdktf deploy` writes the lock file with `terraform providers lock`, which needs the mirror as an argument.
      TF_CLI_ARGS_providers_lock: `-fs-mirror=${mirror}`,
      TF_IN_AUTOMATION: '1',
      CHECKPOINT_DISABLE: '1',
      CI: '1',
      FORCE_COLOR: '0',
      ...aws?.environment,
    };
  }

  /** Folder with the output of all commands. */
  get logs(): string {
    return join(this.options.folder, 'logs');
  }

  /** The same commands with other variables; `undefined` removes one. They log into their own folder. */
  with(name: string, variables: Readonly<Record<string, string | undefined>>, clone = this.options.clone): Tools {
    const tools = new Tools({ ...this.options, clone, folder: join(this.options.folder, name) });
    const changed = Object.entries({ ...this.environment, ...variables }).filter(([, value]) => value !== undefined);
    tools.environment = Object.fromEntries(changed) as Record<string, string>;
    return tools;
  }

  /** From now on, Terraform and the provider write a full trace into a log. */
  trace(): void {
    this.environment = { ...this.environment, TF_LOG: 'TRACE', TF_LOG_PATH: join(this.logs, 'trace.log') };
  }

  /** Folder of a synthesized site. */
  stackFolder(site: string): string {
    return join(this.options.clone.root, 'cdktf.out/stacks', site);
  }

  build(): Promise<Outcome> {
    return this.succeed('node', ['cli/main.ts', 'build']);
  }

  createKeys(site: string): Promise<Outcome> {
    return this.keys(site, 'create');
  }

  /** `npm run keys` for a site. Rejects if it fails. */
  keys(site: string, ...args: readonly string[]): Promise<Outcome> {
    return this.succeed('node', ['cli/main.ts', 'keys', ...args, '--site', site], this.later);
  }

  /** The same command, when it must refuse. Rejects if it does not. */
  async keysRefused(site: string, ...args: readonly string[]): Promise<Outcome> {
    const command = ['cli/main.ts', 'keys', ...args, '--site', site];
    return expectCode(await this.run('node', command, this.options.clone.root, this.later), 1);
  }

  /** From now on, `npm run keys` runs with a clock that is this many seconds ahead. */
  moveClock(seconds: number): void {
    this.later = {
      NODE_OPTIONS: `--import=${join(import.meta.dirname, 'clock-ahead.mjs')}`,
      CLOCK_AHEAD_MS: `${seconds * 1000}`,
    };
  }

  /** `npm run access -- log`. Rejects if it fails. */
  accessLog(...args: readonly string[]): Promise<Outcome> {
    return this.succeed('node', ['cli/main.ts', 'access', 'log', ...args]);
  }

  /** `npm run upload` for a site, with any exit code. Aborting `interruption` interrupts it, like Ctrl-C. */
  upload(site: string, args: readonly string[], interruption?: AbortSignal): Promise<Outcome> {
    const root = this.options.clone.root;
    return this.run('node', ['cli/main.ts', 'upload', '--site', site, ...args], root, {}, interruption);
  }

  /** What `cdktf synth` runs, without the build. */
  synth(): Promise<Outcome> {
    return this.succeed('node', ['main.ts']);
  }

  /** `cdktf` in the clone. Throws if it fails. */
  cdktf(...args: readonly string[]): Promise<Outcome> {
    return this.succeed('cdktf', [...args, '--no-color']);
  }

  /** Any command in the clone, with any exit code. */
  attempt(command: string, args: readonly string[]): Promise<Outcome> {
    return this.run(command, args, this.options.clone.root);
  }

  /** `node` in the clone. Throws if it fails. */
  node(...args: readonly string[]): Promise<Outcome> {
    return this.succeed('node', args);
  }

  /** `terraform` in the folder of a synthesized site, with any exit code. */
  terraform(site: string, ...args: readonly string[]): Promise<Outcome> {
    return this.run('terraform', [...args, '-no-color'], this.stackFolder(site));
  }

  /** Applies a synthesized site without asking. Throws if that fails. */
  async apply(site: string, ...args: readonly string[]): Promise<Outcome> {
    expectCode(await this.terraform(site, 'init', '-input=false'), 0);
    return expectCode(await this.terraform(site, 'apply', '-auto-approve', '-input=false', ...args), 0);
  }

  async validate(site: string): Promise<Outcome> {
    return expectCode(await this.terraform(site, 'validate'), 0);
  }

  /** The outputs of the last deploy. */
  async outputs(site: string): Promise<Readonly<Record<string, string>>> {
    const { text } = expectCode(await this.terraform(site, 'output', '-json'), 0);
    const outputs = Object.entries<{ value: string }>(JSON.parse(text));
    return Object.fromEntries(outputs.map(([name, { value }]) => [name, value]));
  }

  /** What Terraform would change now. */
  async plan(site: string, ...args: readonly string[]): Promise<Plan> {
    const file = join(this.options.folder, `plan-${site}-${this.count}`);
    expectCode(await this.terraform(site, 'init', '-input=false'), 0);
    const planned = expectCode(
      await this.terraform(site, 'plan', '-input=false', '-detailed-exitcode', `-out=${file}`, ...args),
      0,
      2,
    );
    if (planned.code === 0) return { empty: true, changes: [], file };
    const shown = expectCode(await this.terraform(site, 'show', '-json', file), 0);
    const { resource_changes: changes } = JSON.parse(shown.text) as {
      resource_changes: { address: string; type: string; change: { actions: string[] } }[];
    };
    return {
      empty: false,
      changes: changes
        .filter(({ change }) => change.actions.join() !== 'no-op')
        .map(({ address, type, change }) => ({ address, type, actions: change.actions })),
      file,
    };
  }

  /**
   * Lays changes over a synthesized site with Terraform's own override files.
   * @see https://developer.hashicorp.com/terraform/language/files/override
   */
  override(site: string, name: string, blocks: object): void {
    this.addFile(site, `${name}_override`, blocks);
  }

  /** Puts another file next to a synthesized site. */
  addFile(site: string, name: string, blocks: object): void {
    writeFileSync(join(this.stackFolder(site), `${name}.tf.json`), JSON.stringify(blocks));
  }

  /** The synthesized site. */
  // biome-ignore lint/suspicious/noExplicitAny: the shape is Terraform's
  stack(site: string): any {
    return JSON.parse(readFileSync(join(this.stackFolder(site), 'cdk.tf.json'), 'utf8'));
  }

  private async succeed(
    command: string,
    args: readonly string[],
    more: Readonly<Record<string, string>> = {},
  ): Promise<Outcome> {
    return expectCode(await this.run(command, args, this.options.clone.root, more), 0);
  }

  private run(
    command: string,
    args: readonly string[],
    folder: string,
    more: Readonly<Record<string, string>> = {},
    interruption?: AbortSignal,
  ): Promise<Outcome> {
    const number = `${++this.count}`.padStart(3, '0');
    const log = join(this.logs, `${number}-${command}-${args[0]?.replace(/\W/g, '-')}.log`);
    return run({ command, args, folder, environment: { ...this.environment, ...more }, log, interruption });
  }
}

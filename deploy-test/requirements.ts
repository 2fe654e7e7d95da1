/** Checks whether this machine can run the deployment test: finds Terraform, moto and the AWS provider. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

export interface Requirements {
  /** Version of Terraform. */
  readonly terraform: string;
  /** Version of moto. */
  readonly moto: string;
  /** Version of the AWS provider. */
  readonly provider: string;
  /** Absolute path of the filesystem mirror that the provider is installed from. */
  readonly mirror: string;
}

/** The lowest provider version that the stacks allow. The local AWS is written for its command line and answers. */
const providerVersion = '5.100.0';

/**
 * Where Terraform itself looks for a mirror.
 * @see https://developer.hashicorp.com/terraform/cli/config/config-file#implied-local-mirror-directories
 */
const impliedMirrors = [
  join(homedir(), '.terraform.d/plugins'),
  join(homedir(), '.local/share/terraform/plugins'),
  '/usr/local/share/terraform/plugins',
  '/usr/share/terraform/plugins',
];

/**
 * Mirrors that Terraform's config on this machine names.
 * @see https://developer.hashicorp.com/terraform/cli/config/config-file#filesystem_mirror
 */
function configuredMirrors(): string[] {
  const file = process.env['TF_CLI_CONFIG_FILE'] || join(homedir(), '.terraformrc');
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  return [...text.matchAll(/\bfilesystem_mirror\s*\{[^}]*?\bpath\s*=\s*"([^"]+)"/g)].map(([, path = '']) => path);
}

/** Either everything that the test needs, or one line for each missing thing, with its fix. */
export function findRequirements(): Requirements | { readonly missing: readonly string[] } {
  const missing: string[] = [];
  const need = <T>(found: T | undefined, fix: string): T | undefined => {
    if (found === undefined) missing.push(fix);
    return found;
  };
  const terraform = need(
    /^Terraform v(\S+)/m.exec(output('terraform', ['version']))?.[1],
    'Terraform is not on the PATH. Fix: https://developer.hashicorp.com/terraform/install',
  );
  const moto = need(
    /^moto (\S+)$/m.exec(
      output('python3', ['-c', 'import boto3, moto, moto.server; print("moto", moto.__version__)']),
    )?.[1],
    "moto is not installed. Fix: python3 -m pip install 'moto[server]==5.2.1'",
  );
  const binary = need(
    findProvider(),
    `the AWS provider ${providerVersion} is in no filesystem mirror. \
Fix: in an empty folder with a file main.tf that contains
    terraform { required_providers { aws = { source = "hashicorp/aws", version = "${providerVersion}" } } }
    run: terraform providers mirror ${impliedMirrors[0]}`,
  );
  if (terraform === undefined || moto === undefined || binary === undefined) return { missing };
  // MIRROR/HOST/NAMESPACE/TYPE/VERSION/PLATFORM/BINARY
  const mirror = [1, 2, 3, 4, 5, 6].reduce((path) => dirname(path), binary);
  return { terraform, moto, provider: providerVersion, mirror };
}

function findProvider(): string | undefined {
  const mirrors = [...configuredMirrors(), ...impliedMirrors].filter((folder) => existsSync(folder));
  // A mirror may be a link to one.
  const places = [...mirrors.map((folder) => realpathSync(folder)), '/'];
  for (const place of places) {
    const name = `terraform-provider-aws_v${providerVersion}*`;
    const found = output('find', [place, '-xdev', '-type', 'f', '-name', name]);
    const unpacked = found.split('\n').find((file) => file.includes(`/aws/${providerVersion}/`));
    if (unpacked !== undefined) return unpacked;
  }
  return undefined;
}

/** Output of a command; '' if the command does not exist. */
const output = (command: string, args: readonly string[]): string =>
  spawnSync(command, args, { encoding: 'utf8', env: { ...process.env, CHECKPOINT_DISABLE: '1' } }).stdout ?? '';

/** Finds what a deploy made: reads the stack's outputs from Terraform's state, wherever the config keeps it. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { visible } from '../contract/visible-text.ts';
import { loadConfig } from '../stacks/load-config.ts';
import { type StateBackend, stateBackend } from '../stacks/state/state-backend.ts';
import { chosenSite } from './chosen-site.ts';

/** A site as it is deployed. */
export interface DeployedSite {
  /** Where it is served, without a final slash. */
  readonly siteUrl: string;
  readonly distributionId: string;
  /** Bucket with the site's files, under `www/`. */
  readonly contentBucket: string;
  /** Who uploads the content: the deploy itself, or `npm run upload` if the config leaves it to that. */
  readonly contentBy: 'deploy' | 'upload';
  /** Bucket with signing keys and access documents. */
  readonly privateBucket: string;
  /** HTTP API behind `/auth/*`, without a final slash. */
  readonly apiUrl: string;
  /** The user pool that the stack made; null: it made none. */
  readonly userPool: UserPoolIds | null;
  /** AWS Region of everything but the distribution. */
  readonly region: string;
}

export interface UserPoolIds {
  readonly id: string;
  readonly clientId: string;
}

/** The user pool in a stack's outputs; null if the stack made none. */
export function userPoolAmong(outputs: Readonly<Record<string, unknown>>): UserPoolIds | null {
  const { user_pool_id: id, user_pool_client_id: clientId } = outputs;
  return typeof id === 'string' && typeof clientId === 'string' ? { id, clientId } : null;
}

export interface DeployedSiteOptions {
  /** Folder with `s3nator.config.ts`, and with a local state. */
  readonly root: string;
  /** `--site`; may be left out when the config has one site. */
  readonly site: string | undefined;
}

const outputNames = {
  siteUrl: 'site_url',
  distributionId: 'distribution_id',
  contentBucket: 'content_bucket',
  contentBy: 'content_by',
  privateBucket: 'private_bucket',
  apiUrl: 'api_url',
} as const;

/**
 * What the last deploy of the site made. Rejects with a plain `Error` if there was none, or if its state cannot be
 * read.
 */
export async function deployedSite({ root, site }: DeployedSiteOptions): Promise<DeployedSite> {
  const { name, config } = chosenSite(await loadConfig(root), site);
  const outputs = await readOutputs(root, name, stateBackend(name, config));
  const found = Object.entries(outputNames).map(([field, output]) => {
    const value = outputs[output];
    if (typeof value !== 'string' || value === '') throw notDeployed(name, `its state has no ${output}`);
    return [field, value] as const;
  });
  return {
    ...(Object.fromEntries(found) as unknown as Omit<DeployedSite, 'region' | 'userPool'>),
    userPool: userPoolAmong(outputs),
    region: config.region,
  };
}

const notDeployed = (name: string, reason: string): Error =>
  new Error(`site ${name} is not deployed: ${reason}. Fix: npx cdktf deploy ${name}`);

/**
 * Reads the state as Terraform's built-in provider does, which downloads nothing.
 * @see https://developer.hashicorp.com/terraform/language/state/remote-state-data
 */
async function readOutputs(root: string, name: string, state: StateBackend): Promise<Record<string, unknown>> {
  const parent = join(root, '.s3nator/state');
  mkdirSync(parent, { recursive: true, mode: 0o700 });
  // As deep as the stack's folder, so that the relative path of a local state works here, too.
  const folder = mkdtempSync(join(parent, `${name}-`));
  try {
    const reader = {
      data: { terraform_remote_state: { site: state } },
      output: { site: { value: '${data.terraform_remote_state.site.outputs}' } },
    };
    writeFileSync(join(folder, 'outputs.tf.json'), JSON.stringify(reader));
    await terraform(name, folder, 'init', '-input=false');
    await terraform(name, folder, 'apply', '-auto-approve', '-input=false');
    const { site } = JSON.parse(await terraform(name, folder, 'output', '-json')) as { site: { value: object } };
    return { ...site.value };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function terraform(name: string, folder: string, ...args: readonly string[]): Promise<string> {
  // cdktf uses the same variable for another binary. TF_DATA_DIR belongs to the checkout's own stacks.
  const { TERRAFORM_BINARY_NAME: binary = 'terraform', TF_DATA_DIR: _, ...env } = process.env;
  try {
    const { stdout } = await promisify(execFile)(binary, [...args, '-no-color'], { cwd: folder, env });
    return stdout;
  } catch (error) {
    const { code, stderr = '' } = error as { code?: unknown; stderr?: string };
    if (code === 'ENOENT') {
      throw new Error(
        `${binary} is not installed, and only it can read where site ${name} is deployed. \
Fix: https://developer.hashicorp.com/terraform/install`,
        { cause: error },
      );
    }
    if (stderr.includes('No stored state was found')) {
      throw notDeployed(name, 'there is no state where the config keeps it; a local state is where the deploy ran');
    }
    throw new Error(`the state of site ${name} cannot be read. Terraform says:\n${shown(stderr)}`, { cause: error });
  }
}

/** Terraform's errors without its warnings, indented so that they do not look like lines of ours. */
const shown = (stderr: string): string =>
  stderr
    .slice(Math.max(0, stderr.indexOf('Error:')))
    .trim()
    .split('\n')
    .map((line) => (line === '' ? '' : `  ${visible(line)}`))
    .join('\n');

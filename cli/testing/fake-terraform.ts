/** A stand-in for Terraform that knows the outputs of one site. For tests. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Outputs of a site that was deployed. */
export const outputs = {
  site_url: 'https://docs.example.com',
  distribution_id: 'E1',
  content_bucket: 'docs-prod-site-1',
  content_by: 'upload',
  private_bucket: 'docs-prod-private-1',
  api_url: 'https://a1.execute-api.eu-west-1.amazonaws.com',
  signer_key_pair_id: 'K1',
};

/**
 * Writes the stand-in into `folder`; returns its path, for `TERRAFORM_BINARY_NAME`. It keeps what it was given in
 * `asked/`, one line of `asked/calls` for each call, and fails at `apply` with `stderr`, or knows the outputs `known`.
 */
export function fakeTerraform(folder: string, { known = {}, stderr }: { known?: object; stderr?: string }): string {
  const asked = join(folder, 'asked');
  mkdirSync(asked, { recursive: true });
  writeFileSync(
    join(folder, 'answer.json'),
    JSON.stringify({ site: { sensitive: false, type: 'object', value: known } }),
  );
  writeFileSync(join(folder, 'stderr.txt'), stderr ?? '');
  const lines = [
    '#!/bin/sh',
    `cp outputs.tf.json '${asked}/' && pwd > '${asked}/folder' && echo "$TF_DATA_DIR" > '${asked}/data-dir'`,
    `echo "$*" >> '${asked}/calls'`,
    'case "$1" in',
    stderr === undefined ? '  apply) : ;;' : `  apply) cat '${folder}/stderr.txt' >&2; exit 1 ;;`,
    `  output) cat '${folder}/answer.json' ;;`,
    'esac',
    '',
  ];
  const binary = join(folder, 'terraform');
  writeFileSync(binary, lines.join('\n'));
  chmodSync(binary, 0o755);
  return binary;
}

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { deployedSite } from './deployed-site.ts';
import { fakeTerraform, outputs } from './testing/fake-terraform.ts';

let root: string;

const siteConfig = {
  region: 'eu-west-1',
  content: null,
  providers: [{ kind: 'google', clientId: 'YOUR_CLIENT_ID.apps.googleusercontent.com' }],
  identityPool: null,
  session: { cookieSeconds: 60, maximumSeconds: 60 },
  access: { blocked: [], rules: [] },
};

function configure(...names: readonly string[]): void {
  const config = { sites: Object.fromEntries(names.map((name) => [name, siteConfig])) };
  writeFileSync(join(root, 's3nator.config.ts'), `export default ${JSON.stringify(config)};`);
}

const terraform = (answer: Parameters<typeof fakeTerraform>[1]): void => {
  vi.stubEnv('TERRAFORM_BINARY_NAME', fakeTerraform(root, answer));
};

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 's3nator-deployed-'));
  configure('docs');
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true, force: true });
});

const read = (site?: string) => deployedSite({ root, site });

describe('deployedSite', () => {
  it('names the user pool that the stack made', async () => {
    terraform({ known: { ...outputs, user_pool_id: 'eu-west-1_a', user_pool_client_id: 'b' } });
    expect(await read()).toMatchObject({ userPool: { id: 'eu-west-1_a', clientId: 'b' } });
  });

  it.each([
    { user_pool_id: 'eu-west-1_a' },
    { user_pool_client_id: 'b' },
    { user_pool_id: 7, user_pool_client_id: 'b' },
  ])('names no user pool of which it does not know both IDs: %j', async (pool) => {
    terraform({ known: { ...outputs, ...pool } });
    expect((await read()).userPool).toBeNull();
  });

  it('has Terraform only read the state, and ask nobody anything', async () => {
    terraform({ known: outputs });
    await read();
    expect(readFileSync(join(root, 'asked/calls'), 'utf8').split('\n')).toEqual([
      'init -input=false -no-color',
      'apply -auto-approve -input=false -no-color',
      'output -json -no-color',
      '',
    ]);
  });

  it('calls the Terraform of the PATH if no other is named', async () => {
    vi.stubEnv('TERRAFORM_BINARY_NAME', undefined);
    fakeTerraform(root, { known: outputs });
    vi.stubEnv('PATH', `${root}:${process.env['PATH']}`);
    expect(await read()).toMatchObject({ distributionId: 'E1' });
  });

  it('is what the last deploy reported, in the region of the config', async () => {
    terraform({ known: outputs });
    expect(await read()).toEqual({
      siteUrl: 'https://docs.example.com',
      distributionId: 'E1',
      contentBucket: 'docs-prod-site-1',
      contentBy: 'upload',
      privateBucket: 'docs-prod-private-1',
      apiUrl: 'https://a1.execute-api.eu-west-1.amazonaws.com',
      region: 'eu-west-1',
      userPool: null,
    });
  });

  it('reads the state that lies in the checkout, without a synthesized stack, and leaves nothing behind', async () => {
    terraform({ known: outputs });
    vi.stubEnv('TF_DATA_DIR', '/elsewhere');
    await read('docs');
    const folder = readFileSync(join(root, 'asked/folder'), 'utf8').trim();
    const { data } = JSON.parse(readFileSync(join(root, 'asked/outputs.tf.json'), 'utf8'));
    expect(data.terraform_remote_state.site.backend).toBe('local');
    expect(join(folder, data.terraform_remote_state.site.config.path)).toMatch(/\/terraform\.docs\.tfstate$/);
    expect(join(folder, '../../..')).toContain(root);
    expect(readFileSync(join(root, 'asked/data-dir'), 'utf8').trim()).toBe('');
    expect(existsSync(join(root, 'cdktf.out'))).toBe(false);
    expect(readdirSync(join(root, '.s3nator/state'))).toEqual([]);
    expect(statSync(join(root, '.s3nator/state')).mode & 0o777).toBe(0o700);
  });

  it('says that a site was never deployed, and which command deploys it', async () => {
    terraform({
      stderr: 'Error: Unable to find remote state\n\nNo stored state was found for the given workspace',
    });
    await expect(read()).rejects.toThrow(
      'site docs is not deployed: there is no state where the config keeps it; ' +
        'a local state is where the deploy ran. Fix: npx cdktf deploy docs',
    );
    expect(readdirSync(join(root, '.s3nator/state'))).toEqual([]);
  });

  it.each(Object.keys(outputs).slice(0, 6))('says that a deploy did not reach %s', async (name) => {
    for (const value of [null, '', 7]) {
      terraform({ known: { ...outputs, [name]: value } });
      await expect(read()).rejects.toThrow(
        `site docs is not deployed: its state has no ${name}. Fix: npx cdktf deploy docs`,
      );
    }
  });

  it('passes on why Terraform cannot read the state, without its warnings', async () => {
    terraform({ stderr: 'Warning: old\n\nError: error loading state\n\nAccessDenied: no s3:GetObject\n' });
    await expect(read()).rejects.toThrow(
      new RegExp(
        '^the state of site docs cannot be read\\. Terraform says:\n' +
          ' {2}Error: error loading state\n\n {2}AccessDenied: no s3:GetObject$',
      ),
    );
    await expect(read()).rejects.toThrow(expect.objectContaining({ cause: expect.objectContaining({ code: 1 }) }));
  });

  it('passes on words of Terraform that name no error, as text that acts on no terminal', async () => {
    terraform({ stderr: 'panic: \u001b[2Jgone\n' });
    await expect(read()).rejects.toThrow(/Terraform says:\n {2}panic: \\u001b\[2Jgone$/);
  });

  it('says how to get Terraform when it is not installed', async () => {
    vi.stubEnv('TERRAFORM_BINARY_NAME', join(root, 'nowhere/terraform'));
    await expect(read()).rejects.toThrow(
      /nowhere\/terraform is not installed, and only it can read where site docs is deployed\. Fix: https:/,
    );
    await expect(read()).rejects.toThrow(
      expect.objectContaining({ cause: expect.objectContaining({ code: 'ENOENT' }) }),
    );
  });

  it('asks which site when there are several, and knows no other', async () => {
    configure('docs', 'media');
    await expect(read()).rejects.toThrow('--site: got nothing; allowed: docs, media');
    await expect(read('constructor')).rejects.toThrow('--site: got constructor; allowed: docs, media');
  });
});

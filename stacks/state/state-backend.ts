/** Owns where Terraform keeps the state of a site. Reads no state. */
import { LocalBackend, S3Backend, TerraformStack } from 'cdktf';
import { RootConstruct } from 'constructs';
import { type SiteConfig, stateKey } from '../../contract/config.ts';

/** Where the state lies, in Terraform's own words. */
export interface StateBackend {
  /** Terraform's name of the kind, such as `local`. */
  readonly backend: string;
  /** Its settings; a relative path counts from a folder three levels below the checkout, as `cdktf.out/stacks/SITE` is. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** The file with the state of a site that keeps it beside the config. */
export const localStateFile = (siteName: string): string => `terraform.${siteName}.tfstate`;

/** Gives `stack` the backend of its site. Call it once. */
export function keepState(stack: TerraformStack, siteName: string, site: SiteConfig): void {
  if (site.state !== null) {
    const { bucket, region } = site.state;
    const backend = new S3Backend(stack, { bucket, region, key: stateKey(siteName, site), encrypt: true });
    // The bindings are older than it. @see https://developer.hashicorp.com/terraform/language/backend/s3#state-locking
    backend.addOverride('use_lockfile', true);
    return;
  }
  // A path relative to the stack's folder, so that the stack is the same text in every checkout.
  new LocalBackend(stack, { path: `../../../${localStateFile(siteName)}` });
}

/** What `keepState` writes into the stack, for who wants to read that state. */
export function stateBackend(siteName: string, site: SiteConfig): StateBackend {
  // Not an App: that makes its folder.
  const stack = new TerraformStack(new RootConstruct(), siteName);
  keepState(stack, siteName, site);
  const { terraform } = stack.toTerraform() as { terraform: { backend: Record<string, Record<string, unknown>> } };
  const [[backend, config] = []] = Object.entries(terraform.backend);
  if (backend === undefined || config === undefined) throw new Error('a stack without a backend');
  return { backend, config };
}

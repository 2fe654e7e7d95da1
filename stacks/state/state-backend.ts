/** Where Terraform keeps the state of a site. */
import { LocalBackend, S3Backend, TerraformStack } from 'cdktf';
import { RootConstruct } from 'constructs';
import { type SiteConfig, stateKey } from '../../contract/config.ts';

/** Where the state is, in Terraform's terms. */
export interface StateBackend {
  /** Terraform's name for the kind of backend, such as `local`. */
  readonly backend: string;
  /**
   * Its settings. A relative path counts from a folder three levels below the checkout, such as
   * `cdktf.out/stacks/SITE`.
   */
  readonly config: Readonly<Record<string, unknown>>;
}

/** The state file of a site that keeps its state next to the config. */
export const localStateFile = (siteName: string): string => `terraform.${siteName}.tfstate`;

/** Gives `stack` the backend of its site. Call it once. */
export function keepState(stack: TerraformStack, siteName: string, site: SiteConfig): void {
  if (site.state !== null) {
    const { bucket, region } = site.state;
    const backend = new S3Backend(stack, { bucket, region, key: stateKey(siteName, site), encrypt: true });
    // The bindings are older than this setting. @see
    // https://developer.hashicorp.com/terraform/language/backend/s3#state-locking
    backend.addOverride('use_lockfile', true);
    return;
  }
  // Relative to the stack's folder, so that every checkout gives the same text.
  new LocalBackend(stack, { path: `../../../${localStateFile(siteName)}` });
}

/** What `keepState` writes into the stack, for readers of that state. */
export function stateBackend(siteName: string, site: SiteConfig): StateBackend {
  // Not an App, because an App creates its folder.
  const stack = new TerraformStack(new RootConstruct(), siteName);
  keepState(stack, siteName, site);
  const { terraform } = stack.toTerraform() as { terraform: { backend: Record<string, Record<string, unknown>> } };
  const [[backend, config] = []] = Object.entries(terraform.backend);
  if (backend === undefined || config === undefined) throw new Error('a stack without a backend');
  return { backend, config };
}

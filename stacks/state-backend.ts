/** Owns where Terraform keeps the state of a site. Reads no state. */
import { LocalBackend, TerraformStack } from 'cdktf';
import { RootConstruct } from 'constructs';
import type { SiteConfig } from '../contract/config.ts';

/** Where the state lies, in Terraform's own words. */
export interface StateBackend {
  /** Terraform's name of the kind, such as `local`. */
  readonly backend: string;
  /** Its settings; a relative path counts from a folder three levels below the checkout, as `cdktf.out/stacks/SITE` is. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** Gives `stack` the backend of its site. Call it once. */
export function keepState(stack: TerraformStack, siteName: string, _site: SiteConfig): void {
  // A path relative to the stack's folder, so that the stack is the same text in every checkout.
  new LocalBackend(stack, { path: `../../../terraform.${siteName}.tfstate` });
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

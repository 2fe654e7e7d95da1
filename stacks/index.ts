/** The entry `s3nator/stacks`: what another app imports. Names only; each says beside its code what it is. */
export {
  type Config,
  type ConfigOptions,
  defineConfig,
  parseConfig,
  type SiteConfig,
} from '../contract/config.ts';
export type { ContentFile } from './content-files.ts';
export { Edge, type EdgeProps, type OriginBucket } from './edge.ts';
export { type LambdaPackage, packageLambda } from './lambda-package.ts';
export { loadConfig } from './load-config.ts';
export { policyDocument, type Statement } from './policy-document.ts';
export { type ContentSource, SecureSite, type SecureSiteProps } from './secure-site.ts';
export { isSetupError, type SetupCode, type SetupError } from './setup-error.ts';
export { type PublicHalf, readSigningKeys, type SigningKeys } from './signing-keys.ts';
export { siteFiles } from './site-files.ts';
export { SiteLogin } from './site-login.ts';
export type { ServedBy, SiteParts, SitePartsProps } from './site-parts.ts';
export { SiteStack, type SiteStackProps } from './site-stack.ts';

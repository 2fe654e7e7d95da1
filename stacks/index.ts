/** The entry `s3nator/stacks`: what other apps import. Each name is documented where it is defined. */
export {
  type Config,
  type ConfigOptions,
  defineConfig,
  parseConfig,
  type SiteConfig,
} from '../contract/config.ts';
export type { ContentFile } from './content/content-files.ts';
export { siteFiles } from './content/site-files.ts';
export { Edge, type EdgeProps, type OriginBucket } from './edge/distribution-parts.ts';
export { type PublicHalf, readSigningKeys, type SigningKeys } from './keys/signing-keys.ts';
export { loadConfig } from './load-config.ts';
export { type LambdaPackage, packageLambda } from './login/lambda-package.ts';
export { type ContentSource, SecureSite, type SecureSiteProps } from './secure-site.ts';
export { SiteLogin } from './site-login.ts';
export type { ServedBy, SiteParts, SitePartsProps } from './site-parts.ts';
export { SiteStack, type SiteStackProps } from './site-stack.ts';
export { policyDocument, type Statement } from './text/policy-document.ts';
export { isSetupError, type SetupCode, type SetupError } from './text/setup-error.ts';

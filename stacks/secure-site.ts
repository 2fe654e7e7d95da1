/** Owns a whole site: it puts the parts together in the one order that has no cycle. Creates no resource of its own. */
import type { AwsProvider } from '@cdktf/provider-aws/lib/provider/index.js';
import { Construct } from 'constructs';
import type { SiteConfig } from '../contract/config.ts';
import { Alarms } from './alarms.ts';
import { ContentBucket } from './content-bucket.ts';
import type { ContentFile } from './content-files.ts';
import { contentSecurityPolicy } from './content-security-policy.ts';
import { CustomDomain } from './custom-domain.ts';
import { Dashboard } from './dashboard.ts';
import { Distribution } from './distribution.ts';
import { IdentityPool } from './identity-pool.ts';
import { KeyGroup } from './key-group.ts';
import { trustedKeys } from './key-list.ts';
import { KeysInUse } from './keys-in-use.ts';
import type { LambdaPackage } from './lambda-package.ts';
import { LoginApi } from './login-api.ts';
import { LoginFunction } from './login-function.ts';
import { PrivateBucket } from './private-bucket.ts';
import type { PublicHalf, SigningKeys } from './signing-keys.ts';
import { SiteIdentity } from './site-identity.ts';

export interface SecureSiteProps {
  /** Name of the site in the config. */
  readonly siteName: string;
  readonly site: SiteConfig;
  readonly keys: SigningKeys;
  /** Everything that is uploaded. */
  readonly files: readonly ContentFile[];
  /** The Lambda's code. */
  readonly lambda: LambdaPackage;
  /** Provider for us-east-1; used with a custom domain only. */
  readonly certificateProvider: AwsProvider;
}

export class SecureSite extends Construct {
  readonly content: ContentBucket;
  readonly private: PrivateBucket;
  readonly keyGroup: KeyGroup;
  readonly api: LoginApi;
  readonly distribution: Distribution;
  readonly function: LoginFunction;
  readonly identityPool: IdentityPool | undefined;
  /** Hosts of the distribution, canonical first. */
  readonly hosts: readonly string[];

  constructor(scope: Construct, id: string, props: SecureSiteProps) {
    super(scope, id);
    const { siteName, site, keys, certificateProvider } = props;
    const { deletionProtection } = site;
    const name = `${siteName}-${site.stage}`;
    new SiteIdentity(this, 'identity', site);
    const [provider] = site.providers;
    if (provider === undefined) throw new Error('the config admits no site without a provider');

    this.content = new ContentBucket(this, 'content', {
      name,
      files: props.files,
      loginPage: site.pages.login,
      contentSecurityPolicy: contentSecurityPolicy(site.providers),
      deletionProtection,
    });
    this.private = new PrivateBucket(this, 'private', {
      name,
      site: siteName,
      keys,
      access: site.access,
      deletionProtection,
    });
    this.keyGroup = new KeyGroup(this, 'keys', { name, keys, after: this.private.keyObjects });
    this.identityPool = site.identityPool === null ? undefined : new IdentityPool(this, 'pool', { name, provider });
    const { metrics, pseudonyms } = site.audit;
    const dimensions = { site: siteName, stage: site.stage };
    this.api = new LoginApi(this, 'api', { name, dimensions, metrics, throttle: site.throttle, logDays: site.logDays });

    const domain =
      site.domain === null ? undefined : new CustomDomain(this, 'domain', { domain: site.domain, certificateProvider });
    this.distribution = new Distribution(this, 'cdn', {
      name,
      site,
      content: this.content.locked.bucket,
      api: this.api,
      keyGroup: this.keyGroup.group,
      domain,
    });
    const { distribution } = this.distribution;
    this.content.admit(distribution);
    domain?.pointAt(distribution);
    this.hosts = domain?.hosts ?? [distribution.domainName];

    this.function = new LoginFunction(this, 'function', {
      name,
      runtime: site.lambdaRuntime,
      logDays: site.logDays,
      code: props.lambda,
      statements: this.private.readerStatements({ pseudonyms }),
      environment: {
        ...dimensions,
        pseudonyms,
        metrics,
        hosts: [...this.hosts],
        allowedOrigins: site.allowedOrigins,
        privateBucket: this.private.locked.bucket.bucket,
        keyPairId: this.keyGroup.signer.id,
        identityPoolId: this.identityPool?.pool.id ?? null,
        providers: site.providers,
        session: site.session,
        signing: { fingerprint: keys.signer.fingerprint, hash: site.signing.hash },
        trustedKeys: Object.fromEntries(trustedKeys(keys).map(trusted)),
      },
      // Whoever is let in is let in with a key that the group has.
      after: [...this.private.keyObjects, this.keyGroup.group],
    });
    new KeysInUse(this, 'keys_in_use', { bucket: this.private.locked, keys, after: this.function.function });
    this.api.forwardTo(this.function);

    const apiId = this.api.api.id;
    const alarms =
      site.alarms === null
        ? undefined
        : new Alarms(this, 'alarms', {
            name,
            dimensions,
            alarms: site.alarms,
            apiId,
            hasIdentityPool: site.identityPool !== null,
          });
    if (site.dashboard) {
      new Dashboard(this, 'dashboard', {
        name,
        region: site.region,
        dimensions,
        apiId,
        functionName: this.function.function.functionName,
        distributionId: distribution.id,
        logGroup: this.function.log.name,
        alarms: alarms?.arns ?? [],
      });
    }
  }
}

const trusted = ({ fingerprint, spki }: PublicHalf): [string, string] => [fingerprint, spki.toString('base64')];

/** Everything in a site except its distribution: keys, API, rules, open pages, in the only order without cycles. */
import { Construct } from 'constructs';
import type { SiteConfig } from '../contract/config.ts';
import type { Environment } from '../contract/environment.ts';
import { defaultPaths, type SitePaths } from '../contract/layout.ts';
import { poolRegion } from '../contract/providers.ts';
import { ContentBucket } from './buckets/content-bucket.ts';
import { KeysInUse } from './buckets/keys-in-use.ts';
import { PrivateBucket } from './buckets/private-bucket.ts';
import type { ContentFile } from './content/content-files.ts';
import { contentSecurityPolicy } from './content/content-security-policy.ts';
import { siteAddresses } from './content/site-files.ts';
import { checkPages } from './content/site-pages.ts';
import { Edge, type EdgeProps } from './edge/distribution-parts.ts';
import { KeyGroup, type PublishedKey } from './keys/key-group.ts';
import { type KeyRoles, mapKeys, trustedKeys } from './keys/key-list.ts';
import { KmsKeys } from './keys/kms-keys.ts';
import type { PublicHalf, SigningKeys } from './keys/signing-keys.ts';
import { IdentityPool } from './login/identity-pool.ts';
import type { LambdaPackage } from './login/lambda-package.ts';
import { LoginApi } from './login/login-api.ts';
import { LoginFunction, roleNameOf } from './login/login-function.ts';
import { providerSettings } from './login/provider-settings.ts';
import { UserPool } from './login/user-pool.ts';
import { SiteIdentity } from './state/site-identity.ts';
import { AccessRequestsTopic } from './watch/access-requests-topic.ts';
import { Alarms } from './watch/alarms.ts';
import { Dashboard } from './watch/dashboard.ts';

export interface SitePartsProps {
  /**
   * Name of the site: up to 20 lower-case letters, digits and hyphens. Every resource name begins with it and the
   * stage, so both together are unique in an account.
   */
  readonly siteName: string;
  /** The checked site, as `parseConfig` returns it. */
  readonly site: SiteConfig;
  /** The public parts of the signing keys, as `readSigningKeys` returns them. */
  readonly keys: SigningKeys;
  /** Files for the site's own bucket, as `siteFiles` returns them. */
  readonly files: readonly ContentFile[];
  /** The Lambda's code, as `packageLambda` returns it. */
  readonly lambda: LambdaPackage;
}

/** The distribution that serves the site. */
export interface ServedBy {
  /** The resource, or the ID and ARN of one outside the app. */
  readonly distribution: { readonly id: string; readonly arn: string };
  /** Its hosts, canonical first: cookies are signed for the first one. */
  readonly hosts: readonly string[];
}

/** What `SecureSite` and `SiteLogin` share. They differ in who creates the distribution. */
export abstract class SiteParts extends Construct {
  /** The site's own bucket. */
  readonly content: ContentBucket;
  readonly private: PrivateBucket;
  /** `undefined`: the private halves of the keys are files. */
  readonly kmsKeys: KmsKeys | undefined;
  readonly keyGroup: KeyGroup;
  readonly api: LoginApi;
  /** Set once the distribution is known, like the user pool; undefined: the config asks for none. */
  identityPool: IdentityPool | undefined;
  /** The user pool that the config asks for; undefined for an existing pool. */
  userPool: UserPool | undefined;
  /** The values for the distribution. */
  readonly edge: Edge;
  private readonly published: KeyRoles<PublishedKey>;
  private readonly props: SitePartsProps;

  constructor(scope: Construct, id: string, props: SitePartsProps, originIds: EdgeProps['originIds']) {
    super(scope, id);
    this.props = props;
    const { siteName, site, keys } = props;
    const { deletionProtection } = site;
    const name = this.name;
    checkPages(site, props.files);
    new SiteIdentity(this, 'identity', site);
    const addresses = siteAddresses(site, props.files).objects;

    this.content = new ContentBucket(this, 'content', {
      name,
      files: props.files,
      addresses,
      serving: site,
      contentSecurityPolicy: contentSecurityPolicy(site),
      deletionProtection,
    });
    this.private = new PrivateBucket(this, 'private', {
      name,
      site: siteName,
      keys,
      access: site.access,
      deletionProtection,
    });
    if (keys.store === 'kms') {
      this.kmsKeys = new KmsKeys(this, 'kms', { name, keys, signerRole: roleNameOf(name) });
      this.published = this.kmsKeys.published;
    } else {
      this.published = mapKeys(keys, publishedHalf);
    }
    this.keyGroup = new KeyGroup(this, 'keys', { name, keys: this.published, after: this.private.keyObjects });
    this.api = new LoginApi(this, 'api', {
      name,
      dimensions: this.dimensions,
      metrics: site.audit.metrics,
      throttle: site.throttle,
      paths: site.paths,
      logDays: site.logDays,
    });
    this.edge = new Edge(this, 'cdn', {
      name,
      site,
      pages: this.content.locked.bucket,
      api: this.api,
      keyGroup: this.keyGroup,
      originIds,
      files: props.files.map(({ path }) => path),
      addresses: addresses.map(({ path }) => path),
    });
  }

  /** Site and stage. Every name in the account begins with it. */
  protected get name(): string {
    return `${this.props.siteName}-${this.props.site.stage}`;
  }

  /** Site and stage as metric dimensions. */
  private get dimensions(): { readonly site: string; readonly stage: string } {
    return { site: this.props.siteName, stage: this.props.site.stage };
  }

  /** Creates what must know the distribution: the Lambda, and the right to read the site's own bucket. Call it once. */
  protected attach({ distribution, hosts }: ServedBy): LoginFunction {
    const { site, keys, lambda } = this.props;
    const { metrics, pseudonyms } = site.audit;
    this.content.admit(distribution.arn);
    const userPool = this.makePools(hosts);
    const { accessRequests } = site;
    const requests = accessRequests && new AccessRequestsTopic(this, 'requests', { name: this.name, accessRequests });
    const target = new LoginFunction(this, 'function', {
      name: this.name,
      runtime: site.lambdaRuntime,
      logDays: site.logDays,
      code: lambda,
      statements: [
        ...this.private.readerStatements({ pseudonyms }),
        ...(requests === null ? [] : [...this.private.requestStatements(), ...requests.statements]),
        ...(this.kmsKeys === undefined ? [] : [this.kmsKeys.signerStatement()]),
      ],
      environment: {
        ...this.dimensions,
        pseudonyms,
        metrics,
        hosts: [...hosts],
        allowedOrigins: site.allowedOrigins,
        ...pathsUnlessDefault(site.paths),
        privateBucket: this.private.locked.bucket.bucket,
        keyPairId: this.keyGroup.signer.id,
        identityPoolId: this.identityPool?.pool.id ?? null,
        accessRequests: accessRequests && {
          mayAsk: accessRequests.mayAsk,
          maximumOpen: accessRequests.maximumOpen,
        },
        requestsTopic: requests?.arn ?? null,
        userPool,
        providers: providerSettings(site),
        session: site.session,
        signing: { fingerprint: keys.signer.fingerprint, key: site.signing.key, hash: site.signing.hash },
        kmsKeyArn: this.kmsKeys?.signer.arn ?? null,
        trustedKeys: Object.fromEntries(
          trustedKeys(this.published).map(({ fingerprint, spki }) => [fingerprint, spki]),
        ),
      },
      // Everyone who is let in gets cookies signed by a key that the group trusts.
      after: [...this.private.keyObjects, this.keyGroup.group],
    });
    new KeysInUse(this, 'keys_in_use', { bucket: this.private.locked, keys, after: target.function });
    this.api.forwardTo(target);
    this.watch(target, distribution.id);
    return target;
  }

  /** Creates the pools of the config. Returns the user pool whose people sign in, new or existing. */
  private makePools(hosts: readonly string[]): Environment['userPool'] {
    const { site } = this.props;
    const google = site.providers.find((provider) => provider.kind === 'google');
    const provider = site.providers.find((one) => one.kind === 'cognitoUserPool');
    if (provider?.provision !== undefined) {
      this.userPool = new UserPool(this, 'users', {
        name: this.name,
        settings: provider.provision,
        pages: hosts.map((host) => `https://${host}${site.pages.login}`),
        deletionProtection: site.deletionProtection,
      });
    }
    const { existing } = provider ?? {};
    const userPool = this.userPool?.ids ?? (existing ? { id: existing.userPoolId, clientId: existing.clientId } : null);
    if (site.identityPool !== null) {
      this.identityPool = new IdentityPool(this, 'pool', {
        name: this.name,
        googleClientId: google?.clientId,
        userPool: provider && userPool ? { ...userPool, region: poolRegion(provider, site.region) } : undefined,
      });
    }
    return userPool;
  }

  private watch(target: LoginFunction, distributionId: string): void {
    const { site } = this.props;
    const shared = { name: this.name, dimensions: this.dimensions, apiId: this.api.api.id };
    const alarms =
      site.alarms === null
        ? undefined
        : new Alarms(this, 'alarms', {
            ...shared,
            alarms: site.alarms,
            hasIdentityPool: site.identityPool !== null,
          });
    if (site.dashboard) {
      new Dashboard(this, 'dashboard', {
        ...shared,
        region: site.region,
        functionName: target.function.functionName,
        distributionId,
        logGroup: target.log.name,
        alarms: alarms?.arns ?? [],
      });
    }
  }
}

/** A site with the default paths keeps the environment that it had before there were others. */
const pathsUnlessDefault = (paths: SitePaths): Pick<Environment, 'paths'> =>
  paths.api === defaultPaths.api && paths.open === defaultPaths.open ? {} : { paths };

const publishedHalf = ({ fingerprint, pem, spki }: PublicHalf): PublishedKey => ({
  fingerprint,
  pem,
  spki: spki.toString('base64'),
});

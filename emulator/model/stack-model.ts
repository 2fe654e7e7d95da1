/** The typed model of one synthesized stack, which the emulator serves. Types only. */

import type { KeyObject } from 'node:crypto';
import type {
  BucketPolicy,
  CachePolicy,
  Forwarding,
  HeadersPolicy,
  KmsKeyModel,
  ViewerProtocolPolicy,
} from './policies.ts';

export interface BucketModel {
  /** Name of the resource in the stack. */
  readonly resource: string;
  readonly name: string;
  readonly versioned: boolean;
  readonly policy: BucketPolicy;
}

/** An `aws_s3_object`. */
export interface DeclaredObject {
  readonly address: string;
  readonly bucket: string;
  readonly key: string;
  readonly contentType: string;
  readonly contentEncoding: string | undefined;
  readonly cacheControl: string | undefined;
  /**
   * MD5 that the object must have: a deploy overwrites other content. undefined: a deploy only applies changes of the
   * stack.
   */
  readonly etag: string | undefined;
  /** Source of its bytes: a file, read again for every request, or the text itself. */
  readonly source: { readonly file: string } | { readonly content: string };
  /** `ignore_changes`: created once, then left alone. */
  readonly createdOnce: boolean;
}

export type OriginModel =
  | {
      readonly kind: 's3';
      readonly bucket: string;
      readonly path: string;
      readonly accessControl: boolean;
    }
  | { readonly kind: 'api'; readonly path: string };

export interface BehaviorModel {
  readonly pattern: string;
  readonly origin: OriginModel;
  readonly viewerProtocol: ViewerProtocolPolicy;
  readonly methods: readonly string[];
  /** Answers to OPTIONS may be cached, which removes `Authorization` from the request. */
  readonly cachesOptions: boolean;
  /** Key pair IDs to public keys; undefined: open to everyone. */
  readonly trustedKeys: ReadonlyMap<string, KeyObject> | undefined;
  readonly cache: CachePolicy;
  readonly originRequest: Forwarding | undefined;
  readonly headersPolicy: HeadersPolicy | undefined;
  /** Source of the viewer-request CloudFront Function. */
  readonly viewerRequestCode: string | undefined;
}

export interface ErrorPage {
  readonly path: string;
  readonly status: number;
}

export interface DistributionModel {
  readonly id: string;
  readonly arn: string;
  readonly defaultRootObject: string | undefined;
  /** In order of precedence. The last one is the default and matches everything. */
  readonly behaviors: readonly BehaviorModel[];
  readonly errorPages: ReadonlyMap<number, ErrorPage>;
  /** Error caching minimum TTLs by status, in seconds, where they are set. */
  readonly errorSeconds: ReadonlyMap<number, number>;
}

export interface ApiModel {
  readonly id: string;
  readonly host: string;
  /** Route keys such as `ANY /auth/{proxy+}` or `$default`. */
  readonly routes: readonly string[];
  readonly integrationTimeoutMs: number;
  /** Shared by all routes without their own throttle. */
  readonly throttle: Throttle;
  /** Route keys to their own throttles. */
  readonly routeThrottles: ReadonlyMap<string, Throttle>;
}

/** Requests per second, and how many at once. */
export interface Throttle {
  readonly rate: number;
  readonly burst: number;
}

export interface LambdaModel {
  readonly name: string;
  readonly arn: string;
  /** Such as `nodejs24.x`. */
  readonly runtime: string;
  readonly handler: string;
  readonly timeoutSeconds: number;
  readonly memoryMegabytes: number;
  readonly variables: Readonly<Record<string, string>>;
}

export interface IdentityPoolModel {
  readonly id: string;
  /** Provider name, including a user pool's, to client ID. */
  readonly loginProviders: Readonly<Record<string, string>>;
  readonly allowsGuests: boolean;
}

/** An app client of a user pool. */
export interface PoolClientModel {
  readonly id: string;
  readonly userPoolId: string;
  readonly callbackUrls: readonly string[];
  readonly logoutUrls: readonly string[];
  /** Names of the providers that sign people in; `COGNITO` means the pool's own accounts. */
  readonly providers: readonly string[];
}

/** A provider that signs people in to a user pool. */
export interface FederatedModel {
  readonly name: string;
  /** Such as SAML, or the name itself for providers that Cognito knows. */
  readonly type: string;
}

export interface TopicModel {
  readonly arn: string;
  /** Endpoints of its subscriptions. */
  readonly recipients: readonly string[];
}

export interface StackModel {
  readonly region: string;
  readonly buckets: readonly BucketModel[];
  readonly objects: readonly DeclaredObject[];
  readonly distribution: DistributionModel;
  readonly api: ApiModel;
  readonly lambda: LambdaModel;
  readonly identityPools: readonly IdentityPoolModel[];
  readonly poolClients: readonly PoolClientModel[];
  /** Those whose resource is in the stack. */
  readonly federated: readonly FederatedModel[];
  readonly topics: readonly TopicModel[];
  readonly kmsKeys: readonly KmsKeyModel[];
  /** What `terraform output` prints, for outputs that are strings. */
  readonly outputs: Readonly<Record<string, string>>;
}

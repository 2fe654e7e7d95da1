/** Types of the parsed policies and keys in a synthesized stack. */
import type { KeyObject } from 'node:crypto';

export type BucketPolicy = readonly Statement[];

export interface Condition {
  readonly operator: string;
  readonly key: string;
  readonly values: readonly string[];
}

export interface Statement {
  readonly allow: boolean;
  readonly services: readonly string[];
  readonly anyone: boolean;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions: readonly Condition[];
}

/** Which headers, cookies or query parameters a CloudFront policy chooses. */
export type Selection =
  | { readonly kind: 'none' }
  | { readonly kind: 'all' }
  | { readonly kind: 'only'; readonly names: readonly string[] }
  | { readonly kind: 'except'; readonly names: readonly string[] };

/** What reaches the origin. */
export interface Forwarding {
  readonly headers: Selection;
  readonly cookies: Selection;
  readonly query: Selection;
}

/** How long answers are kept, in seconds. */
export interface TimeToLive {
  readonly minimum: number;
  /** If the origin does not say. */
  readonly default: number;
  readonly maximum: number;
}

/** What the cache key has besides the path, and how long answers are kept. */
export interface CachePolicy extends Forwarding {
  readonly ttl: TimeToLive;
  /** Codings that are in the key if the viewer takes them. */
  readonly encodings: readonly ('br' | 'gzip')[];
}

export interface AddedHeader {
  readonly name: string;
  readonly value: string;
  /** true: replaces the origin's header; false: only fills it in. */
  readonly override: boolean;
}

export interface CorsPolicy {
  readonly origins: readonly string[];
  readonly methods: readonly string[];
  readonly headers: readonly string[];
  readonly exposed: readonly string[];
  readonly credentials: boolean;
  readonly maxAgeSeconds: number | undefined;
  readonly override: boolean;
}

export interface HeadersPolicy {
  readonly removed: readonly string[];
  readonly added: readonly AddedHeader[];
  readonly cors: CorsPolicy | undefined;
}

export const viewerProtocolPolicies = ['allow-all', 'https-only', 'redirect-to-https'] as const;
export type ViewerProtocolPolicy = (typeof viewerProtocolPolicies)[number];

/** A key pair that stays in KMS. */
export interface KmsPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/** A key of the current stack. */
export interface KmsKeyModel {
  readonly arn: string;
  /** Such as `ECC_NIST_P256`. */
  readonly spec: string;
  readonly pair: KmsPair;
}

/** The CloudFront API's names for each kind of resource that the stacks create, and the stored form of one. */
import type { XmlElement } from './xml.ts';

export interface Kind {
  /** Element that holds what the caller sends. */
  readonly config: string;
  /** Element that wraps it in answers. */
  readonly wrapper: string;
  /** Element with the time of the last change; '' if the API reports none. */
  readonly time: string;
  /** Prefix of an ID; '' if IDs are UUIDs. */
  readonly idPrefix: string;
  /** Error codes. */
  readonly missing: string;
  readonly exists: string;
  readonly inUse: string;
}

/** @see https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_Operations.html */
export const kinds = {
  distribution: {
    config: 'DistributionConfig',
    wrapper: 'Distribution',
    time: 'LastModifiedTime',
    idPrefix: 'E',
    missing: 'NoSuchDistribution',
    exists: 'DistributionAlreadyExists',
    inUse: 'ResourceInUse',
  },
  function: {
    config: 'FunctionConfig',
    wrapper: 'FunctionSummary',
    time: '',
    idPrefix: '',
    missing: 'NoSuchFunctionExists',
    exists: 'FunctionAlreadyExists',
    inUse: 'FunctionInUse',
  },
  'key-group': {
    config: 'KeyGroupConfig',
    wrapper: 'KeyGroup',
    time: 'LastModifiedTime',
    idPrefix: '',
    missing: 'NoSuchResource',
    exists: 'KeyGroupAlreadyExists',
    inUse: 'ResourceInUse',
  },
  'origin-access-control': {
    config: 'OriginAccessControlConfig',
    wrapper: 'OriginAccessControl',
    time: '',
    idPrefix: 'E',
    missing: 'NoSuchOriginAccessControl',
    exists: 'OriginAccessControlAlreadyExists',
    inUse: 'OriginAccessControlInUse',
  },
  'public-key': {
    config: 'PublicKeyConfig',
    wrapper: 'PublicKey',
    time: 'CreatedTime',
    idPrefix: 'K',
    missing: 'NoSuchPublicKey',
    exists: 'PublicKeyAlreadyExists',
    inUse: 'PublicKeyInUse',
  },
  'response-headers-policy': {
    config: 'ResponseHeadersPolicyConfig',
    wrapper: 'ResponseHeadersPolicy',
    time: 'LastModifiedTime',
    idPrefix: '',
    missing: 'NoSuchResponseHeadersPolicy',
    exists: 'ResponseHeadersPolicyAlreadyExists',
    inUse: 'ResponseHeadersPolicyInUse',
  },
} as const satisfies Record<string, Kind>;

export type KindName = keyof typeof kinds;

/** One stored resource. */
export interface Item {
  readonly id: string;
  readonly arn: string;
  /** A name that is unique within its kind. */
  readonly name: string;
  config: XmlElement;
  version: string;
  changed: string;
  /** Source of a function, and whether it was published; undefined for every other kind. */
  code?: Buffer;
  published?: boolean;
}

export type Store = Readonly<Record<KindName, Map<string, Item>>>;

export const newStore = (): Store => ({
  distribution: new Map(),
  function: new Map(),
  'key-group': new Map(),
  'origin-access-control': new Map(),
  'public-key': new Map(),
  'response-headers-policy': new Map(),
});

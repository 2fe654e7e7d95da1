/**
 * What the local CloudFront refuses: missing references, resources in use, keys and settings outside the documented
 * limits.
 */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { Refusal } from './api.ts';
import { type Item, type KindName, kinds, type Store } from './cloudfront-kinds.ts';
import { all, find, textAt, texts, type XmlElement } from './xml.ts';

/**
 * Policies managed by AWS.
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
 */
const managedCachePolicies = new Set(['658327ea-f89d-4fab-a63d-7e88639e58f6', '4135ea2d-6df8-44a3-9df3-4b5a84be39ad']);
const managedOriginRequestPolicies = new Set(['b689b0a8-53d0-40ab-baf2-68738e2966ac']);
const managedResponseHeadersPolicies = new Set([
  '67f7725c-6f97-4210-82d7-5512b31e9d03',
  'e61eb60c-9c35-4d20-a928-2b84e02af89c',
]);

/** @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html */
const maximumKeysInGroup = 5;
const maximumBehaviors = 75;
const maximumPolicyHeaderLength = 1783;

const invalid = (message: string): Refusal => new Refusal(400, 'InvalidArgument', message);

/** Throws if CloudFront would not store `config`. */
export function checkConfig(kind: KindName, config: XmlElement, store: Store): void {
  checkQuantities(config);
  checks[kind](config, store);
}

const checks: Readonly<Record<KindName, (config: XmlElement, store: Store) => void>> = {
  distribution: checkDistribution,
  function: (config) => {
    if (textAt(config, 'Comment').length > 128) throw invalid('comment of a function');
  },
  'key-group': checkKeyGroup,
  'origin-access-control': (config) => {
    if (textAt(config, 'Name').length > 64) throw invalid('name of an origin access control');
  },
  'public-key': checkPublicKey,
  'response-headers-policy': (config) => {
    if (texts(config, 'ContentSecurityPolicy').some((policy) => policy.length > maximumPolicyHeaderLength)) {
      throw new Refusal(400, 'TooLongCSPInResponseHeadersPolicy', 'the content security policy is too long');
    }
  },
};

/** Throws if something else still refers to `item`, or if it is an enabled distribution. */
export function checkDeletion(kind: KindName, item: Item, store: Store): void {
  if (kind === 'distribution' && textAt(item.config, 'Enabled') === 'true') {
    throw new Refusal(409, 'DistributionNotDisabled', `${item.id} is enabled`);
  }
  const reference = kind === 'function' ? item.arn : item.id;
  for (const [other, items] of Object.entries(store)) {
    for (const { id, config } of items.values()) {
      if (other !== kind && refersTo(config, reference)) {
        throw new Refusal(409, kinds[kind].inUse, `${other} ${id} uses ${kind} ${item.id}`);
      }
    }
  }
}

const refersTo = (element: XmlElement, reference: string): boolean =>
  element.text === reference || element.children.some((child) => refersTo(child, reference));

/** CloudFront rejects lists whose `Quantity` is not their length. */
function checkQuantities(element: XmlElement): void {
  const quantity = find(element, 'Quantity');
  const items = find(element, 'Items');
  if (quantity !== undefined && Number(quantity.text) !== (items?.children.length ?? 0)) {
    throw new Refusal(400, 'InconsistentQuantities', `${element.name} says ${quantity.text}`);
  }
  element.children.forEach(checkQuantities);
}

/** @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-trusted-signers.html */
function checkPublicKey(config: XmlElement): void {
  let key: KeyObject;
  try {
    key = createPublicKey(textAt(config, 'EncodedKey'));
  } catch {
    throw invalid('not a public key in PEM form');
  }
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {};
  const taken =
    (key.asymmetricKeyType === 'rsa' && modulusLength === 2048) ||
    (key.asymmetricKeyType === 'ec' && namedCurve === 'prime256v1');
  if (!taken) throw invalid('only RSA keys of 2048 bits and ECDSA keys on P-256');
}

function checkKeyGroup(config: XmlElement, store: Store): void {
  const ids = texts(config, 'PublicKey');
  if (ids.length > maximumKeysInGroup) {
    throw new Refusal(400, 'TooManyPublicKeysInKeyGroup', `${ids.length} keys; at most ${maximumKeysInGroup}`);
  }
  for (const id of ids) {
    if (!store['public-key'].has(id)) throw new Refusal(404, 'NoSuchResource', `there is no public key ${id}`);
  }
}

function checkDistribution(config: XmlElement, store: Store): void {
  const mustExist = (element: string, kind: KindName, code: string, managed?: ReadonlySet<string>): void => {
    for (const id of texts(config, element)) {
      if (!store[kind].has(id) && managed?.has(id) !== true) throw new Refusal(404, code, `${element} ${id}`);
    }
  };
  mustExist('OriginAccessControlId', 'origin-access-control', 'NoSuchOriginAccessControl');
  mustExist('KeyGroup', 'key-group', 'TrustedKeyGroupDoesNotExist');
  mustExist(
    'ResponseHeadersPolicyId',
    'response-headers-policy',
    'NoSuchResponseHeadersPolicy',
    managedResponseHeadersPolicies,
  );
  for (const id of texts(config, 'CachePolicyId')) {
    if (!managedCachePolicies.has(id)) throw new Refusal(404, 'NoSuchCachePolicy', id);
  }
  for (const id of texts(config, 'OriginRequestPolicyId')) {
    if (!managedOriginRequestPolicies.has(id)) throw new Refusal(404, 'NoSuchOriginRequestPolicy', id);
  }
  for (const arn of texts(config, 'FunctionARN')) {
    const published = [...store.function.values()].some((item) => item.arn === arn && item.published);
    if (!published) throw new Refusal(400, 'InvalidFunctionAssociation', `${arn} does not exist, or is not published`);
  }
  checkOrigins(config);
  checkBehaviors(config);
  checkHosts(config, store);
}

function checkOrigins(config: XmlElement): void {
  const origins = find(config, 'Origins', 'Items')?.children ?? [];
  const ids = new Set(origins.map((origin) => textAt(origin, 'Id')));
  for (const target of texts(config, 'TargetOriginId')) {
    if (!ids.has(target)) throw new Refusal(404, 'NoSuchOrigin', target);
  }
  for (const origin of origins) {
    if (!/^[a-z0-9.-]+\.[a-z]+$/.test(textAt(origin, 'DomainName'))) throw invalid('domain name of an origin');
    const path = textAt(origin, 'OriginPath');
    if (path !== '' && !/^\/.*[^/]$/.test(path)) throw invalid(`origin path ${path}`);
  }
  if (textAt(config, 'DefaultRootObject').startsWith('/')) {
    throw new Refusal(400, 'InvalidDefaultRootObject', 'begins with a slash');
  }
}

function checkBehaviors(config: XmlElement): void {
  const patterns = texts(find(config, 'CacheBehaviors'), 'PathPattern');
  if (patterns.length > maximumBehaviors) throw new Refusal(400, 'TooManyCacheBehaviors', `${patterns.length}`);
  if (new Set(patterns).size < patterns.length) throw invalid('the same path pattern twice');
  for (const error of all(config, 'CustomErrorResponse')) {
    const page = textAt(error, 'ResponsePagePath');
    if (page !== '' && !page.startsWith('/')) {
      throw new Refusal(400, 'InvalidErrorCode', 'an error page that is not a path');
    }
  }
}

/** Hosts need a certificate from us-east-1, and belong to one distribution only. */
function checkHosts(config: XmlElement, store: Store): void {
  const aliases = texts(find(config, 'Aliases'), 'CNAME');
  const certificate = textAt(config, 'ViewerCertificate', 'ACMCertificateArn');
  if (certificate === '' ? aliases.length > 0 : !/^arn:aws:acm:us-east-1:\d{12}:certificate\//.test(certificate)) {
    throw new Refusal(400, 'InvalidViewerCertificate', certificate);
  }
  for (const other of store.distribution.values()) {
    if (textAt(other.config, 'CallerReference') === textAt(config, 'CallerReference')) continue;
    const taken = texts(find(other.config, 'Aliases'), 'CNAME').find((host) => aliases.includes(host));
    if (taken !== undefined) throw new Refusal(409, 'CNAMEAlreadyExists', taken);
  }
}

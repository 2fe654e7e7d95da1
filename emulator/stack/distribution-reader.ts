/**
 * Reads the distribution: origins, behaviors, keys, policies by ID, error pages. Stops at what the emulator does not
 * support.
 */

import { createPublicKey, type KeyObject } from 'node:crypto';
import {
  managedCachePolicies,
  managedOriginRequestPolicies,
  readCachePolicy,
  readOriginRequestPolicy,
} from '../cloudfront/forwarding.ts';
import { managedHeadersPolicies, readHeadersPolicy } from '../cloudfront/headers-policy.ts';
import { type ViewerProtocolPolicy, viewerProtocolPolicies } from '../model/policies.ts';
import type { BehaviorModel, BucketModel, DistributionModel, ErrorPage, OriginModel } from '../model/stack-model.ts';
import type { Fields } from '../terraform/terraform-json.ts';
import {
  checkBehavior,
  checkDistribution,
  checkErrorPage,
  checkFunction,
  checkHeadersPolicy,
  checkKeyGroup,
  checkOrigin,
} from './distribution-limits.ts';
import { apiHost, type StackReader } from './stack-reader.ts';

function readPublicKeys(reader: StackReader): Map<string, KeyObject> {
  return new Map(
    reader.all('aws_cloudfront_public_key').map(({ name, fields }) => {
      const key = createPublicKey(fields.text('encoded_key'));
      const { namedCurve, modulusLength } = key.asymmetricKeyDetails ?? {};
      const fits =
        (key.asymmetricKeyType === 'ec' && namedCurve === 'prime256v1') ||
        (key.asymmetricKeyType === 'rsa' && modulusLength === 2048);
      if (!fits) throw new Error(`${fields.address}: CloudFront accepts P-256 and RSA-2048 keys only`);
      return [reader.attribute('aws_cloudfront_public_key', name, 'id'), key];
    }),
  );
}

/** The setting behind an ID: the stack's own, or a managed one. Any other ID stops the load. */
function settingsById<T>(
  reader: StackReader,
  type: string,
  managed: Readonly<Record<string, T>>,
  read: (f: Fields) => T,
) {
  const own = new Map(reader.all(type).map(({ name, fields }) => [reader.attribute(type, name, 'id'), read(fields)]));
  return (address: string, field: string, id: string): T => {
    const found = own.get(id) ?? managed[id];
    if (found === undefined) throw new Error(`${address}: ${field} ${id} is not a policy that the emulator knows`);
    return found;
  };
}

export function readDistribution(reader: StackReader, buckets: readonly BucketModel[]): DistributionModel {
  const { name, fields } = reader.one('aws_cloudfront_distribution');
  checkDistribution(fields);
  const origins = readOrigins(reader, fields, buckets);
  const readBehavior = createBehaviorReader(reader, origins);
  const standard = fields.nested('default_cache_behavior');
  if (standard === undefined) throw new Error(`${fields.address}: default_cache_behavior must be set`);
  return {
    id: reader.attribute('aws_cloudfront_distribution', name, 'id'),
    arn: reader.attribute('aws_cloudfront_distribution', name, 'arn'),
    defaultRootObject: fields.optionalText('default_root_object') || undefined,
    behaviors: [
      ...fields.all('ordered_cache_behavior').map((ordered) => readBehavior(ordered, ordered.text('path_pattern'))),
      readBehavior(standard, '*'),
    ],
    errorSeconds: new Map(
      fields.all('custom_error_response').flatMap((page): [number, number][] => {
        const seconds = page.has('error_caching_min_ttl') ? page.number('error_caching_min_ttl', 0) : undefined;
        return seconds === undefined ? [] : [[page.number('error_code', 0), seconds]];
      }),
    ),
    errorPages: new Map(
      fields.all('custom_error_response').flatMap((page): [number, ErrorPage][] => {
        checkErrorPage(page);
        const status = page.number('error_code', 0);
        const path = page.optionalText('response_page_path');
        return path ? [[status, { path, status: page.number('response_code', status) }]] : [];
      }),
    ),
  };
}

function readOrigins(
  reader: StackReader,
  distribution: Fields,
  buckets: readonly BucketModel[],
): Map<string, OriginModel> {
  const bucketHosts = new Map(
    buckets.flatMap(({ name, resource }) =>
      ['bucket_domain_name', 'bucket_regional_domain_name'].map((attribute) => [
        reader.attribute('aws_s3_bucket', resource, attribute),
        name,
      ]),
    ),
  );
  const api = apiHost(reader);
  /** IDs of the access controls, and whether they sign. */
  const controls = new Map(
    reader
      .all('aws_cloudfront_origin_access_control')
      .map(({ name, fields }) => [
        reader.attribute('aws_cloudfront_origin_access_control', name, 'id'),
        fields.optionalText('signing_behavior') !== 'never',
      ]),
  );
  return new Map(
    distribution.all('origin').map((fields): [string, OriginModel] => {
      checkOrigin(fields);
      const host = fields.text('domain_name');
      const path = fields.optionalText('origin_path') ?? '';
      const bucket = bucketHosts.get(host);
      const control = fields.optionalText('origin_access_control_id');
      if (control && !controls.has(control)) {
        throw new Error(`${fields.address}: origin_access_control_id ${control} is not in the stack`);
      }
      if (bucket !== undefined) {
        const accessControl = controls.get(control ?? '') ?? false;
        return [fields.text('origin_id'), { kind: 's3', bucket, path, accessControl }];
      }
      if (host === api) return [fields.text('origin_id'), { kind: 'api', path }];
      throw new Error(`${fields.address}: ${host} is neither a bucket nor the HTTP API of the stack`);
    }),
  );
}

function createBehaviorReader(reader: StackReader, origins: ReadonlyMap<string, OriginModel>) {
  const keys = readPublicKeys(reader);
  const groups = new Map(
    reader.all('aws_cloudfront_key_group').map(({ name, fields }) => {
      checkKeyGroup(fields);
      return [reader.attribute('aws_cloudfront_key_group', name, 'id'), fields.texts('items')];
    }),
  );
  const functions = new Map(
    reader.all('aws_cloudfront_function').map(({ name, fields }) => {
      checkFunction(fields);
      return [reader.attribute('aws_cloudfront_function', name, 'arn'), fields.text('code')];
    }),
  );
  const cachePolicy = settingsById(reader, 'aws_cloudfront_cache_policy', managedCachePolicies, readCachePolicy);
  const originRequestPolicy = settingsById(
    reader,
    'aws_cloudfront_origin_request_policy',
    managedOriginRequestPolicies,
    readOriginRequestPolicy,
  );
  const headersPolicy = settingsById(
    reader,
    'aws_cloudfront_response_headers_policy',
    managedHeadersPolicies,
    (policy) => {
      checkHeadersPolicy(policy);
      return readHeadersPolicy(policy);
    },
  );

  const trustedKeys = (fields: Fields): ReadonlyMap<string, KeyObject> | undefined => {
    const groupIds = fields.texts('trusted_key_groups');
    if (groupIds.length === 0) return undefined;
    return new Map(
      groupIds.flatMap((groupId) => {
        const items = groups.get(groupId);
        if (items === undefined) throw new Error(`${fields.address}: key group ${groupId} is not in the stack`);
        return items.map((item): [string, KeyObject] => {
          const key = keys.get(item);
          if (key === undefined) throw new Error(`key group ${groupId}: public key ${item} is not in the stack`);
          return [item, key];
        });
      }),
    );
  };
  const viewerProtocol = (fields: Fields): ViewerProtocolPolicy => {
    const value = fields.text('viewer_protocol_policy');
    const found = viewerProtocolPolicies.find((policy) => policy === value);
    if (found === undefined) throw new Error(`${fields.address}: there is no viewer_protocol_policy ${value}`);
    return found;
  };
  const viewerRequestCode = (fields: Fields): string | undefined => {
    const [association, ...others] = fields.all('function_association');
    if (association === undefined) return undefined;
    if (others.length > 0 || association.text('event_type') !== 'viewer-request') {
      throw new Error(`${fields.address}: only one viewer-request function is supported by the emulator`);
    }
    const code = functions.get(association.text('function_arn'));
    if (code === undefined) throw new Error(`${fields.address}: its function is not in the stack`);
    return code;
  };

  return (fields: Fields, pattern: string): BehaviorModel => {
    checkBehavior(fields, pattern);
    const originId = fields.text('target_origin_id');
    const origin = origins.get(originId);
    if (origin === undefined) throw new Error(`${fields.address}: there is no origin ${originId}`);
    const originRequestId = fields.optionalText('origin_request_policy_id');
    const headersId = fields.optionalText('response_headers_policy_id');
    return {
      pattern,
      origin,
      viewerProtocol: viewerProtocol(fields),
      methods: fields.texts('allowed_methods'),
      cachesOptions: fields.texts('cached_methods').includes('OPTIONS'),
      trustedKeys: trustedKeys(fields),
      cache: cachePolicy(fields.address, 'cache_policy_id', fields.text('cache_policy_id')),
      originRequest: originRequestId
        ? originRequestPolicy(fields.address, 'origin_request_policy_id', originRequestId)
        : undefined,
      headersPolicy: headersId ? headersPolicy(fields.address, 'response_headers_policy_id', headersId) : undefined,
      viewerRequestCode: viewerRequestCode(fields),
    };
  };
}

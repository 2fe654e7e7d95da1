/**
 * Checks a distribution: only settings that the emulator supports or that change nothing here, and only values that
 * CloudFront would accept. Anything else stops the load, as a deploy would.
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html
 */
import type { Fields } from '../terraform/terraform-json.ts';

const maximumBehaviors = 75;
const maximumGroupsOfBehavior = 4;
const maximumKeysOfGroup = 5;
const maximumFunctionBytes = 10 * 1024;
const maximumPatternLength = 255;
const maximumPolicyLength = 1_783;

const reading = 'GET HEAD';
const methodSets = [reading, `${reading} OPTIONS`, `DELETE ${reading} OPTIONS PATCH POST PUT`];
const cachedSets = [reading, `${reading} OPTIONS`];
const setOf = (methods: readonly string[]): string => methods.toSorted().join(' ');

/** Statuses that can have their own page. */
const replaceable = [400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504];

const unremovable = new RegExp(
  '^(connection|content-encoding|content-length|expect|host|keep-alive|' +
    'proxy-(authenticate|authorization|connection)|trailer|' +
    'transfer-encoding|upgrade|via|warning|x-accel-.*|x-amz-cf-.*|x-amzn-.*|x-cache|x-edge-.*|' +
    'x-forwarded-proto|x-real-ip)$',
  'i',
);

function atMost(address: string, what: string, count: number, limit: number): void {
  if (count > limit) throw new Error(`${address}: ${count} ${what}; CloudFront allows ${limit}`);
}

function oneOf<T>(address: string, field: string, value: T, allowed: readonly T[]): void {
  if (!allowed.includes(value)) {
    throw new Error(`${address}: ${field} is ${String(value)}; CloudFront allows ${allowed.join(', ')}`);
  }
}

export function checkDistribution(fields: Fields): void {
  fields.refuseOthers(
    'default_root_object origin ordered_cache_behavior default_cache_behavior custom_error_response restrictions ' +
      'enabled ' +
      // The following change nothing on plain http on one machine.
      'aliases comment http_version is_ipv6_enabled logging_config price_class viewer_certificate web_acl_id ' +
      'wait_for_deployment retain_on_delete',
  );
  if (!fields.flag('enabled', true)) throw new Error(`${fields.address}: enabled must be true, or nothing is served`);
  atMost(fields.address, 'ordered behaviors', fields.all('ordered_cache_behavior').length, maximumBehaviors);
  const restriction = fields.nested('restrictions')?.nested('geo_restriction')?.optionalText('restriction_type');
  if ((restriction ?? 'none') !== 'none') {
    throw new Error(`${fields.address}: geo restrictions are not supported by the emulator`);
  }
}

export function checkOrigin(fields: Fields): void {
  fields.refuseOthers(
    'origin_id domain_name origin_path origin_access_control_id custom_origin_config connection_attempts ' +
      'connection_timeout origin_shield',
  );
  const path = fields.optionalText('origin_path') ?? '';
  if (path !== '' && (!path.startsWith('/') || path.endsWith('/'))) {
    throw new Error(`${fields.address}: origin_path must start with a slash and not end with one`);
  }
}

/** @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesCacheBehavior.html */
export function checkBehavior(fields: Fields, pattern: string): void {
  fields.refuseOthers(
    'path_pattern target_origin_id viewer_protocol_policy allowed_methods cached_methods cache_policy_id ' +
      'origin_request_policy_id ' +
      'response_headers_policy_id trusted_key_groups function_association compress',
  );
  const { address } = fields;
  atMost(address, 'characters of path_pattern', pattern.length, maximumPatternLength);
  if (!/^[A-Za-z0-9_\-.*?$/~"'@:+&]+$/.test(pattern)) {
    throw new Error(`${address}: path_pattern ${pattern} has a character that CloudFront does not allow`);
  }
  oneOf(address, 'allowed_methods', setOf(fields.texts('allowed_methods')), methodSets);
  oneOf(address, 'cached_methods', setOf(fields.texts('cached_methods')), cachedSets);
  atMost(address, 'trusted key groups', fields.texts('trusted_key_groups').length, maximumGroupsOfBehavior);
}

/** @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/custom-error-pages-response-code.html */
export function checkErrorPage(fields: Fields): void {
  fields.refuseOthers('error_code response_code response_page_path error_caching_min_ttl');
  oneOf(fields.address, 'error_code', fields.number('error_code', 0), replaceable);
  if (fields.has('response_page_path') !== fields.has('response_code')) {
    throw new Error(`${fields.address}: response_code and response_page_path come together or not at all`);
  }
  if (!fields.has('response_code')) return;
  oneOf(fields.address, 'response_code', fields.number('response_code', 0), [200, ...replaceable]);
  if (!fields.text('response_page_path').startsWith('/')) {
    throw new Error(`${fields.address}: response_page_path must start with a slash`);
  }
}

export function checkKeyGroup(fields: Fields): void {
  atMost(fields.address, 'public keys', fields.texts('items').length, maximumKeysOfGroup);
}

export function checkFunction(fields: Fields): void {
  atMost(fields.address, 'bytes of code', Buffer.byteLength(fields.text('code')), maximumFunctionBytes);
}

/**
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/understanding-response-headers-policies.html
 */
export function checkHeadersPolicy(fields: Fields): void {
  fields.refuseOthers('name comment cors_config custom_headers_config remove_headers_config security_headers_config');
  const security = fields.nested('security_headers_config')?.nested('content_security_policy');
  const policy = security?.text('content_security_policy') ?? '';
  atMost(fields.address, 'characters of content_security_policy', policy.length, maximumPolicyLength);
  for (const item of fields.nested('remove_headers_config')?.all('items') ?? []) {
    const name = item.text('header');
    if (unremovable.test(name)) throw new Error(`${fields.address}: CloudFront does not remove the header ${name}`);
  }
}

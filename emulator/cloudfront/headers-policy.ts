/**
 * CloudFront's response headers policies: which headers are removed, added or overridden, and when CORS headers are
 * added.
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/understanding-response-headers-policies.html
 */
import { type HeaderLines, headerOf, withoutHeaders } from '../message/http-message.ts';
import type { AddedHeader, CorsPolicy, HeadersPolicy } from '../model/policies.ts';
import { matchesWildcard } from '../signature/wildcard.ts';
import type { Fields } from '../terraform/terraform-json.ts';

const allMethods = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'];

const simpleCors: CorsPolicy = {
  origins: ['*'],
  methods: [],
  headers: [],
  exposed: [],
  credentials: false,
  maxAgeSeconds: undefined,
  override: false,
};
const preflightCors: CorsPolicy = { ...simpleCors, methods: allMethods, exposed: ['*'] };
const securityHeaders: readonly AddedHeader[] = [
  { name: 'Referrer-Policy', value: 'strict-origin-when-cross-origin', override: false },
  { name: 'Strict-Transport-Security', value: 'max-age=31536000', override: false },
  { name: 'X-Content-Type-Options', value: 'nosniff', override: true },
  { name: 'X-Frame-Options', value: 'SAMEORIGIN', override: false },
  { name: 'X-XSS-Protection', value: '1; mode=block', override: false },
];

/**
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-response-headers-policies.html
 */
export const managedHeadersPolicies: Readonly<Record<string, HeadersPolicy>> = {
  // SimpleCORS
  '60669652-455b-4ae9-85a4-c4c02393f86c': { removed: [], added: [], cors: simpleCors },
  // CORS-With-Preflight
  '5cc3b908-e619-4b99-88e5-2cf7f45965bd': { removed: [], added: [], cors: preflightCors },
  // SecurityHeadersPolicy
  '67f7725c-6f97-4210-82d7-5512b31e9d03': { removed: [], added: securityHeaders, cors: undefined },
  // CORS-and-SecurityHeadersPolicy
  'e61eb60c-9c35-4d20-a928-2b84e02af89c': { removed: [], added: securityHeaders, cors: simpleCors },
  // CORS-with-preflight-and-SecurityHeadersPolicy
  'eaab4381-ed33-4a86-88ca-d9558dc6cd63': { removed: [], added: securityHeaders, cors: preflightCors },
};

function strictTransportSecurity(fields: Fields): string {
  return [
    `max-age=${fields.number('access_control_max_age_sec', 0)}`,
    ...(fields.flag('include_subdomains', false) ? ['includeSubDomains'] : []),
    ...(fields.flag('preload', false) ? ['preload'] : []),
  ].join('; ');
}

function xssProtection(fields: Fields): string {
  if (!fields.flag('protection', false)) return '0';
  const report = fields.optionalText('report_uri');
  return `1${fields.flag('mode_block', false) ? '; mode=block' : ''}${report ? `; report=${report}` : ''}`;
}

function readSecurityHeaders(security: Fields | undefined): AddedHeader[] {
  const header = (field: string, name: string, read: (fields: Fields) => string): AddedHeader[] => {
    const fields = security?.nested(field);
    return fields === undefined ? [] : [{ name, value: read(fields), override: fields.flag('override', false) }];
  };
  const text = (field: string) => (fields: Fields) => fields.text(field);
  return [
    ...header('content_security_policy', 'Content-Security-Policy', text('content_security_policy')),
    ...header('content_type_options', 'X-Content-Type-Options', () => 'nosniff'),
    ...header('frame_options', 'X-Frame-Options', text('frame_option')),
    ...header('referrer_policy', 'Referrer-Policy', text('referrer_policy')),
    ...header('strict_transport_security', 'Strict-Transport-Security', strictTransportSecurity),
    ...header('xss_protection', 'X-XSS-Protection', xssProtection),
  ];
}

function readCors(fields: Fields | undefined): CorsPolicy | undefined {
  if (fields === undefined) return undefined;
  const items = (field: string): readonly string[] => fields.nested(field)?.texts('items') ?? [];
  const methods = items('access_control_allow_methods');
  return {
    origins: items('access_control_allow_origins'),
    methods: methods.includes('ALL') ? allMethods : methods,
    headers: items('access_control_allow_headers'),
    exposed: items('access_control_expose_headers'),
    credentials: fields.flag('access_control_allow_credentials', false),
    maxAgeSeconds: fields.has('access_control_max_age_sec')
      ? fields.number('access_control_max_age_sec', 0)
      : undefined,
    override: fields.flag('origin_override', false),
  };
}

/** Reads an `aws_cloudfront_response_headers_policy`. */
export function readHeadersPolicy(fields: Fields): HeadersPolicy {
  const custom = fields.nested('custom_headers_config')?.all('items') ?? [];
  return {
    removed: (fields.nested('remove_headers_config')?.all('items') ?? []).map((item) => item.text('header')),
    added: [
      ...readSecurityHeaders(fields.nested('security_headers_config')),
      ...custom.map((item) => ({
        name: item.text('header'),
        value: item.optionalText('value') ?? '',
        override: item.flag('override', false),
      })),
    ],
    cors: readCors(fields.nested('cors_config')),
  };
}

function originAllowed(patterns: readonly string[], origin: string): boolean {
  return patterns.some(
    (pattern) => matchesWildcard(pattern, origin) || matchesWildcard(pattern, origin.replace(/^https?:\/\//, '')),
  );
}

function corsHeaders(cors: CorsPolicy, method: string, request: HeaderLines): AddedHeader[] {
  const origin = headerOf(request, 'origin');
  if (origin === undefined || !originAllowed(cors.origins, origin)) return [];
  const preflight = method === 'OPTIONS' && headerOf(request, 'access-control-request-method') !== undefined;
  const anyOrigin = cors.origins.includes('*');
  const lines: [string, string | undefined][] = [
    ['Access-Control-Allow-Origin', anyOrigin ? '*' : origin],
    ['Vary', anyOrigin ? undefined : 'Origin'],
    ['Access-Control-Allow-Credentials', cors.credentials ? 'true' : undefined],
    ['Access-Control-Expose-Headers', cors.exposed.join(', ') || undefined],
    ['Access-Control-Allow-Methods', preflight ? cors.methods.join(', ') || undefined : undefined],
    ['Access-Control-Allow-Headers', preflight ? cors.headers.join(', ') || undefined : undefined],
    ['Access-Control-Max-Age', preflight ? cors.maxAgeSeconds?.toString() : undefined],
  ];
  return lines.flatMap(([name, value]) => (value === undefined ? [] : [{ name, value, override: cors.override }]));
}

/** The response's headers after the requested behavior's policy. */
export function applyHeadersPolicy(
  policy: HeadersPolicy,
  request: { readonly method: string; readonly headers: HeaderLines },
  response: HeaderLines,
): HeaderLines {
  let headers = withoutHeaders(response, ...policy.removed);
  // "CloudFront adds its own version of these headers". The server takes care of `Date`.
  if (policy.removed.some((name) => name.toLowerCase() === 'server')) headers = [...headers, ['Server', 'CloudFront']];
  const originSentCors = headers.some(([name]) => name.toLowerCase().startsWith('access-control-'));
  const cors =
    policy.cors === undefined || (originSentCors && !policy.cors.override)
      ? []
      : corsHeaders(policy.cors, request.method, request.headers);
  for (const { name, value, override } of [...policy.added, ...cors]) {
    if (!override && headerOf(headers, name) !== undefined) continue;
    headers = [...withoutHeaders(headers, name), [name, value]];
  }
  return headers;
}

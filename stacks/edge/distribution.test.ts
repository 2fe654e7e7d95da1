import { describe, expect, it } from 'vitest';
import { makeKeys, synthesizeSite } from '../testing/synthesized-site.ts';

const site = synthesizeSite();
const distribution = site.only('aws_cloudfront_distribution');

describe('Distribution', () => {
  it('checks signed cookies on everything that no open pattern matches', () => {
    expect(distribution.default_cache_behavior.trusted_key_groups).toEqual(['<site/keys/group.id>']);
  });

  it('leaves exactly the API, the public folder and the open paths open, in this order', () => {
    const behaviors = distribution.ordered_cache_behavior;
    expect(behaviors.map((behavior: { path_pattern: string }) => behavior.path_pattern)).toEqual([
      '/auth/*',
      '/public/*',
      '/robots.txt',
      '/favicon.ico',
    ]);
    for (const behavior of behaviors) {
      expect(behavior).not.toHaveProperty('trusted_key_groups');
      expect(behavior).not.toHaveProperty('trusted_signers');
    }
  });

  it('opens only the API and the public folder without openPaths', () => {
    const closed = synthesizeSite({ site: { openPaths: [] } }).only('aws_cloudfront_distribution');
    expect(closed.ordered_cache_behavior.map((b: { path_pattern: string }) => b.path_pattern)).toEqual([
      '/auth/*',
      '/public/*',
    ]);
    expect(closed.default_cache_behavior.trusted_key_groups).toHaveLength(1);
  });

  it('passes every method, header and cookie to the API over https only, and caches none of its answers', () => {
    expect(distribution.ordered_cache_behavior[0]).toEqual({
      path_pattern: '/auth/*',
      target_origin_id: 'api',
      viewer_protocol_policy: 'https-only',
      allowed_methods: ['GET', 'HEAD', 'OPTIONS', 'PUT', 'POST', 'PATCH', 'DELETE'],
      cached_methods: ['GET', 'HEAD'],
      // CachingDisabled and AllViewerExceptHostHeader.
      cache_policy_id: '4135ea2d-6df8-44a3-9df3-4b5a84be39ad',
      origin_request_policy_id: 'b689b0a8-53d0-40ab-baf2-68738e2966ac',
    });
  });

  it('only reads files, and redirects plain http to https', () => {
    for (const behavior of [distribution.default_cache_behavior, ...distribution.ordered_cache_behavior.slice(1)]) {
      expect(behavior).toMatchObject({
        target_origin_id: 'content',
        allowed_methods: ['GET', 'HEAD'],
        viewer_protocol_policy: 'redirect-to-https',
        // CachingOptimized: no cookie, header or query reaches the bucket or the cache key.
        cache_policy_id: '658327ea-f89d-4fab-a63d-7e88639e58f6',
      });
      expect(behavior).not.toHaveProperty('origin_request_policy_id');
    }
  });

  it('reaches the bucket below www through its access control, and the API over https', () => {
    expect(distribution.origin).toEqual([
      {
        origin_id: 'content',
        domain_name: '<site/content/locked/bucket.bucket_regional_domain_name>',
        origin_path: '/www',
        origin_access_control_id: '<site/cdn/access_control.id>',
      },
      {
        origin_id: 'api',
        domain_name: '<site/api/api.id>.execute-api.eu-west-1.amazonaws.com',
        custom_origin_config: {
          http_port: 80,
          https_port: 443,
          origin_protocol_policy: 'https-only',
          origin_ssl_protocols: ['TLSv1.2'],
        },
      },
    ]);
    expect(site.only('aws_cloudfront_origin_access_control')).toMatchObject({
      origin_access_control_origin_type: 's3',
      signing_behavior: 'always',
      signing_protocol: 'sigv4',
    });
  });

  it('answers 403 with the login page as an uncached 403, 404 with the not-found page, and keeps no failure', () => {
    expect(distribution.custom_error_response).toEqual([
      { error_code: 403, response_code: 403, response_page_path: '/public/login.html', error_caching_min_ttl: 0 },
      { error_code: 404, response_code: 404, response_page_path: '/public/not-found.html', error_caching_min_ttl: 10 },
      ...[500, 502, 503, 504].map((error_code) => ({ error_code, error_caching_min_ttl: 0 })),
    ]);
  });

  it('answers with the pages that the config names', () => {
    const pages = { login: '/public/enter.html', notFound: '/public/gone.html' };
    const changed = synthesizeSite({ site: { pages, content: null } }).only('aws_cloudfront_distribution');
    const shown = changed.custom_error_response.slice(0, 2);
    expect(shown.map((r: { response_page_path: string }) => r.response_page_path)).toEqual([
      '/public/enter.html',
      '/public/gone.html',
    ]);
  });

  it('serves a document at the root instead of a bucket listing', () => {
    expect(distribution.default_root_object).toBe('index.html');
  });

  it("uses CloudFront's own certificate, no log, no firewall and no function by default", () => {
    expect(distribution.viewer_certificate).toEqual({ cloudfront_default_certificate: true });
    expect(distribution).not.toHaveProperty('aliases');
    expect(distribution).not.toHaveProperty('logging_config');
    expect(distribution).not.toHaveProperty('web_acl_id');
    expect(distribution.default_cache_behavior).not.toHaveProperty('function_association');
    expect(site.resources('aws_cloudfront_function')).toEqual([]);
  });

  it('logs requests without their cookies', () => {
    const accessLogs = { bucket: 'logs.s3.amazonaws.com', prefix: 'docs/' };
    expect(synthesizeSite({ site: { accessLogs } }).only('aws_cloudfront_distribution').logging_config).toEqual({
      bucket: 'logs.s3.amazonaws.com',
      prefix: 'docs/',
      include_cookies: false,
    });
  });

  it('takes price class and firewall from the config', () => {
    const webAclArn = 'arn:aws:wafv2:us-east-1:123456789012:global/webacl/docs/1';
    const changed = synthesizeSite({ site: { priceClass: 'PriceClass_All', webAclArn } });
    expect(changed.only('aws_cloudfront_distribution')).toMatchObject({
      price_class: 'PriceClass_All',
      web_acl_id: webAclArn,
    });
  });

  it('checks RSA signatures if the config asks for RSA', () => {
    const keys = makeKeys('RSA-2048');
    const rsa = synthesizeSite({ site: { signing: { store: 's3', key: 'RSA-2048', hash: 'SHA1' } }, keys });
    expect(
      rsa
        .resources('aws_cloudfront_public_key')
        .map(({ block }) => block.encoded_key)
        .sort(),
    ).toEqual([keys.signer.pem, keys.next.pem].sort());
    expect(rsa.only('aws_cloudfront_distribution').default_cache_behavior.trusted_key_groups).toHaveLength(1);
  });
});

describe('ResponseHeaders', () => {
  const policy = (path: string) =>
    site.resources('aws_cloudfront_response_headers_policy').find((r) => r.path === path);

  it('lets every page load open files, without credentials', () => {
    expect(policy('site/cdn/headers/open')?.block).toMatchObject({
      cors_config: {
        access_control_allow_credentials: false,
        access_control_allow_origins: { items: ['*'] },
        access_control_allow_methods: { items: ['GET', 'HEAD'] },
        origin_override: true,
      },
      custom_headers_config: {
        items: [
          { header: 'Cross-Origin-Resource-Policy', value: 'cross-origin', override: true },
          { header: 'Cross-Origin-Opener-Policy', value: 'same-origin-allow-popups', override: true },
        ],
      },
    });
    for (const behavior of distribution.ordered_cache_behavior.slice(1)) {
      expect(behavior.response_headers_policy_id).toBe('<site/cdn/headers/open.id>');
    }
  });

  it('keeps protected files out of browser caches unless the file says otherwise, and away from other origins', () => {
    const block = policy('site/cdn/headers/protected')?.block;
    expect(block.custom_headers_config).toEqual({
      items: [
        { header: 'Cache-Control', value: 'private, no-store', override: false },
        { header: 'Cross-Origin-Resource-Policy', value: 'same-origin', override: true },
        { header: 'Cross-Origin-Opener-Policy', value: 'same-origin-allow-popups', override: true },
      ],
    });
    expect(block).not.toHaveProperty('cors_config');
    expect(distribution.default_cache_behavior.response_headers_policy_id).toBe('<site/cdn/headers/protected.id>');
  });

  it('sends the same security headers on both', () => {
    const expected = {
      content_security_policy: { content_security_policy: "frame-ancestors 'self'", override: true },
      content_type_options: { override: true },
      referrer_policy: { referrer_policy: 'strict-origin-when-cross-origin', override: true },
      strict_transport_security: { access_control_max_age_sec: 31_536_000, override: true },
    };
    expect(policy('site/cdn/headers/open')?.block.security_headers_config).toEqual(expected);
    expect(policy('site/cdn/headers/protected')?.block.security_headers_config).toEqual(expected);
  });

  it("uses AWS's managed policies, and creates none, for price plans that allow no others", () => {
    const managed = synthesizeSite({ site: { managedPoliciesOnly: true } });
    expect(managed.resources('aws_cloudfront_response_headers_policy')).toEqual([]);
    const { default_cache_behavior, ordered_cache_behavior } = managed.only('aws_cloudfront_distribution');
    // SecurityHeadersPolicy, and CORS-and-SecurityHeadersPolicy.
    expect(default_cache_behavior.response_headers_policy_id).toBe('67f7725c-6f97-4210-82d7-5512b31e9d03');
    expect(ordered_cache_behavior[1].response_headers_policy_id).toBe('e61eb60c-9c35-4d20-a928-2b84e02af89c');
    expect(default_cache_behavior.trusted_key_groups).toHaveLength(1);
  });
});

describe('CustomDomain', () => {
  const domain = { name: 'docs.example.com', aliases: ['www.docs.example.com'], hostedZone: 'example.com' };
  const own = synthesizeSite({ site: { domain } });

  it('serves every host with a certificate from us-east-1, validated by DNS', () => {
    expect(own.only('aws_cloudfront_distribution')).toMatchObject({
      aliases: ['docs.example.com', 'www.docs.example.com'],
      viewer_certificate: {
        acm_certificate_arn: '<site/domain/certificate_validation.certificate_arn>',
        ssl_support_method: 'sni-only',
        minimum_protocol_version: 'TLSv1.2_2021',
      },
    });
    expect(own.only('aws_acm_certificate')).toMatchObject({
      provider: 'aws.certificates',
      domain_name: 'docs.example.com',
      subject_alternative_names: ['www.docs.example.com'],
      validation_method: 'DNS',
    });
    expect(own.json.provider.aws[1]).toMatchObject({ alias: 'certificates', region: 'us-east-1' });
  });

  it('writes one validation record per host, with keys that Terraform knows before the certificate exists', () => {
    const options = String.raw`aws_acm_certificate\.\w+\.domain_validation_options`;
    const blocks = Object.values<Record<string, unknown>>(own.json.resource.aws_route53_record);
    expect(blocks.filter(({ alias }) => alias === undefined)).toMatchObject([
      {
        for_each: expect.stringMatching(
          new RegExp(`^\\$\\{\\{ for option in ${options} : option\\.domain_name => option \\}\\}$`),
        ),
        name: '${each.value.resource_record_name}',
        type: '${each.value.resource_record_type}',
        records: ['${each.value.resource_record_value}'],
      },
    ]);
  });

  it('points IPv4 and IPv6 of every host at the distribution', () => {
    const records = own.resources('aws_route53_record').filter(({ block }) => block.alias !== undefined);
    expect(records.map(({ block }) => block.type).sort()).toEqual(['A', 'AAAA']);
    for (const { block } of records) {
      expect(block.for_each).toBe('${toset(["docs.example.com", "www.docs.example.com"])}');
      expect(block.alias.name).toBe('<site/cdn/distribution.domain_name>');
    }
  });

  it('uses a given certificate, and leaves DNS alone without a hosted zone', () => {
    const certificateArn = 'arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555';
    const given = synthesizeSite({ site: { domain: { name: 'docs.example.com', hostedZone: null, certificateArn } } });
    expect(given.only('aws_cloudfront_distribution').viewer_certificate.acm_certificate_arn).toBe(certificateArn);
    expect(given.resources('aws_acm_certificate')).toEqual([]);
    expect(given.resources('aws_route53_record')).toEqual([]);
  });
});

describe('the functions of a site', () => {
  const association = (id: string) => [{ event_type: 'viewer-request', function_arn: `<site/cdn/${id}/function.arn>` }];

  it('run with indexRewriting before every file lookup, and never before the API', () => {
    const changed = synthesizeSite({ site: { indexRewriting: true } });
    const { default_cache_behavior, ordered_cache_behavior } = changed.only('aws_cloudfront_distribution');
    const [api, ...files] = ordered_cache_behavior;
    expect(api).not.toHaveProperty('function_association');
    for (const behavior of [default_cache_behavior, ...files]) {
      expect(behavior.function_association).toEqual(association('index'));
    }
    expect(changed.resources('aws_cloudfront_function')).toHaveLength(1);
  });

  it('give the fallback page on the signed behavior only', () => {
    const files = { 'site/www/app.html': 'app', 'site/www/${x}': 'text' };
    const changed = synthesizeSite({ site: { fallback: '/app.html' }, files });
    const { default_cache_behavior, ordered_cache_behavior } = changed.only('aws_cloudfront_distribution');
    expect(default_cache_behavior.function_association).toEqual(association('fallback'));
    for (const behavior of ordered_cache_behavior) expect(behavior).not.toHaveProperty('function_association');
    const { code, runtime, publish } = changed.only('aws_cloudfront_function');
    expect([runtime, publish]).toEqual(['cloudfront-js-2.0', true]);
    // What the deploy stores is in the function, and Terraform reads no template in it.
    expect(code).toContain('"/docs/guide/"');
    expect(code).toContain('"/$${x}"');
  });

  it('are two with both options: open files never get the fallback page', () => {
    const files = { 'site/www/app.html': 'app' };
    const changed = synthesizeSite({ site: { indexRewriting: true, fallback: '/app.html' }, files });
    const { default_cache_behavior, ordered_cache_behavior } = changed.only('aws_cloudfront_distribution');
    expect(default_cache_behavior.function_association).toEqual(association('fallback'));
    const [api, ...open] = ordered_cache_behavior;
    expect(api).not.toHaveProperty('function_association');
    for (const behavior of open) expect(behavior.function_association).toEqual(association('index'));
    const codeOf = (id: string): string =>
      changed.resources('aws_cloudfront_function').find(({ path }) => path.includes(id))?.block.code;
    expect(codeOf('fallback')).toContain('app.html');
    expect(codeOf('index')).not.toContain('app.html');
  });
});

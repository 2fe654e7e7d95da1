import { CloudfrontDistribution } from '@cdktf/provider-aws/lib/cloudfront-distribution/index.js';
import { describe, expect, it } from 'vitest';
import { decodeEnvironment } from '../contract/environment.ts';
import { SiteLogin } from './site-login.ts';
import type { SitePartsProps } from './site-parts.ts';
import { statementsAt, synthesizeApp, synthesizeSite } from './testing/synthesized-site.ts';

/** A distribution as its owner would write it: one origin of their own, all of it protected except /about/*. */
function protect(stack: ConstructorParameters<typeof SiteLogin>[0], parts: SitePartsProps): void {
  const login = new SiteLogin(stack, 'login', parts);
  const distribution = new CloudfrontDistribution(stack, 'ours', {
    enabled: true,
    defaultRootObject: 'index.html',
    aliases: ['docs.example.com'],
    origin: [{ originId: 'ours', domainName: 'origin.example.com' }, ...login.edge.origins],
    orderedCacheBehavior: [...login.edge.openBehaviors, login.edge.openFiles('/about/*', 'ours')],
    defaultCacheBehavior: login.edge.protectedFiles('ours'),
    customErrorResponse: [...login.edge.errorResponses],
    restrictions: { geoRestriction: { restrictionType: 'none' } },
    viewerCertificate: { cloudfrontDefaultCertificate: true },
  });
  login.serveOn({ distribution, hosts: ['docs.example.com', distribution.domainName] });
}

const app = synthesizeApp({}, protect);
const distribution = app.only('aws_cloudfront_distribution');
const own = synthesizeSite({ site: { content: null } }).only('aws_cloudfront_distribution');

describe('SiteLogin', () => {
  it("gives somebody else's distribution the behaviors that its own would have", () => {
    const named = (behavior: object): object => ({ ...behavior, target_origin_id: undefined });
    const shared = {
      trusted_key_groups: undefined,
      response_headers_policy_id: undefined,
      origin_request_policy_id: undefined,
    };
    expect({ ...named(distribution.default_cache_behavior), ...shared }).toEqual({
      ...named(own.default_cache_behavior),
      ...shared,
    });
    expect(distribution.default_cache_behavior).toMatchObject({
      target_origin_id: 'ours',
      trusted_key_groups: ['<login/keys/group.id>'],
      response_headers_policy_id: '<login/cdn/headers/protected.id>',
    });
    expect(distribution.custom_error_response).toEqual(own.custom_error_response);
  });

  it('opens the API and the open pages first, from its own origins', () => {
    expect(
      distribution.ordered_cache_behavior.map((behavior: { path_pattern: string; target_origin_id: string }) => [
        behavior.path_pattern,
        behavior.target_origin_id,
      ]),
    ).toEqual([
      ['/auth/*', 's3nator-api'],
      ['/public/*', 's3nator-pages'],
      ['/about/*', 'ours'],
    ]);
    expect(distribution.origin.map(({ origin_id }: { origin_id: string }) => origin_id)).toEqual([
      'ours',
      's3nator-pages',
      's3nator-api',
    ]);
    for (const behavior of distribution.ordered_cache_behavior)
      expect(behavior).not.toHaveProperty('trusted_key_groups');
  });

  it('lets that distribution, and no other, read the open pages', () => {
    for (const { Effect, Condition } of statementsAt(app, 'login/content/locked/policy')) {
      if (Effect === 'Allow') expect(Condition).toEqual({ StringEquals: { 'AWS:SourceArn': '<ours.arn>' } });
    }
  });

  it('signs for the first host in the list', () => {
    const { variables } = app.only('aws_lambda_function').environment;
    expect(decodeEnvironment(variables).hosts[0]).toBe('docs.example.com');
  });

  it('creates no distribution, domain or certificate', () => {
    expect(app.resources('aws_cloudfront_distribution').map(({ path }) => path)).toEqual(['ours']);
    expect(app.all.filter(({ type }) => /route53|acm/.test(type))).toEqual([]);
  });

  it('serves a distribution from outside the app, by its ID and ARN', () => {
    const arn = 'arn:aws:cloudfront::123456789012:distribution/E123';
    const apart = synthesizeApp({}, (stack, parts) => {
      new SiteLogin(stack, 'login', parts).serveOn({ distribution: { id: 'E123', arn }, hosts: ['docs.example.com'] });
    });
    expect(JSON.stringify(statementsAt(apart, 'login/content/locked/policy'))).toContain(arn);
  });

  it('refuses content that would be uploaded but never served', () => {
    expect(() => synthesizeApp({ content: 'site/www' }, protect)).toThrow(/^files: .*Fix: set content to null$/);
  });

  it('refuses a domain, because it belongs to the distribution', () => {
    const certificateArn = 'arn:aws:acm:us-east-1:123456789012:certificate/abc';
    const domain = { name: 'docs.example.com', hostedZone: null, certificateArn };
    expect(() => synthesizeApp({ domain }, protect)).toThrow(/^domain: got "docs\.example\.com"; allowed: null/);
  });
});

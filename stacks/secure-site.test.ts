import { DataAwsS3Bucket } from '@cdktf/provider-aws/lib/data-aws-s3-bucket/index.js';
import { describe, expect, it } from 'vitest';
import { SecureSite } from './secure-site.ts';
import { statementsAt, synthesizeApp, synthesizeSite } from './testing/synthesized-site.ts';
import { policyDocument } from './text/policy-document.ts';

const bucket = { arn: 'arn:aws:s3:::ours', bucketRegionalDomainName: 'ours.s3.eu-west-1.amazonaws.com' };

const withContentAt = (prefix: string, changes = {}) => {
  let statements: SecureSite['contentStatements'] = [];
  const site = synthesizeApp(changes, (stack, parts) => {
    statements = new SecureSite(stack, 'site', { ...parts, contentBucket: { bucket, prefix } }).contentStatements;
  });
  return { site, statements, distribution: site.only('aws_cloudfront_distribution') };
};

describe('SecureSite in another app', () => {
  it('equals the stack of a config, whoever creates the stack', () => {
    const ours = synthesizeSite({ site: { content: null } });
    const theirs = synthesizeApp({}, (stack, parts) => void new SecureSite(stack, 'site', parts));
    const settings = (site: typeof ours) => ({ ...site.only('aws_cloudfront_distribution'), '//': undefined });
    expect(settings(theirs)).toEqual(settings(ours));
    expect(
      theirs.all
        .map(({ path }) => path)
        .filter((path) => !path.includes('/key_'))
        .sort(),
    ).toEqual(
      ours.all
        .map(({ path }) => path)
        .filter((path) => !path.includes('/key_'))
        .sort(),
    );
  });

  it('returns no statement if its own bucket holds the content', () => {
    synthesizeApp({}, (stack, parts) => expect(new SecureSite(stack, 'site', parts).contentStatements).toEqual([]));
  });

  it('works twice in one stack', () => {
    const two = synthesizeApp({}, (stack, parts) => {
      new SecureSite(stack, 'docs', parts);
      new SecureSite(stack, 'handbook', { ...parts, siteName: 'handbook' });
    });
    expect(two.resources('aws_cloudfront_distribution')).toHaveLength(2);
    expect(new Set(two.resources('aws_lambda_function').map(({ block }) => block.function_name)).size).toBe(2);
  });

  it('names the missing provider if it must create a certificate', () => {
    const domain = { name: 'docs.example.com', hostedZone: 'example.com' };
    expect(() => synthesizeApp({ domain }, (stack, parts) => void new SecureSite(stack, 'site', parts))).toThrow(
      /certificateProvider: missing.*us-east-1.*certificateArn/,
    );
  });

  it('needs no such provider if a certificate exists', () => {
    const certificateArn = 'arn:aws:acm:us-east-1:123456789012:certificate/abc';
    const domain = { name: 'docs.example.com', hostedZone: null, certificateArn };
    const site = synthesizeApp({ domain }, (stack, parts) => void new SecureSite(stack, 'site', parts));
    expect(site.only('aws_cloudfront_distribution').viewer_certificate.acm_certificate_arn).toBe(certificateArn);
  });
});

describe('content in an existing bucket', () => {
  const { site, statements, distribution } = withContentAt('');

  it('serves everything except the API and the open pages', () => {
    expect(distribution.default_cache_behavior).toMatchObject({
      target_origin_id: 'content',
      trusted_key_groups: ['<site/keys/group.id>'],
    });
    const targets = distribution.ordered_cache_behavior.map(
      (behavior: { path_pattern: string; target_origin_id: string }) =>
        `${behavior.path_pattern} ${behavior.target_origin_id}`,
    );
    expect(targets).toEqual(['/auth/* api', '/public/* pages', '/robots.txt content', '/favicon.ico content']);
  });

  it('is read at its root, by signed requests', () => {
    const origin = distribution.origin.find(({ origin_id }: { origin_id: string }) => origin_id === 'content');
    expect(origin).toEqual({
      origin_id: 'content',
      domain_name: bucket.bucketRegionalDomainName,
      origin_access_control_id: '<site/cdn/access_control.id>',
    });
  });

  it('is read in the folder that the app names', () => {
    const { distribution, statements } = withContentAt('site/v2');
    const origin = distribution.origin.find(({ origin_id }: { origin_id: string }) => origin_id === 'content');
    expect(origin.origin_path).toBe('/site/v2');
    expect(statements[0]?.Resource).toBe('arn:aws:s3:::ours/site/v2/*');
  });

  it('stays as it is: the stack writes no object, key, document or policy into that bucket', () => {
    const writing = site.all.filter(({ type }) => /^aws_s3_(object|bucket_)/.test(type));
    expect(writing.length).toBeGreaterThan(8);
    for (const { path, block } of writing) {
      expect(block.bucket, path).toMatch(/^<site\/(content|private)\/locked\/bucket\.id>$/);
    }
    expect(site.resources('aws_s3_bucket')).toHaveLength(2);
  });

  it('comes with the statement its policy needs: this distribution, and no other', () => {
    expect(JSON.parse(policyDocument(statements)).Statement).toMatchObject([
      { Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::ours/*' },
      { Effect: 'Allow', Action: 's3:ListBucket', Resource: 'arn:aws:s3:::ours' },
    ]);
    for (const { Principal, Condition } of statements) {
      expect(Principal).toEqual({ Service: 'cloudfront.amazonaws.com' });
      expect(Condition).toEqual({ StringEquals: { 'AWS:SourceArn': expect.stringContaining('TfToken') } });
    }
  });

  it('leaves the bucket of the open pages as closed as before', () => {
    const allowed = statementsAt(site, 'site/content/locked/policy').filter(({ Effect }) => Effect === 'Allow');
    expect(allowed.map(({ Resource }) => Resource)).toEqual([
      '<site/content/locked/bucket.arn>/www/*',
      '<site/content/locked/bucket.arn>',
    ]);
  });

  it('can be looked up by name', () => {
    const site = synthesizeApp({}, (stack, parts) => {
      const found = new DataAwsS3Bucket(stack, 'ours', { bucket: 'ours' });
      new SecureSite(stack, 'site', { ...parts, contentBucket: { bucket: found, prefix: '' } });
    });
    expect(JSON.stringify(site.only('aws_cloudfront_distribution').origin)).toContain(
      '${data.aws_s3_bucket.ours.bucket_regional_domain_name}',
    );
  });

  it.each(['/www', 'www/', 'a//b', '..', 'a/../b', 'a*', 'a?', 'ä', '%2e', '${x}'])(
    'refuses the folder %s',
    (prefix) => {
      expect(() => withContentAt(prefix)).toThrow(/^contentBucket\.prefix: got .*; allowed: /);
    },
  );

  it('refuses content that would be uploaded but never served', () => {
    expect(() => withContentAt('', { content: 'site/www' })).toThrow(
      /^files: \/docs\/guide\.html is not under \/public\/.*Fix: set content to null$/,
    );
  });
});

import { describe, expect, it } from 'vitest';
import { allows, parseBucketPolicy } from './bucket-policy.ts';

const distributionArn = 'arn:aws:cloudfront::111122223333:distribution/EA';
const policy = (...statements: readonly object[]) =>
  parseBucketPolicy('aws_s3_bucket_policy.site', JSON.stringify({ Statement: statements }));
const read = {
  Effect: 'Allow',
  Principal: { Service: 'cloudfront.amazonaws.com' },
  Action: 's3:GetObject',
  Resource: 'arn:aws:s3:::site/www/*',
  Condition: { StringEquals: { 'AWS:SourceArn': distributionArn } },
};
const mayRead = (statements: readonly object[], key: string, caller: string | undefined = distributionArn): boolean =>
  allows(policy(...statements), 's3:GetObject', `arn:aws:s3:::site/${key}`, { distributionArn: caller });

describe('allows', () => {
  it('lets the distribution read the prefix that the policy names, and nothing else', () => {
    expect(mayRead([read], 'www/a.html')).toBe(true);
    expect(mayRead([read], 'keys/a.pem')).toBe(false);
    expect(mayRead([], 'www/a.html')).toBe(false);
  });

  it('refuses another distribution', () => {
    expect(mayRead([read], 'www/a.html', 'arn:aws:cloudfront::111122223333:distribution/EB')).toBe(false);
  });

  it('refuses a request without origin access control', () => {
    expect(allows(policy(read), 's3:GetObject', 'arn:aws:s3:::site/www/a', { distributionArn: undefined })).toBe(false);
  });

  it('lets a Deny win over every Allow', () => {
    const deny = { Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: 'arn:aws:s3:::site/www/drafts/*' };
    expect(mayRead([read, deny], 'www/drafts/a')).toBe(false);
    expect(mayRead([read, deny], 'www/a')).toBe(true);
  });

  it('does not apply a Deny for plain http to TLS', () => {
    const deny = {
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:*',
      Resource: 'arn:aws:s3:::site/*',
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    };
    expect(mayRead([read, deny], 'www/a')).toBe(true);
  });
});

describe('conditions', () => {
  const arn = distributionArn;
  it.each([
    ['StringEquals', 'AWS:SourceArn', arn, true],
    ['StringEquals', 'aws:sourcearn', [`${arn}X`, arn], true],
    ['StringEquals', 'AWS:SourceArn', 'arn:aws:cloudfront::111122223333:distribution/*', false],
    ['StringLike', 'AWS:SourceArn', 'arn:aws:cloudfront::111122223333:distribution/*', true],
    ['ArnLike', 'AWS:SourceArn', 'arn:aws:cloudfront::*:distribution/EA', true],
    ['ArnEquals', 'AWS:SourceArn', 'arn:aws:cloudfront::*:distribution/EB', false],
    ['StringEquals', 'AWS:SourceAccount', '111122223333', true],
    ['StringEquals', 'aws:PrincipalOrgID', 'o-1', false],
    ['Bool', 'aws:SecureTransport', 'True', true],
    ['NumericLessThan', 's3:TlsVersion', '1.2', false],
    ['NumericLessThan', 's3:TlsVersion', '1.4', true],
  ])('%s of %s with %s: %s', (operator, key, value, expected) => {
    expect(mayRead([{ ...read, Condition: { [operator]: { [key]: value } } }], 'www/a')).toBe(expected);
  });

  it('are met by everyone if there are none', () => {
    const { Condition, ...open } = read;
    expect(mayRead([open], 'www/a')).toBe(true);
    expect(mayRead([{ ...open, Principal: '*' }], 'www/a')).toBe(true);
    expect(mayRead([{ ...open, Principal: { AWS: '*' } }], 'www/a')).toBe(true);
    expect(mayRead([{ ...open, Principal: { AWS: 'arn:aws:iam::111122223333:root' } }], 'www/a')).toBe(false);
    expect(mayRead([{ ...open, Action: ['S3:getobject'] }], 'www/a')).toBe(true);
    expect(mayRead([{ ...open, Resource: [] }], 'www/a')).toBe(false);
  });
});

describe('parseBucketPolicy', () => {
  it('names a policy that is not JSON, or not a policy', () => {
    expect(() => parseBucketPolicy('aws_s3_bucket_policy.site', '{')).toThrow(
      'aws_s3_bucket_policy.site: policy is not JSON',
    );
    expect(() => parseBucketPolicy('aws_s3_bucket_policy.site', '[]')).toThrow('a statement is not an object');
    expect(parseBucketPolicy('aws_s3_bucket_policy.site', JSON.stringify({ Statement: read }))).toHaveLength(1);
  });

  it.each([
    [
      'a condition operator',
      { ...read, Condition: { DateLessThan: { 'aws:CurrentTime': '2030-01-01' } } },
      'DateLessThan',
    ],
    ['NotPrincipal', { ...read, NotPrincipal: '*' }, 'NotPrincipal'],
  ])('stops at %s that it does not know', (_, statement, name) => {
    expect(() => policy(statement)).toThrow(name);
  });
});

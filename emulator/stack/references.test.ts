import { describe, expect, it } from 'vitest';
import { sampleStack } from '../testing/sample-stack.ts';
import { createKeyPair } from '../testing/signed-cookies.ts';
import { createReferences } from './references.ts';

const keys = createKeyPair('P-256');
const references = createReferences(sampleStack(keys), 'localhost:8080');

describe('createReferences', () => {
  it.each([
    ['${aws_cloudfront_distribution.cdn.domain_name}', 'localhost:8080'],
    ['${aws_s3_bucket.private.arn}/keys/*', 'arn:aws:s3:::sample-private/keys/*'],
    ['${aws_iam_role.role.name}', 'role'],
    ['$${aws_s3_bucket.private.arn}', '${aws_s3_bucket.private.arn}'],
    ['%%{ if true }', '%{ if true }'],
    ['no template, $5 and 100%', 'no template, $5 and 100%'],
  ])('resolves %s', (text, expected) => {
    expect(references.resolve(text)).toBe(expected);
  });

  it.each([
    ['an unknown attribute', '${aws_s3_bucket.private.color}'],
    ['an unknown resource', '${aws_s3_bucket.other.arn}'],
    ['an unknown type', '${aws_sqs_queue.alerts.arn}'],
    ['a function', '${jsonencode("x")}'],
    ['an index', '${aws_s3_bucket.private[0].arn}'],
    ['a name of Object.prototype', '${aws_s3_bucket.constructor.arn}'],
  ])('stops at %s and names it', (_, text) => {
    expect(() => references.resolve(text)).toThrow(`unknown reference ${text}`);
  });

  it.each([
    ['${data.aws_caller_identity.current.account_id}', '111122223333'],
    ['${data.aws_region.current.name}', 'eu-west-1'],
    ['${data.aws_partition.current.partition}', 'aws'],
    ['${aws_s3_bucket.site.bucket_domain_name}', /^sample-site-[a-z0-9]{12}\.s3\.amazonaws\.com$/],
    ['${aws_cloudfront_function.f.arn}', 'arn:aws:cloudfront::111122223333:function/f'],
    ['${aws_apigatewayv2_api.api.execution_arn}', /^arn:aws:execute-api:eu-west-1:111122223333:[a-z0-9]{10}$/],
    ['${aws_apigatewayv2_integration.lambda.id}', /^[a-z0-9]{7}$/],
    [
      '${aws_lambda_function.auth.invoke_arn}',
      /:lambda:path\/2015-03-31\/functions\/arn:aws:lambda:eu-west-1:.*:auth\/invocations$/,
    ],
    [
      '${aws_cognito_identity_pool.pool.arn}',
      /^arn:aws:cognito-identity:eu-west-1:111122223333:identitypool\/eu-west-1:[0-9a-f-]{36}$/,
    ],
    ['${aws_cloudfront_cache_policy.c.id}', /^[0-9a-f-]{36}$/],
    ['${aws_s3_bucket.unnamed.bucket}', /^terraform-[a-z0-9]{12}$/],
  ])('generates %s as AWS would', (text, expected) => {
    const stack = sampleStack(keys, (resources) => {
      resources['aws_cloudfront_function'] = { f: {} };
      resources['aws_cloudfront_cache_policy'] = { c: {} };
      resources['aws_s3_bucket'] = { ...resources['aws_s3_bucket'], unnamed: {} };
    });
    const data = { aws_caller_identity: { current: {} }, aws_region: { current: {} }, aws_partition: { current: {} } };
    const resolved = createReferences({ ...stack, data }, 'localhost:8080').resolve(text);
    if (typeof expected === 'string') expect(resolved).toBe(expected);
    else expect(resolved).toMatch(expected);
  });

  it('stops at a reference that leads back to itself', () => {
    const stack = sampleStack(keys, (resources) => {
      resources['aws_iam_role'] = { a: { name: '${aws_iam_role.b.name}' }, b: { name: '${aws_iam_role.a.name}' } };
    });
    expect(() => createReferences(stack, 'x').resolve('${aws_iam_role.a.name}')).toThrow('unknown reference');
  });

  it('uses the region of the provider without an alias', () => {
    const provider = { aws: [{ alias: 'other', region: 'us-east-1' }, { region: 'eu-north-1' }] };
    expect(createReferences({ ...sampleStack(keys), provider }, 'x').region).toBe('eu-north-1');
    expect(() => createReferences({ ...sampleStack(keys), provider: { aws: {} } }, 'x')).toThrow('region must be set');
  });

  it('stops at a directive', () => {
    expect(() => references.resolve('%{ if true }x%{ endif }')).toThrow('unknown template');
  });

  it('derives the key pair ID from the key alone', () => {
    const other = createReferences(sampleStack(createKeyPair('P-256')), 'localhost:8080');
    const same = createReferences(sampleStack({ ...keys, publicPem: `${keys.publicPem}\n` }), 'localhost:9');
    const id = references.resolve('${aws_cloudfront_public_key.signer.id}');
    expect(id).toMatch(/^K[A-Z0-9]{13}$/);
    expect(same.resolve('${aws_cloudfront_public_key.signer.id}')).toBe(id);
    expect(other.resolve('${aws_cloudfront_public_key.signer.id}')).not.toBe(id);
  });
});

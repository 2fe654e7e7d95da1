import { describe, expect, it } from 'vitest';
import { createReferences } from './references.ts';
import { sampleStack } from './testing/sample-stack.ts';
import { createKeyPair } from './testing/signed-cookies.ts';

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
    ['an unknown attribute', '${aws_s3_bucket.private.colour}'],
    ['an unknown resource', '${aws_s3_bucket.other.arn}'],
    ['an unknown type', '${aws_sns_topic.alerts.arn}'],
    ['a function', '${jsonencode("x")}'],
    ['an index', '${aws_s3_bucket.private[0].arn}'],
    ['a name of Object.prototype', '${aws_s3_bucket.constructor.arn}'],
  ])('stops at %s and names it', (_, text) => {
    expect(() => references.resolve(text)).toThrow(`unknown reference ${text}`);
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

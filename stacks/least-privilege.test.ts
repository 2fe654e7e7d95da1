import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { policies, statementsAt, synthesizeSite } from './testing/synthesized-site.ts';

const site = synthesizeSite();
const { signer, next } = site.keys;
const contentArn = '<site/content/locked/bucket.arn>';
const privateArn = '<site/private/locked/bucket.arn>';
const list = (value: string | readonly string[] | undefined): readonly string[] =>
  value === undefined ? [] : typeof value === 'string' ? [value] : value;

describe('every policy of the stack', () => {
  const allowed = policies(site).flatMap(({ path, statements }) =>
    statements.filter(({ Effect }) => Effect === 'Allow').map((statement) => ({ path, statement })),
  );

  it('allows no action by a wildcard', () => {
    expect(allowed.length).toBeGreaterThan(5);
    for (const { path, statement } of allowed) {
      expect(list(statement.Action).join(), path).not.toContain('*');
      expect(statement, path).not.toHaveProperty('NotAction');
    }
  });

  it("allows no resource by a wildcard, except the site's folder and the streams of one log", () => {
    const wildcards = allowed.flatMap(({ statement }) => list(statement.Resource).filter((arn) => arn.includes('*')));
    expect(wildcards.sort()).toEqual([`${contentArn}/www/*`, '<site/function/log.arn>:*'].sort());
    for (const { statement } of allowed) expect(statement).not.toHaveProperty('NotResource');
  });

  it('allows no anonymous principal', () => {
    for (const { path, statement } of allowed) {
      expect(JSON.stringify(statement.Principal ?? {}), path).not.toContain('*');
      expect(statement, path).not.toHaveProperty('NotPrincipal');
    }
  });
});

describe('ContentBucket', () => {
  const fromDistribution = { StringEquals: { 'AWS:SourceArn': '<site/cdn/distribution.arn>' } };

  it('lets its own distribution read www, and allows nothing else', () => {
    expect(statementsAt(site, 'site/content/locked/policy').filter(({ Effect }) => Effect === 'Allow')).toEqual([
      {
        Sid: 'ReadSite',
        Effect: 'Allow',
        Principal: { Service: 'cloudfront.amazonaws.com' },
        Action: 's3:GetObject',
        Resource: `${contentArn}/www/*`,
        Condition: fromDistribution,
      },
      {
        Sid: 'TellMissing',
        Effect: 'Allow',
        Principal: { Service: 'cloudfront.amazonaws.com' },
        Action: 's3:ListBucket',
        Resource: contentArn,
        Condition: fromDistribution,
      },
    ]);
  });
});

describe('PrivateBucket', () => {
  it('allows nobody by its own policy: no distribution can reach it', () => {
    expect(statementsAt(site, 'site/private/locked/policy').filter(({ Effect }) => Effect === 'Allow')).toEqual([]);
    expect(JSON.stringify(site.only('aws_cloudfront_distribution').origin)).not.toContain('private');
  });

  it('takes each private half from a fixed path, once, and puts its content into no plan', () => {
    for (const { fingerprint } of [signer, next]) {
      const object = site.resources('aws_s3_object').find(({ path }) => path === `site/private/key_${fingerprint}`);
      expect(object?.block).toMatchObject({
        bucket: '<site/private/locked/bucket.id>',
        key: `keys/${fingerprint}.pem`,
        source: `../../../keys/docs/${fingerprint}.private.pem`,
        lifecycle: { ignore_changes: 'all' },
      });
      for (const name of ['content', 'content_base64', 'etag', 'source_hash']) {
        expect(object?.block).not.toHaveProperty(name);
      }
    }
  });

  it("renders the config's access document, and never touches the operators' document again", () => {
    const changed = synthesizeSite({
      site: {
        session: { cookieSeconds: 3600, maximumSeconds: 86_400, claims: ['role'] },
        access: { blocked: ['b@example.com'], rules: [{ who: { claims: { role: ['${x}'] } } }] },
      },
    });
    const object = (path: string) => changed.resources('aws_s3_object').find((r) => r.path === path)?.block;
    const config = object('site/private/access_config');
    expect(config).toMatchObject({ key: 'access/config.json', bucket: '<site/private/locked/bucket.id>' });
    expect(JSON.parse(config.content)).toEqual({
      version: 1,
      blocked: ['b@example.com'],
      rules: [{ who: { claims: { role: ['$${x}'] } }, path: '/*' }],
    });
    expect(config).not.toHaveProperty('lifecycle');
    const stored = config.content.replaceAll('$${', '${');
    expect(config.etag).toBe(createHash('md5').update(stored).digest('hex'));
    const live = object('site/private/access_live');
    expect(live).toMatchObject({ key: 'access/live.json', lifecycle: { ignore_changes: 'all' } });
    expect(JSON.parse(live.content)).toEqual({ version: 1, blocked: [], rules: [] });
  });
});

describe('LockedBucket', () => {
  const buckets = ['site/content/locked', 'site/private/locked'];
  const idOf = (path: string): string =>
    Object.entries<{ '//': { metadata: { path: string } } }>(site.json.resource.aws_s3_object).find(
      ([, block]) => block['//'].metadata.path === `docs/${path}`,
    )?.[0] ?? '';
  const settings = (type: string, path: string) =>
    site.resources(type).find(({ block }) => block.bucket === `<${path}/bucket.id>`)?.block;

  it('is the kind of every bucket in the stack', () => {
    expect(
      site
        .resources('aws_s3_bucket')
        .map(({ path }) => path)
        .sort(),
    ).toEqual(buckets.map((path) => `${path}/bucket`));
  });

  it.each(buckets)('%s blocks public access', (path) => {
    expect(settings('aws_s3_bucket_public_access_block', path)).toMatchObject({
      block_public_acls: true,
      block_public_policy: true,
      ignore_public_acls: true,
      restrict_public_buckets: true,
    });
  });

  it.each(buckets)('%s accepts no access control lists', (path) => {
    expect(settings('aws_s3_bucket_ownership_controls', path)?.rule).toEqual({
      object_ownership: 'BucketOwnerEnforced',
    });
  });

  it.each(buckets)('%s encrypts what it holds', (path) => {
    expect(settings('aws_s3_bucket_server_side_encryption_configuration', path)?.rule).toEqual([
      { apply_server_side_encryption_by_default: { sse_algorithm: 'AES256' } },
    ]);
  });

  it.each(buckets)('%s keeps earlier versions', (path) => {
    expect(settings('aws_s3_bucket_versioning', path)?.versioning_configuration).toEqual({ status: 'Enabled' });
  });

  it.each(buckets)('%s refuses every request without TLS', (path) => {
    expect(statementsAt(site, `${path}/policy`)).toContainEqual({
      Sid: 'TlsOnly',
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:*',
      Resource: [`<${path}/bucket.arn>`, `<${path}/bucket.arn>/*`],
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    });
  });

  it.each(buckets)('%s is closed, encrypted and versioned before any object is put into it', (path) => {
    const guards = ['public_access_block', 'ownership_controls', 'server_side_encryption_configuration', 'versioning'];
    const objects = site.resources('aws_s3_object').filter(({ block }) => block.bucket === `<${path}/bucket.id>`);
    expect(objects.length).toBeGreaterThan(3);
    for (const { block, path: object } of objects) {
      const waitsFor = block.depends_on.map((address: string) => {
        const [type = '', name = ''] = address.split('.');
        return site.json.resource[type][name].bucket === site.json.resource.aws_s3_object[idOf(object)].bucket && type;
      });
      expect(waitsFor, object).toEqual(expect.arrayContaining(guards.map((guard) => `aws_s3_bucket_${guard}`)));
    }
  });

  it("keeps the longest names within S3's limit", () => {
    const json = synthesizeSite({ site: { stage: 'abcdefghijkl' } });
    for (const { block } of json.resources('aws_s3_bucket')) expect(block.bucket_prefix.length).toBeLessThanOrEqual(37);
  });
});

describe('LoginFunction', () => {
  it('may write its own log, read its own keys and the two access documents, and nothing else', () => {
    expect(statementsAt(site, 'site/function/policy')).toEqual([
      {
        Effect: 'Allow',
        Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        Resource: '<site/function/log.arn>:*',
      },
      {
        Effect: 'Allow',
        Action: 's3:GetObject',
        Resource: [`${privateArn}/keys/${signer.fingerprint}.pem`, `${privateArn}/keys/${next.fingerprint}.pem`],
      },
      {
        Effect: 'Allow',
        Action: ['s3:GetObject', 's3:GetObjectVersion'],
        Resource: [`${privateArn}/access/config.json`, `${privateArn}/access/live.json`],
      },
      {
        Effect: 'Allow',
        Action: 's3:ListBucketVersions',
        Resource: privateArn,
        Condition: { StringEquals: { 's3:prefix': ['access/config.json', 'access/live.json'] } },
      },
    ]);
  });

  it('may also read and create the pseudonym key if the config asks for pseudonyms', () => {
    const pseudonymised = synthesizeSite({ keys: site.keys, site: { audit: { pseudonyms: true } } });
    expect(statementsAt(pseudonymised, 'site/function/policy')).toEqual([
      ...statementsAt(site, 'site/function/policy'),
      {
        Effect: 'Allow',
        Action: ['s3:GetObject', 's3:PutObject'],
        Resource: `${privateArn}/audit/pseudonyms.key`,
      },
    ]);
  });

  it('runs as a role that only Lambda can assume', () => {
    expect(statementsAt(site, 'site/function/role')).toEqual([
      { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' },
    ]);
    expect(site.resources('aws_iam_role_policy_attachment')).toEqual([]);
  });
});

describe('IdentityPool', () => {
  it('accepts the configured Google client only, no guests, no classic flow', () => {
    expect(site.only('aws_cognito_identity_pool')).toMatchObject({
      supported_login_providers: { 'accounts.google.com': '123-abc.apps.googleusercontent.com' },
      allow_unauthenticated_identities: false,
      allow_classic_flow: false,
    });
  });

  it('denies everything to the role that any Google account can get', () => {
    expect(statementsAt(site, 'site/pool/deny')).toEqual([{ Effect: 'Deny', Action: '*', Resource: '*' }]);
    expect(site.only('aws_cognito_identity_pool_roles_attachment').roles).toEqual({
      authenticated: '<site/pool/role.arn>',
    });
  });

  it('lets only authenticated identities of this pool assume that role', () => {
    expect(statementsAt(site, 'site/pool/role')).toEqual([
      {
        Effect: 'Allow',
        Principal: { Federated: 'cognito-identity.amazonaws.com' },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: {
          StringEquals: { 'cognito-identity.amazonaws.com:aud': '<site/pool/pool.id>' },
          'ForAnyValue:StringLike': { 'cognito-identity.amazonaws.com:amr': 'authenticated' },
        },
      },
    ]);
  });

  it('does not exist, nor does its role, if the config says null', () => {
    const without = synthesizeSite({ site: { identityPool: null } });
    expect(without.resources('aws_cognito_identity_pool')).toEqual([]);
    expect(without.resources('aws_iam_role')).toHaveLength(1);
    expect(without.only('aws_lambda_function').environment.variables).not.toHaveProperty('S3NATOR_IDENTITY_POOL_ID');
    expect(without.text).not.toContain('identity_pool');
  });
});

import { describe, expect, it } from 'vitest';
import { makeKeys, type SynthesizedSite, synthesizeSite } from './testing/synthesized-site.ts';

const site = synthesizeSite();
const longestNames = synthesizeSite({
  siteName: 'a'.repeat(20),
  site: { stage: 's'.repeat(12), indexRewriting: true },
});
const domain = { name: 'wiki.example.com', aliases: ['www.wiki.example.com'], hostedZone: 'example.com' };

/** Every text below a value, except the construct's metadata. */
function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    name === '//' || conditions.has(name) ? [] : [name, ...texts(inner)],
  );
}

/** Only Terraform uses conditions. The local run reads none. */
const conditions = new Set(['precondition', 'postcondition']);

/** Every `${…}` and `%{…}` that Terraform would read as a template. */
const templates = (text: string): string[] =>
  (text.match(/\$\$\{|%%\{|[$%]\{[^}]*\}?/g) ?? []).filter((t) => t !== '$${' && t !== '%%{');

/** CloudFront's own host name of a site, as Terraform fills it in. */
const hostOf = ({ json }: SynthesizedSite): string => {
  const [name] = Object.keys(json.resource.aws_cloudfront_distribution);
  return `\${aws_cloudfront_distribution.${name}.domain_name}`;
};

const addresses = ({ json }: SynthesizedSite): string[] =>
  Object.entries<Record<string, unknown>>(json.resource).flatMap(([type, blocks]) =>
    Object.keys(blocks).map((name) => `${type}.${name}`),
  );

describe('SiteStack', () => {
  it.each([
    ['the plain site', {}],
    [
      'every option',
      {
        identityPool: null,
        indexRewriting: true,
        pages: { login: '/public/in.html' },
        accessLogs: { bucket: 'logs.s3.amazonaws.com', prefix: '${x}/' },
        session: { cookieSeconds: 3600, maximumSeconds: 86_400, claims: ['role'] },
        access: { blocked: [], rules: [{ who: { claims: { role: ['a${b} %{c}'] } } }] },
      },
    ],
  ])('writes only plain references to its own resources: %s', (_, changes) => {
    const synthesized = synthesizeSite({
      site: changes,
      files: {
        'site/www/public/in.html':
          '<script type="module" src="/public/secure-login.js"></script><secure-login></secure-login>',
        'site/www/a ${b} %{c}.txt': 'x',
        'site/www/public/x.html': '{{content-security-policy}} ${d} %{e}',
      },
    });
    const known = new Set(addresses(synthesized));
    const references = texts(synthesized.json).flatMap(templates);
    expect(references.length).toBeGreaterThan(30);
    for (const reference of references) {
      expect(reference).toMatch(/^\$\{[a-z][a-z0-9_]*\.[A-Za-z0-9_-]+\.[a-z][a-z0-9_]*\}$/);
      expect(known).toContain(reference.slice(2, -1).split('.').slice(0, 2).join('.'));
    }
  });

  it('uses only plain references with a custom domain, in everything that the local run reads', () => {
    const own = synthesizeSite({ site: { domain } });
    const read = { ...own.json.resource, aws_route53_record: {}, aws_acm_certificate_validation: {} };
    for (const reference of texts(read).flatMap(templates)) {
      expect(reference).toMatch(/^\$\{[a-z][a-z0-9_]*\.[A-Za-z0-9_-]+\.[a-z][a-z0-9_]*\}$/);
    }
  });

  it('contains no private key and no private half of a key', () => {
    expect(site.text).not.toMatch(/PRIVATE KEY/);
    for (const { block } of site.resources('aws_cloudfront_public_key')) {
      expect(block.encoded_key).toMatch(/^-----BEGIN PUBLIC KEY-----\n[^-]+\n-----END PUBLIC KEY-----\n$/);
    }
  });

  it('contains no path of the machine that created it', () => {
    expect(site.text).not.toContain(site.root);
    expect(site.text).not.toContain(process.cwd());
  });

  it('is the same text from every checkout', () => {
    expect(synthesizeSite({ keys: site.keys }).text).toBe(site.text);
  });

  it('names resources by site and stage, and by nothing private', () => {
    const nameFields = ['name', 'bucket_prefix', 'function_name', 'identity_pool_name', 'comment', 'description'];
    const named = synthesizeSite({
      site: { access: { blocked: ['secret@example.com'], rules: [{ who: { emails: ['private@example.org'] } }] } },
    });
    const names = named.all
      .filter(({ type }) => !/_stage$|_permission$|_role_policy/.test(type))
      .flatMap(({ block }) => nameFields.slice(0, 4).map((field) => block[field]))
      .filter((name) => name !== undefined);
    expect(names.length).toBeGreaterThan(12);
    for (const name of names) expect(name).toContain('docs-prod');
    const shown = named.all.flatMap(({ block }) => nameFields.map((field) => String(block[field] ?? '')));
    expect(shown.join()).not.toMatch(/secret|private@|example\.org/);
  });

  it.each([
    // 63, and the provider adds 26. @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    ['aws_s3_bucket', 'bucket_prefix', 37, /^[a-z0-9][a-z0-9-]*$/],
    // @see https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
    ['aws_lambda_function', 'function_name', 64, /^[A-Za-z0-9_-]+$/],
    // @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
    ['aws_iam_role', 'name', 64, /^[\w+=,.@-]+$/],
    // @see https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_OriginAccessControlConfig.html
    ['aws_cloudfront_origin_access_control', 'name', 64, /^[A-Za-z0-9_-]+$/],
    // @see https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CreateFunction.html
    ['aws_cloudfront_function', 'name', 64, /^[A-Za-z0-9_-]+$/],
    // For these three, the API reference states no limit. The console allows 128.
    ['aws_cloudfront_key_group', 'name', 128, /^[A-Za-z0-9_-]+$/],
    ['aws_cloudfront_public_key', 'name', 128, /^[A-Za-z0-9_-]+$/],
    ['aws_cloudfront_response_headers_policy', 'name', 128, /^[A-Za-z0-9_-]+$/],
    // @see https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_DistributionConfig.html
    ['aws_cloudfront_distribution', 'comment', 128, /^[A-Za-z0-9_-]+$/],
    // @see https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_CreateIdentityPool.html
    ['aws_cognito_identity_pool', 'identity_pool_name', 128, /^[\w\s+=,.@-]+$/],
    // @see https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis.html
    ['aws_apigatewayv2_api', 'name', 128, /^[\w-]+$/],
    // @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
    ['aws_cloudwatch_log_group', 'name', 512, /^[A-Za-z0-9_/.#-]+$/],
  ])('names every %s within the AWS limit, with the longest site and stage', (type, field, longest, pattern) => {
    const named = longestNames.resources(type);
    expect(named.length).toBeGreaterThan(0);
    for (const { block } of named) {
      expect(block[field]).toMatch(pattern);
      expect(block[field].length).toBeLessThanOrEqual(longest);
    }
  });

  it('never gives two sites or stages the same name, however similar they are', () => {
    const nameFields = ['name', 'bucket_prefix', 'function_name', 'identity_pool_name'];
    const alike: [string, string][] = [
      ['docs', 'prod'],
      ['docs', 'test'],
      ['docs-prod', 'prod'],
      ['docs-prod', 'auth'],
      ['docs-prod-auth', 'auth'],
      ['docs', 'auth'],
      ['docs', 'pool'],
      ['docs-auth', 'prod'],
      ['docs-open', 'prod'],
    ];
    const names = alike.flatMap(([siteName, stage]) =>
      synthesizeSite({ siteName, site: { stage, indexRewriting: true }, keys: site.keys })
        .all.filter(({ type }) => !/_stage$|_permission$|_role_policy/.test(type))
        .flatMap(({ type, block }) => nameFields.map((field) => block[field] && `${type} ${block[field]}`))
        .filter((name) => name !== undefined),
    );
    expect(names.length).toBeGreaterThan(100);
    expect(new Set(names).size).toBe(names.length);
  });

  it('keeps every address if open paths and hosts change: IDs contain neither an index nor a domain', () => {
    const before = synthesizeSite({ keys: site.keys, site: { domain, openPaths: ['/robots.txt'] } });
    const after = synthesizeSite({
      keys: site.keys,
      site: { domain: { ...domain, name: 'new.example.com', aliases: [] }, openPaths: ['/a.txt', '/robots.txt'] },
    });
    expect(addresses(after)).toEqual(addresses(before));
    expect(addresses(before).join()).not.toMatch(/wiki|example/);
  });

  it('allows the provider versions that the stack is written for', () => {
    expect(site.json.terraform.required_providers.aws.version).toBe('>= 5.100.0, < 7.0.0');
  });

  it('works in the Region of the config, with its tags on everything', () => {
    expect(site.json.provider.aws[0]).toEqual({
      region: 'eu-west-1',
      default_tags: [{ tags: { app: 's3nator', site: 'docs', stage: 'prod' } }],
    });
  });

  it('knows the certificate Region even without a custom domain, so that a domain can be given up', () => {
    expect(synthesizeSite({ site: { domain } }).json.provider).toEqual(site.json.provider);
    expect(site.json.provider.aws[1]).toMatchObject({ alias: 'certificates', region: 'us-east-1' });
  });

  it('stops using what an option switches off before deleting it', () => {
    const full = synthesizeSite({ site: { domain, indexRewriting: true } });
    const optional = [
      'aws_acm_certificate',
      'aws_cloudfront_function',
      'aws_cloudfront_response_headers_policy',
      'aws_cognito_identity_pool',
    ].flatMap((type) => full.resources(type));
    expect(optional).toHaveLength(5);
    for (const { block, path } of optional) expect(block.lifecycle, path).toEqual({ create_before_destroy: true });
  });

  it('uses no attribute that only version 6 of the provider has', () => {
    for (const { type, block } of site.all) expect(block, type).not.toHaveProperty('region');
  });

  it('outputs what an operator needs, and nothing secret', () => {
    const { output } = synthesizeSite({ site: { domain } }).json;
    expect(Object.keys(output).sort()).toEqual([
      'api_url',
      'content_bucket',
      'content_by',
      'distribution_id',
      'identity_pool_id',
      'next_key_pair_id',
      'next_steps',
      'private_bucket',
      'signer_key_pair_id',
      'site_url',
    ]);
    expect(output.site_url.value).toBe('https://wiki.example.com');
    expect(output.content_by.value).toBe('deploy');
    expect(synthesizeSite({ site: { content: null } }).json.output.content_by.value).toBe('upload');
  });

  it('lists the steps after the first deploy, with the addresses to enter', () => {
    const host = hostOf(site);
    expect(site.json.output.next_steps.value.split('\n')).toEqual([
      '1. Google: at https://console.cloud.google.com/auth/clients open 123-abc.apps.googleusercontent.com and add ' +
        `the authorized JavaScript origin https://${host} ` +
        `and the authorized redirect URI https://${host}/auth/session`,
      `2. Sign in: open https://${host} as somebody whom access.rules in s3nator.config.ts admits.`,
    ]);
  });

  it('lists the steps for a site that is uploaded by hand, on a host whose zone is elsewhere', () => {
    const certificateArn = 'arn:aws:acm:us-east-1:123456789012:certificate/a';
    const own = synthesizeSite({ site: { content: null, domain: { ...domain, hostedZone: null, certificateArn } } });
    expect(own.json.output.next_steps.value.split('\n')).toEqual([
      '1. DNS: in the zone of your provider make wiki.example.com and www.wiki.example.com a CNAME ' +
        `(at a zone's top an ALIAS) of ${hostOf(own)}`,
      expect.stringContaining(
        'JavaScript origin https://wiki.example.com ' +
          'and the authorized redirect URI https://wiki.example.com/auth/session',
      ),
      '3. Upload your site: npm run upload -- DIR --site docs',
      expect.stringMatching(/^4\. Sign in: open https:\/\/wiki\.example\.com as /),
    ]);
  });

  it('lets no plan delete buckets or the distribution, unless the config allows it', () => {
    const protectedOnes = ['aws_s3_bucket', 'aws_s3_bucket', 'aws_cloudfront_distribution'];
    const guarded = ({ all }: SynthesizedSite, prevent: boolean): string[] =>
      all.filter(({ block }) => block.lifecycle?.prevent_destroy === prevent).map(({ type }) => type);
    expect(guarded(site, true).sort()).toEqual([...protectedOnes].sort());
    const open = synthesizeSite({ site: { deletionProtection: false } });
    expect(guarded(open, true)).toEqual([]);
  });

  it('holds every later plan to the Region and stage of the first deploy', () => {
    const { input, lifecycle } = site.only('terraform_data');
    expect(input).toEqual({ region: 'eu-west-1', stage: 'prod' });
    expect(lifecycle.ignore_changes).toEqual(['input']);
    expect(lifecycle.postcondition).toHaveLength(1);
    expect(lifecycle.postcondition[0].condition).toBe(
      '${self.output.region == "eu-west-1" && self.output.stage == "prod"}',
    );
  });
});

describe('KeyGroup', () => {
  const keys = site.resources('aws_cloudfront_public_key');

  it('trusts the signer and the next signer', () => {
    const { signer, next } = site.keys;
    expect(site.only('aws_cloudfront_key_group')).toMatchObject({
      name: 'docs-prod',
      items: [`<site/keys/key_${signer.fingerprint}.id>`, `<site/keys/key_${next.fingerprint}.id>`],
    });
    expect(keys.map(({ block }) => block.encoded_key).sort()).toEqual([signer.pem, next.pem].sort());
  });

  it('puts the fingerprint into the ID and name of each key, so that a new key is a new resource', () => {
    for (const { fingerprint } of [site.keys.signer, site.keys.next]) {
      const key = keys.find(({ path }) => path === `site/keys/key_${fingerprint}`);
      expect(key?.block).toMatchObject({
        name: `docs-prod-${fingerprint}`,
        lifecycle: { create_before_destroy: true },
      });
    }
  });

  it('keeps the group and the remaining key if one key is exchanged', () => {
    const exchanged = synthesizeSite({
      keys: { ...site.keys, signer: site.keys.next, next: makeKeys().next },
    });
    const survivor = addresses(site).filter((address) => address.includes(`key_${site.keys.next.fingerprint}`));
    expect(survivor).toHaveLength(2);
    expect(addresses(exchanged)).toEqual(expect.arrayContaining(survivor));
    expect(exchanged.only('aws_cloudfront_key_group').name).toBe('docs-prod');
  });

  it('keeps trusting the previous signer until it is retired, at its earlier address', () => {
    const { signer, next } = site.keys;
    const rotated = synthesizeSite({ keys: { ...site.keys, signer: next, next: makeKeys().next, retiring: signer } });
    expect(rotated.only('aws_cloudfront_key_group').items).toEqual([
      `<site/keys/key_${next.fingerprint}.id>`,
      `<site/keys/key_${rotated.keys.next.fingerprint}.id>`,
      `<site/keys/key_${signer.fingerprint}.id>`,
    ]);
    expect(addresses(rotated)).toEqual(expect.arrayContaining(addresses(site)));
    expect(addresses(rotated).filter((address) => !addresses(site).includes(address))).toHaveLength(2);
    const { environment } = rotated.only('aws_lambda_function');
    const { signing } = JSON.parse(environment.variables.S3NATOR_SETTINGS);
    expect(signing.fingerprint).toBe(next.fingerprint);
    expect(environment.variables[`S3NATOR_TRUSTED_KEY_${signer.fingerprint}`]).toBe(signer.spki.toString('base64'));
  });

  it('changes the signer only after everything it needs: key objects, then the group, the Lambda, the record', () => {
    const pathOf = (address: string): string => {
      const [type = '', name = ''] = address.split('.');
      return site.json.resource[type][name]['//'].metadata.path.replace('docs/', '');
    };
    const waitsFor = (type: string, path: string): string[] =>
      site
        .resources(type)
        .find((resource) => resource.path === path)
        ?.block.depends_on.map(pathOf);
    const objects = [site.keys.signer, site.keys.next].map(({ fingerprint }) => `site/private/key_${fingerprint}`);
    expect(waitsFor('aws_cloudfront_key_group', 'site/keys/group')).toEqual(objects);
    expect(waitsFor('aws_lambda_function', 'site/function/function')).toEqual(
      expect.arrayContaining([...objects, 'site/keys/group']),
    );
    expect(waitsFor('aws_s3_object', 'site/keys_in_use/list')).toContain('site/function/function');
  });
});

describe('KeysInUse', () => {
  it('records which keys are deployed, in the private bucket, with nothing but their fingerprints', () => {
    const { signer, next } = site.keys;
    const retiring = makeKeys().signer;
    const contentOf = (synthesized: SynthesizedSite) =>
      synthesized.resources('aws_s3_object').find(({ path }) => path === 'site/keys_in_use/list')?.block;
    expect(contentOf(site)).toMatchObject({ bucket: '<site/private/locked/bucket.id>', key: 'keys/in-use.json' });
    expect(contentOf(site)).not.toHaveProperty('lifecycle');
    expect(JSON.parse(contentOf(site).content)).toEqual({
      version: 1,
      signer: signer.fingerprint,
      next: next.fingerprint,
    });
    const rotated = contentOf(synthesizeSite({ keys: { ...site.keys, retiring } }));
    expect(JSON.parse(rotated.content)).toMatchObject({ retiring: retiring.fingerprint });
  });
});

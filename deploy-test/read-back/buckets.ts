/** Checks the two live buckets: who is kept out, what they contain, and how it would be served. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type ProviderConfig, userPoolAddresses } from '../../contract/providers.ts';
import type { Answer } from '../local-aws/sdk.ts';
import type { Steps } from '../report.ts';
import type { LiveSite } from './live-site.ts';

export async function checkBuckets(site: LiveSite, fingerprints: readonly string[], steps: Steps): Promise<void> {
  for (const bucket of [site.contentBucket, site.privateBucket]) await checkSettings(site, bucket, steps);
  await checkContent(site, steps);
  await checkPrivate(site, fingerprints, steps);
}

async function checkSettings({ sdk, config, distribution, contentBucket }: LiveSite, Bucket: string, steps: Steps) {
  const s3 = (operation: string): Promise<Answer> => sdk.call('s3', operation, { Bucket });
  const which = Bucket === contentBucket ? 'content' : 'private';

  await steps.check(
    `the ${which} bucket is closed to the public, without ACLs, encrypted, versioned, in its Region`,
    async () => {
      const { PublicAccessBlockConfiguration } = await s3('get_public_access_block');
      assert.deepEqual(PublicAccessBlockConfiguration, {
        BlockPublicAcls: true,
        IgnorePublicAcls: true,
        BlockPublicPolicy: true,
        RestrictPublicBuckets: true,
      });
      const { OwnershipControls } = await s3('get_bucket_ownership_controls');
      assert.deepEqual(OwnershipControls.Rules, [{ ObjectOwnership: 'BucketOwnerEnforced' }]);
      const { ServerSideEncryptionConfiguration } = await s3('get_bucket_encryption');
      assert.equal(
        ServerSideEncryptionConfiguration.Rules[0].ApplyServerSideEncryptionByDefault.SSEAlgorithm,
        'AES256',
      );
      assert.equal((await s3('get_bucket_versioning')).Status, 'Enabled');
      assert.equal((await s3('get_bucket_location')).LocationConstraint, config.region);
    },
  );

  await steps.check(
    `the ${which} bucket's policy names ${which === 'content' ? 'this distribution' : 'nobody'}`,
    async () => {
      const { Statement } = JSON.parse((await s3('get_bucket_policy')).Policy);
      const allowed = Statement.filter(({ Effect }: Answer) => Effect === 'Allow');
      assert.deepEqual(
        allowed.map(({ Principal, Condition }: Answer) => [Principal.Service, Condition.StringEquals['AWS:SourceArn']]),
        which === 'content' ? [1, 2].map(() => ['cloudfront.amazonaws.com', distribution.ARN]) : [],
      );
      const denied = Statement.filter(({ Effect }: Answer) => Effect === 'Deny');
      assert.deepEqual(denied[0].Condition, { Bool: { 'aws:SecureTransport': 'false' } });
    },
  );
}

const contentTypes: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  ico: 'image/x-icon',
  js: 'text/javascript; charset=utf-8',
  json: 'application/json',
  svg: 'image/svg+xml',
  txt: 'text/plain; charset=utf-8',
};

/** The built elements, by their paths below `www/`. */
const elements = [
  'public/secure-login.js',
  'public/secure-session.js',
  'public/access-request.js',
  'public/secure-login-loop.js',
  'public/secure-login-user-pool.js',
];

async function checkContent({ sdk, config, contentBucket, root }: LiveSite, steps: Steps): Promise<void> {
  const objects = await objectsOf(sdk, contentBucket);
  const folder = join(root, 'site/www');
  const present = (readdirSync(folder, { recursive: true }) as string[]).filter((file) =>
    statSync(join(folder, file)).isFile(),
  );
  const shipped = config.content === null ? present.filter((file) => file.startsWith('public/')) : present;
  const pages = shipped.filter((file) => file.endsWith('.html') && !file.startsWith('public/'));
  /** Objects at pages' other addresses: a copy without `.html`, and what leads to it. The start page needs no copy. */
  const copies = new Map(
    pages.flatMap((page) => (page === 'index.html' ? [] : [[`www/${page.slice(0, -5)}`, `www/${page}`]])),
  );
  const redirects = pages.map((page) => (page === 'index.html' ? 'www/index' : `www/${page.slice(0, -5)}/`));
  const files = [...shipped, ...elements].map((file) => `www/${file}`);

  await steps.check('the content bucket holds the site, its addresses, the elements, nothing outside www/', () => {
    assert.deepEqual([...objects.keys()].sort(), [...files, ...copies.keys(), ...redirects].sort());
  });

  await steps.check('a copy is stored as its page is, and a redirect as a page that leads there', () => {
    for (const [copy, page] of copies) {
      const stored = [copy, page].map((key) => objects.get(key));
      const [one, other] = stored.map((object) => [object?.Body, object?.ContentType, object?.CacheControl]);
      assert.deepEqual(one, other, copy);
    }
    for (const redirect of redirects) {
      const page = objects.get(redirect);
      assert.equal(page?.ContentType, 'text/html; charset=utf-8', redirect);
      assert.match(Buffer.from(page?.Body ?? '', 'base64').toString(), /location\.replace/, redirect);
    }
  });

  const allowedHosts = config.providers.flatMap((provider) => hostsOf(provider, config.region)).sort();
  await steps.check('each file is stored byte for byte, with its type; pages have their policy filled in', () => {
    for (const key of files) {
      const object = objects.get(key);
      assert.ok(object !== undefined, key);
      assert.equal(object.ContentType, contentTypes[key.split('.').at(-1) ?? ''], key);
      const element = elements.find((name) => key === `www/${name}`);
      const file = element === undefined ? `site/${key}` : `dist/site/${basename(element)}`;
      const source = readFileSync(join(root, file));
      const live = Buffer.from(object.Body, 'base64');
      if (!source.includes('{{')) assert.ok(live.equals(source), key);
      else {
        const [, policy = ''] = /content="(default-src [^"{]*)"/.exec(live.toString()) ?? [];
        assert.deepEqual([...policy.matchAll(/https:\/\/[^\s/;]+/g)].map(String).sort(), allowedHosts, key);
      }
    }
  });

  await steps.check('no cache stores the login page; other pages are revalidated each time', () => {
    assert.equal(objects.get('www/public/login.html')?.CacheControl, 'no-store');
    for (const name of elements) {
      assert.equal(objects.get(`www/${name}`)?.CacheControl, 'public, max-age=300');
    }
    assert.equal(objects.get('www/public/denied.html')?.CacheControl, 'no-cache');
  });
}

/** Hosts that a page must reach for a provider, as often as its policy contains them. */
function hostsOf(provider: ProviderConfig, region: string): string[] {
  switch (provider.kind) {
    case 'google':
      return Array(4).fill('https://accounts.google.com');
    case 'cognitoUserPool':
      return [`https://${userPoolAddresses(provider, region).hostedSignIn}`];
    case 'oidc':
      return [];
  }
}

async function checkPrivate(
  { sdk, config, privateBucket, root, name }: LiveSite,
  fingerprints: readonly string[],
  steps: Steps,
): Promise<void> {
  const objects = await objectsOf(sdk, privateBucket);
  const stored = config.signing.store === 's3' ? fingerprints : [];
  const keyOf = (fingerprint: string): string => `keys/${fingerprint}.pem`;

  await steps.check(
    'the private bucket holds the private halves, the list of those in use, the two access documents, ' +
      'and nothing else',
    () => {
      const keys = ['access/config.json', 'access/live.json', 'keys/in-use.json', ...stored.map(keyOf)];
      assert.deepEqual([...objects.keys()].sort(), keys.sort());
      for (const fingerprint of stored) {
        const object = objects.get(keyOf(fingerprint));
        const file = readFileSync(join(root, 'keys', name, `${fingerprint}.private.pem`));
        assert.ok(Buffer.from(object?.Body ?? '', 'base64').equals(file));
        assert.deepEqual([object?.ContentType, object?.ServerSideEncryption], ['application/x-pem-file', 'AES256']);
        assert.notEqual(object?.VersionId ?? 'null', 'null', 'stored before versions were kept');
      }
    },
  );

  await steps.check('the record of the keys in use equals the list in the checkout', () => {
    const record = Buffer.from(objects.get('keys/in-use.json')?.Body ?? '', 'base64').toString();
    assert.equal(record, readFileSync(join(root, 'keys', name, 'keys.json'), 'utf8'));
  });

  await steps.check("the config's access document contains its rules; the operators' document is empty", () => {
    const document = (key: string): Answer =>
      JSON.parse(Buffer.from(objects.get(key)?.Body ?? '', 'base64').toString());
    assert.deepEqual(document('access/config.json'), { version: 1, ...config.access });
    assert.deepEqual(document('access/live.json'), { version: 1, blocked: [], rules: [] });
    for (const key of ['access/config.json', 'access/live.json']) {
      assert.equal(objects.get(key)?.ContentType, 'application/json');
    }
  });
}

/** Every object of a bucket, by key, as returned by GetObject. */
async function objectsOf(sdk: LiveSite['sdk'], Bucket: string): Promise<Map<string, Answer>> {
  const { Contents = [] } = await sdk.call('s3', 'list_objects_v2', { Bucket });
  const objects = new Map<string, Answer>();
  for (const { Key } of Contents) objects.set(Key, await sdk.call('s3', 'get_object', { Bucket, Key }));
  return objects;
}

import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type SynthesizedSite, synthesizeSite } from '../testing/synthesized-site.ts';

const site = synthesizeSite();

const objects = (from: SynthesizedSite) =>
  from
    .resources('aws_s3_object')
    .map(({ block }) => block)
    .filter((block) => block.key.startsWith('www/'));
const object = (from: SynthesizedSite, key: string) => objects(from).find((block) => block.key === key);
const md5 = (text: string) => createHash('md5').update(text).digest('hex');

describe('ContentBucket', () => {
  it('uploads every file of the content with its other addresses, the shipped pages and the element, below www', () => {
    expect(
      objects(site)
        .map(({ key }) => key)
        .sort(),
    ).toEqual([
      'www/docs/guide',
      'www/docs/guide.html',
      'www/docs/guide/',
      'www/index',
      'www/index.html',
      'www/public/access-request.js',
      'www/public/login.html',
      'www/public/not-found.html',
      'www/public/secure-login-loop.js',
      'www/public/secure-login-user-pool.js',
      'www/public/secure-login.js',
      'www/public/secure-session.js',
    ]);
    for (const block of objects(site)) expect(block.bucket).toBe('<site/content/locked/bucket.id>');
  });

  it('names a file by its path from the stack and the hash of its content', () => {
    expect(object(site, 'www/docs/guide.html')).toMatchObject({
      source: '../../../site/www/docs/guide.html',
      source_hash: md5('<h1>Guide</h1>\n'),
      content_type: 'text/html; charset=utf-8',
      cache_control: 'no-cache',
    });
  });

  it('changes the hash with the content, so that a deploy uploads it', () => {
    const changed = synthesizeSite({ files: { 'site/www/docs/guide.html': 'new' } });
    expect(object(changed, 'www/docs/guide.html').source_hash).toBe(md5('new'));
  });

  it.each([
    'secure-login.js',
    'secure-session.js',
    'access-request.js',
    'secure-login-loop.js',
    'secure-login-user-pool.js',
  ])('serves the built element as a module, for five minutes: %s', (name) => {
    expect(object(site, `www/public/${name}`)).toMatchObject({
      source: `../../../dist/site/${name}`,
      content_type: 'text/javascript; charset=utf-8',
      cache_control: 'public, max-age=300',
    });
  });

  it('lets no cache keep the login page, because CloudFront shows it at protected addresses', () => {
    expect(object(site, 'www/public/login.html').cache_control).toBe('no-store');
    const pages = { login: '/public/in.html' };
    const other = synthesizeSite({
      site: { pages },
      files: {
        'site/www/public/in.html':
          '<script type="module" src="/public/secure-login.js"></script><secure-login></secure-login>',
      },
    });
    expect(object(other, 'www/public/in.html').cache_control).toBe('no-store');
  });

  it('fills the policy into the login page', () => {
    const { content } = object(site, 'www/public/login.html');
    expect(content).toContain(`content="default-src 'none'; script-src 'self' https://accounts.google.com/gsi/client;`);
    expect(content).not.toContain('{{');
    expect(object(site, 'www/public/login.html')).not.toHaveProperty('source');
  });

  it('serves a file with the type that the config gives it', () => {
    const contentTypes = { '/docs/*': 'text/plain' };
    const other = synthesizeSite({ site: { contentTypes } });
    expect(object(other, 'www/docs/guide.html').content_type).toBe('text/plain; charset=utf-8');
    expect(object(other, 'www/index.html').content_type).toBe('text/html; charset=utf-8');
  });

  it('names the encoding of a compressed part of a page, and of nothing else', () => {
    const files = {
      'site/www/app.js.gz': gzipSync('x'),
      'site/www/fake.js.gz': 'x',
      'site/www/a.tar.gz': gzipSync('x'),
    };
    const other = synthesizeSite({ files });
    const encoded = objects(other).filter((block) => 'content_encoding' in block);
    expect(encoded.map(({ key, content_type, content_encoding }) => [key, content_type, content_encoding])).toEqual([
      ['www/app.js.gz', 'text/javascript; charset=utf-8', 'gzip'],
    ]);
  });

  it('keeps `${` and `%{` in a page as they are', () => {
    const page = '{{content-security-policy}}<script>`${a}`</script>%{ x }';
    const { content } = object(synthesizeSite({ files: { 'site/www/public/x.html': page } }), 'www/public/x.html');
    expect(content).toContain('<script>`$${a}`</script>%%{ x }');
  });

  it('looks for the placeholder in open pages only', () => {
    const files = { 'site/www/about.html': '{{content-security-policy}}' };
    expect(object(synthesizeSite({ files }), 'www/about.html')).not.toHaveProperty('content');
  });

  it('uploads the shipped pages and the element even if the content is another folder', () => {
    const files = { 'mine/index.html': 'mine', 'mine/public/logo.svg': '<svg/>' };
    const other = synthesizeSite({ site: { content: 'mine' }, files });
    expect(
      objects(other)
        .map(({ key }) => key)
        .sort(),
    ).toEqual([
      'www/index',
      'www/index.html',
      'www/public/access-request.js',
      'www/public/login.html',
      'www/public/logo.svg',
      'www/public/not-found.html',
      'www/public/secure-login-loop.js',
      'www/public/secure-login-user-pool.js',
      'www/public/secure-login.js',
      'www/public/secure-session.js',
    ]);
  });

  it('stores a copy with the content and the headers of its file', () => {
    const other = synthesizeSite({
      site: { content: 'mine' },
      files: {
        'mine/docs/guide.html': 'mine',
        'mine/public/welcome.html': '{{content-security-policy}}',
        'mine/public/a+b.svg': '<svg/>',
      },
    });
    for (const [copy, file] of [
      ['www/docs/guide', 'www/docs/guide.html'],
      ['www/public/welcome', 'www/public/welcome.html'],
      ['www/public/a b.svg', 'www/public/a+b.svg'],
    ] as const) {
      const { key: _, '//': __, ...attributes } = object(other, file);
      expect(object(other, copy)).toMatchObject(attributes);
    }
    expect(object(other, 'www/public/welcome').content).toContain("default-src 'none'");
  });

  it('stores a redirect as a page that browsers always ask for', () => {
    expect(object(site, 'www/docs/guide/')).toMatchObject({
      content: expect.stringContaining('<a href="../guide">'),
      content_type: 'text/html; charset=utf-8',
      cache_control: 'no-cache',
    });
    expect(object(site, 'www/docs/guide/')).not.toHaveProperty('source');
  });

  it('gives the shipped pages no other address, also if the content has its own login page', () => {
    const page = '<script type="module" src="/public/secure-login.js"></script><secure-login></secure-login>';
    const files = { 'site/www/public/in.html': page, 'site/www/public/login.html': page };
    const keys = objects(synthesizeSite({ site: { pages: { login: '/public/in.html' } }, files })).map(
      ({ key }) => key,
    );
    expect(keys.filter((key) => /^www\/public\/(in|login|not-found)/.test(key)).sort()).toEqual([
      'www/public/in.html',
      'www/public/login.html',
      'www/public/not-found.html',
    ]);
  });

  it('keeps the Terraform address when a copy becomes a file, so that the object is replaced in place', () => {
    const addressOf = (from: SynthesizedSite) =>
      from.all.find(({ block }) => block.key === 'www/docs/guide')?.block['//'].metadata.uniqueId;
    const file = synthesizeSite({ files: { 'site/www/docs/guide': 'now a file' } });
    expect(object(file, 'www/docs/guide').source_hash).toBe(md5('now a file'));
    expect(addressOf(file)).toBe(addressOf(site));
  });

  it('reports an address that is not what it looks like', () => {
    const { warnings } = synthesizeSite({ files: { 'site/www/docs/guide': 'x' } });
    expect(warnings).toEqual([
      'sites.docs.content: /docs/guide is a file of its own, so /docs/guide.html is only at its own address',
    ]);
  });

  it('prefers a page of the content to the shipped one', () => {
    const files = { 'mine/public/not-found.html': 'mine' };
    const other = synthesizeSite({ site: { content: 'mine' }, files });
    expect(object(other, 'www/public/not-found.html').source).toBe('../../../mine/public/not-found.html');
  });

  it('uploads the shipped pages and the element even if the operator uploads the content', () => {
    expect(objects(synthesizeSite({ site: { content: null } }))).toHaveLength(7);
  });

  it('keeps two files apart whose names look alike to Terraform', () => {
    const names = ['a/b.txt', 'a--b.txt', 'ab.txt', 'a b.txt', 'a.b.txt', 'Default', 'Resource', 'ü.txt', '1.txt'];
    const files = Object.fromEntries(names.map((name) => [`many/${name}`, name]));
    const keys = objects(synthesizeSite({ site: { content: 'many' }, files })).map(({ key }) => key);
    for (const name of names) expect(keys).toContain(`www/${name}`);
  });

  it.each(Object.getOwnPropertyNames(Object.prototype))(
    'accepts a file named %s, at the top and in a folder',
    (name) => {
      const files = { [`site/www/${name}`]: 'one', [`site/www/docs/${name}`]: 'two', [`site/www/${name}--`]: 'three' };
      const named = synthesizeSite({ files });
      expect(object(named, `www/${name}`).source_hash).toBe(md5('one'));
      expect(object(named, `www/docs/${name}`).source_hash).toBe(md5('two'));
      expect(object(named, `www/${name}--`).source_hash).toBe(md5('three'));
      expect(objects(named)).toHaveLength(objects(site).length + 3);
    },
  );

  it('accepts more than a thousand files', () => {
    const files = Object.fromEntries(Array.from({ length: 1500 }, (_, n) => [`many/${n % 50}/file-${n}.txt`, `${n}`]));
    expect(objects(synthesizeSite({ site: { content: 'many' }, files }))).toHaveLength(1507);
  });
});

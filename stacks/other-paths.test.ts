import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { synthesizeSite } from './testing/synthesized-site.ts';

const paths = { api: '/team/login', open: '/team/open' };
const repository = resolve(import.meta.dirname, '..');
const shipped = (path: string): string => readFileSync(join(repository, 'site/www/public', path), 'utf8');

const ours = [
  ...['login.html', 'denied.html', 'not-found.html', 'embed.html', 'pages.css'].map(
    (name) => `site/www/public/${name}`,
  ),
];
const files = {
  ...Object.fromEntries(ours.map((name) => [name, readFileSync(join(repository, name))])),
  'dist/site/secure-login.js': 'fetch(`/auth/session`);location=`$' + '{api}/public/login.html`;\n',
  'site/www/index.html': 'x',
};
const site = synthesizeSite({
  site: { paths, content: 'own' },
  files: { ...files, 'own/index.html': 'x', 'own/auth/index.html': 'chapter', 'own/public/index.html': 'chapter' },
});
const objects = new Map<string, { content?: string }>(
  site.resources('aws_s3_object').map(({ block }) => [String(block.key), block]),
);

describe('a site with other paths', () => {
  it('has its open behaviors there, and protects /auth and /public', () => {
    const { ordered_cache_behavior: behaviors, custom_error_response: errors } =
      site.only('aws_cloudfront_distribution');
    expect(behaviors.map((behavior: { path_pattern: string }) => behavior.path_pattern)).toEqual([
      '/team/login/*',
      '/team/open/*',
      '/robots.txt',
      '/favicon.ico',
    ]);
    expect(errors.map((error: { response_page_path?: string }) => error.response_page_path).slice(0, 2)).toEqual([
      '/team/open/login.html',
      '/team/open/not-found.html',
    ]);
  });

  it('tells API Gateway and the Lambda', () => {
    const keys = site.resources('aws_apigatewayv2_route').map(({ block }) => block.route_key);
    expect(keys.toSorted()).toEqual(['$default', 'POST /team/login/session/renewal']);
    const settings = (one: typeof site): object =>
      JSON.parse(one.only('aws_lambda_function').environment.variables.S3NATOR_SETTINGS);
    expect(settings(site)).toMatchObject({ paths });
    // The plan of a site that changes nothing stays empty.
    expect(settings(synthesizeSite())).not.toHaveProperty('paths');
  });

  it('tells the shipped pages and the elements, which are under the new path alone', () => {
    const open = [...objects.keys()].filter((key) => key.startsWith('www/team/open/'));
    expect(open).toContain('www/team/open/secure-login-user-pool.js');
    for (const key of open.filter((one) => /\.(?:html|css)$|secure-login\.js$/.test(one))) {
      const text = objects.get(key)?.content ?? '';
      expect([key, text.includes('/team/')]).toEqual([key, true]);
      expect([key, /["'`(}]\/(?:auth|public)\//.test(text)]).toEqual([key, false]);
    }
    expect([...objects.keys()].filter((key) => key.startsWith('www/public/'))).toEqual([
      'www/public/',
      'www/public/index',
      'www/public/index.html',
    ]);
    expect(shipped('login.html')).toContain('"/public/secure-login.js"');
  });

  it('says which redirect URI to register', () => {
    expect(site.text).toContain('/team/login/session');
    expect(site.text).not.toContain('/auth/session');
  });

  it('refuses content where the API answers, and names both ways out', () => {
    expect(() => synthesizeSite({ site: { paths }, files: { 'site/www/team/login/x.html': 'x' } })).toThrow(
      /1 file is under \/team\/login\/, which the API answers: .* or set paths\.api to another folder/,
    );
  });
});

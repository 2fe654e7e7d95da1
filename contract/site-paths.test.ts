import { describe, expect, it } from 'vitest';
import { type ConfigOptions, parseConfig } from './config.ts';
import { defaultPaths, withPaths } from './layout.ts';
import { apiRoutes } from './session-api.ts';

const site: ConfigOptions['sites'][string] = {
  region: 'eu-west-1',
  content: null,
  providers: [{ kind: 'google', clientId: '1.apps.googleusercontent.com' }],
  identityPool: null,
  session: { cookieSeconds: 3600, maximumSeconds: 86_400 },
  access: { blocked: [], rules: [] },
};
const parsed = (change: object) => parseConfig({ sites: { docs: { ...site, ...change } } });
const problemsOf = (change: object): readonly string[] => {
  const result = parsed(change);
  return result.config === undefined ? result.problems : [];
};

describe('paths of the config', () => {
  it('are /auth and /public by default, and one may change alone', () => {
    expect(parsed({}).config?.sites['docs']?.paths).toEqual({ api: '/auth', open: '/public' });
    expect(parsed({ paths: { api: '/x/y_Z-1' } }).config?.sites['docs']?.paths).toEqual({
      api: '/x/y_Z-1',
      open: '/public',
    });
  });

  it('take the shipped pages along', () => {
    expect(parsed({ paths: { open: '/login' } }).config?.sites['docs']?.pages).toEqual({
      login: '/login/login.html',
      notFound: '/login/not-found.html',
    });
    const own = { paths: { open: '/login' }, pages: { login: '/login/in.html' } };
    expect(parsed(own).config?.sites['docs']?.pages.login).toBe('/login/in.html');
    expect(problemsOf({ paths: { open: '/login' }, pages: { login: '/public/in.html' } })).toEqual([
      'sites.docs.pages.login: got "/public/in.html"; allowed: a page on an open path, such as /login/login.html',
    ]);
  });

  it.each([
    ...['', '/', '//', '/x/', '//x', '/x//y', 'x', 'x/y', '/..', '/../x', '/x/..', '/x/../y', '/.', '/.well-known'],
    ...['/x.html', '/%61uth', '/%2e%2e', '/x%2fy', '/x y', '/x+y', '/é', '/x*', '/*', '/x?', '/x#y', '/x\\y', '/x;y'],
    ...['/$' + '{x}', '/%{x}', '/{proxy+}', '/x\n', '\n/x', '/x\0', 'https://x', '/~x', `/${'x'.repeat(64)}`],
  ])('refuse a folder that is not plain: %j', (folder) => {
    for (const field of ['api', 'open']) {
      const problems = problemsOf({ paths: { [field]: folder } });
      expect(problems[0]).toMatch(new RegExp(`^sites\\.docs\\.paths\\.${field}: got `));
    }
  });

  it.each([
    ['/x', '/x'],
    ['/x', '/x/open'],
    ['/x/api', '/x'],
    ['/public', '/public'],
    ['/public/api', '/public'],
  ])('refuse an API at %s beside open pages in %s: one would hide the other', (api, open) => {
    expect(problemsOf({ paths: { api, open } })).toEqual([
      `sites.docs.paths.open: got "${open}"; allowed: a folder that is not paths.api, not in it, and not around it`,
    ]);
  });

  it.each([
    ['/x', '/x-open'],
    ['/x/api', '/x/open'],
    ['/public', '/auth'],
    ['/X', '/x'],
  ])('accept an API at %s beside open pages in %s', (api, open) => {
    expect(problemsOf({ paths: { api, open } })).toEqual([]);
  });

  it.each(['/s/api', '/s/api/*', '/s/api/x', '/s/open', '/s/open/*', '/s/*', '/s/open/x.css'])(
    'refuse %s as an open path that meets one of them',
    (pattern) => {
      expect(problemsOf({ paths: { api: '/s/api', open: '/s/open' }, openPaths: [pattern] })).toEqual([
        `sites.docs.openPaths.0: got "${pattern}"; allowed: a path outside /s/api/ and /s/open/, which are always open`,
      ]);
    },
  );

  it('keep the page of an app out of them, and let it be in /public if that is a chapter', () => {
    const paths = { api: '/s/api', open: '/s/open' };
    for (const page of ['/s/api/app.html', '/s/open/app.html']) {
      expect(problemsOf({ paths, fallback: page })).toEqual([
        expect.stringMatching(/outside \/s\/api\/ and \/s\/open\//),
      ]);
    }
    expect(problemsOf({ paths, fallback: '/public/app.html' })).toEqual([]);
    expect(problemsOf({ fallback: '/public/app.html' })).toHaveLength(1);
  });

  it('leave /auth and /public to the site if they are elsewhere', () => {
    const openPaths = ['/auth/*', '/public/help.html', '/s/x.css', '/s/apis/*'];
    expect(problemsOf({ paths: { api: '/s/api', open: '/s/open' }, openPaths })).toEqual([]);
  });
});

describe('withPaths', () => {
  const paths = { api: '/s/api', open: '/o' };

  it('changes no text of a site with the default paths', () => {
    const text = '<a href="/public/x">`/auth/session`';
    expect(withPaths(text, defaultPaths)).toBe(text);
  });

  it.each([
    ['/auth/session/renewal', '/s/api/session/renewal'],
    ['POST /auth/session', 'POST /s/api/session'],
    ['href="/public/login.html"', 'href="/o/login.html"'],
    ['`$' + '{e.api}/public/login.html?x`', '`$' + '{e.api}/o/login.html?x`'],
    ['startsWith(`/public/`)', 'startsWith(`/o/`)'],
    ["url('/public/rings.svg')", "url('/o/rings.svg')"],
  ])('changes %s', (text, changed) => {
    expect(withPaths(text, paths)).toBe(changed);
  });

  it.each([
    'https://console.cloud.google.com/auth/clients',
    './public/x',
    '/docs/public/x',
    '/authors',
    '/public.html',
  ])('does not change %s', (text) => {
    expect(withPaths(text, paths)).toBe(text);
  });

  it('changes each path once, also if a new folder has the name of the other old one', () => {
    expect(withPaths('"/auth/x" "/public/y"', { api: '/public', open: '/auth' })).toBe('"/public/x" "/auth/y"');
  });

  it('changes every route of the API', () => {
    for (const { path } of apiRoutes) expect(withPaths(path, paths)).toMatch(/^\/s\/api\/[a-z]/);
  });
});

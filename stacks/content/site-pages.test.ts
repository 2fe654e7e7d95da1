import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { defaultPaths } from '../../contract/layout.ts';
import { checkReadiness } from '../readiness.ts';
import { synthesize } from '../synthesize.ts';
import { makeCheckout, makeKeys, validConfig } from '../testing/synthesized-site.ts';
import { siteFiles } from './site-files.ts';
import { checkPages, loginPageProblem } from './site-pages.ts';

const element = '<secure-login></secure-login>';
const script = '<script type="module" src="/public/secure-login.js"></script>';

describe('loginPageProblem', () => {
  const there = ['/public/secure-login.js', '/public/app.js', '/public/ein/app.js', '/app.js', '/assets/app.js'];
  const problem = (html: string, path = '/public/in.html') =>
    loginPageProblem(html, path, {
      exists: (file) => there.includes(file),
      openPaths: ['/assets/*'],
      paths: defaultPaths,
    });

  it.each([
    ['the two lines from the documentation', `${script}${element}`],
    [
      'attributes, capitals, single quotes, none',
      `<SCRIPT TYPE=module SRC='/public/secure-login.js'></SCRIPT><Secure-Login after-sign-in="return">`,
    ],
    ['an address without quotes', `<script src=/public/secure-login.js type=module></script>${element}`],
    ['a relative address', `<script type="module" src="secure-login.js"></script>${element}`],
    ['a query after the address', `<script type="module" src="/public/secure-login.js?v=2"></script>${element}`],
    ['a bundle that contains the element', `<script type="module" src="/public/app.js"></script>${element}`],
    ['a bundle on an open path', `<script type="module" src="/assets/app.js"></script>${element}`],
    ['a module in the page', `<script type="module">import '/public/secure-login.js';</script>${element}`],
    [
      'a script from another host',
      `<script type="module" src="https://docs.example.com/public/secure-login.js"></script>${element}`,
    ],
  ])('accepts a page with %s', (_, html) => {
    expect(problem(html)).toBeUndefined();
  });

  it.each([
    ['', /has no <secure-login>\. Fix: add <script/],
    ['<h1>Anmelden</h1>', /has no <secure-login>/],
    [script, /has no <secure-login>/],
    [`${script}<!-- ${element} -->`, /has no <secure-login>/],
    [`${script}<!-- ${element}`, /has no <secure-login>/],
    [`${script}<noscript>${element}</noscript>`, /has no <secure-login>/],
    [`${script}<template>${element}</template>`, /has no <secure-login>/],
    [`${script}<textarea>${element}</textarea>`, /has no <secure-login>/],
    [`${script}<title>${element}</title>`, /has no <secure-login>/],
    [`${script}<style>${element}</style>`, /has no <secure-login>/],
    [`${script}<script>const text = '${element}';</script>`, /has no <secure-login>/],
    [`${script}&lt;secure-login&gt;`, /has no <secure-login>/],
    [`${script}<secure-login-loop></secure-login-loop>`, /has no <secure-login>/],
    [element, /loads no script that could show <secure-login>/],
    [`<!-- ${script} -->${element}`, /loads no script/],
    [`<script>console.log(1)</script>${element}`, /loads no script/],
    [`<!-- <script>import '/public/secure-login.js';</script> -->${element}`, /loads no script/],
    [`<script data-src="/public/secure-login.js"></script>${element}`, /loads no script/],
    [`<script src="http://["></script>${element}`, /loads no script/],
    [
      `<script type="module" src="/public/secure-logn.js"></script>${element}`,
      /loads \/public\/secure-logn\.js, which the site does not have/,
    ],
    [
      `<script type="module" src="/app.js"></script>${element}`,
      /loads \/app\.js, which is not served before sign-in\. Fix: put it into \/public\//,
    ],
  ])('refuses %j, where nobody could sign in', (html, why) => {
    expect(problem(html)).toMatch(why);
  });

  it('reads a long page in linear time', () => {
    for (const part of ['<script ', '<!--', '<noscript>', '<script src=', '<secure-login']) {
      expect(problem(part.repeat(20_000))).toBeDefined();
    }
  });
});

describe('the pages of a config', () => {
  let checkout: ReturnType<typeof makeCheckout> | undefined;
  afterEach(() => checkout?.remove());

  const outcome = (pages: object, files: Record<string, string> = {}, content: string | null = 'site/www'): unknown => {
    checkout = makeCheckout(files);
    const { root } = checkout;
    const config = validConfig({ pages, content });
    const synthesized = (() => {
      try {
        return synthesize({ config, keys: { docs: makeKeys() }, outdir: join(root, 'cdktf.out'), root })[0]?.warnings;
      } catch (error) {
        return (error as Error).message;
      }
    })();
    mkdirSync(join(root, 'keys'), { recursive: true });
    writeFileSync(join(root, 'keys/none'), '');
    const ready = checkReadiness(config, root);
    const problems = ready.keys === undefined ? ready.problems.filter((problem) => problem.startsWith('pages')) : [];
    return { synthesized, problems };
  };

  it('are refused if they contain a typo, before anything is written, with the intended page in the message', () => {
    const message =
      'pages.login: got "/public/anmeldn.html"; the content has no such file, so visitors would get an error ' +
      'instead. Did you mean /public/anmelden.html? Fix: add the page, or name an existing one';
    const files = { 'site/www/public/anmelden.html': `${script}${element}` };
    expect(outcome({ login: '/public/anmeldn.html' }, files)).toEqual({ synthesized: message, problems: [message] });
  });

  it('are refused with the page of the same name in another folder', () => {
    const files = { 'site/www/public/en/welcome.html': `${script}${element}` };
    expect(outcome({ login: '/public/welcome.html' }, files)).toMatchObject({
      synthesized: expect.stringContaining(' Did you mean /public/en/welcome.html? Fix: '),
    });
  });

  it('are refused if the page for 404 is missing', () => {
    expect(outcome({ notFound: '/public/404.html' })).toMatchObject({
      synthesized: expect.stringMatching(/^pages\.notFound: got "\/public\/404\.html"; the content has no such file/),
    });
  });

  it('are refused if the element is missing, also for a page that replaces the shipped one', () => {
    const files = { 'site/www/public/login.html': '<h1>Welcome</h1>' };
    const message = expect.stringMatching(
      /^pages\.login: \/.*\/public\/login\.html has no <secure-login>\..*; without it nobody can sign in$/,
    );
    expect(outcome({}, files)).toEqual({ synthesized: message, problems: [message] });
  });

  it('get a warning if another command uploads the content', () => {
    expect(outcome({ login: '/public/anmelden.html', notFound: '/public/404.html' }, {}, null)).toEqual({
      synthesized: [
        expect.stringMatching(/^sites\.docs\.pages\.login: \/public\/anmelden\.html is not uploaded by the deploy\./),
        expect.stringMatching(/^sites\.docs\.pages\.notFound: \/public\/404\.html is not uploaded by the deploy\./),
      ],
      problems: [],
    });
  });

  it('include the fallback page', () => {
    const config = (content: string | null) => validConfig({ content, fallback: '/ap.html' }).sites['docs'];
    const [own, uploaded] = [config('site/www'), config(null)];
    if (own === undefined || uploaded === undefined) throw new Error('the fixture is not a config');
    const { root, remove } = makeCheckout({ 'site/www/app.html': 'app' });
    try {
      expect(() => checkPages(own, siteFiles(own, root, root))).toThrow(
        /^fallback: got "\/ap\.html"; the content has no such file.* Did you mean \/app\.html\? Fix: /,
      );
      expect(checkPages(uploaded, siteFiles(uploaded, root, root))).toEqual([
        expect.stringMatching(
          /^fallback: \/ap\.html is not uploaded by the deploy\. Until .* get the page for 404 instead/,
        ),
      ]);
    } finally {
      remove();
    }
  });

  it('are fine as shipped', () => {
    expect(outcome({})).toEqual({ synthesized: [], problems: [] });
    expect(outcome({}, {}, null)).toEqual({ synthesized: [], problems: [] });
    const shipped = validConfig({ content: null }).sites['docs'];
    const root = join(import.meta.dirname, '../..');
    if (shipped === undefined) throw new Error('no site');
    const files = siteFiles({ ...shipped, content: null }, root).filter(({ path }) => path.endsWith('.html'));
    expect(checkPages(shipped, [...files, { path: '/public/secure-login.js', file: '' }])).toEqual([]);
  });
});

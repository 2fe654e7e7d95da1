import { describe, expect, it } from 'vitest';
import { type AccessDocument, emptyAccessDocument, parseAccessDocument } from '../../contract/access-rules.ts';
import { parseConfig, type SiteConfig } from '../../contract/config.ts';
import type { AccessStore } from '../access/document/store.ts';
import { type Answer, type ExplainContext, explained } from './explanation.ts';
import { describedSubjects, issuersOf } from './subject.ts';

const now = Date.parse('2027-01-15T08:00:00Z');

function configOf(changes: object = {}): SiteConfig {
  const google = { kind: 'google', clientId: '1-a.apps.googleusercontent.com' };
  const session = { cookieSeconds: 3600, maximumSeconds: 86_400 };
  const access = { blocked: [], rules: [] };
  const docs = {
    region: 'eu-west-1',
    content: null,
    identityPool: null,
    providers: [google],
    session,
    access,
    ...changes,
  };
  const parsed = parseConfig({ sites: { docs } });
  const site = parsed.config?.sites['docs'];
  if (site === undefined) throw new Error(JSON.stringify(parsed));
  return site;
}

/** A site's files, by their keys; `undefined`: reading fails. */
const storeOf = (files: Readonly<Record<string, string>> | undefined): AccessStore => {
  const found = (key: string): string | undefined => {
    if (files === undefined) throw new Error('AccessDenied');
    return files[key];
  };
  const store: Pick<AccessStore, 'hasContent' | 'content'> = {
    hasContent: async (key) => found(key) !== undefined,
    content: async (key) => found(key),
  };
  return store as AccessStore;
};

const documentOf = (content: object): AccessDocument => {
  const { document } = parseAccessDocument(JSON.stringify({ ...emptyAccessDocument, ...content }));
  if (document === undefined) throw new Error('not a document');
  return document;
};

interface Given {
  readonly live?: object;
  readonly config?: SiteConfig;
  readonly store?: AccessStore;
  readonly email?: string;
}

function explain(address: string, { live = {}, config = configOf(), store, email = 'bob@gmail.com' }: Given = {}) {
  const context: ExplainContext = {
    title: '',
    documents: { config: emptyAccessDocument, live: documentOf(live) },
    config,
    userPool: null,
    host: 'docs.example.com',
    store,
    troubles: [],
    now,
  };
  const nobody = { hd: undefined, via: undefined, issuer: undefined, subject: undefined, claims: {} };
  const subjects = describedSubjects(
    { ...nobody, email },
    issuersOf(config, null, () => now),
    config,
  );
  return explained(context, subjects, new URL(address, 'https://docs.example.com')) as Promise<Answer>;
}
const rule = (who: object, path = '/*', more: object = {}) => ({ who, path, ...more });
const anyone = (path = '/*') => ({ rules: [rule({ anyone: true }, path)] });

describe('explained, for an open path', () => {
  it.each([
    '/auth/session',
    '/public/a.css',
    '/public/',
    '/robots.txt',
    'https://docs.example.com//robots.txt',
    '/%72obots.txt',
    '/x/../robots.txt',
  ])(
    'says that everyone may see %s, as CloudFront does, and nothing about rules, cookies or files',
    async (address) => {
      const config = configOf({ openPaths: ['/robots.txt'] });
      const { allowed, text } = await explain(address, { live: anyone(), config, store: storeOf({}) });
      expect(allowed).toBe(true);
      expect(text).toContain('ALLOWED: everyone may, because the path is open');
      expect(text).not.toMatch(/rule|cookie|no such file/);
    },
  );

  it.each(['/auth', '/public', '/robots.txt.bak', '/x/robots.txt', '/ROBOTS.TXT'])(
    'does not take %s for one',
    async (address) => {
      const config = configOf({ openPaths: ['/robots.txt'] });
      expect((await explain(address, { config })).allowed).toBe(false);
    },
  );
});

describe('explained, for a cookie', () => {
  it('names no cookie and no warning about the page for an account without access', async () => {
    const files = { x: '<script src="/app.js"></script>' };
    const { allowed, text } = await explain('/x', { store: storeOf(files) });
    expect([allowed, text]).toEqual([false, expect.not.stringMatching(/cookie|app\.js/)]);
  });
});

describe('explained, for the rules after the one that decides', () => {
  it('says which of them would match, and which are not consulted', async () => {
    const rules = [rule({ anyone: true }), rule({ emails: ['bob@gmail.com'] }), rule({ emails: ['eve@gmail.com'] })];
    const { text } = await explain('/x', { live: { rules } });
    expect(text).toMatch(
      /rule 1 .*: decides\n.*rule 2 .*: would match, but an earlier rule decides\n.*rule 3 .*: not consulted\n/,
    );
  });

  it('shows the deciding rule after any number of others, and says how many more there are', async () => {
    const ended = Array.from({ length: 50 }, () => rule({ anyone: true }, '/*', { until: '2027-01-01T00:00:00Z' }));
    const later = [rule({ emails: ['bob@gmail.com'] }), rule({ emails: ['eve@gmail.com'] })];
    const { text } = await explain('/x', { live: { rules: [...ended, ...later] } });
    expect(text.match(/: ended at/g)?.length).toBeGreaterThanOrEqual(40);
    expect(text).toMatch(
      /rule 40 .*: ended at .*\n {2}rule 51 .*: decides\n {2}and 10 more, .*\n {2}and 1 rule that names others\n/,
    );
  });
});

describe('explained, for the files of the site', () => {
  const page = '<script src="/app.js"></script>';
  const missed = 'the page uses files that this cookie does not open: /app.js.';

  it('mentions what pages need only if the page itself cannot be read', async () => {
    const hint = 'pages under /docs/* must find their images, styles and scripts there';
    expect((await explain('/docs/a.html', { live: anyone('/docs/*') })).text).toContain(hint);
    const store = storeOf({ 'docs/a.html': '' });
    expect((await explain('/docs/a.html', { live: anyone('/docs/*'), store })).text).not.toContain(hint);
  });

  it('says what the path does not cover only if that is what was asked for', async () => {
    const hint = '/docs/* does not cover /docs, without the slash';
    expect((await explain('/docs', { live: anyone('/docs/*') })).text).toContain(hint);
    expect((await explain('/docs/a', { live: anyone('/docs/*') })).text).not.toContain(hint);
  });

  it.each([
    ['/docs/a.html', 'docs/a.html'],
    ['/docs/a.htm', 'docs/a.htm'],
    ['/docs/a', 'docs/a'],
    ['/docs/', 'docs/'],
    ['/docs/a+b', 'docs/a b'],
  ])('reads the page at %s, which is at the key %s', async (address, key) => {
    const store = storeOf({ [key]: page });
    const { text } = await explain(address, { live: anyone('/docs/*'), store });
    expect(text).toContain(missed);
  });

  it('reads no file that is not a page', async () => {
    const store = storeOf({ 'docs/a.svg': page, 'docs/v1.2': page });
    for (const address of ['/docs/a.svg', '/docs/v1.2'])
      expect((await explain(address, { live: anyone('/docs/*'), store })).text).not.toContain(missed);
  });

  it('looks for the index page of a folder if addresses are rewritten', async () => {
    const config = configOf({ indexRewriting: true });
    const live = anyone('/docs/*');
    const index = await explain('/docs/a', { live, config, store: storeOf({ 'docs/a/index.html': page }) });
    expect(index.text).toContain(missed);
  });

  it('names five files at most, and hostile names in visible form', async () => {
    const scripts = Array.from({ length: 7 }, (_, n) => `<script src="/${n}.js"></script>`);
    const store = storeOf({ 'docs/a.html': `<script src="/%E2%80%AEx"></script>${scripts.join('')}` });
    const { text } = await explain('/docs/a.html', { live: anyone('/docs/*'), store });
    expect(text).toContain(
      'does not open: /%E2%80%AEx, /0.js, /1.js, /2.js, /3.js and 3 more. Fix: move them under the path',
    );
  });

  it('answers all the same if the bucket cannot be read, and says so', async () => {
    const { allowed, text } = await explain('/docs/a.html', { live: anyone(), store: storeOf(undefined) });
    expect([allowed, text]).toEqual([
      true,
      expect.stringContaining('! whether the site has this file is not known: AccessDenied'),
    ]);
  });
});

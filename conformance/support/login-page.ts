/**
 * The login page in each of its states: how a test brings it there. The pages are the real ones; what the API and
 * Google say is told here.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { BrowserContext, Page, Route } from 'playwright';
import type { RunningSite } from './site.ts';

/** The page of the site's own, which is also what a refused viewer sees elsewhere. */
export const loginPath = '/public/login.html';
const guide = '/docs/guide.html?x=1#part';

const pendingForever = (): Promise<never> => new Promise(() => {});

type Answer = (route: Route) => Promise<unknown>;
const json =
  (body: object, status = 200, headers: Record<string, string> = {}): Answer =>
  (route) =>
    route.fulfill({ status, headers, contentType: 'application/json', body: JSON.stringify(body) });
const problem = (status: number, code: string, more: object = {}, headers: Record<string, string> = {}): Answer =>
  json({ type: 'about:blank', title: code, status, code, requestId: '5f0c9a4e-77d1-4a3b', ...more }, status, headers);

const common = (site: RunningSite) => ({ hosts: [new URL(site.origin).host], now: new Date().toISOString() });
const signedIn = (site: RunningSite, more: object = {}) => ({
  status: 'signed-in',
  user: { email: 'alice@example.com', hostedDomain: 'example.com' },
  path: '/*',
  expiresAt: '2100-01-01T01:00:00Z',
  renewableUntil: '2100-01-02T00:00:00Z',
  returnOrigins: [],
  ...common(site),
  ...more,
});
const signedOut = (site: RunningSite) => ({
  status: 'signed-out',
  providers: [
    { kind: 'google', clientId: site.emulator.googleClientId, scriptUrl: `${site.google.origin}/gsi/client` },
  ],
  nonce: 'n0nce',
  ...common(site),
});

/** How the login page comes into one of its states. */
export interface State {
  /** Default: a protected page that the viewer was refused. */
  readonly path?: string;
  /** What `GET /auth/session` answers. Default: nobody is signed in. */
  readonly get?: (site: RunningSite) => Answer;
  /** What `POST /auth/session` answers to the account that is chosen. Default: no account is chosen. */
  readonly post?: (site: RunningSite) => Answer;
  /** What comes in the place of Google's script. Default: the stand-in's. */
  readonly script?: Answer;
  /** The message that tells that the state is reached. */
  readonly says: RegExp;
  /** true: the state is reached when Google's button is there, too. */
  readonly offers?: true;
}

const isSignedIn =
  (more: object = {}) =>
  (site: RunningSite): Answer =>
    json(signedIn(site, more));
const refuses =
  (...given: Parameters<typeof problem>) =>
  (): Answer =>
    problem(...given);

export const states: Readonly<Record<string, State>> = {
  checking: { get: () => pendingForever, says: /moment/ },
  'waiting for the script': { script: pendingForever, says: /to open this page/ },
  'signed-out': { says: /to open this page/, offers: true },
  'signed-out, at its own address': { path: loginPath, says: /to continue/, offers: true },
  'signing-in': { post: () => pendingForever, says: /checking your account/i },
  'sign-in expired': { post: refuses(401, 'sign_in_expired'), says: /took too long/, offers: true },
  'denied for the account': {
    post: refuses(401, 'access_denied', { account: 'mallory@evil.example' }),
    says: /mallory@evil\.example does not have access/,
    offers: true,
  },
  'denied for the path': { get: isSignedIn({ path: '/finance/*' }), says: /does not include this page/ },
  'denied by the form post': { path: `${loginPath}#error=access_denied`, says: /does not have access/, offers: true },
  'signed-in': { path: loginPath, get: isSignedIn(), says: /alice@/ },
  'signed-in with a long address': {
    path: loginPath,
    get: isSignedIn({ user: { email: `${'a-very-long-name-'.repeat(6)}@department.subsidiary.example.com` } }),
    says: /a-very-long/,
  },
  'failed, to be tried later': {
    get: refuses(503, 'temporarily_unavailable', {}, { 'retry-after': '300' }),
    says: /300 seconds/,
  },
  'failed with a reference': { post: refuses(500, 'server_error'), says: /not your fault/ },
  'failed before the API': {
    get: () => (route) => route.fulfill({ status: 403, contentType: 'text/html', body: '<!doctype html>' }),
    says: /your network or your country/,
  },
  'failed without the script': { script: (route) => route.abort(), says: /could not be loaded/ },
  'looping, reserved name': { path: '/docs/guide.html?Policy=x', get: isSignedIn(), says: /“Policy”/ },
  'looping, clock': { get: isSignedIn({ now: '2001-01-01T00:00:00Z' }), says: /clock/ },
  'looping, unknown cause': { get: isSignedIn(), says: /firewall/ },
  'looping, cookies refused': {
    post: (site) => json(signedIn(site), 201),
    says: /blocks cookies/,
  },
};

/** Chooses an account in the stand-in's window. */
export async function chooseAccount(page: Page, account = 'alice@example.com'): Promise<void> {
  const [popup] = await Promise.all([page.waitForEvent('popup'), googleButton(page).click()]);
  await popup.getByRole('button', { name: account }).click();
}

/** Opens a page of `context` and brings it into `state`. */
export async function reach(context: BrowserContext, site: RunningSite, state: State): Promise<Page> {
  const { path = guide, get = (at) => json(signedOut(at)), post, script, says, offers } = state;
  const page = await context.newPage();
  await page.route('**/auth/session', (route) =>
    (route.request().method() === 'GET' ? get(site) : (post ?? get)(site))(route),
  );
  if (script) await page.route(`${site.google.origin}/gsi/client`, script);
  await page.goto(`${site.origin}${path}`, { waitUntil: 'domcontentloaded' });
  if (post) await chooseAccount(page);
  await messageOf(page).filter({ hasText: says }).waitFor();
  if (offers) await googleButton(page).waitFor();
  return page;
}

/** The provider's button. */
export const googleButton = (page: Page) => page.getByRole('button', { name: /sign in with google/i });

/** The element's heading. */
export const headingOf = (page: Page) => page.locator('secure-login h2');

/** What the element says and announces. */
export const messageOf = (page: Page) => page.locator('secure-login [role=status]');

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds wrong with the page as it is: rule, and the elements concerned. */
export async function axeFindings(page: Page): Promise<string[]> {
  // Evaluated by the debugger: the page's own policy would refuse a script that is put into it.
  await page.evaluate(`globalThis.axe ?? (() => { ${axe} })()`);
  return page.evaluate<string[]>(
    `axe.run().then(({ violations }) => violations.map(({ id, nodes }) =>
      id + ': ' + nodes.map(({ html, failureSummary }) => html + failureSummary).join(' ')))`,
  );
}

/** Counts the documents that the main frame loads. */
export function countLoads(page: Page): () => number {
  let loads = 0;
  page.on('request', (request) => {
    if (request.isNavigationRequest() && request.frame() === page.mainFrame()) loads++;
  });
  return () => loads;
}

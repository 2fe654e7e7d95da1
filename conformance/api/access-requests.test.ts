import type { Browser } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, cookieHeader, send } from '../support/http.ts';
import { logProblems } from '../support/log-check.ts';
import { axeFindings, headingOf, messageOf } from '../support/login-page.ts';
import { noteForCommands, type RunningSite, runCommand, startSite, unthrottled } from '../support/site.ts';
import { forged, idToken } from '../support/tokens.ts';
import { launchBrowser, visit } from '../support/visitor.ts';

const mayAsk = (who: string) => (text: string) =>
  unthrottled(text).replace(
    'identityPool:',
    `accessRequests: { mayAsk: ${who}, notify: 'ops@example.com', maximumOpen: 2 }, identityPool:`,
  );
const mallory = 'mallory@evil.example';

/** How far AWS and its Lambda are ahead of this machine, in milliseconds. */
let ahead: number;
let site: RunningSite;
beforeEach(async () => {
  ahead = 0;
  const clock = (): number => Date.now() + ahead;
  site = await startSite({ clock, lambdaClock: clock, config: mayAsk("'anyone'") });
  await noteForCommands(site);
});
afterEach(() => site.close());

const later = (seconds: number): void => {
  ahead += seconds * 1000;
};
const post = async (path: string, token: string, body?: object): Promise<Answer> =>
  send(`${site.origin}${path}`, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${token}`,
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
const signIn = async (email: string): Promise<Answer> => post('/auth/session', await idToken(site, email));
const ask = async (email: string, reason = 'I write the guide', claims: Record<string, string> = {}): Promise<Answer> =>
  post('/auth/access-requests', await idToken(site, email, claims), { reason });
const told = ({ status, json }: Answer): unknown => [status, (json as { status: string | number }).status];
const requests = (): readonly string[] =>
  site.emulator.aws.list(site.emulator.outputs['private_bucket'] ?? '', 'requests/');

async function access(...args: string[]): Promise<string> {
  const { code, out, errors } = await runCommand(site.folder, ['access', ...args, '--local-site']);
  expect([code, errors]).toEqual([0, '']);
  return out;
}

describe('who is refused by the rules', () => {
  it('asks, is approved by the command, and is let in within a minute; every step is in the audit', async () => {
    const refused = await signIn(mallory);
    expect([refused.status, refused.json]).toEqual([401, expect.objectContaining({ account: mallory, mayAsk: true })]);
    expect(told(await ask(mallory))).toEqual([202, 'sent']);
    expect(told(await ask(mallory))).toEqual([202, 'already-asked']);

    expect(await access('requests')).toMatch(
      /mallory@evil\.example\n {3}account {2}\S+ of https:.*(\n {12}.*)?\n {3}reason {3}I write/,
    );
    await access('approve', mallory, '--path', '/docs/*', '--yes');
    expect(told(await ask(mallory))).toEqual([202, 'approved']);
    later(61);
    const admitted = await signIn(mallory);
    expect([admitted.status, (admitted.json as { path: string }).path]).toEqual([201, '/docs/*']);
    const cookie = cookieHeader(admitted.setCookie);
    const open = async (path: string): Promise<number> =>
      (await send(`${site.origin}${path}`, { headers: { Cookie: cookie } })).status;
    expect([await open('/docs/guide.html'), await open('/index.html')]).toEqual([200, 403]);
    expect(told(await ask(mallory))).toEqual([202, 'admitted']);

    await site.logged({ event: 'granted' });
    const events = site.log.filter((line) => 'schema' in line).map(({ event }) => event);
    expect(events).toEqual(['denied', 'access-requested', 'granted']);
    expect(logProblems(site.rawLog)).toEqual([]);
    expect(site.rawLog.join('\n')).not.toContain('guide');
  });

  it('is answered with no, is told so, and may ask again after 30 days', async () => {
    await ask(mallory);
    await access('deny', mallory, '--yes');
    expect(told(await ask(mallory))).toEqual([202, 'answered']);
    later(30 * 86_400);
    const [iat, exp] = [0, 3600].map((more) => String(Math.floor((Date.now() + ahead) / 1000) + more));
    expect(told(await ask(mallory, '', { iat: iat ?? '', exp: exp ?? '' }))).toEqual([202, 'sent']);
    expect(await access('requests', '--answered')).toContain('denied');
  });

  it('may ask when blocked, and learn nothing of the block; operators see it, and cannot approve', async () => {
    await access('block', mallory, '--yes');
    later(61);
    expect((await signIn(mallory)).json).toMatchObject({ account: mallory, mayAsk: true });
    expect(told(await ask(mallory))).toEqual([202, 'sent']);
    expect(told(await ask(mallory))).toEqual([202, 'already-asked']);
    expect(await access('requests')).toContain('this person is blocked, and does not know it');
    const { code, errors } = await runCommand(site.folder, ['access', 'approve', mallory, '--yes', '--local']);
    expect([code, errors]).toEqual([1, expect.stringContaining('is blocked, which comes before every rule')]);
    await access('deny', mallory, '--yes');
    expect(told(await ask(mallory))).toEqual([202, 'answered']);
  });

  it('may not ask when unverified, or with a token that is not theirs', async () => {
    expect((await ask('unverified@example.com')).json).toMatchObject({ code: 'access_denied' });
    const stolen = forged(await idToken(site, 'eve@evil.example'));
    expect((await post('/auth/access-requests', stolen, { reason: 'x' })).json).toMatchObject({
      code: 'invalid_token',
    });
    expect(requests()).toEqual([]);
  });

  it('may not ask on a site whose config does not name them, or nobody', async () => {
    await site.reconfigure(mayAsk("{ hostedDomains: ['partner.example'] }"));
    expect((await ask(mallory)).json).toMatchObject({ code: 'access_denied' });
    expect(told(await ask('sam@partner.example'))).toEqual([202, 'sent']);
    await site.reconfigure(unthrottled);
    expect((await ask('kim@partner.example')).status).toBe(400);
  });

  it('gets 429 when too many wait, and nobody is told more', async () => {
    for (const email of ['a@evil.example', 'b@evil.example']) await ask(email);
    const answer = await ask('c@evil.example');
    expect([answer.status, (answer.json as { code: string }).code]).toEqual([429, 'too_many_requests']);
    expect(told(await ask('a@evil.example'))).toEqual([202, 'already-asked']);
  });
});

describe('operators', () => {
  it('get one message for many requests, at the address of the config: a number, and no text from people', async () => {
    const attack = 'x\r\nBcc: all@example.com\r\n\r\n<b>\u001b[2J\u202e';
    await ask(mallory, attack);
    await ask('eve@evil.example', attack);
    expect(site.emulator.aws.messages).toEqual([
      {
        topic: expect.stringMatching(/^arn:aws:sns:eu-west-1:\d+:docs-prod-requests$/),
        recipients: ['ops@example.com'],
        subject: 's3nator: requests for access to docs-prod',
        text: expect.stringMatching(/^1 request for access waits[^<>]*npm run access -- requests --site docs/),
      },
    ]);
    expect(JSON.stringify([site.emulator.aws.messages, site.rawLog])).not.toMatch(/Bcc|mallory@.*Bcc|all@example/);
    const listed = await access('requests');
    expect(listed).toContain('x Bcc: all@example.com <b> [2J');
    expect(listed.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});

describe('the page of somebody who is refused', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  it('asks why they need access; once approved, they are where they wanted to be', async () => {
    const visitor = await visit(browser, site);
    const { page } = visitor;
    await page.goto(`${site.origin}/docs/guide.html?x=1#part`);
    await visitor.signIn(mallory);
    const reason = page.getByRole('textbox', { name: 'Why do you need access?' });
    await reason.fill('<img src=x onerror=alert(1)> I write the guide');
    expect(await axeFindings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Ask for access' }).click();
    await page.getByText('Your request was sent.').waitFor();
    expect(await axeFindings(page)).toEqual([]);

    await access('approve', mallory, '--yes');
    later(61);
    await visitor.signIn(mallory);
    await page.getByRole('heading', { name: 'Guide' }).waitFor();
    expect(page.url()).toBe(`${site.origin}/docs/guide.html?x=1#part`);
    expect(visitor.complaints).toEqual([]);
    expect([...visitor.origins].sort()).toEqual([site.google.origin, site.origin].sort());
    await visitor.close();
  });

  it('loads nothing for it and asks nothing where the config takes no requests', async () => {
    await site.reconfigure(unthrottled);
    const visitor = await visit(browser, site);
    const { page } = visitor;
    const scripts: string[] = [];
    page.on('request', (request) => scripts.push(new URL(request.url()).pathname));
    await page.goto(`${site.origin}/docs/guide.html`);
    await visitor.signIn(mallory);
    await messageOf(page).filter({ hasText: 'does not have access to this site' }).waitFor();
    expect(await headingOf(page).textContent()).toBe('No access with this account');
    expect(scripts).not.toContain('/public/access-request.js');
    expect(await page.getByRole('textbox').count()).toBe(0);
    await visitor.close();
  });

  it('shows the refusal as it is where the second script cannot be loaded', async () => {
    const visitor = await visit(browser, site);
    const { page } = visitor;
    await page.route('**/public/access-request.js', (route) => route.abort());
    await page.goto(`${site.origin}/docs/guide.html`);
    await Promise.all([page.waitForEvent('requestfailed'), visitor.signIn(mallory)]);
    await messageOf(page).filter({ hasText: 'does not have access to this site' }).waitFor();
    expect(visitor.complaints).toEqual([]);
    await visitor.close();
  });
});

import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, send } from '../support/http.ts';
import { type RunningSite, root, startSite, unthrottled } from '../support/site.ts';
import { idToken } from '../support/tokens.ts';
import { cookiesSet, fromEdgeBase64, header, names } from './forge.ts';
import { stackFolderOf } from './lambda-alone.ts';
import { expectRefused, postBearer } from './sign-in.ts';

let site: RunningSite;
let bucket: string;
beforeAll(async () => {
  site = await startSite({ config: unthrottled });
  const { aws } = site.emulator;
  bucket = aws.buckets.find((name) => aws.list(name, 'access/').length > 0) ?? '';
});
afterAll(() => site.close());

const liveDocument = 'access/live.json';
/** Puts an access document in force: in a fresh instance, which has read none yet. */
async function putLive(text: string): Promise<void> {
  site.emulator.aws.put(bucket, liveDocument, text, 'application/json');
  await site.emulator.load({ stackDirectory: stackFolderOf(site), lambdaDirectory: join(root, 'dist/lambda') });
}
afterEach(() => {
  // No two tests share what they left behind.
  site.emulator.aws.delete(bucket, liveDocument);
});

const signIn = async (account: string, claims: Record<string, string> = {}): Promise<Answer> =>
  postBearer(site, await idToken(site, account, claims));
const rules = (...all: readonly unknown[]): string => JSON.stringify({ version: 1, blocked: [], rules: all });

/** Mallory got nothing of the document, and what was in force before still is. */
async function expectNotInForce(text: string): Promise<void> {
  await putLive(rules());
  await putLive(text);
  const logged = site.log.length;
  expectRefused(await signIn('mallory@evil.example'), 'access_denied', 'temporarily_unavailable');
  expect((await signIn('alice@example.com')).status).toBe(201);
  const lines = site.log.slice(logged).filter(({ event }) => event === 'access-document-malformed');
  expect([text.slice(0, 80), lines.length > 0]).toEqual([text.slice(0, 80), true]);
}

const mallory = { hostedDomains: ['evil.example'] };

// contract/hostile-rules.test.ts has the whole tables; these go through the stack.
describe('a rule path that tries to break out of the policy', () => {
  it.each([
    '/"},"Condition":{"DateLessThan":{"AWS:EpochTime":4000000000}}},{"Resource":"*',
    '/*?',
    'https://evil.example/*',
  ])('%j is no rule', async (path) => {
    await expectNotInForce(rules({ who: mallory, path }));
  });

  it.each([
    "/'*",
    '/(*',
    '/!*',
    '/$&*',
    '/;a=b,c*',
    '/@evil.example/*',
    '//evil.example/*',
    '/:80/*',
    '/../*',
    '/%22%7D*',
    '/%2a',
  ])('%s is one resource on our host, and opens nothing else', async (path) => {
    await putLive(rules({ who: mallory, path }));
    const answer = await signIn('mallory@evil.example');
    expect(answer.status).toBe(201);
    const cookies = cookiesSet(answer.setCookie);
    const policy = JSON.parse(fromEdgeBase64(cookies[names.policy] ?? '').toString()) as unknown;
    const Resource = `https://${new URL(site.origin).host}${path}`;
    expect(policy).toEqual({
      Statement: [{ Resource, Condition: { DateLessThan: { 'AWS:EpochTime': expect.any(Number) } } }],
    });
    for (const file of ['/', '/index.html', '/docs/guide.html', '/finance/budget.html']) {
      const page = await send(`${site.origin}${file}`, { headers: { Cookie: header(cookies) } });
      expect([path, file, page.status]).toEqual([path, file, 403]);
    }
  });
});

describe('a document that would admit more than it says', () => {
  it.each<[string, string]>([
    ['claims that are empty', rules({ who: { claims: {} } })],
    ['anyone inherited', '{"version":1,"blocked":[],"rules":[{"who":{"__proto__":{"anyone":true}}}]}'],
    ['a version to come', '{"version":2,"blocked":[],"rules":[{"who":{"anyone":true}}]}'],
    ['half of it', rules({ who: { anyone: true } }).slice(0, -3)],
  ])('%s: not in force', async (_name, text) => {
    await expectNotInForce(text);
  });

  it('the last of two fields of one name is the one that is checked and used (RFC 8259, 4)', async () => {
    await putLive('{"version":1,"blocked":[],"rules":[{"who":{"anyone":true}}],"rules":[]}');
    expectRefused(await signIn('mallory@evil.example'), 'access_denied');
    expect((await signIn('alice@example.com')).status).toBe(201);
  });
});

describe('the order of the rules', () => {
  it('a blocked person is refused before any rule admits them, in whatever case they are written', async () => {
    const document = { version: 1, blocked: ['ALICE@Example.COM'], rules: [{ who: { anyone: true } }] };
    await putLive(JSON.stringify(document));
    for (const email of ['alice@example.com', 'Alice@Example.Com']) {
      expectRefused(await signIn(email, { sub: '1', hd: 'example.com' }), 'access_denied');
    }
    expect((await signIn('bob@example.com')).status).toBe(201);
  });

  it('the first rule that names a person decides, though a later one would give more', async () => {
    await putLive(rules({ who: { emails: ['alice@example.com'] }, path: '/docs/*' }, { who: { anyone: true } }));
    expect((await signIn('alice@example.com')).json).toMatchObject({ path: '/docs/*' });
    expect((await signIn('mallory@evil.example')).json).toMatchObject({ path: '/*' });
  });

  it('a rule that has ended gives nothing', async () => {
    await putLive(rules({ who: mallory, until: '2026-01-01T00:00:00Z' }));
    expectRefused(await signIn('mallory@evil.example'), 'access_denied');
  });

  it('"anyone" admits no service account, and nobody whose address is not verified', async () => {
    await putLive(rules({ who: { anyone: true } }));
    expectRefused(await signIn('robot@project.iam.gserviceaccount.com', { hd: '' }), 'access_denied');
    expectRefused(await signIn('unverified@example.com'), 'access_denied');
    expect((await signIn('someone@elsewhere.example')).status).toBe(201);
  });
});

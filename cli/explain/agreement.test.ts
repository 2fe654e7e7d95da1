import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { bearer } from '../../api/testing/issuer-site.ts';
import {
  machineIssuer,
  machineToken,
  poolIssuer,
  poolToken,
  type StubIssuers,
  startStubIssuers,
} from '../../api/testing/stub-issuers.ts';
import { clientId, startTestSite, type TestSite } from '../../api/testing/test-site.ts';
import { type AccessDocument, parseAccessDocument } from '../../contract/access-rules.ts';
import { parseConfig } from '../../contract/config.ts';
import { accessConfigKey, accessLiveKey, googleIssuer } from '../../contract/layout.ts';
import { type ExplainContext, explained } from './explanation.ts';
import { describedSubjects, issuersOf, tokenSubject } from './subject.ts';

const trustedDomains = { Okta: ['example.com'], Cognito: ['other.example'] };
const claims = ['groups'];
const parsed = parseConfig({
  sites: {
    docs: {
      region: 'eu-west-1',
      content: null,
      providers: [
        { kind: 'google', clientId },
        {
          kind: 'cognitoUserPool',
          existing: { userPoolId: 'eu-west-1_AbC123', clientId: '1poolclient', domain: 'sign-in.example.com' },
          trustedDomains,
        },
        {
          kind: 'oidc',
          issuer: machineIssuer,
          audiences: ['docs'],
          algorithm: 'ES256',
          trustedDomains: ['other.example'],
        },
      ],
      identityPool: null,
      session: { cookieSeconds: 3600, maximumSeconds: 86_400, claims },
      access: { blocked: [], rules: [] },
    },
  },
});
const config = parsed.config?.sites['docs'];

let stub: StubIssuers;
let site: TestSite;
let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 's3nator-agreement-'));
  stub = await startStubIssuers({ poolDomains: trustedDomains, machineDomains: ['other.example'] });
  site = await startTestSite({ otherIssuers: stub.issuers, overrides: { claimNames: claims } });
});
afterEach(async () => {
  rmSync(folder, { recursive: true });
  await Promise.all([site.close(), stub.close()]);
});

const emails = ['alice@example.com', 'bob@gmail.com', 'carol@other.example', 'x@p.iam.gserviceaccount.com'];
const issuers = [googleIssuer, poolIssuer, machineIssuer];
const subjects = issuers.map((issuer) => ({ issuer, subject: '1' }));
const some = <T>(values: readonly T[]) => fc.option(fc.subarray([...values], { maxLength: 2 }), { nil: undefined });
const flag = fc.option(fc.constant(true), { nil: undefined });
const who = fc.record({
  hostedDomains: some(['example.com', 'other.example']),
  emails: some(emails),
  subjects: some(subjects),
  serviceAccounts: some(emails),
  claims: fc.option(fc.record({ groups: fc.subarray(['staff', '7', 7, true]) }), { nil: undefined }),
  anyone: flag,
  trustUnmanaged: flag,
  issuer: fc.option(fc.constantFrom('google', 'cognitoUserPool', ...issuers), { nil: undefined }),
});
const until = fc.constantFrom(undefined, '2027-01-01T00:00:00Z', '2029-01-01T00:00:00Z');
const rule = fc.record({ who, path: fc.constantFrom('/*', '/docs/*', '/docs/a'), until });
const isRule = (one: object): boolean =>
  parseAccessDocument(JSON.stringify({ version: 1, blocked: [], rules: [one] })).document !== undefined;
const document = fc.record({
  version: fc.constant(1),
  blocked: fc.subarray<unknown>([...emails, ...subjects], { maxLength: 1 }),
  rules: fc.array(rule.filter(isRule), { maxLength: 4 }),
});
const okta = { providerName: 'Okta', providerType: 'SAML', primary: 'true' };
const person = fc.record({
  from: fc.constantFrom('google', 'pool', 'machine'),
  sub: fc.constantFrom('1', '2'),
  email: fc.constantFrom(undefined, ...emails),
  email_verified: fc.constantFrom(true, true, true, false),
  hd: fc.constantFrom(undefined, 'example.com', 'other.example'),
  groups: fc.constantFrom<unknown>(undefined, 'staff', 7, '7', true, ['x', 'staff']),
  'cognito:username': fc.constantFrom('own', 'Okta_1'),
  identities: fc.constantFrom<unknown>(
    undefined,
    [okta],
    [{ ...okta, primary: 'false' }],
    [{ ...okta, providerName: 'Entra' }],
  ),
  isExpired: fc.constantFrom(false, false, false, true),
});
const wanted = fc.constantFrom('/docs/a', '/x', '/docs/b?c=1');

const documentOf = (content: object): AccessDocument => {
  const { document } = parseAccessDocument(JSON.stringify(content));
  if (document === undefined) throw new Error('not a document');
  return document;
};
/** What a grant of these paths opens; CloudFront's reading of the three patterns above. */
const opens = (path: string, address: string): boolean =>
  path === '/*' || (path === '/docs/*' ? address.startsWith('/docs/') : path === address);

it('explain allows what a sign-in at the API then opens, for any documents, person, token and address', async () => {
  if (config === undefined) throw new Error('the config is wrong');
  let allowed = 0;
  await fc.assert(
    fc.asyncProperty(
      document,
      document,
      person,
      wanted,
      async (own, live, { from, isExpired, ...someone }, address) => {
        // The API looks at the documents once a minute.
        site.clock += 61_000;
        site.aws.put(accessConfigKey, JSON.stringify(own));
        site.aws.put(accessLiveKey, JSON.stringify(live));
        const seconds = site.clock / 1000;
        const all = { ...someone, iat: seconds - 5, exp: seconds + (isExpired ? -600 : 600) };
        const tokens = { google: site.token, pool: poolToken, machine: machineToken };
        const idToken = tokens[from as keyof typeof tokens](all);
        const answer = await bearer(site, idToken);
        // A refused token leaves a load under way, which the clock must not overtake: a GET waits for it.
        await site.send();
        const { path } = JSON.parse(answer.body ?? '{}') as { path?: string };
        const isOpened = answer.statusCode === 201 && opens(path ?? '', address);

        const context: ExplainContext = {
          title: '',
          documents: { config: documentOf(own), live: documentOf(live) },
          config,
          userPool: null,
          host: 'docs.example.com',
          store: undefined,
          troubles: [],
          now: site.clock,
        };
        const url = new URL(address, 'https://docs.example.com');
        const known = issuersOf(config, null, () => site.clock);
        const file = join(folder, 'token');
        writeFileSync(file, idToken);
        const subject = await tokenSubject(file, known, config, site.clock, false);
        const told = await explained(context, [subject], url);
        expect([told.allowed, told.text]).toEqual([isOpened, expect.anything()]);
        if (isOpened) allowed += 1;

        // The same person in the words of the command line, which cannot say everything that a token can.
        const isSayable = !isExpired && (someone.email === undefined || someone.email_verified) && from !== 'pool';
        if (!isSayable) return;
        const issuer = from === 'google' ? googleIssuer : machineIssuer;
        const groups = someone.groups === undefined ? {} : { groups: [someone.groups].flat().map(String) };
        const hd = from === 'google' ? (someone.hd ?? 'none') : undefined;
        const described = {
          email: someone.email,
          hd,
          via: undefined,
          issuer,
          subject: { issuer, subject: someone.sub },
        };
        const said = await explained(context, describedSubjects({ ...described, claims: groups }, known, config), url);
        expect([said.allowed, said.text]).toEqual([isOpened, expect.anything()]);
      },
    ),
    { numRuns: 300 },
  );
  // Neither side says no to everything.
  expect(allowed).toBeGreaterThan(10);
});

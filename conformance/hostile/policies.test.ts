import type { KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resourceCovers } from '../../emulator/signature/policy-match.ts';
import { matchesWildcard } from '../../emulator/signature/wildcard.ts';
import { type RunningSite, startSite, unthrottled } from '../support/site.ts';
import { idToken } from '../support/tokens.ts';
import { type Cookies, cookiesSet, edgeBase64, header, names, signedBy, signingKeyOf } from './forge.ts';
import { askFor } from './raw-http.ts';
import { postBearer } from './sign-in.ts';

let site: RunningSite;
let host: string;
let key: KeyObject;
let alice: Cookies;
beforeAll(async () => {
  site = await startSite({ config: unthrottled });
  ({ host } = new URL(site.origin));
  key = signingKeyOf(site);
  alice = cookiesSet((await postBearer(site, await idToken(site, 'alice@example.com'))).setCookie);
});
afterAll(() => site.close());

/** Cookies for a policy text that the site's own key signed. */
const cookiesFor = (policy: string): Cookies => ({
  ...alice,
  [names.policy]: edgeBase64(Buffer.from(policy)),
  [names.signature]: edgeBase64(signedBy(key, Buffer.from(policy))),
});
const later = Math.floor(Date.now() / 1000) + 3_600;
const policyFor = (resource: string): string =>
  `{"Statement":[{"Resource":${JSON.stringify(resource)},"Condition":{"DateLessThan":{"AWS:EpochTime":${later}}}}]}`;

/** `*` as any run of characters, by a regular expression: shares nothing with the matcher that is tested. */
const asExpression = (pattern: string): RegExp =>
  new RegExp(
    `^${[...pattern].map((one) => (one === '*' ? '[^]*' : `\\u{${one.codePointAt(0)?.toString(16)}}`)).join('')}$`,
    'u',
  );

/**
 * CloudFront's documentation for a resource `https://HOST/PATH` without `?`: each section for itself, a last `*` also
 * for the query.
 */
const referenceCovers = (path: string, target: string): boolean => {
  const [asked = '', ...query] = target.split('?');
  return asExpression(path).test(asked) && (query.length === 0 || path.endsWith('*'));
};

const piece = fc.constantFrom('a', 'b', '/', '*', '.', '%2f', '-');
const rulePath = fc.array(piece, { maxLength: 8 }).map((pieces) => `/${pieces.join('')}`);
const askedPath = fc
  .tuple(
    fc.array(fc.constantFrom('a', 'b', '/', '*', '.', '%2f', '-'), { maxLength: 8 }),
    fc.constantFrom('', '', '?', '?a', '?x=*'),
  )
  .map(([pieces, query]) => `/${pieces.join('')}${query}`);

describe('a policy that was signed', () => {
  it('opens at the edge exactly what an independent reading of the documentation opens', async () => {
    let opened = 0;
    await fc.assert(
      fc.asyncProperty(rulePath, askedPath, async (path, target) => {
        // What is open, or not ours to read, has no say here.
        fc.pre(!/\/(public|auth)\b/.test(target));
        const { status } = await askFor(site.origin, target, {
          Cookie: header(cookiesFor(policyFor(`https://${host}${path}`))),
        });
        const expected = referenceCovers(path, target);
        if (expected) opened += 1;
        expect([path, target, status !== 403]).toEqual([path, target, expected]);
      }),
      {
        numRuns: 400,
        examples: [
          ['/*', '/a?x'],
          ['/a/*', '/a'],
          ['/a/*', '/a/'],
          ['/a', '/a?'],
          ['/a*b', '/a/b'],
          ['/', '/'],
        ],
      },
    );
    expect(opened).toBeGreaterThan(10);
  });

  it('opens nothing on another host, in another scheme, or when it is not a policy', async () => {
    const { port } = new URL(site.origin);
    const open = policyFor(`https://${host}/*`);
    const statement = open.slice('{"Statement":['.length, -2);
    const policies = [
      policyFor(`https://localhost/*`),
      policyFor(`https://localhost:${port}0/*`),
      policyFor(`http://${host}/*`),
      policyFor(`https://evil.example/*`),
      policyFor(`https://${host}@evil.example/*`),
      policyFor(`${host}/*`),
      policyFor(''),
      open.replace(String(later), `"${later}"`),
      open.replace(String(later), `${later}000`),
      open.replace(String(later), `${later}.5`),
      open.replace(String(later), '-1'),
      open.replace(String(later), '1'),
      open.replace('"DateLessThan"', '"DateGreaterThan"'),
      open.replace('"Condition"', '"condition"'),
      `{"Statement":[${statement},${statement}]}`,
      '{"Statement":[]}',
      `{"Statement":${statement}}`,
      statement,
      `[${open}]`,
      open.slice(0, -1),
      '',
      '{}',
      'null',
    ];
    for (const policy of policies) {
      const { status } = await askFor(site.origin, '/docs/guide.html', { Cookie: header(cookiesFor(policy)) });
      expect([policy, status]).toEqual([policy, 403]);
    }
    expect((await askFor(site.origin, '/docs/guide.html', { Cookie: header(cookiesFor(open)) })).status).toBe(200);
  });
});

describe('the matcher', () => {
  it('reads wildcards as an independent one does', () => {
    const text = fc.array(fc.constantFrom('a', 'b', '/', '*', '?'), { maxLength: 10 }).map((all) => all.join(''));
    fc.assert(
      fc.property(text, text, (pattern, given) => {
        const expression = [...pattern].map((one) => (one === '*' ? '[^]*' : one === '?' ? '[^]' : one)).join('');
        expect(matchesWildcard(pattern, given)).toBe(new RegExp(`^${expression}$`).test(given));
      }),
      { numRuns: 5_000 },
    );
  });

  it('never lets a wildcard of the host reach into the path', () => {
    const letters = fc.array(fc.constantFrom('a', '.', '/', 'evil'), { maxLength: 6 }).map((all) => all.join(''));
    fc.assert(
      fc.property(letters, letters, (host, path) => {
        fc.pre(!host.includes('/'));
        const covered = resourceCovers('https://*.ours/*', {
          scheme: 'https',
          host,
          path: `/${path}.ours/`,
          query: undefined,
        });
        expect(covered).toBe(host.endsWith('.ours'));
      }),
    );
  });
});

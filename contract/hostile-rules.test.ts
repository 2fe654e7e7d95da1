import { describe, expect, it } from 'vitest';
import { parseAccessDocument } from './access-rules.ts';

const rules = (...all: readonly unknown[]): string => JSON.stringify({ version: 1, blocked: [], rules: all });
const mallory = { hostedDomains: ['evil.example'] };

describe('a rule path that tries to break out of the policy', () => {
  it('is refused because of its path: the same rule with a good path is read', () => {
    expect(parseAccessDocument(rules({ who: mallory, path: '/docs/*' })).document).toBeDefined();
  });

  it.each([
    '/"},"Condition":{"DateLessThan":{"AWS:EpochTime":4000000000}}},{"Resource":"*',
    '/*"',
    '/"',
    '/\\u0022',
    '/\\',
    '/*?',
    '/?*',
    '/*#',
    '/*/*',
    '/**',
    '/*a',
    '*',
    '',
    'docs/*',
    'https://evil.example/*',
    '*://*',
    '/ *',
    '/\t*',
    '/\n*',
    '/\u0000*',
    '/é/*',
    '/%zz*',
    '/%',
    '/%2',
    '/<*',
    '/{*',
    '/|*',
    '/^*',
    '/`*',
    '/${aws:username}/*',
    `/${'a'.repeat(2_000)}`,
    ['/*'],
    null,
    {},
    1,
  ])('%j is not accepted', (path) => {
    expect(parseAccessDocument(rules({ who: mallory, path })).document).toBeUndefined();
  });
});

describe('a document that would admit more people than it says', () => {
  it.each<[string, string]>([
    ['claims that are empty', rules({ who: { claims: {} } })],
    ['a claim called constructor', rules({ who: { claims: { constructor: ['staff'] } } })],
    ['a claim called __proto__', '{"version":1,"blocked":[],"rules":[{"who":{"claims":{"__proto__":["staff"]}}}]}'],
    ['nobody', rules({ who: {} })],
    ['who that is left out', rules({})],
    ['who that is null', rules({ who: null })],
    ['who that is a text', rules({ who: 'anyone' })],
    ['anyone as a text', rules({ who: { anyone: 'true' } })],
    ['anyone as false', rules({ who: { anyone: false } })],
    ['anyone inherited', '{"version":1,"blocked":[],"rules":[{"who":{"__proto__":{"anyone":true}}}]}'],
    ['a wildcard domain', rules({ who: { hostedDomains: ['*'] } })],
    ['a wildcard address', rules({ who: { emails: ['*@evil.example'] } })],
    ['an address suffix', rules({ who: { emails: ['@evil.example'] } })],
    ['a top-level domain', rules({ who: { hostedDomains: ['example'] } })],
    ['a misspelt field', rules({ who: { ...mallory, anyOne: true } })],
    ['a field that is unknown', rules({ who: mallory, admit: true })],
    ['a day that does not exist', rules({ who: mallory, until: '2027-02-30T00:00:00Z' })],
    ['a time without a zone', rules({ who: mallory, until: '2099-01-01T00:00:00' })],
    ['a time in milliseconds', rules({ who: mallory, until: 4_000_000_000_000 })],
    ['a list in its place', '[]'],
    ['rules that are no list', '{"version":1,"blocked":[],"rules":{"0":{"who":{"anyone":true}}}}'],
    ['blocked that is left out', '{"version":1,"rules":[{"who":{"anyone":true}}]}'],
    ['a version as text', '{"version":"1","blocked":[],"rules":[{"who":{"anyone":true}}]}'],
    ['a version to come', '{"version":2,"blocked":[],"rules":[{"who":{"anyone":true}}]}'],
    ['an older version', '{"version":0,"blocked":[],"rules":[{"who":{"anyone":true}}]}'],
    ['rules that come twice', '{"version":1,"blocked":[],"rules":"x","rules":[{"who":{"anyone":true},"x":1}]}'],
    ['half of it', rules({ who: { anyone: true } }).slice(0, -3)],
    ['a byte order mark', `\ufeff${rules({ who: { anyone: true }, x: 1 })}`],
    ['nothing', ''],
    ['null', 'null'],
  ])('%s: not in force', (_name, text) => {
    expect(parseAccessDocument(text).document).toBeUndefined();
  });
});

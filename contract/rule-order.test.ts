import { describe, expect, it } from 'vitest';
import { type AccessDocument, emptyAccessDocument } from './access-rules.ts';
import { blockedPeople, orderedRules, pathCovers } from './rule-order.ts';

const document = (...paths: string[]): AccessDocument => ({
  ...emptyAccessDocument,
  rules: paths.map((path) => ({ who: { anyone: true }, path })),
});

describe('orderedRules', () => {
  it('puts live rules first, and numbers and labels every rule', () => {
    const rules = orderedRules({ config: document('/c/*'), live: document('/a/*', '/b/*') });
    expect(rules.map(({ number, label, rule, origin, place }) => [number, label, rule.path, origin, place])).toEqual([
      [1, 'live.rules[0]', '/a/*', 'live', 0],
      [2, 'live.rules[1]', '/b/*', 'live', 1],
      [3, 'config.rules[0]', '/c/*', 'config', 0],
    ]);
  });
});

describe('blockedPeople', () => {
  it('names the people that either document blocks', () => {
    const documents = {
      config: { ...emptyAccessDocument, blocked: ['carol@example.com'] },
      live: { ...emptyAccessDocument, blocked: ['dave@example.com'] },
    };
    expect(blockedPeople(documents)).toEqual(['dave@example.com', 'carol@example.com']);
  });
});

describe('pathCovers', () => {
  it.each([
    ['/docs/*', '/docs/guide.html', true],
    ['/docs/*', '/docs/*', true],
    ['/docs/*', '/docs', false],
    ['/docs', '/docs', true],
    ['/docs', '/docs/guide.html', false],
  ])('%s over %s: %s', (wide, narrow, covers) => {
    expect(pathCovers(wide, narrow)).toBe(covers);
  });
});

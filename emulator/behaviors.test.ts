import { describe, expect, it } from 'vitest';
import { behaviorFor, normalisePath } from './behaviors.ts';
import type { BehaviorModel } from './stack-model.ts';

const behavior = (pattern: string): BehaviorModel => ({
  pattern,
  origin: { kind: 'api', path: '' },
  viewerProtocol: 'redirect-to-https',
  methods: [],
  cachesOptions: false,
  trustedKeys: undefined,
  cache: { headers: { kind: 'none' }, cookies: { kind: 'none' }, query: { kind: 'none' } },
  originRequest: undefined,
  headersPolicy: undefined,
  viewerRequestCode: undefined,
});
const behaviors = ['/auth/*', 'public/*', '/robots.txt', '*'].map(behavior);

describe('normalisePath', () => {
  it.each([
    ['/a/b', '/a/b'],
    ['/', '/'],
    ['//a///b', '/a/b'],
    ['/public/../secret', '/secret'],
    ['/public/%2e%2E/secret', '/secret'],
    ['/a/./b/.', '/a/b/'],
    ['/a/b/..', '/a/'],
    ['/../../a', '/a'],
    ['/%61%2f%c3%a9', '/a%2F%C3%A9'],
    ['/public%2F../x', '/public%2F../x'],
  ])('%s is matched as %s', (path, expected) => {
    expect(normalisePath(path)).toBe(expected);
  });
});

describe('behaviorFor', () => {
  it.each([
    ['/public/a.css', 'public/*'],
    ['/public', '*'],
    ['/PUBLIC/a.css', '*'],
    ['/public/../docs/a.html', '*'],
    ['/docs/../public/a.css', 'public/*'],
    ['//public/a.css', 'public/*'],
    ['/auth/session', '/auth/*'],
    ['/robots.txt', '/robots.txt'],
    ['/robots.txt/x', '*'],
  ])('serves %s by %s', (path, pattern) => {
    expect(behaviorFor(behaviors, path).pattern).toBe(pattern);
  });

  it('takes the first match in the listed order', () => {
    expect(behaviorFor([behavior('/a*'), behavior('/ab*'), behavior('*')], '/abc').pattern).toBe('/a*');
  });
});

import { describe, expect, it } from 'vitest';
import type { BehaviorModel } from '../model/stack-model.ts';
import { behaviorFor, normalizePath } from './behaviors.ts';

const behavior = (pattern: string): BehaviorModel => ({
  pattern,
  origin: { kind: 'api', path: '' },
  viewerProtocol: 'redirect-to-https',
  methods: [],
  cachesOptions: false,
  trustedKeys: undefined,
  cache: {
    headers: { kind: 'none' },
    cookies: { kind: 'none' },
    query: { kind: 'none' },
    ttl: { minimum: 0, default: 0, maximum: 0 },
    encodings: [],
  },
  originRequest: undefined,
  headersPolicy: undefined,
  viewerRequestCode: undefined,
});
const behaviors = ['/auth/*', 'public/*', '/robots.txt', '*'].map(behavior);

describe('normalizePath', () => {
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
    ['/public/..%2Fx', '/public/..%2Fx'],
    ['/a%', '/a%'],
    ['/a%zz%e', '/a%zz%e'],
    ['/a\\..\\b', '/a\\..\\b'],
    ['/a//../b', '/b'],
    ['/.%2E/a', '/a'],
    ['/a;x/../b', '/b'],
    ['/%252e%252e/a', '/%252e%252e/a'],
  ])('matches %s as %s', (path, expected) => {
    expect(normalizePath(path)).toBe(expected);
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

  // @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesCacheBehavior.html
  it.each([
    ['*.jpg', ['/a.jpg', '/x/y.jpg'], ['/LOGO.JPG', '/a.jpeg']],
    ['images/*.jpg', ['/images/a.jpg', '/images/product1/a.jpg'], ['/a.jpg', '/other/images/a.jpg']],
    ['a*.jpg', ['/apple.jpg', '/appalachian_trail_2012_05_21.jpg', '/abra/cadabra/magic.jpg'], ['/b.jpg']],
    ['a??.jpg', ['/ant.jpg', '/abe.jpg'], ['/at.jpg', '/ants.jpg']],
    ['*.doc*', ['/a.doc', '/a.docx', '/a.docm'], ['/a.txt']],
    ['*.doc?', ['/a.docx'], ['/a.doc']],
    ['/*product.jpg', ['/product.jpg', '/a/product.jpg'], ['/product.jpeg']],
    ['*product.jpg', ['/product.jpg', '/a/product.jpg'], ['/product.jpeg']],
  ])("matches the documentation's examples for %s, and nothing else", (pattern, inside, outside) => {
    const patternFor = (path: string) => behaviorFor([behavior(pattern), behavior('*')], path).pattern;
    expect(inside.map(patternFor)).toEqual(inside.map(() => pattern));
    expect(outside.map(patternFor)).toEqual(outside.map(() => '*'));
  });

  it("assigns the documentation's path with dot segments to the behavior of its target", () => {
    const both = [behavior('/a/b*'), behavior('/a*'), behavior('*')];
    expect(behaviorFor(both, '/a/b').pattern).toBe('/a/b*');
    expect(behaviorFor(both, '/a/b/..').pattern).toBe('/a*');
  });

  it('uses the first match in the listed order', () => {
    expect(behaviorFor([behavior('/a*'), behavior('/ab*'), behavior('*')], '/abc').pattern).toBe('/a*');
  });
});

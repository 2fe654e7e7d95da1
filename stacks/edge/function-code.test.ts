import { parseAst } from 'vite';
import { describe, expect, it } from 'vitest';
import { type FunctionHeaders, navigation, runFunction } from '../testing/run-function.ts';
import { type FunctionOptions, functionCode } from './function-code.ts';

const rewriting = { except: ['/bin/*', '/feed'] };
const fallback = { page: '/app.html', except: ['/api-docs/*', '/press'] };
const files = ['/index.html', '/app.html', '/about.html', '/docs/index.html', '/v1.2/index.html', '/data/raw'];
const addresses = ['/about', '/about/', '/app', '/app/', '/docs', '/docs/', '/docs/index', '/index', '/v1.2/'];
const unknown = { files: [], addresses: [] };
const index = { indexRewriting: rewriting, fallback: null, ...unknown };
const router = { indexRewriting: null, fallback, files, addresses };
const uploaded = { indexRewriting: null, fallback, ...unknown };
const both = { indexRewriting: rewriting, fallback, ...unknown };
const all: Readonly<Record<string, FunctionOptions>> = { index, router, uploaded, both };

const run = (options: FunctionOptions, address: string, headers?: FunctionHeaders, method?: string) =>
  runFunction(functionCode(options), address, headers, method);
const target = (options: FunctionOptions, address: string, headers?: FunctionHeaders): string | undefined =>
  run(options, address, headers).headers?.['location']?.value;

describe('the function of indexRewriting', () => {
  it.each([
    ['/', '/index.html'],
    ['/docs/', '/docs/index.html'],
    ['/v1.2/docs/', '/v1.2/docs/index.html'],
    ['/v1.2/', '/v1.2/index.html'],
    ['/docs/guide.html', '/docs/guide.html'],
    ['/robots.txt', '/robots.txt'],
    ['/guide%2ehtml', '/guide%2ehtml'],
    ['/LICENSE', '/LICENSE'],
    ['/downloads/LICENSE-MIT', '/downloads/LICENSE-MIT'],
    ['/.well-known/apple-app-site-association', '/.well-known/apple-app-site-association'],
    ['/.well-known/acme-challenge/', '/.well-known/acme-challenge/'],
    ['/bin/tool', '/bin/tool'],
    ['/feed', '/feed'],
    ['/%zz', '/%zz'],
  ])('gives %s the object %s', (uri, object) => {
    expect(run(index, uri)).toMatchObject({ uri: object });
  });

  it.each([
    ['/docs', './docs/'],
    ['/v1.2/docs', './docs/'],
    ['/%C3%A9quipe', './%C3%A9quipe/'],
    ['/a%20b', './a%20b/'],
    ['/feeds', './feeds/'],
    ['/docs?', './docs/?'],
    ['/docs?b=2&a=1&a=%2F&b&=&x=1?y#z', './docs/?b=2&a=1&a=%2F&b&=&x=1?y#z'],
  ])('leads from %s to %s, with the query as it is', (address, location) => {
    expect(run(index, address)).toEqual({
      statusCode: 302,
      statusDescription: 'Found',
      headers: { location: { value: location } },
    });
  });

  it.each([
    '//evil',
    '//evil.example',
    '//evil.example/x',
    '///evil',
    '/\\evil',
    '/\\\\evil',
    '/%2f%2fevil',
    '/%5cevil',
    '/%5C%5Cevil',
    '/x/%2f/evil',
    '/https:evil',
    '/https://evil',
    '/javascript:alert(1)',
    '/@evil',
    '/%09/evil',
    '/%0d%0aLocation:%20https:%2f%2fevil',
    '/;//evil',
    '/%2e%2e',
    '/..%2f..%2fevil',
    '/?//evil',
    '/docs?//evil',
    '/docs?\\evil',
  ])('open redirect: %s never leaves the host', (address) => {
    for (const options of Object.values(all)) {
      for (const headers of [navigation, {}]) {
        const location = target(options, address, headers);
        if (location === undefined) continue;
        // With the address as the base, as browsers resolve it, and with the root, in case that something shortens it.
        for (const base of [`https://site.example${address}`, 'https://site.example/']) {
          const led = new URL(location, base);
          expect([address, led.origin, led.username]).toEqual([address, 'https://site.example', '']);
        }
        expect(location).not.toMatch(/[\r\n]/);
      }
    }
  });

  it('leads nowhere twice: where an address leads is answered with a page', () => {
    for (const address of ['/docs', '/a/b', '//evil', '/%2f%2fevil', '/%5cevil']) {
      const led = new URL(target(index, address) ?? '', `https://site.example${address}`);
      expect(run(index, led.pathname)).toEqual(expect.objectContaining({ uri: `${led.pathname}index.html` }));
    }
  });

  it('leaves files and pages alone that the deploy knows', () => {
    const options = { ...index, files, addresses };
    for (const path of ['/data/raw', '/about', '/docs', '/docs/'])
      expect(run(options, path)).toMatchObject({ uri: path });
    expect(target(options, '/data/other')).toBe('./other/');
  });
});

describe('the function of a fallback page', () => {
  it.each([
    '/users/5',
    '/users/5/',
    '/users',
    '/aboutx',
    '/about/us',
    '/data',
    '/a%20b',
    '/press2',
    '//evil.example/x',
  ])('gives a navigation to %s the page', (uri) => {
    expect(run(router, uri)).toMatchObject({ uri: '/app.html' });
  });

  it.each([
    '/',
    '/index',
    '/about',
    '/about/',
    '/%61bout',
    '/app',
    '/docs',
    '/docs/',
    '/docs/index',
    '/v1.2/',
    '/data/raw',
    '/api-docs',
    '/api-docs/',
    '/api-docs/x',
    '/press',
  ])('leaves %s to the page of the site that is there', (uri) => {
    expect(run(router, uri)).toMatchObject({ uri });
  });

  it.each([
    '/app.js',
    '/assets/missing.css',
    '/missing.html',
    '/users/john.doe',
    '/x%2ejs',
    '/LICENSE',
    '/.well-known/x',
    '/%zz',
  ])('never takes the place of the file %s', (uri) => {
    expect(run(router, uri)).toMatchObject({ uri });
  });

  it.each<[string, FunctionHeaders]>([
    ['a script', { 'sec-fetch-dest': { value: 'script' }, accept: { value: 'text/html,*/*' } }],
    ['an image', { 'sec-fetch-dest': { value: 'image' } }],
    ['a style sheet', { 'sec-fetch-dest': { value: 'style' }, accept: { value: 'text/css,*/*;q=0.1' } }],
    ['a frame', { 'sec-fetch-dest': { value: 'iframe' }, accept: { value: 'text/html' } }],
    ['fetch() of a page', { 'sec-fetch-dest': { value: 'empty' }, accept: { value: 'text/html' } }],
    ['an empty destination', { 'sec-fetch-dest': { value: '' }, accept: { value: 'text/html' } }],
    ['a tool that takes anything', { accept: { value: '*/*' } }],
    ['a tool that says nothing', {}],
  ])('never answers %s', (_, headers) => {
    expect(run(router, '/users/5', headers)).toMatchObject({ uri: '/users/5' });
  });

  it('goes by Accept if a browser does not say where the answer goes', () => {
    const accept = { accept: { value: 'text/html,application/xhtml+xml,*/*;q=0.8' } };
    expect(run(router, '/users/5', accept)).toMatchObject({ uri: '/app.html' });
  });

  it('answers GET and HEAD only', () => {
    expect(run(router, '/users/5', navigation, 'HEAD')).toMatchObject({ uri: '/app.html' });
    for (const method of ['POST', 'OPTIONS', 'DELETE']) {
      expect(run(router, '/users/5', navigation, method)).toMatchObject({ uri: '/users/5' });
    }
  });

  it('gives no other file than its page, whatever the address is', () => {
    for (const uri of [
      '/../app.html',
      '/x/..',
      '/%2e%2e/secret',
      '/users/5;/app.html',
      '/keys',
      '/%00',
      '/users%2f5',
    ]) {
      expect(['/app.html', uri]).toContain(run(router, uri).uri);
    }
  });

  it('leaves the start page alone if other commands upload the content, and answers everything else', () => {
    expect(run(uploaded, '/')).toMatchObject({ uri: '/' });
    expect(run(uploaded, '/about')).toMatchObject({ uri: '/app.html' });
    expect(run({ ...router, files: ['/app.html'], addresses: [] }, '/')).toMatchObject({ uri: '/app.html' });
  });

  it('lets indexRewriting answer what it leaves', () => {
    expect(run(both, '/users/5')).toMatchObject({ uri: '/app.html' });
    expect(run(both, '/users/5/', {})).toMatchObject({ uri: '/users/5/index.html' });
    expect(run(both, '/api-docs/')).toMatchObject({ uri: '/api-docs/index.html' });
    expect(target(both, '/api-docs')).toBe('./api-docs/');
    expect(run(both, '/bin/tool')).toMatchObject({ uri: '/bin/tool' });
  });
});

/** The nodes of an ESTree, with their types. */
function* nodesOf(value: unknown): Generator<Readonly<Record<string, unknown>>> {
  if (typeof value !== 'object' || value === null) return;
  const node = value as Readonly<Record<string, unknown>>;
  if (typeof node['type'] === 'string') yield node;
  for (const inner of Object.values(node)) yield* nodesOf(inner);
}

// ECMAScript 5.1, which the runtime has as a whole; less what nobody should write.
// @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-javascript-runtime-20.html
const syntax = new Set([
  'Program',
  'FunctionDeclaration',
  'FunctionExpression',
  'VariableDeclaration',
  'VariableDeclarator',
  'BlockStatement',
  'ExpressionStatement',
  'IfStatement',
  'ReturnStatement',
  'TryStatement',
  'CatchClause',
  'AssignmentExpression',
  'BinaryExpression',
  'LogicalExpression',
  'UnaryExpression',
  'ConditionalExpression',
  'CallExpression',
  'MemberExpression',
  'ArrayExpression',
  'ObjectExpression',
  'Property',
  'Identifier',
  'Literal',
]);
const methods = new Set(['indexOf', 'lastIndexOf', 'some', 'slice', 'replace', 'test', 'rawQueryString']);
const functions = new Set(['handler', 'listed', 'isNavigation', 'decodeURIComponent', 'Boolean']);

describe('the source', () => {
  it.each(Object.entries(all))('has nothing that the runtime does not support: %s', (_, options) => {
    const program = parseAst(functionCode(options));
    for (const node of nodesOf(program)) {
      expect(syntax).toContain(node['type']);
      if (node['type'] === 'VariableDeclaration') expect(node['kind']).toBe('var');
      if (String(node['type']).startsWith('Function')) {
        expect([node['async'], node['generator']]).toEqual([false, false]);
      }
      if (node['type'] === 'Property') expect([node['shorthand'], node['computed']]).toEqual([false, false]);
      if (node['type'] !== 'CallExpression') continue;
      const callee = node['callee'] as { type: string; name?: string; property?: { name: string }; optional?: boolean };
      expect(node['optional'] ?? false).toBe(false);
      if (callee.type === 'Identifier') expect(functions).toContain(callee.name);
      else expect(methods).toContain(callee.property?.name);
    }
  });

  it('is JavaScript with any name of a file', () => {
    const odd = ['/\u2028', '/a"b', "/a'b", '/a\\b', '/${x}', '/%{x}', '/é', '/*', '/</script>', '/x/*'];
    const options = { ...router, files: [...files, ...odd] };
    for (const name of odd) {
      expect(run(options, encodeURI(name).replaceAll("'", '%27')), name).not.toMatchObject({ uri: '/app.html' });
    }
    // A file that is called `*` is no pattern.
    expect(run(options, '/x/y')).toMatchObject({ uri: '/app.html' });
  });

  it('is refused above 10 KB, with the folder that needs the most of it', () => {
    const pages = (count: number): string[] => Array.from({ length: count }, (_, n) => `/handbook/chapter-${n}`);
    expect(Buffer.byteLength(functionCode({ ...router, addresses: pages(350) }))).toBeLessThan(10_240);
    expect(() => functionCode({ ...router, addresses: [...addresses, ...pages(600)] })).toThrow(
      /^fallback: 60\d addresses .* of 1\d{4} bytes; allowed: 10240\. Fix: .*except, such as '\/handbook\/\*'$/,
    );
    const named = { page: '/app.html', except: ['/handbook/*'] };
    expect(run({ ...router, fallback: named, addresses: pages(600) }, '/handbook/none')).toMatchObject({
      uri: '/handbook/none',
    });
    expect(() => functionCode({ ...index, addresses: pages(600) })).toThrow(
      /^indexRewriting: 600 addresses .* Fix: leave it out, because the deploy stores an object/,
    );
  });
});

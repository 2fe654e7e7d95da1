import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeCheckout } from '../testing/synthesized-site.ts';
import { configErrorText } from './config-error.ts';

// load-config.test.ts covers what Node says about the config, in a separate process. These tests cover how Node's
// errors are read.
let root: string;
let remove: () => void;
beforeAll(() => {
  ({ root, remove } = makeCheckout({
    's3nator.config.ts':
      "import './rules';\n  import {\n x } from 'left/part';\nimport('./no.ts');\nconst a = 1;\nconst a = 2;\n",
    'rules.ts': '',
  }));
});
afterAll(() => remove());

const config = (): string => join(root, 's3nator.config.ts');
const said = (error: unknown): string => configErrorText(error, config());
const withStack = (error: Error, stack: string, more: object = {}): Error => Object.assign(error, { stack, ...more });
const url = (file: string): string => pathToFileURL(join(root, file)).href;

describe('configErrorText', () => {
  it("reads the place that Node puts above a syntax error's message", () => {
    const frame = (carets: string): string =>
      `${url('a b.ts')}:7\n  content: null\n${carets}  }\n\nSyntaxError: Expected ','\n    at x (y:1:2)`;
    const code = { code: 'ERR_INVALID_TYPESCRIPT_SYNTAX' };
    expect(said(withStack(new SyntaxError("Expected ','."), frame('  ^^^\n'), code))).toBe(
      "a b.ts:7:3: Expected ','. Fix: correct this line, or the end of the one before it",
    );
    expect(said(withStack(new SyntaxError('x'), frame(''), code))).toMatch(/^a b\.ts:7: x\. Fix/);
    expect(said(withStack(new SyntaxError('enum'), frame('^\n'), { code: 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX' }))).toBe(
      'a b.ts:7:1: enum. Fix: write it as JavaScript with types: Node only strips the types',
    );
  });

  it('reads the first call outside packages and Node for a thrown error', () => {
    const stack = [
      'TypeError: no',
      `    at f (${url('node_modules/x/y.js')}:1:1)`,
      `    at Object.g (${url('more/z.ts')}:3:4)`,
      '    at h (node:x:1:1)',
    ].join('\n');
    expect(said(withStack(new TypeError('no'), stack))).toBe('more/z.ts:3:4: no');
    expect(said(withStack(new TypeError('no'), 'TypeError: no'))).toBe('s3nator.config.ts: no');
    const parsed = [
      'SyntaxError: J',
      '    at JSON.parse (<anonymous>)',
      `    at ${url('s3nator.config.ts')}:9:8`,
      '    at ModuleJob.run (node:internal:1:1)',
    ].join('\n');
    expect(said(withStack(new SyntaxError('J'), parsed))).toBe('s3nator.config.ts:9:8: J');
  });

  it('asks Node again for a place that is only reported for uncaught errors', () => {
    const { root: own, remove: done } = makeCheckout({ 's3nator.config.ts': 'const a = 1;\n\nconst a = 2;\n' });
    try {
      const error = withStack(new SyntaxError("Identifier 'a'"), 'SyntaxError: x\n    at compile (node:internal:1:1)');
      expect(configErrorText(error, join(own, 's3nator.config.ts'))).toBe("s3nator.config.ts:3:7: Identifier 'a'");
    } finally {
      done();
    }
  });

  it('finds the import that names a missing file', () => {
    const missing = (kind: string, name: string, from = config()): string =>
      said(new Error(`Cannot find ${kind} '${name}' imported from ${from}`));
    expect(missing('module', join(root, 'rules'))).toBe(
      "s3nator.config.ts:1:8: cannot find './rules'. Fix: write './rules.ts': an import names the whole file",
    );
    expect(missing('package', 'left')).toBe(
      "s3nator.config.ts:3:11: cannot find 'left/part'. Fix: npm install left, or correct the name",
    );
    expect(missing('module', join(root, 'no.ts'))).toMatch(
      /^s3nator\.config\.ts:4:8: cannot find '\.\/no\.ts'\. Fix: correct the path/,
    );
    expect(missing('package', 'right')).toMatch(
      /^s3nator\.config\.ts: cannot find 'right', which .* imports\. Fix: correct/,
    );
    expect(missing('package', 'left', '/no/such/file.ts')).toMatch(/^s3nator\.config\.ts: cannot find 'left'/);
  });

  it.each([
    ['text', 's3nator.config.ts: throws "text"'],
    [undefined, 's3nator.config.ts: throws undefined'],
  ])('handles any thrown value: %j', (thrown, text) => {
    expect(said(thrown)).toBe(text);
  });
});

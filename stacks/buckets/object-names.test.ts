import { TerraformStack, Testing } from 'cdktf';
import { Construct } from 'constructs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { synthesizeSite } from '../testing/synthesized-site.ts';
import { objectNames } from './object-names.ts';

const scope = new Construct(new TerraformStack(Testing.app(), 'docs'), 'file');
const nameOf = (path: string): string => objectNames(scope, [path]).names.get(path)?.name ?? '';

describe('objectNames', () => {
  it.each([
    ['/index.html', 'file_indexhtml_01CAF38B'],
    ['/docs/a b ü.txt', 'file_docs--abtxt_86CB1840'],
    ['/a--b.txt', 'file_a--btxt_B3E0E26D'],
    ['/a---b.txt', 'file_a---btxt_F75DFC54'],
    ['/constructor', 'file_constructor--_0CD6CBED'],
    ['/docs/-first.html', 'file_docs---firsthtml_9DD41840'],
    ['/col·legi.html', 'file_collegihtml_BAB90D9A'],
  ])('names %s as the first versions did, so that no deployed object is replaced', (path, name) => {
    expect(nameOf(path)).toBe(name);
  });

  it('gives distinct paths distinct names, which Terraform accepts', () => {
    const part = fc.string({ unit: fc.constantFrom('a', '-', '/', '\u00b7', '.', '字'), minLength: 1, maxLength: 8 });
    const path = fc
      .oneof(part, fc.constantFrom('constructor', 'constructor/', 'constructor--', '__proto__', 'toString/', 'Default'))
      .map((text) => `/${text}`);
    fc.assert(
      fc.property(fc.uniqueArray(path, { maxLength: 40 }), (paths) => {
        const names = [...objectNames(scope, paths).names.values()].map(({ name }) => name);
        expect(new Set(names).size).toBe(paths.length);
        for (const name of names) expect(name).toMatch(/^[A-Za-z_][A-Za-z0-9_-]*$/);
      }),
      { numRuns: 500 },
    );
  });

  it('gives a path the same name, whatever else is there', () => {
    const path = fc
      .string({ unit: fc.constantFrom('a', '-', '/', '\u00b7'), minLength: 1, maxLength: 6 })
      .map((text) => `/${text}`);
    fc.assert(
      fc.property(fc.uniqueArray(path, { maxLength: 20 }), (paths) => {
        const { names } = objectNames(scope, paths);
        for (const one of paths) expect(names.get(one)?.name).toBe(nameOf(one));
      }),
    );
  });

  it('tells two names apart if the 32 bits that cdktf takes from a hash are the same', () => {
    const seen = new Map<string, string>();
    const twins: string[] = [];
    for (let n = 0; twins.length === 0; n += 1) {
      const path = `/${String.fromCodePoint(0x4e00 + (n % 20_000), 0x4e00 + Math.floor(n / 20_000))}`;
      const name = nameOf(path);
      const other = seen.get(name);
      if (other !== undefined) twins.push(other, path);
      seen.set(name, path);
    }
    const { names } = objectNames(scope, twins);
    expect(new Set([...names.values()].map(({ name }) => name)).size).toBe(2);
  });

  it('moves an object whose name changes, unless another object has the old name', () => {
    const old = nameOf('/a/-b.txt');
    expect(objectNames(scope, ['/a-/b.txt']).moved).toEqual([{ from: old, to: nameOf('/a-/b.txt') }]);
    expect(objectNames(scope, ['/a-/b.txt', '/a/-b.txt']).moved).toEqual([]);
    expect(objectNames(scope, ['/a/-b.txt', '/a--b.txt', '/constructor']).moved).toEqual([]);
  });
});

describe('the stack', () => {
  it('moves the object of a file in a folder that ends in a hyphen, so that Terraform does not delete it', () => {
    const { json, all } = synthesizeSite({ files: { 'site/www/a-/b.txt': 'x' } });
    const [moved] = json.moved;
    const now = all.find(({ block }) => block.key === 'www/a-/b.txt');
    expect(moved.to).toBe(`aws_s3_object.${now?.block['//'].metadata.uniqueId}`);
    expect(moved.from).toMatch(/^aws_s3_object\.site_content_file_a---btxt_[0-9A-F]{8}$/);
    expect(moved.from).not.toBe(moved.to);
    expect(synthesizeSite().json).not.toHaveProperty('moved');
  });

  it('has both of a-/b.txt and a/-b.txt', () => {
    const { all } = synthesizeSite({ files: { 'site/www/a-/b.txt': 'x', 'site/www/a/-b.txt': 'x' } });
    const keys = all.map(({ block }) => block.key);
    expect(keys).toEqual(expect.arrayContaining(['www/a-/b.txt', 'www/a/-b.txt']));
  });
});

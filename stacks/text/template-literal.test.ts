import { describe, expect, it } from 'vitest';
import { templateLiteral } from './template-literal.ts';

describe('templateLiteral', () => {
  it('escapes an interpolation', () => {
    expect(templateLiteral('a ${x} b')).toBe('a $${x} b');
  });

  it('escapes a directive', () => {
    expect(templateLiteral('%{ if x }')).toBe('%%{ if x }');
  });

  it('escapes text that already looks escaped', () => {
    expect(templateLiteral('$${x}')).toBe('$$${x}');
  });

  it('leaves other dollar and percent signs alone', () => {
    expect(templateLiteral('100% of $5 {x}')).toBe('100% of $5 {x}');
  });
});

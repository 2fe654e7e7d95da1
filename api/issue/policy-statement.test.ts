import { describe, expect, it } from 'vitest';
import { policyStatement } from './policy-statement.ts';

describe('the policy', () => {
  it('holds one statement without whitespace and whole seconds', () => {
    expect(policyStatement({ host: 'h.example', path: '/a/*', expiresAt: 12.9 })).toBe(
      '{"Statement":[{"Resource":"https://h.example/a/*","Condition":{"DateLessThan":{"AWS:EpochTime":12}}}]}',
    );
  });
});

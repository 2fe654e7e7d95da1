import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Loop, looping } from './login-loop.ts';

const now = Date.parse('2027-01-15T08:00:00Z');
beforeEach(() => void vi.useFakeTimers({ now }));
afterEach(() => void vi.useRealTimers());

/** A page that stays closed. `ahead`: of the device's clock, in milliseconds. */
function loop(page: Partial<Loop['page']> = {}, ahead = 0) {
  const session = { hosts: ['docs.example.com'], now: new Date(now - ahead).toISOString() };
  const here = { href: 'https://docs.example.com/guide.html', visibleCookies: '', serviceWorker: false, ...page };
  return looping({ page: here as Loop['page'], session, login: undefined });
}
const clock = 'The clock of this device is wrong.';

describe('a page that stays closed', () => {
  it.each([
    ['two minutes ahead', 120_000, false],
    ['more than two minutes ahead', 120_001, true],
    ['two minutes behind', -120_000, false],
    ['more than two minutes behind', -120_001, true],
    ['a day ahead', 86_400_000, true],
    ['a day behind', -86_400_000, true],
  ])('on a device whose clock is %s blames the clock only beyond two minutes', (_name, ahead, isNamed) => {
    const { text, actions } = loop({}, ahead);
    expect(text.includes(clock)).toBe(isNamed);
    expect(actions?.map(([label]) => label)).toEqual(
      isNamed ? ['Try again', 'Sign in again'] : ['Sign in again', 'Try again'],
    );
  });

  it.each<[string, Partial<Loop['page']>, RegExp, string]>([
    [
      'a reserved name',
      { href: 'https://docs.example.com/?Policy=1' },
      /^The address contains “Policy”/,
      'Open the page without it',
    ],
    ['another host', { href: 'https://other.example.com/' }, /^Your sign-in is valid at docs/, 'Open the page there'],
    ['a foreign cookie', { visibleCookies: 'a=b; CloudFront-Policy=x' }, /^A CloudFront cookie/, 'Sign in again'],
    ['a service worker', { serviceWorker: true }, /^A service worker/, 'Try again'],
  ])('names the clock after a likelier cause, whose fix comes first: %s', (_name, page, first, fix) => {
    for (const ahead of [3_600_000, -3_600_000]) {
      const { text, actions } = loop(page, ahead);
      expect(text).toMatch(first);
      expect(text).toMatch(new RegExp(`\\. ${clock}[^.]+\\.$`));
      expect(actions?.[0]?.[0]).toBe(fix);
    }
  });

  it('names a firewall only if nothing else is likely', () => {
    const firewall = 'A firewall';
    expect(loop().text).toContain(firewall);
    expect(loop({ serviceWorker: true }).text).not.toContain(firewall);
    expect(loop({}, 3_600_000).text).not.toContain(firewall);
  });

  it('does not take a cookie that only mentions CloudFront for one of it', () => {
    expect(loop({ visibleCookies: 'my-CloudFront-Policy=x; a=CloudFront-Policy' }).text).not.toContain(
      'A CloudFront cookie',
    );
  });
});

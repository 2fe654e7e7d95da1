import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { page as screen } from 'vitest/browser';
import '../secure-session-define.ts';
import { makeSession, quiet, type StandInSession, standInSession } from '../testing/stand-in-session.ts';
import { origin, standInPage } from '../testing/stand-ins.ts';
import type { SecureSession } from './secure-session.ts';

let api: StandInSession;
beforeEach(() => {
  api = standInSession();
});
afterEach(() => {
  document.body.replaceChildren();
  document.head.querySelector('style.test')?.remove();
  vi.unstubAllGlobals();
});

function style(css: string): void {
  const sheet = document.createElement('style');
  sheet.className = 'test';
  sheet.textContent = css;
  document.head.append(sheet);
}

async function show(): Promise<{ element: SecureSession; part: (name: string) => HTMLElement }> {
  const element = makeSession(standInPage(`${origin}/docs/`, 200));
  document.body.append(element);
  await quiet();
  return {
    element,
    part: (name) => {
      const found = element.shadowRoot?.querySelector<HTMLElement>(`[part~=${name}]`);
      if (!found) throw new Error(`has no part ${name}`);
      return found;
    },
  };
}

describe('a second script of the same element', () => {
  it('keeps the first one', async () => {
    const first = customElements.get('secure-session');
    const again = '../secure-session-define.ts?again';
    await import(/* @vite-ignore */ again);
    expect(customElements.get('secure-session')).toBe(first);
  });
});

describe('<secure-session>', () => {
  it('is a region with a name and one button, and a live region that stays silent', async () => {
    await show();
    await expect.element(screen.getByRole('region', { name: 'Session' })).toBeVisible();
    await expect.element(screen.getByRole('button', { name: 'Sign out' })).toBeVisible();
    await expect.element(screen.getByRole('status')).toHaveTextContent('');
  });

  it('takes its accent colors from the page', async () => {
    style(`:root { --accent: rgb(1, 2, 3) }
      secure-session { --secure-session-accent: var(--accent); --secure-session-on-accent: rgb(4, 5, 6) }`);
    api.end();
    const { part } = await show();
    const { backgroundColor, color } = getComputedStyle(part('main'));
    expect([backgroundColor, color]).toEqual(['rgb(1, 2, 3)', 'rgb(4, 5, 6)']);
  });

  it('looks like <secure-login> by default', async () => {
    style(':root { --secure-login-accent: rgb(7, 8, 9); --secure-login-radius: 3px }');
    api.end();
    const { part } = await show();
    const { backgroundColor, borderRadius } = getComputedStyle(part('main'));
    expect([backgroundColor, borderRadius]).toEqual(['rgb(7, 8, 9)', '3px']);
  });

  it.each([
    ['the way back in', 'signed-out', (): void => api.end(), 'action main'],
    ['the way back in after the end', 'expired', (): void => api.end(), 'action main'],
    ['nothing while all is well', 'signed-in', (): void => {}, 'action'],
  ])('gives the most weight to %s', async (_name, status, change, expected) => {
    if (status !== 'expired') change();
    const { element, part } = await show();
    if (status === 'expired') {
      change();
      await element.renew();
    }
    expect([element.status, part('action').getAttribute('part')]).toEqual([status, expected]);
  });

  it('keeps its height while it learns who is signed in', async () => {
    const element = makeSession(standInPage(`${origin}/docs/`, 200));
    document.body.append(element);
    const before = element.getBoundingClientRect().height;
    await quiet();
    expect([element.status, element.getBoundingClientRect().height]).toEqual(['signed-in', before]);
  });

  it('fits into 200 pixels, with an address of any length', async () => {
    api.email = `${'a-very-long-name-'.repeat(6)}@department.subsidiary.example.com`;
    document.body.style.width = '200px';
    const { element, part } = await show();
    document.body.style.width = '';
    expect(element.scrollWidth).toBeLessThanOrEqual(element.clientWidth);
    expect(part('action').getBoundingClientRect().height).toBeGreaterThanOrEqual(24);
  });

  it('is not visible if hidden, and still works', async () => {
    const { element } = await show();
    element.hidden = true;
    expect([element.getBoundingClientRect().height, element.status]).toEqual([0, 'signed-in']);
  });
});

import { describe, expect, it } from 'vitest';
import { browserPage, isRefusedPage } from './page.ts';

const at = (path: string, servedStatus: number | undefined) =>
  isRefusedPage({ href: `https://docs.example.com${path}`, servedStatus });

describe('isRefusedPage', () => {
  it.each([
    ['/docs/guide.html', 403, true],
    ['/docs/guide.html', 200, false],
    ['/public/login.html', 403, true],
    ['/public/login.html', 200, false],
    ['/sign-in.html', 200, false],
  ])('%s, served with %i: %s', (path, status, expected) => {
    expect(at(path, status)).toBe(expected);
  });

  it.each([
    ['/docs/guide.html', true],
    ['/public/login.html', false],
    ['/publications/a.html', true],
  ])('goes by the path where the browser does not tell the status: %s, %s', (path, expected) => {
    expect(at(path, undefined)).toBe(expected);
    expect(at(path, 0)).toBe(expected);
  });
});

describe('browserPage', () => {
  it('reads the real page', () => {
    expect(browserPage.href).toBe(location.href);
    expect(browserPage.servedStatus).toBe(200);
    expect(browserPage.visibleCookies).toBe(document.cookie);
    expect(browserPage.serviceWorker).toBe(navigator.serviceWorker.controller !== null);
    expect(browserPage.storage).toBe(sessionStorage);
  });
});

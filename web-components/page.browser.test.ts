import { describe, expect, it } from 'vitest';
import { problemCodes } from '../contract/session-api.ts';
import { browserPage, formFailure, isRefusedPage } from './page.ts';

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

describe('formFailure', () => {
  const login = 'https://docs.example.com/public/login.html';

  it.each(problemCodes)('reads %s from the fragment of the login page', (code) => {
    expect(formFailure(`${login}#error=${code}`)).toBe(code);
    expect(formFailure(`${login}?return-to=/a.html#error=${code}`)).toBe(code);
  });

  it.each([
    login,
    `${login}#error=`,
    `${login}#error=unknown`,
    `${login}#error=access_denied%20`,
    `${login}#error=access_denied&x=1`,
    `${login}#x=1&error=access_denied`,
    `${login}#Error=access_denied`,
    `${login}?error=access_denied`,
    `${login}/#error=access_denied`,
    'https://docs.example.com/docs/guide.html#error=access_denied',
    'https://docs.example.com/#error=access_denied',
  ])('reads nothing from %s', (href) => {
    expect(formFailure(href)).toBeUndefined();
  });
});

describe('browserPage', () => {
  it('puts another address in the place of its own, without a history entry', () => {
    const { href } = location;
    const { length } = history;
    history.replaceState(null, '', '?x=1#error=access_denied');
    browserPage.rewrite('?x=1');
    expect(location.href).toBe(new URL('?x=1', href).href);
    expect(history.length).toBe(length);
    history.replaceState(null, '', href);
  });

  it('reads the real page', () => {
    expect(browserPage.href).toBe(location.href);
    expect(browserPage.servedStatus).toBe(200);
    expect(browserPage.visibleCookies).toBe(document.cookie);
    expect(browserPage.serviceWorker).toBe(navigator.serviceWorker.controller !== null);
    expect(browserPage.storage).toBe(sessionStorage);
    expect(browserPage.lasting).toBe(localStorage);
  });
});

import { afterEach, describe, expect, it, vi } from 'vitest';
import { problemCodes } from '../../contract/session-api.ts';
import { browserPage, formFailure, isRefusedPage, refusesSecureCookies } from './page.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

const at = (path: string, servedStatus: number | undefined) =>
  isRefusedPage({ href: `https://docs.example.com${path}`, servedStatus });

describe('isRefusedPage', () => {
  it.each([
    ['/docs/guide.html', 403, true],
    ['/docs/guide.html', 200, false],
    ['/docs/guide.html', 404, false],
    ['/docs/guide.html', 503, false],
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
  ])('uses the path if the browser does not give the status: %s, %s', (path, expected) => {
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

describe('refusesSecureCookies', () => {
  /** A browser that keeps no cookies with these attributes. */
  const keepsNone = (refused: RegExp, href: string) =>
    refusesSecureCookies({ href, keptCookies: (...all) => all.filter((one) => !refused.test(one)).length });

  it.each(['http://localhost:8080/', 'http://localhost/a?b#c', 'http://127.0.0.1:3000/', 'http://[::1]:8080/'])(
    'is true at %s in Safari, which keeps cookies there but no Secure ones',
    (href) => {
      expect(keepsNone(/Secure/, href)).toBe(true);
    },
  );

  it.each([
    ['in Chrome and Firefox', /^never$/, 'http://localhost:8080/'],
    ['in a browser that keeps no cookies at all', /(?:)/, 'http://localhost:8080/'],
    ['over https', /Secure/, 'https://localhost:8080/'],
    ['on another machine', /Secure/, 'http://docs.example.com/'],
    ['on a host that begins alike', /Secure/, 'http://localhost.example.com/'],
  ])('is false %s', (_name, refused, href) => {
    expect(keepsNone(refused, href)).toBe(false);
  });
});

describe('browserPage', () => {
  it('replaces its own address without a history entry', () => {
    const { href } = location;
    const { length } = history;
    history.replaceState(null, '', '?x=1#error=access_denied');
    browserPage.rewrite('?x=1');
    expect(location.href).toBe(new URL('?x=1', href).href);
    expect(history.length).toBe(length);
    history.replaceState(null, '', href);
  });

  it('finds out which cookies this browser keeps, and leaves none of them', () => {
    const before = document.cookie;
    expect(browserPage.keptCookies('')).toBe(1);
    expect(browserPage.keptCookies('Secure')).toBe(1);
    expect(browserPage.keptCookies('', 'Domain=example.com')).toBe(1);
    expect(browserPage.keptCookies('', 'Secure')).toBe(1);
    expect(document.cookie).toBe(before);
    // A cookie of another path goes only by that path.
    const { href } = location;
    history.replaceState(null, '', '/docs/guide.html');
    expect(browserPage.keptCookies('Path=/')).toBe(1);
    expect(document.cookie).toBe(before);
    history.replaceState(null, '', href);
    vi.spyOn(document, 'cookie', 'set').mockImplementation(() => {
      throw new DOMException('The document is sandboxed.', 'SecurityError');
    });
    expect(browserPage.keptCookies('')).toBe(0);
  });

  it.each([[['']], [['Secure']], [['', 'Domain=example.com']], [['', 'Secure', 'Path=/']]])(
    'removes each test cookie with the attributes that it was set with: %j',
    (attributes) => {
      const written: string[] = [];
      vi.spyOn(document, 'cookie', 'set').mockImplementation((text) => void written.push(text));
      browserPage.keptCookies(...attributes);
      // Name and value stand first, then the attributes.
      const partsOf = (text: string): string[] => text.split(';').map((part) => part.trim());
      const tried = written.filter((text) => !text.includes('Max-Age')).map(partsOf);
      const removed = written.filter((text) => text.includes('Max-Age')).map(partsOf);
      expect(tried.map((parts) => parts.at(-1))).toEqual(attributes);
      expect(removed.map((parts) => parts.filter((part) => part !== 'Max-Age=0'))).toEqual(tried);
      expect(removed.map((parts) => parts.includes('Max-Age=0'))).toEqual(attributes.map(() => true));
      expect(written.findIndex((text) => text.includes('Max-Age'))).toBe(attributes.length);
      expect(new Set(written.map((text) => partsOf(text)[0])).size).toBe(1);
    },
  );

  it.each([
    [
      'an iPhone',
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) ' +
        'Version/18.5 Mobile/15E148 Safari/604.1',
      5,
      true,
    ],
    [
      'Chrome on an iPhone',
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) ' +
        'CriOS/140.0.7339.39 Mobile/15E148 Safari/604.1',
      5,
      true,
    ],
    [
      'an iPad',
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) ' +
        'Version/18.5 Safari/605.1.15',
      5,
      true,
    ],
    [
      'an iPad that asks for mobile pages',
      'Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) ' +
        'Version/18.5 Mobile/15E148 Safari/604.1',
      5,
      true,
    ],
    [
      'a Mac',
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) ' +
        'Version/18.5 Safari/605.1.15',
      0,
      false,
    ],
    [
      'a Mac with a pen tablet, which touches at one point',
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) ' +
        'Version/18.5 Safari/605.1.15',
      1,
      false,
    ],
    [
      'an Android phone',
      'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36',
      5,
      false,
    ],
    [
      'Windows with a touch screen',
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
      10,
      false,
    ],
  ])('knows %s', (_name, userAgent, touchPoints, expected) => {
    vi.spyOn(navigator, 'userAgent', 'get').mockReturnValue(userAgent);
    vi.spyOn(navigator, 'maxTouchPoints', 'get').mockReturnValue(touchPoints);
    expect(browserPage.isIos).toBe(expected);
  });

  it('reads the real page', () => {
    expect(browserPage.href).toBe(location.href);
    expect(browserPage.servedStatus).toBe(200);
    expect(browserPage.visibleCookies).toBe(document.cookie);
    expect(browserPage.serviceWorker).toBe(navigator.serviceWorker.controller !== null);
    expect(browserPage.storage).toBe(sessionStorage);
    expect(browserPage.lasting).toBe(localStorage);
    expect(browserPage.ancestors).toEqual([...location.ancestorOrigins]);
  });

  it.each([
    ['navigate', false],
    ['reload', false],
    ['back_forward', true],
  ])('knows whether Back or Forward led here: %s', (type, expected) => {
    vi.spyOn(performance, 'getEntriesByType').mockReturnValue([{ type } as unknown as PerformanceEntry]);
    expect(browserPage.isRevisited).toBe(expected);
  });

  it('leaves any frame, in this window', () => {
    const opened = vi.spyOn(window, 'open').mockReturnValue(null);
    browserPage.visit('https://docs.example.com/');
    expect(opened.mock.calls).toEqual([['https://docs.example.com/', '_top']]);
  });
});

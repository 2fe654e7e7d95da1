import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  axeFindings,
  chooseAccount,
  googleButton,
  headingOf,
  loginPath,
  messageOf,
  reach,
  states,
} from '../support/login-page.ts';
import { type RunningSite, startSite } from '../support/site.ts';
import { launchBrowser } from '../support/visitor.ts';

let browser: Browser;
let site: RunningSite;
let context: BrowserContext;
beforeAll(async () => {
  [browser, site] = await Promise.all([launchBrowser(), startSite()]);
});
afterAll(async () => {
  await browser.close();
  await site.close();
});
afterEach(() => context.close());

const inState = async (name: string, options: BrowserContextOptions = {}): Promise<Page> => {
  context = await browser.newContext(options);
  const state = states[name];
  if (state === undefined) throw new Error(`no state ${name}`);
  return reach(context, site, state);
};
const open = async (path: string, options: BrowserContextOptions = {}): Promise<Page> => {
  context = await browser.newContext(options);
  const page = await context.newPage();
  await page.goto(`${site.origin}${path}`);
  return page;
};

/** Axe in light, in dark and in forced colors. */
async function expectNoFindings(page: Page): Promise<void> {
  for (const look of [{ colorScheme: 'light' }, { colorScheme: 'dark' }, { forcedColors: 'active' }] as const) {
    await page.emulateMedia({ colorScheme: null, forcedColors: null, ...look });
    expect(await axeFindings(page), JSON.stringify(look)).toEqual([]);
  }
}

/** 1280x1024 at 400 %, in both directions of writing. */
async function expectToFit(page: Page): Promise<void> {
  await page.setViewportSize({ width: 320, height: 256 });
  for (const direction of ['ltr', 'rtl']) {
    await page.evaluate(`document.documentElement.dir = '${direction}'`);
    // Google's button has a fixed width, and is replaced by one that fits.
    await expect
      .poll(() => page.evaluate('document.documentElement.scrollWidth'), { message: direction })
      .toBeLessThanOrEqual(320);
    // What is cut off on the side where scrolling does not lead adds nothing to the width.
    const outside = await page.evaluate<string[]>(`[...document.querySelectorAll('main *, secure-login *')]
      .concat([...document.querySelector('secure-login')?.shadowRoot?.querySelectorAll('*') ?? []])
      .filter((element) => {
        const { left, right, width } = element.getBoundingClientRect();
        return width && (left < 0 || right > 320);
      })
      .map((element) => element.outerHTML)`);
    expect(outside, direction).toEqual([]);
  }
}

const pages = [loginPath, '/public/denied.html', '/public/not-found.html', '/public/embed.html'];

describe('axe', () => {
  it('finds a fault that is there', async () => {
    const page = await open('/public/denied.html');
    await page.evaluate(`document.querySelector('img').removeAttribute('alt')`);
    expect(await axeFindings(page)).toEqual([expect.stringContaining('image-alt')]);
  });

  it.each(Object.keys(states))('finds nothing: %s', async (name) => {
    await expectNoFindings(await inState(name));
  });

  it.each(pages)('finds nothing on %s', async (path) => {
    const page = await open(path);
    await page.waitForLoadState('networkidle');
    await expectNoFindings(page);
  });

  it('finds nothing without JavaScript either', async () => {
    // Axe itself is a script: what the page shows without any is put where the page has its element.
    const page = await open(loginPath);
    await page.evaluate(`{
      const words = document.querySelector('noscript');
      document.querySelector('secure-login').outerHTML = words.textContent;
      words.remove();
    }`);
    await page.getByRole('heading', { name: /needs javascript/i }).waitFor();
    await expectNoFindings(page);
  });
});

describe('a page at 400 %, or 320 pixels wide', () => {
  it.each(Object.keys(states))('needs no scrolling sideways: %s', async (name) => {
    await expectToFit(await inState(name));
  });

  it.each(pages)('needs no scrolling sideways on %s', async (path) => {
    const page = await open(path);
    await page.waitForLoadState('networkidle');
    await expectToFit(page);
  });

  it('has controls that a finger hits, each in reach', async () => {
    const page = await inState('signed-in', { viewport: { width: 320, height: 256 } });
    const controls = page.locator('secure-login').locator('a, button');
    expect(await controls.count()).toBe(3);
    for (const control of await controls.all()) {
      await control.scrollIntoViewIfNeeded();
      const box = await control.boundingBox();
      expect(box?.height).toBeGreaterThanOrEqual(44);
      expect(box?.y).toBeGreaterThanOrEqual(0);
      expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(256);
    }
  });
});

describe('a right-to-left page', () => {
  it.each(['denied for the account', 'signed-in', 'looping, reserved name'])(
    'is the mirror image: %s',
    async (name) => {
      const page = await inState(name, { viewport: { width: 1280, height: 800 } });
      const inset = (side: string): Promise<number[]> =>
        page.evaluate<number[]>(`[...document.querySelectorAll('.art, .mark, h1, secure-login')].map((element) =>
        Math.round(${side === 'left' ? '' : 'innerWidth - '}element.getBoundingClientRect().${side}))`);
      const before = await inset('left');
      await page.evaluate(`document.documentElement.dir = 'rtl'`);
      expect(await inset('right')).toEqual(before);
      // The words are English wherever they stand: at the reader's side, with the full stop at their end.
      const message = await messageOf(page).evaluate((element) => {
        const range = (
          element as unknown as {
            ownerDocument: {
              createRange(): { selectNodeContents(of: unknown): void; getClientRects(): { right: number }[] };
            };
          }
        ).ownerDocument.createRange();
        range.selectNodeContents(element);
        return Math.round(range.getClientRects()[0]?.right ?? 0);
      });
      const edge = await page.evaluate<number>(
        `Math.round(document.querySelector('secure-login').getBoundingClientRect().right)`,
      );
      expect(Math.abs(edge - message)).toBeLessThanOrEqual(1);
    },
  );
});

describe('forced colors', () => {
  it.each(['checking', 'signed-in', 'looping, reserved name', 'failed, to be tried later'])(
    'leave every control and placeholder an edge: %s',
    async (name) => {
      const page = await inState(name, { forcedColors: 'active' });
      const edges = await page.locator('secure-login').evaluate((element) => {
        // biome-ignore lint/suspicious/noExplicitAny: this runs in the page, whose types are not those of the test.
        const { getComputedStyle } = globalThis as any;
        // biome-ignore lint/suspicious/noExplicitAny: as above
        const parts = [...(element as any).shadowRoot.querySelectorAll('a, button, .busy slot')];
        return parts.map((part) => {
          const { borderTopStyle, borderTopColor, outlineStyle, outlineColor } = getComputedStyle(part);
          return borderTopStyle === 'solid' ? borderTopColor : outlineStyle === 'solid' ? outlineColor : 'none';
        });
      });
      expect(edges.length).toBeGreaterThan(0);
      for (const edge of edges) expect(edge).not.toMatch(/none|rgba\(.*, 0\)/);
    },
  );
});

describe('reduced motion', () => {
  it.each(['checking', 'waiting for the script', 'signing-in'])('stops what moves: %s', async (name) => {
    const page = await inState(name);
    const moving = (): Promise<number> =>
      page.evaluate<number>(`[document, document.querySelector('secure-login').shadowRoot]
        .flatMap((root) => root.getAnimations())
        .filter(({ effect }) => effect.getComputedTiming().duration > 0).length`);
    expect(await moving()).toBeGreaterThan(0);
    await page.emulateMedia({ reducedMotion: 'reduce' });
    expect(await moving()).toBe(0);
  });
});

describe('the layout', () => {
  /** The sum of all shifts since the page began to load, also of those right after input. */
  const shifts = (page: Page): Promise<number> =>
    page.evaluate<number>(`new Promise((done) => {
      let sum = 0;
      const add = (entries) => { for (const { value } of entries) sum += value; };
      const observer = new PerformanceObserver((list) => add(list.getEntries()));
      observer.observe({ type: 'layout-shift', buffered: true });
      requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => {
        add(observer.takeRecords());
        observer.disconnect();
        done(sum);
      })));
    })`);

  const viewports = [
    ['desktop', { width: 1280, height: 800 }],
    ['phone', { width: 390, height: 844 }],
    ['400 %', { width: 320, height: 256 }],
  ] as const;

  it.each(
    ['/docs/guide.html', '/public/embed.html'].flatMap((path) =>
      viewports.map((viewport) => [path, ...viewport] as const),
    ),
  )("does not shift when the element and Google's button arrive: %s, %s", async (path, _name, viewport) => {
    context = await browser.newContext({ viewport });
    const page = await context.newPage();
    // Words right below the element show what its height does; they stand there before the page is first painted. Each
    // step is on the screen
    // before the next one.
    await page.addInitScript(`new MutationObserver((_, observer) => {
      const element = document.querySelector('secure-login');
      if (element === null) return;
      observer.disconnect();
      element.after(Object.assign(document.createElement('p'), { textContent: 'Below the element' }));
      document.documentElement.style.overflowAnchor = 'none';
    }).observe(document, { childList: true, subtree: true })`);
    for (const script of ['**/public/secure-login.js', '**/auth/session', '**/gsi/client']) {
      await page.route(script, async (route) => {
        await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
        await route.continue();
      });
    }
    await page.goto(`${site.origin}${path}`);
    await page.evaluate(`scrollTo(0, document.querySelector('secure-login').offsetTop)`);
    await googleButton(page).waitFor();
    await page.waitForLoadState('networkidle');
    expect(await shifts(page)).toBe(0);
    // The measure itself: a box that pushes the rest down is seen.
    await page.evaluate(
      `document.querySelector('secure-login').before(Object.assign(document.createElement('div'), { style: 'height: 20px' }))`,
    );
    expect(await shifts(page)).toBeGreaterThan(0);
  });
});

describe('a viewer who uses the keyboard alone', () => {
  it('signs in, and the message of a refusal has the focus', async () => {
    const page = await open('/docs/guide.html');
    await googleButton(page).waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toMatch(/sign in with google/i);
    const [refused] = await Promise.all([page.waitForEvent('popup'), page.keyboard.press('Enter')]);
    await choose(refused, 'mallory@evil.example');
    await messageOf(page).filter({ hasText: 'mallory@evil.example' }).waitFor();
    expect(await focused(page)).toMatch(/no access/i);
    await googleButton(page).waitFor();
    await page.keyboard.press('Tab');
    const [admitted] = await Promise.all([page.waitForEvent('popup'), page.keyboard.press('Enter')]);
    await choose(admitted, 'alice@example.com');
    await page.getByRole('heading', { level: 1 }).filter({ hasText: /guide/i }).waitFor();
  });

  it('signs out, and the focus stays in the element', async () => {
    const page = await open(loginPath);
    await chooseAccount(page);
    await page
      .getByRole('heading', { level: 1 })
      .filter({ hasText: /how we work/i })
      .waitFor();
    await page.goto(`${site.origin}${loginPath}`);
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
    for (const name of ['Continue', 'Sign out']) {
      await page.keyboard.press('Tab');
      expect(await focused(page)).toBe(name);
    }
    await page.keyboard.press('Space');
    await googleButton(page).waitFor();
    expect(await focused(page)).toBe('Sign in');
  });

  /** Enter on an account; the window may be gone before the key is up. */
  async function choose(popup: Page, account: string): Promise<void> {
    const closed = popup.waitForEvent('close');
    const button = popup.getByRole('button', { name: account });
    await button.focus();
    await Promise.all([closed, button.press('Enter').catch(() => undefined)]);
  }

  /** Text of what has the focus inside the element. */
  const focused = (page: Page): Promise<string> =>
    page.evaluate<string>(`document.querySelector('secure-login').shadowRoot.activeElement?.textContent.trim() ?? ''`);
});

describe('a viewer who listens', () => {
  it('hears every change of state once', async () => {
    context = await browser.newContext();
    const page = await context.newPage();
    // From the first moment on: every node that becomes or changes in a live region.
    await page.addInitScript(`
      globalThis.said = [];
      const attach = Element.prototype.attachShadow;
      Element.prototype.attachShadow = function (options) {
        const root = attach.call(this, options);
        new MutationObserver((changes) => {
          const elements = changes.map(({ target }) => (target.closest ? target : target.parentElement));
          const live = '[role=status], [role=alert], [aria-live]';
          const regions = new Set(elements.map((element) => element?.closest(live)));
          for (const region of regions) if (region) said.push(region.textContent.trim());
        }).observe(root, { subtree: true, childList: true, characterData: true });
        return root;
      };
    `);
    await page.goto(`${site.origin}/docs/guide.html`);
    await googleButton(page).waitFor();
    await chooseAccount(page, 'mallory@evil.example');
    await messageOf(page).filter({ hasText: 'mallory@evil.example' }).waitFor();
    await googleButton(page).waitFor();
    expect(await page.evaluate('said')).toEqual([
      expect.stringMatching(/sign in to open this page/i),
      expect.stringMatching(/window that opened/i),
      expect.stringMatching(/checking your account/i),
      expect.stringMatching(/mallory@evil\.example does not have access to this site/i),
    ]);
    expect(await headingOf(page).count()).toBe(1);
  });
});

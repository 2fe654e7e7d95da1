import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LoopBreaker } from '../shared/loop-breaker.ts';
import { hasLeft, pendingStepKey } from '../shared/page-memory.ts';
import '../secure-session-define.ts';
import {
  makeSession,
  noteEvents,
  quiet,
  type SessionSettings,
  type StandInSession,
  standInSession,
} from '../testing/stand-in-session.ts';
import { cleanUp, json, origin, problem, type StandInPage, signedIn, standInPage } from '../testing/stand-ins.ts';
import type { SecureSession } from './secure-session.ts';

const start = Date.parse('2027-01-15T08:00:00Z');
const seconds = 1_000;
const minutes = 60 * seconds;
const hours = 60 * minutes;
const roundMs = 2 * minutes;

/** A renewal as the stand-in notes it. */
const renewal = 'POST /auth/session/renewal';

let api: StandInSession;
let page: StandInPage;

beforeEach(() => {
  vi.useFakeTimers({ now: start, toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
  // Tabs are told apart by it; a test that has one tab has the latest moment.
  vi.spyOn(Math, 'random').mockReturnValue(0);
  api = standInSession();
  page = standInPage(`${origin}/docs/guide.html`, 200);
});
afterEach(cleanUp);

interface Tab {
  readonly element: SecureSession;
  readonly events: string[];
}

/** Attaches an element and waits until it knows where it stands. */
async function open(attributes: Record<string, string> = {}, parent: Element = document.body): Promise<Tab> {
  const element = makeSession(page);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  const events = noteEvents(element);
  parent.append(element);
  await quiet();
  return { element, events };
}

function use(settings: SessionSettings): void {
  vi.unstubAllGlobals();
  api = standInSession(settings);
}

/** Lets time pass in steps, with everything that happens on the way: requests, and what other tabs tell. */
async function pass(ms: number, step = 30 * seconds): Promise<void> {
  for (let left = ms; left > 0; left -= step) {
    vi.advanceTimersByTime(Math.min(step, left));
    await quiet();
  }
}

/** The device sleeps: time passes, and no timer runs; some devices do not count it as run time either. */
function sleep(ms: number): void {
  vi.setSystemTime(Date.now() + ms);
}

const text = ({ element }: Tab): string =>
  element.shadowRoot?.querySelector('section')?.textContent?.replace(/\s+/g, ' ').trim() ?? '';
const action = ({ element }: Tab): HTMLButtonElement | HTMLAnchorElement => {
  const found = element.shadowRoot?.querySelector<HTMLButtonElement | HTMLAnchorElement>('button, a');
  if (!found) throw new Error('there is no action');
  return found;
};

describe('<secure-session>', () => {
  it('shows who is signed in, and asks once', async () => {
    const tab = await open();
    expect([tab.element.status, text(tab), tab.events]).toEqual([
      'signed-in',
      'alice@example.com Sign out',
      ['signed-in'],
    ]);
    expect(tab.element.session).toMatchObject({ path: '/*', user: { email: 'alice@example.com' } });
    expect(api.requests).toEqual(['GET /auth/session']);
  });

  it('does not announce to screen readers who is signed in', async () => {
    const { element } = await open();
    expect(element.shadowRoot?.querySelector('[role=status]')?.textContent).toBe('');
  });

  it('offers sign-in if nobody is signed in, and does not reload', async () => {
    api.end();
    const tab = await open();
    expect([tab.element.status, text(tab), tab.events]).toEqual(['signed-out', 'You are not signed in. Sign in', []]);
    const returnTo = encodeURIComponent(`${origin}/docs/guide.html`);
    expect(action(tab)).toMatchObject({ href: `${origin}/public/login.html?return-to=${returnTo}`, target: '_top' });
    expect(page.went).toEqual([]);
  });

  it('renews a session whose cookies had ended before the page was loaded', async () => {
    await pass(2 * hours);
    const tab = await open();
    await pass(seconds);
    expect([tab.element.status, tab.events, api.renewals()]).toEqual(['signed-in', ['signed-in'], 1]);
  });

  it('keeps trying while the API does not answer', async () => {
    api.fault = () => Promise.reject(new TypeError('Failed to fetch'));
    const tab = await open();
    expect([tab.element.status, text(tab)]).toEqual(['checking', '']);
    api.fault = undefined;
    await pass(10 * seconds);
    expect(tab.element.status).toBe('signed-in');
  });

  it.each(['javascript:alert(1)', 'nonsense', '/auth'])('does not start with api="%s"', async (value) => {
    const failed = vi.fn((event: ErrorEvent) => event.preventDefault());
    addEventListener('error', failed);
    await open({ api: value });
    removeEventListener('error', failed);
    expect(failed.mock.calls[0]?.[0].message).toMatch(/“api” is no http\(s\) address/);
    expect(api.requests).toEqual([]);
  });

  it('follows a change of `api`: asks the other API, and ignores the previous one', async () => {
    const tab = await open();
    tab.element.api = 'https://app.example.com';
    await tab.element.updateComplete;
    await quiet();
    expect(api.requests).toEqual(['GET /auth/session', 'GET /auth/session']);
    expect(tab.events).toEqual(['signed-in', 'signed-in']);
    tab.element.setAttribute('api', 'https://app.example.com/');
    await tab.element.updateComplete;
    await quiet();
    expect(api.requests).toHaveLength(2);
  });

  it('stops when `api` changes to an invalid address', async () => {
    const failed = vi.fn((event: ErrorEvent) => event.preventDefault());
    addEventListener('error', failed);
    const { element } = await open();
    element.api = 'javascript:alert(1)';
    await element.updateComplete;
    await pass(2 * hours);
    removeEventListener('error', failed);
    expect(failed).toHaveBeenCalledOnce();
    expect([api.requests.length, element.session, await element.renew()]).toEqual([1, undefined, false]);
  });

  it('stops when it is removed, and starts over when it is attached again', async () => {
    const { element } = await open();
    element.remove();
    await pass(2 * hours);
    for (const target of [window, document]) {
      for (const name of ['online', 'visibilitychange']) target.dispatchEvent(new Event(name));
    }
    dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
    await quiet();
    expect(api.requests).toEqual(['GET /auth/session']);
    document.body.append(element);
    await pass(2 * seconds, seconds);
    expect([element.status, api.renewals()]).toEqual(['signed-in', 1]);
  });

  it('ignores sign-outs after it was removed', async () => {
    const [one, two] = [await open(), await open()];
    two.element.remove();
    await one.element.signOut();
    await pass(minutes);
    expect([two.events, page.went]).toEqual([['signed-in'], ['reload']]);
  });

  it('ignores sign-outs from the site of another API', async () => {
    const [one, two] = [await open(), await open({ api: 'https://app.example.com' })];
    await one.element.signOut();
    await quiet();
    expect([two.element.status, two.events]).toEqual(['signed-in', ['signed-in']]);
  });

  it('has a text for an account without an email address', async () => {
    api.fault = (method) => (method === 'GET' ? json(signedIn({ user: {} })) : undefined);
    expect(text(await open())).toBe('Signed in Sign out');
  });

  it('sends its events through shadow roots', async () => {
    const host = document.body.appendChild(document.createElement('div'));
    const heard = new Promise<Event>((resolve) => document.body.addEventListener('secure-session-signed-in', resolve));
    await open({}, host.attachShadow({ mode: 'open' }) as unknown as Element);
    expect(await heard).toMatchObject({
      bubbles: true,
      composed: true,
      session: { user: { email: 'alice@example.com' } },
    });
  });
});

describe('renewal', () => {
  it('comes five minutes before the cookies end, hour after hour', async () => {
    const tab = await open();
    await pass(54 * minutes);
    expect(api.renewals()).toBe(0);
    await pass(2 * minutes);
    expect([api.renewals(), tab.events]).toEqual([1, ['signed-in', 'renewed']]);
    await pass(10 * hours, 5 * minutes);
    expect([api.renewals(), tab.element.status]).toEqual([11, 'signed-in']);
  });

  it('comes in time for cookies of a minute', async () => {
    use({ cookieSeconds: 60 });
    const tab = await open();
    await pass(10 * minutes, 5 * seconds);
    expect(api.renewals()).toBeGreaterThanOrEqual(12);
    expect(api.renewals()).toBeLessThanOrEqual(14);
    expect([tab.element.status, new Set(tab.events)]).toEqual(['signed-in', new Set(['signed-in', 'renewed'])]);
  });

  it.each([
    ['ahead', 600],
    ['behind', -600],
    ['a day ahead', 86_400],
  ])("comes in time when the API's clock is %s", async (_name, aheadSeconds) => {
    use({ aheadSeconds });
    const tab = await open();
    await pass(54 * minutes);
    expect(api.renewals()).toBe(0);
    await pass(2 * minutes);
    expect([api.renewals(), tab.events]).toEqual([1, ['signed-in', 'renewed']]);
  });

  it('notices a clock that is set back while the page is open', async () => {
    const tab = await open();
    // The device's clock goes back by ten minutes; the API's does not.
    await pass(30 * minutes);
    vi.setSystemTime(Date.now() - 10 * minutes);
    api.ahead += 10 * minutes;
    await pass(26 * minutes);
    expect([api.renewals(), tab.element.status]).toEqual([1, 'signed-in']);
  });

  it('comes at once when the device wakes up after the cookies have ended', async () => {
    const tab = await open();
    sleep(8 * hours);
    document.dispatchEvent(new Event('visibilitychange'));
    await quiet();
    expect([api.renewals(), tab.events]).toEqual([1, ['signed-in', 'renewed']]);
  });

  it('waits until a hidden page is visible', async () => {
    await open();
    sleep(8 * hours);
    const hidden = vi.spyOn(document, 'hidden', 'get').mockReturnValue(true);
    document.dispatchEvent(new Event('visibilitychange'));
    await quiet();
    expect(api.requests).toHaveLength(1);
    hidden.mockReturnValue(false);
    document.dispatchEvent(new Event('visibilitychange'));
    await quiet();
    expect(api.renewals()).toBe(1);
  });

  it('comes by itself within half a minute if the page that wakes up is hidden', async () => {
    const tab = await open();
    sleep(8 * hours);
    await pass(30 * seconds);
    expect([api.renewals(), tab.events]).toEqual([1, ['signed-in', 'renewed']]);
  });

  it('reports the end of the session when the device wakes up after the maximum', async () => {
    const tab = await open();
    sleep(30 * hours);
    document.dispatchEvent(new Event('visibilitychange'));
    await quiet();
    expect([tab.events, text(tab)]).toEqual([
      ['signed-in', 'expired session_expired'],
      'Your session has ended. Sign in again',
    ]);
    expect(page.went).toEqual([]);
  });

  it('can be asked for by the page, and says whether requests work', async () => {
    const tab = await open();
    expect(await tab.element.renew()).toBe(true);
    api.end();
    expect(await tab.element.renew()).toBe(false);
    expect([api.requests.slice(1), tab.element.status]).toEqual([[renewal, renewal], 'expired']);
  });

  it('right after the sign-in does not change the later renewals', async () => {
    const tab = await open();
    await tab.element.renew();
    await pass(56 * minutes);
    expect([api.renewals(), tab.events]).toEqual([2, ['signed-in', 'renewed']]);
  });
});

describe('renew()', () => {
  /** Attaches an element and asks at once, as a page does whose first request failed. */
  function openAndRenew(): { readonly tab: Tab; readonly renewed: Promise<boolean> } {
    const element = makeSession(page);
    const tab = { element, events: noteEvents(element) };
    document.body.append(element);
    return { tab, renewed: element.renew() };
  }

  it('is right before the first answer: the cookies have ended, and it renews them first', async () => {
    await pass(2 * hours);
    const { tab, renewed } = openAndRenew();
    expect(tab.element.status).toBe('checking');
    expect(await renewed).toBe(true);
    expect([tab.element.status, tab.events]).toEqual(['signed-in', ['signed-in']]);
    await pass(minutes);
    expect(api.requests).toEqual(['GET /auth/session', renewal]);
  });

  it('renews at once even if the cookies are in force, because the browser may have lost one', async () => {
    const { tab, renewed } = openAndRenew();
    expect(await renewed).toBe(true);
    expect([tab.element.status, tab.events]).toEqual(['signed-in', ['signed-in']]);
    expect(api.requests).toEqual(['GET /auth/session', renewal]);
  });

  it.each([
    ['nobody is signed in', 0],
    ['the session has reached its maximum', 30 * hours],
  ])('is right before the first answer: %s', async (_name, after) => {
    await pass(after, hours);
    if (!after) api.end();
    const { tab, renewed } = openAndRenew();
    expect(await renewed).toBe(false);
    expect([tab.element.status, text(tab), tab.events]).toEqual(['signed-out', 'You are not signed in. Sign in', []]);
  });

  it('is right before the first answer: the rules no longer admit the person', async () => {
    await pass(2 * hours);
    api.ruleEnds = 0;
    const { tab, renewed } = openAndRenew();
    expect(await renewed).toBe(false);
    expect([tab.element.status, tab.events]).toEqual(['expired', ['expired access_denied']]);
  });

  it.each([
    ['that does not answer', () => Promise.reject(new TypeError('Failed to fetch'))],
    ['that is flooded', () => json({ message: 'Too Many Requests' }, 429)],
  ])('is right before the first answer: an API %s; and the element continues by itself', async (_name, fault) => {
    await pass(2 * hours);
    api.fault = fault;
    const { tab, renewed } = openAndRenew();
    expect(await renewed).toBe(false);
    expect(tab.element.status).toBe('checking');
    api.fault = undefined;
    await pass(10 * seconds, seconds);
    expect([tab.element.status, tab.events]).toEqual(['signed-in', ['signed-in']]);
  });

  it('many times at once makes one renewal, and all calls get its answer', async () => {
    const { element } = await open();
    expect(await Promise.all([element.renew(), element.renew(), element.renew()])).toEqual([true, true, true]);
    expect(api.renewals()).toBe(1);
    expect(await element.renew()).toBe(true);
    expect(api.renewals()).toBe(2);
  });

  it('waits for a renewal that the element has already started', async () => {
    const tab = await open();
    await pass(54 * minutes);
    vi.advanceTimersByTime(2 * minutes);
    expect(await tab.element.renew()).toBe(true);
    expect([api.renewals(), tab.events]).toEqual([1, ['signed-in', 'renewed']]);
  });

  it('in two tabs at once makes one renewal', async () => {
    const [one, two] = [await open(), await open()];
    await pass(10 * minutes);
    expect(await Promise.all([one.element.renew(), two.element.renew()])).toEqual([true, true]);
    expect(api.renewals()).toBe(1);
    await quiet();
    expect([one.events, two.events]).toEqual([
      ['signed-in', 'renewed'],
      ['signed-in', 'renewed'],
    ]);
  });

  it('after the end asks once more, because somebody may have signed in unnoticed by this tab', async () => {
    const tab = await open();
    api.end();
    expect([await tab.element.renew(), await tab.element.renew()]).toEqual([false, false]);
    expect(tab.events).toEqual(['signed-in', 'expired session_expired']);
    api.signIn();
    expect(await tab.element.renew()).toBe(true);
    expect([tab.element.status, tab.events.at(-1)]).toEqual(['signed-in', 'renewed']);
  });

  it('is false while the API does not answer: the page stays as it is, and the element tries again', async () => {
    const tab = await open();
    vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false);
    api.fault = () => Promise.reject(new TypeError('Failed to fetch'));
    expect(await tab.element.renew()).toBe(false);
    expect([tab.element.status, tab.events]).toEqual(['signed-in', ['signed-in']]);
    api.fault = undefined;
    await pass(56 * minutes);
    expect([tab.element.status, tab.events]).toEqual(['signed-in', ['signed-in', 'renewed']]);
  });

  it('is false after waiting for a sign-out of another tab, and does not undo it', async () => {
    const [one, two] = [await open(), await open()];
    const leaving = two.element.signOut();
    expect(await one.element.renew()).toBe(false);
    await leaving;
    await quiet();
    expect([one.element.status, one.events]).toEqual(['signed-out', ['signed-in', 'signed-out']]);
    expect(api.requests.slice(2).map((request) => request.split(' ')[0])).toEqual(['DELETE', 'POST']);
  });

  it('is repeated after the device slept if the cookies have ended in the meantime', async () => {
    const tab = await open();
    api.fault = () => {
      sleep(2 * hours);
      api.fault = undefined;
      return undefined;
    };
    expect(await tab.element.renew()).toBe(true);
    expect(api.requests.slice(1)).toEqual([renewal, 'GET /auth/session']);
    api.fault = () => {
      sleep(minutes);
      api.fault = undefined;
      return json(signedIn({ expiresAt: new Date(0).toISOString() }));
    };
    sleep(2 * hours);
    expect(await tab.element.renew()).toBe(true);
    expect(api.requests.slice(3)).toEqual([renewal, 'GET /auth/session', renewal]);
  });

  it('is false for an element in no document, without a request', async () => {
    const { element } = await open();
    element.remove();
    expect(await element.renew()).toBe(false);
    expect(await makeSession(page).renew()).toBe(false);
    expect(api.requests).toEqual(['GET /auth/session']);
  });

  it.each([
    ['a moment after it began', async () => {}],
    ['once it was read', () => quiet()],
  ])('of an element that was removed %s returns the result, and sends no event', async (_name, wait) => {
    const tab = await open();
    const renewed = tab.element.renew();
    tab.element.remove();
    await wait();
    expect(await renewed).toBe(true);
    expect(tab.events).toEqual(['signed-in']);
  });
});

describe('a flood', () => {
  const busy = (): Response => json({ message: 'Too Many Requests' }, 429);

  it('of sign-ins: a page that is opened learns its session from the renewal, and keeps it', async () => {
    api.fault = (method) => (method === 'GET' ? busy() : undefined);
    const tab = await open();
    expect([tab.element.status, text(tab)]).toEqual(['signed-in', 'alice@example.com Sign out']);
    expect(api.requests).toEqual(['GET /auth/session', renewal]);
    await pass(10 * hours, minutes);
    expect([tab.element.status, new Set(tab.events)]).toEqual(['signed-in', new Set(['signed-in', 'renewed'])]);
  });

  it('of sign-ins: a page that is opened renews cookies that have ended', async () => {
    await pass(2 * hours);
    api.fault = (method) => (method === 'GET' ? busy() : undefined);
    const tab = await open();
    expect([tab.element.status, tab.events]).toEqual(['signed-in', ['signed-in']]);
  });

  it('of sign-ins: people who are not signed in get the sign-in offer, not the end of a session', async () => {
    api.end();
    api.fault = (method) => (method === 'GET' ? busy() : undefined);
    const tab = await open();
    expect([tab.element.status, text(tab), tab.events]).toEqual(['signed-out', 'You are not signed in. Sign in', []]);
  });

  it('of sign-ins: a page from the back-forward cache is reloaded if the session is gone', async () => {
    await open();
    api.end();
    api.fault = (method) => (method === 'GET' ? busy() : undefined);
    dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
    await quiet();
    expect(page.went).toEqual(['reload']);
  });

  it('of renewals is not mentioned while the cookies are valid, and leaves no trace', async () => {
    const tab = await open();
    api.fault = busy;
    await pass(57 * minutes, 10 * seconds);
    expect(api.renewals()).toBeGreaterThan(3);
    expect([tab.element.status, tab.events, text(tab)]).toEqual([
      'signed-in',
      ['signed-in'],
      'alice@example.com Sign out',
    ]);
    api.fault = undefined;
    await pass(2 * minutes, 10 * seconds);
    expect([tab.element.status, tab.events]).toEqual(['signed-in', ['signed-in', 'renewed']]);
  });

  it('of renewals is announced in time to save, and the element tries again until the session ends', async () => {
    const tab = await open();
    api.fault = busy;
    await pass(58 * minutes + 30 * seconds, 10 * seconds);
    expect(tab.events).toEqual(['signed-in', 'expiring too_many_requests']);
    expect(text(tab)).toMatch(
      /^alice@example\.com The site is very busy\. Your session may end at .+\. Save your work\./,
    );
    await pass(2 * minutes, 10 * seconds);
    expect(tab.events.at(-1)).toBe('expired too_many_requests');
    expect(text(tab)).toBe('Your session has ended. The site is very busy. Sign in again');
    const asked = api.requests.length;
    await pass(20 * minutes, 5 * seconds);
    // Three times a minute, and no more, of each person.
    expect(api.requests.length - asked).toBeGreaterThan(40);
    expect(api.requests.length - asked).toBeLessThanOrEqual(60);
    api.fault = undefined;
    await pass(2 * minutes, 10 * seconds);
    expect([tab.element.status, tab.events.at(-1)]).toEqual(['signed-in', 'renewed']);
  });

  it('of renewals does not make all tabs retry at the same moment', async () => {
    const waits: number[] = [];
    for (const random of [0, 0.25, 0.5, 0.75, 0.99]) {
      vi.mocked(Math.random).mockReturnValue(random);
      use({ cookieSeconds: 600 });
      api.fault = (method) => (method === 'POST' ? busy() : undefined);
      const { element } = await open();
      await pass(9 * minutes, 10 * seconds);
      const secondsToTheNext = async (): Promise<number> => {
        const [asked, before] = [api.requests.length, Date.now()];
        while (api.requests.length === asked) await pass(seconds, seconds);
        return (Date.now() - before) / seconds;
      };
      await secondsToTheNext();
      waits.push(await secondsToTheNext());
      element.remove();
    }
    expect(new Set(waits).size).toBe(waits.length);
    expect(Math.max(...waits)).toBeLessThanOrEqual(30);
  });
});

describe('the end of a session', () => {
  it('is announced five minutes before, and nothing is renewed after it', async () => {
    use({ cookieSeconds: 3_600, maximumSeconds: 5_400 });
    const tab = await open();
    let secondsLeft = 0;
    tab.element.addEventListener('secure-session-expiring', (event) => {
      secondsLeft = event.secondsLeft;
    });
    await pass(84 * minutes);
    expect([api.renewals(), tab.events]).toEqual([1, ['signed-in', 'renewed']]);
    await pass(90 * seconds);
    expect([tab.element.status, tab.events.at(-1), secondsLeft]).toEqual(['expiring', 'expiring maximum', 300]);
    const end = new Date(start + 90 * minutes).toLocaleTimeString('en', { timeStyle: 'short' });
    expect(text(tab)).toBe(`alice@example.com Your session ends at ${end}. Save your work. Sign out`);
    await pass(10 * minutes);
    expect([tab.element.status, tab.events, api.renewals()]).toEqual([
      'expired',
      ['signed-in', 'renewed', 'expiring maximum', 'expired maximum'],
      1,
    ]);
    const asked = api.requests.length;
    await pass(2 * hours, 5 * minutes);
    expect(api.requests).toHaveLength(asked);
    // The page stays, with whatever has not been saved, until its user says so.
    expect(page.went).toEqual([]);
    action(tab).click();
    expect(page.went).toEqual(['reload']);
  });

  it("is announced by the device's clock even if that is ten minutes off", async () => {
    use({ cookieSeconds: 3_600, maximumSeconds: 3_600, aheadSeconds: 600 });
    const tab = await open();
    await pass(56 * minutes);
    const end = new Date(start + 60 * minutes).toLocaleTimeString('en', { timeStyle: 'short' });
    expect(text(tab)).toContain(`ends at ${end}.`);
  });

  it('is the end of the rule, if that comes first: with a warning, one more request, and the account', async () => {
    api.ruleEnds = start / 1000 + 1_800;
    await open().then(({ element }) => element.remove());
    api.signIn();
    const tab = await open();
    await pass(29 * minutes);
    expect(tab.events).toEqual(['signed-in', 'expiring maximum']);
    expect(api.renewals()).toBe(1);
    await pass(2 * minutes);
    expect([tab.events.at(-1), text(tab)]).toEqual([
      'expired access_denied',
      'alice@example.com no longer has access to this site. Sign in again',
    ]);
    expect(api.renewals()).toBe(2);
  });

  it('is postponed if the rule was extended', async () => {
    api.ruleEnds = start / 1000 + 1_800;
    api.signIn();
    const tab = await open();
    await pass(29 * minutes);
    api.ruleEnds = Number.POSITIVE_INFINITY;
    await pass(2 * minutes);
    expect([tab.element.status, tab.events]).toEqual(['signed-in', ['signed-in', 'expiring maximum', 'renewed']]);
  });

  it.each([
    ['session_expired', 'Your session has ended. Sign in again'],
    ['access_denied', 'alice@example.com no longer has access to this site. Sign in again'],
  ])('is announced when a renewal is refused: %s', async (code, expected) => {
    const tab = await open();
    api.fault = (method) => (method === 'POST' ? problem(401, code, { account: 'alice@example.com' }) : undefined);
    await pass(56 * minutes);
    expect([tab.events.at(-1), text(tab)]).toEqual([`expired ${code}`, expected]);
  });

  it('is uncertain while the API does not answer: warning, expiry, further attempts, and recovery', async () => {
    const tab = await open();
    api.fault = () => problem(503, 'temporarily_unavailable');
    await pass(57 * minutes);
    expect(tab.events).toEqual(['signed-in']);
    await pass(minutes);
    expect(tab.events).toEqual(['signed-in', 'expiring temporarily_unavailable']);
    expect(text(tab)).toMatch(/The site cannot be reached\. Your session may end at .+\. Save your work\./);
    await pass(3 * minutes);
    expect(tab.events.at(-1)).toBe('expired temporarily_unavailable');
    const asked = api.requests.length;
    await pass(10 * minutes);
    expect(api.requests.length - asked).toBeGreaterThan(5);
    expect(api.requests.length - asked).toBeLessThan(15);
    api.fault = undefined;
    await pass(2 * minutes);
    expect([tab.element.status, tab.events]).toEqual([
      'signed-in',
      ['signed-in', 'expiring temporarily_unavailable', 'expired temporarily_unavailable', 'renewed'],
    ]);
  });

  it('waits as long as the API asks, and tries at once when the network is back', async () => {
    const tab = await open();
    api.fault = () => problem(429, 'too_many_requests', {}, { 'retry-after': '240' });
    await pass(56 * minutes);
    const asked = api.requests.length;
    await pass(2 * minutes);
    expect(api.requests).toHaveLength(asked);
    api.fault = undefined;
    dispatchEvent(new Event('online'));
    await quiet();
    expect([api.requests.length, tab.element.status]).toEqual([asked + 1, 'signed-in']);
  });

  it('waits as long as the API asks, and no longer', async () => {
    await open();
    await pass(54 * minutes);
    api.fault = () => problem(429, 'too_many_requests', {}, { 'retry-after': '240' });
    await pass(minutes, seconds);
    const asked = api.requests.length;
    await pass(3 * minutes + 58 * seconds, seconds);
    expect(api.requests).toHaveLength(asked);
    await pass(4 * seconds, seconds);
    expect(api.requests).toHaveLength(asked + 1);
  });

  it('is checked again soon each time a renewal fails', async () => {
    await open();
    for (const _ of [1, 2]) {
      api.fault = (method) => (method === 'POST' ? problem(503, 'temporarily_unavailable') : undefined);
      const before = api.renewals();
      await pass(50 * minutes);
      while (api.renewals() === before) await pass(5 * seconds, 5 * seconds);
      await pass(6 * seconds, seconds);
      expect(api.renewals() - before).toBe(2);
      await pass(minutes);
      api.fault = undefined;
      await pass(minutes);
    }
  });

  it('comes with a warning each time', async () => {
    const tab = await open();
    for (const _ of [1, 2]) {
      api.fault = (method) => (method === 'POST' ? problem(503, 'temporarily_unavailable') : undefined);
      await pass(58 * minutes + 30 * seconds);
      expect(tab.events.at(-1)).toBe('expiring temporarily_unavailable');
      api.fault = undefined;
      await pass(minutes);
      expect(tab.events.at(-1)).toBe('renewed');
    }
  });

  it('is undone by a sign-in in another tab', async () => {
    use({ maximumSeconds: 3_600 });
    const tab = await open();
    await pass(2 * hours);
    expect(tab.element.status).toBe('expired');
    api.signIn();
    document.dispatchEvent(new Event('visibilitychange'));
    await quiet();
    expect([tab.element.status, tab.events.at(-1)]).toEqual(['signed-in', 'renewed']);
  });
});

describe('sign-out', () => {
  it('loads the page again, so that nothing protected stays visible', async () => {
    const tab = await open();
    action(tab).click();
    await quiet();
    expect(api.requests.at(-1)).toBe('DELETE /auth/session');
    expect([tab.events, page.went]).toEqual([['signed-in', 'signed-out'], ['reload']]);
    expect([tab.element.status, tab.element.session, text(tab)]).toEqual(['signed-out', undefined, '']);
  });

  it('tells the login page that follows, so that nobody is signed in again without a click', async () => {
    const tab = await open();
    await tab.element.signOut();
    await quiet();
    expect(page.storage.getItem(pendingStepKey)).toBe(hasLeft);
  });

  it.each([
    ['here', 0],
    ['in another tab', 1],
  ])('%s resets the count of sign-ins that led back here', async (_name, leaving) => {
    const tabs = [0, 1].map(() => {
      const own = standInPage(`${origin}/docs/guide.html`, 200);
      new LoopBreaker(() => own.storage).count('sign-in', Date.now(), roundMs);
      const element = makeSession(own);
      document.body.append(element);
      return { element, own };
    });
    await quiet();
    await tabs[leaving]?.element.signOut();
    await quiet();
    for (const { own } of tabs) {
      expect(new LoopBreaker(() => own.storage).seen('sign-in', Date.now(), roundMs)).toBe(0);
    }
  });

  it('is left to the page that cancels the event', async () => {
    const tab = await open();
    tab.element.addEventListener('secure-session-signed-out', (event) => event.preventDefault());
    await tab.element.signOut();
    await quiet();
    expect([tab.events, page.went, tab.element.status]).toEqual([['signed-in', 'signed-out'], [], 'signed-out']);
    // A sign-in that follows is one, and no renewal of what has ended.
    api.signIn();
    document.dispatchEvent(new Event('visibilitychange'));
    await quiet();
    expect([tab.events, tab.element.status]).toEqual([['signed-in', 'signed-out', 'signed-in'], 'signed-in']);
  });

  it('that fails says so, and can be tried again', async () => {
    const tab = await open();
    api.fault = () => problem(503, 'temporarily_unavailable');
    await tab.element.signOut();
    expect([text(tab), page.went]).toEqual([
      'alice@example.com You are still signed in: signing out did not work. Please try again. Try again',
      [],
    ]);
    // Nobody has left.
    expect(page.storage.getItem(pendingStepKey)).toBeNull();
    api.fault = undefined;
    action(tab).click();
    await quiet();
    expect(page.went).toEqual(['reload']);
  });

  it('in progress cannot be started again', async () => {
    const tab = await open();
    const leaving = tab.element.signOut();
    expect(action(tab)).toMatchObject({ textContent: 'Sign out', disabled: true });
    action(tab).click();
    await leaving;
    await quiet();
    expect(api.requests.filter((request) => request.startsWith('DELETE'))).toHaveLength(1);
  });

  it('of another tab takes effect at once, each time', async () => {
    const [one, two] = [await open(), await open()];
    for (const times of [1, 2]) {
      await one.element.signOut();
      await quiet();
      expect([two.events.at(-1), page.went]).toEqual(['signed-out', Array(2 * times).fill('reload')]);
      api.signIn();
      document.dispatchEvent(new Event('visibilitychange'));
      await quiet();
      expect([one.element.status, two.element.status]).toEqual(['signed-in', 'signed-in']);
    }
  });

  it('of another tab does not reload a hidden tab after the element was removed', async () => {
    vi.mocked(Math.random).mockReturnValue(0.9);
    const [one, two] = [await open(), await open()];
    vi.spyOn(document, 'hidden', 'get').mockReturnValue(true);
    await one.element.signOut();
    await quiet();
    two.element.remove();
    await pass(5 * seconds);
    expect(page.went).toEqual(['reload']);
  });

  it('of another tab takes effect within five seconds in a hidden tab', async () => {
    vi.mocked(Math.random).mockReturnValue(0.9);
    const [one] = [await open(), await open()];
    vi.spyOn(document, 'hidden', 'get').mockReturnValue(true);
    await one.element.signOut();
    await quiet();
    expect(page.went).toEqual([]);
    await pass(5 * seconds);
    expect(page.went).toEqual(['reload', 'reload']);
  });

  it('is assumed when somebody else is signed in', async () => {
    const tab = await open();
    api.email = 'bob@example.com';
    await pass(56 * minutes);
    expect([tab.events[1], page.went]).toEqual(['signed-out', ['reload']]);
  });

  // Markup that somebody injected names an API of theirs, on another host: it signs somebody else in whenever it is
  // asked.
  it('that an API of another origin invents, however often, reloads the page once, and after a click', async () => {
    const attributes = { api: 'https://evil.example' };
    for (let round = 0; round < 5; round++) {
      const { element } = await open(attributes);
      api.email = `${round}@evil.example`;
      await element.renew();
      await quiet();
      element.remove();
    }
    expect(page.went).toEqual(['reload']);
    const tab = await open(attributes);
    await tab.element.signOut();
    expect(page.went).toEqual(['reload', 'reload']);
  });

  it('that an API of another origin invents reloads the page at most once in two minutes', async () => {
    const { element } = await open({ api: 'https://evil.example' });
    const forge = async (email: string): Promise<void> => {
      api.email = email;
      await element.renew();
      await element.renew();
      await quiet();
    };
    await forge('one@evil.example');
    expect(page.went).toHaveLength(1);
    sleep(roundMs);
    await forge('two@evil.example');
    expect(page.went).toHaveLength(1);
    sleep(roundMs + 1);
    await forge('three@evil.example');
    expect(page.went).toHaveLength(2);
  });

  it('that an API of another origin invents never reloads the page if storage is refused', async () => {
    vi.spyOn(page, 'storage', 'get').mockImplementation(() => {
      throw new DOMException('refused', 'SecurityError');
    });
    const { element } = await open({ api: 'https://evil.example' });
    api.email = 'somebody@evil.example';
    await element.renew();
    await quiet();
    expect([page.went, element.status]).toEqual([[], 'signed-out']);
  });

  it('is not undone by a late answer', async () => {
    const [one, two] = [await open(), await open()];
    let answer = (): void => {};
    const { fetch } = globalThis;
    vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
      const response = await fetch(url, init);
      if (init.method === 'GET') await new Promise<void>((resolve) => (answer = resolve));
      return response;
    });
    document.dispatchEvent(new Event('visibilitychange'));
    dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
    await quiet();
    vi.stubGlobal('fetch', fetch);
    await one.element.signOut();
    answer();
    await quiet();
    expect([one.element.status, two.element.status]).toEqual(['signed-out', 'signed-out']);
  });
});

describe('a page that Back or Forward brings from the cache of the browser', () => {
  it.each([
    ['is loaded again when nobody is signed in', true, ['reload']],
    ['is not, where the browser tells that it was asked for', false, []],
  ])('%s', async (_name, isRevisited, went) => {
    page.isRevisited = isRevisited;
    api.end();
    await open();
    expect(page.went).toEqual(went);
  });
});

describe('a page from the back-forward cache', () => {
  const restore = async (): Promise<void> => {
    dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
    await quiet();
  };

  it('is reloaded if the session is gone', async () => {
    const tab = await open();
    api.end();
    await restore();
    expect([tab.events, page.went]).toEqual([['signed-in', 'signed-out'], ['reload']]);
  });

  it('is reloaded if somebody else is signed in', async () => {
    await open();
    api.email = 'bob@example.com';
    await restore();
    expect(page.went).toEqual(['reload']);
  });

  it('stays while the session lasts, and renews it if necessary', async () => {
    const tab = await open();
    await restore();
    sleep(2 * hours);
    await restore();
    await pass(seconds);
    expect([tab.events, api.renewals(), page.went]).toEqual([['signed-in', 'renewed'], 1, []]);
  });

  it('stays while the API does not answer', async () => {
    await open();
    api.fault = () => Promise.reject(new TypeError('Failed to fetch'));
    await restore();
    expect(page.went).toEqual([]);
  });

  it('means a restored page, not a loaded one', async () => {
    await open();
    dispatchEvent(new PageTransitionEvent('pageshow', { persisted: false }));
    await quiet();
    expect(api.requests).toHaveLength(1);
  });
});

describe('a hundred tabs', () => {
  const openMany = async (): Promise<Tab[]> => {
    vi.mocked(Math.random).mockRestore();
    const tabs = Array.from({ length: 100 }, () => {
      const element = makeSession(page);
      return { element, events: noteEvents(element) };
    });
    document.body.append(...tabs.map(({ element }) => element));
    await quiet();
    return tabs;
  };

  it('renew once, and all of them know', async () => {
    const tabs = await openMany();
    await pass(49 * minutes, 10 * minutes);
    await pass(6 * minutes);
    expect(api.renewals()).toBe(1);
    for (const { element, events } of tabs) {
      expect(events).toEqual(['signed-in', 'renewed']);
      expect(element.session?.expiresAt).toBe(new Date(api.expiresAt() * 1000).toISOString());
    }
  });

  it('renew once when they all wake up at the same moment', async () => {
    const tabs = await openMany();
    sleep(8 * hours);
    document.dispatchEvent(new Event('visibilitychange'));
    await pass(seconds);
    expect(api.renewals()).toBe(1);
    expect(tabs.every(({ element }) => element.status === 'signed-in')).toBe(true);
    // One looks whether it is the first; whoever has heard of the renewal by its turn asks nothing.
    expect(api.requests.length).toBeLessThan(20);
  });

  it('all react to one sign-out', async () => {
    const tabs = await openMany();
    await tabs[0]?.element.signOut();
    await quiet();
    expect(page.went).toHaveLength(100);
    expect(api.requests.filter((request) => request.startsWith('DELETE'))).toHaveLength(1);
  });
});

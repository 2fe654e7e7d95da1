import { beforeEach, describe, expect, it, vi } from 'vitest';
import '../secure-login-define.ts';
import {
  api,
  attach,
  heading,
  json,
  lapsed,
  openPage,
  origin,
  page,
  press,
  problem,
  reaches,
  returning,
  settle,
  signedIn,
  signedOut,
  useStandIns,
  words,
} from '../testing/stand-ins.ts';

useStandIns();
beforeEach(() => {
  api.get = () => json(lapsed());
  api.renew = () => {
    api.get = () => json(signedIn());
    return json(signedIn());
  };
});

const renewals = (): number => api.requests.filter((request) => request.startsWith('POST')).length;
/** The page was loaded again and shows the login page as before. */
const again = () => {
  document.body.replaceChildren();
  return attach(page, returning);
};

describe('the 403 page of someone whose cookies have ended', () => {
  it('renews the session and loads the page again, once', async () => {
    await reaches(attach(page, returning), 'signed-in');
    expect([page.went, renewals()]).toEqual([['reload'], 1]);
    const element = again();
    await reaches(element, 'looping');
    expect([page.went, renewals()]).toEqual([['reload'], 1]);
  });

  it('renews again when these cookies have ended too, however soon that is', async () => {
    await reaches(attach(page, returning), 'signed-in');
    api.get = () => json({ ...signedIn(), status: 'lapsed' });
    api.renew = () => json(signedIn({ expiresAt: '2030-01-01T02:00:00Z' }));
    await reaches(again(), 'signed-in');
    expect([page.went, renewals()]).toEqual([['reload', 'reload'], 2]);
  });

  it('says that the cookies are refused when it finds the old ones after a renewal', async () => {
    await reaches(attach(page, returning), 'signed-in');
    api.get = () => json(lapsed());
    const element = again();
    await reaches(element, 'looping');
    expect(heading(element)).toBe('Your browser did not keep the sign-in');
    expect(renewals()).toBe(1);
  });

  it('opens the page during a flood of sign-ins, once: renewals have a throttle of their own', async () => {
    api.get = () => json({ message: 'Too Many Requests' }, 429);
    api.renew = () => json(signedIn());
    await reaches(attach(page, returning), 'signed-in');
    expect(page.went).toEqual(['reload']);
    api.renew = () => json(signedIn({ expiresAt: '2030-01-01T02:00:00Z' }));
    await reaches(again(), 'looping');
    expect(page.went).toEqual(['reload']);
  });

  it('says during a flood that there are too many requests if there is no session', async () => {
    api.get = () => json({ message: 'Too Many Requests' }, 429);
    api.renew = () => problem(401, 'session_expired');
    await reaches(attach(page, returning), 'failed');
    expect(page.went).toEqual([]);
  });

  it('offers sign-in when the session has ended', async () => {
    api.renew = () => {
      api.get = () => json(signedOut());
      return problem(401, 'session_expired');
    };
    const element = attach(page, returning);
    await reaches(element, 'signed-out');
    expect([words(element), page.went]).toEqual(['Sign in to open this page.', []]);
  });

  it('names the account that no longer has access, and offers to use another one', async () => {
    api.renew = () => {
      api.get = () => json(signedOut());
      return problem(401, 'access_denied', { account: 'alice@example.com' });
    };
    const element = attach(page, returning);
    await reaches(element, 'denied');
    expect(words(element)).toContain('alice@example.com does not have access to this site');
    await vi.waitFor(() => expect(element.querySelector('[slot=provider] *')).not.toBeNull());
    expect(page.went).toEqual([]);
  });

  it('does not loop if the cookies of an ended session remain', async () => {
    api.renew = () => problem(401, 'session_expired');
    const element = attach(page, returning);
    await reaches(element, 'looping');
    await settle();
    expect([renewals(), page.went]).toEqual([1, []]);
  });

  it('says so when the renewal fails for now, and tries again by hand', async () => {
    const { renew } = api;
    api.renew = () => problem(503, 'temporarily_unavailable');
    const element = attach(page, returning);
    await reaches(element, 'failed');
    expect(page.went).toEqual([]);
    api.renew = renew;
    press(element, 'Try again');
    await reaches(element, 'signed-in');
    expect(page.went).toEqual(['reload']);
  });

  it('is opened by one renewal, even if another tab has just renewed', async () => {
    api.get = () => json(lapsed());
    api.renew = () => json(signedIn());
    await reaches(attach(page, returning), 'signed-in');
    expect(api.requests.map((request) => request.split(' ')[0])).toEqual(['GET', 'POST']);
    expect([renewals(), page.went]).toEqual([1, ['reload']]);
  });
});

describe('the 403 page of someone with valid cookies', () => {
  it('renews them once: they may be lost, or for another path', async () => {
    api.get = () => json(signedIn({ path: '/finance/*' }));
    api.renew = () => json(signedIn({ expiresAt: '2030-01-01T02:00:00Z' }));
    await reaches(attach(page, returning), 'signed-in');
    expect([renewals(), page.went]).toEqual([1, ['reload']]);
  });

  it('says which path they open if a renewal does not change that', async () => {
    api.get = api.renew = () => json(signedIn({ path: '/finance/*' }));
    const element = attach(page, returning);
    await reaches(element, 'denied');
    expect(words(element)).toContain('/finance/*');
    expect(page.went).toEqual([]);
  });
});

describe('an open page', () => {
  it('renews as well, and stays', async () => {
    openPage(`${origin}/public/embed.html`, 200);
    const element = attach(page);
    await reaches(element, 'signed-in');
    expect([words(element), renewals(), page.went]).toEqual(['alice@example.com', 1, []]);
  });

  it('does not renew valid cookies', async () => {
    openPage(`${origin}/public/embed.html`, 200);
    api.get = () => json(signedIn());
    await reaches(attach(page), 'signed-in');
    expect(renewals()).toBe(0);
  });
});

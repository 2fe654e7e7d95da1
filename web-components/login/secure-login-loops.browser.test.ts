import { describe, expect, it, vi } from 'vitest';
import '../secure-login-define.ts';
import {
  actions,
  api,
  attach,
  enter,
  google,
  heading,
  json,
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
  standInPage,
  useStandIns,
  words,
} from '../testing/stand-ins.ts';

useStandIns();

describe('the canonical host', () => {
  it('gets the page moved to it, with path, query and fragment', async () => {
    openPage('https://d111.cloudfront.net/docs/guide.html?x=1#part');
    attach(page, { ...returning, api: 'https://d111.cloudfront.net' });
    await vi.waitFor(() => expect(page.went).toEqual([`${origin}/docs/guide.html?x=1#part`]));
    expect(google.buttons).toEqual([]);
  });

  it('is not moved to a second time if that led back', async () => {
    openPage('https://d111.cloudfront.net/docs/guide.html');
    const there = { api: 'https://d111.cloudfront.net' };
    attach(page, there);
    await vi.waitFor(() => expect(page.went).toHaveLength(1));
    const again = attach(page, there);
    await reaches(again, 'looping');
    expect(page.went).toHaveLength(1);
    expect(words(again)).toContain('Your sign-in is valid at docs.example.com');
  });

  it.each([
    [30_000, 1],
    [30_001, 2],
  ])('is moved to again after some time: after %i ms, %i times in total', async (later, times) => {
    openPage('https://d111.cloudfront.net/docs/guide.html');
    const there = { api: 'https://d111.cloudfront.net' };
    const now = Date.now();
    const clock = vi.spyOn(Date, 'now').mockReturnValue(now);
    attach(page, there);
    await vi.waitFor(() => expect(page.went).toHaveLength(1));
    document.body.replaceChildren();
    clock.mockReturnValue(now + later);
    const again = attach(page, there);
    await vi.waitFor(() =>
      expect([page.went.length, again.status]).toEqual([times, times > 1 ? 'checking' : 'looping']),
    );
  });
});

describe('the loop breaker', () => {
  const again = 'Sign in again';
  const looped = async () => {
    api.get = () => json(signedIn());
    const there = { ...returning, api: new URL(page.href).origin };
    attach(page, there);
    await vi.waitFor(() => expect(page.went).toEqual(['reload']));
    document.body.replaceChildren();
    const element = attach(page, there);
    await reaches(element, 'looping');
    return element;
  };

  it('reloads a refused page by itself only once', async () => {
    await looped();
    await settle();
    expect(page.went).toEqual(['reload']);
  });

  it('does not reload it after a sign-in that already did', async () => {
    await reaches(await enter(), 'signed-in');
    document.body.replaceChildren();
    const element = attach(page, returning);
    await reaches(element, 'looping');
    expect(page.went).toEqual(['reload']);
    expect(words(element)).toContain('firewall');
  });

  it('names a reserved query name and offers the page without it', async () => {
    page.href = `${origin}/docs/guide.html?x=1&Expires=5&Policy=abc#part`;
    const element = await looped();
    expect(words(element)).toContain('“Expires”, “Policy”');
    expect(actions(element)['Open the page without it']).toMatchObject({ href: `${origin}/docs/guide.html?x=1#part` });
  });

  it.each([
    ['a reserved name', { href: `${origin}/?Policy=1` }, '“Policy”', ['Open the page without it', again]],
    [
      'another host',
      { href: 'https://other.example.com/' },
      'valid at docs.example.com',
      ['Open the page there', again],
    ],
    ['a foreign cookie', { visibleCookies: 'CloudFront-Policy=x' }, 'Delete the cookies', [again]],
    ['a service worker', { serviceWorker: true }, 'service worker', ['Try again', again]],
    ['a firewall', {}, 'firewall', [again, 'Try again']],
  ])('names %s, and offers the fix first', async (_name, change, text, offered) => {
    Object.assign(page, change);
    const element = await looped();
    expect(heading(element)).toBe('You are signed in, but the page does not open');
    expect(words(element)).toContain(text);
    expect(Object.keys(actions(element))).toEqual(offered);
  });

  it('names every cause with evidence, and offers the fix for the likeliest', async () => {
    Object.assign(page, { serviceWorker: true, visibleCookies: 'CloudFront-Policy=x' });
    const element = await looped();
    expect(words(element)).toMatch(/Delete the cookies.+\. A service worker/);
    expect(Object.keys(actions(element))).toEqual([again]);
  });

  it.each(['/docs/other.html?x=1', '/docs/guide.html?x=2'])('counts each page by itself: %s', async (path) => {
    await looped();
    document.body.replaceChildren();
    page.href = origin + path;
    await reaches(attach(page, returning), 'signed-in');
    expect(page.went).toEqual(['reload', 'reload']);
  });

  it('leads to the host where the sign-in is valid', async () => {
    page.href = 'https://other.example.com/docs/guide.html?x=1#part';
    const element = await looped();
    expect(actions(element)['Open the page there']).toMatchObject({ href: `${origin}/docs/guide.html?x=1#part` });
  });

  it.each([
    [120_000, 1],
    [120_001, 2],
  ])('reloads the page by itself again after some time: after %i ms, %i times in total', async (later, times) => {
    const now = Date.now();
    const clock = vi.spyOn(Date, 'now').mockReturnValue(now);
    await looped();
    document.body.replaceChildren();
    clock.mockReturnValue(now + later);
    await reaches(attach(page, returning), times > 1 ? 'signed-in' : 'looping');
    expect(page.went).toEqual(Array(times).fill('reload'));
  });

  it('names the clock', async () => {
    api.get = () => json(signedIn({ now: new Date(Date.now() + 3_600_000).toISOString() }));
    attach(page, returning);
    await vi.waitFor(() => expect(page.went).toEqual(['reload']));
    const element = attach(page, returning);
    await reaches(element, 'looping');
    expect(words(element)).toContain('clock of this device');
    expect(Object.keys(actions(element))).toEqual(['Try again', again]);
  });

  it('names refused cookies right after the sign-in, without a reload', async () => {
    api.post = () => json(signedIn(), 201);
    const element = await enter();
    await reaches(element, 'looping');
    expect(heading(element)).toBe('Your browser did not keep the sign-in');
    expect(page.went).toEqual([]);
  });

  it('names refused cookies when two sign-ins led back to the login page', async () => {
    for (let round = 0; round < 2; round++) {
      api.get = () => json(signedOut());
      await reaches(await enter(), 'signed-in');
      document.body.replaceChildren();
    }
    api.get = () => json(signedOut());
    const element = attach(page, returning);
    await reaches(element, 'looping');
    expect(heading(element)).toBe('Your browser did not keep the sign-in');
  });

  /** What a signed-out browser is answered that keeps its login cookie: one nonce. */
  const keeping = () => {
    const answer = signedOut();
    return () => json(answer);
  };
  /** The login page at its own address, in the same tab. */
  const signOutThere = async (): Promise<void> => {
    const { storage } = page;
    const element = attach(Object.assign(standInPage(`${origin}/public/login.html`, 200), { storage }), returning);
    await reaches(element, 'signed-in');
    press(element, 'Sign out');
    await reaches(element, 'signed-out');
  };

  it.each([
    ['of <secure-login>', signOutThere],
    ['of another tab or origin, of which this one hears nothing', async () => api.delete()],
  ])('never says that cookies are refused after a sign-out %s, however often', async (_name, leave) => {
    const stays = keeping();
    api.get = stays;
    api.delete = () => {
      api.get = stays;
      return new Response(null, { status: 204 });
    };
    for (let round = 0; round < 4; round++) {
      const element = await enter();
      await reaches(element, 'signed-in');
      await leave();
      document.body.replaceChildren();
    }
    const element = attach(page, returning);
    await reaches(element, 'signed-out');
    expect(words(element)).toBe('Sign in to open this page.');
  });

  it('starts counting again after a sign-out', async () => {
    api.delete = () => {
      api.get = () => json(signedOut());
      return new Response(null, { status: 204 });
    };
    const element = await enter();
    await reaches(element, 'signed-in');
    const remembered = () => page.storage.getItem('s3nator-rounds');
    expect(remembered()).not.toBeNull();
    await element.signOut();
    expect(remembered()).toBeNull();
  });

  it('lets Google sign nobody in automatically after sign-ins that led back here', async () => {
    const stays = keeping();
    api.get = stays;
    for (let round = 0; round < 2; round++) {
      await reaches(await enter({ ...returning, 'auto-sign-in': '' }), 'signed-in');
      document.body.replaceChildren();
      api.get = stays;
    }
    const prompts = google.prompts();
    await reaches(attach(page, { ...returning, 'auto-sign-in': '' }), 'signed-out');
    expect(google.prompts()).toBe(prompts);
  });

  it('never says that cookies are refused while other tabs use up the login cookie', async () => {
    api.get = keeping();
    api.post = () => problem(401, 'sign_in_expired');
    const element = await enter();
    for (let round = 0; round < 3; round++) {
      await vi.waitFor(() => expect(words(element)).toContain('account again'));
      await reaches(element, 'signed-out');
      google.choose('a.b.c');
      await settle();
    }
    await reaches(element, 'signed-out');
    expect(heading(element)).toBe('Sign in');
  });

  it('starts over on demand: a sign-in by hand may reload again', async () => {
    const element = await looped();
    press(element, 'Sign in again');
    await reaches(element, 'signed-out');
    google.choose('a.b.c');
    await vi.waitFor(() => expect(page.went).toEqual(['reload', 'reload']));
  });

  it('does not reload by itself if storage is refused, and keeps working', async () => {
    Object.defineProperty(page, 'storage', {
      get: () => {
        throw new DOMException('The operation is insecure.', 'SecurityError');
      },
    });
    api.get = () => json(signedIn());
    const element = attach(page, returning);
    await reaches(element, 'looping');
    expect(page.went).toEqual([]);
    press(element, 'Try again');
    expect(page.went).toEqual(['reload']);
  });

  it('does not affect an element with after-sign-in="stay"', async () => {
    api.get = () => json(signedIn());
    await reaches(attach(page), 'signed-in');
    await reaches(attach(page), 'signed-in');
    expect(page.went).toEqual([]);
  });
});

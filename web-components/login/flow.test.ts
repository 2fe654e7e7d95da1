import { describe, expect, it } from 'vitest';
import type { SignedInSession, SignedOutSession } from '../../contract/session-api.ts';
import { problemCodes } from '../../contract/session-api.ts';
import { hasLeft, pendingStepKey, redirectKey } from '../shared/page-memory.ts';
import { codes } from './codes.ts';
import { type Context, type Effect, type FlowEvent, initialState, type State, type Step, step } from './flow.ts';

const origin = 'https://docs.example.com';
const hosts = ['docs.example.com', 'd111.cloudfront.net'];
const now = '2027-01-15T08:00:00Z';
const google = { kind: 'google', clientId: 'client', scriptUrl: 's', redirectOnIos: true } as const;
const pool = {
  kind: 'cognitoUserPool',
  label: 'Sign in with Example',
  userPoolId: 'p',
  clientId: 'c',
  hostedSignIn: 'sign-in.example',
  scopes: [],
  callbackPath: '/',
  logout: false,
} as const;
const out: SignedOutSession = { status: 'signed-out', providers: [google], nonce: 'n', hosts, now };
const session: SignedInSession = {
  status: 'signed-in',
  user: { email: 'alice@example.com' },
  path: '/*',
  expiresAt: '2027-01-15T09:00:00Z',
  renewableUntil: '2027-01-16T08:00:00Z',
  cookieSeconds: 3600,
  returnOrigins: ['https://app.example.com'],
  hosts,
  now,
};

/** A refused page of the site. */
function context(more: Partial<Context> = {}, memory: Record<string, string> = {}): Context {
  return {
    api: origin,
    provider: '',
    returning: true,
    deniedUrl: '',
    page: { href: `${origin}/guide.html`, servedStatus: 403, ancestors: [] },
    recall: (_where, key) => memory[key] ?? '',
    seen: () => 0,
    ...more,
  };
}
const loginPage = (query = ''): Partial<Context> => ({
  page: { href: `${origin}/public/login.html${query}`, servedStatus: 200, ancestors: [] },
});

/** Several events, one after the other. */
function run(events: readonly FlowEvent[], here = context(), from: State = initialState): Step {
  let last: Step = { state: from, effects: [] };
  for (const event of events) last = step(last.state, event, here);
  return last;
}
const names = ({ effects }: Step): string[] => effects.map(([name]) => name);
const find = <Name extends Effect[0]>(
  { effects }: Step,
  name: Name,
): Extract<Effect, readonly [Name, ...unknown[]]> => {
  const found = effects.find((effect): effect is Extract<Effect, readonly [Name, ...unknown[]]> => effect[0] === name);
  if (!found) throw new Error(`no effect ${name}, only ${effects.map(([one]) => one)}`);
  return found;
};
const events = (result: Step): string[] =>
  result.effects.flatMap((effect) => (effect[0] === 'announce' ? [effect[1].type] : []));

describe('a step', () => {
  it('changes neither the state nor the context that it is given, and gives the same result again', () => {
    const frozen = Object.freeze({ ...initialState });
    const here = Object.freeze(context());
    expect(step(frozen, ['start'], here)).toEqual(step(frozen, ['start'], here));
    expect(frozen).toEqual(initialState);
  });

  it('raises the run number with every start, so that late answers can be recognized', () => {
    expect(run([['start'], ['start']]).state.run).toBe(2);
    expect(run([['start'], ['read', out], ['signIn', 'a.b.c']]).state.run).toBe(2);
  });
});

describe('a start', () => {
  it('asks the API who is signed in', () => {
    const { state, effects } = run([['start']]);
    expect([state.view.status, effects]).toEqual(['checking', [['ask', 'read', ['read']]]]);
  });

  it.each([
    ['an API that is no address', { api: '' }],
    ['another site', { obstacle: 'other_site' as const }],
    ['a browser that refuses secure cookies', { obstacle: 'secure_cookies_refused' as const }],
  ])('asks nothing with %s', (_name, more) => {
    expect(names(run([['start']], context(more)))).not.toContain('ask');
  });
});

describe('an answer', () => {
  it('that nobody is signed in leads to an offer of the provider with its nonce', () => {
    const result = run([['start'], ['read', out]]);
    expect([result.state.view.status, result.state.view.text]).toEqual(['signed-out', 'Sign in to open this page.']);
    expect(find(result, 'google')).toEqual(['google', google, 'n', false, '/guide.html']);
    expect(events(result)).toEqual(['secure-login-signed-out']);
  });

  it('that the session does not open the page renews it once', () => {
    expect(run([['start'], ['read', session]]).effects).toEqual([['ask', 'renew', ['renewed', session.expiresAt]]]);
    const again = context({ seen: (what) => (what === `reload ${session.expiresAt}` ? 1 : 0) });
    expect(names(run([['start'], ['read', session]], again))).toEqual(['remember', 'count']);
  });

  it.each(['access_denied', 'sign_in_expired', 'session_expired'] as const)(
    'that a renewal failed with %s leads to a question who is signed in',
    (code) => {
      const failure = { status: 'failure', code } as const;
      expect(run([['start'], ['renewed', failure, now]]).effects).toEqual([['ask', 'confirm', ['decide', failure]]]);
    },
  );

  it('that a renewal failed otherwise is shown as a failure', () => {
    const failure = { status: 'failure', code: 'unreachable' } as const;
    const result = run([['start'], ['renewed', failure, now]]);
    expect([result.state.view.status, events(result)]).toEqual(['failed', ['secure-login-failed']]);
  });

  it('that is throttled leads to a renewal, which also says who is signed in', () => {
    const failure = { status: 'failure', code: 'too_many_requests' } as const;
    expect(run([['start'], ['read', failure]]).effects).toEqual([['ask', 'renew', ['floodRenewed', failure]]]);
    expect(run([['start'], ['floodRenewed', failure, failure]]).state.view.status).toBe('failed');
  });

  it('that names another host of the site moves the page there, once', () => {
    const here = context({
      api: 'https://d111.cloudfront.net',
      page: { href: 'https://d111.cloudfront.net/a?b#c', servedStatus: 403, ancestors: [] },
    });
    const result = run([['start'], ['read', out]], here);
    expect(find(result, 'count')[1]).toBe('move');
    expect(run([['start'], ['moveCounted', 1, out, `${origin}/a?b#c`]], here).effects).toEqual([
      ['page', 'leave', `${origin}/a?b#c`],
    ]);
    expect(names(run([['start'], ['moveCounted', 2, out, `${origin}/a`]], here))).toEqual(['explainLoop']);
  });

  it('from an API of another origin moves no page, and names no hosted sign-in', () => {
    const app = 'https://app.example.com';
    const here = context(
      { page: { href: `${app}/public/login.html?code=c&state=s`, servedStatus: 200, ancestors: [] } },
      { [pendingStepKey]: hasLeft },
    );
    const result = run(
      [['start'], ['read', { ...out, hosts: ['evil.example', 'app.example.com'], providers: [pool] }]],
      here,
    );
    expect(names(result)).not.toContain('page');
    expect(names(result)).not.toContain('userPool');
    const entered = run([['start'], ['enter', pool]], here);
    expect(find(entered, 'page')[2]).toMatch(/^https:\/\/docs\.example\.com\/public\/login\.html\?return-to=/);
  });

  it('after a sign-in that led back here leads to a check whether the browser keeps cookies', () => {
    const here = context({ seen: (what) => (what === 'sign-in' ? 2 : 0) });
    expect(find(run([['start'], ['read', out]], here), 'ask').slice(0, 2)).toEqual(['ask', 'keepsCookies']);
    const lost = run([['start'], ['settle', false, out, undefined, false, true]], here);
    expect(find(lost, 'explainLoop')[2]).toBe('cookies_refused');
    expect(run([['start'], ['settle', true, out, undefined, false, true]], here).state).toMatchObject({ left: true });
  });
});

describe('a sign-in', () => {
  const start: FlowEvent[] = [['start'], ['read', out]];

  it('sends the token to the API of its run, even if the attribute has changed', () => {
    const { state } = run(start);
    const result = step(state, ['signIn', 'a.b.c'], context({ api: 'https://evil.example.com' }));
    expect([result.state.api, result.effects]).toEqual([origin, [['ask', 'signIn', ['signedIn', 'a.b.c'], 'a.b.c']]]);
  });

  it('reloads the refused page after the event was sent', () => {
    const result = run([...start, ['signIn', 't'], ['signedIn', { answer: session, kept: session }, 't']]);
    expect(names(result)).toEqual(['count', 'count', 'announce', 'page', 'tellOthers']);
    expect(find(result, 'page')[1]).toBe('reload');
  });

  it('goes only where the login page leads', () => {
    const target = (query: string): unknown => {
      const result = run([...start, ['signedIn', { answer: session, kept: session }, 't']], context(loginPage(query)));
      return find(result, 'page')[2];
    };
    expect(target('')).toBe(`${origin}/`);
    expect(target('?return-to=/a.html')).toBe(`${origin}/a.html`);
    expect(target('?return-to=https://app.example.com/b')).toBe('https://app.example.com/b');
    expect(target('?return-to=https://evil.example/')).toBe(`${origin}/`);
  });

  it('is a loop if its cookies were not kept', () => {
    const result = run([...start, ['signedIn', { answer: session, kept: out }, 't']]);
    expect(find(result, 'explainLoop')[2]).toBe('cookies_refused');
  });

  it('that is refused keeps Google from signing the same account in again, and may ask for access', () => {
    const answer = { status: 'failure', code: 'access_denied', account: 'm@evil.example', mayAsk: true } as const;
    const result = run([...start, ['signedIn', { answer, kept: answer }, 't']]);
    expect([result.state.view.status, result.state.left]).toEqual(['denied', true]);
    expect(names(result)).toEqual(['remember', 'announce', 'offerAccessRequest', 'google']);
  });

  it.each([
    ['/denied.html', `${origin}/denied.html`],
    ['https://evil.example/', undefined],
    ['javascript:alert(1)', undefined],
  ])('that is refused leaves only for a page of this origin: %s', (deniedUrl, url) => {
    const answer = { status: 'failure', code: 'access_denied' } as const;
    const result = run([...start, ['signedIn', { answer, kept: answer }, 't']], context({ deniedUrl }));
    expect(result.effects.find(([name]) => name === 'page')?.[2]).toBe(url);
  });

  it.each(['server_error', 'temporarily_unavailable', 'offline', 'session_expired'] as const)(
    'that failed with %s can be sent again; one with an invalid token starts over',
    (code) => {
      const failed = (one: typeof code | 'invalid_request'): unknown => {
        const answer = { status: 'failure', code: one } as const;
        return run([...start, ['signedIn', { answer, kept: answer }, 't']]).state.view.actions?.[0]?.[1];
      };
      expect(failed(code)).toEqual(['signIn', 't']);
      expect(failed('invalid_request')).toEqual(['start']);
    },
  );

  it('that took too long starts again; the second time, the element checks whether cookies are kept', () => {
    const answer = { status: 'failure', code: 'sign_in_expired' } as const;
    expect(find(run([...start, ['signedIn', { answer, kept: answer }, 't']]), 'count')[1]).toBe('expired');
    expect(run([...start, ['expiredCounted', 1]]).state.notice).toMatch(/took too long/);
    expect(names(run([...start, ['expiredCounted', 2]]))).toEqual(['ask']);
    expect(names(run([...start, ['expiredAgain', false]]))).toEqual(['explainLoop']);
  });
});

describe('a form post that the API refused', () => {
  it('is shown, and its code is removed from the address', () => {
    const here = context(loginPage('#error=access_denied'), { [redirectKey]: 'left' });
    const result = run([['start'], ['read', out]], here);
    expect([result.state.view.status, result.effects[0]]).toEqual([
      'denied',
      ['page', 'rewrite', `${origin}/public/login.html`],
    ]);
  });
});

describe('a changed attribute', () => {
  const invited = run([['start'], ['read', out]]).state;
  const changed = (look: boolean, from: State, more: Partial<Context> = {}): Step =>
    step(from, ['change', look], context(more));

  it('starts over if it names another API, even during a request', () => {
    const signingIn = step(invited, ['signIn', 't'], context()).state;
    for (const from of [invited, signingIn, run([['start']]).state]) {
      const result = changed(false, from, { api: 'https://other.example.com' });
      expect([result.state.api, result.state.run, names(result)]).toEqual([
        'https://other.example.com',
        from.run + 1,
        ['ask'],
      ]);
      expect(result.state.offered).toBeUndefined();
    }
  });

  it('waits for a pending request, and the new attributes decide about its answer', () => {
    const signingIn = step(invited, ['signIn', 't'], context()).state;
    for (const from of [signingIn, run([['start']]).state])
      expect(changed(false, from, { returning: false })).toEqual({ state: from, effects: [] });
    const stays = step(signingIn, ['signedIn', { answer: session, kept: session }, 't'], context({ returning: false }));
    expect([stays.state.view.status, names(stays)]).toEqual(['signed-in', ['announce', 'tellOthers']]);
  });

  it('that only concerns the button shows it again, without a request', () => {
    expect(names(changed(true, invited))).toEqual(['google']);
  });
});

describe('the table of codes', () => {
  it('has an entry for every code of the API, and no other', () => {
    expect(Object.keys(codes)).toEqual(expect.arrayContaining([...problemCodes]));
  });
});

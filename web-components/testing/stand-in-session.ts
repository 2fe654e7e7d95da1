/** A stand-in for the API's sessions: one browser's session, by a clock that may differ from the device's. */
import { vi } from 'vitest';
import { renewalPath } from '../../contract/session-api.ts';
import type { SecureSession } from '../session/secure-session.ts';
import { json, origin, problem, settle, signedIn, signedOut } from './stand-ins.ts';

export interface SessionSettings {
  readonly cookieSeconds?: number;
  readonly maximumSeconds?: number;
  /** The API's clock minus the device's, in seconds. */
  readonly aheadSeconds?: number;
}

export interface StandInSession {
  /** `METHOD path` of every request. */
  readonly requests: string[];
  /** How many of them were renewals. */
  readonly renewals: () => number;
  email: string;
  /** Answers in place of the API, unless it returns `undefined`. */
  fault: ((method: string) => Response | Promise<Response> | undefined) | undefined;
  /** The API's clock minus the device's, in milliseconds. */
  ahead: number;
  /** Seconds since 1970 when the rule ends. */
  ruleEnds: number;
  /** Someone has signed in: a session begins. */
  signIn(): void;
  end(): void;
  /** Seconds since 1970 when the cookies end. */
  readonly expiresAt: () => number;
}

/** Someone is signed in, unless `end` is called. */
export function standInSession(settings: SessionSettings = {}): StandInSession {
  const { cookieSeconds = 3_600, maximumSeconds = 86_400, aheadSeconds = 0 } = settings;
  let signedInAt = 0;
  let expiresAt = 0;
  const nowOf = (): number => Math.floor((Date.now() + api.ahead) / 1000);
  const issue = (): void => {
    expiresAt = Math.min(nowOf() + cookieSeconds, signedInAt + maximumSeconds, api.ruleEnds);
  };
  const time = (seconds: number): string => new Date(seconds * 1000).toISOString();
  const known = () => ({
    ...signedIn({ user: { email: api.email }, cookieSeconds }),
    status: nowOf() < expiresAt ? 'signed-in' : 'lapsed',
    expiresAt: time(expiresAt),
    renewableUntil: time(signedInAt + maximumSeconds),
    now: time(nowOf()),
  });
  const isLive = (): boolean => nowOf() < signedInAt + maximumSeconds;
  const api: StandInSession = {
    requests: [],
    renewals: () => api.requests.filter((request) => request === `POST ${renewalPath}`).length,
    email: 'alice@example.com',
    fault: undefined,
    ahead: aheadSeconds * 1000,
    ruleEnds: Number.POSITIVE_INFINITY,
    signIn() {
      signedInAt = nowOf();
      issue();
    },
    end() {
      signedInAt = Number.NEGATIVE_INFINITY;
    },
    expiresAt: () => expiresAt,
  };
  api.signIn();
  vi.stubGlobal('fetch', async (url: string, { method = 'GET' }: RequestInit = {}) => {
    api.requests.push(`${method} ${new URL(url).pathname}`);
    const fault = await api.fault?.(method);
    if (fault) return fault;
    if (method === 'DELETE') {
      api.end();
      return new Response(null, { status: 204 });
    }
    if (method === 'GET') return json(isLive() ? known() : signedOut({ now: time(nowOf()) }));
    if (!isLive()) return problem(401, 'session_expired');
    if (nowOf() >= api.ruleEnds) {
      api.end();
      return problem(401, 'access_denied', { account: api.email });
    }
    issue();
    return json(known());
  });
  return api;
}

/** Waits until no tab waits for its turn, and all that was told was heard, however busy the machine is. */
export async function quiet(): Promise<void> {
  for (let still = 0; still < 3; ) {
    await settle(2);
    const { held = [], pending = [] } = await navigator.locks.query();
    still = held.length + pending.length === 0 ? still + 1 : 0;
  }
}

/** The events of an element, as `name` or `name reason`. */
export function noteEvents(element: SecureSession): string[] {
  const noted: string[] = [];
  for (const name of ['signed-in', 'renewed', 'expiring', 'expired', 'signed-out'] as const) {
    element.addEventListener(`secure-session-${name}`, (event) => {
      noted.push('reason' in event ? `${name} ${event.reason}` : name);
    });
  }
  return noted;
}

/** An element that is not attached yet. */
export function makeSession(page: SecureSession['page']): SecureSession {
  const element = document.createElement('secure-session');
  element.page = page;
  element.setAttribute('api', origin);
  return element;
}

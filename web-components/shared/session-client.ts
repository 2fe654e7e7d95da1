/** Requests to the session API: time limits, turns between tabs, and what an answer or its absence means. */
import {
  type LapsedSession,
  type Problem,
  type ProblemCode,
  problemCodes,
  renewalPath,
  type SessionAnswer,
  type SignedInSession,
  type SignInRequest,
  sessionPath,
} from '../../contract/session-api.ts';

/** Longest wait for an answer, in milliseconds; a cold start with a slow key set stays well under it. */
const timeoutMs = 15_000;

/** Longest `Retry-After` that is believed, in seconds. */
const maximumRetrySeconds = 300;

/** Longest wait for a message to other tabs to come back, in milliseconds. */
const echoMs = 500;

/**
 * Why there is no answer: a problem code of the API, or
 * `blocked` (refused before the API: firewall or country), `offline`, `unreachable` (no connection, or too slow),
 * `foreign` (another origin's API did not answer this page: not allowed there, or unreachable).
 */
export type SessionFailureCode = ProblemCode | 'blocked' | 'offline' | 'unreachable' | 'foreign';

export interface SessionFailure {
  readonly status: 'failure';
  readonly code: SessionFailureCode;
  /** With `access_denied`: the account that was refused. */
  readonly account?: string | undefined;
  /** The account may ask for access. */
  readonly mayAsk?: true | undefined;
  readonly requestId?: string | undefined;
  /** How long the API asks to wait, in seconds; 0: not at all. */
  readonly waitSeconds?: number;
}

const failure = (code: SessionFailureCode, more?: Partial<SessionFailure>): SessionFailure => ({
  ...more,
  status: 'failure',
  code,
});

const isText = (value: unknown): value is string => typeof value === 'string';
const areTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);

/** Something in the API's place, such as a captive portal, answers 200 too. */
const isAnswer = (value: unknown): value is SessionAnswer => {
  const answer = value as SessionAnswer | undefined;
  if (!areTexts(answer?.hosts)) return false;
  if (answer?.status === 'signed-out') {
    const { providers, nonce } = answer;
    return isText(nonce) && Array.isArray(providers) && providers.every((one) => one && isText(one.label ?? ''));
  }
  return (
    ['signed-in', 'lapsed'].includes(answer?.status ?? '') &&
    !!answer?.user &&
    isText(answer.user.email ?? '') &&
    isText(answer.path) &&
    areTexts(answer.returnOrigins)
  );
};

/** The session of somebody, whose cookies may have ended. */
export type KnownSession = SignedInSession | LapsedSession;

/** What other tabs are told: the session as it is now. */
export type SessionNews = SignedInSession | { readonly status: 'signed-out' };

/** Where the tabs of one origin tell each other about the session of the API at `apiOrigin`. */
export const sessionChannel = (apiOrigin: string) => new BroadcastChannel(`s3nator ${apiOrigin}`);

// Elements that start together must share one answer: each first visit sets a login cookie, and only the nonce of the
// last one would be valid.
const reading = new Map<string, Promise<SessionAnswer | SessionFailure>>();

/** Talks to the API at one origin. Never throws: what goes wrong is a `SessionFailure`. */
export class SessionClient {
  readonly origin: string;
  /** true: the page is of another origin. */
  readonly isForeign: boolean;

  constructor(apiOrigin: string, pageOrigin: string) {
    this.origin = apiOrigin;
    this.isForeign = apiOrigin !== pageOrigin;
  }

  /** Who is signed in, or what is needed to sign in. */
  read(): Promise<SessionAnswer | SessionFailure> {
    const answer = reading.get(this.origin) ?? this.confirm().finally(() => reading.delete(this.origin));
    reading.set(this.origin, answer);
    return answer;
  }

  /** Like `read`, but asks anew: an answer that was under way before the sign-in knows nothing of it. */
  confirm(): Promise<SessionAnswer | SessionFailure> {
    return this.#send('GET') as Promise<SessionAnswer | SessionFailure>;
  }

  /**
   * `kept`: what a second look shows before another tab has its turn; `signed-out` if the browser did not keep the
   * cookies.
   */
  signIn(idToken: string): Promise<{ answer: SignedInSession | SessionFailure; kept: SessionAnswer | SessionFailure }> {
    return this.#inTurn(async () => {
      const answer = (await this.#change('POST', sessionPath, { idToken })) as SignedInSession | SessionFailure;
      return { answer, kept: answer.status === 'failure' ? answer : await this.confirm() };
    });
  }

  /**
   * Whether the browser keeps the site's cookies: from one that does, the login cookie comes back, and the nonce made
   * from it stays the same. A third look, because another tab may have got a login cookie in between. true: also if the
   * API does not say.
   */
  async keepsCookies(): Promise<boolean> {
    let nonce: string | undefined;
    for (let look = 0; look < 3; look++) {
      const answer = await this.confirm();
      if (answer.status !== 'signed-out' || answer.nonce === nonce) return true;
      nonce = answer.nonce;
    }
    return false;
  }

  /**
   * New cookies for the session, without a look at it before: the API says what became of it, and a renewal too many is
   * harmless. `heard`: the session that another tab has told this one of since it asked; once it is this tab's turn,
   * that is the answer.
   */
  renew(heard: () => KnownSession | undefined = () => undefined): Promise<KnownSession | SessionFailure> {
    return this.#inTurn(
      async () => heard() ?? (this.#change('POST', renewalPath) as Promise<SignedInSession | SessionFailure>),
    );
  }

  /** Resolves to nothing when the cookies are gone. */
  signOut(): Promise<SessionFailure | undefined> {
    return this.#inTurn(() => this.#change('DELETE') as Promise<SessionFailure | undefined>);
  }

  /**
   * For requests that change cookies: one at a time among all tabs. Otherwise a late answer would undo a sign-out. It
   * waits for a tab that hangs only as long as a request may take. A page without a secure context has no locks.
   */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const { locks } = navigator;
    const signal = AbortSignal.timeout(timeoutMs);
    return locks ? (locks.request(`s3nator ${this.origin}`, { signal }, work) as Promise<T>).catch(work) : work();
  }

  /** Sends, and tells the other tabs what came of it before the next one's turn. */
  async #change(
    method: 'POST' | 'DELETE',
    path?: string,
    body?: SignInRequest,
  ): Promise<SessionAnswer | SessionFailure | undefined> {
    const answer = await this.#send(method, path, body);
    if (answer?.status !== 'failure') await this.#tell(answer ?? { status: 'signed-out' });
    return answer;
  }

  /** Resolves once the other tabs have heard it, as far as one can tell: when it has come back to this one. */
  async #tell(news: SessionAnswer | SessionNews): Promise<void> {
    const [channel, echo] = [sessionChannel(this.origin), sessionChannel(this.origin)];
    await new Promise((resolve) => {
      echo.onmessage = resolve;
      setTimeout(resolve, echoMs);
      channel.postMessage(news);
    });
    channel.close();
    echo.close();
  }

  async #send(
    method: 'GET' | 'POST' | 'DELETE',
    path = sessionPath,
    body?: SignInRequest,
  ): Promise<SessionAnswer | SessionFailure | undefined> {
    let response: Response;
    try {
      response = await fetch(this.origin + path, {
        method,
        credentials: this.isForeign ? 'include' : 'same-origin',
        cache: 'no-store',
        signal: AbortSignal.timeout(timeoutMs),
        ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
      });
    } catch (error) {
      if (!navigator.onLine) return failure('offline');
      // A page that CORS does not admit sees the same error as a broken line: the words must fit both.
      return failure(this.isForeign && (error as Error).name !== 'TimeoutError' ? 'foreign' : 'unreachable');
    }
    if (method === 'DELETE' && response.ok) return undefined;
    const content: unknown = await response.json().catch(() => undefined);
    if (response.ok && isAnswer(content)) return content;
    const waitSeconds = Math.min(Number(response.headers.get('retry-after')) || 0, maximumRetrySeconds);
    const { code, account, mayAsk, requestId } = (content ?? {}) as Partial<Problem>;
    if (code && problemCodes.includes(code) && [account ?? '', requestId ?? ''].every(isText))
      return failure(code, { account, mayAsk, requestId, waitSeconds });
    // CloudFront answers with the login page, as 403, if a firewall or a country refuses. 429: API Gateway's throttle.
    const { status } = response;
    const unavailable = status === 429 ? 'too_many_requests' : 'temporarily_unavailable';
    return failure(status === 403 ? 'blocked' : unavailable, { waitSeconds });
  }
}

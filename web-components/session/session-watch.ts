/** Watches a session in one tab: renews it, warns before it ends, and reports its end. */
import type { SessionAnswer } from '../../contract/session-api.ts';
import {
  type KnownSession,
  type SessionClient,
  type SessionFailure,
  type SessionNews,
  sessionChannel,
} from '../shared/session-client.ts';
import {
  type EndReason,
  SecureSessionExpiredEvent,
  SecureSessionExpiringEvent,
  SecureSessionRenewedEvent,
  SecureSessionSignedInEvent,
  SecureSessionSignedOutEvent,
} from './secure-session-events.ts';
import { planSession, type SessionPlan } from './session-plan.ts';

/** Longest sleep, in milliseconds: a timer stands still while the device sleeps, and the device's clock may be set. */
const maximumSleepMs = 30_000;
/** A clock that went back this far, in milliseconds, was set. */
const clockToleranceMs = 5_000;
/** After the first failure, in milliseconds; doubled by each further one, up to a minute. */
const firstRetryMs = 5_000;
const maximumRetryMs = 60_000;
/**
 * The same while the API is flooded: each attempt is a draw among all requests, and those that the throttle refuses
 * cost nobody anything.
 */
const maximumThrottledRetryMs = 20_000;

export type WatchEvent =
  | SecureSessionSignedInEvent
  | SecureSessionRenewedEvent
  | SecureSessionExpiringEvent
  | SecureSessionExpiredEvent
  | SecureSessionSignedOutEvent;

/** Where an answer comes from. `restored`: the page shows what was true when it was left. */
type Source = 'reading' | 'restored' | 'renewal' | 'news';

export class SessionWatch {
  readonly #client: SessionClient;
  readonly #apiOrigin: string;
  readonly #tell: (event: WatchEvent | undefined) => void;
  #channel: BroadcastChannel | undefined;
  #known: KnownSession | undefined;
  #hasSignedIn = false;
  #hasWarned = false;
  #hasExpired = false;
  /** A renewal brought no later end: the rule ends with these cookies. */
  #isStuck = false;
  /** Nothing is to be waited for: nobody is signed in, or no renewal will help. */
  #isOver = false;
  #failure: SessionFailure | undefined;
  #failures = 0;
  /** By the device's clock. */
  #retryAt = 0;
  /** The API's clock minus the device's, in milliseconds. */
  #offset = 0;
  /** From 0 to 1, drawn anew for each set of cookies: many tabs must not wake at once. */
  #jitter = 0;
  #clocks = { device: Date.now(), steady: performance.now() };
  /** Raised by whatever makes an answer that is under way worthless. */
  #run = 0;
  #isBusy = false;
  #isStopped = false;
  /** The one under way; whoever asks meanwhile waits for it. */
  #renewal: Promise<boolean> | undefined;
  #timer = 0;

  /** `tell`: hears of every change; `undefined`: nobody is signed in, and nobody was. */
  constructor(client: SessionClient, apiOrigin: string, tell: (event: WatchEvent | undefined) => void) {
    this.#client = client;
    this.#apiOrigin = apiOrigin;
    this.#tell = tell;
  }

  get session(): KnownSession | undefined {
    return this.#known;
  }

  start(): void {
    this.#channel = sessionChannel(this.#apiOrigin);
    this.#channel.onmessage = ({ data }: MessageEvent<SessionNews>) => this.#hear(data);
    document.addEventListener('visibilitychange', this.#onWake);
    addEventListener('online', this.#onWake);
    addEventListener('pageshow', this.#onPageShow);
    void this.check();
  }

  stop(): void {
    this.#isStopped = true;
    this.#run++;
    clearTimeout(this.#timer);
    this.#channel?.close();
    document.removeEventListener('visibilitychange', this.#onWake);
    removeEventListener('online', this.#onWake);
    removeEventListener('pageshow', this.#onPageShow);
  }

  /** Asks the API who is signed in. */
  check(source: 'reading' | 'restored' = 'reading'): Promise<SessionAnswer | SessionFailure> {
    const heard = this.#listen();
    return this.#ask(async () => {
      // What was asked before the page was left knows nothing of what happened since.
      const answer = await (source === 'restored' ? this.#client.confirm() : this.#client.read());
      // Sign-in is flooded. Renewals have a throttle of their own, and their answer says who is signed in, too.
      const isThrottled = answer.status === 'failure' && answer.code === 'too_many_requests';
      return isThrottled ? this.#client.renew(heard) : answer;
    }, source);
  }

  /** Renews now. Resolves to whether the API says that the cookies are in force. */
  renew(): Promise<boolean> {
    this.#renewal ??= this.#renewNow().finally(() => {
      this.#renewal = undefined;
    });
    return this.#renewal;
  }

  /** The session as another tab has told of it from now on. */
  #listen(): () => KnownSession | undefined {
    const before = this.#known;
    return () => (this.#known === before ? undefined : this.#known);
  }

  async #renewNow(): Promise<boolean> {
    const attempt = (): Promise<SessionAnswer | SessionFailure> => {
      const heard = this.#listen();
      // Before the first answer it is not known who is signed in, if anybody: a renewal says that, too.
      return this.#ask(() => this.#client.renew(heard), this.#known ? 'renewal' : 'reading');
    };
    let answer = await attempt();
    // The device slept meanwhile, and the cookies have ended.
    if (answer.status === 'lapsed' && !this.#isStopped) answer = await attempt();
    // Nobody is known after a sign-out, which an answer from before it cannot undo.
    return answer.status === 'signed-in' && (this.#isStopped || !!this.#known);
  }

  /** Resolves to what went wrong, if anything. */
  async signOut(): Promise<SessionFailure | undefined> {
    const failure = await this.#client.signOut();
    if (!failure) this.#leave();
    return failure;
  }

  async #ask(
    work: () => Promise<SessionAnswer | SessionFailure>,
    source: Source,
  ): Promise<SessionAnswer | SessionFailure> {
    const run = ++this.#run;
    const asked = Date.now();
    this.#isBusy = true;
    const answer = await work();
    if (run !== this.#run) return answer;
    this.#isBusy = false;
    // The device slept meanwhile: the time that the answer tells is over.
    if (answer.status !== 'failure' && Date.now() - asked > maximumSleepMs) {
      return this.check(source === 'restored' ? source : 'reading');
    }
    this.#adopt(answer, source);
    this.#schedule();
    return answer;
  }

  #hear(news: SessionNews): void {
    if (news.status === 'signed-out') this.#leave();
    else this.#adopt(news, 'news');
    this.#schedule();
  }

  #adopt(answer: SessionAnswer | SessionFailure, source: Source): void {
    const before = this.#known;
    // Whoever only asked who is signed in learns that it is nobody, not that a session of theirs has ended.
    const isNobody = answer.status === 'failure' && answer.code === 'session_expired' && source !== 'renewal';
    if (answer.status === 'failure' && !isNobody) {
      this.#fail(answer);
      return;
    }
    this.#failure = undefined;
    this.#failures = 0;
    if (answer.status === 'signed-in' || answer.status === 'lapsed') {
      // What the page shows may be somebody else's.
      if (before && before.user.email !== answer.user.email) this.#leave();
      // The same one: another tab was faster, and this one has heard of it.
      else if (answer !== before) this.#keep(answer, source);
    } else if (!before) {
      this.#isOver = true;
      this.#tell(undefined);
    } else if (source === 'restored') {
      this.#leave();
    } else {
      this.#end('session_expired');
    }
  }

  #keep(session: KnownSession, source: Source): void {
    const before = this.#known;
    const isLater = !before || session.expiresAt > before.expiresAt;
    this.#isOver = false;
    this.#offset = Date.parse(session.now) - Date.now();
    this.#known = session;
    if (isLater) {
      this.#jitter = Math.random();
      this.#retryAt = 0;
      this.#isStuck = this.#hasWarned = false;
    } else if (source === 'renewal') {
      // Asked for right after the cookies were signed, it cannot bring later ones.
      this.#isStuck = Date.parse(session.expiresAt) - Date.parse(session.now) < session.cookieSeconds * 500;
      this.#retryAt = Date.now() + firstRetryMs;
    }
    if (session.status === 'lapsed') return;
    const wasSignedIn = this.#hasSignedIn;
    const isNews = isLater || this.#hasExpired || !wasSignedIn;
    this.#hasSignedIn = true;
    this.#hasExpired = false;
    if (isNews) this.#tell(new (wasSignedIn ? SecureSessionRenewedEvent : SecureSessionSignedInEvent)(session));
  }

  #fail(failure: SessionFailure): void {
    const { code, account, waitSeconds = 0 } = failure;
    if (code === 'session_expired' || code === 'access_denied') {
      this.#end(code, account);
    } else {
      const longest = code === 'too_many_requests' ? maximumThrottledRetryMs : maximumRetryMs;
      const wait = Math.min(firstRetryMs * 2 ** this.#failures++, longest) * (1 + Math.random() / 2);
      this.#failure = failure;
      this.#retryAt = Date.now() + Math.max(wait, waitSeconds * 1000);
    }
  }

  /** For good: only somebody who signs in changes it. */
  #end(reason: EndReason, account?: string): void {
    this.#isOver = true;
    this.#expire(reason, account);
  }

  #expire(reason: EndReason, account?: string): void {
    if (this.#hasExpired) return;
    this.#hasExpired = true;
    this.#tell(new SecureSessionExpiredEvent(reason, account));
  }

  #leave(): void {
    const wasKnown = this.#known;
    this.#run++;
    this.#isBusy = this.#hasSignedIn = this.#hasWarned = this.#hasExpired = this.#isStuck = false;
    this.#known = undefined;
    this.#isOver = true;
    if (wasKnown) this.#tell(new SecureSessionSignedOutEvent());
  }

  #planOf(known: KnownSession): SessionPlan {
    const plan = planSession(known, { jitter: this.#jitter, isStuck: this.#isStuck, isFailing: !!this.#failure });
    return {
      ...plan,
      renewAt: Math.max(plan.renewAt, this.#retryAt + this.#offset),
      warnAt: this.#hasWarned ? Number.POSITIVE_INFINITY : plan.warnAt,
    };
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#isOver || this.#isBusy) return;
    const now = Date.now() + this.#offset;
    const times = [now + maximumSleepMs];
    if (this.#known) {
      const { end, renewAt, warnAt } = this.#planOf(this.#known);
      times.push(renewAt);
      if (now < end) times.push(warnAt, end);
      else if (this.#failure && !this.#hasExpired) times.push(now);
    } else {
      times.push(this.#retryAt + this.#offset);
    }
    this.#timer = setTimeout(this.#tick, Math.max(0, Math.min(...times) - now));
  }

  readonly #tick = (): void => {
    const before = this.#clocks;
    const device = Date.now();
    this.#clocks = { device, steady: performance.now() };
    const wasSetBack = device - before.device < this.#clocks.steady - before.steady - clockToleranceMs;
    const known = this.#known;
    if (this.#isOver || this.#isBusy) return;
    if (wasSetBack || (!known && device >= this.#retryAt)) void this.check();
    else if (known && this.#isDue(known, device + this.#offset)) void this.renew();
    else this.#schedule();
  };

  /** Tells the page what it is time to tell. `now`: by the API's clock. Returns whether it is time to renew. */
  #isDue(known: KnownSession, now: number): boolean {
    const { end, isFinal, renewAt, warnAt } = this.#planOf(known);
    const code = this.#failure?.code;
    if (now >= end && isFinal) {
      this.#end('maximum');
    } else if (now >= end && code) {
      this.#expire(code);
    } else if (now >= warnAt && now < end) {
      this.#hasWarned = true;
      this.#tell(new SecureSessionExpiringEvent(code ?? 'maximum', Math.round((end - now) / 1000)));
    }
    return now >= renewAt;
  }

  readonly #onWake = (): void => {
    if (document.hidden) return;
    this.#retryAt = 0;
    if (this.#isOver) void this.check();
    else this.#tick();
  };

  readonly #onPageShow = ({ persisted }: PageTransitionEvent): void => {
    if (persisted) void this.check('restored');
  };
}

/**
 * Simulates one flood of the API in its own process, because it replaces the clock, timers and fetch. People use the
 * real element's logic, the emulator's API Gateway and the handler from the source. Nothing is sent over a network.
 * floods.ts starts it. Its answer is one message.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createAccessDocuments } from '../api/decide/access-documents.ts';
import { createHandler } from '../api/handler.ts';
import { parseTrustedKeys } from '../api/issue/session-statement.ts';
import { createSigningKeyStore } from '../api/issue/signing-key.ts';
import { createAudit } from '../api/record/audit.ts';
import type { Log } from '../api/shared/log.ts';
import type { PrivateBucket } from '../api/shared/private-bucket.ts';
import { createKeySet } from '../api/verify/key-set.ts';
import { issuersByName, trustedGoogle } from '../api/verify/trusted-issuers.ts';
import { defaultPaths } from '../contract/layout.ts';
import { renewalPath, sessionPath } from '../contract/session-api.ts';
import { createHttpApi } from '../emulator/api-gateway/http-api.ts';
import { startStandInGoogle } from '../emulator/google/stand-in-google.ts';
import { type Response as ApiResponse, emptyBody } from '../emulator/message/http-message.ts';
import { readStack } from '../emulator/stack/stack.ts';
import { clientId, fingerprint, host, keyPairId, privateObjects, trustedKeys } from './lambda-site.ts';

export interface Flood {
  /** Folder of the synthesized stack, which sets the routes and throttles. */
  readonly stackDirectory: string;
  /** Folder of the element's modules. */
  readonly elementFolder: string;
  /** One throttle for the whole API, as before renewals had their own. */
  readonly isShared: boolean;
  /**
   * What is sent: nothing, requests for the sign-in state, renewals without cookies, or renewals with the cookies of an
   * admitted person.
   */
  readonly sends: 'nothing' | 'sign-in' | 'renewal' | 'renewal-with-cookies';
  /** Requests for each request that the throttle admits. */
  readonly strength: number;
  readonly people: number;
  readonly cookieSeconds: number;
  readonly lifetimes: number;
  /** Divisor for throttle, people and flood, compared with reality. */
  readonly scale: number;
}

export interface FloodResult {
  /** Share of people with valid cookies at the end of the flood. */
  readonly inAtTheEnd: number;
  /** Share of people whose cookies were valid all the time. */
  readonly alwaysIn: number;
  /** Share of the time with valid cookies, over all people. */
  readonly timeIn: number;
  /** Share of people with valid cookies two minutes after the flood. */
  readonly inAfterwards: number;
  /** Requests per person and hour. */
  readonly requestsAnHour: number;
  /** Most requests from people in one second after the flood, as a share of the throttle's burst. */
  readonly recoveryPeak: number;
}

const flood = JSON.parse(process.argv[2] ?? '') as Flood;
const afterwardsSeconds = 120;
const siteOrigin = `https://${host}`;
const pause = setImmediate;
const google = await startStandInGoogle({ port: 0 });
google.setAudience(clientId);
const keySet = await (await fetch(`${google.origin}/oauth2/v3/certs`)).text();
const tokens = Array.from({ length: flood.people + 1 }, (_, person) =>
  google.issueToken({ email: `p${person}@example.com` }),
);
await google.close();

// The simulated clock, in milliseconds, and its timers.
const began = Date.now();
let now = began;
interface Timer {
  readonly at: number;
  readonly run: () => void;
  /** Node's own modules call it on every timer. */
  readonly unref: () => void;
}
const timers = new Set<Timer>();
let nextTimer = Number.POSITIVE_INFINITY;
const findNext = (): void => {
  nextTimer = Math.min(Number.POSITIVE_INFINITY, ...[...timers].map(({ at }) => at));
};
const setTimer = (run: (value: unknown) => void, ms = 0, value?: unknown): Timer => {
  const timer = { at: now + ms, run: () => run(value), unref: () => {} };
  timers.add(timer);
  nextTimer = Math.min(nextTimer, timer.at);
  return timer;
};
const clearTimer = (timer: Timer): void => {
  if (timers.delete(timer)) findNext();
};
// The same numbers in every run.
let seed = 1;
const random = (): number => {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return seed / 2 ** 32;
};
Object.assign(globalThis, { setTimeout: setTimer, clearTimeout: clearTimer });
Date.now = () => now;
performance.now = () => now - began;
Math.random = random;

const bucket: PrivateBucket = {
  read: async (key) => ({ kind: 'found', text: privateObjects[key] ?? '', etag: key, version: key }),
  versions: async () => undefined,
  create: async () => ({ kind: 'exists' }),
  replace: async () => ({ kind: 'exists' }),
  list: async () => undefined,
};
const log: Log = () => {};
const clock = (): number => now;
const googleKeys = createKeySet({
  url: 'https://keys.example',
  algorithm: 'RS256',
  fetchText: async () => keySet,
  now: clock,
  log,
});
const handler = createHandler({
  allowedOrigins: [],
  paths: defaultPaths,
  providers: [{ kind: 'google', clientId, scriptUrl: 'https://accounts.google.com/gsi/client', redirectOnIos: true }],
  issuers: issuersByName([trustedGoogle([clientId], googleKeys)]),
  accessDocuments: createAccessDocuments({ bucket, now: clock, log }),
  accessRequests: null,
  signingKey: createSigningKeyStore({ bucket, fingerprint, keyPairId, log }),
  identityPool: null,
  session: { hosts: [host], trustedKeys: parseTrustedKeys(trustedKeys), maximumSeconds: 86_400 },
  cookieSeconds: flood.cookieSeconds,
  persistent: false,
  claimNames: [],
  hash: 'SHA256',
  randomBytes,
  audit: createAudit({ log, now: clock, pseudonyms: null }),
  pseudonyms: null,
  log,
  now: clock,
});
const invoke = async (event: unknown) =>
  ({
    kind: 'returned',
    value: await handler(event as Parameters<typeof handler>[0], { getRemainingTimeInMillis: () => 10_000 }),
  }) as const;

const { api: asSynthesized } = await readStack(flood.stackDirectory, host);
const scaled = ({ rate, burst }: { readonly rate: number; readonly burst: number }) => ({
  rate: rate / flood.scale,
  burst: burst / flood.scale,
});
const throttle = scaled(asSynthesized.throttle);
const gateway = {
  clock,
  throttleClock: clock,
  invoke,
  renameWwwAuthenticate: false,
  headerEncoding: 'latin1' as const,
};
const model = flood.isShared
  ? { ...asSynthesized, routes: ['$default'], routeThrottles: new Map() }
  : {
      ...asSynthesized,
      routeThrottles: new Map([...asSynthesized.routeThrottles].map(([key, own]) => [key, scaled(own)] as const)),
    };
const send = createHttpApi({ ...gateway, api: { ...model, throttle } });
const unlimited = { rate: 1e9, burst: 1e9 };
/** For the sign-ins before the flood. */
const enter = createHttpApi({ ...gateway, api: { ...asSynthesized, throttle: unlimited, routeThrottles: new Map() } });

const requestOf = (method: string, path: string, headers: readonly (readonly [string, string])[]) => ({
  method,
  path,
  query: undefined,
  headers: [['Host', asSynthesized.host] as const, ...headers],
  body: emptyBody,
  ip: '127.0.0.1',
  httpVersion: '1.1' as const,
});

/** A person with one browser. */
class Person {
  cookie = '';
  /** When the CloudFront cookies expire, in milliseconds. */
  end = 0;
  isAlwaysIn = true;
  inMs = 0;
  watch: { start(): void; stop(): void } | undefined;

  take({ status, headers, body }: ApiResponse): void {
    const cookies = headers.filter(([name]) => name.toLowerCase() === 'set-cookie').map(([, value]) => value);
    const session = cookies.find((cookie) => cookie.startsWith('__Host-s3nator-session='));
    if (session === undefined) return;
    this.cookie = session.split(';')[0] ?? '';
    this.end = status < 300 ? Date.parse(JSON.parse(body.toString()).expiresAt) : 0;
  }
}

async function signIn(token: string | undefined): Promise<Person> {
  const person = new Person();
  person.take(await enter(requestOf('POST', sessionPath, [['Authorization', `Bearer ${token}`]])));
  if (person.end === 0) throw new Error('a sign-in was refused');
  return person;
}

// What a page provides to the element. Each person has their own origin, so locks and channels are separate.
const { SessionClient } = await import(pathToFileURL(join(flood.elementFolder, 'session-client.ts')).href);
const { SessionWatch } = await import(pathToFileURL(join(flood.elementFolder, 'session-watch.ts')).href);
const quiet = (): void => {};
const page = { hidden: false, addEventListener: quiet, removeEventListener: quiet };
Object.assign(globalThis, { document: page, addEventListener: quiet, removeEventListener: quiet });
const people = new Map<string, Person>();
let underway = 0;
let requests = 0;
const counted = async <T>(work: Promise<T>): Promise<T> => {
  underway++;
  return work.finally(() => underway--);
};
const { locks } = navigator as unknown as { readonly locks: { request(...given: unknown[]): Promise<unknown> } };
const request = locks.request.bind(locks);
Object.defineProperty(locks, 'request', { value: (...given: unknown[]) => counted(request(...given)) });
Object.assign(globalThis, {
  fetch: (url: string, { method = 'GET' } = {}) => {
    const { origin, pathname } = new URL(url);
    const person = people.get(origin) as Person;
    requests++;
    const headers = [['Cookie', person.cookie] as const, ['Origin', siteOrigin] as const];
    return counted(
      send(requestOf(method, pathname, headers)).then((answer) => {
        person.take(answer);
        return new Response(answer.body.toString(), { status: answer.status });
      }),
    );
  },
});
const settle = async (): Promise<void> => {
  for (let still = 0; still < 4; still = underway > 0 ? 0 : still + 1) await new Promise((done) => pause(done));
};

/** Opens a page with the element, which replaces the previous page. */
function open(origin: string, person: Person): void {
  person.watch?.stop();
  person.watch = new SessionWatch(new SessionClient(origin, origin), origin, quiet) as { start(): void; stop(): void };
  person.watch.start();
}

const browseMs = 600_000;
for (let number = 0; number < flood.people; number++) {
  // Spread out: the first sign-ins take half of the cookies' lifetime.
  now = began + (number / flood.people) * flood.cookieSeconds * 500;
  const person = await signIn(tokens[number]);
  const origin = `https://p${number}.example`;
  people.set(origin, person);
}
const mallory = await signIn(tokens[flood.people]);
for (const [number, [origin, person]] of [...people].entries()) {
  open(origin, person);
  // Every other person keeps the page. The others open another page every ten minutes while they can.
  const browse = (): void => {
    if (person.end > now) open(origin, person);
    setTimer(browse, browseMs);
  };
  if (number % 2 === 0) setTimer(browse, random() * browseMs);
  await settle();
}

const [method, path] = flood.sends === 'sign-in' ? (['GET', sessionPath] as const) : (['POST', renewalPath] as const);
const sent = requestOf(method, path, flood.sends === 'renewal-with-cookies' ? [['Cookie', mallory.cookie]] : []);
const gapMs = 1000 / (throttle.rate * flood.strength);
const gap = (): number => -Math.log(1 - random()) * gapMs;

/** Lets time pass until `until`, with or without the flood. */
async function pass(until: number, isFlooded: boolean): Promise<void> {
  let nextSent = isFlooded ? now + gap() : Number.POSITIVE_INFINITY;
  let sentSince = 0;
  for (;;) {
    const next = Math.min(nextTimer, nextSent, until);
    for (const person of people.values()) {
      const inMs = Math.max(0, Math.min(next, person.end) - now);
      person.inMs += inMs;
      if (inMs < next - now) person.isAlwaysIn = false;
    }
    now = Math.max(now, next);
    if (next === until) return;
    if (next === nextSent) {
      nextSent += gap();
      void send(sent);
      if (++sentSince % 20 === 0) await new Promise((done) => pause(done));
      continue;
    }
    for (const timer of [...timers]) {
      if (timer.at > now || !timers.delete(timer)) continue;
      timer.run();
    }
    findNext();
    if (underway > 0) await settle();
  }
}

const floodMs = flood.lifetimes * flood.cookieSeconds * 1000;
const start = now;
requests = 0;
await pass(start + floodMs, flood.sends !== 'nothing');
const all = [...people.values()];
const shareIn = (): number => all.filter(({ end }) => end > now).length / all.length;
const during = {
  inAtTheEnd: shareIn(),
  alwaysIn: all.filter(({ isAlwaysIn }) => isAlwaysIn).length / all.length,
  timeIn: all.reduce((total, { inMs }) => total + inMs, 0) / (floodMs * all.length),
  requestsAnHour: requests / all.length / (floodMs / 3_600_000),
};
let peak = 0;
for (let second = 1; second <= afterwardsSeconds; second++) {
  requests = 0;
  await pass(start + floodMs + second * 1000, false);
  peak = Math.max(peak, requests);
}
process.send?.({ ...during, inAfterwards: shareIn(), recoveryPeak: peak / throttle.burst } satisfies FloodResult);
process.exit();

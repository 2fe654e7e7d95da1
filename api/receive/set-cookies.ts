/** Writes Set-Cookie lines from the table of cookies. */
import { apiCookies } from '../../contract/cookies.ts';
import { expireCookie, setCookie } from './cookie-jar.ts';

type Table = typeof apiCookies;
type SetMoment = Table[keyof Table]['setAt'];
type EndMoment = Table[keyof Table]['endedAt'][number];

type CookiesAt<Moment> = {
  [Cookie in keyof Table]: Table[Cookie]['setAt'] extends Moment ? Cookie : never;
}[keyof Table];

/** Values of the cookies that are set at a moment. null expires the cookie instead. */
export type CookieValues<Moment extends SetMoment> = {
  readonly [Cookie in CookiesAt<Moment>]: Table[Cookie] extends { optional: true } ? string | null : string;
};

/** Lifetimes in seconds. */
export interface CookieLives {
  readonly cookieSeconds: number;
  readonly sessionSeconds: number;
}

/** `lives`: null if all cookies last until the browser is closed. */
export function setCookiesAt<Moment extends SetMoment>(
  moment: Moment,
  values: CookieValues<Moment>,
  lives: CookieLives | null = null,
): readonly string[] {
  const given: Readonly<Record<string, string | null>> = values;
  return Object.entries(apiCookies)
    .filter(([, { setAt }]) => setAt === moment)
    .map(([cookie, { name, attributes, life }]) => {
      const value = given[cookie] ?? null;
      const seconds = life === null ? null : (lives?.[life] ?? null);
      return value === null ? expireCookie(name, attributes) : setCookie(name, value, attributes, seconds);
    });
}

export const expireCookiesAt = (moment: EndMoment): readonly string[] =>
  Object.values(apiCookies)
    .filter(({ endedAt }) => (endedAt as readonly EndMoment[]).includes(moment))
    .map(({ name, attributes }) => expireCookie(name, attributes));

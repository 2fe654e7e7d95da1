/** Reads `--until`: a time, a day up to its end, or a span from now, in the operator's time zone. */
import { documentTime } from './format.ts';

export const allowedUntil =
  'a time with its zone, such as 2027-01-31T00:00:00Z; ' +
  'a day, such as 2027-01-31, to its end; or a span, such as 12h, 30d or 2w';

export interface Until {
  /** The time as documents write it. What is neither a day nor a span stays as it was typed. */
  readonly time: string;
  /** How a day or a span was understood; undefined for a time. */
  readonly note: string | undefined;
}

const localTime = new Intl.DateTimeFormat('sv', { dateStyle: 'short', timeStyle: 'short' });

/** `now`: where a span starts. Days are those of this machine's time zone, even if a day has 23 or 25 hours. */
export function untilOf(text: string, now: Date): Until {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const end = endOfDay(text) ?? endOfSpan(text, now);
  if (end === undefined) return { time: text, note: undefined };
  const time = documentTime(end.getTime());
  const meant = endOfDay(text) === undefined ? `until ${localTime.format(Date.parse(time))}` : 'to the end of that day';
  return { time, note: `--until ${text}: ${meant} in ${zone}, which is ${time}` };
}

/** The first moment of the next day; undefined if the text is not a calendar day. */
function endOfDay(text: string): Date | undefined {
  const [, year, month, day] = (/^(\d{4})-(\d\d)-(\d\d)$/.exec(text) ?? []).map(Number);
  if (year === undefined || month === undefined || day === undefined || year < 1970 || year > 9998) return undefined;
  const start = new Date(year, month - 1, day);
  return start.getMonth() === month - 1 ? new Date(year, month - 1, day + 1) : undefined;
}

/** Hours are exact. Days and weeks end at the same time of day. */
function endOfSpan(text: string, now: Date): Date | undefined {
  const [, count = '', unit] = /^([1-9]\d{0,3})([hdw])$/.exec(text) ?? [];
  if (unit === undefined) return undefined;
  if (unit === 'h') return new Date(now.getTime() + Number(count) * 3_600_000);
  const end = new Date(now);
  end.setDate(end.getDate() + Number(count) * (unit === 'w' ? 7 : 1));
  return end;
}

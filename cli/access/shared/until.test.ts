import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { empty, type LocalSite, liveKey, startLocalSite } from '../testing/local-site.ts';
import { ruleOf } from './typed-rule.ts';
import { untilOf } from './until.ts';

const module = fileURLToPath(new URL('until.ts', import.meta.url));

/** What `--until` means on a machine in another time zone. */
function untilIn(zone: string, text: string, now = '2026-01-01T12:00:00Z'): ReturnType<typeof untilOf> {
  const script = `
    import { untilOf } from ${JSON.stringify(module)};
    const until = untilOf(${JSON.stringify(text)}, new Date(${JSON.stringify(now)}));
    console.log(JSON.stringify(until));
  `;
  const env = { PATH: process.env['PATH'], TZ: zone };
  return JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', script], { env, encoding: 'utf8' }));
}

describe('--until', () => {
  it.each([
    ['Europe/Berlin', '2026-12-31', '2026-12-31T23:00:00Z'],
    ['America/Los_Angeles', '2026-12-31', '2027-01-01T08:00:00Z'],
    ['UTC', '2026-12-31', '2027-01-01T00:00:00Z'],
    // The days on which clocks change have 23 and 25 hours.
    ['Europe/Berlin', '2026-03-28', '2026-03-28T23:00:00Z'],
    ['Europe/Berlin', '2026-03-29', '2026-03-29T22:00:00Z'],
    ['Europe/Berlin', '2026-10-25', '2026-10-25T23:00:00Z'],
    // In Beirut clocks go from midnight to one o'clock: the day ends when the next one begins.
    ['Asia/Beirut', '2026-03-28', '2026-03-28T22:00:00Z'],
    ['UTC', '2028-02-29', '2028-03-01T00:00:00Z'],
  ])('in %s takes %s to the end of that day', (zone, day, time) => {
    const note = `--until ${day}: to the end of that day in ${zone}, which is ${time}`;
    expect(untilIn(zone, day)).toEqual({ time, note });
  });

  it.each([
    ['12h', '2026-03-28T18:00:00Z', '2026-03-29T06:00:00Z', '2026-03-29 08:00'],
    ['1d', '2026-03-28T18:00:00Z', '2026-03-29T17:00:00Z', '2026-03-29 19:00'],
    ['30d', '2026-10-01T10:00:00Z', '2026-10-31T11:00:00Z', '2026-10-31 12:00'],
    ['2w', '2026-01-01T10:00:00Z', '2026-01-15T10:00:00Z', '2026-01-15 11:00'],
  ])('takes %s from %s to %s: hours are hours, days end at the same time of day', (span, now, time, local) => {
    const note = `--until ${span}: until ${local} in Europe/Berlin, which is ${time}`;
    expect(untilIn('Europe/Berlin', span, now)).toEqual({ time, note });
  });

  it.each([
    '2026-02-29',
    '2026-13-01',
    '2026-00-10',
    '2026-1-1',
    '0d',
    '12',
    '30m',
    '1.5d',
    '-1d',
    '99999d',
    '31.12.2026',
    'tomorrow',
    '2026-12-31T00:00:00',
    '9999-12-31',
    '',
  ])('refuses %j, and says what there is', (text) => {
    expect(() => ruleOf({ anyone: true, until: text })).toThrow(
      `--until: got ${text}; allowed: a time with its zone, such as 2027-01-31T00:00:00Z; ` +
        'a day, such as 2027-01-31, to its end; or a span, such as 12h, 30d or 2w',
    );
  });

  it.each([
    ['1969-12-31', false],
    ['1970-01-01', true],
    ['9998-12-31', true],
    ['9999-12-31', false],
  ])('takes %s for a day: %s', (text, isDay) => {
    expect(untilOf(text, new Date()).note !== undefined).toBe(isDay);
  });

  it('leaves a time with a zone as it was typed', () => {
    const text = '2027-01-31T00:00:00+01:00';
    expect(untilOf(text, new Date())).toEqual({ time: text, note: undefined });
    expect(ruleOf({ anyone: true, until: text }).until).toBe(text);
  });
});

describe('a command with --until', () => {
  let site: LocalSite;
  beforeEach(async () => {
    site = await startLocalSite();
  });
  afterEach(() => site.close());

  it('echoes what the day was taken for, writes the time, and takes the rule away by the same words', async () => {
    const { time, note } = untilOf('2027-12-31', new Date());
    const out = await site.run('add-rule', '--email', 'bob@gmail.com', '--until', '2027-12-31', '--yes');
    expect(out).toContain(`! ${note}`);
    expect(await site.live()).toMatchObject({ rules: [{ until: time }] });
    await site.run('remove-rule', '--email', 'bob@gmail.com', '--until', '2027-12-31', '--yes');
    expect(await site.live()).toEqual(empty);
  });

  it('refuses a day that is over', async () => {
    await expect(site.run('add-rule', '--anyone', '--until', '2026-12-31', '--yes')).rejects.toThrow(
      /--until: got .*, which is in the past/,
    );
    expect(site.bucket.versions(liveKey)).toHaveLength(1);
  });
});

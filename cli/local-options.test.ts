import { describe, expect, it } from 'vitest';
import { localOptions, localOptionsOf } from './local-options.ts';
import { parseOptions } from './parse-options.ts';

const read = (...args: readonly string[]) => localOptionsOf(parseOptions(args, localOptions).values);

describe('the options of start and synth', () => {
  it('default to port 8080, the stand-in Google and the values of the config', () => {
    expect(read()).toEqual({
      port: 8080,
      content: undefined,
      site: undefined,
      https: false,
      google: false,
      cookieSeconds: undefined,
    });
  });

  it('are passed on as they were given', () => {
    const given = '--port 9000 --content built --site docs --https --google --cookie-seconds 30'.split(' ');
    expect(read(...given)).toEqual({
      port: 9000,
      content: 'built',
      site: 'docs',
      https: true,
      google: true,
      cookieSeconds: 30,
    });
  });

  it.each([1024, 65_533])('allow port %i, because the two ports after it exist, too', (port) => {
    expect(read('--port', String(port)).port).toBe(port);
  });

  it.each(['1023', '65534', '80', '-1', '8080.5', 'http'])('refuse port %s', (port) => {
    expect(() => read(`--port=${port}`)).toThrow(
      new Error(`--port: got ${port}; allowed: a whole number from 1024 to 65533`),
    );
  });

  it.each([10, 604_800])('allow cookies that live %i seconds', (seconds) => {
    expect(read('--cookie-seconds', String(seconds)).cookieSeconds).toBe(seconds);
  });

  it.each(['9', '604801', '0', '10.5', '1h'])('refuse cookies that live %s seconds', (seconds) => {
    expect(() => read('--cookie-seconds', seconds)).toThrow(
      new Error(`--cookie-seconds: got ${seconds}; allowed: a whole number of seconds from 10 to 604800`),
    );
  });
});

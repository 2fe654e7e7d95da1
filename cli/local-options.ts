/** The options that `start` and `synth` share. */
import type { Options, Values } from './parse-options.ts';
import { typedPath } from './typed-path.ts';

export const localOptions = {
  port: { type: 'string', value: 'N' },
  content: { type: 'string', value: 'DIR' },
  site: { type: 'string', value: 'NAME' },
  google: { type: 'boolean' },
  https: { type: 'boolean' },
  'cookie-seconds': { type: 'string', value: 'N' },
} as const satisfies Options;

/** Where the site is unless `--port` says otherwise. */
export const defaultPort = 8080;

const wholePort = (text: string | undefined): number => {
  const port = Number(text ?? defaultPort);
  // The stand-ins take the next two ports. Lower ports are reserved, and browsers leave port 80 out of an origin.
  if (!Number.isInteger(port) || port < 1024 || port > 65_533) {
    throw new Error(`--port: got ${text}; allowed: a whole number from 1024 to 65533`);
  }
  return port;
};

/** Allows less than the config does, so that nobody has to wait a minute to see a renewal. */
function cookieLife(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = Number(text);
  if (Number.isInteger(seconds) && seconds >= 10 && seconds <= 604_800) return seconds;
  throw new Error(`--cookie-seconds: got ${text}; allowed: a whole number of seconds from 10 to 604800`);
}

/** Options that `start` and `synth` share. */
export interface LocalOptions {
  readonly port: number;
  readonly content: string | undefined;
  readonly site: string | undefined;
  readonly google: boolean;
  /** The site and what browsers see of the stand-ins are at https. */
  readonly https: boolean;
  /** Life of the signed cookies; undefined: the config's. */
  readonly cookieSeconds: number | undefined;
}

export const localOptionsOf = ({
  port,
  content,
  site,
  google = false,
  https = false,
  ...values
}: Values<typeof localOptions>): LocalOptions => ({
  port: wholePort(port),
  content: content === undefined ? undefined : typedPath(content),
  site,
  google,
  https,
  cookieSeconds: cookieLife(values['cookie-seconds']),
});

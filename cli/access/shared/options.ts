/** The options of the access commands. */
import type { Options, Values } from '../../parse-options.ts';

/** The options that say a rule. */
export const ruleOptions = {
  domain: { type: 'string', value: 'D', multiple: true },
  email: { type: 'string', value: 'A', multiple: true },
  subject: { type: 'string', value: 'ISS SUB', multiple: true },
  'service-account': { type: 'string', value: 'A', multiple: true },
  claim: { type: 'string', value: 'NAME=VALUE', multiple: true },
  anyone: { type: 'boolean' },
  issuer: { type: 'string', value: 'I' },
  'trust-unmanaged': { type: 'boolean' },
  path: { type: 'string', value: 'P' },
  until: { type: 'string', value: 'T' },
} as const satisfies Options;

/** The options that every access command takes. */
export const commonOptions = {
  site: { type: 'string', value: 'NAME' },
  'local-site': { type: 'boolean' },
  yes: { type: 'boolean' },
} as const satisfies Options;

/** The options of all access commands but `log`. */
export const accessOptions = {
  ...commonOptions,
  ...ruleOptions,
  first: { type: 'boolean' },
  last: { type: 'boolean' },
  position: { type: 'string', value: 'N' },
  everyone: { type: 'boolean' },
  answered: { type: 'boolean' },
} as const satisfies Options;

export type AccessOptionName = keyof typeof accessOptions;
export type AccessValues = Values<typeof accessOptions>;

/** What the options of a rule were given. */
export type RuleWords = Values<typeof ruleOptions>;

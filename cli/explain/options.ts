/** The options of `npm run explain`. */
import type { Options } from '../parse-options.ts';

export const explainOptions = {
  live: { type: 'boolean' },
  'local-site': { type: 'boolean' },
  file: { type: 'string', value: 'F' },
  hd: { type: 'string', value: 'DOMAIN' },
  via: { type: 'string', value: 'NAME' },
  issuer: { type: 'string', value: 'I' },
  subject: { type: 'string', value: 'ISS SUB' },
  claim: { type: 'string', value: 'NAME=VALUE', multiple: true },
  token: { type: 'string', value: 'FILE' },
  site: { type: 'string', value: 'NAME' },
} as const satisfies Options;

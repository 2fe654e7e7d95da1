/** The options of `npm run access -- log`, and its usage. */
import type { Options } from '../../parse-options.ts';

export const logOptions = {
  since: { type: 'string', value: 'TIME' },
  person: { type: 'string', value: 'P' },
  request: { type: 'string', value: 'ID' },
  follow: { type: 'boolean' },
  json: { type: 'boolean' },
  'local-site': { type: 'boolean' },
  site: { type: 'string', value: 'NAME' },
} as const satisfies Options;

export const logCall =
  'log [--since TIME] [--person P] [--request ID] [--follow] [--json] [--local-site] [--site NAME]';

export const logUsage = `Usage: npm run access -- ${logCall}

  --since TIME  how far back: 30s, 15m, 1h, 7d, or a time such as 2027-01-31T08:00:00Z (default: 1h)
  --person P    only lines about this address, account (sub) or session; finds pseudonyms, too
  --request ID  everything that the log has about one request. The page that refused it shows the ID.
                Looks back as far as the log is kept
  --follow      also prints new lines as they come; Ctrl-C stops it
  --json        prints each line as one line of JSON, and everything else to standard error
  --local-site  the site that npm start runs, instead of the deployed one
`;

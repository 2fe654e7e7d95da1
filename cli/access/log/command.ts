/** `access log`: who got in, who did not, and what was refused, as a table or as JSON lines. */
import { jsonLine, withoutCount } from '../../../api/shared/log.ts';
import { logGroupOf } from '../../../contract/layout.ts';
import { issuerOf } from '../../../contract/providers.ts';
import { loadConfig } from '../../../stacks/load-config.ts';
import { type ChosenSite, chosenSite } from '../../chosen-site.ts';
import { typed } from '../../npm-options.ts';
import { parseOptions } from '../../parse-options.ts';
import { orLocally } from '../../running-site.ts';
import { paint, write, writeError } from '../../terminal.ts';
import { accessTarget } from '../shared/target.ts';
import { localLog } from './local-log.ts';
import { type LogLine, readLogLine, requestOf } from './log-line.ts';
import { filterFor, namesOf, type PersonFilter, readPseudonymKey } from './log-person.ts';
import { auditTableHead, logRow } from './log-row.ts';
import type { LogQuery, LogSource } from './log-source.ts';
import { logOptions } from './options.ts';

export interface AccessLogOptions {
  /** Folder with `s3nator.config.ts`. */
  readonly root: string;
  /** The words after `access log` on the command line. */
  readonly args: readonly string[];
}

const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const zonedTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;

/**
 * The time that `--since` names, in epoch milliseconds. Throws one line if it is neither a span nor a time in the past.
 */
export function sinceMs(text: string, now: number): number {
  const [, count = '', unit = ''] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  const time =
    unit === '' ? (zonedTime.test(text) ? Date.parse(text) : Number.NaN) : now - Number(count) * (unitMs[unit] ?? 0);
  if (Number.isNaN(time) || time > now || time < 0) {
    throw new Error(
      `--since: got ${text}; allowed: 30s, 15m, 1h, 7d, or a past time with its zone, such as 2027-01-31T08:00:00Z`,
    );
  }
  return time;
}

async function sourceOf({ name, config }: ChosenSite, root: string, local: boolean): Promise<LogSource> {
  if (local) return localLog(root, name);
  const { CloudWatchLogsClient } = await import('@aws-sdk/client-cloudwatch-logs');
  const { deployedLog } = await import('./deployed-log.ts');
  const { region, stage } = config;
  return deployedLog({
    // The whole account shares a few calls of FilterLogEvents a second, so the SDK backs off and tries again.
    client: new CloudWatchLogsClient({ region, maxAttempts: 8, retryMode: 'adaptive' }),
    site: name,
    region,
    logGroup: logGroupOf(`${name}-${stage}`),
    now: Date.now,
    warn: (text) => writeError(`${paint('yellow', 'note')} ${text}\n`),
  });
}

/** Which lines a query asks for. */
interface Asked {
  readonly isWanted?: PersonFilter;
  readonly request?: string | undefined;
}

const fieldsIn = (read: LogLine): object =>
  read.kind === 'audit' ? read.line : read.kind === 'refused' ? read.line.fields : read.fields;

function isAsked(read: LogLine, { sinceMs, request, isWanted }: Asked & Pick<LogQuery, 'sinceMs'>): boolean {
  const time = 'line' in read ? read.line.time : undefined;
  if (time !== undefined && Date.parse(time) < sinceMs) return false;
  // A person reports the ID of a request, so every line about it is part of the answer.
  if (request !== undefined) return requestOf(read) === request;
  if (read.kind === 'audit') return isWanted?.(read.line) ?? true;
  // A refusal names nobody.
  return read.kind === 'refused' && isWanted === undefined;
}

/** Prints the lines that were asked for, and says if there are none. */
export async function printLog(
  source: LogSource,
  query: LogQuery & Asked & { readonly json: boolean },
  print: { readonly out: (line: string) => void; readonly note: (line: string) => void },
): Promise<void> {
  const { json } = query;
  const aside = json ? print.note : print.out;
  aside(source.title);
  let shown = 0;
  let newer = 0;
  for await (const text of source.lines(query)) {
    const read = readLogLine(text);
    if (read.kind === 'newer') newer += 1;
    if (!isAsked(read, query)) continue;
    if (shown === 0 && !json) print.out(auditTableHead);
    shown += 1;
    print.out(json ? jsonLine(withoutCount(fieldsIn(read))) : logRow(read));
  }
  if (newer > 0) {
    const lines = newer === 1 ? '1 line was' : `${newer} lines were`;
    print.note(`${lines} written by a newer version. Fix: update this checkout`);
  }
  if (shown === 0) {
    const decisions = query.isWanted === undefined ? 'No decision and no refusal' : 'No decision';
    const what = query.request === undefined ? decisions : `Nothing about request ${query.request}`;
    aside(`${what} since ${new Date(query.sinceMs).toISOString()}.`);
  }
}

async function personFilter(
  { name, config }: ChosenSite,
  root: string,
  { person, local }: { readonly person?: string | undefined; readonly local: boolean },
): Promise<PersonFilter | undefined> {
  if (person === undefined) return undefined;
  const { pseudonyms } = config.audit;
  // The bucket is read only for pseudonyms, because it takes more permissions than the log.
  const key = pseudonyms ? await readPseudonymKey(await accessTarget({ root, site: name, local })) : undefined;
  return filterFor(
    person,
    namesOf(
      person,
      config.providers.flatMap((provider) => issuerOf(provider) ?? []),
      key,
    ),
  );
}

/**
 * An ID as API Gateway and Lambda make it. It becomes part of a CloudWatch pattern, where a quotation mark would end
 * it.
 */
function checkRequest(text: string | undefined): void {
  if (text === undefined || /^[A-Za-z0-9+/=_-]{1,128}$/.test(text)) return;
  throw new Error(`--request: got ${text}; allowed: the ID that the page shows, such as JKJaXmPLvHcESHA=`);
}

/** Runs `access log`. Throws a plain `Error` with one line if something is wrong. */
export async function accessLog({ root, args }: AccessLogOptions): Promise<void> {
  const { values } = parseOptions(args, logOptions);
  const { 'local-site': local = false, follow = false, json = false } = values;
  const now = Date.now();
  const { request, person } = values;
  checkRequest(request);
  if (values.since !== undefined) sinceMs(values.since, now);
  const chosen = chosenSite(await loadConfig(root), values.site);
  const { logDays } = chosen.config;
  // People report a request without its time, and CloudWatch finds one ID quickly, so the whole log is searched.
  const since = sinceMs(values.since ?? (request === undefined ? '1h' : `${logDays}d`), now);
  if (!local && now - since > logDays * 86_400_000) {
    writeError(`${paint('yellow', 'note')} the log is kept for ${logDays} days (logDays)\n`);
  }
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stop.abort());
  // The reader of the output may end first, as in `| head`.
  process.stdout.on('error', () => stop.abort());
  const show = async (): Promise<void> => {
    const isWanted = await personFilter(chosen, root, { person, local });
    const query = {
      ...(isWanted && { isWanted }),
      request,
      sinceMs: since,
      follow,
      json,
      signal: stop.signal,
    };
    await printLog(await sourceOf(chosen, root, local), query, {
      out: (line) => write(`${line}\n`),
      note: (line) => writeError(`${line}\n`),
    });
  };
  const command = `npm run access -- log ${typed([...args, '--local-site'])}`;
  await (local ? show() : orLocally({ root, site: chosen.name, command }, show));
}

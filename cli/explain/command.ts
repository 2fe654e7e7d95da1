/** `npm run explain`: whether an account may see a path, and by which rule. Decides by the API's own code. */
import { readFileSync } from 'node:fs';
import type { DocumentsInForce } from '../../api/decide/access-documents.ts';
import {
  type AccessDocument,
  accessDocumentVersion,
  emptyAccessDocument,
  parseAccessDocument,
} from '../../contract/access-rules.ts';
import { accessConfigKey, accessLiveKey } from '../../contract/layout.ts';
import { visible } from '../../contract/visible-text.ts';
import { loadConfig } from '../../stacks/load-config.ts';
import { noticeSeconds } from '../access/document/confirm-write.ts';
import { documentProblems, readInForce } from '../access/document/in-force.ts';
import { type AccessStore, openAccessStore } from '../access/document/store.ts';
import { shortVersion, timeText } from '../access/shared/format.ts';
import { accessTarget } from '../access/shared/target.ts';
import { type AccessTerminal, processTerminal } from '../access/shared/terminal.ts';
import { claimsOf, personOf, prepared, subjectOf } from '../access/shared/typed-rule.ts';
import { chosenSite } from '../chosen-site.ts';
import { typed } from '../npm-options.ts';
import { parseOptions } from '../parse-options.ts';
import { orLocally, runsHere } from '../running-site.ts';
import { paint } from '../terminal.ts';
import { WrongCall } from '../wrong-call.ts';
import { type ExplainContext, explained } from './explanation.ts';
import { explainOptions } from './options.ts';
import { describedSubjects, issuersOf, tokenSubject } from './subject.ts';

export interface ExplainOptions {
  /** Folder with `s3nator.config.ts`. */
  readonly root: string;
  readonly args: readonly string[];
  readonly terminal?: AccessTerminal;
}

/**
 * Resolves to whether the account may see the path; undefined if it depends on something that was not given. Throws a
 * plain `Error` if it cannot be determined.
 */
export async function explainCommand({
  root,
  args,
  terminal = processTerminal,
}: ExplainOptions): Promise<boolean | undefined> {
  const { values, words } = parseOptions(prepared(args), explainOptions, { takesWords: true });
  const { live = false, 'local-site': local = false, file, token, site } = values;
  if ([live, local, file !== undefined].filter(Boolean).length > 1) {
    throw new Error('explain: allowed: one of --live, --local-site and --file');
  }
  const isDescribed =
    values.hd !== undefined ||
    values.via !== undefined ||
    values.issuer !== undefined ||
    values.subject !== undefined ||
    values.claim !== undefined;
  if (token !== undefined && isDescribed)
    throw new Error('explain: the account comes from --token; leave out --hd, --via, --issuer, --subject and --claim');
  const names = token === undefined && !(values.subject !== undefined && words.length === 1);
  const [email, path] = names ? words : [undefined, words[0]];
  if (path === undefined || words.length !== (names ? 2 : 1))
    throw new WrongCall(
      `explain: got ${words.join(' ') || 'nothing'}; allowed: ${names ? 'an address and a path' : 'a path'}.`,
    );
  if (email !== undefined) personOf([email]);
  const subject = values.subject === undefined ? undefined : subjectOf(values.subject);
  const wanted = requestedPath(path);

  const about = args.filter((word) => word !== '--live');
  const command = `npm run explain -- ${typed([...about, '--local-site'])}`;
  const context = await (local
    ? contextAt(root, site, true)
    : live
      ? orLocally({ root, site, command }, () => contextAt(root, site, false))
      : contextOf(root, site, file));
  const { config, now } = context;
  terminal.print(`${context.title}\n`);
  // The option is missing, or npm took its old name without leaving a trace.
  if (!live && !local && file === undefined && (await runsHere({ root, site }))) {
    terminal.print(
      `${paint('yellow', '!')} npm start runs this site with its own live rules. To use those: ${command}\n`,
    );
  }
  for (const trouble of context.troubles) terminal.print(`${paint('red', trouble)}\n`);
  const issuers = issuersOf(config, context.userPool, () => now);
  const described = {
    email,
    hd: values.hd,
    via: values.via,
    issuer: values.issuer,
    subject,
    claims: claimsOf(values.claim ?? []),
  };
  const asked =
    token === undefined
      ? describedSubjects(described, issuers, config)
      : [await tokenSubject(token, issuers, config, now, live || local)];
  const answer = await explained(context, asked, wanted);
  terminal.print(answer.text);
  return answer.allowed;
}

/** Path and query as a browser sends them. */
function requestedPath(text: string): URL {
  const isPath = text.startsWith('/') && !text.startsWith('//');
  const base = isPath ? 'https://site.invalid' : undefined;
  if (URL.canParse(text, base)) {
    const url = new URL(text, base);
    if (url.protocol === 'https:' || url.protocol === 'http:') return url;
  }
  throw new Error(`path: got ${text}; allowed: a path of the site such as /docs/guide.html, or its address`);
}

async function contextAt(root: string, site: string | undefined, local: boolean): Promise<ExplainContext> {
  const target = await accessTarget({ root, site, local });
  const store = await openAccessStore(target);
  const { inForce, troubles } = await readInForce(target, store);
  if (inForce === undefined)
    throw new Error(['No documents are in force: nobody can sign in.', ...troubles].join('\n'));
  const { config, live } = inForce.versions;
  const documents = `config.json of version ${shortVersion(config)} and live.json of version ${shortVersion(live)}`;
  const since = (await lastWritten(store, inForce.versions)) + noticeSeconds(target) * 1000;
  return {
    title: `${target.title}\nby ${documents}, ${sinceText(since, store.now())}`,
    documents: inForce.documents,
    config: target.config,
    userPool: target.userPool,
    host: new URL(target.siteUrl).host,
    store,
    troubles,
    now: store.now(),
  };
}

/** When the later of the two documents in force was written, in milliseconds since 1970. */
async function lastWritten(store: AccessStore, { config, live }: DocumentsInForce['versions']): Promise<number> {
  const stored = await Promise.all([store.read(accessConfigKey, config), store.read(accessLiveKey, live)]);
  return Math.max(...stored.map((document) => document?.modified.getTime() ?? 0));
}

/** Since when the documents are in force. Some instances of the Lambda may still use the previous ones for a while. */
export function sinceText(since: number, now: number): string {
  if (since <= now) return `in force since ${timeText(since)}`;
  const soon = `in force from ${timeText(since)} at the latest; until then, the previous documents may decide a \
sign-in`;
  return paint('yellow', soon);
}

async function contextOf(root: string, site: string | undefined, file: string | undefined): Promise<ExplainContext> {
  const { name, config } = chosenSite(await loadConfig(root), site);
  const own: AccessDocument = {
    version: accessDocumentVersion,
    blocked: config.access.blocked,
    rules: config.access.rules,
  };
  const live = file === undefined ? emptyAccessDocument : documentOf(file);
  return {
    title: `Site ${paint('bold', name)} by s3nator.config.ts \
${file === undefined ? 'alone, without the live rules (--live)' : `and ${visible(file)} as the live document`}`,
    documents: { config: own, live },
    config,
    userPool: null,
    host: config.domain?.name ?? 'YOUR-SITE.cloudfront.net',
    store: undefined,
    troubles: [],
    now: Date.now(),
  };
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`--file: ${file} cannot be read (${(error as NodeJS.ErrnoException).code})`, { cause: error });
  }
}

function documentOf(file: string): AccessDocument {
  const text = textOf(file);
  const problems = documentProblems(text);
  const { document } = parseAccessDocument(text);
  if (document !== undefined && problems.length === 0) return document;
  throw new Error(
    `--file: ${file} is not an access document:\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
  );
}

/** Reads and caches the two access documents. */
import { type AccessDocument, maximumDocumentBytes, parseAccessDocument } from '../../contract/access-rules.ts';
import { accessConfigKey, accessLiveKey } from '../../contract/layout.ts';
import type { Documents } from '../../contract/rule-order.ts';
import type { Watch } from '../shared/invocations.ts';
import type { Log } from '../shared/log.ts';
import type { PrivateBucket } from '../shared/private-bucket.ts';
import { accept, type Refusal, type Result, refuse } from '../shared/refusal.ts';
import { sharedLoad } from '../shared/shared-load.ts';
import { type AccessRules, compileAccessRules } from './access-decision.ts';

/** A change takes effect after at most this long. */
const cacheMs = 60_000;
/**
 * If S3 cannot return a document, the last good version stays in force for this long after it was confirmed. An outage
 * must not lock everyone out at once.
 */
const maximumStaleMs = 300_000;
/** During an outage, how often S3 is tried again. */
const retryMs = 10_000;
/**
 * How many versions a cold start reads to find a good one. They are read one after another, within the Lambda's
 * timeout.
 */
const maximumVersions = 20;

export interface DocumentsInForce {
  readonly rules: AccessRules;
  readonly documents: Documents;
  /** S3 version of each document, for the audit. */
  readonly versions: { readonly config: string; readonly live: string };
}

export interface AccessDocuments {
  current(): Promise<Result<DocumentsInForce>>;
}

export interface AccessDocumentsOptions {
  readonly bucket: PrivateBucket;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: Log;
  /** Whether the instance stayed awake during a read. Default: nothing freezes it. */
  readonly watch?: Watch;
}

/** A version that was read and is valid. */
interface GoodDocument {
  readonly document: AccessDocument;
  readonly version: string;
  readonly etag: string;
}

/** A document's last good version, and when S3 last confirmed it. */
interface Confirmed {
  readonly good: GoodDocument;
  readonly at: number;
}

interface Pair {
  readonly config: GoodDocument;
  readonly live: GoodDocument;
}

const unavailable = (key: string, cause: string): Result<never> =>
  refuse('access-documents-unavailable', { key, cause });

/** The document is gone, or may not be read. It may have blocked someone, so no older version replaces it. */
const isGone = ({ evidence }: Refusal): boolean => evidence['cause'] === 'missing' || evidence['cause'] === 'forbidden';

function inForceOf({ config, live }: Pair): DocumentsInForce {
  const documents = { config: config.document, live: live.document };
  return {
    documents,
    rules: compileAccessRules(documents),
    versions: { config: config.version, live: live.version },
  };
}

export function createAccessDocuments({ bucket, now, log, watch }: AccessDocumentsOptions): AccessDocuments {
  const confirmed: Record<keyof Pair, Confirmed | undefined> = { config: undefined, live: undefined };
  /** Documents without a good version, by key: their newest version, and when to search again. */
  const hopeless = new Map<string, { readonly newest: string; readonly until: number }>();
  let inForce: (DocumentsInForce & { readonly of: Pair }) | undefined;
  let nextReadAt = Number.NEGATIVE_INFINITY;

  /**
   * Finds the newest good version before `unreadable`. If a version cannot be read, the search ends, because that
   * version may be the good one.
   */
  async function lastReadable(key: string, unreadable: string): Promise<Result<GoodDocument>> {
    const known = hopeless.get(key);
    if (known?.newest === unreadable && now() < known.until) return unavailable(key, 'malformed');
    const versions = await bucket.versions(key);
    if (versions === undefined) return unavailable(key, 'malformed');
    for (const version of versions.filter((candidate) => candidate !== unreadable).slice(0, maximumVersions)) {
      const reading = await bucket.read(key, { version });
      if (reading.kind === 'failed') return unavailable(key, reading.cause);
      if (reading.kind === 'forbidden') return unavailable(key, reading.kind);
      const document = reading.kind === 'found' ? parseAccessDocument(reading.text).document : undefined;
      if (document !== undefined && reading.kind === 'found') return accept({ document, version, etag: reading.etag });
    }
    hopeless.set(key, { newest: unreadable, until: now() + retryMs });
    return unavailable(key, 'malformed');
  }

  async function read(key: string, last: GoodDocument | undefined): Promise<Result<GoodDocument>> {
    const reading = await bucket.read(key, last && { unlessEtag: last.etag });
    if (reading.kind === 'failed') return unavailable(key, reading.cause);
    if (reading.kind === 'missing' || reading.kind === 'forbidden') return unavailable(key, reading.kind);
    if (reading.kind === 'unchanged') return last ? accept(last) : unavailable(key, 'unchanged');
    const { version } = reading;
    let problem = `document: allowed: at most ${maximumDocumentBytes} bytes`;
    if (reading.kind === 'found') {
      const parsed = parseAccessDocument(reading.text);
      if (parsed.document !== undefined) return accept({ document: parsed.document, version, etag: reading.etag });
      problem = parsed.problems[0].text;
    }
    const kept = last ? accept(last) : await lastReadable(key, version);
    log('error', 'access-document-malformed', {
      key,
      version,
      problem,
      inForce: kept.ok ? kept.value.version : null,
    });
    return kept;
  }

  /**
   * Reads one document into `confirmed`, whatever happens to the other one. Resolves to the reason if it could not be
   * read.
   */
  async function confirm(name: keyof Pair, key: string, at: number): Promise<Result<undefined>> {
    const result = await read(key, confirmed[name]?.good);
    // A read that continued after a freeze may return something older than what is cached now.
    const isNewest = at >= (confirmed[name]?.at ?? at);
    if (result.ok) {
      if (isNewest) confirmed[name] = { good: result.value, at };
      return accept(undefined);
    }
    if (isNewest && isGone(result.refusal)) confirmed[name] = undefined;
    return result;
  }

  const refresh = sharedLoad(async (isWhole): Promise<Result<DocumentsInForce>> => {
    const beganAt = now();
    const [config, live] = await Promise.all([
      confirm('config', accessConfigKey, beganAt),
      confirm('live', accessLiveKey, beganAt),
    ]);
    const failures = [config, live].flatMap((result) => (result.ok ? [] : [result.refusal]));
    if (isWhole()) {
      for (const { evidence } of failures) log('error', 'access-document-unavailable', evidence);
    }

    /** Until when a document's last good version is used without asking S3 again. */
    const usableUntil = ({ ok }: Result<undefined>, last: Confirmed | undefined): number => {
      if (last === undefined) return Number.NEGATIVE_INFINITY;
      return ok ? last.at + cacheMs : Math.min(now() + retryMs, last.at + maximumStaleMs);
    };
    const last = { ...confirmed };
    nextReadAt = Math.min(usableUntil(config, last.config), usableUntil(live, last.live));
    if (last.config === undefined || last.live === undefined || nextReadAt <= now()) {
      return refuse('access-documents-unavailable', failures[0]?.evidence);
    }
    const of = { config: last.config.good, live: last.live.good };
    if (inForce?.of.config !== of.config || inForce.of.live !== of.live) inForce = { ...inForceOf(of), of };
    return accept(inForce);
  }, watch);

  return {
    async current() {
      return inForce !== undefined && now() < nextReadAt ? accept(inForce) : refresh();
    },
  };
}

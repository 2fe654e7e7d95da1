/** Owns the two access documents: reading, caching, and which version of each is in force. Decides about nobody. */
import { type AccessDocument, maximumDocumentBytes, parseAccessDocument } from '../contract/access-rules.ts';
import { accessConfigKey, accessLiveKey } from '../contract/layout.ts';
import { type AccessRules, compileAccessRules } from './access-decision.ts';
import type { Log } from './log.ts';
import type { PrivateBucket } from './private-bucket.ts';
import { accept, type Result, refuse } from './refusal.ts';
import { sharedLoad } from './shared-load.ts';

/** A change takes effect after at most this long. */
const cacheMs = 60_000;
/** While S3 cannot be reached, documents that were confirmed this recently stay in force: an outage must not lock everyone out at once. */
const maximumStaleMs = 300_000;
/** How often S3 is tried again meanwhile. */
const retryMs = 10_000;
/** How many versions are looked at for a readable one on a cold start. */
const maximumVersions = 20;

export interface DocumentsInForce {
  readonly rules: AccessRules;
  readonly documents: { readonly config: AccessDocument; readonly live: AccessDocument };
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
}

/** The last version that could be read. */
interface GoodDocument {
  readonly document: AccessDocument;
  readonly version: string;
  readonly etag: string;
}

interface InForce extends DocumentsInForce {
  readonly config: GoodDocument;
  readonly live: GoodDocument;
}

const unavailable = (key: string, cause: string): Result<never> =>
  refuse('access-documents-unavailable', { key, cause });

export function createAccessDocuments({ bucket, now, log }: AccessDocumentsOptions): AccessDocuments {
  let inForce: InForce | undefined;
  let confirmedAt = 0;
  let nextReadAt = 0;

  async function lastReadable(key: string, unreadable: string): Promise<GoodDocument | undefined> {
    const versions = (await bucket.versions(key)) ?? [];
    for (const version of versions.filter((candidate) => candidate !== unreadable).slice(0, maximumVersions)) {
      const reading = await bucket.read(key, { version });
      const document = reading.kind === 'found' ? parseAccessDocument(reading.text).document : undefined;
      if (document !== undefined && reading.kind === 'found') return { document, version, etag: reading.etag };
    }
    return undefined;
  }

  async function read(key: string, last: GoodDocument | undefined): Promise<Result<GoodDocument>> {
    const reading = await bucket.read(key, last && { unlessEtag: last.etag });
    if (reading.kind === 'failed') return unavailable(key, reading.cause);
    // A document that is gone, or not for us to read, may have blocked someone: never taken for an empty one.
    if (reading.kind === 'missing' || reading.kind === 'forbidden') return unavailable(key, reading.kind);
    if (reading.kind === 'unchanged') return last ? accept(last) : unavailable(key, 'unchanged');
    const { version } = reading;
    let problem = `document: allowed: at most ${maximumDocumentBytes} bytes`;
    if (reading.kind === 'found') {
      const parsed = parseAccessDocument(reading.text);
      if (parsed.document !== undefined) return accept({ document: parsed.document, version, etag: reading.etag });
      problem = parsed.problems[0].text;
    }
    const kept = last ?? (await lastReadable(key, version));
    log('error', 'access-document-malformed', { key, version, problem, inForce: kept?.version ?? null });
    return kept ? accept(kept) : unavailable(key, 'malformed');
  }

  const refresh = sharedLoad(async (): Promise<Result<DocumentsInForce>> => {
    const [config, live] = await Promise.all([
      read(accessConfigKey, inForce?.config),
      read(accessLiveKey, inForce?.live),
    ]);
    if (config.ok && live.ok) {
      confirmedAt = now();
      nextReadAt = confirmedAt + cacheMs;
      if (inForce?.config !== config.value || inForce.live !== live.value) {
        const documents = { config: config.value.document, live: live.value.document };
        inForce = {
          config: config.value,
          live: live.value,
          documents,
          rules: compileAccessRules(documents),
          versions: { config: config.value.version, live: live.value.version },
        };
      }
      return accept(inForce);
    }
    const failures = [config, live].flatMap((result) => (result.ok ? [] : [result.refusal]));
    for (const { evidence } of failures) log('error', 'access-document-unavailable', evidence);
    const outage = failures.every(
      ({ evidence }) => evidence['cause'] !== 'missing' && evidence['cause'] !== 'forbidden',
    );
    if (inForce !== undefined && outage && now() - confirmedAt < maximumStaleMs) {
      nextReadAt = now() + retryMs;
      return accept(inForce);
    }
    return refuse('access-documents-unavailable', failures[0]?.evidence);
  });

  return {
    async current() {
      return inForce !== undefined && now() < nextReadAt ? accept(inForce) : refresh();
    },
  };
}

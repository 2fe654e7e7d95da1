/** Writes the audit: one log line for each decision. */
import type { DocumentsInForce } from '../decide/access-documents.ts';
import type { SessionStatement } from '../issue/session-statement.ts';
import type { ApiRequest } from '../receive/request.ts';
import type { Log, LogFields } from '../shared/log.ts';
import { accept, type Result } from '../shared/refusal.ts';
import { rfc3339 } from '../shared/rfc3339.ts';
import type { AuditedDenial, AuditLine } from './audit-line.ts';
import type { AuditedPerson, Pseudonyms } from './pseudonyms.ts';

export type AuditEntry =
  | {
      readonly event: 'granted' | 'renewed';
      readonly request: ApiRequest;
      /** Exactly as it was signed, so that the line matches the cookies. */
      readonly session: SessionStatement;
      /** The rule that decided, such as `live.rules[0]`. */
      readonly rule: string;
      /** Versions of the documents that contain it. */
      readonly documents: DocumentsInForce['versions'];
    }
  | {
      readonly event: 'denied';
      readonly request: ApiRequest;
      readonly action: 'sign-in' | 'renewal';
      readonly who: AuditedPerson;
      /** The session that was to be renewed. */
      readonly sid?: string;
      readonly why: AuditedDenial;
      readonly documents: DocumentsInForce['versions'];
    }
  | {
      readonly event: 'access-requested';
      readonly request: ApiRequest;
      readonly who: AuditedPerson;
      /** Versions of the documents that do not admit the person. */
      readonly documents: DocumentsInForce['versions'];
    }
  | { readonly event: 'signed-out'; readonly request: ApiRequest; readonly session: SessionStatement };

/** Writes the line for one decision. A refusal means that no line was written, so the decision must not take effect. */
export type Audit = (entry: AuditEntry) => Promise<Result<undefined>>;

export interface AuditOptions {
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** null: the log shows people's addresses. */
  readonly pseudonyms: Pseudonyms | null;
}

/** Version of the lines. `audit-line.ts` describes it. */
const schema = 1 satisfies AuditLine['schema'];

/** The fields other than person and time. */
function detailsOf(entry: AuditEntry): LogFields {
  switch (entry.event) {
    case 'granted':
    case 'renewed': {
      const { sid, path, kid, signedInAt, expiresAt, identityId } = entry.session;
      return {
        sid,
        rule: entry.rule,
        path,
        key: kid,
        signedInAt: rfc3339(signedInAt),
        until: rfc3339(expiresAt),
        identityId,
        documents: entry.documents,
      };
    }
    case 'denied':
      return { sid: entry.sid, action: entry.action, why: entry.why, documents: entry.documents };
    case 'access-requested':
      return { documents: entry.documents };
    case 'signed-out':
      return { sid: entry.session.sid, signedInAt: rfc3339(entry.session.signedInAt) };
  }
}

export function createAudit({ log, now, pseudonyms }: AuditOptions): Audit {
  return async (entry) => {
    const { iss, sub, email, hd } = 'who' in entry ? entry.who : entry.session;
    const named = { iss, sub, email, hd };
    const who = pseudonyms === null ? accept(named) : await pseudonyms.of(named);
    // Nothing may block a sign-out. The session's ID still leads to the person.
    if (!who.ok && entry.event !== 'signed-out') return who;
    log('info', entry.event, {
      schema,
      time: new Date(now()).toISOString(),
      requestId: entry.request.id,
      who: who.ok ? { ...who.value } : undefined,
      ...detailsOf(entry),
    });
    return accept(undefined);
  };
}

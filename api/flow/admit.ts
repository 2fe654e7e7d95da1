/** Asks the rules in force about a person. Returns a grant and the signing key, or an audited refusal. */

import type { AccessRequests } from '../ask/store.ts';
import type { Grant } from '../decide/access-decision.ts';
import type { AccessDocuments, DocumentsInForce } from '../decide/access-documents.ts';
import type { Identity } from '../decide/identity.ts';
import type { SessionStatement } from '../issue/session-statement.ts';
import type { SigningKey } from '../issue/signing-key.ts';
import type { ApiRequest } from '../receive/request.ts';
import type { Audit } from '../record/audit.ts';
import type { AuditedDenial } from '../record/audit-line.ts';
import { accept, type Refusal, type Result } from '../shared/refusal.ts';

export interface AdmissionOptions {
  readonly accessDocuments: AccessDocuments;
  readonly signingKey: () => Promise<Result<SigningKey>>;
  readonly audit: Audit;
  /** null: nobody may ask for access. */
  readonly accessRequests: AccessRequests | null;
}

/** A person who asks for a session. */
export interface AdmissionRequest {
  readonly request: ApiRequest;
  readonly action: 'sign-in' | 'renewal';
  readonly identity: Identity;
  /** The session to be renewed. */
  readonly session?: SessionStatement;
}

export interface Admission {
  readonly grant: Grant;
  /** Versions of the documents that the decision is based on. */
  readonly versions: DocumentsInForce['versions'];
  readonly key: SigningKey;
}

/** What a decision needs: the rules and the signing key. */
type AdmissionContext = readonly [Result<DocumentsInForce>, Result<SigningKey>];

/** Slow on a cold start, and once a minute. Each of the two may fail alone. */
export function loadContext({ accessDocuments, signingKey }: AdmissionOptions): Promise<AdmissionContext> {
  const loading = Promise.all([accessDocuments.current(), signingKey()]);
  // Perhaps nobody awaits this promise: the token may be refused in the meantime.
  loading.catch(() => undefined);
  return loading;
}

/** `context`: pass it if it is already loading. */
export async function admit(
  { request, action, identity, session }: AdmissionRequest,
  options: AdmissionOptions,
  nowSeconds: number,
  context = loadContext(options),
): Promise<Result<Admission>> {
  const [documents, key] = await context;
  if (!documents.ok) return documents;
  const { rules, versions } = documents.value;
  const { issuer: iss, subject: sub, email, hostedDomain: hd } = identity;

  async function deny(why: AuditedDenial, refusal: Refusal): Promise<Result<never>> {
    const sid = session && { sid: session.sid };
    const who = { iss, sub, email, hd };
    const audited = await options.audit({ event: 'denied', request, action, who, ...sid, why, documents: versions });
    return audited.ok ? { ok: false, refusal } : audited;
  }

  const decision = rules.decide(identity, nowSeconds);
  if (decision.outcome === 'denied') {
    const account = email !== undefined && { account: email };
    // A renewal has no ID token to ask with.
    const mayAsk = action === 'sign-in' && options.accessRequests?.mayAsk(identity) && { mayAsk: true as const };
    return deny(decision.why, { reason: 'not-admitted', evidence: {}, ...account, ...mayAsk });
  }
  const signedOutBefore = rules.signedOutBefore(identity);
  if (session !== undefined && signedOutBefore !== undefined && session.signedInAt < signedOutBefore) {
    return deny('signed-out-by-operator', { reason: 'session-signed-out', evidence: {} });
  }
  return key.ok ? accept({ grant: decision, versions, key: key.value }) : key;
}

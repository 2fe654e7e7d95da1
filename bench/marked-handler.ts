/**
 * The API's handler from the source, with dependencies that record when they are called. This times each part in place,
 * which is slower than one part alone in a loop.
 */

import { randomBytes } from 'node:crypto';
import { createAccessDocuments } from '../api/decide/access-documents.ts';
import { createHandler } from '../api/handler.ts';
import { parseTrustedKeys } from '../api/issue/session-statement.ts';
import { createSigningKeyStore, type SigningKey } from '../api/issue/signing-key.ts';
import { createAudit } from '../api/record/audit.ts';
import type { ApiHandler } from '../api/session-routes.ts';
import { createLog, type Log } from '../api/shared/log.ts';
import type { PrivateBucket } from '../api/shared/private-bucket.ts';
import { createKeySet } from '../api/verify/key-set.ts';
import { issuersByName, trustedGoogle } from '../api/verify/trusted-issuers.ts';
import { defaultPaths } from '../contract/layout.ts';
import { clientId, fingerprint, host, keyPairId, privateObjects, trustedKeys } from './lambda-site.ts';

/** Parts of a sign-in in order. Each starts where the previous part ends. */
export type Part = 'request' | 'verify' | 'policy' | 'statement' | 'log' | 'answer';

export interface MarkedHandler {
  readonly handler: ApiHandler;
  /** Restarts the timing. Returns the microseconds that each part of a sign-in took since the last call. */
  take(): Record<Part, number>;
}

/** `keySet`: text of the key set for the tokens' signatures. */
export function createMarkedHandler(keySet: string): MarkedHandler {
  let sums: Record<Part, number>;
  let count = 0;
  let last = 0;
  const begin = (): void => {
    sums = { request: 0, verify: 0, policy: 0, statement: 0, log: 0, answer: 0 };
    count = 0;
  };
  begin();
  const endOf = (part: Part): void => {
    const now = performance.now();
    sums[part] += now - last;
    last = now;
  };

  const bucket: PrivateBucket = {
    read: async (key) => ({ kind: 'found', text: privateObjects[key] ?? '', etag: key, version: key }),
    versions: async () => undefined,
    create: async () => ({ kind: 'exists' }),
    replace: async () => ({ kind: 'exists' }),
    list: async () => undefined,
  };
  const source = { site: 'docs', stage: 'prod', metrics: true, now: Date.now };
  const log = createLog(source, (line) => process.stdout.write(line));
  const markedLog: Log = (...line) => {
    endOf('statement');
    log(...line);
    endOf('log');
  };
  const signingKey = createSigningKeyStore({ bucket, fingerprint, keyPairId, log });
  const markedKey: typeof signingKey = async () => {
    const key = await signingKey();
    if (!key.ok) return key;
    const signPolicy: SigningKey['signPolicy'] = async (...given) => {
      const cookies = await key.value.signPolicy(...given);
      endOf('policy');
      return cookies;
    };
    return { ok: true, value: { ...key.value, signPolicy } };
  };
  const googleKeySet = createKeySet({
    url: 'https://keys.example',
    algorithm: 'RS256',
    fetchText: async () => keySet,
    now: Date.now,
    log,
  });
  const documents = createAccessDocuments({ bucket, now: Date.now, log });
  const handler = createHandler({
    allowedOrigins: [],
    paths: defaultPaths,
    providers: [{ kind: 'google', clientId, scriptUrl: 'https://accounts.google.com/gsi/client', redirectOnIos: true }],
    issuers: issuersByName([trustedGoogle([clientId], googleKeySet)]),
    accessDocuments: {
      async current() {
        const current = await documents.current();
        if (!current.ok) return current;
        const { rules } = current.value;
        // The rules are loaded while the token is verified, and used after that.
        const decide: typeof rules.decide = (...given) => {
          endOf('verify');
          return rules.decide(...given);
        };
        return { ok: true, value: { ...current.value, rules: { ...rules, decide } } };
      },
    },
    accessRequests: null,
    signingKey: markedKey,
    identityPool: null,
    session: { hosts: [host], trustedKeys: parseTrustedKeys(trustedKeys), maximumSeconds: 86_400 },
    cookieSeconds: 3600,
    persistent: false,
    claimNames: [],
    hash: 'SHA256',
    randomBytes,
    audit: createAudit({ log: markedLog, now: Date.now, pseudonyms: null }),
    pseudonyms: null,
    log,
    now() {
      endOf('request');
      return Date.now();
    },
  });

  return {
    async handler(event, context) {
      last = performance.now();
      const answer = await handler(event, context);
      endOf('answer');
      count += 1;
      return answer;
    },
    take() {
      const taken = sums;
      for (const part of Object.keys(taken) as Part[]) taken[part] *= 1000 / count;
      begin();
      return taken;
    },
  };
}

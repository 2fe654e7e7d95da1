/** Which documents are in force at a site, and what is wrong with the newest ones, by the API's own code. */
import {
  type AccessDocuments,
  createAccessDocuments,
  type DocumentsInForce,
} from '../../../api/decide/access-documents.ts';
import { createPrivateBucket } from '../../../api/shared/private-bucket.ts';
import { accessDocumentVersion, maximumDocumentBytes, parseAccessDocument } from '../../../contract/access-rules.ts';
import { accessConfigKey, accessLiveKey } from '../../../contract/layout.ts';
import { visible } from '../../../contract/visible-text.ts';
import { shortVersion, timeText } from '../shared/format.ts';
import type { AccessTarget } from '../shared/target.ts';
import { jsonLines, strangeCharacter, syntaxErrorLine } from './json-lines.ts';
import type { AccessStore } from './store.ts';

/** The problems of a document, each with its line. `text`: undefined if the document is too long to read. */
export function documentProblems(text: string | undefined): readonly string[] {
  if (text === undefined || Buffer.byteLength(text) > maximumDocumentBytes) {
    return [`longer than ${maximumDocumentBytes.toLocaleString('en')} bytes, so it is not read`];
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const strange = strangeCharacter(text);
    if (strange !== undefined) return [`line ${strange.line}: not JSON: ${visible(strange.problem)}`];
    return [`line ${syntaxErrorLine(text)}: not JSON: ${visible((error as Error).message)}`];
  }
  const { lineOf, duplicates } = jsonLines(text);
  const parsed = parseAccessDocument(text);
  const wrong = parsed.document === undefined ? parsed.problems : [];
  const version: unknown = Object(value)['version'];
  const newer = typeof version === 'number' && version > accessDocumentVersion;
  return [
    ...(newer ? [`written by a newer s3nator (version ${version}). Fix: update this checkout`] : []),
    ...wrong.map(({ path, text: problem }) => `line ${lineOf(path)}: ${visible(problem)}`),
    ...duplicates.map(
      ({ name, line }) =>
        `line ${line}: ${visible(name)} is there twice in one object, and only the last one would count`,
    ),
  ];
}

export interface Reading {
  /** undefined: nobody can sign in. */
  readonly inForce: DocumentsInForce | undefined;
  /** What is wrong at the site, in lines. */
  readonly troubles: readonly string[];
}

/**
 * What the API would have in force after a cold start now. Rejects with a plain `Error` if the credentials do not allow
 * it.
 */
export async function readInForce(target: AccessTarget, store: AccessStore): Promise<Reading> {
  const troubles: string[] = [];
  // The errors of the store say what to do about credentials. The API's reader only says that it cannot read.
  for (const key of [accessLiveKey, accessConfigKey]) {
    const stored = await store.read(key);
    if (stored === undefined) {
      const fix = key === accessLiveKey ? 'npm run access -- history, then restore' : 'npx cdktf deploy';
      troubles.push(`${key} is missing, so nobody can sign in. Fix: ${fix}`);
      continue;
    }
    const problems = documentProblems(stored.text).filter((problem) => !problem.includes('is there twice'));
    if (problems.length === 0) continue;
    troubles.push(`${key}, version ${shortVersion(stored.version)} of ${timeText(stored.modified)}, is not in force:`);
    troubles.push(...problems.map((problem) => `  ${problem}`));
  }
  const documents: AccessDocuments = createAccessDocuments({
    bucket: createPrivateBucket(target.privateBucket, target.clientOptions),
    now: Date.now,
    log: (_level, event, fields) => {
      if (event !== 'access-document-malformed') return;
      const { key, inForce } = fields as { key: string; inForce: string | null };
      troubles.push(
        inForce === null
          ? `${key} has no earlier version that can be read, so nobody can sign in.`
          : `${key}: its earlier version ${shortVersion(inForce)} is in force.`,
      );
    },
  });
  const current = await documents.current();
  return { inForce: current.ok ? current.value : undefined, troubles };
}

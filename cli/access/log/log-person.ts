/** Finds the audit lines about one person, by name, by pseudonym or by session. */
import type { AuditLine } from '../../../api/record/audit-line.ts';
import { parsePseudonymKey, pseudonymOfEmail, pseudonymOfSubject } from '../../../api/record/pseudonyms.ts';
import { lowerCase } from '../../../contract/address.ts';
import { pseudonymKeyObject } from '../../../contract/layout.ts';
import { awsError } from '../../aws-error.ts';
import type { AccessTarget } from '../shared/target.ts';

/** The shortest prefix of a session ID that identifies the session. */
const shortestSession = 8;

/** Whether a line is about the person, or about their session. */
export type PersonFilter = (line: AuditLine) => boolean;

/** `names`: the address, the account, or their pseudonyms. */
export function filterFor(person: string, names: ReadonlySet<string>): PersonFilter {
  return ({ who, ...line }) =>
    (who?.email !== undefined && names.has(who.email)) ||
    (who !== undefined && names.has(who.sub)) ||
    (person.length >= shortestSession && 'sid' in line && line.sid?.startsWith(person) === true);
}

/**
 * Every name that the log may have for an address or an account. `key`: the key of the pseudonyms, if the site uses
 * them.
 */
export function namesOf(person: string, issuers: readonly string[], key: Buffer | undefined): ReadonlySet<string> {
  const names = [person, lowerCase(person)];
  if (key === undefined) return new Set(names);
  return new Set([
    ...names,
    pseudonymOfEmail(key, person),
    ...issuers.map((issuer) => pseudonymOfSubject(key, issuer, person)),
  ]);
}

/**
 * The key of a site's pseudonyms; undefined if none was made yet. Rejects with a plain `Error` if it cannot be read.
 */
export async function readPseudonymKey({
  privateBucket,
  region,
  clientOptions,
}: AccessTarget): Promise<Buffer | undefined> {
  const { GetObjectCommand, S3Client } = await import('@aws-sdk/client-s3');
  const client = new S3Client(clientOptions);
  try {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: privateBucket, Key: pseudonymKeyObject }));
    return parsePseudonymKey((await Body?.transformToString()) ?? '');
  } catch (error) {
    if ((error as { name?: string }).name === 'NoSuchKey') return undefined;
    throw awsError(error, { action: 's3:GetObject', resource: `${privateBucket}/${pseudonymKeyObject}`, region });
  } finally {
    client.destroy();
  }
}

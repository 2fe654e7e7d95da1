/** Owns `keys.json`: which keys of a site are in use, and for what. Reads no key. */
import * as v from 'valibot';

/** Which keys are in use; lies beside them, and as deployed in the private bucket. */
export const keyListFile = 'keys.json';

/** What the keys of a site are for. */
export interface KeyRoles<Key> {
  /** Signs. */
  readonly signer: Key;
  /** Already published, so that every edge knows it when it signs. */
  readonly next: Key;
  /** Signed until the last rotation, and is still trusted; `undefined`: there is none. */
  readonly retiring: Key | undefined;
}

/** Fingerprints of the keys in use. */
export type KeyList = KeyRoles<string>;

/** Every key that is trusted, in the order of roles. */
export const trustedKeys = <Key>({ signer, next, retiring }: KeyRoles<Key>): readonly Key[] =>
  retiring === undefined ? [signer, next] : [signer, next, retiring];

const fingerprintSchema = v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/));
const keyListSchema = v.pipe(
  v.strictObject({
    version: v.literal(1),
    signer: fingerprintSchema,
    next: fingerprintSchema,
    retiring: v.optional(fingerprintSchema),
  }),
  v.check(({ signer, next, retiring }) => new Set([signer, next, retiring]).size === 3),
);

/** The list in `text`; `undefined` when it is none. */
export function parseKeyList(text: string): KeyList | undefined {
  try {
    const result = v.safeParse(keyListSchema, JSON.parse(text));
    if (!result.success) return undefined;
    const { signer, next, retiring } = result.output;
    return { signer, next, retiring };
  } catch {
    return undefined;
  }
}

/** The one text of a list. */
export const formatKeyList = ({ signer, next, retiring }: KeyList): string =>
  `${JSON.stringify({ version: 1, signer, next, retiring }, null, 2)}\n`;

/** Whether both name the same keys for the same roles. */
export const sameKeyList = (one: KeyList, other: KeyList): boolean => formatKeyList(one) === formatKeyList(other);

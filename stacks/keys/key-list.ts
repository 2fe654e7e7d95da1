/** Owns `keys.json`: which keys of a site are in use, for what, and in which store. Reads no key. */
import * as v from 'valibot';
import type { SigningConfig } from '../../contract/config.ts';

/** Which keys are in use; lies beside them, and as deployed in the private bucket. */
export const keyListFile = 'keys.json';

/** Key types that CloudFront takes, as the config names them. */
export type KeyType = SigningConfig['key'];

/** What the keys of a site are for. */
export interface KeyRoles<Key> {
  /** Signs. */
  readonly signer: Key;
  /** Already published, so that every edge knows it when it signs. */
  readonly next: Key;
  /** Signed until the last rotation, and is still trusted; `undefined`: there is none. */
  readonly retiring: Key | undefined;
}

/** Where the private halves are. The type of keys in KMS is written down, because nothing of them is here to tell it by. */
type KeyStore = { readonly store: 's3' } | { readonly store: 'kms'; readonly key: KeyType };

/** What the keys in use are called: fingerprints, or for keys in KMS random names of the same form. */
export type KeyList = KeyRoles<string> & KeyStore;

/** Every key that is trusted, in the order of roles. */
export const trustedKeys = <Key>({ signer, next, retiring }: KeyRoles<Key>): readonly [Key, Key, ...Key[]] =>
  retiring === undefined ? [signer, next] : [signer, next, retiring];

/** The same roles for what `change` makes of each key. */
export const mapKeys = <From, To>(
  { signer, next, retiring }: KeyRoles<From>,
  change: (key: From) => To,
): KeyRoles<To> => ({
  signer: change(signer),
  next: change(next),
  retiring: retiring === undefined ? undefined : change(retiring),
});

const fingerprintSchema = v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/));
const roles = {
  version: v.literal(1),
  signer: fingerprintSchema,
  next: fingerprintSchema,
  retiring: v.optional(fingerprintSchema),
};
const keyListSchema = v.pipe(
  v.union([
    v.strictObject(roles),
    v.strictObject({ ...roles, store: v.literal('kms'), key: v.picklist(['P-256', 'RSA-2048']) }),
  ]),
  v.check(({ signer, next, retiring }) => new Set([signer, next, retiring]).size === 3),
);

/** The list in `text`; `undefined` when it is none. */
export function parseKeyList(text: string): KeyList | undefined {
  try {
    const result = v.safeParse(keyListSchema, JSON.parse(text));
    if (!result.success) return undefined;
    const { signer, next, retiring, ...rest } = result.output;
    const store: KeyStore = 'store' in rest ? { store: rest.store, key: rest.key } : { store: 's3' };
    return { ...store, signer, next, retiring };
  } catch {
    return undefined;
  }
}

/** The one text of a list. */
export function formatKeyList(list: KeyList): string {
  const { signer, next, retiring } = list;
  const store = list.store === 'kms' ? { store: list.store, key: list.key } : {};
  return `${JSON.stringify({ version: 1, ...store, signer, next, retiring }, null, 2)}\n`;
}

/** Whether both name the same keys for the same roles. */
export const sameKeyList = (one: KeyList, other: KeyList): boolean => formatKeyList(one) === formatKeyList(other);

/** Reads and writes `keys.json`: which keys of a site are in use, for what, and in which store. */
import * as v from 'valibot';
import type { SigningConfig } from '../../contract/config.ts';

/** The list of the keys in use. It is stored next to the keys, and when deployed in the private bucket. */
export const keyListFile = 'keys.json';

/** Key types that CloudFront accepts, as the config names them. */
export type KeyType = SigningConfig['key'];

/** The keys of a site by their role. */
export interface KeyRoles<Key> {
  /** The key that signs now. */
  readonly signer: Key;
  /** Already published, so that every edge knows it when it starts to sign. */
  readonly next: Key;
  /** Signed until the last rotation, and is still trusted; `undefined`: no such key. */
  readonly retiring: Key | undefined;
}

/** Where the private halves are. For keys in KMS the list records the type, because no file here shows it. */
type KeyStore = { readonly store: 's3' } | { readonly store: 'kms'; readonly key: KeyType };

/** Names of the keys in use: fingerprints, or for keys in KMS random names of the same form. */
export type KeyList = KeyRoles<string> & KeyStore;

/** Every trusted key, in the order of roles. */
export const trustedKeys = <Key>({ signer, next, retiring }: KeyRoles<Key>): readonly [Key, Key, ...Key[]] =>
  retiring === undefined ? [signer, next] : [signer, next, retiring];

/** The same roles, with each key replaced by the result of `change`. */
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

/** The list in `text`; `undefined` if it is not one. */
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

/** The only written form of a list. */
export function formatKeyList(list: KeyList): string {
  const { signer, next, retiring } = list;
  const store = list.store === 'kms' ? { store: list.store, key: list.key } : {};
  return `${JSON.stringify({ version: 1, ...store, signer, next, retiring }, null, 2)}\n`;
}

/** Whether both lists give the same keys the same roles. */
export const sameKeyList = (one: KeyList, other: KeyList): boolean => formatKeyList(one) === formatKeyList(other);

/**
 * What is remembered from page to page: the keys, and how. Where a browser refuses storage, nothing is remembered.
 * Never a token or an address.
 */

/** This tab: what the window was sent to the user pool for, or `hasLeft`. */
export const pendingStepKey = 's3nator-errand';
/** Someone has just signed out. */
export const hasLeft = 'left';
/** This tab: Google's page came in the place of this one, after a click. */
export const redirectKey = 's3nator-redirect';
/** This browser: kind of the provider that was used last. */
export const providerKey = 's3nator-provider';
/**
 * This browser: the user pool must ask who signs in next, because it remembers somebody who was refused or who wanted
 * another account.
 */
export const anotherKey = 's3nator-another';

/** Empty: nothing. */
export function recall(storage: () => Storage, key: string): string {
  try {
    return storage().getItem(key) ?? '';
  } catch {
    return '';
  }
}

/** Tells whether it is remembered; an empty value forgets. */
export function remember(storage: () => Storage, key: string, value: string): boolean {
  try {
    if (value) storage().setItem(key, value);
    else storage().removeItem(key);
    return true;
  } catch {
    return false;
  }
}

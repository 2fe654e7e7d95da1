/** Decides who counts as the same person: by whole address, or by account. All code that compares people uses it. */
import type { Person } from './access-rules.ts';

/** A person, as a token or a stored request describes them. */
export interface Account {
  readonly issuer: string;
  readonly subject: string;
  /** undefined: the account has no address. */
  readonly email?: string | undefined;
}

/** A line break cannot occur in an address, so no address has the key of an account. */
export const accountKey = (issuer: string, subject: string): string => `${issuer}\n${subject}`;

/**
 * Letters of every script are compared in lower case, which is wider than rules compare addresses: blocks and
 * sign-outs only reduce access. Documents of earlier versions may name addresses that are not ASCII.
 */
const addressKey = (address: string): string => address.toLowerCase();

/** Two people with the same key are the same person. */
export const personKey = (person: Person): string =>
  typeof person === 'string' ? addressKey(person) : accountKey(person.issuer, person.subject);

export const isSamePerson = (one: Person, other: Person): boolean => personKey(one) === personKey(other);

/** The keys of all entries that mean this account. */
export const keysOfAccount = ({ issuer, subject, email }: Account): readonly string[] => [
  accountKey(issuer, subject),
  ...(email === undefined ? [] : [addressKey(email)]),
];

/** Whether a document entry for `person` means this account. */
export const meansAccount = (person: Person, account: Account): boolean =>
  keysOfAccount(account).includes(personKey(person));

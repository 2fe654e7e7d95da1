/** Defines what counts as an email address and as a domain, in tokens, rules, blocks and the config. */
/** Longest address, in characters (RFC 5321, 4.5.3.1.3, without the angle brackets). */
const maximumAddressLength = 254;

const label = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?';
// RFC 5322, 3.2.3, without `*`, which people use as a pattern. Dots are allowed anywhere: some mail hosts have given
// out such names.
const nameCharacter = "[A-Za-z0-9!#$%&'+/=?^_`{|}~.-]";
const addressForm = new RegExp(`^${nameCharacter}+@(?=.{1,253}$)${label}(?:\\.${label})*$`);
const domainForm = new RegExp(`^(?=.{1,253}$)${label}(?:\\.${label})+$`);

/**
 * Whether a text is one whole address, in upper or lower case. ASCII only, so that no letter of another script looks
 * like it, or becomes it in lower case.
 */
export const isAddress = (text: string): boolean => text.length <= maximumAddressLength && addressForm.test(text);

/**
 * Whether a text is a domain with a dot in it, in upper or lower case. International names must be in ASCII form
 * (`xn--...`).
 */
export const isDomain = (text: string): boolean => domainForm.test(text);

const ascii = /^[\x00-\x7f]*$/;

/**
 * Lower-cases ASCII only. Other text stays unchanged: U+212A would become `k`, which would be another person's address.
 */
export const lowerCase = (text: string): string => (ascii.test(text) ? text.toLowerCase() : text);

/** The form in which addresses and domains are compared and stored: lower case, without spaces around it. */
export const canonical = (text: string): string => lowerCase(text.trim());

/** A character for an error message: the character, if it is visible, and its number. */
function named(character: string): string {
  const number = `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
  return /[\p{L}\p{N}\p{P}\p{S}]/u.test(character) ? `${character} (${number})` : number;
}

/**
 * Finds the address in text that was copied from a mail program or a link: `Alice <alice@example.com>`, `mailto:`, a
 * comma of a list, an invisible character.
 */
function addressIn(text: string): string | undefined {
  const seen = text
    .normalize('NFKC')
    .replace(/[\p{Cc}\p{Z}]+/gu, ' ')
    .replace(/\p{C}+/gu, '');
  const visible = canonical(seen);
  const [, inBrackets] = /<([^<>]*)>/.exec(visible) ?? [];
  const bare = (inBrackets ?? visible)
    .trim()
    .replace(/^mailto:/, '')
    .replace(/^[\s"'([{<\u2018-\u201f]+|[\s"'\u2018-\u201f)\]}>,;:.]+$/g, '')
    .replace(/ ?@ ?/g, '@')
    .replace(/^"?([^"@ ]+)"@/, '$1@');
  // The address is next to a name, without brackets. Joined with the name, it would be another person's.
  const found = bare.split(' ').filter(isAddress);
  return found.length === 1 ? found[0] : undefined;
}

/** What an address must be, as the end of "allowed: ..."; undefined: this is an address. */
export function addressProblem(text: string): string | undefined {
  if (isAddress(text)) return undefined;
  const meant = addressIn(text);
  const hint = meant === undefined ? '' : `. Did you mean ${meant}?`;
  if (text.length > maximumAddressLength) {
    return `an address of at most ${maximumAddressLength} characters (this has ${text.length})${hint}`;
  }
  const [foreign] = /[^\x00-\x7f]/u.exec(text) ?? [];
  if (foreign !== undefined) {
    return `an address in ASCII, which ${named(foreign)} is not: no other address of a token is \
believed${hint || '. Or name the account by its issuer and `sub`'}`;
  }
  const parts = text.split('@');
  if (parts.length !== 2 || parts.includes(''))
    return `one whole address with exactly one @, such as alice@example.com${hint}`;
  const [strange] = new RegExp(`(?!${nameCharacter})[^@]`).exec(text) ?? [];
  if (strange !== undefined) return `an address without ${named(strange)}${hint}`;
  return `an address that ends in a domain, such as alice@example.com${hint}`;
}

/** The same for a domain. */
export function domainProblem(text: string): string | undefined {
  if (isDomain(text)) return undefined;
  const plainDomain = 'a domain without @ or *, such as example.com';
  const [foreign] = /[^\x00-\x7f]/u.exec(text) ?? [];
  const isForeign = foreign !== undefined && !/[@*]/.test(text);
  return isForeign ? `a domain in ASCII (xn--...), which ${named(foreign)} is not` : plainDomain;
}

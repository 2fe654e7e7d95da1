/** Finds an issuer's key set (OpenID Connect Discovery 1.0, 4). */

const loopback = /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?\//;

/**
 * Whether an address may be fetched. The config allows plain http only for an issuer on this machine. An issuer cannot
 * send us to another machine without TLS.
 */
const isFetchable = (url: unknown, discoveryUrl: string): url is string =>
  typeof url === 'string' &&
  URL.canParse(url) &&
  (url.startsWith('https://') || (loopback.test(url) && loopback.test(discoveryUrl)));

/**
 * The address of the issuer's key set. Throws an `Error` with a fixed word as its message (never the document's text)
 * if the document cannot be fetched, or describes another issuer (4.3: the two must be identical).
 */
async function discoverKeySet(
  discoveryUrl: string,
  issuer: string,
  fetchText: (url: string) => Promise<string>,
): Promise<string> {
  const text = await fetchText(discoveryUrl);
  let document: { readonly issuer?: unknown; readonly jwks_uri?: unknown } | null;
  try {
    document = JSON.parse(text) as typeof document;
  } catch {
    throw new Error('discovery malformed');
  }
  if (document?.issuer !== issuer) throw new Error('discovery of another issuer');
  if (!isFetchable(document.jwks_uri, discoveryUrl)) throw new Error('discovery without key set');
  return document.jwks_uri;
}

export interface DiscoveredKeySet {
  readonly discoveryUrl: string;
  readonly issuer: string;
  /** Time limit for the document and the key set together, in milliseconds. */
  readonly timeoutMs: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** The text of the issuer's key set. Throws the same errors as `discoverKeySet` and `fetchText`. */
export async function fetchDiscoveredKeySet(
  { discoveryUrl, issuer, timeoutMs, now }: DiscoveredKeySet,
  fetchText: (url: string, timeoutMs: number) => Promise<string>,
): Promise<string> {
  const until = now() + timeoutMs;
  const url = await discoverKeySet(discoveryUrl, issuer, (address) => fetchText(address, timeoutMs));
  return fetchText(url, Math.max(0, until - now()));
}

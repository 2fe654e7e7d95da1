import { describe, expect, it } from 'vitest';
import { fetchDiscoveredKeySet } from './discovery.ts';

const issuer = 'https://issuer.example';
const discoveryUrl = `${issuer}/.well-known/openid-configuration`;
const keySetUrl = `${issuer}/keys`;

interface Fetched {
  readonly text: string;
  /** URLs and time-outs, in order. */
  readonly asked: readonly (readonly [string, number])[];
}

/** `tookMs`: how long the discovery document takes. */
async function fetchWith(document: unknown, of: { url?: string; tookMs?: number } = {}): Promise<Fetched> {
  const { url = discoveryUrl, tookMs = 0 } = of;
  const asked: [string, number][] = [];
  let now = 1_800_000_000_000;
  const text = await fetchDiscoveredKeySet(
    { discoveryUrl: url, issuer, timeoutMs: 2_000, now: () => now },
    async (address, timeoutMs) => {
      asked.push([address, timeoutMs]);
      if (address !== url) return 'keys';
      now += tookMs;
      return typeof document === 'string' ? document : JSON.stringify(document);
    },
  );
  return { text, asked };
}

describe('fetchDiscoveredKeySet', () => {
  it('fetches the key set that the document names', async () => {
    expect(await fetchWith({ issuer, jwks_uri: keySetUrl })).toEqual({
      text: 'keys',
      asked: [
        [discoveryUrl, 2_000],
        [keySetUrl, 2_000],
      ],
    });
  });

  it.each([
    [500, 1_500],
    [1_999, 1],
    [2_500, 0],
  ])('has one time limit for both: after %i ms the key set has %i', async (tookMs, leftMs) => {
    const { asked } = await fetchWith({ issuer, jwks_uri: keySetUrl }, { tookMs });
    expect(asked[1]).toEqual([keySetUrl, leftMs]);
  });

  it.each<[string, unknown, string]>([
    ['no JSON', '<html>', 'discovery malformed'],
    ['nothing', 'null', 'discovery of another issuer'],
    ['another issuer', { issuer: 'https://evil.example', jwks_uri: keySetUrl }, 'discovery of another issuer'],
    ['the issuer with a slash', { issuer: `${issuer}/`, jwks_uri: keySetUrl }, 'discovery of another issuer'],
    ['no key set', { issuer }, 'discovery without key set'],
    ['a key set that is no address', { issuer, jwks_uri: 'keys' }, 'discovery without key set'],
    ['a key set without TLS', { issuer, jwks_uri: 'http://issuer.example/keys' }, 'discovery without key set'],
    ['a key set of this machine', { issuer, jwks_uri: 'http://127.0.0.1:1/keys' }, 'discovery without key set'],
    ['a file', { issuer, jwks_uri: 'file:///etc/passwd' }, 'discovery without key set'],
  ])('refuses a document of %s', async (_, document, cause) => {
    await expect(fetchWith(document)).rejects.toThrow(new Error(cause));
  });

  it('accepts plain http only from an issuer on this machine', async () => {
    const url = 'http://127.0.0.1:8082/discovery';
    const local = 'http://127.0.0.1:8082/keys';
    expect((await fetchWith({ issuer, jwks_uri: local }, { url })).asked[1]?.[0]).toBe(local);
    await expect(fetchWith({ issuer, jwks_uri: 'http://issuer.example/keys' }, { url })).rejects.toThrow();
  });
});

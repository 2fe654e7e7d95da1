import { expect, it } from 'vitest';
import { makeIdToken } from '../testing/stub-google.ts';
import { aliceClaims, google, googleKey, startSeconds } from '../testing/test-site.ts';
import { verifyIdToken } from './id-token.ts';
import { issuersByName } from './trusted-issuers.ts';

const outcome = async (idToken: string): Promise<string> => {
  const result = await verifyIdToken(idToken, issuersByName([google]), startSeconds);
  return result.ok ? 'verified' : result.refusal.reason;
};

it('verifyIdToken rejects every other spelling of a good token: padding, spare bits, blanks', async () => {
  const good = makeIdToken(googleKey, aliceClaims);
  expect(await outcome(good)).toBe('verified');
  // 256 bytes are 342 letters, and the last one has four bits to spare: sixteen letters mean the same.
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const last = letters.indexOf(good.at(-1) ?? '');
  const spellings = [1, 2, 15].map((more) => good.slice(0, -1) + letters[last + more]);
  for (const token of [...spellings, `${good}=`, `${good}==`, ` ${good}`, `${good}\n`, good.replace('.', '=.')]) {
    expect(await outcome(token)).toBe('id-token-malformed');
  }
});

it('verifyIdToken rejects letters with the low byte of a signed letter, which decoders skip', async () => {
  const good = makeIdToken(googleKey, aliceClaims);
  for (let at = 0; at < good.length; at += 7) {
    if (good[at] === '.') continue;
    const other = String.fromCharCode(good.charCodeAt(at) + 0x100);
    expect(await outcome(good.slice(0, at) + other + good.slice(at + 1))).toBe('id-token-malformed');
  }
});

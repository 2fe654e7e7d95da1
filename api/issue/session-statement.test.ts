import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeSigningPair, type SigningPair } from '../testing/test-site.ts';
import { canonicalSignature, isCanonicalSignature } from './ecdsa-signature.ts';
import { policyStatement } from './policy-statement.ts';
import {
  decodeSession,
  encodeSession,
  maximumStatementBytes,
  parseTrustedKeys,
  type SessionStatement,
} from './session-statement.ts';
import { fromCloudFrontBase64 } from './signed-cookies.ts';
import { createKeyInMemory, type SigningKey } from './signing-key.ts';

const audience = 'https://docs.example.com';
const pairs = { 'P-256': makeSigningPair(), 'RSA-2048': makeSigningPair('RSA-2048') };
const pair = pairs['P-256'];
const trustedKeys = parseTrustedKeys(
  Object.fromEntries(Object.values(pairs).map(({ fingerprint, spki }) => [fingerprint, spki])),
);

const keyOf = ({ pem, fingerprint }: SigningPair): Promise<SigningKey> =>
  createKeyInMemory(createPrivateKey(pem), { keyPairId: 'K1', fingerprint });

/** As our keys write it. */
function signatureOf(hash: string, bytes: Uint8Array, pem: string): Buffer {
  const key = createPrivateKey(pem);
  const signature = sign(hash, bytes, key);
  return key.asymmetricKeyType === 'ec' ? canonicalSignature(signature) : signature;
}

/** The same signature in its other spelling: n - s in the place of s. */
function otherSpelling(der: Buffer): Buffer {
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const at = 4 + (der[3] ?? 0);
  const s = order - BigInt(`0x${der.toString('hex', at + 2)}`);
  const digits = s.toString(16).padStart(64, '0');
  const bytes = Buffer.from(/^[89a-f]/.test(digits) ? `00${digits}` : digits, 'hex');
  const content = Buffer.concat([der.subarray(2, at), Buffer.from([2, bytes.length]), bytes]);
  return Buffer.concat([Buffer.from([0x30, content.length]), content]);
}

const statement: SessionStatement = {
  aud: audience,
  kid: pair.fingerprint,
  sid: 'sid',
  iss: 'https://accounts.google.com',
  sub: '1001',
  email: 'alice@example.com',
  addressState: 'verified',
  hd: 'example.com',
  claims: { groups: ['staff'] },
  identityId: 'eu-west-1:1',
  signedInAt: 1_800_000_000,
  path: '/*',
  expiresAt: 1_800_003_600,
};

async function encode(value: SessionStatement = statement, from: SigningPair = pair): Promise<string> {
  const encoded = await encodeSession(value, await keyOf(from));
  if (!encoded.ok) throw new Error(encoded.refusal.reason);
  return encoded.value;
}

/** A cookie value over any bytes, properly signed. */
const signed = (text: string, from: SigningPair = pair): string => {
  const bytes = Buffer.from(text);
  return `${bytes.toString('base64url')}.${signatureOf('sha256', bytes, from.pem).toString('base64url')}`;
};

const decode = (value: string): SessionStatement | undefined => decodeSession(value, trustedKeys, audience);

describe('encodeSession and decodeSession', () => {
  it.each(['P-256', 'RSA-2048'] as const)('give the statement back, signed by a %s key', async (kind) => {
    const own = { ...statement, kid: pairs[kind].fingerprint };
    expect(decode(await encode(own, pairs[kind]))).toEqual(own);
  });

  it('give the smallest statement back', async () => {
    const { email, hd, claims, identityId, ...smallest } = statement;
    expect([email, hd, claims, identityId]).not.toContain(undefined);
    expect(decode(await encode(smallest))).toEqual(smallest);
  });

  it('write what the design says: the prefix and JSON', async () => {
    const [body = ''] = (await encode()).split('.');
    expect(Buffer.from(body, 'base64url').toString()).toBe(`s3nator-session/2\n${JSON.stringify(statement)}`);
  });

  it.each([
    ['claims.groups', { claims: { small: 1, groups: 'x'.repeat(3000) } }],
    ['email', { email: `${'x'.repeat(3000)}@example.com`, claims: {} }],
  ])('refuse a session that no browser would keep, and name the field: %s', async (claim, change) => {
    expect(await encodeSession({ ...statement, ...change }, await keyOf(pair))).toMatchObject({
      ok: false,
      refusal: { reason: 'session-too-large', evidence: { claim } },
    });
  });
});

describe('the longest session', () => {
  it('has 3,500 bytes as a cookie value, written and read', async () => {
    const from = pairs['RSA-2048'];
    const write = async (length: number) =>
      encodeSession({ ...statement, kid: from.fingerprint, claims: { groups: 'x'.repeat(length) } }, await keyOf(from));
    // Of three more characters base64url makes four, and an RSA signature has always the same length: there is no
    // 3,500.
    const shortest = await write(2_000);
    const room = 2_000 + Math.floor(((3_500 - (shortest.ok ? shortest.value.length : 0)) * 3) / 4);
    const longest = await write(room);
    expect(longest.ok && longest.value.length).toBe(3_499);
    expect(decode(longest.ok ? longest.value : '')?.claims?.['groups']).toHaveLength(room);
    expect(await write(room + 1)).toMatchObject({
      ok: false,
      refusal: { reason: 'session-too-large', evidence: { claim: 'claims.groups', bytes: 3_501 } },
    });
  });
});

describe('decodeSession', () => {
  it("refuses another site's session: audience", async () => {
    expect(decode(await encode({ ...statement, aud: 'https://other.example.com' }))).toBeUndefined();
  });

  it('refuses a session of a key that is no longer trusted', async () => {
    const gone = makeSigningPair();
    expect(decode(await encode({ ...statement, kid: gone.fingerprint }, gone))).toBeUndefined();
  });

  it('refuses a session signed by another trusted key than it names', async () => {
    expect(decode(await encode({ ...statement, kid: pairs['RSA-2048'].fingerprint }))).toBeUndefined();
  });

  it('reads a session from before sessions had an address state, and does not trust the address', () => {
    const { addressState: _, ...earlier } = statement;
    expect(decode(signed(`s3nator-session/1\n${JSON.stringify(earlier)}`))).toEqual({
      ...earlier,
      addressState: 'unverified',
    });
  });

  it.each([
    ['no prefix', JSON.stringify(statement)],
    ['another version', `s3nator-session/3\n${JSON.stringify(statement)}`],
    ['no JSON', 's3nator-session/2\n{'],
    ['no object', 's3nator-session/2\nnull'],
    ['an unknown field', `s3nator-session/2\n${JSON.stringify({ ...statement, admin: true })}`],
    ['a missing field', `s3nator-session/2\n${JSON.stringify({ ...statement, path: undefined })}`],
    ['a time that is no whole number', `s3nator-session/2\n${JSON.stringify({ ...statement, expiresAt: 1.5 })}`],
    [
      'a kid named like a property of every object',
      `s3nator-session/2\n${JSON.stringify({ ...statement, kid: 'constructor' })}`,
    ],
  ])('refuses properly signed bytes with %s', (_name, text) => {
    expect(decode(signed(text))).toBeUndefined();
  });

  it.each<[string, (value: string) => string]>([
    ['padding', (value) => value.replace('.', '=.')],
    ['the other base64 alphabet', (value) => value.replaceAll('-', '+').replaceAll('_', '/')],
    ['a space', (value) => ` ${value}`],
    ['a line break', (value) => `${value}\n`],
    ['a third part', (value) => `${value}.AAAA`],
    ['no signature', (value) => `${value.split('.')[0]}.`],
    ['an empty signature', (value) => String(value.split('.')[0])],
    ['no statement', (value) => `.${value.split('.')[1]}`],
    ['more than fits a cookie', (value) => value.padEnd(maximumStatementBytes + 1, 'A')],
  ])('refuses another spelling: %s', async (_name, change) => {
    // Until both other letters occur, so that changing the alphabet changes something.
    let value = await encode();
    while (!(value.includes('-') && value.includes('_'))) value = await encode();
    expect(decode(value)).toEqual(statement);
    expect(decode(change(value))).toBeUndefined();
  });

  it('refuses a session that we signed but that is too large for a cookie', () => {
    const large = { ...statement, claims: { groups: 'x'.repeat(maximumStatementBytes) } };
    expect(decode(signed(`s3nator-session/2\n${JSON.stringify(large)}`))).toBeUndefined();
    const fits = { ...statement, claims: { groups: 'x'.repeat(100) } };
    expect(decode(signed(`s3nator-session/2\n${JSON.stringify(fits)}`))).toEqual(fits);
  });

  it('refuses the other spelling of a P-256 signature, (r, n - s), which verifies as well', async () => {
    for (let turn = 0; turn < 20; turn++) {
      const [body = '', proof = ''] = (await encode()).split('.');
      const other = otherSpelling(Buffer.from(proof, 'base64url'));
      expect(verify('sha256', Buffer.from(body, 'base64url'), createPublicKey(pair.pem), other)).toBe(true);
      expect(isCanonicalSignature(other)).toBe(false);
      expect(decode(`${body}.${other.toString('base64url')}`)).toBeUndefined();
    }
  });

  it('reads a session from before signatures had one form, so that the upgrade signs nobody out', () => {
    const [body = '', proof = ''] = signed(`s3nator-session/1\n${JSON.stringify(statement)}`).split('.');
    expect(decode(`${body}.${proof}`)).toEqual(statement);
    expect(decode(`${body}.${otherSpelling(Buffer.from(proof, 'base64url')).toString('base64url')}`)).toEqual(
      statement,
    );
  });

  it('never throws and never accepts, for any input', () => {
    const part = fc.oneof(
      fc.string(),
      fc.base64String(),
      fc.string().map((text) => Buffer.from(text).toString('base64url')),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 4 }), (parts) => {
        expect(decode(parts.join('.'))).toBeUndefined();
      }),
    );
  });

  it('never accepts a changed statement', async () => {
    const [body = '', proof = ''] = (await encode()).split('.');
    const text = Buffer.from(body, 'base64url').toString();
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.string({ minLength: 1, maxLength: 1 }), (at, letter) => {
        const changed = text.slice(0, at) + letter + text.slice(at + 1);
        fc.pre(changed !== text);
        expect(decode(`${Buffer.from(changed).toString('base64url')}.${proof}`)).toBeUndefined();
      }),
    );
  });
});

describe('a session and a policy of the same key', () => {
  const path = fc.stringMatching(/^\/[a-z0-9/]{0,20}\*?$/);
  const seconds = fc.integer({ min: 1, max: 4_000_000_000 });

  it('are never taken for each other: no policy is a session', async () => {
    await fc.assert(
      fc.asyncProperty(fc.domain(), path, seconds, async (host, grant, expiresAt) => {
        const key = await keyOf(pair);
        const cookies = await key.signPolicy(policyStatement({ host, path: grant, expiresAt }), 'SHA256');
        if (!cookies.ok) throw new Error('no cookies');
        const { policy, signature } = cookies.value;
        const [body, proof] = [policy, signature].map((one) => fromCloudFrontBase64(one).toString('base64url'));
        const value = `${body}.${proof}`;
        expect(decode(value)).toBeUndefined();
      }),
    );
  });

  it('are never taken for each other: no session is a policy', async () => {
    const text = fc.string({ minLength: 1, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(text, text, path, seconds, async (sub, sid, grant, expiresAt) => {
        const value = await encode({ ...statement, sub, sid, path: grant, expiresAt });
        const bytes = Buffer.from(value.split('.')[0] ?? '', 'base64url').toString();
        // A policy is JSON with one Statement; these bytes are no JSON at all.
        expect(() => JSON.parse(bytes)).toThrow(SyntaxError);
        expect(bytes.trimStart().startsWith('{')).toBe(false);
      }),
    );
  });
});

describe('parseTrustedKeys', () => {
  it('throws if a key has the name of another key', () => {
    expect(() => parseTrustedKeys({ '0000000000000000': pair.spki })).toThrow(
      'trusted key 0000000000000000 is another key',
    );
  });

  it('throws on a key that CloudFront would not take', async () => {
    const { generateKeyPairSync } = await import('node:crypto');
    const { fingerprintOf } = await import('./signing-key.ts');
    const spki = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'der' });
    const fingerprint = fingerprintOf(spki);
    const keys = parseTrustedKeys({ [fingerprint]: spki.toString('base64') });
    expect(() => keys.get(fingerprint)).toThrow(`trusted key ${fingerprint} is neither P-256 nor RSA-2048`);
  });
});

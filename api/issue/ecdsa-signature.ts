/**
 * Reads and writes P-256 signatures in one canonical form. If (r, s) verifies, so does (r, n - s): anyone who has a
 * signature can compute the other one without the key. We use the one with the smaller s, in strict DER.
 */

/** n: the order of the base point (FIPS 186-4, D.1.2.3). */
const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** An INTEGER in DER, and the offset of its end. */
function integerAt(der: Buffer, at: number): { readonly value: bigint; readonly end: number } | undefined {
  const [tag, length = 0] = der.subarray(at, at + 2);
  const end = at + 2 + length;
  // 33 bytes: a sign byte and 256 bits.
  if (tag !== 0x02 || length === 0 || length > 33 || end > der.length) return undefined;
  return { value: BigInt(`0x${der.toString('hex', at + 2, end)}`), end };
}

function integer(value: bigint): Buffer {
  const digits = value.toString(16);
  const bytes = Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex');
  const sign = (bytes[0] ?? 0) > 0x7f ? [0] : [];
  return Buffer.from([0x02, sign.length + bytes.length, ...sign, ...bytes]);
}

/** The canonical form of the signature `der`; `undefined` if it is not a signature of this curve. */
function canonical(der: Buffer): Buffer | undefined {
  const r = integerAt(der, 2);
  const s = r && integerAt(der, r.end);
  if (s === undefined || [r, s].some((one) => one === undefined || one.value === 0n || one.value >= order))
    return undefined;
  const content = Buffer.concat([integer(r?.value ?? 0n), integer(s.value * 2n > order ? order - s.value : s.value)]);
  return Buffer.from([0x30, content.length, ...content]);
}

/** The same signature in canonical form. Throws if it is not a DER signature of this curve. */
export function canonicalSignature(der: Uint8Array): Buffer {
  const written = canonical(Buffer.from(der));
  if (written === undefined) throw new TypeError('not a P-256 signature in DER');
  return written;
}

/** Whether a signature is in canonical form. Does not verify it. */
export const isCanonicalSignature = (der: Uint8Array): boolean => canonical(Buffer.from(der))?.equals(der) === true;

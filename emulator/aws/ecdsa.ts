/**
 * ECDSA on P-256 over a given digest, which Node's own `sign` cannot do. Not constant time, so for throwaway keys only.
 */
import { createECDH, type KeyObject } from 'node:crypto';

/**
 * Order of the curve's base point.
 * @see FIPS 186-5, appendix; SEC 2, 2.4.2
 */
const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

const numberOf = (bytes: Buffer): bigint => BigInt(`0x${bytes.toString('hex')}`);
const modulo = (value: bigint): bigint => ((value % order) + order) % order;

/** The order is prime, so this power is the inverse (Fermat). */
function inverse(value: bigint): bigint {
  let result = 1n;
  let base = modulo(value);
  for (let exponent = order - 2n; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = modulo(result * base);
    base = modulo(base * base);
  }
  return result;
}

/** A positive INTEGER in DER. */
function integer(value: bigint): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  const padded = (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes;
  return Buffer.concat([Buffer.of(2, padded.length), padded]);
}

/**
 * Signature in DER.
 * @see FIPS 186-5, 6.4.1
 */
export function signDigest(privateKey: KeyObject, digest: Buffer): Buffer {
  const { d = '' } = privateKey.export({ format: 'jwk' });
  const secret = numberOf(Buffer.from(d, 'base64url'));
  const once = createECDH('prime256v1');
  // An uncompressed point: one byte, then 32 bytes each for x and y.
  const r = modulo(numberOf(once.generateKeys().subarray(1, 33)));
  const s = modulo(inverse(numberOf(once.getPrivateKey())) * (numberOf(digest) + r * secret));
  if (r === 0n || s === 0n) return signDigest(privateKey, digest);
  const numbers = Buffer.concat([integer(r), integer(s)]);
  return Buffer.concat([Buffer.of(0x30, numbers.length), numbers]);
}

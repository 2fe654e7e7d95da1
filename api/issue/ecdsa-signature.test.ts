import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { canonicalSignature, isCanonicalSignature } from './ecdsa-signature.ts';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const bytes = Buffer.from('text');
const hex = (value: bigint): string => value.toString(16).padStart(64, '0');
/** A signature as numbers, by Node's own other form of it. */
const numbersOf = (): [bigint, bigint] => {
  const text = sign('sha256', bytes, { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('hex');
  return [BigInt(`0x${text.slice(0, 64)}`), BigInt(`0x${text.slice(64)}`)];
};
const integer = (value: bigint): Buffer => {
  const magnitude = Buffer.from(hex(value), 'hex');
  const start = magnitude.findIndex((one) => one !== 0);
  const short = magnitude.subarray(start < 0 ? 31 : start);
  const signed = (short[0] ?? 0) > 127 ? Buffer.concat([Buffer.alloc(1), short]) : short;
  return Buffer.concat([Buffer.from([2, signed.length]), signed]);
};
const der = (r: bigint, s: bigint): Buffer => {
  const content = Buffer.concat([integer(r), integer(s)]);
  return Buffer.concat([Buffer.from([0x30, content.length]), content]);
};

describe('a signature', () => {
  it('has one canonical form, whichever of the two the key wrote, and it verifies', () => {
    for (let turn = 0; turn < 300; turn++) {
      const [r, s] = numbersOf();
      const both = [der(r, s), der(r, order - s)];
      for (const one of both) expect(verify('sha256', bytes, publicKey, one)).toBe(true);
      const [low] = both.filter(isCanonicalSignature);
      expect(both.filter(isCanonicalSignature)).toHaveLength(1);
      for (const one of both) expect(canonicalSignature(one)).toEqual(low);
      expect(verify('sha256', bytes, publicKey, low ?? Buffer.alloc(0))).toBe(true);
    }
  });

  it('encodes short numbers in the minimum of bytes, as DER requires', () => {
    for (const [r, s] of [
      [1n, 1n],
      [127n, 128n],
      [255n, 256n],
      [order - 1n, order >> 1n],
    ] as const) {
      expect(canonicalSignature(der(r, s))).toEqual(der(r, s));
      expect(isCanonicalSignature(der(r, s))).toBe(true);
    }
    expect(canonicalSignature(der(5n, order - 1n))).toEqual(der(5n, 1n));
  });

  it('is not accepted in another form, and other bytes are refused', () => {
    const good = der(5n, 6n);
    const others = [
      Buffer.alloc(0),
      good.subarray(0, -1),
      Buffer.concat([good, Buffer.alloc(1)]),
      Buffer.from('3006020105028106', 'hex'),
      Buffer.from('308106020105020106', 'hex'),
      Buffer.from('300702020005020106', 'hex'),
      Buffer.from('3106020105020106', 'hex'),
      Buffer.from('3007020105020106', 'hex'),
      Buffer.from('3006020185020106', 'hex'),
      Buffer.from('3006030105020106', 'hex'),
      Buffer.from('3005020105020006', 'hex'),
    ];
    for (const one of others)
      expect([one.toString('hex'), isCanonicalSignature(one)]).toEqual([one.toString('hex'), false]);
    for (const [r, s] of [
      [0n, 1n],
      [1n, 0n],
      [order, 1n],
      [1n, order],
    ] as const) {
      expect(isCanonicalSignature(der(r, s))).toBe(false);
      expect(() => canonicalSignature(der(r, s))).toThrow('not a P-256 signature in DER');
    }
    // A number of 33 bytes, with a zero in front, is one; of 34 none is.
    for (const [zeros, length] of [
      [1, 33],
      [2, 34],
    ] as const) {
      const long = Buffer.concat([
        Buffer.from([0x30, length + 5, 0x02, length]),
        Buffer.alloc(zeros),
        Buffer.alloc(32, 1),
        Buffer.from('020106', 'hex'),
      ]);
      if (zeros === 1) expect(canonicalSignature(long)).toHaveLength(39);
      else expect(() => canonicalSignature(long)).toThrow(TypeError);
    }
    expect(() => canonicalSignature(Buffer.from('x'))).toThrow(TypeError);
  });
});

/** Creates self-signed certificates for servers of this machine. None can sign another certificate. */
import { generateKeyPairSync, randomBytes, sign, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { Certificate } from '../message/shared-port.ts';

/** A value of the distinguished encoding rules (ITU-T X.690, 8.1): tag, length, content. */
function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  const length =
    content.length < 128
      ? [content.length]
      : content.length < 256
        ? [0x81, content.length]
        : [0x82, content.length >> 8, content.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

const sequence = (...contents: readonly Uint8Array[]): Buffer => der(0x30, ...contents);
const text = (tag: number, value: string): Buffer => der(tag, Buffer.from(value));
const identifier = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'));

/** `YYMMDDHHMMSSZ` (RFC 5280, 4.1.2.5.1). */
const utcTime = (milliseconds: number): Buffer =>
  text(0x17, `${new Date(milliseconds).toISOString().slice(2, 19).replace(/[-:T]/g, '')}Z`);

// 1.2.840.10045.4.3.2, 2.5.4.3, 2.5.29.17, 2.5.29.37, 1.3.6.1.5.5.7.3.1
const ecdsaWithSha256 = sequence(identifier('2a8648ce3d040302'));
const commonName = identifier('550403');
const subjectAltName = identifier('551d11');
const extendedKeyUsage = identifier('551d25');
const serverAuth = identifier('2b06010505070301');

const dayMs = 86_400_000;

/** An IP address as its bytes. */
function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  const [head = [], tail = []] = address.split('::').map((half) => half.split(':').filter((group) => group !== ''));
  const zeros = Array<string>(8 - head.length - tail.length).fill('0');
  const groups = [...head, ...zeros, ...tail].map((group) => group.padStart(4, '0'));
  return Buffer.from(groups.join(''), 'hex');
}

/** A certificate for `hosts`, names and addresses, valid from yesterday for `days`. */
export function selfSignedCertificate(hosts: readonly string[], now: number, days = 90): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = sequence(der(0x31, sequence(commonName, text(0x0c, 's3nator on this machine'))));
  const names = hosts.map((host) => (isIP(host) === 0 ? text(0x82, host) : der(0x87, addressBytes(host))));
  const extensions = sequence(
    sequence(subjectAltName, der(0x04, sequence(...names))),
    sequence(extendedKeyUsage, der(0x04, sequence(serverAuth))),
  );
  const certificate = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    // Positive, and not zero.
    der(0x02, Buffer.from([1]), randomBytes(15)),
    ecdsaWithSha256,
    name,
    sequence(utcTime(now - dayMs), utcTime(now + days * dayMs)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, extensions),
  );
  const signature = sign('sha256', certificate, privateKey);
  const whole = sequence(certificate, ecdsaWithSha256, der(0x03, Buffer.from([0]), signature));
  return {
    cert: new X509Certificate(whole).toString(),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

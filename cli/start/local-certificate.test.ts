import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { selfSignedCertificate } from '../../emulator/issuers/self-signed-certificate.ts';
import { localCertificate } from './local-certificate.ts';

const now = Date.parse('2027-01-15T08:00:00Z');
const day = 86_400_000;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 's3nator-certificate-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const pair = (): string => join(folder, 'https/key-and-certificate.pem');
const made = (at = now) => localCertificate(join(folder, 'https'), at);

describe('localCertificate', () => {
  it('is for this machine, by each of its names, and can sign nothing else', () => {
    const { cert, key, file } = made();
    const certificate = new X509Certificate(cert);
    expect(certificate.subjectAltName).toBe(
      'DNS:localhost, DNS:*.localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1',
    );
    expect([certificate.checkHost('localhost'), certificate.checkIP('::1')]).toEqual(['localhost', '::1']);
    expect([certificate.ca, certificate.keyUsage]).toEqual([false, ['1.3.6.1.5.5.7.3.1']]);
    expect(certificate.checkPrivateKey(createPrivateKey(key))).toBe(true);
    expect(readFileSync(file, 'utf8')).toBe(cert);
    expect(readFileSync(file, 'utf8')).not.toContain('PRIVATE');
  });

  it('is for its owner alone', () => {
    const { file } = made();
    expect([pair(), file].map((one) => statSync(one).mode & 0o777)).toEqual([0o600, 0o600]);
    expect(statSync(join(folder, 'https')).mode & 0o777).toBe(0o700);
  });

  it('is kept for later runs', () => {
    const { cert, key } = made();
    const later = made(now + 300 * day);
    expect(later.cert).toBe(cert);
    expect(createPrivateKey(later.key).equals(createPrivateKey(key))).toBe(true);
  });

  it.each<[string, number, (before: string) => string]>([
    ['in its last week', 359 * day, (before) => before],
    ['after it has expired', 500 * day, (before) => before],
    ['before it is valid', -30 * day, (before) => before],
    ['if it cannot be read', 0, () => 'x'],
    ['if a part of it is missing', 0, (before) => before.replace(/-----BEGIN PRIVATE[\s\S]*PRIVATE KEY-----\n/, '')],
    [
      'if the key is another',
      0,
      (before) => `${selfSignedCertificate(['a'], now).key}${before.slice(before.indexOf('-----BEGIN CERT'))}`,
    ],
    ['if it is for other names', 0, () => Object.values(selfSignedCertificate(['localhost'], now)).join('')],
  ])('is made anew %s', (_, passed, change) => {
    const { cert } = made();
    writeFileSync(pair(), change(readFileSync(pair(), 'utf8')));
    const next = made(now + passed);
    expect(next.cert).not.toBe(cert);
    expect(readFileSync(next.file, 'utf8')).toBe(next.cert);
    expect(made(now + passed).cert).toBe(next.cert);
  });
});

/** The certificate of `npm start -- --https`: made on the spot, kept, and made anew before it expires. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { selfSignedCertificate } from '../../emulator/issuers/self-signed-certificate.ts';
import type { Certificate } from '../../emulator/message/shared-port.ts';
import { writePrivateFile } from '../private-file.ts';

export interface LocalCertificate extends Certificate {
  /** The certificate without its key, for clients that should trust it. */
  readonly file: string;
}

const hosts = ['localhost', '*.localhost', '127.0.0.1', '::1'];
/** As X.509 tools write them. */
const names = 'DNS:localhost, DNS:*.localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1';
/** Some browsers accept at most 398 days. */
const days = 365;
/** Whoever accepts it now should not have to do so again this week. */
const remainingMs = 7 * 86_400_000;

/** The certificate in `file`; undefined if nothing there can be used now. */
function kept(file: string, now: number): Certificate | undefined {
  try {
    const text = readFileSync(file, 'utf8');
    const certificate = new X509Certificate(text);
    const isValid = Date.parse(certificate.validFrom) <= now && now + remainingMs < Date.parse(certificate.validTo);
    const isOurs = certificate.subjectAltName === names && certificate.checkPrivateKey(createPrivateKey(text));
    return isValid && isOurs ? { cert: certificate.toString(), key: text } : undefined;
  } catch {
    return undefined;
  }
}

/** The certificate that `folder` keeps, or a new one. `now`: epoch milliseconds. */
export function localCertificate(folder: string, now: number): LocalCertificate {
  // One file for both, so that two runs at once leave no key beside the certificate of another.
  const pair = join(folder, 'key-and-certificate.pem');
  const file = join(folder, 'certificate.pem');
  let certificate = kept(pair, now);
  if (certificate === undefined) {
    certificate = selfSignedCertificate(hosts, now, days);
    writePrivateFile(pair, `${certificate.key}${certificate.cert}`);
  }
  writePrivateFile(file, certificate.cert);
  return { ...certificate, file };
}

/** Builds the text that `npm start` prints when the site is up: addresses, accounts, and curl commands. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type SitePaths, withPaths } from '../../contract/layout.ts';
import { pathCovers } from '../../contract/rule-order.ts';
import { sessionPath } from '../../contract/session-api.ts';
import type { Emulator } from '../../emulator/emulator.ts';
import type { StandInGoogle } from '../../emulator/google/stand-in-google.ts';
import type { StandInIssuers } from '../../emulator/issuers/stand-in-issuers.ts';
import { typed } from '../npm-options.ts';
import { paint } from '../terminal.ts';
import type { LocalAccount } from './local-accounts.ts';
import type { LocalCertificate } from './local-certificate.ts';

export interface Served {
  readonly emulator: Pick<Emulator, 'origin' | 'googleClientId' | 'poolClient'>;
  readonly google: Pick<StandInGoogle, 'origin'> | undefined;
  readonly issuers: Pick<StandInIssuers, 'origin'> | undefined;
  /** The accounts of the stand-ins, and what the rules decide about each. */
  readonly accounts: readonly LocalAccount[];
  /** Where the site has its API. */
  readonly paths: SitePaths;
  /** The served folder; undefined: none. */
  readonly content: string | undefined;
  /** What was kept from the previous run; undefined: nothing. */
  readonly kept: string | undefined;
  /** The certificate of https; undefined: http. */
  readonly certificate: Pick<LocalCertificate, 'file'> | undefined;
}

const bold = (text: string): string => paint('bold', text);

/** A page of the example site. */
const guide = '/docs/guide.html';

/** A page for curl to fetch, among those that `path` opens. */
function pageToTry(path: string, content: string | undefined): string {
  const hasGuide = content !== undefined && existsSync(join(content, guide));
  return hasGuide && pathCovers(path, guide) ? guide : path.replace(/\*$/, '');
}

/** Where to sign in, and where to get a token. */
export function standInLines({ emulator, google, issuers }: Pick<Served, 'emulator' | 'google' | 'issuers'>): string[] {
  const lines: string[] = [];
  if (google !== undefined && emulator.googleClientId !== undefined) {
    lines.push(`  Stand-in Google  ${paint('cyan', `${google.origin}/`)}`);
  }
  if (issuers !== undefined) lines.push(`  Other issuers    ${paint('cyan', `${issuers.origin}/`)}`);
  if (issuers !== undefined && emulator.poolClient !== undefined) {
    const signIn = issuers.origin.replace('http:', 'https:');
    lines.push(
      `  Hosted sign-in   ${paint('cyan', `${signIn}/`)}   its certificate is its own: the browser warns once`,
    );
  }
  return lines;
}

function accountLines(accounts: readonly LocalAccount[]): string[] {
  const width = Math.max(...accounts.map(({ email }) => email.length));
  return accounts.map(({ email, path, note }) => {
    const allowed = path === undefined ? paint('red', 'refused') : paint('green', 'allowed');
    const narrow = path === undefined || path === '/*' ? '' : `; opens ${path}`;
    return `    ${email.padEnd(width)}  ${allowed}   ${note}${narrow}`;
  });
}

function curlLines({ emulator, google, issuers, accounts, paths, content, certificate }: Served): string[] {
  const site = emulator.origin;
  const { email, path } = accounts.find((account) => account.path !== undefined) ?? {
    email: 'alice@example.com',
    path: '/',
  };
  const tokenUrl =
    google !== undefined && emulator.googleClientId !== undefined
      ? `${google.origin}/token?email=${email}`
      : `${issuers?.origin}/token?issuer=user-pool&email=${email}`;
  const curl = certificate === undefined ? 'curl' : `curl --cacert ${typed([certificate.file])}`;
  return [
    `    ID_TOKEN=$(${curl} -s '${tokenUrl}')`,
    `    ${curl} -c jar -X POST ${site}${withPaths(sessionPath, paths)} -H "Authorization: Bearer $ID_TOKEN"`,
    `    ${curl} -b jar ${site}${pageToTry(path ?? '/', content)}`,
  ];
}

function certificateLines({ emulator, google, certificate }: Served): string[] {
  if (certificate === undefined) {
    return [
      '  Safari keeps no Secure cookies on http://localhost: npm start -- --https, or sign in with Chrome or Firefox.',
    ];
  }
  const file = typed([certificate.file]);
  const addresses = [google?.origin, emulator.origin].flatMap((origin) => (origin === undefined ? [] : `${origin}/`));
  return [
    '  The certificate is made on this machine, so a browser warns once. Open each address there, and accept it:',
    `    ${addresses.map((address) => paint('cyan', address)).join('   ')}`,
    `  curl --cacert FILE, wget --ca-certificate=FILE, Python: SSL_CERT_FILE, Node: NODE_EXTRA_CA_CERTS. FILE is`,
    `    ${file}`,
  ];
}

export function welcomeText(served: Served): string {
  const { emulator, google, accounts } = served;
  const site = emulator.origin;
  const lines = [
    '',
    `  ${paint('green', '●')} ${bold('s3nator')} is serving your site`,
    '',
    `  Site             ${paint('cyan', `${site}/`)}`,
    ...(google === undefined ? ['  Google           the real one, with the client ID of your config'] : []),
    ...standInLines(served),
    '',
    ...(google === undefined
      ? [`  In Google Cloud, ${site} must be an authorized JavaScript origin of that client ID.`]
      : [
          `  ${bold('Accounts to sign in with')}`,
          ...accountLines(accounts),
          '',
          `  ${bold('The same with curl')}`,
          ...curlLines(served),
        ]),
  ];
  if (served.kept !== undefined) {
    lines.push('', `  Kept from before: ${served.kept}   ${paint('gray', 'npm run access -- list --local-site')}`);
  }
  lines.push('', ...certificateLines(served));
  lines.push('', `  ${paint('gray', 'Edits take effect by themselves. Ctrl-C stops.')}`, '', '');
  return lines.join('\n');
}

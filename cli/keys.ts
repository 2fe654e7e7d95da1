/** Owns `npm run keys`: makes a site's signing keys. Never overwrites one, never prints one. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { loadConfig } from '../stacks/load-config.ts';
import {
  type KeyType,
  keyListFile,
  privateKeyFile,
  publicHalf,
  publicKeyFile,
  type SigningKeys,
} from '../stacks/signing-keys.ts';
import { chosenSite } from './chosen-site.ts';
import { paint } from './terminal.ts';

function generate(type: KeyType): { publicKey: KeyObject; privateKey: KeyObject } {
  switch (type) {
    case 'P-256':
      return generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    case 'RSA-2048':
      return generateKeyPairSync('rsa', { modulusLength: 2048 });
  }
}

/**
 * Writes two new key pairs, the signer and the next one, into the folder `directory`, which must not exist: whole or not at all. Private
 * halves get mode 600.
 */
export function createKeys(directory: string, type: KeyType): SigningKeys {
  if (existsSync(directory)) {
    throw new Error(`${directory} exists already and is left as it is. To start over, move that folder away first.`);
  }
  mkdirSync(dirname(directory), { recursive: true });
  // Beside the target, so that the last step is one rename.
  const draft = mkdtempSync(join(dirname(directory), `.${basename(directory)}-`));
  try {
    const write = (): SigningKeys['signer'] => {
      const { publicKey, privateKey } = generate(type);
      const half = publicHalf(publicKey);
      writeFileSync(join(draft, publicKeyFile(half.fingerprint)), half.pem);
      const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
      writeFileSync(join(draft, privateKeyFile(half.fingerprint)), pem, { mode: 0o600 });
      return half;
    };
    const keys = { signer: write(), next: write() };
    const list = { version: 1, signer: keys.signer.fingerprint, next: keys.next.fingerprint };
    writeFileSync(join(draft, keyListFile), `${JSON.stringify(list, null, 2)}\n`);
    renameSync(draft, directory);
    return keys;
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    throw error;
  }
}

export interface KeysOptions {
  /** Folder with `s3nator.config.ts` and `keys/`. */
  readonly root: string;
  /** What to do; `create` is all there is. */
  readonly action: string | undefined;
  /** Site to do it for; may be left out when the config has one. */
  readonly site: string | undefined;
}

/** Runs `npm run keys -- create [--site NAME]`. */
export async function keysCommand({ root, action, site }: KeysOptions): Promise<void> {
  if (action !== 'create') throw new Error('Usage: npm run keys -- create [--site NAME]');
  const { name, config } = chosenSite(await loadConfig(root), site);
  const directory = join(root, 'keys', name);
  const { signer, next } = createKeys(directory, config.signing.key);
  const shown = (file: string): string => relative(root, join(directory, file));
  process.stdout.write(
    [
      `Made two ${config.signing.key} key pairs for site ${paint('bold', name)}.`,
      '',
      '  Commit these, so that every checkout can deploy:',
      ...[keyListFile, publicKeyFile(signer.fingerprint), publicKeyFile(next.fingerprint)].map(
        (f) => `    ${shown(f)}`,
      ),
      '',
      '  Keep these secret; git ignores them. The next deploy uploads them and later ones do not need them:',
      `    ${shown(privateKeyFile(signer.fingerprint))}   signs`,
      `    ${shown(privateKeyFile(next.fingerprint))}   signs after the next rotation`,
      '',
      '',
    ].join('\n'),
  );
}

import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { isSetupError } from '../text/setup-error.ts';
import { readContent } from './content-files.ts';
import { publishableFolder } from './content-guard.ts';

let project: string;
let folder: string;

function write(path: string, text: string | Buffer = 'x', within = folder): void {
  mkdirSync(dirname(join(within, path)), { recursive: true });
  writeFileSync(join(within, path), text);
}

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 's3nator-guard-'));
  folder = join(project, 'www');
  mkdirSync(folder);
  write('s3nator.config.ts', 'export default {};', project);
  write('keys/docs/abc.private.pem', privatePem, project);
  write('terraform.docs.tfstate', '{}', project);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(project, { recursive: true, force: true });
});

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const privatePem = ec.export({ type: 'pkcs8', format: 'pem' }) as string;

const list = (chosen = folder) => readContent({ folder: chosen, field: 'content', project, api: '/auth' }).files;
const refused = (chosen = folder): string => {
  try {
    list(chosen);
  } catch (error) {
    if (isSetupError(error)) return `${error.code} ${error.message}`;
    throw error;
  }
  return 'listed';
};

describe('publishableFolder', () => {
  it.each([
    ['the folder with the config', '.', /contains s3nator\.config\.ts, and with it the site's keys and state/],
    ['a folder above the config', '..', /contains s3nator\.config\.ts/],
    ['the whole disk', '/', /contains (s3nator\.config\.ts|your home folder)/],
    ['the keys', 'keys', /keys is where the signing keys are/],
    ['a folder of the keys', 'keys/docs', /docs is where the signing keys are/],
    ['the files of a local run', '.s3nator', /is inside \.s3nator/],
    ['a folder in .git', '.git/refs', /is inside \.git/],
    ['an installed package', 'node_modules/docs', /is inside node_modules/],
    ['a synthesized stack', 'cdktf.out/stacks', /is inside cdktf\.out/],
    ['AWS credentials', '.aws', /is inside \.aws/],
    ['SSH keys', '.ssh', /is inside \.ssh/],
    ['GnuPG keys', '.gnupg', /is inside \.gnupg/],
    ['what Terraform downloads', 'a/.terraform/b', /is inside \.terraform/],
    ['a name in different case, which some file systems treat as the same', '.Git', /is inside \.Git/],
  ])('refuses %s', (_, chosen, why) => {
    mkdirSync(join(project, chosen), { recursive: true });
    const message = refused(join(project, chosen));
    expect(message).toMatch(why);
    expect(message).toMatch(/^content_secret content: .* Fix: /);
  });

  it('refuses the home folder by all its names, and every folder above it, before it looks inside', () => {
    const home = join(project, 'home/alice');
    write('site/index.html', 'x', home);
    symlinkSync(home, join(project, 'link'));
    vi.stubEnv('HOME', home);
    // This is not a file that could be listed: looking inside would fail differently.
    write('id_rsa', 'x', home);
    for (const chosen of [home, `${home}/`, join(project, 'link')]) {
      expect(refused(chosen)).toMatch(/^content_secret content: .* is your home folder, with your keys and passwords/);
    }
    expect(refused(dirname(home))).toMatch(/contains your home folder/);
    expect(list(join(home, 'site'))).toHaveLength(1);
  });

  it('refuses a link to a folder that it refuses', () => {
    symlinkSync('keys', join(project, 'public-things'));
    expect(refused(join(project, 'public-things'))).toMatch(/is where the signing keys are/);
  });

  it('accepts a folder of the project, one next to it, and the usual output folders of site generators', () => {
    for (const name of ['www', '.vitepress/dist', '.output/public', '../elsewhere', 'key-notes']) {
      mkdirSync(join(folder, name), { recursive: true });
      expect(
        publishableFolder({ folder: join(folder, name), field: 'content', project: join(project, 'www/site') }),
      ).toBe(join(folder, name));
    }
  });

  it('accepts a project reached through a link, wherever the link leads', () => {
    mkdirSync(join(project, 'node_modules/app/www'), { recursive: true });
    symlinkSync('node_modules/app', join(project, 'app'));
    const chosen = { folder: join(project, 'app/www'), field: 'content', project: join(project, 'app') };
    expect(publishableFolder(chosen)).toBe(join(project, 'node_modules/app/www'));
  });

  it('accepts a project that is itself inside a folder with such a name', () => {
    const inner = join(project, 'node_modules/app');
    mkdirSync(join(inner, 'www'), { recursive: true });
    expect(publishableFolder({ folder: join(inner, 'www'), field: 'content', project: inner })).toBe(
      join(inner, 'www'),
    );
  });
});

describe('readContent, for files that must never be published', () => {
  it.each([
    'docs/abc.private.pem',
    'ABC.PRIVATE.PEM',
    'terraform.docs.tfstate',
    'terraform.docs.tfstate.backup',
    'terraform.tfstate.d/prod/x.json',
    'cdktf.out/manifest.json',
    'other/s3nator.config.ts',
    'production.env',
    's3nator.config.mjs',
    'backup/id_rsa',
    'id_dsa',
    'id_ecdsa',
    'id_ecdsa_sk',
    'id_ed25519',
    'id_ed25519_sk',
    'AuthKey_ABC123.p8',
    'client.p12',
    'client.pfx',
    'app.jks',
    'release.keystore',
    'putty.ppk',
    'passwords.KDBX',
    '_netrc',
    'terraform.tfvars',
    'prod.auto.tfvars.json',
    'tfplan',
    'client_secret_1-abc.apps.googleusercontent.com.json',
    'application_default_credentials.json',
    'prod.tfplan',
    'S3nator.Config.js',
    's3nator.config.cts',
    'TERRAFORM.TFSTATE',
    'ID_RSA',
    'CDKTF.OUT/x.txt',
    'Client_Secret.JSON',
    'Prod.TFVARS',
  ])('refuses %s by its name, and says how to fix it', (name) => {
    write(name);
    expect(refused()).toMatch(/^content_secret content: \/.* looks like .*\. Fix: move it out of the folder/);
  });

  it('accepts names that only look similar', () => {
    const names = [
      ...[
        '/client_secret.txt',
        '/my_id_rsa',
        '/notes.tfplan.html',
        '/s3nator.config.ts.html',
        '/environment',
        '/x.p8.png',
      ],
      ...['/authors.env.html', '/id_rsa.pub', '/keys/index.html', '/public.pem', '/tfstate.html'],
    ];
    for (const name of names) write(name);
    expect(list().map(({ path }) => path)).toEqual(names.toSorted());
  });

  it('refuses a .key file that is a key, and accepts a Keynote presentation', () => {
    write('talk.key', Buffer.from('PK\x03\x04 and the rest'));
    expect(list().map(({ path }) => path)).toEqual(['/talk.key']);
    write('server.key', 'anything');
    expect(refused()).toMatch(/server\.key has the name of a key file, and is not a Keynote presentation/);
    rmSync(join(folder, 'server.key'));
    write('OTHER.KEY', 'anything');
    expect(refused()).toMatch(/OTHER\.KEY has the name of a key file/);
    rmSync(join(folder, 'OTHER.KEY'));
    write('server.key', '');
    expect(refused()).toMatch(/server\.key has the name of a key file/);
  });

  const lines = (...text: readonly string[]): string => text.map((line) => `${line}\n`).join('');
  const openSsh = lines(
    '-----BEGIN OPENSSH PRIVATE KEY-----',
    'b3BlbnNzaC1rZXktdjEA'.repeat(20),
    '-----END OPENSSH PRIVATE KEY-----',
  );
  const pgp = lines(
    '-----BEGIN PGP PRIVATE KEY BLOCK-----',
    'Version: GnuPG v2',
    '',
    'lQOYBF'.repeat(40),
    '=abcd',
    '-----END PGP PRIVATE KEY BLOCK-----',
  );
  const legacy = lines(
    '-----BEGIN RSA PRIVATE KEY-----',
    'Proc-Type: 4,ENCRYPTED',
    'DEK-Info: AES-128-CBC,00FF',
    '',
    'MIIEpA'.repeat(60),
    '-----END RSA PRIVATE KEY-----',
  );
  const ed25519 = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  it.each<[string, string, string | Buffer]>([
    ['a private key under another name', 'notes.txt', privatePem],
    ['a short private key', 'notes.txt', ed25519],
    [
      'an RSA key',
      'notes.txt',
      generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs1', format: 'pem' }) as string,
    ],
    ['a key with Windows line ends', 'notes.txt', privatePem.replaceAll('\n', '\r\n')],
    ['a key in UTF-16, as PowerShell writes it', 'notes.txt', Buffer.from(`\ufeff${privatePem}`, 'utf16le')],
    [
      'a key after a certificate',
      'all.pem',
      `-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n${privatePem}`,
    ],
    [
      'the key of a service account',
      'account.json',
      JSON.stringify({ type: 'service_account', private_key: privatePem }),
    ],
    ['a key in a script', 'app.js', `const key=${JSON.stringify(privatePem)};`],
    [
      'the key of a service account that a bundler has put into a script',
      'app.js',
      `const account=JSON.parse(${JSON.stringify(JSON.stringify({ private_key: privatePem }))});`,
    ],
    ['an OpenSSH key', 'notes.txt', openSsh],
    ['a PGP key', 'notes.asc', pgp],
    ['an encrypted key', 'notes.txt', legacy],
    [
      'an encrypted key of today',
      'notes.txt',
      ec.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }) as string,
    ],
    ['an EC key as openssl writes it', 'notes.txt', ec.export({ type: 'sec1', format: 'pem' }) as string],
    ['a key with Windows line ends in JSON', 'a.json', JSON.stringify({ key: privatePem.replaceAll('\n', '\r\n') })],
    ['a key that is indented, as in YAML', 'a.yaml', `key: |\n${privatePem.replaceAll(/^/gm, '    ')}`],
    [
      'a key after a short example',
      'guide.md',
      `-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----\n${privatePem}`,
    ],
  ])('refuses %s', (_, name, text) => {
    write(name, text);
    expect(refused()).toMatch(/^content_secret content: \/.* holds a private key\. Fix: move it out of the folder/);
  });

  it('accepts a page about keys with a shortened example, and public halves', () => {
    write(
      'guide.html',
      '<pre>-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqG...\n-----END PRIVATE KEY-----</pre>',
    );
    write('words.html', 'Never publish a PRIVATE KEY. It begins with -----BEGIN PRIVATE KEY-----.');
    write(
      'short.html',
      '-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQ\n-----END PRIVATE KEY-----',
    );
    write('public.pem', generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }) as string);
    expect(list()).toHaveLength(4);
  });

  it('reads a file of many first lines in linear time', () => {
    write('many.txt', '-----BEGIN PRIVATE KEY-----\n'.repeat(9_000));
    expect(list()).toHaveLength(1);
  });

  it.each([
    ['headers that are all on one line', `-----BEGIN PRIVATE KEY-----${' a: b'.repeat(50_000)}`],
    ['a header as long as the file', `-----BEGIN PRIVATE KEY-----\na: ${'b'.repeat(260_000)}`],
    ['a first line in each header', 'a: -----BEGIN PRIVATE KEY-----\n'.repeat(8_000)],
    ['nothing but line breaks', `-----BEGIN PRIVATE KEY-----${'\n'.repeat(260_000)}`],
    ['nothing but backslashes', `-----BEGIN PRIVATE KEY-----${'\\'.repeat(260_000)}`],
  ])('is not slowed down by a file that begins like a key and continues with %s', (_, text) => {
    write('notes.txt', text);
    expect(list()).toHaveLength(1);
  });

  it('names the file and not the key', () => {
    write('notes.txt', privatePem);
    for (const line of privatePem.split('\n').slice(1, -2)) expect(refused()).not.toContain(line);
  });

  it('does not search long files, such as videos, for keys', () => {
    write('long.bin', Buffer.concat([Buffer.alloc(262_144), Buffer.from(privatePem)]));
    expect(list()).toHaveLength(1);
    write('long.bin', Buffer.concat([Buffer.alloc(262_144 - privatePem.length), Buffer.from(privatePem)]));
    expect(refused()).toMatch(/long\.bin holds a private key/);
  });
});

describe('readContent, for symbolic links inside the folder', () => {
  it.each([
    ['a file with a leading dot', '.env', '.env'],
    ['a file in a folder with a leading dot', '.git/config', '.git'],
    ['a file in a hidden folder of a folder', 'a/.ssh/b/config', '.ssh'],
    ['a private key', 'x.private.pem', 'x.private.pem'],
  ])('refuses a link to %s', (_, target, step) => {
    write(target);
    symlinkSync(target, join(folder, 'a-link.txt'));
    expect(refused()).toMatch(
      new RegExp(
        `^content_link content: .*a-link\\.txt is a symbolic link that leads to .*, ` +
          `and ${step.replaceAll('.', '\\.')} is never published`,
      ),
    );
  });

  it('refuses a link that reaches a hidden file through other links', () => {
    write('.secret/plans.txt');
    symlinkSync('.secret/plans.txt', join(folder, '.one'));
    symlinkSync('.one', join(folder, 'a-two'));
    symlinkSync('a-two', join(folder, 'a-three'));
    expect(refused()).toMatch(
      /^content_link .*a-t\w+ is a symbolic link that leads to .*plans\.txt, and \.secret is never/,
    );
  });

  it('refuses a link that goes through a link to an outside folder', () => {
    write('plans.txt', 'x', join(project, 'outside'));
    symlinkSync('../outside', join(folder, '.door'));
    symlinkSync('.door/plans.txt', join(folder, 'link.txt'));
    expect(refused()).toMatch(/^content_link .*link\.txt is a symbolic link that does not lead to a file or a folder/);
  });

  it('accepts a link to .well-known', () => {
    write('.well-known/security.txt');
    symlinkSync('.well-known/security.txt', join(folder, 'security.txt'));
    expect(list().map(({ path }) => path)).toEqual(['/.well-known/security.txt', '/security.txt']);
  });
});

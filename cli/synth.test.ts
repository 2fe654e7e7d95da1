import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { localSite } from '../contract/local-site.ts';
import { placeholderClientId } from '../contract/providers.ts';
import { synthesize } from '../stacks/synthesize.ts';
import { makeCheckout, makeKeys, validConfig } from '../stacks/testing/synthesized-site.ts';
import { contentFolder, type LocalSynthesisOptions, standIns, synthCommand, synthLocal } from './synth.ts';

// What s3nator brings lies in the test's own checkout, because this one may not be built.
const shipped = vi.hoisted(() => ({ packageRoot: '' }));
vi.mock('../stacks/text/package-root.ts', () => ({
  get packageRoot() {
    return shipped.packageRoot;
  },
  isCheckout: true,
}));

let checkout: ReturnType<typeof makeCheckout>;
let root: string;

const config = (signing: string): string => `export default { sites: { docs: {
  region: 'eu-west-1', content: 'site/www', signing: { store: 's3', key: '${signing}' },
  providers: [{ kind: 'google', clientId: '${placeholderClientId}' }], identityPool: true,
  session: { cookieSeconds: 60, maximumSeconds: 60 }, access: { blocked: [], rules: [] },
} } };`;

beforeEach(() => {
  checkout = makeCheckout({ 's3nator.config.ts': config('P-256') });
  root = checkout.root;
  shipped.packageRoot = root;
});

afterEach(() => checkout.remove());

const local = {
  siteOrigin: 'http://localhost:8080',
  standInGoogle: 'http://127.0.0.1:8081',
  standInIssuers: 'http://127.0.0.1:8082',
};
const run = (options: Partial<LocalSynthesisOptions> = {}) => synthLocal({ root, ...local, ...options });

/** Every place in `a` and `b` whose values differ, as a path. */
function differences(a: unknown, b: unknown, path = ''): string[] {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b ? [] : [path];
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].flatMap((name) =>
    differences(Reflect.get(a, name), Reflect.get(b, name), path === '' ? name : `${path}.${name}`),
  );
}

describe('synthLocal', () => {
  it('writes the stack, its Lambda and a throw-away key pair, and nothing outside of .s3nator', async () => {
    const before = readdirSync(root);
    const [stack] = await run();
    expect(stack).toMatchObject({ site: 'docs', folder: expect.stringContaining('.s3nator/cdktf.out/stacks/docs') });
    expect(readdirSync(stack?.folder ?? '').sort()).toEqual(['assets', 'cdk.tf.json']);
    expect(readdirSync(root).filter((name) => !before.includes(name))).toEqual(['.s3nator']);
  });

  it('names every file so that it is found from the stack, the private keys included', async () => {
    const [stack] = await run();
    const folder = stack?.folder ?? '';
    const json = JSON.parse(readFileSync(join(folder, 'cdk.tf.json'), 'utf8'));
    const objects = Object.values<{ source?: string }>(json.resource.aws_s3_object);
    const sources = objects.flatMap(({ source }) => (source === undefined ? [] : [source]));
    expect(sources.filter((source) => source.endsWith('.private.pem'))).toHaveLength(2);
    for (const source of sources) expect(statSync(join(folder, source)).isFile()).toBe(true);
    expect(statSync(join(folder, 'assets/lambda.zip')).isFile()).toBe(true);
  });

  it('keeps its keys from run to run', async () => {
    await run();
    const before = readdirSync(join(root, '.s3nator/keys/docs'));
    await run();
    expect(readdirSync(join(root, '.s3nator/keys/docs'))).toEqual(before);
    for (const name of before.filter((file) => file.endsWith('.private.pem'))) {
      expect(statSync(join(root, '.s3nator/keys/docs', name)).mode & 0o777).toBe(0o600);
    }
  });

  it('makes new keys when a private half is gone', async () => {
    await run();
    const folder = join(root, '.s3nator/keys/docs');
    const [lost = ''] = readdirSync(folder).filter((name) => name.endsWith('.private.pem'));
    rmSync(join(folder, lost));
    await run();
    expect(readdirSync(folder)).toHaveLength(5);
    expect(readdirSync(folder)).not.toContain(lost);
  });

  it('makes new keys when the config asks for another type', async () => {
    await run();
    const other = makeCheckout({ 's3nator.config.ts': config('RSA-2048') });
    try {
      mkdirSync(join(other.root, '.s3nator/keys/docs'), { recursive: true });
      for (const name of readdirSync(join(root, '.s3nator/keys/docs'))) {
        writeFileSync(
          join(other.root, '.s3nator/keys/docs', name),
          readFileSync(join(root, '.s3nator/keys/docs', name)),
        );
      }
      const [stack] = await run({ root: other.root });
      const json = JSON.parse(readFileSync(join(stack?.folder ?? '', 'cdk.tf.json'), 'utf8'));
      const keys = Object.values<{ encoded_key: string }>(json.resource.aws_cloudfront_public_key);
      for (const { encoded_key } of keys) expect(encoded_key.length).toBeGreaterThan(400);
    } finally {
      other.remove();
    }
  });

  it('serves another folder when it is told to', async () => {
    mkdirSync(join(root, 'mine'));
    writeFileSync(join(root, 'mine/mine.html'), 'mine');
    const [stack] = await run({ content: 'mine' });
    const text = readFileSync(join(stack?.folder ?? '', 'cdk.tf.json'), 'utf8');
    expect(text).toContain('www/mine.html');
    expect(text).not.toContain('www/docs/guide.html');
    await expect(run({ content: 'nowhere' })).rejects.toThrow(/there is no folder .*nowhere/);
  });

  it.each([
    ['.', 'contains s3nator.config.ts'],
    ['keys', 'is where the signing keys are'],
    ['.s3nator', 'is inside .s3nator'],
  ])('serves no folder with keys in it, and writes nothing then: %s', async (name, why) => {
    mkdirSync(join(root, name), { recursive: true });
    const before = readdirSync(root, { recursive: true });
    await expect(run({ content: name })).rejects.toThrow(`--content: ${join(root, name)} ${why}`);
    expect(readdirSync(root, { recursive: true })).toEqual(before);
  });

  it.each(['.', './/', 'keys'])('refuses content: %j of the config as well', async (name) => {
    const other = makeCheckout({ 's3nator.config.ts': config('P-256').replace('site/www', name), 'keys/a': '' });
    try {
      await expect(run({ root: other.root })).rejects.toThrow(/^content: .* Fix: /);
      expect(readdirSync(other.root)).not.toContain('.s3nator');
    } finally {
      other.remove();
    }
  });

  it('refuses cookies that outlive the session', async () => {
    await expect(run({ cookieSeconds: 61 })).rejects.toThrow(
      '--cookie-seconds: got 61; allowed: at most 60, sites.docs.session.maximumSeconds',
    );
    await expect(run({ cookieSeconds: 60 })).resolves.toHaveLength(1);
  });

  it('refuses a site that the config does not have', async () => {
    for (const siteName of ['media', 'constructor']) {
      await expect(run({ siteName })).rejects.toThrow(`--site: got ${siteName}; allowed: docs`);
    }
  });

  it('says which Google client ID is missing for the real Google, and how to set it', async () => {
    await expect(run({ standInGoogle: null })).rejects.toThrow(
      '--google: sites.docs.providers.0.clientId is still the placeholder. ' +
        'Fix: set your Google client ID in s3nator.config.ts',
    );
    expect(readdirSync(root)).not.toContain('.s3nator');
  });

  it('needs no Google client ID where Google is not a provider, and finds Google behind others', async () => {
    const pool = "{ kind: 'cognitoUserPool', provision: { domainPrefix: 'd', passwords: { selfSignUp: false } } }";
    const [own, both] = [
      config('P-256')
        .replace(/providers: \[.*?\]/, `providers: [${pool}]`)
        .replace('identityPool: true', 'identityPool: null'),
      config('P-256').replace('providers: [', `providers: [${pool}, `),
    ].map((text) => makeCheckout({ 's3nator.config.ts': text }));
    try {
      await expect(run({ root: own?.root ?? '', standInGoogle: null })).resolves.toHaveLength(1);
      await expect(run({ root: both?.root ?? '', standInGoogle: null })).rejects.toThrow('docs.providers.1.clientId');
    } finally {
      for (const made of [own, both]) made?.remove();
    }
  });

  it('takes what s3nator brings from another folder when it is told to', async () => {
    const other = makeCheckout();
    try {
      rmSync(join(root, 'dist'), { recursive: true });
      await expect(run()).rejects.toThrow();
      await expect(run({ shipped: other.root })).resolves.toHaveLength(1);
    } finally {
      other.remove();
    }
  });

  it('makes throw-away keys that KMS would hold, once', async () => {
    const kms = makeCheckout({ 's3nator.config.ts': config('P-256').replace("store: 's3'", "store: 'kms'") });
    try {
      await run({ root: kms.root });
      const folder = join(kms.root, '.s3nator/keys/docs');
      const [names, list] = [readdirSync(folder), readFileSync(join(folder, 'keys.json'), 'utf8')];
      expect(names.some((name) => name.endsWith('.private.pem'))).toBe(false);
      await run({ root: kms.root });
      expect(readFileSync(join(folder, 'keys.json'), 'utf8')).toBe(list);
    } finally {
      kms.remove();
    }
  });

  it('makes new keys where the list of keys is broken', async () => {
    mkdirSync(join(root, '.s3nator/keys/docs'), { recursive: true });
    writeFileSync(join(root, '.s3nator/keys/docs/keys.json'), '{');
    writeFileSync(join(root, '.s3nator/keys/docs/left.txt'), '');
    await run();
    expect(readdirSync(join(root, '.s3nator/keys/docs'))).toHaveLength(5);
  });
});

describe('several sites', () => {
  const sites = (name: string): string => {
    const [, site = ''] = /sites: \{ docs: (.*) \} \};$/s.exec(config('P-256')) ?? [];
    return `export default { sites: { docs: ${site}, ${name}: ${site.replace('site/www', 'mine')} } };`;
  };

  it('are all synthesized, each with its content and keys, or the one that is named', async () => {
    const other = makeCheckout({ 's3nator.config.ts': sites('wiki'), 'mine/mine.html': 'mine' });
    try {
      const stacks = await run({ root: other.root });
      expect(stacks.map(({ site }) => site)).toEqual(['docs', 'wiki']);
      const texts = stacks.map(({ folder }) => readFileSync(join(folder, 'cdk.tf.json'), 'utf8'));
      expect(texts.map((text) => text.includes('www/mine.html'))).toEqual([false, true]);
      expect(readdirSync(join(other.root, '.s3nator/keys'))).toEqual(['.gitignore', 'docs', 'wiki']);
      expect((await run({ root: other.root, siteName: 'wiki' })).map(({ site }) => site)).toEqual(['wiki']);
    } finally {
      other.remove();
    }
  });
});

describe('contentFolder', () => {
  it('is the folder of --content below the project, else the one of the config, else none', () => {
    expect(contentFolder('/p', 'www', '/p/site')).toEqual({ folder: '/p/www', field: '--content', project: '/p' });
    expect(contentFolder('/p', undefined, '/p/site')).toEqual({ folder: '/p/site', field: 'content', project: '/p' });
    expect(contentFolder('/p', undefined, undefined)).toBeUndefined();
  });
});

describe('standIns', () => {
  it('are at the next two ports, Google only where it is not the real one', () => {
    expect(standIns({ port: 8080, google: false, https: false })).toEqual({
      standInGoogle: 'http://127.0.0.1:8081',
      standInIssuers: 'http://127.0.0.1:8082',
    });
    expect(standIns({ port: 8080, google: true, https: false })).toEqual({
      standInGoogle: null,
      standInIssuers: 'http://127.0.0.1:8082',
    });
  });

  it('are at https where browsers load a script of theirs', () => {
    expect(standIns({ port: 8080, google: false, https: true })).toEqual({
      standInGoogle: 'https://127.0.0.1:8081',
      standInIssuers: 'http://127.0.0.1:8082',
    });
  });
});

describe('npm run synth', () => {
  let said: { stdout: string; stderr: string };
  beforeEach(() => {
    said = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      vi.spyOn(process[name], 'write').mockImplementation((text) => {
        said[name] += text;
        return true;
      });
    }
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });
  const synth = (changes: Partial<Parameters<typeof synthCommand>[0]> = {}) =>
    synthCommand({
      root,
      port: 9000,
      google: false,
      https: false,
      content: undefined,
      site: undefined,
      cookieSeconds: undefined,
      ...changes,
    });
  const stack = (): string => readFileSync(join(root, '.s3nator/cdktf.out/stacks/docs/cdk.tf.json'), 'utf8');

  it('prints the folder of each stack, from the folder of the config, and nothing else', async () => {
    await synth();
    expect(said).toEqual({ stdout: '.s3nator/cdktf.out/stacks/docs\n', stderr: '' });
  });

  it('takes the port of the site and of both stand-ins from --port', async () => {
    await synth();
    for (const origin of ['http://localhost:9000', 'http://127.0.0.1:9001/gsi/client'])
      expect(stack()).toContain(origin);
  });

  it('is at https with --https, and only the API asks the stand-in by http', async () => {
    await synth({ https: true });
    expect(stack()).toContain('https://localhost:9000');
    expect(stack()).not.toContain('http://localhost:9000');
    expect(stack()).toContain('https://127.0.0.1:9001/gsi/client');
    expect(stack()).toContain('http://127.0.0.1:9001/oauth2/v3/certs');
  });

  it('heeds --content, --site, --google and --cookie-seconds', async () => {
    mkdirSync(join(root, 'mine'));
    writeFileSync(join(root, 'mine/mine.html'), 'mine');
    await synth({ content: 'mine' });
    expect(stack()).toContain('www/mine.html');
    await synth({ cookieSeconds: 20 });
    expect(stack()).toContain('\\"cookieSeconds\\":20');
    await expect(synth({ site: 'media' })).rejects.toThrow('--site: got media');
    await expect(synth({ google: true })).rejects.toThrow('--google: ');
  });

  it('says what is doubtful on standard error', async () => {
    const pool = `{ kind: 'cognitoUserPool', trustedDomains: { Cognito: ['example.com'] },
      provision: { domainPrefix: 'd', passwords: { selfSignUp: true } } }`;
    const other = makeCheckout({
      's3nator.config.ts': config('P-256').replace('providers: [', `providers: [${pool}, `),
    });
    shipped.packageRoot = other.root;
    try {
      await synth({ root: other.root });
    } finally {
      other.remove();
    }
    expect(said.stdout).toBe('.s3nator/cdktf.out/stacks/docs\n');
    expect(said.stderr).toMatch(/^Warning: sites\.docs\.providers\.0\.trustedDomains\.Cognito: trusts self sign-up /);
  });
});

describe('npm run synth and npm start, about names in the content', () => {
  it('print a note for what is left out and what is open', async () => {
    const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    for (const folder of ['mine/.attachments', 'mine/public']) mkdirSync(join(root, folder), { recursive: true });
    for (const file of ['index.html', '.attachments/a.png', 'public/a.html'])
      writeFileSync(join(root, 'mine', file), '');
    try {
      const chosen = { content: 'mine', site: undefined, cookieSeconds: undefined };
      await synthCommand({ root, port: 9000, https: false, google: false, ...chosen });
      expect(written.mock.calls.map(([text]) => String(text)).join('')).toBe(
        'Note: sites.docs.content: left out 1 name that begins with a dot: /.attachments/\n' +
          'Note: sites.docs.content: everyone can open 1 file under /public/ without signing in: /public/a.html\n',
      );
    } finally {
      vi.restoreAllMocks();
    }
  });
});

describe('localSite', () => {
  const keys = makeKeys();

  function synthesized(
    changes: Parameters<typeof validConfig>[0],
    values: Parameters<typeof localSite>[1] | undefined,
  ) {
    const { docs } = validConfig(changes).sites;
    if (docs === undefined) throw new Error('no site');
    const site = values === undefined ? docs : localSite(docs, values);
    const [stack] = synthesize({
      config: { sites: { docs: site } },
      keys: { docs: keys },
      outdir: join(root, 'cdktf.out'),
      root,
    });
    const json = JSON.parse(readFileSync(join(stack?.folder ?? '', 'cdk.tf.json'), 'utf8'));
    // The settings travel as one text; look into it.
    for (const { environment } of Object.values<{ environment: { variables: Record<string, unknown> } }>(
      json.resource.aws_lambda_function,
    )) {
      environment.variables['S3NATOR_SETTINGS'] = JSON.parse(String(environment.variables['S3NATOR_SETTINGS']));
    }
    return json;
  }

  const shortened = (paths: string[]): string[] => paths.map((path) => path.replace(/_[0-9A-F]{8}(?=\.)/, '')).sort();
  const settings = 'resource.aws_lambda_function.site_function.environment.variables.S3NATOR_SETTINGS';

  it("differs from what is deployed in Google's two addresses and the allowed origins, and in nothing else", () => {
    expect(shortened(differences(synthesized({}, undefined), synthesized({}, local)))).toEqual(
      [
        `${settings}.allowedOrigins.0`,
        `${settings}.providers.0.keySetUrl`,
        `${settings}.providers.0.scriptUrl`,
        // The policy in the login page follows the script's address.
        'resource.aws_s3_object.site_content_file_public--loginhtml.content',
      ].sort(),
    );
  });

  it("differs in the cookies' life as well when it is told one, and in nothing else", () => {
    const changed = differences(synthesized({}, local), synthesized({}, { ...local, cookieSeconds: 20 }));
    expect(shortened(changed)).toEqual([`${settings}.session.cookieSeconds`]);
  });

  it("differs for a user pool and a machine's issuer in their addresses, and in nothing else", () => {
    const providers = [
      { kind: 'google' as const, clientId: '1.apps.googleusercontent.com' },
      { kind: 'cognitoUserPool' as const, provision: { domainPrefix: 'docs', passwords: { selfSignUp: true } } },
      { kind: 'oidc' as const, issuer: 'https://ci.example', audiences: ['docs'] },
    ];
    expect(shortened(differences(synthesized({ providers }, undefined), synthesized({ providers }, local)))).toEqual(
      [
        `${settings}.allowedOrigins.0`,
        `${settings}.providers.0.keySetUrl`,
        `${settings}.providers.0.scriptUrl`,
        `${settings}.providers.1.endpoint`,
        `${settings}.providers.1.hostedSignIn`,
        `${settings}.providers.2.discoveryUrl`,
        'resource.aws_s3_object.site_content_file_public--loginhtml.content',
      ].sort(),
    );
  });

  it('replaces a client ID that is still the placeholder', () => {
    const providers = [{ kind: 'google' as const, clientId: placeholderClientId }];
    const changed = shortened(differences(synthesized({ providers }, undefined), synthesized({ providers }, local)));
    expect(changed).toContain(`${settings}.providers.0.clientId`);
    expect(changed).toContain(
      'resource.aws_cognito_identity_pool.site_pool.supported_login_providers.accounts.google.com',
    );
    // What is to do after a deploy names the client, too.
    expect(changed).toContain('output.next_steps.value');
    expect(changed).toHaveLength(7);
  });

  it('keeps both Google addresses with the real Google', () => {
    const real = { ...local, standInGoogle: null as unknown as string };
    expect(shortened(differences(synthesized({}, undefined), synthesized({}, real)))).toEqual([
      `${settings}.allowedOrigins.0`,
    ]);
  });
});

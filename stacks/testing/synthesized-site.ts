/** The valid site that the stack tests synthesize and break. For tests only. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { AwsProvider } from '@cdktf/provider-aws/lib/provider/index.js';
import { App, TerraformStack } from 'cdktf';
import { type Config, type ConfigOptions, parseConfig } from '../../contract/config.ts';
import { siteFiles } from '../content/site-files.ts';
import type { KeyType } from '../keys/key-list.ts';
import { type FileKeys, publicHalf, type SigningKeys } from '../keys/signing-keys.ts';
import { packageLambda } from '../login/lambda-package.ts';
import type { SitePartsProps } from '../site-parts.ts';
import { synthesize } from '../synthesize.ts';
import type { Statement } from '../text/policy-document.ts';

type SiteOptions = ConfigOptions['sites'][string];

const validSite: SiteOptions = {
  region: 'eu-west-1',
  stage: 'prod',
  content: 'site/www',
  openPaths: ['/robots.txt', '/favicon.ico'],
  providers: [{ kind: 'google', clientId: '123-abc.apps.googleusercontent.com' }],
  identityPool: true,
  signing: { store: 's3', key: 'P-256', hash: 'SHA256' },
  session: { cookieSeconds: 3600, maximumSeconds: 86_400, persistent: false },
  allowedOrigins: [],
  access: { blocked: [], rules: [{ who: { hostedDomains: ['example.com'] }, path: '/*' }] },
};

/** The valid config with one site, changed by `changes`. */
export function validConfig(changes: Partial<SiteOptions> = {}, siteName = 'docs'): Config {
  const result = parseConfig({ sites: { [siteName]: { ...validSite, ...changes } } });
  if (result.config === undefined) throw new Error(result.problems.join('\n'));
  return result.config;
}

/** The files of a checkout after a build: shipped pages, some content, both build results. Path to text. */
const validFiles: Readonly<Record<string, string>> = {
  'dist/lambda/index.mjs': 'export const handler = async () => ({ statusCode: 204 });\n',
  'dist/lambda/chunk-1.mjs': 'export const one = 1;\n',
  'dist/site/secure-login.js': 'customElements;\n',
  'dist/site/secure-session.js': 'customElements;\n',
  'dist/site/access-request.js': 'export {};\n',
  'dist/site/secure-login-loop.js': 'export {};\n',
  'dist/site/secure-login-user-pool.js': 'export {};\n',
  'site/www/index.html': '<h1>Home</h1>\n',
  'site/www/docs/guide.html': '<h1>Guide</h1>\n',
  'site/www/public/login.html':
    '<meta http-equiv="Content-Security-Policy" content="{{content-security-policy}}">' +
    '<script type="module" src="/public/secure-login.js"></script><secure-login></secure-login>\n',
  'site/www/public/not-found.html': '<h1>Not found</h1>\n',
};

/** Writes `files` over the valid files into a new folder. `remove` deletes it. */
export function makeCheckout(files: Readonly<Record<string, string | Buffer>> = {}): {
  root: string;
  remove: () => void;
} {
  const root = mkdtempSync(join(tmpdir(), 's3nator-stacks-'));
  for (const [path, text] of Object.entries({ ...validFiles, ...files })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return { root, remove: () => rmSync(root, { recursive: true, force: true }) };
}

/** Two fresh public halves. */
export function makeKeys(type: KeyType = 'P-256'): FileKeys {
  const half = () =>
    publicHalf(
      type === 'P-256'
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey
        : generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey,
    );
  return { store: 's3', signer: half(), next: half(), retiring: undefined };
}

/** One resource block, as Terraform reads it. */
export interface Resource {
  readonly type: string;
  /** Path of its construct below the stack, for example `site/private/locked/bucket`. */
  readonly path: string;
  // biome-ignore lint/suspicious/noExplicitAny: the shape is Terraform's, and the tests assert it
  readonly block: any;
}

export interface SynthesizedSite<Keys extends SigningKeys = FileKeys> {
  readonly root: string;
  readonly folder: string;
  /** Text of `cdk.tf.json`. */
  readonly text: string;
  readonly keys: Keys;
  /** What the operator should know. */
  readonly warnings: readonly string[];
  // biome-ignore lint/suspicious/noExplicitAny: the shape is Terraform's, and the tests assert it
  readonly json: any;
  readonly all: readonly Resource[];
  /** The resources of a type, references written as `<construct path.attribute>`. */
  resources(type: string): readonly Resource[];
  /** The block of the only resource of a type, references written as `<construct path.attribute>`. */
  // biome-ignore lint/suspicious/noExplicitAny: the shape is Terraform's, and the tests assert it
  only(type: string): any;
}

export interface SynthesisChanges<Keys extends SigningKeys = FileKeys> {
  /** Default: `docs`. */
  readonly siteName?: string;
  readonly site?: Partial<SiteOptions>;
  readonly files?: Readonly<Record<string, string | Buffer>>;
  readonly keys?: Keys;
}

/** Synthesizes the valid site with the given changes. Its folders are deleted afterwards. */
export function synthesizeSite<Keys extends SigningKeys = FileKeys>({
  siteName = 'docs',
  site,
  files,
  keys = makeKeys() as SigningKeys as Keys,
}: SynthesisChanges<Keys> = {}): SynthesizedSite<Keys> {
  const { root, remove } = makeCheckout(files);
  try {
    const [stack] = synthesize({
      config: validConfig(site, siteName),
      keys: { [siteName]: keys },
      outdir: join(root, 'cdktf.out'),
      root,
    });
    if (stack === undefined) throw new Error('no stack');
    const text = readFileSync(join(stack.folder, 'cdk.tf.json'), 'utf8');
    return { root, folder: stack.folder, keys, warnings: stack.warnings, text, ...readStack(text) };
  } finally {
    remove();
  }
}

/**
 * Synthesizes what `build` puts into a stack of another app. The site has no content of its own unless `changes` adds
 * some.
 */
export function synthesizeApp(
  changes: Partial<SiteOptions>,
  build: (stack: TerraformStack, parts: SitePartsProps) => void,
): SynthesizedSite {
  const { root, remove } = makeCheckout();
  try {
    const outdir = join(root, 'cdktf.out');
    const app = new App({ outdir, stackTraces: false });
    const stack = new TerraformStack(app, 'other');
    new AwsProvider(stack, 'aws', { region: 'eu-west-1' });
    const site = validConfig({ content: null, ...changes }).sites['docs'];
    if (site === undefined) throw new Error('no site');
    const keys = makeKeys();
    const lambda = packageLambda(root);
    build(stack, { siteName: 'docs', site, keys, files: siteFiles(site, root, root), lambda });
    app.synth();
    const folder = join(outdir, 'stacks/other');
    const text = readFileSync(join(folder, 'cdk.tf.json'), 'utf8');
    return { root, folder, keys, warnings: [], text, ...readStack(text) };
  } finally {
    remove();
  }
}

function readStack(text: string): Pick<SynthesizedSite, 'json' | 'all' | 'resources' | 'only'> {
  const json = JSON.parse(text);
  const paths = new Map<string, string>();
  for (const [type, blocks] of Object.entries<Record<string, Record<string, { metadata: { path: string } }>>>(
    json.resource,
  )) {
    for (const [name, block] of Object.entries(blocks)) {
      paths.set(`${type}.${name}`, block['//']?.metadata.path.replace(/^[^/]+\//, '') ?? '');
    }
  }
  const named = text.replace(
    /\$\{([a-z0-9_]+\.[\w-]+)\.([a-z0-9_]+)\}/g,
    (reference, address, attribute) => `<${paths.get(address) ?? reference}.${attribute}>`,
  );
  const all = Object.entries<Record<string, unknown>>(JSON.parse(named).resource).flatMap(([type, blocks]) =>
    Object.entries(blocks).map(([name, block]) => ({ type, path: paths.get(`${type}.${name}`) ?? '', block })),
  );
  const resources = (type: string): Resource[] => all.filter((resource) => resource.type === type);
  return {
    json,
    all,
    resources,
    only: (type) => {
      const found = resources(type);
      if (found.length !== 1) throw new Error(`${found.length} of ${type}`);
      return found[0]?.block;
    },
  };
}

/** Every IAM policy of the stack, as statements: bucket policies, role policies, trust policies. */
export function policies(site: Pick<SynthesizedSite, 'all'>): { path: string; statements: Statement[] }[] {
  return site.all.flatMap(({ path, block }) =>
    [block.policy, block.assume_role_policy]
      .filter((policy) => typeof policy === 'string')
      .map((policy: string) => ({ path, statements: JSON.parse(policy).Statement as Statement[] })),
  );
}

/** Statements of the policy at a construct path. */
export function statementsAt(site: Pick<SynthesizedSite, 'all'>, path: string): Statement[] {
  const found = policies(site).filter((policy) => policy.path === path);
  if (found.length === 0) throw new Error(`no policy at ${path}`);
  return found.flatMap(({ statements }) => statements);
}

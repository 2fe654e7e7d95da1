/** Owns the shape of `s3nator.config.ts`, its validation, and `localSite`. Reads no file, no clock, no environment. */
import * as v from 'valibot';
import { accessRuleSchema, personSchema } from './access-rules.ts';
import { googleIssuer, googleKeySetUrl, googleScriptUrl, loginPage, notFoundPage } from './layout.ts';

/** The client ID that a fresh clone ships with; `cdktf synth` and `deploy` refuse it. */
export const placeholderClientId = 'YOUR_CLIENT_ID.apps.googleusercontent.com';

/** What `localSite` puts in the placeholder's place. */
const localClientId = 'local.apps.googleusercontent.com';

const isLoopback = (host: string): boolean => host === 'localhost' || host === '127.0.0.1' || host === '[::1]';

function urlOf(value: string): URL | undefined {
  try {
    return new URL(value);
  } catch {
    return undefined;
  }
}

const isHttpsOrLoopback = (value: string): boolean => {
  const url = urlOf(value);
  return url !== undefined && (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname)));
};

const hostPattern = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$/;
const wholeNumber = (minimum: number, maximum: number, unit: string) => {
  const allowed = `a whole number of ${unit} from ${minimum} to ${maximum}`;
  return v.pipe(v.number(allowed), v.integer(allowed), v.minValue(minimum, allowed), v.maxValue(maximum, allowed));
};
const matching = (pattern: RegExp, allowed: string) => v.pipe(v.string(allowed), v.regex(pattern, allowed));
const flag = v.boolean('true or false');

const host = matching(hostPattern, 'a host name in lower case without scheme, such as docs.example.com');
const providerUrl = v.pipe(
  v.string('an https:// address'),
  v.check(isHttpsOrLoopback, 'an https:// address (http only for localhost)'),
);
const origin = v.pipe(
  v.string('an https:// origin'),
  v.check(
    (value) => isHttpsOrLoopback(value) && urlOf(value)?.origin === value,
    'an https:// origin without path, such as https://app.example.com',
  ),
);
// No empty segment, none of dots only: `/public/../x.html` is not below `/public/`.
const pagePath = matching(
  /^(?:\/(?!\.+\/)[A-Za-z0-9._~-]+)+\.html$/,
  'the absolute path of an .html page on an open path, such as /public/login.html',
);
const region = matching(/^[a-z]{2}(-[a-z]+)+-\d$/, 'an AWS Region such as eu-west-1');
const openPath = v.pipe(
  v.string('a path pattern'),
  v.regex(
    /^\/[A-Za-z0-9_\-.*?$/~"'@:+&]{1,254}$/,
    'an absolute path pattern of at most 255 characters, such as /robots.txt',
  ),
  v.check(
    (value) => !/^\/[*?/]*$/.test(value),
    'a pattern that does not open the whole site (to serve everything in the open you do not need s3nator)',
  ),
  v.check(
    (value) => !/^\/(auth|public)(\/|$)/.test(value),
    'a path outside /auth/ and /public/, which are always open',
  ),
);

/** An error page behind the signature check would answer the viewers it is for with an error. */
const servedInTheOpen = 'a page on an open path, such as /public/login.html';
const isOpen = (page: string, openPaths: readonly string[]): boolean =>
  page.startsWith('/public/') || openPaths.includes(page);

/** Valibot's way to say where in `input` an issue is. */
function pathTo(input: unknown, keys: readonly (string | number)[]): [v.IssuePathItem, ...v.IssuePathItem[]] {
  const items: v.IssuePathItem[] = [];
  let within = input;
  for (const key of keys) {
    const value = (within as Record<string | number, unknown> | undefined)?.[key];
    items.push({ type: 'unknown', origin: 'value', input: within, key, value });
    within = value;
  }
  return items as [v.IssuePathItem, ...v.IssuePathItem[]];
}

const providerSchema = v.strictObject({
  kind: v.literal('google', "'google'"),
  /** OAuth client ID of the web application in Google Cloud. */
  clientId: matching(
    /^[A-Za-z0-9_\-.]+\.apps\.googleusercontent\.com$/,
    'a Google client ID ending in .apps.googleusercontent.com',
  ),
  /** Further client IDs whose tokens are accepted, for callers that sign in with their own. Default: none. */
  otherClientIds: v.optional(
    v.array(
      matching(/^[A-Za-z0-9_\-.]+$/, 'a client ID, or the audience that a service account names'),
      'a list of client IDs',
    ),
    [],
  ),
  /** Google's sign-in script. Default: Google's own address; only the local run names another. */
  scriptUrl: v.optional(providerUrl, googleScriptUrl),
  /** Google's key set. Default: Google's own address; only the local run names another. */
  keySetUrl: v.optional(providerUrl, googleKeySetUrl),
});

/** The issuer whose accounts a provider brings. */
export function issuerOf(provider: v.InferOutput<typeof providerSchema>): string {
  switch (provider.kind) {
    case 'google':
      return googleIssuer;
  }
}

const signingSchema = v.strictObject({
  /** Where the private half lives. */
  store: v.literal('s3', "'s3'"),
  /** Key type; CloudFront takes these two. Default: 'P-256'. */
  key: v.optional(v.picklist(['P-256', 'RSA-2048'], "'P-256' or 'RSA-2048'"), 'P-256'),
  /** Hash of the signature. Default: 'SHA256'. */
  hash: v.optional(v.picklist(['SHA256', 'SHA1'], "'SHA256' or 'SHA1'"), 'SHA256'),
});

const sessionSchema = v.pipe(
  v.strictObject({
    /** Life of the signed cookies in seconds: the longest time a removed person still gets in. */
    cookieSeconds: wholeNumber(60, 604_800, 'seconds'),
    /** From sign-in to the end of the session, in seconds. */
    maximumSeconds: wholeNumber(60, 2_592_000, 'seconds'),
    /** true: the cookies outlive the browser (`Max-Age`). Default: false. */
    persistent: v.optional(flag, false),
    /** Names of ID token claims to keep in the session, for rules on claims. Default: none. */
    claims: v.optional(
      v.array(matching(/^[A-Za-z0-9_:./-]{1,100}$/, 'the name of a claim'), 'a list of claim names'),
      [],
    ),
  }),
  v.forward(
    v.check((value) => value.maximumSeconds >= value.cookieSeconds, 'at least cookieSeconds'),
    ['maximumSeconds'],
  ),
);

const domainSchema = v.strictObject({
  /** The canonical host; cookies are signed for it. */
  name: host,
  /** Further hosts of the distribution; the element moves viewers from them to `name`. Default: none. */
  aliases: v.optional(v.array(host, 'a list of host names'), []),
  /** Route 53 hosted zone to write the records into; null: you do it. */
  hostedZone: v.nullable(host),
  /** An existing ACM certificate in us-east-1; null: one is made and validated in `hostedZone`. */
  certificateArn: v.optional(
    v.nullable(
      matching(
        /^arn:aws[a-z-]*:acm:us-east-1:\d{12}:certificate\/[A-Za-z0-9-]+$/,
        'the ARN of a certificate in us-east-1',
      ),
    ),
    null,
  ),
});

const stateSchema = v.strictObject({
  /** An S3 bucket that is there already, with versioning on; none of the site's own. */
  bucket: matching(/^(?=.{3,63}$)[a-z0-9][a-z0-9.-]*[a-z0-9]$/, 'the name of an S3 bucket'),
  /** AWS Region of that bucket. */
  region,
  /** Key of the state in the bucket. Default: `s3nator/SITE-STAGE.tfstate`. */
  key: v.optional(
    matching(
      /^[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)*$/,
      'an object key without leading slash, such as sites/docs.tfstate',
    ),
  ),
});

/** Tags that every resource has already. */
const ownTags = ['app', 'site', 'stage'];
/** An S3 object takes ten tags, and three are ours. @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html */
const maximumTags = 10 - ownTags.length;
const tagText = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;
const tagsSchema = v.pipe(
  v.record(
    v.pipe(
      v.string(),
      v.regex(tagText, 'a tag name of letters, digits, spaces and _ . : / = + - @'),
      v.minLength(1, 'a tag name'),
      v.maxLength(128, 'a tag name of at most 128 characters'),
      v.check(
        (name) => !/^aws:/i.test(name) && !ownTags.includes(name),
        `a tag name other than ${ownTags.join(', ')} and aws:...`,
      ),
    ),
    v.pipe(
      v.string('a text'),
      v.regex(tagText, 'a tag of letters, digits, spaces and _ . : / = + - @'),
      v.maxLength(256, 'a tag of at most 256 characters'),
    ),
  ),
  v.check((tags) => Object.keys(tags).length <= maximumTags, `at most ${maximumTags} tags`),
);

const siteSchema = v.pipe(
  v.strictObject({
    /** AWS Region of the buckets, the API and the Lambda. Cannot be changed after the first deploy. */
    region,
    /** Stage, part of names and tags. Cannot be changed after the first deploy. Default: 'prod'. */
    stage: v.optional(
      matching(/^[a-z][a-z0-9]{0,11}$/, 'up to 12 lower-case letters and digits, such as prod'),
      'prod',
    ),
    /** Folder that the deploy uploads; null: you upload yourself. */
    content: v.nullable(v.pipe(v.string('a folder, or null'), v.minLength(1, 'a folder, or null'))),
    /** Path patterns served without cookies, beside `/public/*` and `/auth/*`. Default: none. */
    openPaths: v.optional(
      v.pipe(v.array(openPath, 'a list of path patterns'), v.maxLength(70, 'at most 70 patterns')),
      [],
    ),
    /** Who proves identity. */
    providers: v.pipe(
      v.array(providerSchema, 'a list with one provider'),
      v.length(1, "a list with exactly one provider of kind 'google'"),
    ),
    /** true: each sign-in gets a Cognito identity ID for the audit; null: no identity pool. */
    identityPool: v.nullable(v.literal(true, 'true or null')),
    /** Default: `{ store: 's3', key: 'P-256', hash: 'SHA256' }`. */
    signing: v.optional(signingSchema, { store: 's3' }),
    session: sessionSchema,
    /** Other same-site origins that may embed the element and call the API. Default: none. */
    allowedOrigins: v.optional(v.array(origin, 'a list of origins'), []),
    /** Who may see what; rendered into `access/config.json`. */
    access: v.strictObject({
      blocked: v.array(personSchema, 'a list of people'),
      rules: v.array(accessRuleSchema, 'a list of rules'),
    }),
    /** Pages that answer 403 and 404. Default: the shipped ones. */
    pages: v.optional(
      v.strictObject({ login: v.optional(pagePath, loginPage), notFound: v.optional(pagePath, notFoundPage) }),
      {},
    ),
    /** Custom domain; null: CloudFront's own host name. Default: null. */
    domain: v.optional(v.nullable(domainSchema), null),
    /** true: `/dir/` and `/dir` are answered with `/dir/index.html` (a CloudFront Function). Default: false. */
    indexRewriting: v.optional(flag, false),
    /** true: only AWS managed policies, for flat-rate plans that allow no custom ones. Default: false. */
    managedPoliciesOnly: v.optional(flag, false),
    /** CloudFront price class. Default: 'PriceClass_100'. */
    priceClass: v.optional(
      v.picklist(
        ['PriceClass_100', 'PriceClass_200', 'PriceClass_All'],
        "'PriceClass_100', 'PriceClass_200' or 'PriceClass_All'",
      ),
      'PriceClass_100',
    ),
    /** An existing WAF web ACL of CLOUDFRONT scope; null: none. Default: null. */
    webAclArn: v.optional(
      v.nullable(
        matching(
          /^arn:aws[a-z-]*:wafv2:us-east-1:\d{12}:global\/webacl\/.+$/,
          'the ARN of a web ACL of CLOUDFRONT scope',
        ),
      ),
      null,
    ),
    /** Domain name of the bucket that takes CloudFront's access logs; null: none. Default: null. */
    accessLogs: v.optional(
      v.nullable(
        v.strictObject({
          bucket: matching(
            /^[a-z0-9.-]+\.s3[a-z0-9.-]*\.amazonaws\.com$/,
            'the domain name of a bucket, such as logs.s3.amazonaws.com',
          ),
          prefix: v.optional(v.string('a key prefix'), 's3nator/'),
        }),
      ),
      null,
    ),
    /** Lambda runtime. Default: 'nodejs24.x'. */
    lambdaRuntime: v.optional(v.picklist(['nodejs24.x', 'nodejs22.x'], "'nodejs24.x' or 'nodejs22.x'"), 'nodejs24.x'),
    /** Throttle of the API: steady requests a second, and burst. Default: 20 and 40. */
    throttle: v.optional(
      v.strictObject({
        requestsPerSecond: v.optional(wholeNumber(1, 10_000, 'requests a second'), 20),
        burst: v.optional(wholeNumber(1, 5_000, 'requests'), 40),
      }),
      {},
    ),
    /** How long CloudWatch keeps the logs, in days. Default: 90. */
    logDays: v.optional(
      v.picklist(
        [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653],
        'a retention that CloudWatch Logs offers, such as 30, 90 or 365',
      ),
      90,
    ),
    /** What the log says about people, and whether CloudWatch counts by it. */
    audit: v.optional(
      v.strictObject({
        /** true: people stand in the log with a keyed hash of their address and account; false: as they are. Default: false. */
        pseudonyms: v.optional(flag, false),
        /** true: each decision is counted in CloudWatch metrics; false: in the log only. Default: true. */
        metrics: v.optional(flag, true),
      }),
      {},
    ),
    /** Alarms in CloudWatch; null: none. Default: null. */
    alarms: v.optional(
      v.nullable(
        v.strictObject({
          /** An SNS topic, or an address that gets a mail once it has confirmed; null: they only show in CloudWatch. */
          notify: v.nullable(
            v.union(
              [
                matching(/^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}$/, 'the ARN of an SNS topic'),
                matching(/^[^\s@:]+@[^\s@:]+\.[^\s@:]+$/, 'an address'),
              ],
              'the ARN of an SNS topic, one address, or null',
            ),
          ),
          /** Denials within five minutes that raise an alarm. Default: 20. */
          denials: v.optional(wholeNumber(1, 100_000, 'denials'), 20),
        }),
      ),
      null,
    ),
    /** true: a dashboard in CloudWatch. Default: false. */
    dashboard: v.optional(flag, false),
    /** Further tags on every resource, at most 7. Default: none. */
    tags: v.optional(tagsSchema, {}),
    /** Where Terraform keeps its state; null: in the file `terraform.SITE.tfstate` beside this config. Default: null. */
    state: v.optional(v.nullable(stateSchema), null),
    /** true: no deploy and no `cdktf destroy` takes the buckets or the distribution away. Default: true. */
    deletionProtection: v.optional(flag, true),
  }),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const { access, providers } = dataset.value;
    const known = providers.map(issuerOf);
    const check = (person: unknown, path: readonly (string | number)[]): void => {
      const { issuer } = typeof person === 'object' ? (person as { issuer: string }) : {};
      if (issuer === undefined || known.includes(issuer)) return;
      const message = `the issuer of a provider of this site (${known.join(', ')}), because of any other nobody comes`;
      addIssue({ message, path: pathTo(dataset.value, [...path, 'issuer']) });
    };
    access.blocked.forEach((person, index) => {
      check(person, ['access', 'blocked', index]);
    });
    access.rules.forEach(({ who }, rule) => {
      who.subjects?.forEach((subject, index) => {
        check(subject, ['access', 'rules', rule, 'who', 'subjects', index]);
      });
    });
  }),
  v.forward(
    v.check(
      ({ access, session }) =>
        access.rules.every(({ who }) => Object.keys(who.claims ?? {}).every((name) => session.claims.includes(name))),
      'rules on claims that session.claims names, because no other claim is kept',
    ),
    ['access', 'rules'],
  ),
  v.forward(
    v.check(
      ({ audit, alarms, dashboard }) => audit.metrics || (alarms === null && !dashboard),
      'true, because alarms and dashboard go by the metrics',
    ),
    ['audit', 'metrics'],
  ),
  v.forward(
    v.check(
      ({ alarms, region }) => !alarms?.notify?.startsWith('arn:') || alarms.notify.split(':')[3] === region,
      'a topic in the Region of the site, because alarms reach no other',
    ),
    ['alarms', 'notify'],
  ),
  v.forward(
    v.check((site) => isOpen(site.pages.login, site.openPaths), servedInTheOpen),
    ['pages', 'login'],
  ),
  v.forward(
    v.check((site) => isOpen(site.pages.notFound, site.openPaths), servedInTheOpen),
    ['pages', 'notFound'],
  ),
  v.forward(
    v.check(
      (site) => site.domain === null || site.domain.hostedZone !== null || site.domain.certificateArn !== null,
      'the ARN of a certificate in us-east-1, because without hostedZone none can be validated',
    ),
    ['domain', 'certificateArn'],
  ),
  v.forward(
    v.check(
      (site) =>
        site.domain?.hostedZone == null ||
        [site.domain.name, ...site.domain.aliases].every(
          (name) => name === site.domain?.hostedZone || name.endsWith(`.${site.domain?.hostedZone}`),
        ),
      'a hosted zone that the domain and its aliases belong to',
    ),
    ['domain', 'hostedZone'],
  ),
);

/** Default place of a site's remote state; two sites or stages never meet there. */
export const stateKey = (siteName: string, site: Pick<SiteConfig, 'stage' | 'state'>): string =>
  site.state?.key ?? `s3nator/${siteName}-${site.stage}.tfstate`;

/** What no two sites may have both: where it stands in the site, and what it is. */
function* ownedBy(siteName: string, site: v.InferOutput<typeof siteSchema>): Generator<[(string | number)[], string]> {
  const { domain, state } = site;
  if (domain !== null) yield [['domain', 'name'], `host ${domain.name}`];
  for (const [index, alias] of (domain?.aliases ?? []).entries()) yield [['domain', 'aliases', index], `host ${alias}`];
  if (state !== null) yield [['state', 'key'], `state ${state.bucket}/${stateKey(siteName, site)}`];
}

const configSchema = v.strictObject({
  sites: v.pipe(
    v.record(
      matching(/^[a-z][a-z0-9-]{0,19}$/, 'a site name of up to 20 lower-case letters, digits and hyphens'),
      siteSchema,
    ),
    v.check((sites) => Object.keys(sites).length > 0, 'at least one site'),
    v.rawCheck(({ dataset, addIssue }) => {
      if (!dataset.typed) return;
      const owners = new Map<string, string>();
      for (const [siteName, site] of Object.entries(dataset.value)) {
        for (const [field, owned] of ownedBy(siteName, site)) {
          const path = [siteName, ...field];
          const owner = owners.get(owned);
          if (owner === undefined) owners.set(owned, path.join('.'));
          else addIssue({ message: `another than that of sites.${owner}`, path: pathTo(dataset.value, path) });
        }
      }
    }),
  ),
});

/** What an adopter writes. */
export type ConfigOptions = v.InferInput<typeof configSchema>;
/** A checked config, every default filled in. */
export type Config = v.InferOutput<typeof configSchema>;
/** One checked site. */
export type SiteConfig = Config['sites'][string];
export type ProviderConfig = SiteConfig['providers'][number];
export type SigningConfig = SiteConfig['signing'];

/** Gives `s3nator.config.ts` its types; checking happens at synth, so that one message can name everything that is wrong. */
export function defineConfig(options: ConfigOptions): ConfigOptions {
  return options;
}

const shown = (value: unknown): string => {
  const text = value === undefined ? 'nothing' : (JSON.stringify(value) ?? String(value));
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
};

/**
 * Checks what `s3nator.config.ts` exports. Returns the config, or one line for each wrong value: the field, what was given, what is allowed.
 * Never throws.
 */
export function parseConfig(
  options: unknown,
): { readonly config: Config } | { readonly config: undefined; readonly problems: readonly string[] } {
  const result = v.safeParse(configSchema, options);
  if (result.success) return { config: result.output };
  return {
    config: undefined,
    problems: result.issues.map((issue) => {
      const field = v.getDotPath(issue) ?? 'config';
      const unknownField = issue.kind === 'schema' && issue.type === 'strict_object' && issue.expected === 'never';
      if (unknownField) return `${field}: not a field that s3nator knows`;
      // A check that compares two fields was given both; the last step of the path has the one that is named.
      const given = issue.path === undefined ? issue.input : issue.path.at(-1)?.value;
      return `${field}: got ${shown(given)}; allowed: ${issue.message}`;
    }),
  };
}

/** What the local run puts in the place of a site's live values. */
export interface LocalValues {
  /** Origin that the emulator serves the site at, for example `http://localhost:8080`. */
  readonly siteOrigin: string;
  /** Origin of the stand-in Google; null: the real Google. */
  readonly standInGoogle: string | null;
}

/**
 * The same site for the laptop. Replaces Google's two addresses, a placeholder client ID, and `allowedOrigins`; drops the custom domain, whose
 * certificate and records do not exist there. Nothing else differs from what is deployed.
 */
export function localSite(site: SiteConfig, local: LocalValues): SiteConfig {
  return {
    ...site,
    domain: null,
    allowedOrigins: [...site.allowedOrigins, local.siteOrigin],
    providers: site.providers.map((provider) => ({
      ...provider,
      clientId: provider.clientId === placeholderClientId ? localClientId : provider.clientId,
      ...(local.standInGoogle !== null && {
        scriptUrl: `${local.standInGoogle}/gsi/client`,
        keySetUrl: `${local.standInGoogle}/oauth2/v3/certs`,
      }),
    })),
  };
}

/** The fields of one site in `s3nator.config.ts`: allowed values and defaults. Compares no two fields. */
import * as v from 'valibot';
import { accessRuleSchema, maximumDocumentBytes, personSchema } from './access-rules.ts';
import { isAddress } from './address.ts';
import { flag, host, matching, origin, region, wholeNumber } from './config-values.ts';
import { defaultPaths } from './layout.ts';
import { openPathProblem } from './open-path.ts';
import { providersSchema } from './providers.ts';

// No segment is empty or has only dots: `/public/../x.html` is not below `/public/`.
const pagePath = matching(
  /^(?:\/(?!\.+\/)[A-Za-z0-9._~-]+)+\.html$/,
  'the absolute path of an .html page on an open path, such as /public/login.html',
);
// Plain characters only: CloudFront, API Gateway, S3 and browsers all have to see the same path. In particular no dot,
// so that no segment is `..` and no folder looks like a page.
const folderPath = v.pipe(
  matching(
    /^(?:\/[A-Za-z0-9_-]+)+$/,
    'the absolute path of a folder without a slash at its end, such as /login-api, of letters, digits, - and _',
  ),
  v.maxLength(64, 'a path of at most 64 characters'),
);
const openPath = v.pipe(
  v.string('a path pattern'),
  v.check(
    (value) => openPathProblem(value) === undefined,
    ({ input }) => openPathProblem(input) ?? '',
  ),
);

/** A page that the function gives for other addresses, in the place of what would be missing. */
const appPage = matching(
  /^(?:\/(?!\.+\/)[A-Za-z0-9._~-]+)+\.html$/,
  'the absolute path of an .html page of the content, such as /app.html',
);
/** Addresses that the function leaves alone, in the spelling of file names. */
const exceptions = v.optional(
  v.pipe(
    v.array(
      matching(
        /^(?=.{1,255}$)(?:\/|(?:\/[^\p{Cc}*?/]+)+(?:\/[*]?)?)$/u,
        'an address such as /about, or a folder with everything in it, such as /docs/*',
      ),
      'a list of addresses and folders',
    ),
    v.maxLength(100, 'at most 100 addresses and folders'),
  ),
  [],
);

// Compared with the names of files, which may have any character but a control character.
const filePattern = matching(
  /^\/[^\p{Cc}]{1,254}$/u,
  'a path pattern of files, such as /docs/*.ts, /*.ts for all files of one kind, or /LICENSE',
);
/**
 * A value of `Content-Type`: RFC 9110, 8.3.1, without quoted parameters. Nothing in it can end the header, or means
 * something to Terraform.
 */
const mediaType = matching(
  /^[a-z0-9][a-z0-9!#&^_.+-]{0,126}\/[a-z0-9][a-z0-9!#&^_.+-]{0,126}(?:; ?[a-z0-9-]{1,64}=[A-Za-z0-9_.-]{1,64}){0,4}$/,
  "a content type in lower case, such as 'text/plain' or 'text/plain; charset=utf-8'",
);
const contentTypesSchema = v.pipe(
  v.record(filePattern, mediaType, "an object of patterns and types, such as { '/*.ts': 'text/plain' }"),
  v.check((types) => Object.keys(types).length <= 100, 'at most 100 patterns'),
);

const requestsPerSecond = wholeNumber(1, 10_000, 'requests a second');
const burst = wholeNumber(1, 5_000, 'requests');

/** Key type; CloudFront accepts these two. Default: 'P-256'. */
const keyType = v.optional(v.picklist(['P-256', 'RSA-2048'], "'P-256' or 'RSA-2048'"), 'P-256');

const signingSchema = v.variant(
  'store',
  [
    v.strictObject({
      /** The private half is a file, and later an object in the private bucket. */
      store: v.literal('s3'),
      key: keyType,
      /** Hash of the signature. Default: 'SHA256'. */
      hash: v.optional(v.picklist(['SHA256', 'SHA1'], "'SHA256' or 'SHA1'"), 'SHA256'),
    }),
    v.strictObject({
      /** KMS creates the private half, which never leaves it. */
      store: v.literal('kms'),
      key: keyType,
      /** Hash of the signature; KMS does not sign SHA-1. Default: 'SHA256'. */
      hash: v.optional(v.literal('SHA256', "'SHA256', because KMS signs nothing weaker"), 'SHA256'),
    }),
  ],
  "'s3' or 'kms'",
);

const sessionSchema = v.pipe(
  v.strictObject({
    /** Life of the signed cookies in seconds. This is the longest time that a removed person keeps access. */
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
  /** Further hosts of the distribution. The element moves viewers from them to `name`. Default: none. */
  aliases: v.optional(v.array(host, 'a list of host names'), []),
  /** Route 53 hosted zone for the records; null: you create them. */
  hostedZone: v.nullable(host),
  /** An existing ACM certificate in us-east-1; null: the stack creates one and validates it in `hostedZone`. */
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

/** Where CloudWatch or the API sends messages for operators. */
const notify = v.nullable(
  v.union(
    [
      matching(/^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}$/, 'the ARN of an SNS topic'),
      v.pipe(
        v.string('an address'),
        // No `$`, `%` or brace, because Terraform would evaluate them.
        v.check((value) => isAddress(value) && /^[^$%{}]+@[^.]+\./.test(value), 'an address'),
      ),
    ],
    'the ARN of an SNS topic, one address, or null',
  ),
);

const accessRequestsSchema = v.strictObject({
  /**
   * Who may ask for access if the rules do not admit them: accounts of these domains, or anyone who signs in on a page.
   */
  mayAsk: v.union(
    [
      v.literal('anyone'),
      v.strictObject({
        hostedDomains: v.pipe(v.array(host, 'a list of domains'), v.minLength(1, 'at least one domain')),
      }),
    ],
    "'anyone', or { hostedDomains: ['partner.example'] }",
  ),
  /**
   * An SNS topic, or an address that gets mail after it has confirmed, at most every 15 minutes; null: only the command
   * shows requests.
   */
  notify,
  /** Maximum number of open requests. Further ones are refused. Default: 100. */
  maximumOpen: v.optional(wholeNumber(1, 1_000, 'requests'), 100),
});

const stateSchema = v.strictObject({
  /** An existing S3 bucket with versioning on, but not one of the site's own. */
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

/** Tags that every resource already has. */
const ownTags = ['app', 'site', 'stage'];
/**
 * An S3 object can have ten tags, and three are ours.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
 */
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

export const siteFields = v.strictObject({
  /** AWS Region of the buckets, the API and the Lambda. Cannot change after the first deploy. */
  region,
  /** Stage, part of names and tags. Cannot change after the first deploy. Default: 'prod'. */
  stage: v.optional(matching(/^[a-z][a-z0-9]{0,11}$/, 'up to 12 lower-case letters and digits, such as prod'), 'prod'),
  /** Folder that the deploy uploads; null: you upload the files yourself. */
  content: v.nullable(v.pipe(v.string('a folder, or null'), v.minLength(1, 'a folder, or null'))),
  /**
   * Content types of files, by patterns in which `*` also matches slashes. The first pattern that matches decides.
   * Default: none, so the name of a file decides.
   */
  contentTypes: v.optional(contentTypesSchema, {}),
  /**
   * Path patterns of files that never change under their names, instead of those with a content hash in their names;
   * null: the names decide. Default: null.
   */
  immutable: v.optional(
    v.nullable(
      v.pipe(v.array(filePattern, 'a list of path patterns, or null'), v.maxLength(100, 'at most 100 patterns')),
    ),
    null,
  ),
  /** Path patterns that need no cookies, besides the two folders of `paths`. Default: none. */
  openPaths: v.optional(
    v.pipe(
      v.array(openPath, 'a list of path patterns'),
      v.maxLength(70, 'at most 70 patterns'),
      v.check((all) => new Set(all).size === all.length, 'each pattern once, because CloudFront takes none twice'),
    ),
    [],
  ),
  /** The identity providers. */
  providers: providersSchema,
  /** true: each sign-in gets a Cognito identity ID for the audit; null: no identity pool. */
  identityPool: v.nullable(v.literal(true, 'true or null')),
  /** Default: `{ store: 's3', key: 'P-256', hash: 'SHA256' }`. */
  signing: v.optional(signingSchema, { store: 's3' }),
  session: sessionSchema,
  /** Other same-site origins that may embed the element and call the API. Default: none. */
  allowedOrigins: v.optional(v.array(origin, 'a list of origins'), []),
  /** Who may see what. Rendered into `access/config.json`. */
  access: v.pipe(
    v.strictObject({
      blocked: v.array(personSchema, 'a list of people'),
      rules: v.array(accessRuleSchema, 'a list of rules'),
    }),
    v.check(
      (access) => new TextEncoder().encode(JSON.stringify(access, null, 2)).length < maximumDocumentBytes - 1024,
      'rules that fit into 4 MiB of JSON; name a domain or a claim instead of many addresses',
    ),
  ),
  /** Pages for 403 and 404. Default: the ones that s3nator brings. */
  pages: v.optional(v.strictObject({ login: v.optional(pagePath), notFound: v.optional(pagePath) }), {}),
  /** The two folders that need no cookies. */
  paths: v.optional(
    v.strictObject({
      /** Where the API answers. Default: '/auth'. */
      api: v.optional(folderPath, defaultPaths.api),
      /** Where the open pages and the elements are. Everything in it is open to everyone. Default: '/public'. */
      open: v.optional(folderPath, defaultPaths.open),
    }),
    {},
  ),
  /** Custom domain; null: CloudFront's own host name. Default: null. */
  domain: v.optional(v.nullable(domainSchema), null),
  /**
   * true: `/dir/` is answered with `/dir/index.html`, and `/dir` leads to `/dir/` (a CloudFront Function), except for
   * files that have no extension. Default: false.
   */
  indexRewriting: v.optional(
    v.pipe(
      v.union(
        [v.boolean(), v.null(), v.strictObject({ except: exceptions })],
        "true, false, or { except: ['/bin/*'] }",
      ),
      // A checked config is a config: what this returns, it also takes.
      v.transform((value) => (typeof value === 'object' ? value : value ? { except: [] } : null)),
    ),
    false,
  ),
  /**
   * The page of an app with a client-side router: what a person who is signed in sees at an address that has no file
   * (a CloudFront Function). null: the page for 404. Default: null.
   */
  fallback: v.optional(
    v.nullable(
      v.pipe(
        v.union(
          [appPage, v.strictObject({ page: appPage, except: exceptions })],
          "a page such as '/app.html', or { page: '/app.html', except: ['/docs/*'] }, or null",
        ),
        v.transform((value) => (typeof value === 'string' ? { page: value, except: [] } : value)),
      ),
    ),
    null,
  ),
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
        /^arn:aws[a-z-]*:wafv2:us-east-1:\d{12}:global\/webacl\/[A-Za-z0-9_/-]+$/,
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
  /** Throttle of the API: steady requests per second, and burst. Default: 20 and 40. */
  throttle: v.optional(
    v.pipe(
      v.strictObject({
        requestsPerSecond: v.optional(requestsPerSecond, 20),
        burst: v.optional(burst, 40),
        /**
         * Renewals have their own throttle, so that a flood of sign-ins cannot end anybody's session. Default: the same
         * numbers.
         */
        renewals: v.optional(
          v.strictObject({ requestsPerSecond: v.optional(requestsPerSecond), burst: v.optional(burst) }),
          {},
        ),
      }),
      v.transform(({ renewals, ...others }) => ({
        ...others,
        renewals: {
          requestsPerSecond: renewals.requestsPerSecond ?? others.requestsPerSecond,
          burst: renewals.burst ?? others.burst,
        },
      })),
    ),
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
  /** What the log shows about people, and whether CloudWatch counts its lines. */
  audit: v.optional(
    v.strictObject({
      /**
       * true: the log shows a keyed hash of people's address and account; false: it shows both unchanged. Default:
       * false.
       */
      pseudonyms: v.optional(flag, false),
      /** true: CloudWatch metrics count each decision; false: decisions are only in the log. Default: true. */
      metrics: v.optional(flag, true),
    }),
    {},
  ),
  /** Lets people ask for access after a denial; null: nobody may. Default: null. */
  accessRequests: v.optional(v.nullable(accessRequestsSchema), null),
  /** CloudWatch alarms; null: none. Default: null. */
  alarms: v.optional(
    v.nullable(
      v.strictObject({
        /** An SNS topic, or an address that gets mail after it has confirmed; null: alarms only show in CloudWatch. */
        notify,
        /** Denials within five minutes that raise an alarm. Default: 20. */
        denials: v.optional(wholeNumber(1, 100_000, 'denials'), 20),
      }),
    ),
    null,
  ),
  /** true: creates a CloudWatch dashboard. Default: false. */
  dashboard: v.optional(flag, false),
  /** Further tags on every resource, at most 7. Default: none. */
  tags: v.optional(tagsSchema, {}),
  /** Where Terraform keeps its state; null: in `terraform.SITE.tfstate` next to this config. Default: null. */
  state: v.optional(v.nullable(stateSchema), null),
  /** true: no deploy and no `cdktf destroy` deletes the buckets, the distribution or a user pool. Default: true. */
  deletionProtection: v.optional(flag, true),
});

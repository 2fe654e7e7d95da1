/** The types and the validation of `s3nator.config.ts`, including checks across fields and across sites. */
import * as v from 'valibot';
import { pathProblem, unmatchable } from './access-rules.ts';
import { matching, pathTo } from './config-values.ts';
import { cognitoEndpoint, isIn, loginPageOf, notFoundPageOf } from './layout.ts';
import { redirectedPathProblem, reservedPathProblem } from './open-path.ts';
import { traitsOf } from './provider-traits.ts';
import { domainsTrusted, issuerOf, needsSecret } from './providers.ts';
import { siteFields } from './site-fields.ts';
import { visible } from './visible-text.ts';

type SiteFields = v.InferOutput<typeof siteFields>;

/** An error page must not need signed cookies: the viewers who see it have none. undefined: the shipped page. */
const isOpen = (page: string | undefined, { openPaths, paths }: SiteFields): boolean =>
  page === undefined || isIn(paths.open, page) || openPaths.includes(page);
const openPage = ({ paths }: SiteFields): string => `a page on an open path, such as ${loginPageOf(paths)}`;

/** CloudFront serves a path by one behavior: a folder inside the other would never be reached. */
const areApart = ({ paths: { api, open } }: SiteFields): boolean =>
  api !== open && !isIn(api, open) && !isIn(open, api);

const siteSchema = v.pipe(
  siteFields,
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const { access, accessRequests, providers, region } = dataset.value;
    const refuse = (path: readonly (string | number)[], message: string): void =>
      addIssue({ message, path: pathTo(dataset.value, path) });
    const { indexRewriting } = dataset.value;
    for (const [index, pattern] of dataset.value.openPaths.entries()) {
      const problem =
        reservedPathProblem(pattern, dataset.value.paths) ??
        (indexRewriting === null ? undefined : redirectedPathProblem(pattern, indexRewriting.except));
      if (problem !== undefined) refuse(['openPaths', index], problem);
    }
    const { fallback, paths } = dataset.value;
    if (fallback !== null && [paths.api, paths.open].some((folder) => isIn(folder, fallback.page))) {
      const outside = `outside ${paths.api}/ and ${paths.open}/`;
      refuse(['fallback'], `the absolute path of an .html page of the content, ${outside}, such as /app.html`);
    }
    for (const field of ['login', 'notFound'] as const) {
      if (!isOpen(dataset.value.pages[field], dataset.value)) refuse(['pages', field], openPage(dataset.value));
    }
    for (const { path, allowed } of unmatchable(access)) refuse(['access', ...path], allowed);
    const known = providers.map(issuerOf).filter((issuer) => issuer !== undefined);
    const isMade = providers.some(
      (provider) => provider.kind === 'cognitoUserPool' && provider.provision !== undefined,
    );
    // The pool's ID is known only after the deploy that creates it.
    const ofMadePool = (issuer: string): boolean =>
      isMade && issuer.startsWith(`${cognitoEndpoint(region)}/${region}_`);
    const checkIssuer = (issuer: string | undefined, path: readonly (string | number)[], further: string[]): void => {
      if (issuer === undefined || [...known, ...further].includes(issuer) || ofMadePool(issuer)) return;
      const allowed = [...known, ...further].join(', ');
      refuse([...path, 'issuer'], `the issuer of a provider of this site (${allowed}); nobody signs in with any other`);
    };
    const checkPerson = (person: unknown, path: readonly (string | number)[]): void =>
      checkIssuer((Object(person) as { issuer?: string }).issuer, path, []);
    const kinds = providers.filter((provider) => traitsOf(provider).isNamedByKind).map(({ kind }) => kind);
    const hasWorkspaces = providers.some((provider) => traitsOf(provider).hostedDomain === 'hd');
    const trusted = providers.flatMap(domainsTrusted);
    const checkDomains = (domains: readonly string[], path: readonly (string | number)[]): void => {
      for (const [index, domain] of domains.entries()) {
        if (hasWorkspaces || trusted.includes(domain)) continue;
        refuse(
          [...path, 'hostedDomains', index],
          'a domain among the trustedDomains of a provider, or Google beside them',
        );
      }
    };
    access.blocked.forEach((person, index) => {
      checkPerson(person, ['access', 'blocked', index]);
    });
    access.rules.forEach(({ who, path: opened }, rule) => {
      const path = ['access', 'rules', rule, 'who'];
      const problem = pathProblem(opened);
      if (problem !== undefined) refuse(['access', 'rules', rule, 'path'], problem);
      checkIssuer(who.issuer, path, kinds);
      who.subjects?.forEach((subject, index) => {
        checkPerson(subject, [...path, 'subjects', index]);
      });
      checkDomains(who.hostedDomains ?? [], path);
    });
    if (typeof accessRequests?.mayAsk === 'object')
      checkDomains(accessRequests.mayAsk.hostedDomains, ['accessRequests', 'mayAsk']);
  }),
  v.forward(
    v.check(
      ({ providers, state }) => state !== null || !providers.some(needsSecret),
      'a bucket, because Terraform writes the client secrets of federated providers into its state',
    ),
    ['state'],
  ),
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
    v.check(
      ({ accessRequests, region }) =>
        !accessRequests?.notify?.startsWith('arn:') || accessRequests.notify.split(':')[3] === region,
      'a topic in the Region of the site, because the API publishes there',
    ),
    ['accessRequests', 'notify'],
  ),
  v.forward(v.check(areApart, 'a folder that is not paths.api, not in it, and not around it'), ['paths', 'open']),
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
  v.transform((site) => ({
    ...site,
    pages: {
      login: site.pages.login ?? loginPageOf(site.paths),
      notFound: site.pages.notFound ?? notFoundPageOf(site.paths),
    },
  })),
);

/** Default key of a site's remote state. No two sites or stages share one. */
export const stateKey = (siteName: string, site: Pick<SiteConfig, 'stage' | 'state'>): string =>
  site.state?.key ?? `s3nator/${siteName}-${site.stage}.tfstate`;

/** Resources that no two sites may share: the field that names each, and the resource. */
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

/** The config as an adopter writes it. */
export type ConfigOptions = v.InferInput<typeof configSchema>;
/** A checked config, with all defaults filled in. */
export type Config = v.InferOutput<typeof configSchema>;
/** One checked site. */
export type SiteConfig = Config['sites'][string];
export type SigningConfig = SiteConfig['signing'];

/** Gives `s3nator.config.ts` its types. Synth checks the values, so that one message can list every error. */
export function defineConfig(options: ConfigOptions): ConfigOptions {
  return options;
}

const shown = (value: unknown): string => {
  const text = value === undefined ? 'nothing' : (JSON.stringify(value) ?? String(value));
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
};

/**
 * Checks what `s3nator.config.ts` exports. Returns the config, or one line for each wrong value: the field, the given
 * value, the allowed values. Never throws.
 */
export function parseConfig(
  options: unknown,
): { readonly config: Config } | { readonly config: undefined; readonly problems: readonly string[] } {
  // Every schema except the object schemas has its own message.
  const result = v.safeParse(configSchema, options, { message: 'an object with fields, { … }' });
  if (result.success) return { config: result.output };
  return {
    config: undefined,
    problems: result.issues.map((issue) => {
      const field = v.getDotPath(issue) ?? 'config';
      // A missing or unknown field is reported for that field.
      const ofField = issue.kind === 'schema' && issue.type === 'strict_object' && issue.expected !== 'Object';
      if (ofField) {
        return visible(`${field}: ${issue.expected === 'never' ? 'not a field that s3nator knows' : 'missing'}`);
      }
      // A check that compares two fields gets both. The last step of the path has the value of the named one.
      const given = issue.path === undefined ? issue.input : issue.path.at(-1)?.value;
      return visible(`${field}: got ${shown(given)}; allowed: ${issue.message}`);
    }),
  };
}

/** The provider settings of the config, and values derived from them. */
import * as v from 'valibot';
import { flag, host, matching, pathTo, providerUrl, urlOf, visibleText, wholeNumber } from './config-values.ts';
import {
  cognitoEndpoint,
  consumerProviders,
  googleIssuer,
  googleKeySetUrl,
  ownAccounts,
  userPoolIssuer,
} from './layout.ts';
import { traitsOf } from './provider-traits.ts';
import { googleScriptUrl } from './session-api.ts';

/** The placeholder client ID of a fresh clone. `cdktf synth` and `deploy` refuse it. */
export const placeholderClientId = 'YOUR_CLIENT_ID.apps.googleusercontent.com';

const domains = v.array(host, 'a list of domains, such as example.com');

const domainsByName = `the domains of each provider in the pool by its name, such as { Okta: ['example.com'] }; \
${ownAccounts} is the pool's own accounts. \
One list for the whole pool would also believe Google, Apple and self sign-up`;
/** `v.record` silently drops these names. */
const namesLeftOut = ['__proto__', 'constructor', 'prototype'];
/** Maps a provider in a user pool to the domains whose addresses it is trusted for. */
const trustedDomainsByName = v.pipe(
  v.custom<Record<string, string[]>>(
    (value) =>
      Object(value) === value &&
      !Array.isArray(value) &&
      !namesLeftOut.some((name) => Object.hasOwn(Object(value), name)),
    domainsByName,
  ),
  v.record(matching(/^[^\s\p{C}]{1,32}$/u, domainsByName), domains, domainsByName),
);

const onlyScript = `${googleScriptUrl}, because <secure-login> loads no other script`;

const googleSchema = v.strictObject({
  kind: v.literal('google'),
  /** OAuth client ID of the web application in Google Cloud. */
  clientId: matching(
    /^[A-Za-z0-9_\-.]+\.apps\.googleusercontent\.com$/,
    'a Google client ID ending in .apps.googleusercontent.com',
  ),
  /** Further client IDs whose tokens are accepted, for callers that have their own. Default: none. */
  otherClientIds: v.optional(
    v.array(
      matching(/^[A-Za-z0-9_\-.]+$/, 'a client ID, or the audience that a service account names'),
      'a list of client IDs',
    ),
    [],
  ),
  /**
   * true: on iPhone and iPad, pages of the site sign in without a window. The client needs a redirect URI for this.
   * Default: true.
   */
  redirectOnIos: v.optional(flag, true),
  /** Google's sign-in script. Default: Google's own address; only the local run sets another. */
  scriptUrl: v.optional(v.pipe(v.string(onlyScript), v.value(googleScriptUrl, onlyScript)), googleScriptUrl),
  /** Google's key set. Default: Google's own address; only the local run sets another. */
  keySetUrl: v.optional(providerUrl, googleKeySetUrl),
});

const clientId = matching(/^[\x21-\x7e]{1,255}$/, 'a client ID');
/** Only the name of a secret: a config is committed to git. */
const secretName = matching(
  /^[A-Za-z0-9/_+=.@-]{1,512}$/,
  'the name of a secret in AWS Secrets Manager, such as s3nator/docs/okta (never the secret itself)',
);
const attribute = matching(/^[\x21-\x7e]{1,250}$/, 'the name of an attribute, such as email');
const federatedName = matching(/^[A-Za-z0-9][A-Za-z0-9-]{1,30}[A-Za-z0-9]$/, 'a name of 3 to 32 letters, digits and -');
const reservedNames = [ownAccounts, ...consumerProviders];
const isReserved = (name: string): boolean =>
  reservedNames.some((reserved) => reserved.toLowerCase() === name.toLowerCase());
/** In rules and in the config, the name Google must mean Google. */
const ownName = v.pipe(
  federatedName,
  v.check((name) => !isReserved(name), `a name that Cognito does not use itself (${reservedNames.join(', ')})`),
);

/** The attributes of a federated provider that become `email` and `email_verified` in the user pool's tokens. */
const attributesOf = (email: string, emailVerified: string | null) =>
  v.optional(
    v.strictObject({
      email: v.optional(attribute, email),
      /** null: addresses count as unverified, so rules by address or domain do not match. */
      emailVerified: v.optional(v.nullable(attribute), emailVerified),
    }),
    {},
  );

/** The allowed values of `kind`, for an error message. */
const kindsOf = (schemas: readonly { readonly entries: { readonly kind: { readonly literal: string } } }[]): string => {
  const kinds = schemas.map(({ entries }) => `'${entries.kind.literal}'`);
  return `kind: ${kinds.slice(0, -1).join(', ')} or ${kinds.at(-1)}`;
};

const federatedSchemas = [
  v.strictObject({
    kind: v.literal('google'),
    clientId,
    /** Secrets Manager name of the client secret. */
    secret: secretName,
  }),
  v.strictObject({
    kind: v.literal('apple'),
    servicesId: clientId,
    teamId: matching(/^[A-Z0-9]{10}$/, 'an Apple team ID of 10 letters and digits'),
    keyId: matching(/^[A-Z0-9]{10}$/, 'an Apple key ID of 10 letters and digits'),
    /** Secrets Manager name of the private key (the text of the .p8 file). */
    secret: secretName,
  }),
  v.strictObject({
    kind: v.literal('oidc'),
    /** The provider's name in the hosted page and in the user pool, such as Microsoft. */
    name: ownName,
    issuer: providerUrl,
    clientId,
    /** Secrets Manager name of the client secret. */
    secret: secretName,
    /** Default: openid, email, profile. */
    scopes: v.optional(v.array(matching(/^[\x21-\x7e]{1,100}$/, 'a scope'), 'a list of scopes'), [
      'openid',
      'email',
      'profile',
    ]),
    attributes: attributesOf('email', 'email_verified'),
  }),
  v.strictObject({
    kind: v.literal('saml'),
    name: ownName,
    /** The provider's metadata: its address, or its XML. */
    metadata: v.pipe(
      v.string('an https:// address, or the metadata itself'),
      v.check(
        (value) => /^https:\/\/\S+$/.test(value) || /^\s*<[\s\S]*EntityDescriptor[\s\S]*>\s*$/.test(value),
        'an https:// address, or the metadata itself (XML with an EntityDescriptor)',
      ),
    ),
    attributes: attributesOf('http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress', null),
  }),
  v.strictObject({
    /**
     * An identity provider that an operator created in the user pool, so that the Terraform state has no secret of it.
     */
    kind: v.literal('byHand'),
    name: v.pipe(
      federatedName,
      v.check(
        (name) => !isReserved(name) || consumerProviders.includes(name),
        `a name that Cognito does not use itself, or one of ${consumerProviders.join(', ')} for that provider`,
      ),
    ),
  }),
] as const;

const federatedSchema = v.variant('kind', federatedSchemas, kindsOf(federatedSchemas));

/** Name of a federated provider in its user pool. Cognito defines the first two. */
export function federatedNameOf(federated: FederatedConfig): string {
  if (federated.kind === 'google') return 'Google';
  return federated.kind === 'apple' ? 'SignInWithApple' : federated.name;
}

/** Everyone who vouches for people in a pool that the stack creates, with the names in ID tokens. */
export const providersIn = ({ passwords, federated }: NewUserPoolConfig): readonly string[] => [
  ...(passwords === null ? [] : [ownAccounts]),
  ...federated.map(federatedNameOf),
];

/** Whether Terraform reads a client secret to pass it to Cognito. */
export const needsSecret = (provider: ProviderConfig): boolean =>
  provider.kind === 'cognitoUserPool' && (provider.provision?.federated ?? []).some((one) => 'secret' in one);

const newUserPoolSchema = v.pipe(
  v.strictObject({
    /** The hosted sign-in is at PREFIX.auth.REGION.amazoncognito.com. The prefix must be unique in the Region. */
    domainPrefix: v.pipe(
      matching(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'a prefix of lower-case letters, digits and -'),
      v.check((value) => !/aws|amazon|cognito/.test(value), 'a prefix without aws, amazon and cognito in it'),
    ),
    /** The pool's own accounts; null: no sign-in with a password. */
    passwords: v.nullable(
      v.strictObject({
        /** true: anyone may create an account; false: operators create them. */
        selfSignUp: flag,
        /** Default: 12. */
        minimumLength: v.optional(wholeNumber(8, 99, 'characters'), 12),
      }),
    ),
    /** Other providers that vouch for people. Default: none. */
    federated: v.optional(
      v.pipe(
        v.array(federatedSchema, 'a list of providers'),
        v.maxLength(50, 'at most 50 providers'),
        v.check(
          (all) => new Set(all.map((one) => federatedNameOf(one).toLowerCase())).size === all.length,
          'providers with a name each',
        ),
      ),
      [],
    ),
  }),
  v.forward(
    v.check((pool) => pool.passwords !== null || pool.federated.length > 0, 'at least one provider, or passwords'),
    ['federated'],
  ),
);

const userPoolSchema = v.pipe(
  v.strictObject({
    kind: v.literal('cognitoUserPool'),
    /** Text of its button. Default: 'Sign in with your account'. */
    label: v.optional(visibleText(60, 'a text of at most 60 characters'), 'Sign in with your account'),
    /** An existing user pool. */
    existing: v.optional(
      v.strictObject({
        userPoolId: matching(/^[a-z]{2}(-[a-z]+)+-\d_[A-Za-z0-9]{1,45}$/, 'a user pool ID such as eu-west-1_AbC123'),
        /** App client without a secret, with the authorization code grant and the login page as its callback. */
        clientId: matching(/^[a-z0-9]{1,128}$/, 'the ID of an app client'),
        /** Host of its hosted sign-in. */
        domain: host,
      }),
    ),
    /** A user pool that this stack creates. */
    provision: v.optional(newUserPoolSchema),
    /**
     * Maps a provider in the pool to the domains for whose addresses it is trusted. Rules by domain and address match
     * no others. `Cognito` means the pool's own accounts. Default: none.
     */
    trustedDomains: v.optional(trustedDomainsByName, {}),
    /** true: signing out also ends the session of the hosted sign-in. Default: false. */
    logout: v.optional(flag, false),
    /** Host of the hosted sign-in. Default: the pool's own; only the local run sets another. */
    hostedSignIn: v.optional(
      v.nullable(matching(/^[a-z0-9.-]+(:\d{1,5})?$/, 'a host name in lower case, with a port where it has one')),
      null,
    ),
    /** Address of Cognito in the pool's Region. Default: Cognito's own; only the local run sets another. */
    endpoint: v.optional(v.nullable(providerUrl), null),
  }),
  v.forward(
    v.check((pool) => (pool.existing === undefined) !== (pool.provision === undefined), 'either existing or provision'),
    ['existing'],
  ),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed || dataset.value.provision === undefined) return;
    const names = providersIn(dataset.value.provision);
    for (const name of Object.keys(dataset.value.trustedDomains)) {
      if (names.includes(name)) continue;
      addIssue({
        message: `the name of a provider of this pool (${names.join(', ')})`,
        path: pathTo(dataset.value, ['trustedDomains', name]),
      });
    }
  }),
);

const oidcSchema = v.strictObject({
  kind: v.literal('oidc'),
  /** The exact `iss` of its tokens. */
  issuer: v.pipe(
    providerUrl,
    v.check((value) => /^[^?#@\s]+$/.test(value), 'an https:// address without query, fragment and user name'),
  ),
  /** Allowed values of `aud` in its tokens. */
  audiences: v.pipe(
    v.array(matching(/^[\x21-\x7e]{1,255}$/, 'an audience'), 'a list of audiences'),
    v.minLength(1, 'at least one audience'),
  ),
  /** The one algorithm of its signatures. Default: 'RS256'. */
  algorithm: v.optional(
    v.picklist(['RS256', 'PS256', 'ES256', 'ES384'], "'RS256', 'PS256', 'ES256' or 'ES384'"),
    'RS256',
  ),
  /** Its key set; null: the API finds it with OpenID Connect Discovery. Default: null. */
  keySetUrl: v.optional(v.nullable(providerUrl), null),
  /** Its discovery document. Default: the issuer's own; only the local run sets another. */
  discoveryUrl: v.optional(v.nullable(providerUrl), null),
  /** Domains for whose addresses this issuer is trusted. Rules by domain and address match no others. Default: none. */
  trustedDomains: v.optional(domains, []),
});

const providerSchemas = [googleSchema, userPoolSchema, oidcSchema] as const;

const providerSchema = v.variant('kind', providerSchemas, kindsOf(providerSchemas));

/** Region of a user pool: its own, or the Region of the site whose stack creates it. */
export const poolRegion = ({ existing }: UserPoolConfig, siteRegion: string): string =>
  existing?.userPoolId.split('_', 1)[0] ?? siteRegion;

/** Where the API gets a user pool's keys, and where people sign in to it. */
export function userPoolAddresses(
  pool: UserPoolConfig,
  siteRegion: string,
): { readonly endpoint: string; readonly hostedSignIn: string } {
  const region = poolRegion(pool, siteRegion);
  return {
    endpoint: pool.endpoint ?? cognitoEndpoint(region),
    hostedSignIn:
      pool.hostedSignIn ?? pool.existing?.domain ?? `${pool.provision?.domainPrefix}.auth.${region}.amazoncognito.com`,
  };
}

/** All domains that a provider is trusted for. Google names the domain itself, in `hd`. */
export function domainsTrusted(provider: ProviderConfig): readonly string[] {
  switch (provider.kind) {
    case 'google':
      return [];
    case 'cognitoUserPool':
      return Object.values(provider.trustedDomains).flat();
    case 'oidc':
      return provider.trustedDomains;
  }
}

/** Whether the client ID is still the placeholder of a fresh clone. */
export const hasPlaceholder = ({ providers }: { readonly providers: readonly ProviderConfig[] }): boolean =>
  providers.some((provider) => provider.kind === 'google' && provider.clientId === placeholderClientId);

/** Where an issuer publishes its metadata (OpenID Connect Discovery 1.0, 4). */
export const discoveryUrlOf = ({ issuer, discoveryUrl }: OidcConfig): string =>
  discoveryUrl ?? `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;

/** The issuer of a provider's accounts; undefined for a user pool that does not exist yet. */
export function issuerOf(provider: ProviderConfig): string | undefined {
  switch (provider.kind) {
    case 'google':
      return googleIssuer;
    case 'cognitoUserPool': {
      const id = provider.existing?.userPoolId;
      return id && userPoolIssuer(id);
    }
    case 'oidc':
      return provider.issuer;
  }
}

/** Spellings of an issuer that look the same to people. Only one of them can be an issuer. */
const spelledAlike = (issuer: string): string => (urlOf(issuer)?.href ?? issuer).toLowerCase().replace(/\/+$/, '');

export const providersSchema = v.pipe(
  v.array(providerSchema, 'a list of providers'),
  v.maxLength(20, 'at most 20 providers'),
  v.check(
    (providers) => providers.some((provider) => traitsOf(provider).signsInOnPages),
    "at least one of kind 'google' or 'cognitoUserPool', because with 'oidc' nobody signs in on a page",
  ),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const providers = dataset.value;
    const refuse = (index: number, field: string, message: string): void =>
      addIssue({ message, path: pathTo(providers, [index, field]) });
    const places = new Map<string, number>();
    for (const [index, provider] of providers.entries()) {
      const issuer = provider.kind === 'cognitoUserPool' ? provider.kind : spelledAlike(issuerOf(provider) ?? '');
      const field = provider.kind === 'oidc' ? 'issuer' : 'kind';
      const first = places.get(issuer);
      if (first !== undefined) {
        const other = providers[first]?.kind === 'oidc' ? 'issuer' : 'kind';
        refuse(index, field, `another issuer than that of providers.${first}.${other}`);
      } else if (provider.kind === 'oidc' && issuer === googleIssuer) {
        refuse(index, field, "an issuer that is not Google's, for which there is kind: 'google'");
      }
      places.set(issuer, first ?? index);
      const existing = provider.kind === 'cognitoUserPool' ? issuerOf(provider) : undefined;
      const twin =
        existing === undefined
          ? -1
          : providers.findIndex((one) => one.kind === 'oidc' && spelledAlike(one.issuer) === spelledAlike(existing));
      if (twin !== -1) refuse(twin, 'issuer', `another issuer than that of providers.${index}.existing`);
    }
  }),
);

export type ProviderConfig = v.InferOutput<typeof providerSchema>;
export type GoogleConfig = Extract<ProviderConfig, { kind: 'google' }>;
export type UserPoolConfig = Extract<ProviderConfig, { kind: 'cognitoUserPool' }>;
export type OidcConfig = Extract<ProviderConfig, { kind: 'oidc' }>;
export type NewUserPoolConfig = v.InferOutput<typeof newUserPoolSchema>;
/** A federated provider in a user pool. */
export type FederatedConfig = v.InferOutput<typeof federatedSchema>;

/** Checks who may do what with a live site: each rule with the request that shows it. */
import assert from 'node:assert/strict';
import {
  answeredRequestsPrefix,
  openRequestsPrefix,
  pseudonymKeyObject,
  requestDigestKey,
} from '../../contract/layout.ts';
import { renewalPath } from '../../contract/session-api.ts';
import type { Steps } from '../report.ts';
import type { LiveSite } from './live-site.ts';
import { type Asked, accountId, decide, type Policies, readPolicies, type Verdict } from './simulator.ts';

export async function checkPolicies(site: LiveSite, fingerprints: readonly string[], steps: Steps): Promise<void> {
  const policies = await steps.step('the SDK reads every policy', () => readPolicies(site));
  await checkReaders(site, policies, fingerprints, steps);
  await checkLambda(site, policies, fingerprints, steps);
  await checkRequests(site, policies, steps);
  await checkTrust(site, policies, steps);
}

/** Requests from CloudFront, and from anybody else. */
async function checkReaders(site: LiveSite, policies: Policies, fingerprints: readonly string[], steps: Steps) {
  const content = `arn:aws:s3:::${site.contentBucket}`;
  const secret = `arn:aws:s3:::${site.privateBucket}`;
  const cloudFront = 'cloudfront.amazonaws.com';
  const own = { 'aws:SourceArn': site.distribution.ARN };
  const foreign = { 'aws:SourceArn': `${site.distribution.ARN}X` };
  const get = 's3:GetObject';
  const inContent = { who: cloudFront, action: get, resourcePolicy: policies.content, context: own };
  const inPrivate = { who: cloudFront, action: get, resourcePolicy: policies.private, context: own };

  const cases: readonly [string, Asked, Verdict][] = [
    ['its distribution may read www/*', { ...inContent, resource: `${content}/www/index.html` }, 'Allowed'],
    ['its distribution may list the bucket', { ...inContent, action: 's3:ListBucket', resource: content }, 'Allowed'],
    [
      'its distribution may read nothing outside www/*',
      { ...inContent, resource: `${content}/keys/a.pem` },
      'ImplicitlyDenied',
    ],
    [
      'its distribution may write nothing',
      { ...inContent, action: 's3:PutObject', resource: `${content}/www/a` },
      'ImplicitlyDenied',
    ],
    [
      'another distribution may not read www/*',
      { ...inContent, context: foreign, resource: `${content}/www/index.html` },
      'ImplicitlyDenied',
    ],
    [
      'a request that names no distribution may not read www/*',
      { ...inContent, context: {}, resource: `${content}/www/index.html` },
      'ImplicitlyDenied',
    ],
    [
      'its distribution may not read www/* without TLS',
      { ...inContent, context: { ...own, 'aws:SecureTransport': 'false' }, resource: `${content}/www/index.html` },
      'ExplicitlyDenied',
    ],
    [
      'an anonymous caller may not read www/*',
      { ...inContent, who: undefined, context: {}, resource: `${content}/www/index.html` },
      'ImplicitlyDenied',
    ],
    [
      'its distribution may not read keys/*',
      { ...inPrivate, resource: `${secret}/keys/${fingerprints[0]}.pem` },
      'ImplicitlyDenied',
    ],
    [
      'its distribution may not read access/*',
      { ...inPrivate, resource: `${secret}/access/live.json` },
      'ImplicitlyDenied',
    ],
    [
      'an anonymous caller may not read keys/*',
      { ...inPrivate, who: undefined, context: {}, resource: `${secret}/keys/${fingerprints[0]}.pem` },
      'ImplicitlyDenied',
    ],
  ];
  for (const [rule, asked, verdict] of cases) {
    await steps.check(rule, async () => assert.equal(await decide(asked), verdict));
  }
}

/** What the Lambda may do with access requests: nothing, unless the config accepts them. */
async function checkRequests(site: LiveSite, policies: Policies, steps: Steps): Promise<void> {
  const role = policies.roles.get(`${site.prefix}-auth`);
  assert.ok(role);
  const secret = `arn:aws:s3:::${site.privateBucket}`;
  const base = { who: role.arn, identityPolicies: role.own };
  const object = (action: string, key: string): Asked => ({
    ...base,
    action: `s3:${action}`,
    resource: `${secret}/${key}`,
    resourcePolicy: policies.private,
  });
  const list = (prefix: string): Asked => ({
    ...base,
    action: 's3:ListBucket',
    resource: secret,
    resourcePolicy: policies.private,
    context: { 's3:prefix': prefix },
  });
  const publish = (topic: string): Asked => ({ ...base, action: 'sns:Publish', resource: topic });
  const { accessRequests, region } = site.config;
  const taken: Verdict = accessRequests === null ? 'ImplicitlyDenied' : 'Allowed';
  const told: Verdict = accessRequests?.notify == null ? 'ImplicitlyDenied' : 'Allowed';
  const own = accessRequests?.notify?.startsWith('arn:')
    ? accessRequests.notify
    : `arn:aws:sns:${region}:${accountId}:${site.prefix}-requests`;
  const cases: readonly [string, Asked, Verdict][] = [
    [
      'the Lambda may write requests, if the config accepts them',
      object('PutObject', `${openRequestsPrefix}a.json`),
      taken,
    ],
    ['the Lambda may record when it announced them', object('PutObject', requestDigestKey), taken],
    ['the Lambda may read answers', object('GetObject', `${answeredRequestsPrefix}a.json`), taken],
    ['the Lambda may write no answer', object('PutObject', `${answeredRequestsPrefix}a.json`), 'ImplicitlyDenied'],
    ['the Lambda may delete no request', object('DeleteObject', `${openRequestsPrefix}a.json`), 'ImplicitlyDenied'],
    ['the Lambda may write no key', object('PutObject', 'keys/a.pem'), 'ImplicitlyDenied'],
    ['the Lambda may write nothing but requests', object('PutObject', 'requests.json'), 'ImplicitlyDenied'],
    ['the Lambda may count open requests', list(openRequestsPrefix), taken],
    ['the Lambda may list nothing else', list('keys/'), 'ImplicitlyDenied'],
    ['the Lambda may list no bucket', list(''), 'ImplicitlyDenied'],
    ['the Lambda may notify operators, if the config says where', publish(own), told],
    [
      'the Lambda may publish to no other topic',
      publish(`arn:aws:sns:${region}:${accountId}:${site.prefix}-alarms`),
      'ImplicitlyDenied',
    ],
  ];
  for (const [rule, asked, verdict] of cases) {
    await steps.check(rule, async () => assert.equal(await decide(asked), verdict));
  }
}

async function checkLambda(site: LiveSite, policies: Policies, fingerprints: readonly string[], steps: Steps) {
  const role = policies.roles.get(`${site.prefix}-auth`);
  assert.ok(role);
  const secret = `arn:aws:s3:::${site.privateBucket}`;
  const log = `arn:aws:logs:${site.config.region}:${accountId}:log-group:/aws/lambda/${site.prefix}-auth`;
  const base = { who: role.arn, identityPolicies: role.own };
  const get = { ...base, action: 's3:GetObject', resourcePolicy: policies.private };
  const versions = { ...base, action: 's3:ListBucketVersions', resource: secret, resourcePolicy: policies.private };

  const cases: readonly [string, Asked, Verdict][] = [
    ...fingerprints.map((fingerprint): [string, Asked, Verdict] => [
      `the Lambda may read the key ${fingerprint}`,
      { ...get, resource: `${secret}/keys/${fingerprint}.pem` },
      'Allowed',
    ]),
    ['the Lambda may read the access documents', { ...get, resource: `${secret}/access/live.json` }, 'Allowed'],
    [
      'the Lambda may read their earlier versions',
      { ...get, action: 's3:GetObjectVersion', resource: `${secret}/access/config.json` },
      'Allowed',
    ],
    ['the Lambda may list their versions', { ...versions, context: { 's3:prefix': 'access/live.json' } }, 'Allowed'],
    ['the Lambda may list no other versions', { ...versions, context: { 's3:prefix': 'keys/' } }, 'ImplicitlyDenied'],
    [
      'the Lambda may read no other key',
      { ...get, resource: `${secret}/keys/0000000000000000.pem` },
      'ImplicitlyDenied',
    ],
    [
      'the Lambda may write no access document',
      { ...get, action: 's3:PutObject', resource: `${secret}/access/live.json` },
      'ImplicitlyDenied',
    ],
    ...[get.action, 's3:PutObject'].map((action): [string, Asked, Verdict] => [
      `the Lambda may ${action} the pseudonym key only if the config asks for pseudonyms`,
      { ...get, action, resource: `${secret}/${pseudonymKeyObject}` },
      site.config.audit.pseudonyms ? 'Allowed' : 'ImplicitlyDenied',
    ]),
    [
      'the Lambda may delete nothing',
      { ...get, action: 's3:DeleteObject', resource: `${secret}/${pseudonymKeyObject}` },
      'ImplicitlyDenied',
    ],
    [
      'the Lambda may read its key over TLS only',
      { ...get, resource: `${secret}/keys/${fingerprints[0]}.pem`, context: { 'aws:SecureTransport': 'false' } },
      'ExplicitlyDenied',
    ],
    [
      'the Lambda may read nothing from the site',
      { ...get, resource: `arn:aws:s3:::${site.contentBucket}/www/index.html`, resourcePolicy: policies.content },
      'ImplicitlyDenied',
    ],
    [
      'the Lambda may write its log',
      { ...base, action: 'logs:PutLogEvents', resource: `${log}:log-stream:a` },
      'Allowed',
    ],
    [
      'the Lambda may write no other log',
      { ...base, action: 'logs:PutLogEvents', resource: `${log}2:log-stream:a` },
      'ImplicitlyDenied',
    ],
  ];
  for (const [rule, asked, verdict] of cases) {
    await steps.check(rule, async () => assert.equal(await decide(asked), verdict));
  }
}

/** Who may assume which role, and who may call the Lambda. */
async function checkTrust(site: LiveSite, policies: Policies, steps: Steps): Promise<void> {
  const lambda = policies.roles.get(`${site.prefix}-auth`);
  assert.ok(lambda);
  const become = { action: 'sts:AssumeRole', resource: lambda.arn, resourcePolicy: lambda.trust };
  const { FunctionArn } = site.function;
  const call = { action: 'lambda:InvokeFunction', resource: FunctionArn, resourcePolicy: policies.function };
  const gateway = 'apigateway.amazonaws.com';
  const arnOf = (api: string, route = '$default'): string =>
    `arn:aws:execute-api:${site.config.region}:${accountId}:${api}/$default/${route}`;

  const cases: [string, Asked, Verdict][] = [
    ["Lambda may assume the Lambda's role", { ...become, who: 'lambda.amazonaws.com' }, 'Allowed'],
    ["no other service may assume the Lambda's role", { ...become, who: 'ec2.amazonaws.com' }, 'ImplicitlyDenied'],
    [
      'its API may call the Lambda',
      { ...call, who: gateway, context: { 'aws:SourceArn': arnOf(site.api.ApiId) } },
      'Allowed',
    ],
    [
      'its renewal route may call it, too',
      { ...call, who: gateway, context: { 'aws:SourceArn': arnOf(site.api.ApiId, `POST${renewalPath}`) } },
      'Allowed',
    ],
    [
      'another API may not call the Lambda',
      { ...call, who: gateway, context: { 'aws:SourceArn': arnOf('other') } },
      'ImplicitlyDenied',
    ],
    ['an anonymous caller may not call the Lambda', { ...call, who: undefined }, 'ImplicitlyDenied'],
  ];
  const pool = policies.roles.get(`${site.prefix}-pool`);
  if (pool !== undefined) {
    const federated = {
      who: 'cognito-identity.amazonaws.com',
      action: 'sts:AssumeRoleWithWebIdentity',
      resource: pool.arn,
      resourcePolicy: pool.trust,
    };
    const as = (aud: string, amr: string) => ({
      'cognito-identity.amazonaws.com:aud': aud,
      'cognito-identity.amazonaws.com:amr': [amr],
    });
    const { IdentityPoolId } = site.identityPool;
    const own = { who: pool.arn, identityPolicies: pool.own };
    cases.push(
      [
        "people who signed in through the pool may assume the pool's role",
        { ...federated, context: as(IdentityPoolId, 'authenticated') },
        'Allowed',
      ],
      [
        "a guest may not assume the pool's role",
        { ...federated, context: as(IdentityPoolId, 'unauthenticated') },
        'ImplicitlyDenied',
      ],
      [
        "another pool's people may not assume the pool's role",
        { ...federated, context: as('eu-west-1:other', 'authenticated') },
        'ImplicitlyDenied',
      ],
      [
        "the pool's role may read nothing",
        {
          ...own,
          action: 's3:GetObject',
          resource: `arn:aws:s3:::${site.contentBucket}/www/index.html`,
          resourcePolicy: policies.content,
        },
        'ExplicitlyDenied',
      ],
      [
        "the pool's role may not call the Lambda",
        { ...own, action: 'lambda:InvokeFunction', resource: FunctionArn },
        'ExplicitlyDenied',
      ],
    );
  }
  for (const [rule, asked, verdict] of cases) {
    await steps.check(rule, async () => assert.equal(await decide(asked), verdict));
  }
}

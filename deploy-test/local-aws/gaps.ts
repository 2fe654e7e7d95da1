/**
 * What moto 5.2 lacks or loses besides CloudFront: Regions of buckets, roles and tags of pools, stage updates, settings
 * of routes, logs of functions, certificates in use.
 */
import { emptyBody } from '../../emulator/message/http-message.ts';
import { type ApiAnswer, type ApiRequest, Refusal } from './api.ts';
import { BucketRegions } from './bucket-regions.ts';
import { TagChanges } from './tag-changes.ts';
import { UserPools } from './user-pools.ts';

/** Sends a request to moto. */
export type Forward = (request: ApiRequest) => Promise<ApiAnswer>;

// biome-ignore lint/suspicious/noExplicitAny: any JSON of the service
type Json = any;

const parse = (body: Buffer | string): Json => JSON.parse(body.toString() || '{}');

const json = (body: Json): ApiAnswer => ({
  status: 200,
  headers: { 'content-type': 'application/x-amz-json-1.1' },
  body: JSON.stringify(body),
});

/** The request to moto that helps to answer `request`. */
const reading = (request: ApiRequest, path: string): ApiRequest => ({
  ...request,
  method: 'GET',
  target: path,
  path,
  query: new URLSearchParams(),
  body: emptyBody,
});

export class Gaps {
  private readonly forward: Forward;
  private readonly certificateIsUsed: (arn: string) => boolean;
  private readonly bucketRegions = new BucketRegions();
  private readonly poolRoles = new Map<string, Json>();
  private readonly poolTags = new TagChanges();
  private readonly stageChanges = new Map<string, Json>();
  private readonly stageTags = new TagChanges();
  private readonly functionLogs = new Map<string, Json>();
  private readonly userPools = new UserPools();

  /** `certificateIsUsed`: whether a distribution uses the certificate. */
  constructor(forward: Forward, certificateIsUsed: (arn: string) => boolean) {
    this.forward = forward;
    this.certificateIsUsed = certificateIsUsed;
  }

  /** The answer to `request`; undefined if moto can answer alone. Throws a `Refusal`. */
  answer(request: ApiRequest): Promise<ApiAnswer> | ApiAnswer | undefined {
    const [service, operation = ''] = request.headers['x-amz-target']?.toString().split('.') ?? [];
    if (service === 'AWSCognitoIdentityService') return this.identityPool(operation, request);
    if (service === 'AWSCognitoIdentityProviderService') {
      const change = this.userPools.change(operation, parse(request.body));
      return change && this.changed(request, change);
    }
    if (service === 'CertificateManager' && operation === 'DeleteCertificate') return this.deleteCertificate(request);
    const elsewhere = this.bucketRegions.answer(request);
    if (elsewhere !== undefined) return elsewhere;
    const path = decodeURIComponent(request.path);
    const [isStage, stage = ''] =
      /^\/v2\/(?:tags\/arn:aws:apigateway:[^/]*\/)?(apis\/[^/]+\/stages\/[^/]+)$/.exec(path) ?? [];
    const [isNewStage, newStageOf = ''] = /^\/v2\/(apis\/[^/]+)\/stages$/.exec(path) ?? [];
    if (isNewStage !== undefined && request.method === 'POST') return this.newStage(newStageOf, request);
    const [isSettings, stageOf = '', routeKey = ''] =
      /^\/v2\/(apis\/[^/]+\/stages\/[^/]+)\/routesettings\/(.+)$/.exec(path) ?? [];
    if (isSettings !== undefined && request.method === 'DELETE')
      return this.deleteRouteSettings(stageOf, routeKey, request);
    if (isStage !== undefined)
      return path.startsWith('/v2/tags') ? this.tagStage(stage, request) : this.stage(stage, request);
    const [isFunction, name] = /^\/2015-03-31\/functions(?:\/([^/]+)(?:\/configuration)?)?$/.exec(path) ?? [];
    return isFunction === undefined ? undefined : this.function(name, request);
  }

  private identityPool(operation: string, request: ApiRequest): Promise<ApiAnswer> | ApiAnswer | undefined {
    const sent = parse(request.body);
    const tagged = (): string => sent.ResourceArn.split('identitypool/')[1];
    switch (operation) {
      case 'SetIdentityPoolRoles':
        this.poolRoles.set(sent.IdentityPoolId, sent);
        return json({});
      case 'GetIdentityPoolRoles':
        return json(this.poolRoles.get(sent.IdentityPoolId) ?? { IdentityPoolId: sent.IdentityPoolId, Roles: {} });
      case 'TagResource':
        this.poolTags.put(tagged(), sent.Tags);
        return json({});
      case 'UntagResource':
        this.poolTags.takeOff(tagged(), sent.TagKeys);
        return json({});
      case 'DescribeIdentityPool':
        return this.changed(request, (pool) => ({
          ...pool,
          IdentityPoolTags: this.poolTags.over(pool.IdentityPoolId, pool.IdentityPoolTags),
        }));
      default:
        return undefined;
    }
  }

  private deleteCertificate(request: ApiRequest): undefined {
    const { CertificateArn } = parse(request.body);
    if (this.certificateIsUsed(CertificateArn)) {
      throw new Refusal(400, 'ResourceInUseException', `a distribution uses ${CertificateArn}`);
    }
  }

  private async newStage(api: string, request: ApiRequest): Promise<ApiAnswer> {
    await this.requireRoutes(api, parse(request.body).routeSettings ?? {}, request);
    return this.forward(request);
  }

  /** API Gateway refuses a stage with settings for a missing route, whether they are new or left over. */
  private async requireRoutes(api: string, settings: Json, request: ApiRequest): Promise<void> {
    const { body } = await this.forward(reading(request, `/v2/${api}/routes`));
    const routes = parse(body).items.map(({ routeKey }: Json) => routeKey);
    const missing = Object.keys(settings).find((key) => !routes.includes(key));
    if (missing !== undefined) {
      const message = `Unable to find Route by key ${missing} within the provided RouteSettings`;
      throw new Refusal(404, 'NotFoundException', message);
    }
  }

  private async routeSettings(stage: string, request: ApiRequest): Promise<Json> {
    const { body } = await this.forward(reading(request, `/v2/${stage}`));
    return this.stageChanges.get(stage)?.routeSettings ?? parse(body).routeSettings;
  }

  private async deleteRouteSettings(stage: string, routeKey: string, request: ApiRequest): Promise<ApiAnswer> {
    const { [routeKey]: deleted, ...routeSettings } = await this.routeSettings(stage, request);
    if (deleted === undefined) throw new Refusal(404, 'NotFoundException', `${stage} has no settings for ${routeKey}`);
    this.stageChanges.set(stage, { ...this.stageChanges.get(stage), routeSettings });
    return { status: 204, headers: {}, body: '' };
  }

  /** UpdateStage is a layer over what moto stores. */
  private async stage(id: string, request: ApiRequest): Promise<ApiAnswer> {
    const withChanges = (stage: Json): Json => ({
      ...stage,
      ...this.stageChanges.get(id),
      tags: this.stageTags.over(id, stage.tags),
    });
    switch (request.method) {
      case 'PATCH': {
        const sent = parse(request.body);
        const routeSettings = { ...(await this.routeSettings(id, request)), ...sent.routeSettings };
        await this.requireRoutes(id.replace(/\/stages\/.*/, ''), routeSettings, request);
        this.stageChanges.set(id, { ...this.stageChanges.get(id), ...sent, routeSettings });
        return this.changed({ ...request, method: 'GET', body: emptyBody }, withChanges);
      }
      case 'GET':
        return this.changed(request, withChanges);
      default:
        this.stageChanges.delete(id);
        this.stageTags.forget(id);
        return this.forward(request);
    }
  }

  private tagStage(id: string, { method, body, query }: ApiRequest): ApiAnswer {
    if (method === 'POST') this.stageTags.put(id, parse(body).tags);
    else this.stageTags.takeOff(id, query.getAll('tagKeys'));
    return json({});
  }

  /** moto loses `LoggingConfig`. */
  private function(path: string | undefined, request: ApiRequest): Promise<ApiAnswer> {
    const reads = request.method === 'GET' || request.method === 'DELETE';
    const sent = reads ? {} : parse(request.body);
    const name = path ?? sent.FunctionName;
    if (sent.LoggingConfig !== undefined) this.functionLogs.set(name, sent.LoggingConfig);
    if (name === undefined || request.method === 'DELETE') return this.forward(request);
    return this.changed(request, (body) => {
      const configuration = body.Configuration ?? body;
      configuration.LoggingConfig = this.functionLogs.get(name);
      return body;
    });
  }

  /** moto's answer with its JSON body changed. Errors stay unchanged. */
  private async changed(request: ApiRequest, change: (body: Json) => Json): Promise<ApiAnswer> {
    const answer = await this.forward(request);
    if (answer.status >= 300) return answer;
    const body = Buffer.from(JSON.stringify(change(parse(answer.body))));
    return { ...answer, headers: { ...answer.headers, 'content-length': `${body.length}` }, body };
  }
}

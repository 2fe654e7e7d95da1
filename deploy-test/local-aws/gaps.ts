/** Owns what moto 5.2 lacks or loses beside CloudFront: pool roles, stage updates, a function's log settings, certificates in use. */
import { type ApiAnswer, type ApiRequest, Refusal } from './api.ts';

/** Asks moto. */
export type Forward = (request: ApiRequest) => Promise<ApiAnswer>;

// biome-ignore lint/suspicious/noExplicitAny: whatever JSON the service speaks
type Json = any;

const parse = (body: Buffer | string): Json => JSON.parse(body.toString() || '{}');

const json = (body: Json): ApiAnswer => ({
  status: 200,
  headers: { 'content-type': 'application/x-amz-json-1.1' },
  body: JSON.stringify(body),
});

/** The answer with its JSON body changed; an error stays as it is. */
function changed(answer: ApiAnswer, change: (body: Json) => Json): ApiAnswer {
  if (answer.status >= 300) return answer;
  const body = Buffer.from(JSON.stringify(change(parse(answer.body))));
  return { ...answer, headers: { ...answer.headers, 'content-length': `${body.length}` }, body };
}

export class Gaps {
  private readonly forward: Forward;
  private readonly certificateIsUsed: (arn: string) => boolean;
  private readonly poolRoles = new Map<string, Json>();
  private readonly stageChanges = new Map<string, Json>();
  private readonly functionLogs = new Map<string, Json>();

  /** `certificateIsUsed`: whether a distribution names the certificate. */
  constructor(forward: Forward, certificateIsUsed: (arn: string) => boolean) {
    this.forward = forward;
    this.certificateIsUsed = certificateIsUsed;
  }

  /** The answer to `request`; undefined when moto can give it alone. Throws a `Refusal`. */
  answer(request: ApiRequest): Promise<ApiAnswer> | ApiAnswer | undefined {
    switch (request.headers['x-amz-target']) {
      case 'AWSCognitoIdentityService.SetIdentityPoolRoles': {
        const sent = parse(request.body);
        this.poolRoles.set(sent.IdentityPoolId, sent);
        return json({});
      }
      case 'AWSCognitoIdentityService.GetIdentityPoolRoles': {
        const { IdentityPoolId } = parse(request.body);
        return json(this.poolRoles.get(IdentityPoolId) ?? { IdentityPoolId, Roles: {} });
      }
      case 'CertificateManager.DeleteCertificate':
        return this.deleteCertificate(request);
    }
    if (/^\/v2\/apis\/[^/]+\/stages\/[^/]+$/.test(request.path)) return this.stage(request);
    const [isFunction, name] = /^\/2015-03-31\/functions(?:\/([^/]+)(?:\/configuration)?)?$/.exec(request.path) ?? [];
    return isFunction === undefined ? undefined : this.function(request, name);
  }

  private deleteCertificate(request: ApiRequest): undefined {
    const { CertificateArn } = parse(request.body);
    if (this.certificateIsUsed(CertificateArn)) {
      throw new Refusal(400, 'ResourceInUseException', `a distribution uses ${CertificateArn}`);
    }
  }

  /** UpdateStage is a layer over what moto keeps. */
  private async stage(request: ApiRequest): Promise<ApiAnswer | never> {
    const { path } = request;
    switch (request.method) {
      case 'PATCH': {
        this.stageChanges.set(path, { ...this.stageChanges.get(path), ...parse(request.body) });
        const reading = { ...request.headers, 'content-length': '0' };
        return this.withChanges({ ...request, method: 'GET', headers: reading, body: Buffer.alloc(0) });
      }
      case 'GET':
        return this.withChanges(request);
      default:
        this.stageChanges.delete(path);
        return this.forward(request);
    }
  }

  private async withChanges(request: ApiRequest): Promise<ApiAnswer> {
    return changed(await this.forward(request), (stage) => ({ ...stage, ...this.stageChanges.get(request.path) }));
  }

  /** moto loses `LoggingConfig`. */
  private async function(request: ApiRequest, path: string | undefined): Promise<ApiAnswer> {
    const sent = request.method === 'GET' || request.method === 'DELETE' ? {} : parse(request.body);
    const name = decodeURIComponent(path ?? '') || sent.FunctionName;
    if (sent.LoggingConfig !== undefined) this.functionLogs.set(name, sent.LoggingConfig);
    if (request.method === 'DELETE') this.functionLogs.delete(name);
    const answer = await this.forward(request);
    if (name === undefined || request.method === 'DELETE') return answer;
    return changed(answer, (body) => {
      const configuration = body.Configuration ?? body;
      configuration.LoggingConfig = this.functionLogs.get(name);
      return body;
    });
  }
}

/**
 * The CloudFront control API: stores what it is given, returns it as the service does, and refuses what
 * `cloudfront-refusals.ts` refuses. Serves no viewer.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { type ApiAnswer, type ApiRequest, Refusal } from './api.ts';
import { type Item, type Kind, type KindName, kinds, newStore, type Store } from './cloudfront-kinds.ts';
import { checkConfig, checkDeletion } from './cloudfront-refusals.ts';
import { Invalidations } from './invalidations.ts';
import { find, parseXml, renderXml, textAt, texts, type XmlElement, xml } from './xml.ts';

const prefix = '/2020-05-31/';
const account = '123456789012';

const isKind = (name: string): name is KindName => Object.hasOwn(kinds, name);
const randomName = (): string => randomBytes(7).toString('hex').toUpperCase().slice(0, 13);

export class CloudFront {
  readonly invalidations = new Invalidations();
  private readonly store: Store = newStore();
  private readonly tags = new Map<string, Map<string, string>>();

  /** Whether a request is for this service. */
  static takes(path: string): boolean {
    return path.startsWith(prefix);
  }

  /** Throws a `Refusal`. */
  answer(request: ApiRequest): ApiAnswer {
    const [kind = '', id, action] = request.path.slice(prefix.length).split('/').map(decodeURIComponent);
    if (kind === 'tagging') return this.answerTagging(request);
    if (!isKind(kind)) throw new Refusal(501, 'NotImplemented', `${request.method} ${request.path}`);
    if (id === undefined) return request.method === 'POST' ? this.create(kind, request) : this.list(kind);
    const item = this.store[kind].get(id);
    if (item === undefined) throw new Refusal(404, kinds[kind].missing, `there is no ${kind} ${id}`);
    switch (`${request.method} ${action ?? ''}`) {
      case 'GET ':
        return item.code === undefined ? answer(200, this.wrap(kind, item), item) : source(item);
      case 'GET config':
        return answer(200, item.config, item);
      case 'GET describe':
        return this.describe(item, request.query.get('Stage') ?? 'DEVELOPMENT');
      case 'PUT ':
      case 'PUT config':
        return this.update(kind, item, request);
      case 'POST publish':
        matching(item, request);
        item.published = true;
        return answer(200, functionSummary(item, 'LIVE'), item);
      case 'POST invalidation':
        return answer(201, this.invalidations.create(id, parseXml(request.body.toString())));
      case 'DELETE ':
        matching(item, request);
        checkDeletion(kind, item, this.store);
        this.store[kind].delete(id);
        return { status: 204, headers: {}, body: '' };
      default:
        throw new Refusal(501, 'NotImplemented', `${request.method} ${request.path}`);
    }
  }

  /** Whether a distribution uses the certificate `arn`. */
  uses(arn: string): boolean {
    return [...this.store.distribution.values()].some(({ config }) => texts(config, 'ACMCertificateArn').includes(arn));
  }

  private create(name: KindName, { body }: ApiRequest): ApiAnswer {
    const kind: Kind = kinds[name];
    const sent = parseXml(body.toString());
    const config = withAdditions(name, configOf(kind, sent));
    checkConfig(name, config, this.store);
    const isFunction = name === 'function';
    const id = isFunction ? textAt(sent, 'Name') : kind.idPrefix === '' ? randomUUID() : kind.idPrefix + randomName();
    const called = isFunction ? id : textAt(config, name === 'distribution' ? 'CallerReference' : 'Name');
    for (const other of this.store[name].values()) {
      if (other.name === called) throw new Refusal(409, kind.exists, `${name} ${called} exists`);
    }
    const arn = `arn:aws:cloudfront::${account}:${name}/${id}`;
    const item: Item = { id, arn, name: called, config, ...stamp(), ...(isFunction && { code: codeOf(sent) }) };
    this.store[name].set(id, item);
    if (name === 'distribution') this.addTags(arn, find(sent, 'Tags'));
    return answer(201, isFunction ? functionSummary(item, 'DEVELOPMENT') : this.wrap(name, item), item);
  }

  private update(name: KindName, item: Item, request: ApiRequest): ApiAnswer {
    matching(item, request);
    const sent = parseXml(request.body.toString());
    const config = withAdditions(name, configOf(kinds[name], sent));
    checkConfig(name, config, this.store);
    if (name === 'public-key' && textAt(config, 'EncodedKey') !== textAt(item.config, 'EncodedKey')) {
      throw new Refusal(400, 'CannotChangeImmutablePublicKeyFields', item.id);
    }
    Object.assign(item, { config, ...stamp() }, name === 'function' && { code: codeOf(sent) });
    return answer(200, name === 'function' ? functionSummary(item, 'DEVELOPMENT') : this.wrap(name, item), item);
  }

  private describe(item: Item, stage: string): ApiAnswer {
    if (stage === 'LIVE' && item.published !== true) {
      throw new Refusal(404, kinds.function.missing, `${item.id} is not published`);
    }
    return answer(200, functionSummary(item, stage), item);
  }

  private list(name: KindName): ApiAnswer {
    const { wrapper } = kinds[name];
    const plain = wrapper.replace(/Summary$/, '');
    const items = [...this.store[name].values()].map((item) =>
      name === 'function'
        ? functionSummary(item, 'LIVE')
        : xml(`${plain}Summary`, [xml('Id', item.id), ...item.config.children]),
    );
    return answer(200, xml(`${plain}List`, [xml('Quantity', `${items.length}`), xml('Items', items)]));
  }

  private wrap(name: KindName, item: Item): XmlElement {
    const kind: Kind = kinds[name];
    const time = kind.time === '' ? undefined : xml(kind.time, item.changed);
    if (name !== 'distribution') return xml(kind.wrapper, [xml('Id', item.id), time, item.config]);
    const trusted = [...new Set(texts(item.config, 'KeyGroup'))];
    return xml(kind.wrapper, [
      xml('Id', item.id),
      xml('ARN', item.arn),
      xml('Status', 'Deployed'),
      time,
      xml('InProgressInvalidationBatches', '0'),
      xml('DomainName', `${item.id.toLowerCase()}.cloudfront.net`),
      xml('ActiveTrustedSigners', [xml('Enabled', 'false'), xml('Quantity', '0')]),
      xml('ActiveTrustedKeyGroups', [
        xml('Enabled', `${trusted.length > 0}`),
        xml('Quantity', `${trusted.length}`),
        xml(
          'Items',
          trusted.map((id) => xml('KeyGroup', [xml('KeyGroupId', id), this.keyPairIds(id)])),
        ),
      ]),
      item.config,
    ]);
  }

  private keyPairIds(group: string): XmlElement {
    const ids = texts(this.store['key-group'].get(group)?.config, 'PublicKey');
    const items = ids.map((id) => xml('KeyPairId', id));
    return xml('KeyPairIds', [xml('Quantity', `${ids.length}`), xml('Items', items)]);
  }

  private answerTagging({ method, query, body }: ApiRequest): ApiAnswer {
    const arn = query.get('Resource') ?? '';
    const sent = parseXml(body.toString());
    if (method === 'GET') {
      const tags = [...(this.tags.get(arn) ?? [])].map(([key, value]) =>
        xml('Tag', [xml('Key', key), xml('Value', value)]),
      );
      return answer(200, xml('Tags', [xml('Items', tags)]));
    }
    if (query.get('Operation') === 'Untag') for (const key of texts(sent, 'Key')) this.tags.get(arn)?.delete(key);
    else this.addTags(arn, sent);
    return { status: 204, headers: {}, body: '' };
  }

  private addTags(arn: string, sent: XmlElement | undefined): void {
    const tags = this.tags.get(arn) ?? new Map<string, string>();
    for (const tag of find(sent, 'Items')?.children ?? []) tags.set(textAt(tag, 'Key'), textAt(tag, 'Value'));
    this.tags.set(arn, tags);
  }
}

const stamp = (): Pick<Item, 'version' | 'changed'> => ({
  version: `E${randomName()}`,
  changed: new Date().toISOString(),
});

/** The caller's config, wherever it is in the body. */
function configOf({ config }: Kind, sent: XmlElement | undefined): XmlElement {
  const found = sent?.name === config ? sent : find(sent, config);
  if (found === undefined) throw new Refusal(400, 'MalformedXML', `no ${config}`);
  return found;
}

/** `config` with CloudFront's own additions. */
function withAdditions(name: KindName, config: XmlElement): XmlElement {
  if (name === 'distribution' && find(config, 'OriginGroups') === undefined) {
    // The provider expects it in the answer.
    return xml(config.name, [...config.children, xml('OriginGroups', [xml('Quantity', '0')])]);
  }
  if (name === 'public-key') {
    // CloudFront returns a key with one final newline. @see
    // https://github.com/hashicorp/terraform-provider-aws/issues/22777
    const children = config.children.map((child) =>
      child.name === 'EncodedKey' ? xml('EncodedKey', `${child.text.trimEnd()}\n`) : child,
    );
    return xml(config.name, children);
  }
  return config;
}

const codeOf = (sent: XmlElement | undefined): Buffer => Buffer.from(textAt(sent, 'FunctionCode'), 'base64');

function matching(item: Item, { headers }: ApiRequest): void {
  if (headers['if-match'] !== item.version) throw new Refusal(412, 'PreconditionFailed', 'If-Match is not the version');
}

function functionSummary(item: Item, stage: string): XmlElement {
  return xml('FunctionSummary', [
    xml('Name', item.id),
    xml('Status', item.published === true ? 'UNASSOCIATED' : 'UNPUBLISHED'),
    item.config,
    xml('FunctionMetadata', [
      xml('FunctionARN', item.arn),
      xml('Stage', stage),
      xml('CreatedTime', item.changed),
      xml('LastModifiedTime', item.changed),
    ]),
  ]);
}

function answer(status: number, body: XmlElement, item?: Item): ApiAnswer {
  // UpdateFunction returns its version in a header that is really spelled ETtag.
  const version = item && { etag: item.version, ettag: item.version };
  return { status, headers: { 'content-type': 'text/xml', ...version }, body: renderXml(body) };
}

const source = (item: Item): ApiAnswer => ({
  status: 200,
  headers: { 'content-type': 'application/octet-stream', etag: item.version },
  body: item.code ?? '',
});

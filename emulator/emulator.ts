/** Starts the emulator's servers, loads a synthesized stack, and gives tests access to the buckets. */
import { resolve } from 'node:path';
import { inspect } from 'node:util';
import { createHttpApi } from './api-gateway/http-api.ts';
import type { HeaderEncoding } from './api-gateway/http-api-event.ts';
import { type Lambda, startLambda } from './api-gateway/lambda-worker.ts';
import { type AwsEndpoint, type ObjectFailure, startAwsEndpoint } from './aws/aws-endpoint.ts';
import type { IdentityPoolFailure } from './aws/cognito-identity.ts';
import { createKeyMaterial, type KmsFailure } from './aws/kms.ts';
import type { PublishedMessage } from './aws/sns.ts';
import { withOwnCookies } from './cloudfront/cookie-names.ts';
import { serve } from './cloudfront/edge.ts';
import { EdgeCache } from './cloudfront/edge-cache.ts';
import { createEdgeServer } from './cloudfront/edge-server.ts';
import type { PoolClient } from './issuers/hosted-sign-in.ts';
import { poolClientOf } from './issuers/user-pool.ts';
import { type Request, type Response, textResponse, withoutHeaders } from './message/http-message.ts';
import { close, listen } from './message/loopback-server.ts';
import type { Certificate } from './message/shared-port.ts';
import type { BehaviorModel, StackModel } from './model/stack-model.ts';
import { noState, openState } from './s3/kept-state.ts';
import type { Bucket, VersionEntry } from './s3/object-store.ts';
import { createDeployment } from './stack/deployment.ts';
import { readStack } from './stack/stack.ts';

export type { PublishedMessage } from './aws/sns.ts';

/** Behavior that may differ between AWS Regions, edges and days. */
interface Switches {
  /** How long edges keep the previous stack's key group, in seconds of the edge's clock. Default: 0. */
  readonly keyGroupDelaySeconds: number;
  /** true: cookies named `CloudFront-…` do not reach the API. Default: false. */
  readonly stripSignedCookiesFromApi: boolean;
  /** true: `WWW-Authenticate` from the API arrives as `x-amzn-Remapped-www-authenticate`. Default: false. */
  readonly renameWwwAuthenticate: boolean;
  /** The scheme that viewers are assumed to use if all connections are plain http. Default: https. */
  readonly viewerScheme: 'http' | 'https';
  /** How API Gateway decodes the bytes of a header, including cookies. Default: latin1. */
  readonly headerEncoding: HeaderEncoding;
  /** Whether the Lambda pauses while it has no request. Default: true. */
  readonly freezeLambda: boolean;
}

export interface EmulatorOptions {
  /** Port of the site on 127.0.0.1; 0: any free port. */
  readonly port: number;
  /** Host that viewers name, if something in front of the emulator has that name. Default: `localhost:PORT`. */
  readonly host?: string;
  /** The edge's clock, in epoch milliseconds. S3 uses it, too. Default: `Date.now`. */
  readonly clock?: () => number;
  /** The Lambda's clock, in epoch milliseconds. Default: `Date.now`. */
  readonly lambdaClock?: () => number;
  readonly switches?: Partial<Switches>;
  /** Gets each line that the Lambda writes to stdout or stderr, and a line of JSON for each fault of the emulator. */
  readonly onLog: (line: string) => void;
  /** Gets each message that the Lambda publishes to a topic. Nobody else receives it. */
  readonly onMessage?: (message: PublishedMessage) => void;
  /** File that keeps calls' writes to the buckets, and KMS's keys, for the next start. Default: nothing is kept. */
  readonly stateFile?: string;
  /**
   * Whether a write to the object `key` starts a fresh Lambda instance before the write is answered. A fresh instance
   * rereads what the previous one cached. Default: never, as at AWS.
   */
  readonly freshLambdaAfter?: (key: string) => boolean;
  /** Serves https, and by http what the distribution answers to http. Default: http only, taken for `viewerScheme`. */
  readonly certificate?: Certificate;
  /**
   * What browsers know this emulator's cookies by: it follows the names of cookies that belong to the API and the edge.
   * Browsers send cookies to every port of a host. Empty: the names as they are; cookies of other emulators are
   * dropped. Default: every cookie as it is.
   */
  readonly cookieMark?: string;
  /** Answers until the first load. Default: 503. */
  readonly starting?: (request: Request) => Response;
}

/**
 * A test's access to the services behind the edge. A bucket goes by its own name or by its resource's name in the
 * stack.
 */
interface LocalAws {
  /** Address of the loopback endpoint that SDKs use as AWS. */
  readonly url: string;
  readonly buckets: readonly string[];
  /** Messages published to topics, oldest first. */
  readonly messages: readonly PublishedMessage[];
  get(bucket: string, key: string): Promise<Buffer | undefined>;
  put(bucket: string, key: string, body: string | Uint8Array, contentType?: string): void;
  delete(bucket: string, key: string): void;
  list(bucket: string, prefix?: string): readonly string[];
  versions(bucket: string, prefix?: string): readonly VersionEntry[];
  /** Makes the Lambda's requests for an object fail; `none` ends it. */
  failObject(bucket: string, key: string, failure: ObjectFailure): void;
  /** Makes the Lambda's requests to the identity pool fail; `none` ends it. */
  failIdentityPool(failure: IdentityPoolFailure): void;
  /** Makes the Lambda's requests to KMS fail; `none` ends it. */
  failKms(failure: KmsFailure): void;
}

export interface Emulator {
  /** `http://localhost:PORT`, or `https:` with a certificate. */
  readonly origin: string;
  /** Outputs of the current stack, as `terraform output` prints them; empty before the first load. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Google client ID of the current stack; undefined before the first load. */
  readonly googleClientId: string | undefined;
  /** App client of the current stack's user pool; undefined: no pool. */
  readonly poolClient: PoolClient | undefined;
  readonly aws: LocalAws;
  /**
   * Loads `stackDirectory/cdk.tf.json` and the bundle in `lambdaDirectory`, all at once. If something is unknown,
   * throws an `Error` that names it, and leaves the previous stack in place.
   */
  load(options: { readonly stackDirectory: string; readonly lambdaDirectory: string }): Promise<void>;
  /** What CreateInvalidation does, at once. Throws an `Error` for paths that CloudFront would refuse. */
  invalidate(paths: readonly string[]): void;
  close(): Promise<void>;
}

interface InForce {
  readonly stack: StackModel;
  readonly lambda: Lambda;
  readonly lambdaDirectory: string;
  readonly callApi: (request: Request) => Promise<Response>;
  /** The previous stack, whose keys edges may still trust, and until when. */
  readonly before: { readonly stack: StackModel; readonly until: number } | undefined;
}

/** The stand-in accepts any Google client ID. The pool's ID comes first. */
function googleClientIdOf(stack: StackModel): string | undefined {
  const [pool] = stack.identityPools.map(({ loginProviders }) => loginProviders['accounts.google.com']);
  if (pool !== undefined) return pool;
  const settings = Object.values(stack.lambda.variables).join('\n');
  return /[\w.-]+\.apps\.googleusercontent\.com/.exec(settings)?.[0];
}

/**
 * Listens at once on 127.0.0.1 and answers 503 until the first load. Rejects with one line that names the port if it is
 * taken.
 */
export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  const clock = options.clock ?? Date.now;
  const switches: Switches = {
    keyGroupDelaySeconds: 0,
    stripSignedCookiesFromApi: false,
    renameWwwAuthenticate: false,
    viewerScheme: 'https',
    headerEncoding: 'latin1',
    freezeLambda: true,
    ...options.switches,
  };
  const fault = (error: unknown): void =>
    options.onLog(
      JSON.stringify({
        level: 'error',
        event: 'emulator-fault',
        error: typeof error === 'string' ? error : inspect(error),
      }),
    );
  const starting = options.starting ?? (() => textResponse(503, 'text/plain', 'starting\n', [['Retry-After', '1']]));
  const scheme = options.certificate === undefined ? 'http' : 'https';
  let inForce: InForce | undefined;
  let host = '';
  let address = '';
  const cache = new EdgeCache();
  let lastLoad: Promise<unknown> = Promise.resolve();
  let closed = false;
  /** Lambdas that finish their pending requests. */
  const retiring = new Set<Lambda>();

  function trustedKeys(behavior: BehaviorModel): BehaviorModel['trustedKeys'] {
    const before = inForce?.before;
    if (behavior.trustedKeys === undefined || before === undefined || clock() >= before.until) {
      return behavior.trustedKeys;
    }
    const same = before.stack.distribution.behaviors.find(({ pattern }) => pattern === behavior.pattern);
    return same?.trustedKeys ?? behavior.trustedKeys;
  }

  async function answer(request: Request, connection: 'http' | 'https'): Promise<Response> {
    if (inForce === undefined) return starting(request);
    const response = await serve(
      {
        stack: inForce.stack,
        host,
        scheme: options.certificate === undefined ? switches.viewerScheme : connection,
        buckets: deployment.buckets,
        callApi: inForce.callApi,
        trustedKeys,
        cache,
        clock,
        stripSignedCookiesFromApi: switches.stripSignedCookiesFromApi,
      },
      request,
    );
    // Whoever trusts the certificate would be sent to https at every other port of localhost, for a year.
    if (options.certificate === undefined) return response;
    return { ...response, headers: withoutHeaders(response.headers, 'Strict-Transport-Security') };
  }

  const server = createEdgeServer({
    knowsHost: (name) => [host, address, address.replace('localhost', '127.0.0.1')].includes(name),
    serve: options.cookieMark === undefined ? answer : withOwnCookies(options.cookieMark, answer),
    onFault: fault,
    certificate: options.certificate,
  });
  address = `localhost:${await listen(server, options.port)}`;
  host = options.host ?? address;
  // Only after this run has the port: a run that cannot start must not touch the state of another run.
  const kept = options.stateFile === undefined ? noState : openState(options.stateFile, fault);
  const deployment = createDeployment(kept);
  const material = createKeyMaterial(kept);
  let endpoint: AwsEndpoint;
  const messages: PublishedMessage[] = [];
  try {
    endpoint = await startAwsEndpoint({
      buckets: () => deployment.buckets,
      identityPools: () => inForce?.stack.identityPools ?? [],
      topics: () => inForce?.stack.topics ?? [],
      onMessage: (message) => {
        messages.push(message);
        options.onMessage?.(message);
      },
      kmsKeys: () => inForce?.stack.kmsKeys ?? [],
      async onWrite(bucket, key) {
        kept.note(bucket, key);
        // The write is done, whatever happens to the Lambda.
        if (options.freshLambdaAfter?.(key)) await queued(renewLambda).catch(fault);
      },
      clock,
    });
  } catch (error) {
    await close(server);
    throw error;
  }

  async function retire(lambda: Lambda): Promise<void> {
    retiring.add(lambda);
    await lambda.retire();
    retiring.delete(lambda);
  }

  async function replace(stackDirectory: string, lambdaDirectory: string): Promise<void> {
    if (closed) throw new Error('the emulator is closed; start another one');
    const stack = await readStack(resolve(stackDirectory), host, material);
    await deployment.check(stack);
    const started = await startedLambda(stack, resolve(lambdaDirectory));
    await deployment.apply(stack);
    const last = inForce;
    const until = clock() + switches.keyGroupDelaySeconds * 1000;
    // As if each deploy invalidated everything: what was edited shows at once.
    cache.clear();
    inForce = { stack, ...started, before: last === undefined ? undefined : { stack: last.stack, until } };
    if (last !== undefined) void retire(last.lambda);
  }

  async function startedLambda(
    stack: StackModel,
    directory: string,
  ): Promise<Pick<InForce, 'lambda' | 'lambdaDirectory' | 'callApi'>> {
    const lambda = await startLambda({
      lambda: stack.lambda,
      region: stack.region,
      directory,
      awsEndpoint: endpoint.url,
      clock: options.lambdaClock ?? Date.now,
      onLog: options.onLog,
      freeze: switches.freezeLambda,
    });
    const callApi = createHttpApi({
      api: stack.api,
      invoke: lambda.invoke,
      clock,
      renameWwwAuthenticate: switches.renameWwwAuthenticate,
      headerEncoding: switches.headerEncoding,
    });
    return { lambda, lambdaDirectory: directory, callApi };
  }

  async function renewLambda(): Promise<void> {
    const last = inForce;
    if (closed || last === undefined) return;
    inForce = { ...last, ...(await startedLambda(last.stack, last.lambdaDirectory)) };
    void retire(last.lambda);
  }

  /** One at a time: two loads at once must not leave a mixture. */
  function queued(work: () => Promise<void>): Promise<void> {
    const done = lastLoad.then(work);
    lastLoad = done.catch(() => undefined);
    return done;
  }

  const bucketName = (name: string): string =>
    inForce?.stack.buckets.find(({ resource }) => resource === name)?.name ?? name;
  const bucketNamed = (name: string): Bucket => {
    const bucket = deployment.buckets.get(bucketName(name));
    if (bucket === undefined) throw new Error(`there is no bucket ${name}`);
    return bucket;
  };

  return {
    origin: `${scheme}://${address}`,
    get outputs() {
      return inForce?.stack.outputs ?? {};
    },
    get poolClient() {
      return inForce === undefined ? undefined : poolClientOf(inForce.stack, host, scheme);
    },
    get googleClientId() {
      return inForce === undefined ? undefined : googleClientIdOf(inForce.stack);
    },
    aws: {
      url: endpoint.url,
      get buckets() {
        return [...deployment.buckets.keys()];
      },
      messages,
      get: async (bucket, key) => (await bucketNamed(bucket).get(key))?.bytes(),
      put(bucket, key, body, contentType = 'application/octet-stream') {
        bucketNamed(bucket).put(key, { bytes: Buffer.from(body) }, { contentType, cacheControl: undefined });
      },
      delete: (bucket, key) => bucketNamed(bucket).remove(key),
      list: (bucket, prefix) => bucketNamed(bucket).keys(prefix),
      versions: (bucket, prefix) => bucketNamed(bucket).versions(prefix),
      failObject: (bucket, key, failure) => endpoint.failObject(bucketNamed(bucket).name, key, failure),
      failIdentityPool: (failure) => endpoint.failIdentityPool(failure),
      failKms: (failure) => endpoint.failKms(failure),
    },
    load({ stackDirectory, lambdaDirectory }) {
      return queued(() => replace(stackDirectory, lambdaDirectory));
    },
    invalidate: (paths) => cache.invalidate(paths),
    async close() {
      closed = true;
      await lastLoad;
      const lambdas = [...retiring, ...(inForce === undefined ? [] : [inForce.lambda])];
      inForce = undefined;
      await Promise.all([close(server), endpoint.close(), ...lambdas.map((lambda) => lambda.terminate())]);
    },
  };
}

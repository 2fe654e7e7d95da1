/** The loopback server that the Lambda uses as AWS. It tells the services apart, and fails on demand for tests. */

import { createServer } from 'node:http';
import {
  emptyBody,
  headerLines,
  headerOf,
  type Request,
  type Response,
  readBody,
  sendBody,
  textResponse,
} from '../message/http-message.ts';
import { close, guardedHeaders, listen } from '../message/loopback-server.ts';
import type { KmsKeyModel } from '../model/policies.ts';
import type { IdentityPoolModel, TopicModel } from '../model/stack-model.ts';
import type { Bucket } from '../s3/object-store.ts';
import { accessDenied, noSuchKey, s3Error } from '../s3/s3-read.ts';
import { failedAnswer, getId, type IdentityPoolFailure } from './cognito-identity.ts';
import { answerKms, failedKmsAnswer, type KmsFailure, type KmsOperation } from './kms.ts';
import { addressOf, answerS3 } from './s3-api.ts';
import { type PublishedMessage, publish } from './sns.ts';

/** How S3 fails for one object; for tests. */
export type ObjectFailure = 'none' | 'missing' | 'denied' | 'error' | 'slow' | 'unreachable';

export interface AwsEndpoint {
  readonly url: string;
  /** Makes the Lambda's requests for an object fail. `bucket` is the bucket's name. */
  failObject(bucket: string, key: string, failure: ObjectFailure): void;
  failIdentityPool(failure: IdentityPoolFailure): void;
  failKms(failure: KmsFailure): void;
  close(): Promise<void>;
}

export interface AwsEndpointOptions {
  readonly buckets: () => ReadonlyMap<string, Bucket>;
  readonly identityPools: () => readonly IdentityPoolModel[];
  /** Default: none. */
  readonly kmsKeys?: () => readonly KmsKeyModel[];
  /** Default: none. */
  readonly topics?: () => readonly TopicModel[];
  /** Gets each message that is published. */
  readonly onMessage?: (message: PublishedMessage) => void;
  /** Called for each object that was written or removed. The answer waits for it. */
  readonly onWrite?: (bucket: Bucket, key: string) => Promise<void>;
  /** Epoch milliseconds. */
  readonly clock: () => number;
}

/** How long "slow" takes, in milliseconds: longer than any client waits. */
const slowMs = 30_000;
const maximumBodyBytes = 16 * 1024 * 1024;

export async function startAwsEndpoint(options: AwsEndpointOptions): Promise<AwsEndpoint> {
  const objectFailures = new Map<string, ObjectFailure>();
  let poolFailure: IdentityPoolFailure = 'none';
  let kmsFailure: KmsFailure = 'none';
  const waits = new Set<NodeJS.Timeout>();
  const wait = (): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(() => {
        waits.delete(timer);
        resolve();
      }, slowMs);
      waits.add(timer);
    });

  /** Answers, or fails in the requested way: late or not at all. `failed` creates the service's own failures. */
  async function answerUnless<Own extends string>(
    failure: Own | 'none' | 'slow' | 'unreachable',
    failed: (failure: Own) => Response,
    answer: () => Response | Promise<Response>,
  ): Promise<Response | 'hang up'> {
    switch (failure) {
      case 'unreachable':
        return 'hang up';
      case 'slow':
        await wait();
        return answer();
      case 'none':
        return answer();
      default:
        return failed(failure as Own);
    }
  }

  const failedObject = (failure: 'missing' | 'denied' | 'error', key: string): Response => {
    if (failure === 'missing') return noSuchKey(key);
    if (failure === 'denied') return accessDenied();
    return s3Error(500, 'InternalError', 'We encountered an internal error. Please try again.');
  };

  function answerObject(request: Request): Promise<Response | 'hang up'> {
    const { name = '', key = '' } = addressOf(request.path) ?? {};
    return answerUnless<'missing' | 'denied' | 'error'>(
      objectFailures.get(`${name}/${key}`) ?? 'none',
      (failure) => failedObject(failure, key),
      async () => {
        const response = await answerS3(request, options.buckets());
        const bucket = options.buckets().get(name);
        if (/^(PUT|DELETE)$/.test(request.method) && response.status < 300 && bucket !== undefined) {
          await options.onWrite?.(bucket, key);
        }
        return response;
      },
    );
  }

  const answerGetId = (request: Request): Promise<Response | 'hang up'> =>
    answerUnless<'refuse' | 'throttle' | 'conflict' | 'error'>(poolFailure, failedAnswer, () =>
      getId(options.identityPools(), request.body.toString('utf8'), options.clock() / 1000),
    );

  const answerKmsRequest = (operation: KmsOperation, request: Request): Promise<Response | 'hang up'> =>
    answerUnless<'denied' | 'disabled' | 'throttled' | 'error'>(kmsFailure, failedKmsAnswer, () =>
      answerKms(options.kmsKeys?.() ?? [], operation, request.body.toString('utf8')),
    );

  async function answer(request: Request): Promise<Response | 'hang up'> {
    const target = headerOf(request.headers, 'x-amz-target');
    if (target === 'AWSCognitoIdentityService.GetId') return answerGetId(request);
    if (target === 'TrentService.Sign') return answerKmsRequest('Sign', request);
    if (target === 'TrentService.GetPublicKey') return answerKmsRequest('GetPublicKey', request);
    if (target !== undefined || headerOf(request.headers, 'content-type')?.includes('x-www-form-urlencoded')) {
      const parameters = new URLSearchParams(target === undefined ? request.body.toString('utf8') : '');
      const operation = target ?? parameters.get('Action') ?? 'unknown';
      if (operation === 'Publish')
        return publish(parameters, options.topics?.() ?? [], options.onMessage ?? (() => {}));
      const body = JSON.stringify({ __type: 'NotImplemented', message: `${operation} is not emulated` });
      return textResponse(501, 'application/x-amz-json-1.1', body);
    }
    return answerObject(request);
  }

  let host = '';
  const server = createServer(async (incoming, outgoing) => {
    // A web page must not reach the keys: neither a page whose own name resolves to 127.0.0.1, nor a page that asks for
    // this address, which could write even though it reads nothing. Browsers send at least one of these headers with a
    // page's requests. SDKs and commands send none.
    const { host: asked, origin, referer, 'sec-fetch-site': site } = incoming.headers;
    if (asked !== host || [origin, referer, site].some((value) => value !== undefined)) {
      outgoing.writeHead(403, guardedHeaders).end();
      return;
    }
    const [path = '', ...query] = (incoming.url ?? '/').split('?');
    try {
      const body = await readBody(incoming, maximumBodyBytes);
      const request = {
        method: incoming.method ?? 'GET',
        path,
        query: query.length > 0 ? query.join('?') : undefined,
        headers: headerLines(incoming.rawHeaders),
        body: body ?? emptyBody,
        ip: '127.0.0.1',
        httpVersion: incoming.httpVersion,
      };
      const response =
        body === undefined
          ? s3Error(400, 'EntityTooLarge', 'Your proposed upload exceeds the maximum allowed object size.')
          : await answer(request);
      if (response === 'hang up') {
        incoming.socket.destroy();
        return;
      }
      // SDKs and commands may set their own clock by this header.
      const date = ['Date', new Date(options.clock()).toUTCString()];
      outgoing.writeHead(response.status, [...date, ...response.headers.flat()]);
      await sendBody(outgoing, incoming.method === 'HEAD' ? emptyBody : response.body);
    } catch {
      if (outgoing.headersSent) incoming.socket.destroy();
      else outgoing.writeHead(500).end();
    }
  });
  const port = await listen(server, 0);
  host = `127.0.0.1:${port}`;

  return {
    url: `http://${host}`,
    failObject(bucket, key, failure) {
      objectFailures.set(`${bucket}/${key}`, failure);
    },
    failIdentityPool(failure) {
      poolFailure = failure;
    },
    failKms(failure) {
      kmsFailure = failure;
    },
    async close() {
      for (const timer of waits) clearTimeout(timer);
      await close(server);
    },
  };
}

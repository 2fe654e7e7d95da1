/**
 * The Lambda service: environment, context, time limit, and a fresh instance after a crash. Several requests share one
 * instance. The real service gives each instance one request at a time.
 */
import { randomUUID } from 'node:crypto';
import { access } from 'node:fs/promises';
import { devNull } from 'node:os';
import { join } from 'node:path';
import type { LambdaModel } from '../model/stack-model.ts';
import { type Invocation, type LambdaInstance, startInstance } from './lambda-instance.ts';

export interface LambdaOptions {
  readonly lambda: LambdaModel;
  readonly region: string;
  /** Folder with the bundle. */
  readonly directory: string;
  /** Address of the emulator's AWS services. */
  readonly awsEndpoint: string;
  /** The bundle's clock, in epoch milliseconds. */
  readonly clock: () => number;
  readonly onLog: (line: string) => void;
  /** Whether an instance pauses while it has no request, as on the real service. Default: true. */
  readonly freeze?: boolean;
}

export interface Lambda {
  invoke(event: unknown): Promise<Invocation>;
  /** Waits for pending requests, then stops. */
  retire(): Promise<void>;
  /** Stops at once. */
  terminate(): Promise<void>;
}

/** The variables that the bundle sees: the stack's and the runtime's, but none from this process. */
function environmentOf({ lambda, region, directory, awsEndpoint }: LambdaOptions): Record<string, string> {
  return {
    TZ: ':UTC',
    LANG: 'en_US.UTF-8',
    _HANDLER: lambda.handler,
    LAMBDA_TASK_ROOT: directory,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_EXECUTION_ENV: `AWS_Lambda_${lambda.runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: lambda.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(lambda.memoryMegabytes),
    // Placeholders: the local endpoint checks no signature.
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_SESSION_TOKEN: 'local',
    AWS_ENDPOINT_URL: awsEndpoint,
    // The developer's own AWS profile must not reach the bundle.
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    ...lambda.variables,
  };
}

const contextOf = (lambda: LambdaModel, awsRequestId: string): Readonly<Record<string, unknown>> => ({
  awsRequestId,
  callbackWaitsForEmptyEventLoop: true,
  functionName: lambda.name,
  functionVersion: '$LATEST',
  invokedFunctionArn: lambda.arn,
  memoryLimitInMB: String(lambda.memoryMegabytes),
  logGroupName: `/aws/lambda/${lambda.name}`,
  logStreamName: 'local',
});

/** Starts the Lambda. Rejects if the bundle cannot be loaded. */
export async function startLambda(options: LambdaOptions): Promise<Lambda> {
  const { lambda, onLog, freeze = true } = options;
  const [file = '', exportName = ''] = lambda.handler.split('.');
  const modulePath = join(options.directory, `${file}.mjs`);
  await access(modulePath).catch((cause: unknown) => {
    throw new Error(`the Lambda's bundle ${modulePath} does not exist; build it first`, { cause });
  });
  let current: Promise<LambdaInstance> | undefined;
  let stopped = false;
  const underway = new Set<Promise<Invocation>>();

  /** The current instance, or a fresh one if the last one has ended. */
  function instance(): Promise<LambdaInstance> {
    if (stopped) return Promise.reject(new Error('the Lambda has been stopped'));
    if (current !== undefined) return current;
    const starting = startInstance({ modulePath, exportName, env: environmentOf(options), freeze, onLog });
    const forget = (): void => {
      if (current === starting) current = undefined;
    };
    starting.then(({ ended }) => ended).then(forget, forget);
    current = starting;
    return starting;
  }

  async function invokeOnce(event: unknown): Promise<Invocation> {
    const id = randomUUID();
    const limitMs = lambda.timeoutSeconds * 1000;
    let timer: NodeJS.Timeout | undefined;
    try {
      const running = await instance();
      timer = setTimeout(() => {
        onLog(JSON.stringify({ id, errorMessage: `Task timed out after ${lambda.timeoutSeconds} seconds` }));
        void running.stop();
      }, limitMs);
      return await running.invoke({ id, event, now: options.clock(), limitMs, context: contextOf(lambda, id) });
    } catch (error) {
      onLog(JSON.stringify({ id, errorMessage: error instanceof Error ? error.message : String(error) }));
      return { kind: 'failed' };
    } finally {
      clearTimeout(timer);
    }
  }

  async function terminate(): Promise<void> {
    stopped = true;
    const last = await current?.catch(() => undefined);
    await last?.stop();
  }
  await instance();
  return {
    invoke(event) {
      const invocation = invokeOnce(event).finally(() => underway.delete(invocation));
      underway.add(invocation);
      return invocation;
    },
    async retire() {
      await Promise.all(underway);
      await terminate();
    },
    terminate,
  };
}

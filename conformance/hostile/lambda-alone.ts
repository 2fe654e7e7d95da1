/**
 * The API without CloudFront in front of it: a site's bundle, environment and buckets, and events of one's own making.
 */
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { startLambda } from '../../emulator/api-gateway/lambda-worker.ts';
import { startAwsEndpoint } from '../../emulator/aws/aws-endpoint.ts';
import { createDeployment } from '../../emulator/stack/deployment.ts';
import { readStack } from '../../emulator/stack/stack.ts';
import { type RunningSite, root } from '../support/site.ts';

/** What the Lambda returned. */
export interface Returned {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies?: readonly string[];
  readonly body?: string;
}

export interface LambdaAlone {
  /** Throws when the Lambda did not return. */
  invoke(event: unknown): Promise<Returned>;
  close(): Promise<void>;
}

/** Folder of the site's synthesized stack. */
export function stackFolderOf(site: RunningSite): string {
  const local = join(site.folder, '.s3nator');
  const file = readdirSync(local, { recursive: true, encoding: 'utf8' }).find((name) => name.endsWith('cdk.tf.json'));
  if (file === undefined) throw new Error('the site has no synthesized stack');
  return dirname(join(local, file));
}

/** Starts the bundle a second time, with fresh buckets that hold what the stack puts there. */
export async function startLambdaAlone(site: RunningSite): Promise<LambdaAlone> {
  const stack = await readStack(stackFolderOf(site), new URL(site.origin).host);
  const deployment = createDeployment();
  await deployment.apply(stack);
  const aws = await startAwsEndpoint({
    buckets: () => deployment.buckets,
    identityPools: () => stack.identityPools,
    kmsKeys: () => stack.kmsKeys,
    clock: Date.now,
  });
  const lambda = await startLambda({
    clock: Date.now,
    lambda: stack.lambda,
    region: stack.region,
    directory: join(root, 'dist/lambda'),
    awsEndpoint: aws.url,
    onLog: () => {},
  });
  return {
    async invoke(event) {
      const invocation = await lambda.invoke(event);
      if (invocation.kind !== 'returned') throw new Error(`the Lambda did not return: ${invocation.kind}`);
      return invocation.value as Returned;
    },
    async close() {
      await lambda.terminate();
      await aws.close();
    },
  };
}

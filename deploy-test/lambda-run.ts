/** Owns running a built Lambda once, with the environment that it was deployed with. Stands in for Lambda, not for API Gateway. */
import type { Answer } from './local-aws/sdk.ts';
import type { Tools } from './tools.ts';

export interface LambdaRequest {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cookies?: readonly string[];
  readonly body?: string;
}

const marker = 'answer: ';
const program = `
const { handler } = await import(new URL('dist/lambda/index.mjs', 'file://' + process.cwd() + '/').href);
const context = { awsRequestId: 'run', getRemainingTimeInMillis: () => 10000 };
const answer = await handler(JSON.parse(process.argv[1]), context);
process.stdout.write('\\n${marker}' + JSON.stringify(answer) + '\\n');
process.exit(0);
`;

/** What the bundle in the clone of `tools` answers. `variables`: the environment of the deployed Lambda. */
export async function runLambda(
  tools: Tools,
  variables: Readonly<Record<string, string>>,
  { method, path, headers = {}, cookies = [], body }: LambdaRequest,
): Promise<Answer> {
  const event = {
    version: '2.0',
    rawPath: path,
    rawQueryString: '',
    headers,
    cookies,
    ...(body !== undefined && { body }),
    requestContext: { requestId: 'run', http: { method, path } },
    isBase64Encoded: false,
  };
  const lambda = tools.with('lambda', { ...variables, AWS_REGION: 'eu-west-1' });
  const { text } = await lambda.node('--input-type=module', '--eval', program, JSON.stringify(event));
  const line = text.split('\n').findLast((it) => it.startsWith(marker));
  if (line === undefined) throw new Error(`no answer:\n${text}`);
  return JSON.parse(line.slice(marker.length));
}

/** Runs a built Lambda with the environment that it was deployed with. Replaces Lambda, not API Gateway. */

import { sessionPath } from '../contract/session-api.ts';
import type { Answer } from './local-aws/sdk.ts';
import type { Tools } from './tools.ts';

export interface LambdaRequest {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cookies?: readonly string[];
  readonly body?: string;
}

export interface LambdaRun {
  /** One answer per request. */
  readonly answers: readonly Answer[];
  /** Its log lines, one JSON object each. */
  readonly lines: readonly string[];
}

/** A sign-in with an ID token, as a command or a CI job sends it. */
export const signInWith = (token: string): LambdaRequest => ({
  method: 'POST',
  path: sessionPath,
  headers: { authorization: `Bearer ${token}` },
});

const marker = 'answers: ';
const program = `
const { handler } = await import(new URL('dist/lambda/index.mjs', 'file://' + process.cwd() + '/').href);
const context = { awsRequestId: 'run', getRemainingTimeInMillis: () => 10000 };
const answers = [];
for (const event of JSON.parse(process.argv[1])) answers.push(await handler(event, context));
process.stdout.write('\\n${marker}' + JSON.stringify(answers) + '\\n');
process.exit(0);
`;

const eventOf = ({ method, path, headers = {}, cookies = [], body }: LambdaRequest): object => ({
  version: '2.0',
  rawPath: path,
  rawQueryString: '',
  headers,
  cookies,
  ...(body !== undefined && { body }),
  requestContext: { requestId: 'run', http: { method, path } },
  isBase64Encoded: false,
});

/**
 * Starts a fresh instance of the bundle in the clone of `tools` and sends it the requests, one after the other.
 * `variables`: the environment of the deployed Lambda.
 */
export async function runLambda(
  tools: Tools,
  variables: Readonly<Record<string, string>>,
  ...requests: readonly LambdaRequest[]
): Promise<LambdaRun> {
  const lambda = tools.with('lambda', { ...variables, AWS_REGION: 'eu-west-1' });
  const { text } = await lambda.node('--input-type=module', '--eval', program, JSON.stringify(requests.map(eventOf)));
  const lines = text.split('\n');
  const answers = lines.find((line) => line.startsWith(marker));
  if (answers === undefined) throw new Error(`no answer:\n${text}`);
  return {
    answers: JSON.parse(answers.slice(marker.length)),
    lines: lines.filter((line) => line.startsWith('{')),
  };
}

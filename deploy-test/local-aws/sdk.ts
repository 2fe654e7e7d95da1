/** The calls to AWS through its SDK for Python, which comes with moto: a second witness besides Terraform. */
import { join } from 'node:path';
import { type Child, startPython } from './child.ts';

/** The error code that AWS answered. */
class SdkError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

// biome-ignore lint/suspicious/noExplicitAny: the shape is the service's, and the checks assert it
export type Answer = any;

export class Sdk {
  private readonly child: Child;
  private readonly region: string;
  private last: Promise<unknown> = Promise.resolve();

  /** `region`: Region of calls that name none. */
  constructor(environment: Readonly<Record<string, string>>, region: string) {
    this.child = startPython(join(import.meta.dirname, 'sdk-session.py'), environment);
    this.region = region;
  }

  /** Calls AWS, for example `call('s3', 'get_bucket_policy', { Bucket })`. Bodies are base64. Throws an `SdkError`. */
  call(service: string, operation: string, parameters: object = {}, region = this.region): Promise<Answer> {
    const answered = this.last.then(async () => {
      this.child.write(JSON.stringify({ service, operation, parameters, region }));
      const answer = JSON.parse(await this.child.line());
      if (answer.code !== undefined) throw new SdkError(answer.code, answer.message);
      return answer.result;
    });
    this.last = answered.catch(() => {});
    return answered;
  }

  close(): Promise<void> {
    return this.child.close();
  }
}

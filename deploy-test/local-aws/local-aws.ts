/** A whole local AWS account: moto, the server in front of it, and an SDK session. Nothing of it outlives `close`. */
import { join } from 'node:path';
import { type Child, startPython } from './child.ts';
import { type Front, startFront } from './front.ts';
import { Sdk } from './sdk.ts';

/** Region of the deployed config. */
const region = 'eu-west-1';

/** Credentials that give access to nothing, and no network requests for others. */
const credentials = {
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
  AWS_EC2_METADATA_DISABLED: 'true',
};

export class LocalAws {
  readonly front: Front;
  readonly sdk: Sdk;
  /** Variables that make a process use this as AWS. */
  readonly environment: Readonly<Record<string, string>>;
  private readonly moto: Child;

  private constructor(moto: Child, front: Front) {
    this.moto = moto;
    this.front = front;
    this.environment = { AWS_ENDPOINT_URL: front.url, ...credentials };
    this.sdk = new Sdk(this.environment, region);
  }

  /** Starts an empty account. */
  static async start(): Promise<LocalAws> {
    const moto = startPython(join(import.meta.dirname, 'moto-server.py'), credentials);
    try {
      return new LocalAws(moto, await startFront(Number(await moto.line())));
    } catch (error) {
      await moto.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.sdk.close(), this.front.close(), this.moto.close()]);
  }
}

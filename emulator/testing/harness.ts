/** A running emulator for one test file: started with the sample stack before each test, closed after it. */
import { afterEach, beforeEach } from 'vitest';
import { type Emulator, type EmulatorOptions, startEmulator } from '../emulator.ts';
import { createReferences } from '../stack/references.ts';
import { type Answer, ask } from './ask.ts';
import { createSampleFolder, type Json, type SampleFolder, sampleStack } from './sample-stack.ts';
import { createKeyPair, type KeyPair, signedCookieHeader } from './signed-cookies.ts';

export const day = 86_400;

export interface Harness {
  readonly keys: KeyPair;
  readonly emulator: Emulator;
  readonly folder: SampleFolder;
  /** Lines of the Lambda since the test began. */
  readonly logs: readonly string[];
  /** Moves the edge's clock. */
  pass(seconds: number): void;
  readonly now: number;
  /** Replaces the emulator with one that has loaded nothing. */
  start(options?: Partial<EmulatorOptions>): Promise<void>;
  load(stack?: Json): Promise<void>;
  /** Cookies for a day. */
  cookiesFor(pair?: KeyPair, path?: string, host?: string, hash?: 'SHA1' | 'SHA256'): string;
  /** Cookies of the sample's own key for a day and any resource. */
  cookiesForResource(resource: string): string;
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  getSigned(path: string, headers?: Record<string, string>): Promise<Answer>;
}

const keyPairIdOf = (pair: KeyPair): string =>
  createReferences(sampleStack(pair), 'x').resolve('${aws_cloudfront_public_key.signer.id}');

export function useEmulator(): Harness {
  const keys = createKeyPair('P-256');
  let now = 0;
  let logs: string[] = [];
  let folder: SampleFolder;
  let emulator: Emulator | undefined;
  const running = (): Emulator => {
    if (emulator === undefined) throw new Error('no emulator is running');
    return emulator;
  };

  const harness: Harness = {
    keys,
    get emulator() {
      return running();
    },
    get folder() {
      return folder;
    },
    get logs() {
      return logs;
    },
    get now() {
      return now;
    },
    pass(seconds) {
      now += seconds * 1000;
    },
    async start(options = {}) {
      await emulator?.close();
      emulator = await startEmulator({ port: 0, clock: () => now, onLog: (line) => logs.push(line), ...options });
    },
    load(stack = sampleStack(keys)) {
      folder.write(stack);
      return running().load(folder);
    },
    cookiesFor: (pair = keys, path = '/*', host = new URL(running().origin).host, hash = 'SHA256') =>
      signedCookieHeader({
        keys: pair,
        keyPairId: keyPairIdOf(pair),
        resource: `https://${host}${path}`,
        until: Math.floor(now / 1000) + day,
        hash,
      }),
    cookiesForResource: (resource) =>
      signedCookieHeader({ keys, keyPairId: keyPairIdOf(keys), resource, until: Math.floor(now / 1000) + day }),
    get: (path, headers = {}) => ask(running().origin, path, { headers }),
    getSigned: (path, headers = {}) => harness.get(path, { cookie: harness.cookiesFor(), ...headers }),
  };

  beforeEach(async () => {
    now = Date.parse('2027-01-01T00:00:00Z');
    logs = [];
    folder = createSampleFolder(sampleStack(keys));
    await harness.start();
    await harness.load();
  });
  afterEach(async () => {
    await emulator?.close();
    emulator = undefined;
    folder.remove();
  });
  return harness;
}

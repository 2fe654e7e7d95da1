import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { clientOptionsFor, type StubAws, startStubAws } from '../testing/stub-aws.ts';
import { createTopic } from './topic.ts';

const message = { subject: 'one', text: 'two' };
let aws: StubAws;
beforeEach(async () => {
  aws = await startStubAws();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await aws.close();
});

describe('createTopic', () => {
  it('publishes to its topic within two seconds', async () => {
    const timeout = vi.spyOn(AbortSignal, 'timeout');
    await createTopic(aws.topic, clientOptionsFor(aws)).publish(message);
    expect(aws.messages).toEqual([message]);
    expect(timeout.mock.calls).toEqual([[2_000]]);
  });

  it('reports the name of a failure, but not its message', async () => {
    const handle = () => Promise.reject(Object.assign(new Error('its words'), { name: 'ItsName' }));
    const topic = createTopic(aws.topic, { ...clientOptionsFor(aws), requestHandler: { handle } as never });
    await expect(topic.publish(message)).rejects.toThrow(/^ItsName$/);
  });

  it('retries once after a failure, not twice, and reports only its name', async () => {
    const topic = createTopic(aws.topic, clientOptionsFor(aws));
    aws.failing = 1;
    await topic.publish(message);
    expect(aws.messages).toEqual([message]);
    aws.failing = 3;
    await expect(topic.publish(message)).rejects.toThrow(/^[A-Za-z]+$/);
    expect([aws.failing, aws.messages.length]).toEqual([1, 1]);
  });
});

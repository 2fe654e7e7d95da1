import type { S3Client } from '@aws-sdk/client-s3';
import { expect, it } from 'vitest';
import { PendingInvalidation } from './pending-invalidation.ts';

interface Sent {
  readonly constructor: { readonly name: string };
  readonly input: Readonly<Record<string, unknown>>;
}

it('the note is taken away in the very version that was read or written: one of another upload stays', async () => {
  const sent: (readonly [string, unknown, unknown])[] = [];
  const send = async ({ constructor: { name }, input }: Sent) => {
    sent.push([name, input['Key'], input['VersionId']]);
    if (name === 'GetObjectCommand') {
      return { VersionId: 'theirs', Body: { transformToString: async () => '{"version":1,"paths":["/a"]}' } };
    }
    return { VersionId: 'mine' };
  };
  const client = { send } as unknown as S3Client;
  const pending = new PendingInvalidation({ client, bucket: 'docs', region: 'eu-west-1' });
  const [theirs, mine] = [await pending.read(), await pending.write(['/b'])];
  expect([theirs, mine]).toEqual([
    { paths: ['/a'], version: 'theirs' },
    { paths: ['/b'], version: 'mine' },
  ]);
  for (const note of [theirs, mine]) if (note !== undefined) await pending.clear(note);
  const key = 'upload/pending-invalidation.json';
  expect(sent.slice(2)).toEqual([
    ['DeleteObjectCommand', key, 'theirs'],
    ['DeleteObjectCommand', key, 'mine'],
  ]);
});

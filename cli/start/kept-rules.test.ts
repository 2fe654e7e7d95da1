import { expect, it } from 'vitest';
import { emptyAccessDocument } from '../../contract/access-rules.ts';
import { accessLiveKey, openRequestsPrefix } from '../../contract/layout.ts';
import type { Emulator } from '../../emulator/emulator.ts';
import { keptRules } from './kept-rules.ts';

/** What is found in a private bucket with this live document, and so many requests. */
const found = (live: string | undefined, requests = 0) => {
  const aws = {
    get: async (bucket: string, key: string) =>
      bucket === 'private' && key === accessLiveKey && live !== undefined ? Buffer.from(live) : undefined,
    list: (bucket: string, prefix: string) =>
      bucket === 'private' && prefix === openRequestsPrefix ? Array.from({ length: requests }, String) : [],
  };
  return keptRules({ aws, outputs: { private_bucket: 'private' } } as unknown as Emulator);
};
const before = '2027-01-01T00:00:00Z';
const rule = { who: { anyone: true }, path: '/*' };
const bob = { who: 'bob@example.com', before };

it.each<[object, number, string | undefined]>([
  [{}, 0, undefined],
  [{ rules: [rule] }, 1, '1 live rule, 1 request for access'],
  [{ rules: [rule, { ...rule, path: '/x' }] }, 2, '2 live rules, 2 requests for access'],
  [{ blocked: ['a@example.com'] }, 0, '1 blocked person'],
  [{ blocked: ['a@example.com', 'b@example.com'] }, 0, '2 blocked people'],
  [{ signedOutBefore: { everyone: before } }, 0, '1 sign-out'],
  [{ signedOutBefore: { everyone: before, people: [bob] } }, 0, '2 sign-outs'],
])('a local run says what it finds: %j and %i requests', async (changes, requests, text) => {
  const document = { ...emptyAccessDocument, ...changes };
  expect(await found(JSON.stringify(document), requests)).toEqual({ live: document, text });
});

it.each([undefined, '', '{'])(
  'a local run begins with no rule where the live document is %j, and says so',
  async (text) => {
    expect(await found(text)).toEqual({ live: emptyAccessDocument, text: 'a live document that cannot be read' });
  },
);

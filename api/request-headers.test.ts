import { expect, it } from 'vitest';
import { readRequest } from './request.ts';
import { makeEvent } from './testing/test-site.ts';

it('readRequest never throws, and a header that is no text is not taken for none', () => {
  const headers = { authorization: ['Bearer x', 'Bearer y'], origin: ['https://evil.example'], 'content-type': {} };
  const request = readRequest(makeEvent({ method: 'POST', headers: headers as never }), {});
  expect(request).toMatchObject({ bearer: 'Bearer x,Bearer y', origin: 'https://evil.example', fromBrowser: true });
  expect(request.isForm).toBe(false);
  expect(readRequest(makeEvent({ headers: { origin: null } as never }), {}).origin).toBeUndefined();
});

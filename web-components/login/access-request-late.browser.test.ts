import { expect, it, vi } from 'vitest';
import '../secure-login-define.ts';
import { api, enter, google, problem, reaches, settle, useStandIns } from '../testing/stand-ins.ts';

const loading = vi.hoisted(() => Promise.withResolvers<void>());
vi.mock('./access-request.ts', async (original) => {
  await loading.promise;
  return original();
});

useStandIns();

it('a question that is loaded late is not asked of the next account, which may not ask', async () => {
  api.post = () => problem(401, 'access_denied', { account: 'mallory@evil.example', mayAsk: true });
  const element = await enter();
  await reaches(element, 'denied');
  api.post = () => problem(401, 'access_denied', { account: 'eve@evil.example' });
  google.choose('d.e.f');
  await vi.waitFor(() => expect(element.shadowRoot?.textContent).toContain('eve@evil.example'));
  loading.resolve();
  await import('./access-request.ts');
  await settle();
  expect([element.status, element.shadowRoot?.querySelector('[part=request]')]).toEqual(['denied', null]);
});

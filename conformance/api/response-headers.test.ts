import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, cookieHeader, send } from '../support/http.ts';
import { labeled, listItems } from '../support/listed.ts';
import { type RunningSite, root, startSite, unthrottled } from '../support/site.ts';
import { signInAs } from '../support/tokens.ts';

const page = readFileSync(join(root, 'docs/threat-model.md'), 'utf8');
/** The page's list of headers: a header, its value, and what carries it. */
const documented = listItems(page.split('\n## Headers\n')[1] ?? '').flatMap((item) => {
  const [, name = '', value = ''] = /^`([\w-]+): (.*)`$/.exec(item.name) ?? [];
  return labeled(item, 'On').flatMap((on) => on.split(', ').map((kind) => [name, value, kind] as const));
});

let site: RunningSite;
const answers = new Map<string, Answer[]>();
beforeAll(async () => {
  site = await startSite({ config: unthrottled });
  const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    send(`${site.origin}${path}`, { method, headers });
  const signedIn = await signInAs(site);
  const cookie = { Cookie: cookieHeader(signedIn.setCookie) };
  // Put there by other means than the deploy: nothing says how it may be kept.
  site.emulator.aws.put(site.emulator.outputs['content_bucket'] ?? '', 'www/docs/probe.bin', 'x');
  const origin = { Origin: 'https://other.example' };
  answers.set('protected files', [await get('/docs/probe.bin', cookie)]);
  answers.set('open files', [await get('/public/mark.svg', origin), await get('/robots.txt', origin)]);
  answers.set('login page', [await get('/public/login.html'), await get('/docs/guide.html'), await get('/nothing')]);
  answers.set('API', [
    signedIn,
    await get('/auth/session'),
    await get('/auth/session', cookie),
    await get('/auth/session', cookie, 'DELETE'),
    await get('/auth/session/renewal', {}, 'POST'),
    await get('/auth/session', origin, 'POST'),
    await get('/auth/nothing'),
    await get('/auth/session', { ...origin, 'Access-Control-Request-Method': 'POST' }, 'OPTIONS'),
  ]);
});
afterAll(() => site.close());

describe("the threat model's table of headers", () => {
  it('has a row for each', () => expect(documented.length).toBeGreaterThan(15));

  it.each(documented)('%s: %s is on every answer of the kind: %s', (name, value, kind) => {
    const found = (answers.get(kind) ?? []).map(({ headers }) => headers[name.toLowerCase()]);
    expect(found.length).toBeGreaterThan(0);
    expect(found).toEqual(found.map(() => value));
  });

  it('names each defense that an answer of the site carries', () => {
    const names = new Set(documented.map(([name]) => name.toLowerCase()));
    const defenses =
      /^(content-security|cross-origin|referrer|strict-transport|x-content-type|x-frame|permissions|access-control-allow-origin)/;
    for (const [kind, all] of answers) {
      for (const { headers } of all) {
        const unnamed = Object.keys(headers).filter((name) => defenses.test(name) && !names.has(name));
        expect([kind, unnamed]).toEqual([kind, []]);
      }
    }
  });

  it.each(['/docs/guide.html', '/docs/nothing.html'])(
    'what stands at a protected address carries those of protected files: %s',
    async (path) => {
      const { headers } = await send(`${site.origin}${path}`);
      for (const [name, value, kind] of documented) {
        if (kind === 'protected files' && name !== 'Cache-Control')
          expect([name, headers[name.toLowerCase()]]).toEqual([name, value]);
      }
    },
  );
});

import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, send } from '../support/http.ts';
import { type RunningSite, startSite, unthrottled } from '../support/site.ts';
import { idToken } from '../support/tokens.ts';
import {
  type Cookies,
  changedBody,
  cookiesSet,
  edgeBase64,
  fromEdgeBase64,
  halvesOf,
  header,
  names,
  sessionOf,
  signedBy,
  signingKeyOf,
} from './forge.ts';
import { postBearer } from './sign-in.ts';

let site: RunningSite;
let neighbour: RunningSite;
let alice: Cookies;
let bob: Cookies;
let foreign: Cookies;
let key: KeyObject;
let foreignKey: KeyObject;
beforeAll(async () => {
  // Both are called `docs` and live on one host name, and each has keys of its own.
  [site, neighbour] = await Promise.all([startSite({ config: unthrottled }), startSite({ config: unthrottled })]);
  [alice, bob, foreign] = await Promise.all([
    signIn(site, 'alice@example.com'),
    signIn(site, 'bob@example.com'),
    signIn(neighbour, 'alice@example.com'),
  ]);
  key = signingKeyOf(site);
  foreignKey = signingKeyOf(neighbour);
});
afterAll(() => Promise.all([site.close(), neighbour.close()]));

async function signIn(at: RunningSite, account: string): Promise<Cookies> {
  const answer = await postBearer(at, await idToken(at, account));
  expect(answer.status).toBe(201);
  return cookiesSet(answer.setCookie);
}

const get = (path: string, cookie: string): Promise<Answer> =>
  send(`${site.origin}${path}`, { headers: { Cookie: cookie } });

/** The edge serves nothing for these cookies. */
async function expectClosed(cookie: string): Promise<void> {
  const answer = await get('/docs/guide.html', cookie);
  expect([cookie.slice(0, 80), answer.status]).toEqual([cookie.slice(0, 80), 403]);
  expect(answer.text).not.toContain('guide.js');
}

/** The API takes nobody for signed in. */
async function expectNobody(cookie: string): Promise<void> {
  const answer = await get('/auth/session', cookie);
  expect([cookie.slice(0, 80), answer.status, (answer.json as { status: string }).status]).toEqual([
    cookie.slice(0, 80),
    200,
    'signed-out',
  ]);
}

const expectNothing = async (cookies: Cookies): Promise<void> => {
  await expectClosed(header(cookies));
  await expectNobody(header(cookies));
};

const value = (cookies: Cookies, name: keyof typeof names): string => cookies[names[name]] ?? '';

describe('good cookies', () => {
  it('open the page and name the person, so that the refusals below mean something', async () => {
    const page = await get('/docs/guide.html', header(alice));
    expect([page.status, page.text.includes('guide.js')]).toEqual([200, true]);
    expect((await get('/auth/session', header(alice))).json).toMatchObject({ status: 'signed-in' });
  });
});

describe('cookies of another site', () => {
  it('of the same name, on the same host name, with another key: nothing', async () => {
    expect((await send(`${neighbour.origin}/docs/guide.html`, { headers: { Cookie: header(foreign) } })).status).toBe(
      200,
    );
    await expectNothing(foreign);
  });

  it('with our key pair ID: nothing', async () => {
    await expectClosed(header({ ...foreign, [names.keyPairId]: value(alice, 'keyPairId') }));
  });

  it.each([
    ['our audience', (body: Buffer) => changedBody(body, { aud: site.origin.replace('http:', 'https:') })],
    ['our audience and our key ID', () => halvesOf(value(alice, 'session')).body],
  ])('a session that names %s, signed by the other site: nobody', async (_name, make) => {
    const body = make(halvesOf(value(foreign, 'session')).body);
    await expectNobody(header({ [names.session]: sessionOf(body, signedBy(foreignKey, body)) }));
  });

  it('a session for another site, signed by our key: nobody', async () => {
    const ours = halvesOf(value(alice, 'session')).body;
    for (const aud of [
      neighbour.origin.replace('http:', 'https:'),
      'https://docs.example.com',
      '',
      '*',
      null,
      [],
      site.origin,
    ]) {
      const body = changedBody(ours, { aud });
      await expectNobody(header({ [names.session]: sessionOf(body, signedBy(key, body)) }));
    }
  });

  it('a policy for another host, signed by our key: nothing', async () => {
    const { host } = new URL(neighbour.origin);
    const policy = fromEdgeBase64(value(alice, 'policy')).toString().replace(new URL(site.origin).host, host);
    await expectClosed(header({ ...alice, ...policyCookies(Buffer.from(policy), key) }));
  });
});

const policyCookies = (policy: Buffer, by: KeyObject): Cookies => ({
  [names.policy]: edgeBase64(policy),
  [names.signature]: edgeBase64(signedBy(by, policy)),
});

describe('halves that do not belong together', () => {
  it("a policy with another sign-in's signature: nothing", async () => {
    const changed = await changedPolicies();
    for (const policy of changed) await expectClosed(header({ ...alice, [names.policy]: policy }));
  });

  /** Policies that say more than the one that was signed. */
  async function changedPolicies(): Promise<string[]> {
    const text = fromEdgeBase64(value(alice, 'policy')).toString();
    const end = /\d{10}/.exec(text)?.[0] ?? '';
    const changes: [string, string][] = [
      [end, String(Number(end) + 86_400)],
      ['/*', '*'],
      ['https://', '*://'],
      [new URL(site.origin).host, '*'],
      ['"Resource"', '"resource"'],
      ['{"Statement"', '{ "Statement"'],
      ['}]}', '},{}]}'],
    ];
    return changes.map(([from, to]) => {
      expect(text).toContain(from);
      return edgeBase64(Buffer.from(text.replace(from, to)));
    });
  }

  it("one session's statement with another's signature: nobody", async () => {
    const [one, other] = [halvesOf(value(alice, 'session')), halvesOf(value(bob, 'session'))];
    await expectNobody(header({ [names.session]: sessionOf(one.body, other.proof) }));
    await expectNobody(header({ [names.session]: sessionOf(other.body, one.proof) }));
    await expectNobody(header({ [names.session]: sessionOf(one.proof, one.body) }));
  });

  it('another key pair ID: nothing', async () => {
    for (const id of ['KAAAAAAAAAAAAA', '', '*', '../keys', value(alice, 'keyPairId').toLowerCase()]) {
      await expectClosed(header({ ...alice, [names.keyPairId]: id }));
    }
  });

  it('each cookie that is missing: nothing', async () => {
    for (const name of [names.policy, names.signature, names.keyPairId, names.hash]) {
      const { [name]: _left, ...others } = alice;
      await expectClosed(header(others));
    }
  });

  it('another hash: nothing', async () => {
    for (const hash of ['SHA1', 'sha256', 'SHA-256', 'SHA512', 'MD5', 'none', '']) {
      await expectClosed(header({ ...alice, [names.hash]: hash }));
    }
  });
});

describe('a session and a policy are not each other', () => {
  it('a session used as a policy: nothing', async () => {
    const { body, proof } = halvesOf(value(alice, 'session'));
    const afterPrefix = body.subarray(body.indexOf('\n') + 1);
    for (const bytes of [body, afterPrefix, Buffer.from(value(alice, 'session'))]) {
      await expectClosed(header({ ...alice, [names.policy]: edgeBase64(bytes), [names.signature]: edgeBase64(proof) }));
    }
  });

  it('a policy used as a session: nobody', async () => {
    const policy = fromEdgeBase64(value(alice, 'policy'));
    const signature = fromEdgeBase64(value(alice, 'signature'));
    const values = [
      sessionOf(policy, signature),
      `${value(alice, 'policy')}.${value(alice, 'signature')}`,
      sessionOf(Buffer.concat([Buffer.from('s3nator-session/2\n'), policy]), signature),
    ];
    for (const session of values) await expectNobody(header({ [names.session]: session }));
  });

  it('a policy that our key signed under the first line of a session: nobody', async () => {
    for (const version of [1, 2]) {
      const first = Buffer.from(`s3nator-session/${version}\n`);
      const policy = Buffer.concat([first, fromEdgeBase64(value(alice, 'policy'))]);
      await expectNobody(header({ [names.session]: sessionOf(policy, signedBy(key, policy)) }));
    }
  });

  it('a statement that our key signed without the first line, or with another: nobody', async () => {
    const { body } = halvesOf(value(alice, 'session'));
    const text = body.toString();
    const json = text.slice(text.indexOf('\n') + 1);
    for (const first of [
      '',
      '\n',
      's3nator-session/3\n',
      's3nator-session/2',
      's3nator-session/2\r\n',
      ' s3nator-session/2\n',
    ]) {
      const bytes = Buffer.from(first + json);
      await expectNobody(header({ [names.session]: sessionOf(bytes, signedBy(key, bytes)) }));
    }
  });
});

describe('a statement that was tampered with', () => {
  it.each<[string, unknown]>([
    ['path', '/*/'],
    ['path', '/finance/*'],
    ['expiresAt', 4_000_000_000],
    ['signedInAt', 4_000_000_000],
    ['email', 'root@example.com'],
    ['sub', '1'],
    ['hd', 'evil.example'],
    ['iss', 'https://evil.example'],
    ['sid', 'AAAAAAAAAAAAAAAAAAAAAA'],
    ['kid', '0000000000000000'],
    ['kid', '__proto__'],
    ['claims', { groups: ['admin'] }],
    ['more', true],
  ])('%s: nobody', async (field, to) => {
    const { body, proof } = halvesOf(value(alice, 'session'));
    const changed = changedBody(body, { [field]: to });
    await expectNobody(header({ [names.session]: sessionOf(changed, proof) }));
    const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    await expectNobody(header({ [names.session]: sessionOf(changed, signedBy(stranger, changed)) }));
  });

  it('one that our key signed and whose time is over: nobody', async () => {
    const { body } = halvesOf(value(alice, 'session'));
    const past = Math.floor(Date.now() / 1000) - 1;
    for (const changes of [{ signedInAt: past - 86_400 }, { expiresAt: '9999999999' }, { path: 1 }]) {
      const changed = changedBody(body, changes);
      await expectNobody(header({ [names.session]: sessionOf(changed, signedBy(key, changed)) }));
    }
  });
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configKey, empty, type LocalSite, liveKey, startLocalSite } from '../testing/local-site.ts';

let site: LocalSite;
beforeEach(async () => {
  site = await startLocalSite();
});
afterEach(() => site.close());

const rule = (email: string, more: object = {}) => ({ who: { emails: [email] }, path: '/*', ...more });
const [a, b] = [rule('a@gmail.com'), rule('b@gmail.com')];
const until = '2028-01-01T00:00:00Z';
const putRules = (...rules: readonly object[]): void => site.put(liveKey, { ...empty, rules });
const rules = async (): Promise<unknown> => ((await site.live()) as { rules: unknown }).rules;
const versions = (): number => site.bucket.versions(liveKey).length;

describe('add-rule', () => {
  const add = (...words: string[]) => site.run('add-rule', '--email', 'c@gmail.com', ...words, '--yes');
  const c = rule('c@gmail.com');

  it.each([
    ['--first', [c, a, b], 'Rule 1 of 3'],
    ['--position=2', [a, c, b], 'Rule 2 of 3'],
    ['--position=3', [a, b, c], 'Rule 3 of 3'],
    ['--last', [a, b, c], 'Rule 3 of 3'],
  ])('puts the rule where %s says', async (option, after, said) => {
    putRules(a, b);
    const [name = '', value] = option.split('=');
    const out = await add(name, ...(value === undefined ? [] : [value]));
    expect(out).toContain(`${said}, before 1 rule of the config. The first rule that names a person decides.\n`);
    expect(await rules()).toEqual(after);
  });

  it.each([
    ['/équipe/*', '/%C3%A9quipe/*'],
    ['/%c3%a9quipe/*', '/%C3%A9quipe/*'],
    ['/%7Euser/a b.html', '/~user/a%20b.html'],
  ])('stores %s in the form that browsers send, and says so', async (typed, sent) => {
    putRules(a);
    expect(await add('--path', typed)).toContain(`! ${typed} is stored as ${sent}, the form that browsers send\n`);
    expect(await rules()).toEqual([a, { ...c, path: sent }]);
  });

  it('says nothing about a path that was typed as browsers send it, and keeps what is encoded on purpose', async () => {
    putRules(a);
    expect(await add('--path', '/a%2Fb/%2A%3F%23%25/*')).not.toContain('is stored as');
    expect(await rules()).toEqual([a, { ...c, path: '/a%2Fb/%2A%3F%23%25/*' }]);
  });

  it.each(['/a/../b', '/a/%2e%2E/*', '/./a'])('refuses %s, whose dots browsers take out', async (typed) => {
    putRules(a);
    await expect(add('--path', typed)).rejects.toThrow(
      `--path: got ${typed}; allowed: a path without segments of dots, which browsers take out`,
    );
    expect(versions()).toBe(2);
  });

  it('leaves other rules as they were stored', async () => {
    const old = rule('a@gmail.com', { path: '/%c3%a9/*' });
    putRules(old);
    await add();
    expect(await rules()).toEqual([old, c]);
  });

  it.each(['0', '4', '1.5', 'one', '-1'])(
    'takes %s for no place among two rules, and writes nothing',
    async (position) => {
      putRules(a, b);
      await expect(add(`--position=${position}`)).rejects.toThrow(`--position: got ${position}; allowed: `);
      expect(versions()).toBe(2);
    },
  );

  it('counts the rules of the config, also where there is none', async () => {
    site.put(configKey, empty);
    expect(await add()).toContain('Rule 1 of 1, before 0 rules of the config.');
  });

  it('says no place for a rule that is there already', async () => {
    putRules(c);
    expect(await add('--first')).not.toMatch(/Rule \d of|opens nothing/);
  });

  it('refuses an end at this moment, and takes one a little later', async () => {
    await expect(add('--until', '2027-01-15T08:00:00Z')).rejects.toThrow('which is in the past');
    expect(versions()).toBe(1);
    await add('--until', '2027-01-15T08:01:00Z');
    expect(await rules()).toEqual([{ ...c, until: '2027-01-15T08:01:00Z' }]);
  });
});

describe('remove-rule', () => {
  it('takes a number for the rule at this place of the list, the first included', async () => {
    putRules(a, b);
    site.answers = [true];
    await site.run('remove-rule', '1');
    expect(await rules()).toEqual([b]);
  });

  it.each(['0', '01', '1x', '4'])('takes %s for no number of the list', async (number) => {
    putRules(a, b);
    site.answers = [true];
    await expect(site.run('remove-rule', number)).rejects.toThrow(
      `remove-rule: got ${number}; allowed: a number of the list, 1 to 3`,
    );
    expect(versions()).toBe(2);
  });

  it('takes a rule by its people whatever its path and end, unless they are given', async () => {
    putRules(a, rule('b@gmail.com', { path: '/docs/*', until }));
    for (const other of [
      ['--path', '/*'],
      ['--until', '2028-01-02T00:00:00Z'],
    ]) {
      await expect(site.run('remove-rule', '--email', 'b@gmail.com', ...other, '--yes')).rejects.toThrow(
        'remove-rule: no live rule is for exactly b@gmail.com. See npm run access -- list',
      );
    }
    await site.run('remove-rule', '--email', 'b@gmail.com', '--yes');
    expect(await rules()).toEqual([a]);
  });

  it('takes a path in the form that is stored, and in the one that was typed', async () => {
    const [old, sent] = ['/%c3%a9/*', '/%C3%A9/*'].map((path) => rule('a@gmail.com', { path }));
    for (const [typed, removed] of [
      ['/%c3%a9/*', old],
      ['/%C3%A9/*', sent],
      ['/é/*', sent],
      ['/%c3%a9/*', sent],
    ] as const) {
      putRules(b, removed ?? {});
      await site.run('remove-rule', '--email', 'a@gmail.com', '--path', typed, '--yes');
      expect(await rules()).toEqual([b]);
    }
    putRules(old ?? {});
    await expect(site.run('remove-rule', '--email', 'a@gmail.com', '--path', '/é/*', '--yes')).rejects.toThrow(
      'no live rule is for exactly a@gmail.com',
    );
  });

  it('takes the end to tell two rules apart', async () => {
    const ending = rule('a@gmail.com', { until });
    putRules(b, a, ending);
    await expect(site.run('remove-rule', '--email', 'a@gmail.com', '--yes')).rejects.toThrow(
      'remove-rule: rules 2, 3 are all for a@gmail.com. Fix: add --path or --until, or use a number',
    );
    await site.run('remove-rule', '--email', 'a@gmail.com', '--until', until, '--yes');
    expect(await rules()).toEqual([b, a]);
  });

  it('takes no rule for some of the people of another, nor with other conditions', async () => {
    putRules({ who: { emails: ['a@gmail.com', 'b@gmail.com'] }, path: '/*' }, rule('c@gmail.com'));
    for (const words of [
      ['--email', 'a@gmail.com'],
      ['--email', 'c@gmail.com', '--claim', 'groups=staff'],
    ])
      await expect(site.run('remove-rule', ...words, '--yes')).rejects.toThrow('no live rule is for exactly');
    expect(versions()).toBe(2);
  });
});

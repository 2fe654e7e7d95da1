import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { answeredRequestKey, openRequestKey, requestName } from '../../../api/ask/request.ts';
import { openAccessStore } from '../document/store.ts';
import { accessTarget } from '../shared/target.ts';
import { configKey, empty, type LocalSite, liveKey, startLocalSite } from '../testing/local-site.ts';
import { approveCommand } from './access-requests.ts';

const google = 'https://accounts.google.com';
const mallory = { iss: google, sub: '6666', email: 'mallory@partner.example', hd: 'partner.example', managed: true };
const open = { version: 1, askedAt: '2027-01-15T07:00:00.000Z', who: mallory, reason: 'I write the guide' };
const name = requestName(google, '6666');
const rule = { who: { subjects: [{ issuer: google, subject: '6666' }] }, path: '/*' };

let site: LocalSite;
beforeEach(async () => {
  site = await startLocalSite({ accessRequests: { mayAsk: 'anyone', notify: null } });
});
afterEach(() => site.close());

const ask = (change: object = {}, who: object = {}): void => {
  const request = { ...open, ...change, who: { ...mallory, ...who } };
  site.put(openRequestKey(requestName(request.who.iss, request.who.sub)), request);
};
const answered = async (of = name): Promise<unknown> => {
  const stored = await site.bucket.get(answeredRequestKey(of));
  return stored && JSON.parse(String(await stored.bytes()));
};
const waits = (of = name): boolean => site.bucket.has(openRequestKey(of));

describe('requests', () => {
  it('shows who asks, since when, by which account and why, oldest first', async () => {
    ask({ askedAt: '2027-01-15T07:30:00.000Z', reason: '' }, { sub: '7', email: 'bob@gmail.com', hd: undefined });
    ask();
    expect(await site.run('requests')).toContain(
      [
        '',
        '',
        '2027-01-15 07:00:00Z  mallory@partner.example',
        '   account  6666 of https://accounts.google.com, domain partner.example',
        '   reason   I write the guide',
        '',
        '2027-01-15 07:30:00Z  bob@gmail.com',
        '   account  7 of https://accounts.google.com',
        '   reason   -',
      ].join('\n'),
    );
  });

  it('says that nobody waits, and that the config allows no requests', async () => {
    expect(await site.run('requests')).toContain('No open requests.');
    expect(site.printed).not.toContain('allows no requests');
    await site.close();
    site = await startLocalSite();
    expect(await site.run('requests')).toContain('the config allows no requests');
  });

  it('says that an address is not managed by its issuer', async () => {
    ask({}, { managed: false });
    expect(await site.run('requests')).toContain('mallory@partner.example (not managed by the issuer)');
  });

  it('names what is no request, and shows nothing of it', async () => {
    site.put('requests/open/x.json', { ...open, reason: 'x'.repeat(501) });
    site.put('requests/open/y.json', '{'.repeat(10_000));
    ask();
    const out = await site.run('requests');
    expect(out).toContain('requests/open/x.json is not a request that this version can read');
    expect(out).toContain('requests/open/y.json is not a request that this version can read');
    expect(out).not.toContain('xxx');
    site.put('requests/open/z\nAnswered.json', '{');
    expect(await site.run('requests')).toContain('requests/open/z\\u000aAnswered.json is not a request');
    expect(out).toContain('mallory@partner.example');
  });

  const [esc, override, isolate, csi, filler, braille, accent] = [
    0x1b, 0x202e, 0x2066, 0x9b, 0x3164, 0x2800, 0x301,
  ].map((point) => String.fromCodePoint(point));
  it.each([
    ['escape sequences', `${esc}[2J${esc}]0;owned`, '\\u001b[2J\\u001b]0;owned'],
    ['the 8-bit escape', `${csi}31m`, '\\u009b31m'],
    ['bidirectional controls', `${override}gnp${isolate}`, '\\u202egnp\\u2066'],
    ['a line that looks like another request', '\n2027-01-15 09:00:00Z  ceo@example.com', '\\u000a2027'],
    ['a null byte', '\0', '\\u0000'],
    ['half a character', '\ud800', '\\ud800'],
    ['a filler that nobody sees', filler, '\\u3164'],
    ['a blank that is none', braille, '\\u2800'],
    ['a tower of accents', `e${accent?.repeat(9)}`, `e${accent?.repeat(3)}\\u0301\\u0301`],
  ])('shows %s in a stored reason, address or account as text, whoever put it there', async (_, hostile, shown) => {
    ask({ reason: hostile }, { email: `${hostile}@x`, sub: hostile, hd: hostile });
    const out = await site.run('requests');
    expect(out.split(shown).length - 1).toBe(4);
    expect(out.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
  });

  /**
   * What a terminal of 80 columns would show, that breaks lines where they end: of letters like the ones below each
   * takes two.
   */
  const onTerminal = (text: string): string[] =>
    text.split('\n').flatMap((line) => {
      const cells = Array.from(line).flatMap((character) => (character > '~' ? [character, ''] : [character]));
      return Array.from({ length: Math.max(1, Math.ceil(cells.length / 80)) }, (_, row) =>
        cells.slice(row * 80, row * 80 + 80).join(''),
      );
    });
  const faked = '2027-01-15 09:00:00Z  ceo@example.com';

  it.each([
    ['words', `${'word '.repeat(40)}${'x'.repeat(300)}`],
    ['letters that take two columns', `${'Ａ'.repeat(34)}${faked} ${'漢'.repeat(300)}`],
    ['characters of two halves', `${'𠀀'.repeat(200)} x`],
  ])('breaks a long reason of %s itself, so that no line of it begins where ours do', async (_, reason) => {
    ask({ reason });
    const shown = onTerminal(await site.run('requests'));
    const lines = shown.slice(shown.findIndex((line) => line.includes('reason')));
    const end = lines.indexOf('');
    expect(end).toBeGreaterThan(4);
    for (const line of lines.slice(0, end)) expect(line).toMatch(/^ {3}(reason| {6}) {3}\S/);
    expect(
      lines
        .slice(0, end)
        .join('')
        .replace(/ |reason/g, ''),
    ).toBe(reason.replaceAll(' ', ''));
  });

  it('breaks a long account number, domain or address itself as well', async () => {
    const long = `7${' '.repeat(30)}${faked}${' x'.repeat(100)}`;
    ask({}, { sub: long, hd: long, email: `${'a'.repeat(310)}@x.example`, managed: false });
    const out = await site.run('requests');
    const first = out.indexOf('2027-01-15 07:00:00Z');
    const lines = onTerminal(out.slice(first, out.indexOf('Answer:'))).filter((line) => line !== '');
    expect(lines[0]).toMatch(/^2027-01-15 07:00:00Z {2}a{58}$/);
    for (const line of lines.slice(1)) expect(line).toMatch(/^ {3}/);
    expect(lines.some((line) => line === `${' '.repeat(12)}(not managed by the issuer)`)).toBe(true);
  });

  it.each([
    ['`id`@evil.example', "'`id`@evil.example'"],
    ['$(id)@evil.example', "'$(id)@evil.example'"],
    ["o'brien@evil.example;id", "'o'\\''brien@evil.example;id'"],
    ['&id|id>x@evil.example', "'&id|id>x@evil.example'"],
  ])('shows the address %s as a word that runs nothing when it is copied into a shell', async (email, shown) => {
    ask({}, { email, sub: '7;id' });
    ask({}, { email, sub: '8 id', iss: 'https://idp.example' });
    const out = await site.run('requests');
    expect(out).toContain(`Z  ${shown}\n   account  '7;id' of https://accounts.google.com`);
    expect(out).toContain("   account  '8 id' of https://idp.example");
    const approved = site.run('approve', email, '--yes');
    await expect(approved).rejects.toThrow("  https://accounts.google.com '7;id'");
  });

  it('shows the others, whatever time an object says', async () => {
    site.put(openRequestKey(requestName(google, '8')), {
      ...open,
      askedAt: '2027-01-01T00:00:00+00',
      who: { ...mallory, sub: '8' },
    });
    ask();
    const out = await site.run('requests');
    expect(out).toContain(`${openRequestKey(requestName(google, '8'))} is not a request that this version can read`);
    expect(out).toContain('mallory@partner.example');
  });

  it('takes what lies under the name of somebody else for no request: no answer would take it away', async () => {
    ask();
    site.put(openRequestKey(requestName(google, '8')), open);
    expect(await site.run('requests')).toContain(`${openRequestKey(requestName(google, '8'))} is not a request`);
    await site.run('approve', mallory.email, '--yes');
    expect(await site.live()).toEqual({ ...empty, rules: [rule] });
    expect(waits()).toBe(false);
  });

  it('shows what was answered, when and by whom', async () => {
    ask();
    await site.run('deny', mallory.email, '--yes');
    const out = await site.run('requests', '--answered');
    expect(out).toContain('2027-01-15 08:00:00Z  denied    mallory@partner.example');
    expect(out).toMatch(/ by {7}\S+/);
    expect(out).not.toContain('guide');
  });
});

describe('a request that was answered before', () => {
  const theirs = (answer: string, askedAt = open.askedAt): void => {
    const { reason: _, ...rest } = open;
    site.put(answeredRequestKey(name), { ...rest, askedAt, answeredAt: open.askedAt, answer });
  };

  it('is called interrupted with the command that was given, and only if it is the same request', async () => {
    ask();
    theirs('denied');
    expect(await site.run('requests')).toContain('! marked as denied, and interrupted: run deny again\n');
    theirs('denied', '2027-01-14T07:00:00.000Z');
    expect(await site.run('requests')).not.toContain('interrupted');
  });

  it('may be answered otherwise, which is stored', async () => {
    ask();
    theirs('approved');
    await site.run('deny', mallory.email, '--yes');
    expect([await answered(), waits()]).toEqual([expect.objectContaining({ answer: 'denied' }), false]);
  });

  it('keeps the first mark of the same answer', async () => {
    ask();
    theirs('denied');
    await site.run('deny', mallory.email, '--yes');
    expect([await answered(), waits()]).toEqual([expect.objectContaining({ answeredAt: open.askedAt }), false]);
  });
});

describe('the list of requests', () => {
  const help = 'Answer: npm run access -- approve WHO';

  it('says how to answer only if somebody waits, and marks only who is blocked', async () => {
    expect(await site.run('requests')).not.toContain(help);
    ask();
    site.put(liveKey, { ...empty, blocked: ['somebody@partner.example'] });
    expect(await site.run('requests')).toContain(help);
    expect(site.printed).not.toMatch(/is blocked|No open requests|interrupted/);
  });

  it('says that nothing was answered yet', async () => {
    expect(await site.run('requests', '--answered')).toMatch(/No request was answered yet\.\n$/);
  });
});

describe('requests --answered', () => {
  it('shows the last fifty answers, newest first', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    for (let count = 0; count < 51; count++) {
      vi.setSystemTime(Date.UTC(2027, 0, 1, 0, 0, count));
      const { reason: _, ...theirs } = { ...open, answeredAt: open.askedAt, answer: 'denied' };
      const of = { ...mallory, sub: String(count), email: `person-${count}@partner.example` };
      site.put(answeredRequestKey(requestName(google, of.sub)), { ...theirs, who: of });
    }
    vi.useRealTimers();
    const out = await site.run('requests', '--answered');
    expect([...out.matchAll(/ person-(\d+)@/g)].map(([, count]) => Number(count))).toEqual(
      Array.from({ length: 50 }, (_, place) => 50 - place),
    );
    expect(out).toMatch(/\nand 1 older one\n$/);
    site.bucket.remove(answeredRequestKey(requestName(google, '50')));
    expect(await site.run('requests', '--answered')).not.toContain('older');
    for (const sub of ['50', '51']) {
      const who = { ...mallory, sub };
      site.put(answeredRequestKey(requestName(google, sub)), { version: 1, askedAt: open.askedAt, who });
    }
    expect(await site.run('requests', '--answered')).toMatch(/\nand 2 older ones\n$/);
  });
});

describe('approve', () => {
  it('adds a live rule for the account, and marks the request as answered, without its reason', async () => {
    ask();
    const out = await site.run('approve', mallory.email, '--yes');
    expect(await site.live()).toEqual({ ...empty, rules: [rule] });
    expect(await answered()).toEqual({
      version: 1,
      askedAt: open.askedAt,
      answeredAt: expect.stringMatching(/^2027-01-15T08:00:0\d\.\d{3}Z$/),
      who: mallory,
      answer: 'approved',
    });
    expect(waits()).toBe(false);
    for (const words of [
      'I write the guide',
      'the rule names the account of mallory@partner.example',
      'Answered: approved.',
    ]) {
      expect(out).toContain(words);
    }
  });

  it('says when the person can sign in, which counts from the rule where the site is not on this machine', async () => {
    ask();
    const target = { ...(await accessTarget({ root: site.root, site: undefined, local: true })), isLocal: false };
    const session = { target, store: await openAccessStore(target), terminal: site.terminal, yes: true };
    await approveCommand({ words: [mallory.email], values: {}, root: site.root })(session);
    expect(site.printed).toContain(
      'mallory@partner.example can sign in within 60 seconds, counted from when the rule was written.\n',
    );
    ask({}, { sub: '7', email: 'bob@gmail.com' });
    expect(await site.run('approve', 'bob@gmail.com', '--yes')).toContain('bob@gmail.com can sign in now.\n');
  });

  it('takes a path and an end, and the account in the place of the address', async () => {
    ask();
    await site.run('approve', google, '6666', '--path', '/docs/*', '--until', '2027-06-30T00:00:00Z', '--yes');
    expect(await site.live()).toEqual({
      ...empty,
      rules: [{ ...rule, path: '/docs/*', until: '2027-06-30T00:00:00Z' }],
    });
  });

  it('writes nothing after a no, and the request still waits', async () => {
    ask();
    site.answers = [false];
    await site.run('approve', mallory.email);
    expect([await site.live(), await answered(), waits()]).toEqual([empty, undefined, true]);
  });

  it('writes nothing where nobody can be asked', async () => {
    ask();
    await expect(site.run('approve', mallory.email)).rejects.toThrow('this is not a terminal, so nobody can confirm');
    expect([await site.live(), await answered(), waits()]).toEqual([empty, undefined, true]);
  });

  it.each([
    ['nobody', ['approve'], /person: got nothing/],
    ['somebody who does not ask', ['approve', 'bob@gmail.com', '--yes'], /no open request of bob@gmail\.com\. See/],
    [
      'an address that nobody can have',
      ['approve', 'bob@gmail.com,', '--yes'],
      /^no open request of bob@gmail\.com, \(allowed: an address without , .*\)\. See npm run access -- requests$/,
    ],
    ['a path that is none', ['approve', mallory.email, '--path', 'docs', '--yes'], /--path: got docs/],
    ['an empty path', ['approve', mallory.email, '--path', '', '--yes'], /--path: got/],
    [
      'an end that has been',
      ['approve', mallory.email, '--until', '2027-01-01T00:00:00Z', '--yes'],
      /which is in the past/,
    ],
    ['a rule of its own', ['approve', mallory.email, '--anyone', '--yes'], /--anyone: not an option of approve/],
  ])('refuses %s, and writes nothing', async (_, args, message) => {
    ask();
    await expect(site.run(...args)).rejects.toThrow(message);
    expect([await site.live(), await answered(), waits()]).toEqual([empty, undefined, true]);
  });

  it('asks for the account where two ask with one address', async () => {
    ask();
    ask({}, { iss: 'https://idp.example', sub: '1' });
    await expect(site.run('approve', mallory.email, '--yes')).rejects.toThrow(
      /address of 2 accounts.*\n {2}https:\/\/\S+ \S+\n {2}https:\/\/\S+ \S+$/s,
    );
    expect(await site.live()).toEqual(empty);
    await site.run('approve', 'https://idp.example', '1', '--yes');
    expect(waits()).toBe(true);
    expect(waits(requestName('https://idp.example', '1'))).toBe(false);
  });

  it.each([
    ['live document, by address', liveKey, mallory.email],
    ['live document, by account', liveKey, { issuer: google, subject: '6666' }],
    ['config', configKey, mallory.email],
  ])('refuses whom the %s blocks, whom the list marks', async (_, key, person) => {
    ask();
    site.put(key, { ...empty, blocked: [person] });
    await site.run('requests');
    expect(site.printed).toContain(
      '! this person is blocked, and does not know it. Use deny, or unblock before you approve',
    );
    const named = typeof person === 'string' ? person : '6666 of https://accounts.google.com';
    await expect(site.run('approve', mallory.email, '--yes')).rejects.toThrow(
      `not approved: ${named} is blocked, which comes before every rule. Fix: unblock, or deny`,
    );
    expect(waits()).toBe(true);
  });

  it('is finished by the same command when it was interrupted after the rule, and adds no second rule', async () => {
    ask();
    site.answers = [true];
    site.onAsk = () => site.endpoint.failObject('docs-private', answeredRequestKey(name), 'denied');
    await expect(site.run('approve', mallory.email)).rejects.toThrow('s3:PutObject');
    expect(await site.live()).toEqual({ ...empty, rules: [rule] });
    expect([await answered(), waits()]).toEqual([undefined, true]);
    site.endpoint.failObject('docs-private', answeredRequestKey(name), 'none');
    await site.run('approve', mallory.email, '--yes');
    expect(await site.live()).toEqual({ ...empty, rules: [rule] });
    expect([await answered(), waits()]).toEqual([expect.objectContaining({ answer: 'approved' }), false]);
  });

  it.each([
    ['path', ['--path', '/docs/*']],
    ['end', ['--until', '2027-06-30T00:00:00Z']],
  ])(
    'refuses another %s than that of a rule which an interrupted approval wrote: the first rule decides',
    async (_, terms) => {
      ask();
      await site.run('add-rule', '--subject', google, '6666', '--yes');
      await expect(site.run('approve', mallory.email, ...terms, '--yes')).rejects.toThrow(
        'not approved: a live rule already names the account: account 6666 of https://accounts.google.com → /*. ' +
          'Fix: approve with the same --path and --until, or remove the rule first: ' +
          `npm run access -- remove-rule --subject ${google} 6666`,
      );
      expect([await site.live(), await answered(), waits()]).toEqual([{ ...empty, rules: [rule] }, undefined, true]);
      await site.run('remove-rule', '--subject', google, '6666', '--yes');
      await site.run('approve', mallory.email, ...terms, '--yes');
      expect(await site.live()).toMatchObject({ rules: [{ who: rule.who }] });
    },
  );

  it('prints the request first, what the rule names, and what a day of --until was taken for', async () => {
    ask();
    const out = await site.run('approve', mallory.email, '--until', '2027-06-30', '--yes');
    expect(out.indexOf('reason   I write the guide')).toBeLessThan(out.indexOf('the rule names the account'));
    expect(out).toContain('of mallory@partner.example, and stays valid if its address changes\n');
    expect(out).toMatch(/! --until 2027-06-30: to the end of that day in .*, which is \S+Z\n/);
  });

  it('goes on after a rule that ends at this moment', async () => {
    ask();
    // The end of the second in which AWS's clock stands still.
    const ended = { ...rule, until: '2027-01-15T08:00:00Z' };
    site.put(liveKey, { ...empty, rules: [ended] });
    await site.run('approve', mallory.email, '--yes');
    expect(await site.live()).toEqual({ ...empty, rules: [ended, rule] });
  });

  it('goes on after a rule that has ended', async () => {
    ask();
    const ended = { ...rule, until: '2027-01-01T00:00:00Z' };
    site.put(liveKey, { ...empty, rules: [ended] });
    await site.run('approve', mallory.email, '--path', '/docs/*', '--yes');
    expect(await site.live()).toMatchObject({ rules: [ended, { ...rule, path: '/docs/*' }] });
  });

  it('is finished by the same command when it was interrupted after the mark, and list says so meanwhile', async () => {
    ask();
    const stored = site.bucket.get(openRequestKey(name));
    await site.run('approve', mallory.email, '--yes');
    site.put(openRequestKey(name), String(await (await stored)?.bytes()));
    const first = await answered();
    expect(await site.run('requests')).toContain('marked as approved, and interrupted: run approve again');
    site.clock += 60_000;
    await site.run('approve', mallory.email, '--yes');
    expect([await answered(), waits()]).toEqual([first, false]);
  });

  it('writes no rule over what another operator wrote meanwhile', async () => {
    ask();
    site.answers = [true];
    site.onAsk = () => site.put(liveKey, { ...empty, blocked: ['eve@evil.example'] });
    await expect(site.run('approve', mallory.email)).rejects.toThrow('somebody else changed access/live.json');
    expect([await site.live(), await answered(), waits()]).toEqual([
      { ...empty, blocked: ['eve@evil.example'] },
      undefined,
      true,
    ]);
  });

  it('answers a later request of the same person over the earlier answer', async () => {
    ask();
    await site.run('deny', mallory.email, '--yes');
    ask({ askedAt: '2027-03-01T00:00:00.000Z' });
    await site.run('approve', mallory.email, '--yes');
    expect(await answered()).toMatchObject({ answer: 'approved', askedAt: '2027-03-01T00:00:00.000Z' });
  });

  it('refuses an account that no rule can name', async () => {
    ask({}, { iss: 'http://127.0.0.1:9', sub: '1' });
    await expect(site.run('approve', mallory.email, '--yes')).rejects.toThrow(
      /^no rule can name account 1 of http:\/\/127\.0\.0\.1:9: ./,
    );
    expect(await site.live()).toEqual(empty);
  });
});

describe('deny', () => {
  it('says of no other account that a rule admits it, and refuses who does not ask', async () => {
    ask();
    const other = { who: { subjects: [{ issuer: 'https://idp.example', subject: '6666' }] }, path: '/*' };
    site.put(liveKey, { ...empty, rules: [other] });
    await expect(site.run('deny', 'bob@gmail.com', '--yes')).rejects.toThrow('no open request of bob@gmail.com. See');
    expect(waits()).toBe(true);
    expect(await site.run('deny', mallory.email, '--yes')).not.toContain('a live rule admits');
    expect(site.printed).toContain('Answered: denied.\n');
  });

  it('marks the request as answered, after a question, and writes no rule', async () => {
    ask();
    site.answers = [true];
    const out = await site.run('deny', mallory.email);
    expect(out).toContain('Deny this at local docs?');
    expect([await site.live(), await answered(), waits()]).toEqual([
      empty,
      expect.objectContaining({ answer: 'denied', who: mallory }),
      false,
    ]);
  });

  it('answers nothing after a no, or where nobody can be asked', async () => {
    ask();
    await expect(site.run('deny', mallory.email)).rejects.toThrow('this is not a terminal, so nobody can confirm');
    site.answers = [false];
    expect(await site.run('deny', mallory.email)).toContain('Not answered.');
    expect([await answered(), waits()]).toEqual([undefined, true]);
  });

  it('says that a rule which an interrupted approval wrote still admits them', async () => {
    ask();
    site.put(liveKey, { ...empty, rules: [rule] });
    expect(await site.run('deny', mallory.email, '--yes')).toContain(
      '! a live rule admits this account. To remove it: remove-rule\n',
    );
  });

  it('does not overwrite what another operator answered at the same time', async () => {
    ask();
    const { reason: _, ...theirs } = { ...open, answeredAt: open.askedAt, answer: 'approved' };
    site.answers = [true];
    site.onAsk = () => site.put(answeredRequestKey(name), theirs);
    await expect(site.run('deny', mallory.email)).rejects.toThrow(
      'not marked as denied: somebody else just answered mallory@partner.example. ' +
        'Fix: npm run access -- requests --answered',
    );
    expect(await answered()).toMatchObject({ answer: 'approved' });
    expect(waits()).toBe(true);
  });
});

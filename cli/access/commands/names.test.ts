import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { explainCommand } from '../../explain/command.ts';
import { configKey, empty, type LocalSite, liveKey, startLocalSite } from '../testing/local-site.ts';

let site: LocalSite;
beforeEach(async () => {
  site = await startLocalSite();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await site.close();
});

const versions = (): number => site.bucket.versions(liveKey).length;

/** Sets an editor that replaces the draft by `text`. */
function editorWriting(text: string | Buffer): void {
  const [script, content] = [join(site.root, 'editor.sh'), join(site.root, 'typed.json')];
  writeFileSync(content, text);
  writeFileSync(script, `#!/bin/sh\ncat '${content}' > "$1"\n`);
  chmodSync(script, 0o755);
  vi.stubEnv('VISUAL', script);
}

/** What people paste, and no token ever says. */
const pasted = [
  '<alice@example.com>',
  'alice@example.com,',
  'alice@example.com.',
  'mailto:alice@example.com',
  '"alice"@example.com',
  'al\u200bice@example.com',
  '\u0430lice@example.com',
  'alice\uff20example.com',
  '\u201calice@example.com\u201d',
  'Alice Example <alice@example.com>',
  '\u212aate@example.com',
  `${'a'.repeat(288)}@example.com`,
];

describe('an address that no token can have', () => {
  it.each(pasted)('is refused wherever it would be written: %j', async (name) => {
    for (const args of [
      ['block', name],
      ['sign-out', name],
      ['approve', name],
      ['add-rule', '--email', name],
      ['add-rule', '--service-account', name],
    ]) {
      await expect(site.run(...args, '--yes')).rejects.toThrow(/allowed: an? |allowed: one whole/);
    }
    for (const document of [
      { ...empty, blocked: [name] },
      { ...empty, rules: [{ who: { emails: [name] } }] },
    ]) {
      editorWriting(JSON.stringify(document));
      await expect(site.run('edit', '--yes')).rejects.toThrow(/not written: the document has errors/);
      expect(site.printed).toMatch(/✗ line 1: (blocked|rules)\.0.* allowed: /);
    }
    expect(versions()).toBe(1);
  });

  it('is refused in the place of the number of a Google account, wherever that would be written', async () => {
    const google = 'https://accounts.google.com';
    for (const sub of ['alice@example.com', '1001\u200b', ' 1001', 'l001']) {
      for (const args of [
        ['block', google, sub],
        ['sign-out', google, sub],
        ['add-rule', '--subject', google, sub],
      ]) {
        await expect(site.run(...args, '--yes')).rejects.toThrow(/allowed: the number of a Google account/);
      }
      editorWriting(JSON.stringify({ ...empty, blocked: [{ issuer: google, subject: sub }] }));
      await expect(site.run('edit', '--yes')).rejects.toThrow(/not written: the document has errors/);
      expect(site.printed).toMatch(/✗ line 1: blocked\.0\.subject: got .* allowed: the number of a Google account/);
    }
    expect(versions()).toBe(1);
    await site.run('block', google, '1001', '--yes');
    expect(versions()).toBe(2);
  });

  it('is refused with the address that was meant, and the character that is in the way', async () => {
    await expect(site.run('block', 'alice@example.com,', '--yes')).rejects.toThrow(
      'person: got alice@example.com,; allowed: an address without , (U+002C). Did you mean alice@example.com?',
    );
    await expect(site.run('add-rule', '--email', 'al\u200bice@example.com', '--yes')).rejects.toThrow(
      '--email: got al\\u200bice@example.com; allowed: an address in ASCII, which U+200B is not: ' +
        'no other address of a token is believed. Did you mean alice@example.com?',
    );
    await expect(site.run('add-rule', '--domain', '\u212aexample.com', '--yes')).rejects.toThrow(
      '--domain: got \u212aexample.com; allowed: a domain in ASCII (xn--...), which \u212a (U+212A) is not',
    );
  });

  it('is corrected where only spaces and case are wrong, and that is said', async () => {
    const out = await site.run('block', ' Alice@Example.com\u00a0', '--yes');
    expect(out).toContain('Alice@Example.com\\u00a0 is stored as alice@example.com, because addresses');
    expect(await site.live()).toMatchObject({ blocked: ['alice@example.com'] });
  });
});

describe('an account that nobody can have', () => {
  it.each(['https://account.google.com', 'https://accounts.google.com/'])(
    'is not blocked or signed out with a message of success: its issuer is %s',
    async (issuer) => {
      for (const command of ['block', 'sign-out']) {
        await expect(site.run(command, issuer, '7', '--yes')).rejects.toThrow(
          `person: got the issuer ${issuer}; allowed: an issuer of this site (https://accounts.google.com); ` +
            'nobody signs in with any other',
        );
      }
      expect(versions()).toBe(1);
    },
  );
});

describe('a document of an earlier version, with names that no token can have', () => {
  const old = {
    ...empty,
    blocked: ['<eve@example.com>', 'mallory@example.com'],
    rules: [{ who: { emails: ['bob@example.com,'] }, path: '/*' }],
    signedOutBefore: { people: [{ who: 'j\u00fcrgen@example.com', before: '2027-01-01T00:00:00Z' }] },
  };
  beforeEach(() => site.put(liveKey, old));

  it('stays in force whole, and list and explain tell of each', async () => {
    const out = await site.run('list');
    expect(out).toContain(
      '! live.blocked.0: <eve@example.com> is not an address that a token can have; allowed: an address without <',
    );
    expect(out).toContain('! live.signedOutBefore.people.0.who: j\u00fcrgen@example.com is not an address');
    expect(out).toContain('! never matches bob@example.com,: no token can have such an address');
    expect(out).toContain('mallory@example.com');
    await explainCommand({ root: site.root, args: ['mallory@example.com', '/x', '--local'], terminal: site.terminal });
    expect(site.printed).toContain('NOT ALLOWED: blocked');
    expect(site.printed).toContain('! live.blocked.0: <eve@example.com> is not an address');
  });

  it('loses none of its lines by a command about something else, which tells of them, too', async () => {
    const out = await site.run('block', 'carol@example.com', '--yes');
    expect(await site.live()).toEqual({ ...old, blocked: [...old.blocked, 'carol@example.com'] });
    expect(out).toContain('! live.blocked.0: <eve@example.com> is not an address');
  });

  it('gets rid of them: unblock and remove-rule take them as they are', async () => {
    await site.run('unblock', '<eve@example.com>', '--yes');
    await site.run('remove-rule', '--email', 'bob@example.com,', '--yes');
    expect(await site.live()).toMatchObject({ blocked: ['mallory@example.com'], rules: [] });
  });

  it('may keep them in an editor, and gets no further one', async () => {
    editorWriting(JSON.stringify({ ...old, blocked: [...old.blocked, 'carol@example.com'] }));
    expect(await site.run('edit', '--yes')).toContain('Written');
    editorWriting(JSON.stringify({ ...old, blocked: [...old.blocked, '<carol@example.com>'] }));
    await expect(site.run('edit', '--yes')).rejects.toThrow('not written');
    expect(site.printed).toContain(
      'blocked.2: got <carol@example.com>; allowed: an address without < (U+003C). Did you mean',
    );
  });

  it('is told of an account that no token can name, too', async () => {
    site.put(liveKey, { ...empty, blocked: [{ issuer: 'https://accounts.google.com', subject: 'alice@example.com' }] });
    expect(await site.run('list')).toMatch(
      /! live\.blocked\.0\S*: alice@example\.com is not an account that a token can have; allowed: /,
    );
  });

  it('is told of in the document of the deploy as well', async () => {
    site.put(configKey, old);
    expect(await site.run('list')).toContain('! config.blocked.0: <eve@example.com> is not an address');
  });

  it('is not reported in the document of the deploy by a change that cannot fix it', async () => {
    site.put(liveKey, empty);
    site.put(configKey, old);
    const out = await site.run('block', 'carol@example.com', '--yes');
    expect(out).toContain('Written');
    expect(out).not.toContain('<eve@example.com>');
  });
});

describe('a rule that is allowed and hardly meant', () => {
  it.each([
    [['--email', 'x@y'], 'names x@y, whose domain has no dot: few providers have such addresses'],
    [
      ['--anyone', '--path', '/docs*'],
      'opens every address that begins with /docs, such as /docs-secret/page.html; the folder alone is /docs/*',
    ],
  ])('is warned about when it is added, typed, listed and explained: %j', async (words, warning) => {
    const added = await site.run('add-rule', ...words, '--yes');
    expect(added).toContain(`! rule 1 ${warning}`);
    expect(await site.run('list')).toContain(`! ${warning}`);
    await explainCommand({ root: site.root, args: ['bob@example.com', '/x', '--local'], terminal: site.terminal });
    expect(site.printed).toContain(`! rule 1 ${warning}`);
    editorWriting(JSON.stringify(await site.live()));
    site.put(liveKey, empty);
    expect(await site.run('edit', '--yes')).toContain(`! rule 1 ${warning}`);
  });

  it('is not one with a folder or the whole site', async () => {
    const out = await site.run('add-rule', '--email', 'x@y.example', '--path', '/docs/*', '--yes');
    expect(out).not.toMatch(/begins with|no dot/);
    expect(await site.run('list')).not.toMatch(/begins with|no dot/);
  });
});

describe('a rule file that Word has written', () => {
  const good = JSON.stringify({ ...empty, blocked: ['eve@example.com'] }, null, 2);
  const files: readonly (readonly [string, string | Buffer, RegExp])[] = [
    [
      'curly quotes and CRLF',
      good.replaceAll('"blocked"', '\u201cblocked\u201d').replaceAll('\n', '\r\n'),
      /line 3: not JSON: column 3: \u201c \(U\+201C\) is a quotation mark of a word processor/,
    ],
    ['no-break spaces', good.replace(': 1', ':\u00a01'), /line 2: not JSON: column 13: U\+00A0 looks like a space/],
    ['a byte order mark', `\ufeff${good}`, /line 1: not JSON: column 1: a byte order mark/],
    ['UTF-16', Buffer.from(`\ufeff${good}`, 'utf16le'), /line 1: not JSON: column 1: bytes that are not UTF-8/],
    [
      'a curly quote in an address',
      good.replace('eve@example.com', 'eve@example.com\u201d'),
      /blocked\.0: got eve@example\.com\u201d; allowed: an address in ASCII.*Did you mean eve@example\.com/,
    ],
  ];

  it.each(files)(
    'is refused in edit with what and where it is, and nothing is written: %s',
    async (_, text, message) => {
      editorWriting(text);
      await expect(site.run('edit', '--yes')).rejects.toThrow(/not written: the document has errors/);
      expect(site.printed).toMatch(message);
      expect(versions()).toBe(1);
    },
  );

  it.each(files.slice(0, 4))('is refused by explain --file in the same words: %s', async (_, text, message) => {
    const file = join(site.root, 'word.json');
    writeFileSync(file, text);
    await expect(
      explainCommand({ root: site.root, args: ['a@b.example', '/x', '--file', file], terminal: site.terminal }),
    ).rejects.toThrow(message);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressProblem, canonical, domainProblem, isAddress, isDomain, lowerCase } from './address.ts';

const believed = 'no other address of a token is believed';

describe('isAddress', () => {
  it.each([
    'alice@example.com',
    'Alice.Example+docs@Mail.Example.COM',
    "o'neil_{x}|y~z`^#?/=&$%!@example.co",
    'alice_partner.example#EXT#@tenant.onmicrosoft.com',
    'two..dots@docomo.ne.jp',
    'x@y',
    'alice@xn--bcher-kva.example',
    `${'a'.repeat(242)}@example.com`,
  ])('accepts %s', (text) => {
    expect([isAddress(text), addressProblem(text)]).toEqual([true, undefined]);
  });

  it.each([
    ['<alice@example.com>', 'an address without < (U+003C). Did you mean alice@example.com?'],
    ['alice@example.com,', 'an address without , (U+002C). Did you mean alice@example.com?'],
    [
      'alice@example.com.',
      'an address that ends in a domain, such as alice@example.com. Did you mean alice@example.com?',
    ],
    ['alice@example..com', 'an address that ends in a domain, such as alice@example.com'],
    ['mailto:alice@example.com', 'an address without : (U+003A). Did you mean alice@example.com?'],
    ['"alice"@example.com', 'an address without " (U+0022). Did you mean alice@example.com?'],
    [
      '\u201calice@example.com\u201d',
      `an address in ASCII, which \u201c (U+201C) is not: ${believed}. Did you mean alice@example.com?`,
    ],
    [
      'al\u200bice@example.com',
      `an address in ASCII, which U+200B is not: ${believed}. Did you mean alice@example.com?`,
    ],
    [
      'alice@example.com\u00a0',
      `an address in ASCII, which U+00A0 is not: ${believed}. Did you mean alice@example.com?`,
    ],
    [
      '\u0430lice@example.com',
      `an address in ASCII, which \u0430 (U+0430) is not: ${believed}. Or name the account by its issuer and \`sub\``,
    ],
    [
      'alice\uff20example.com',
      `an address in ASCII, which \uff20 (U+FF20) is not: ${believed}. Did you mean alice@example.com?`,
    ],
    [
      'alice@\u212aexample.com',
      `an address in ASCII, which \u212a (U+212A) is not: ${believed}. Did you mean alice@kexample.com?`,
    ],
    ['Alice Example <alice@example.com>', 'an address without U+0020. Did you mean alice@example.com?'],
    ['alice@example.com bob@example.com', 'one whole address with exactly one @, such as alice@example.com'],
    ['alice', 'one whole address with exactly one @, such as alice@example.com'],
    ['@example.com', 'one whole address with exactly one @, such as alice@example.com'],
    ['*@example.com', 'an address without * (U+002A)'],
    ['alice@*.example.com', 'an address without * (U+002A)'],
    ['alice@[192.0.2.1]', 'an address without [ (U+005B)'],
    ['alice@under_score.example', 'an address that ends in a domain, such as alice@example.com'],
    ['alice\n@example.com', 'an address without U+000A. Did you mean alice@example.com?'],
    [`${'a'.repeat(288)}@example.com`, 'an address of at most 254 characters (this has 300)'],
    ['', 'one whole address with exactly one @, such as alice@example.com'],
  ])('refuses %j, and says what is wrong with it', (text, problem) => {
    expect([isAddress(text), addressProblem(text)]).toEqual([false, problem]);
  });

  it('accepts only text that stays the same in lower case and in every Unicode form', () => {
    const texts = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.emailAddress());
    fc.assert(
      fc.property(texts, (text) => {
        if (!isAddress(text)) return;
        expect(lowerCase(text)).toBe(text.toLowerCase());
        expect(text.normalize('NFKC')).toBe(text);
        expect(isAddress(text.toUpperCase())).toBe(true);
      }),
    );
  });

  it.each([
    ['Alice Example alice@example.com', 'alice@example.com'],
    ['alice@example.com bob@example.com', undefined],
    ['"a b"@example.com', undefined],
    ['alice @ example.com', 'alice@example.com'],
    ['Alice\nalice@example.com', 'alice@example.com'],
  ])('never suggests another person for %j', (text, meant) => {
    expect(/Did you mean (.*)\?$/.exec(addressProblem(text) ?? '')?.[1]).toBe(meant);
  });

  it('suggests only addresses', () => {
    const near = fc.string({ unit: fc.constantFrom(...'a@.<>, "\u201d\u200b\u212amailto:') });
    fc.assert(
      fc.property(near, (text) => {
        const [, meant] = /Did you mean (.*)\?$/.exec(addressProblem(text) ?? '') ?? [];
        if (meant !== undefined) expect(isAddress(meant)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it('reads a long text in linear time', () => {
    for (const part of ['a', 'a.', 'a@', 'a-', ' ', '<', '"'])
      expect(addressProblem(part.repeat(200_000))).toBeDefined();
    for (const part of ['a', 'a.', 'a-']) expect(isDomain(part.repeat(200_000))).toBe(false);
  });
});

describe('isDomain', () => {
  it.each(['example.com', 'EXAMPLE.com', 'a.b-c.example', 'xn--bcher-kva.example', `${'a'.repeat(63)}.example`])(
    'accepts %s',
    (text) => {
      expect([isDomain(text), domainProblem(text)]).toEqual([true, undefined]);
    },
  );

  it.each([
    'example',
    'example.com.',
    '.example.com',
    'a..example',
    '-a.example',
    'a-.example',
    '*.example.com',
    '@example.com',
    'a b.example',
    '',
    `${'a'.repeat(64)}.example`,
  ])('refuses %j', (text) => {
    expect([isDomain(text), domainProblem(text)]).toEqual([false, 'a domain without @ or *, such as example.com']);
  });

  it('refuses letters of other scripts, and those that become ASCII in lower case', () => {
    expect(domainProblem('\u212aexample.com')).toBe('a domain in ASCII (xn--...), which \u212a (U+212A) is not');
    expect(domainProblem('*.b\u00fccher.example')).toBe('a domain without @ or *, such as example.com');
    expect(domainProblem('b\u00fccher.example')).toBe('a domain in ASCII (xn--...), which \u00fc (U+00FC) is not');
  });
});

describe('canonical', () => {
  it('trims spaces, and lower-cases only ASCII', () => {
    expect(canonical(' Alice@Example.COM\u00a0')).toBe('alice@example.com');
    expect(canonical('\u212a@\u0130.example')).toBe('\u212a@\u0130.example');
  });

  it('turns no other letter into ASCII', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const [given, kept] = [text.trim(), canonical(text)];
        if (/[^\x00-\x7f]/.test(given)) expect(kept).toBe(given);
        else expect(kept).toBe(given.toLowerCase());
      }),
    );
  });
});

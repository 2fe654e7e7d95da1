import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OtherAddress } from './addresses.ts';
import { redirectPage, servedRedirect } from './redirect-page.ts';

const redirect = (path: string, of: string): OtherAddress => ({ path, kind: 'redirect', of });

const entities: Readonly<Record<string, string>> = { amp: '&', quot: '"', lt: '<', gt: '>' };

const unescaped = (text = ''): string => text.replace(/&(amp|quot|lt|gt);/g, (_, name: string) => entities[name] ?? '');

/** Where the link of a page leads from an address, and where its script goes. */
function destinations(object: OtherAddress, address: string): { link: string; script: string } {
  const page = redirectPage(object);
  const link = unescaped(/<a href="([^"]*)">/.exec(page)?.[1]);
  const [, script = ''] = /<script>([\s\S]*)<\/script>/.exec(page) ?? [];
  const base = new URL(address, 'https://docs.example.com');
  const gone: string[] = [];
  const location = {
    pathname: base.pathname,
    search: base.search,
    hash: base.hash,
    replace: (target: string) => gone.push(new URL(target, base).href),
  };
  runInNewContext(script, { location, document: { links: [{ getAttribute: () => link }] } });
  return { link: new URL(link, base).href, script: gone.join(' and ') };
}

const at = (path: string): string => `https://docs.example.com${path}`;

describe('redirectPage', () => {
  it.each([
    ['/guide', '/guide/index.html', '/guide/'],
    ['/x/guide', '/x/guide/index.html', '/x/guide/'],
    ['/x/guide/index', '/x/guide/index.html', '/x/guide/'],
    ['/index', '/index.html', '/'],
    ['/x/about/', '/x/about.html', '/x/about'],
    ['/about/', '/about.html', '/about'],
    ['/x/v1.2', '/x/v1.2/index.html', '/x/v1.2/'],
  ])('leads from %s, which is for %s, to %s, with query and fragment', (path, of, target) => {
    const object = redirect(path, of);
    expect(destinations(object, path)).toEqual({ link: at(target), script: at(target) });
    expect(destinations(object, `${path}?a=1&b=%20#part`).script).toBe(`${at(target)}?a=1&b=%20#part`);
  });

  it('stays in the spelling of the address, so that the same grant covers both', () => {
    const object = redirect('/c++', '/c++/index.html');
    expect(destinations(object, '/c++').script).toBe(at('/c++/'));
    expect(destinations(object, '/c%2B%2B').script).toBe(at('/c%2B%2B/'));
    expect(destinations(object, '/c++').link).toBe(at('/c%2B%2B/'));
  });

  it('does not lead to itself from an address that ends in an encoded slash', () => {
    expect(destinations(redirect('/about/', '/about.html'), '/about%2F').script).toBe(at('/about'));
  });

  it('never leaves the site, and no name breaks out of the page', () => {
    const name = fc
      .string({ unit: fc.constantFrom(...'a:\'"<>&\\/ %?#+;`$éÿ-.'), minLength: 1, maxLength: 12 })
      .filter((text) => !/^\/|\/\/|\/$|(^|\/)\.\.?(\/|$)/.test(text));
    fc.assert(
      fc.property(name, fc.constantFrom('folder', 'page'), (text, kind) => {
        const page = kind === 'page';
        const object = page ? redirect(`/${text}/`, `/${text}.html`) : redirect(`/${text}`, `/${text}/index.html`);
        const address = object.path.split('/').map(encodeURIComponent).join('/');
        const target = page ? address.slice(0, -1) : `${address}/`;
        expect(destinations(object, address)).toEqual({ link: at(target), script: at(target) });
        expect(redirectPage(object).match(/<script/g)).toHaveLength(1);
        expect(redirectPage(object).match(/<\/?[a-z]+/g)).toHaveLength(14);
      }),
    );
  });

  it('leads a browser without scripts to where the link leads, and only such a browser', () => {
    for (const object of [
      redirect('/x/guide', '/x/guide/index.html'),
      redirect('/x/guide/index', '/x/guide/index.html'),
      redirect('/x/a&"b/', '/x/a&"b.html'),
    ]) {
      const page = redirectPage(object);
      const [, refresh] = /<noscript><meta http-equiv="refresh" content="([^"]*)"><\/noscript>/.exec(page) ?? [];
      const [, link] = /<a href="([^"]*)">/.exec(page) ?? [];
      expect(unescaped(refresh)).toBe(`0; url=${unescaped(link)}`);
      expect(page.match(/http-equiv/g)).toHaveLength(1);
    }
  });

  it('shows its name in the title, in the charset that it is served with', () => {
    const page = redirectPage(redirect('/x/Größe & <漢字>/', '/x/Größe & <漢字>.html'));
    expect(page).toContain('<title>Größe &amp; &lt;漢字&gt;</title>');
    // What a browser that keeps the page without its headers goes by.
    expect(page.indexOf('<meta charset="utf-8">')).toBeGreaterThan(0);
    expect(page.indexOf('<meta charset="utf-8">')).toBeLessThan(page.indexOf('<title>'));
    expect(servedRedirect.contentType).toBe('text/html; charset=utf-8');
  });

  it('is kept by no browser without asking, so that a file that is put there later shows at once', () => {
    expect(servedRedirect).toEqual({ contentType: expect.anything(), cacheControl: 'no-cache' });
  });

  it('has a plain link for a site whose policy forbids scripts in pages', () => {
    expect(redirectPage(redirect('/a"<b', '/a"<b/index.html'))).toContain('<p><a href="./a%22%3Cb/">Continue</a></p>');
  });
});

import { describe, expect, it } from 'vitest';
import { cacheControl, servedAs } from './served-file.ts';

describe('servedAs', () => {
  it('lets no cache keep the login page, whichever page it is', () => {
    expect(servedAs('/public/in.html', '/public/in.html')).toEqual({
      contentType: 'text/html; charset=utf-8',
      cacheControl: 'no-store',
    });
    expect(servedAs('/public/login.html', '/public/in.html').cacheControl).toBe('no-cache');
  });

  it('treats the public folder as the only open one', () => {
    expect(servedAs('/public/a.3f9a1c2e.js', '').cacheControl).toMatch(/^public,/);
    expect(servedAs('/press/public/a.3f9a1c2e.js', '').cacheControl).toMatch(/^private,/);
  });
});

describe('cacheControl', () => {
  it.each(['/index.html', '/app.js', '/report-20240101.pdf', '/decade.css', '/facade-deadbeef.css'])(
    'revalidates %s on each request, so that a deploy shows at once',
    (path) => {
      expect(cacheControl(path, false)).toBe('no-cache');
    },
  );

  it('lets only browsers keep a protected file with a hash in its name', () => {
    expect(cacheControl('/assets/app.3f9a1c2e.js', false)).toBe('private, max-age=31536000, immutable');
  });

  it('lets every cache keep an open file with a hash in its name', () => {
    expect(cacheControl('/public/app-3f9a1c2e77.js', true)).toBe('public, max-age=31536000, immutable');
  });
});

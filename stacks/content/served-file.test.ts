import { describe, expect, it } from 'vitest';
import { cacheControl, servedAs } from './served-file.ts';

describe('servedAs', () => {
  it('lets no cache keep the login page, whichever it is', () => {
    expect(servedAs('/public/in.html', '/public/in.html')).toEqual({
      contentType: 'text/html; charset=utf-8',
      cacheControl: 'no-store',
    });
    expect(servedAs('/public/login.html', '/public/in.html').cacheControl).toBe('no-cache');
  });

  it('takes the public folder for the only open one', () => {
    expect(servedAs('/public/a.3f9a1c2e.js', '').cacheControl).toMatch(/^public,/);
    expect(servedAs('/press/public/a.3f9a1c2e.js', '').cacheControl).toMatch(/^private,/);
  });
});

describe('cacheControl', () => {
  it.each(['/index.html', '/app.js', '/report-20240101.pdf', '/decade.css', '/facade-deadbeef.css'])(
    'asks again for %s each time, so that a deploy shows at once',
    (path) => {
      expect(cacheControl(path, false)).toBe('no-cache');
    },
  );

  it('lets only browsers keep a protected file whose name carries its hash', () => {
    expect(cacheControl('/assets/app.3f9a1c2e.js', false)).toBe('private, max-age=31536000, immutable');
  });

  it('lets every cache keep an open file whose name carries its hash', () => {
    expect(cacheControl('/public/app-3f9a1c2e77.js', true)).toBe('public, max-age=31536000, immutable');
  });
});

import { describe, expect, it } from 'vitest';
import { resourceCovers } from './policy-match.ts';

const url = (path: string, query?: string, host = 'www.example.com') => ({ scheme: 'https', host, path, query });

describe('resourceCovers', () => {
  it.each([
    ['an exact URL', 'https://www.example.com/a.html', url('/a.html'), true],
    ['another path', 'https://www.example.com/a.html', url('/b.html'), false],
    ['another host', 'https://www.example.com/a.html', url('/a.html', undefined, 'www.example.net'), false],
    ['another scheme', 'http://www.example.com/a.html', url('/a.html'), false],
    ['another case', 'https://www.example.com/A.html', url('/a.html'), false],
    ['a host without the port', 'https://localhost/*', url('/a', undefined, 'localhost:8080'), false],
    ['an exact query', 'https://www.example.com/a?x=1', url('/a', 'x=1'), true],
    ['a query that the policy lacks', 'https://www.example.com/a', url('/a', 'x=1'), false],
    ['a missing query', 'https://www.example.com/a?x=1', url('/a'), false],
    ['any protocol', '*://www.example.com/*', url('/a'), true],
    ['a protocol with a wildcard', 'http*://www.example.com/*', url('/a'), true],
    ['no protocol at all', 'www.example.com/*', url('/a'), false],
    ['a protocol in the query alone', '*example.com/a?from=https://b', url('/a', 'from=https://b'), true],
    ['a protocol that comes later', 'www.example.com/a?from=https://b', url('/a', 'from=https://b'), false],
    ['the folder itself', 'https://www.example.com/training/*', url('/training'), false],
    ['one character of the path', 'https://www.example.com/a?c', url('/abc'), true],
    ['the same character as the start of a query', 'https://www.example.com/a?c', url('/a', 'c'), true],
    ['no character where one is needed', 'https://www.example.com/a?c', url('/ac'), false],
    ['an asterisk before the end and a query', 'https://www.example.com/*.html', url('/a.html', 'x=1'), false],
    ['an asterisk in the query', 'https://www.example.com/a?x=*', url('/a', 'x=1&y=2'), true],
    ['an asterisk that stays in its query', 'https://www.example.com/a?x=*', url('/b', 'x=1'), false],
    ['one character of the domain', 'https://www?.example.com/a', url('/a', undefined, 'www1.example.com'), true],
    ['a domain without a path', 'https://www.example.com', url('/'), true],
    ['a domain without a path, and a query', 'https://www.example.com', url('/', 'x'), false],
    ['a domain without a path, and a page', 'https://www.example.com', url('/a'), false],
    ['an empty query', 'https://www.example.com/a', url('/a', ''), false],
    [
      'a wildcard domain that would cross into the path',
      'https://*.example.com/a',
      url('/x.example.com/a', undefined, 'evil.example'),
      false,
    ],
    [
      'a host that only has the same beginning',
      'https://www.example.com/*',
      url('/a', undefined, 'www.example.com.evil.example'),
      false,
    ],
    [
      'a user name that looks like the host',
      'https://www.example.com/*',
      url('/a', undefined, 'www.example.com@evil.example'),
      false,
    ],
  ])('%s', (_, resource, given, expected) => {
    expect(resourceCovers(resource, given)).toBe(expected);
  });

  it('covers everything without a resource', () => {
    expect(resourceCovers(undefined, url('/a', 'b'))).toBe(true);
  });
});

// @see
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-creating-signed-url-custom-policy.html
describe("the documentation's own examples", () => {
  const at = (path: string, query?: string, host = 'd111111abcdef8.cloudfront.net') => url(path, query, host);
  it.each([
    ['https://www.example.com/hello*world', url('/helloworld'), true],
    ['https://www.example.com/hello*world', url('/hello-world'), true],
    ['https://www.example.com/hello*world', url('/hello', 'world'), false],
    ['https://www.example.com/hello*world', url('/hello', 'world', 'www.example.net'), false],
    ['https://d111111abcdef8.cloudfront.net/*game_download.zip*', at('/game_download.zip'), true],
    [
      'https://d111111abcdef8.cloudfront.net/*game_download.zip*',
      at('/example_game_download.zip', 'license=yes'),
      true,
    ],
    ['https://d111111abcdef8.cloudfront.net/*game_download.zip*', at('/test_game_download.zip', 'license=temp'), true],
    ['https://d111111abcdef8.cloudfront.net/training/*', at('/training/orientation.pdf'), true],
    ['https://d111111abcdef8.cloudfront.net/training/*', at('/training/a/b.mp4'), true],
    [
      'https://d111111abcdef8.cloudfront.net/images/horizon.jpg?size=large&license=yes',
      at('/images/horizon.jpg', 'size=large&license=yes'),
      true,
    ],
    ['https://*', at('/training/orientation.pdf', 'x'), true],
    ['https://*', { ...at('/a'), scheme: 'http' }, false],
    ['*', { ...at('/a', 'x'), scheme: 'http' }, true],
  ])('%s and %o: %s', (resource, given, expected) => {
    expect(resourceCovers(resource, given)).toBe(expected);
  });

  // "is equivalent to": both sides cover the same URLs.
  const urls = ['/', '/hello', '/hello/a', '/helloworld', '/other'].flatMap((path) =>
    [undefined, '', 'x=1'].flatMap((query) =>
      ['example.com', 'example.com.au', 'www.example.com'].flatMap((host) =>
        ['http', 'https'].map((scheme) => ({ scheme, host, path, query })),
      ),
    ),
  );
  it.each([
    ['http://example.com/hello*', 'http://example.com/hello*?*'],
    ['http://example.com*', 'http://example.com*/*?*'],
    ['*example.com', '*://*example.com/'],
  ])('%s equals %s', (short, long) => {
    const covered = (resource: string) => urls.filter((one) => resourceCovers(resource, one));
    expect(covered(short)).toEqual(covered(long));
    expect(covered(short).length).toBeGreaterThan(0);
    expect(covered(short).length).toBeLessThan(urls.length);
  });
});

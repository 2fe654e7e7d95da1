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
    // The documentation's own examples.
    ['hello*world in a word', 'https://www.example.com/hello*world', url('/hello-world'), true],
    ['hello*world across the query', 'https://www.example.com/hello*world', url('/hello', 'world'), false],
    [
      'a trailing asterisk and a query',
      'https://www.example.com/*game_download.zip*',
      url('/x_game_download.zip', 'license=yes'),
      true,
    ],
    ['a trailing asterisk in the domain', 'https://www.example.com*', url('/a/b', 'x'), true],
    ['no protocol before an asterisk', '*example.com', url('/'), true],
    ['no protocol and no path', '*example.com', url('/a'), false],
    ['any protocol', '*://www.example.com/*', url('/a'), true],
    ['an asterisk alone', '*', url('/a', 'x=1'), true],
    ['no protocol at all', 'www.example.com/*', url('/a'), false],
    ['an asterisk crossing folders', 'https://www.example.com/training/*', url('/training/a/b.mp4'), true],
    ['the folder itself', 'https://www.example.com/training/*', url('/training'), false],
    ['one character of the path', 'https://www.example.com/a?c', url('/abc'), true],
    ['an asterisk before the end and a query', 'https://www.example.com/*.html', url('/a.html', 'x=1'), false],
    [
      'a wildcard domain that would cross into the path',
      'https://*.example.com/a',
      url('/x.example.com/a', undefined, 'evil.example'),
      false,
    ],
    [
      'a host that only begins alike',
      'https://www.example.com/*',
      url('/a', undefined, 'www.example.com.evil.example'),
      false,
    ],
  ])('%s', (_, resource, given, expected) => {
    expect(resourceCovers(resource, given)).toBe(expected);
  });

  it('covers everything without a resource', () => {
    expect(resourceCovers(undefined, url('/a', 'b'))).toBe(true);
  });
});

import { expect, it } from 'vitest';
import { documentProblems } from './in-force.ts';

const sized = (bytes: number): string => `{"version":1,"blocked":[],"rules":[]${' '.repeat(bytes - 37)}}`;
const tooLong = ['longer than 4,194,304 bytes, so it is not read'];

it('a document has a problem if it is longer than 4 MiB in bytes, and none if it is as long', () => {
  expect(Buffer.byteLength(sized(4_194_304))).toBe(4_194_304);
  expect(documentProblems(sized(4_194_304))).toEqual([]);
  expect(documentProblems(sized(4_194_305))).toEqual(tooLong);
  expect(documentProblems('ä'.repeat(2_097_153))).toEqual(tooLong);
  expect(documentProblems(undefined)).toEqual(tooLong);
});

it.each<[string, string, readonly unknown[]]>([
  ['none', '{"version":1,"blocked":[],"rules":[]}', []],
  [
    'a name twice, though the last is right',
    '{"version":1,"blocked":[],\n"blocked":[],"rules":[]}',
    ['line 2: blocked is there twice in one object, and only the last one would count'],
  ],
  [
    'each mistake, then each name twice',
    '{"version":1,"blocked":["eve"],\n"rules":[{"who":{}}],\n"version":1}',
    [
      expect.stringMatching(/^line 1: blocked\.0: allowed: one whole address/),
      expect.stringMatching(/^line 2: rules\.0\.who: allowed: at least one of/),
      'line 3: version is there twice in one object, and only the last one would count',
    ],
  ],
  [
    'a newer version first',
    '{"version":2,"blocked":[],"rules":[]}',
    ['written by a newer s3nator (version 2). Fix: update this checkout', expect.stringMatching(/^line 1: version: /)],
  ],
  ['an older version', '{"version":0,"blocked":[],"rules":[]}', [expect.stringMatching(/^line 1: version: /)]],
  ['a version in words', '{"version":"2","blocked":[],"rules":[]}', [expect.stringMatching(/^line 1: version: /)]],
  ['a line that is no JSON', '{\n"version":,\n}', [expect.stringMatching(/^line 2: not JSON: /)]],
  ['what is no object', 'null', [expect.stringMatching(/^line 1: /)]],
])('the problems of a document are told with their lines: %s', (_, text, problems) => {
  expect(documentProblems(text)).toEqual(problems);
});

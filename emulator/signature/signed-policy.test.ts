import { describe, expect, it } from 'vitest';
import { cannedPolicyText, inRange, parsePolicy } from './signed-policy.ts';

const parse = (policy: unknown) =>
  parsePolicy(Buffer.from(typeof policy === 'string' ? policy : JSON.stringify(policy)));
const until = { DateLessThan: { 'AWS:EpochTime': 1_800_000_000 } };
const withCondition = (condition: object, more: object = {}) => ({ Statement: [{ ...more, Condition: condition }] });

describe('parsePolicy', () => {
  it("reads the documentation's example, including white space", () => {
    const text = `{
      "Statement": [{
        "Resource": "https://d111111abcdef8.cloudfront.net/training/*",
        "Condition": {
          "IpAddress": { "AWS:SourceIp": "192.0.2.0/24" },
          "DateGreaterThan": { "AWS:EpochTime": 1767290400 },
          "DateLessThan": { "AWS:EpochTime": 1767376800 }
        }
      }]
    }\r\n`;
    expect(parse(text)).toEqual({
      resource: 'https://d111111abcdef8.cloudfront.net/training/*',
      dateLessThan: 1_767_376_800,
      dateGreaterThan: 1_767_290_400,
      sourceIp: '192.0.2.0/24',
    });
  });

  it('needs only an end', () => {
    expect(parse(withCondition(until))).toMatchObject({ resource: undefined, dateLessThan: 1_800_000_000 });
  });

  it.each([
    ['no JSON', 's3nator-session/1'],
    ['a list', []],
    ['no statement', {}],
    ['two statements', { Statement: [{ Condition: until }, { Condition: until }] }],
    ['a statement outside a list', { Statement: { Condition: until } }],
    ['a statement that is not an object', { Statement: ['x'] }],
    ['an unknown member', { ...withCondition(until), Version: '2012-10-17' }],
    ['an unknown field', withCondition(until, { Effect: 'Allow' })],
    ['an unknown condition', withCondition({ ...until, StringLike: {} })],
    ['no condition', { Statement: [{ Resource: '*' }] }],
    ['no end', withCondition({})],
    ['an abbreviated name', withCondition({ DateLessThan: { EpochTime: 1_800_000_000 } })],
    ['a name in another case', withCondition({ datelessthan: { 'AWS:EpochTime': 1_800_000_000 } })],
    ['a quoted epoch', withCondition({ DateLessThan: { 'AWS:EpochTime': '1800000000' } })],
    ['a fraction of a second', withCondition({ DateLessThan: { 'AWS:EpochTime': 1.5 } })],
    ['a negative epoch', withCondition({ DateLessThan: { 'AWS:EpochTime': -1 } })],
    ['milliseconds', withCondition({ DateLessThan: { 'AWS:EpochTime': 1_800_000_000_000 } })],
    ['a start that is not a number', withCondition({ ...until, DateGreaterThan: { 'AWS:EpochTime': null } })],
    ['a list of resources', withCondition(until, { Resource: ['*'] })],
    ['an IPv6 range', withCondition({ ...until, IpAddress: { 'AWS:SourceIp': '::/0' } })],
    ['two ranges', withCondition({ ...until, IpAddress: { 'AWS:SourceIp': ['192.0.2.0/24', '10.0.0.0/8'] } })],
    ['a range of 33 bits', withCondition({ ...until, IpAddress: { 'AWS:SourceIp': '192.0.2.0/33' } })],
    ['an address out of range', withCondition({ ...until, IpAddress: { 'AWS:SourceIp': '192.0.2.256' } })],
  ])('refuses %s', (_, policy) => {
    expect(parse(policy)).toBeUndefined();
  });

  it('refuses bytes that are not UTF-8', () => {
    const text = JSON.stringify(withCondition(until, { Resource: 'https://a.example/ä' }));
    expect(parsePolicy(Buffer.from(text, 'utf8'))).toBeDefined();
    expect(parsePolicy(Buffer.from(text, 'latin1'))).toBeUndefined();
  });
});

describe('cannedPolicyText', () => {
  it('writes the documented text, byte for byte', () => {
    expect(cannedPolicyText('https://d111111abcdef8.cloudfront.net/horizon.jpg?size=large', '1357034400')).toBe(
      '{"Statement":[{"Resource":"https://d111111abcdef8.cloudfront.net/horizon.jpg?size=large",' +
        '"Condition":{"DateLessThan":{"AWS:EpochTime":1357034400}}}]}',
    );
  });

  it.each(['', '-1', '1e9', '0x10', ' 1', '99999999999', '9999999999999'])('refuses the expiry %j', (expires) => {
    expect(cannedPolicyText('https://a.example/', expires)).toBeUndefined();
  });
});

describe('inRange', () => {
  it.each([
    ['192.0.2.7', '192.0.2.0/24', true],
    ['192.0.3.7', '192.0.2.0/24', false],
    ['192.0.2.10', '192.0.2.10/32', true],
    ['192.0.2.11', '192.0.2.10/32', false],
    ['192.0.2.10', '192.0.2.10', true],
    ['203.0.113.9', '0.0.0.0/0', true],
    ['255.255.255.255', '128.0.0.0/1', true],
    ['::ffff:192.0.2.7', '192.0.2.0/24', false],
    ['2001:db8::1', '0.0.0.0/0', false],
  ])('%s in %s: %s', (address, range, expected) => {
    expect(inRange(address, range)).toBe(expected);
  });
});

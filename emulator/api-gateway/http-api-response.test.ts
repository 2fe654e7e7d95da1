import { describe, expect, it } from 'vitest';
import { responseOf } from './http-api-response.ts';

describe('responseOf, for a value without statusCode', () => {
  // @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
  // @see https://github.com/aws/aws-lambda-dotnet/tree/master/Tools/LambdaTestTool-v2: recordings of the live service
  it.each([
    [{ message: 'Hello from Lambda!' }, '{"message":"Hello from Lambda!"}'],
    ['Hello from Lambda!', 'Hello from Lambda!'],
    ['', ''],
    [42, '42'],
    [true, 'true'],
    [[1, 2], '[1,2]'],
    [null, 'null'],
  ])('uses %j as the body', (value, body) => {
    expect(responseOf(value)).toEqual({
      status: 200,
      headers: [['Content-Type', 'application/json']],
      body: Buffer.from(body),
    });
  });
});

describe('responseOf, for a value with statusCode', () => {
  it('lowercases header names, keeps cookies separate, and leaves the body unchanged', () => {
    const value = {
      statusCode: 201,
      headers: { 'Content-Type': 'application/xml', 'X-Number': 1, 'X-Flag': true },
      cookies: ['a=1; Path=/', 'b=2'],
      body: '<é/>',
    };
    expect(responseOf(value)).toEqual({
      status: 201,
      headers: [
        ['content-type', 'application/xml'],
        ['x-number', '1'],
        ['x-flag', 'true'],
        ['set-cookie', 'a=1; Path=/'],
        ['set-cookie', 'b=2'],
      ],
      body: Buffer.from('<é/>'),
    });
  });

  it('decodes base64', () => {
    expect(responseOf({ statusCode: 200, body: 'aGk=', isBase64Encoded: true })?.body.toString()).toBe('hi');
    expect(responseOf({ statusCode: 200, body: 'aGk=' })?.body.toString()).toBe('aGk=');
  });

  it('calls a body without a type plain text', () => {
    expect(responseOf({ statusCode: '200', body: 'x' })?.headers).toEqual([
      ['content-type', 'text/plain; charset=utf-8'],
    ]);
    expect(responseOf({ statusCode: 204 })?.headers).toEqual([]);
    expect(responseOf({ statusCode: 200, headers: null, cookies: null, body: null })).toMatchObject({
      status: 200,
      headers: [],
    });
  });

  it.each([
    ['a status out of range', { statusCode: 42 }],
    ['an interim status', { statusCode: 101 }],
    ['a status of zero', { statusCode: 0 }],
    ['a status with a fraction', { statusCode: 200.5 }],
    ['a status that is not a number', { statusCode: 'fine' }],
    ['headers that are not a map', { statusCode: 200, headers: ['a'] }],
    ['a header that is not a scalar', { statusCode: 200, headers: { a: ['b'] } }],
    ['a header with a line break', { statusCode: 200, headers: { a: 'b\r\nSet-Cookie: c=d' } }],
    ['an invalid header name', { statusCode: 200, headers: { 'a b': 'c' } }],
    ['cookies that are not a list', { statusCode: 200, cookies: 'a=1' }],
    ['a cookie that is not a string', { statusCode: 200, cookies: [1] }],
    ['a cookie with a line break', { statusCode: 200, cookies: ['a=1\nb=2'] }],
    ['a body that is not a string', { statusCode: 200, body: { a: 1 } }],
  ])('is undefined for %s', (_, value) => {
    expect(responseOf(value)).toBeUndefined();
  });
});

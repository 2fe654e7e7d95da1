/**
 * Types for API Gateway's HTTP API payload 2.0, limited to what the API reads and writes.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */

export interface GatewayEvent {
  readonly version: '2.0';
  /** Lower-case names; a header that came twice is one value joined by commas. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** The request's cookies as `name=value`. The Cookie header is not passed in any other way. */
  readonly cookies?: readonly string[];
  readonly body?: string;
  readonly isBase64Encoded?: boolean;
  readonly requestContext: {
    readonly requestId: string;
    readonly http: { readonly method: string; readonly path: string };
  };
}

/** What the API uses of Lambda's context object. */
export interface GatewayContext {
  readonly awsRequestId?: string;
  readonly getRemainingTimeInMillis?: () => number;
}

export interface GatewayAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  /** `Set-Cookie` values. This is the only way to send more than one. */
  readonly cookies?: readonly string[];
  readonly body?: string;
}

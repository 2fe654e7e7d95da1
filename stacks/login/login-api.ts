/**
 * The HTTP API in front of the Lambda: a throttle for renewals, one for everything else, an access log. The Lambda does
 * the routing.
 */
import { Apigatewayv2Api } from '@cdktf/provider-aws/lib/apigatewayv2-api/index.js';
import { Apigatewayv2Integration } from '@cdktf/provider-aws/lib/apigatewayv2-integration/index.js';
import { Apigatewayv2Route } from '@cdktf/provider-aws/lib/apigatewayv2-route/index.js';
import { Apigatewayv2Stage } from '@cdktf/provider-aws/lib/apigatewayv2-stage/index.js';
import { CloudwatchLogGroup } from '@cdktf/provider-aws/lib/cloudwatch-log-group/index.js';
import { CloudwatchLogMetricFilter } from '@cdktf/provider-aws/lib/cloudwatch-log-metric-filter/index.js';
import { LambdaPermission } from '@cdktf/provider-aws/lib/lambda-permission/index.js';
import { Construct } from 'constructs';
import type { SiteConfig } from '../../contract/config.ts';
import { metricNamespace, throttledCounter } from '../../contract/layout.ts';
import { apiRoutes, routeKeyOf } from '../../contract/session-api.ts';
import type { LoginFunction } from './login-function.ts';

export interface LoginApiProps {
  /** Site and stage. */
  readonly name: string;
  /** The same as dimensions of metrics. */
  readonly dimensions: { readonly site: string; readonly stage: string };
  /** Whether requests that are refused with 429, which never reach the Lambda, are counted. */
  readonly metrics: boolean;
  readonly throttle: SiteConfig['throttle'];
  /** Retention of the access log, in days. */
  readonly logDays: number;
}

// Never the query or a header: tokens and cookies travel in them. And nothing that could hold a quotation mark of a
// sender's, such as the path or a message about it: AWS does not say whether it escapes what it puts between ours. A
// method is a token (RFC 9110, 9.1); the Lambda's log has the path.
const accessLogFields = {
  time: '$context.requestTime',
  requestId: '$context.requestId',
  method: '$context.httpMethod',
  // Tells which throttle a 429 is from. It is a name from this file, never a sender's words.
  route: '$context.routeKey',
  status: '$context.status',
  milliseconds: '$context.responseLatency',
  error: '$context.error.responseType',
  integrationStatus: '$context.integrationStatus',
};

export class LoginApi extends Construct {
  readonly api: Apigatewayv2Api;
  private readonly props: LoginApiProps;

  constructor(scope: Construct, id: string, props: LoginApiProps) {
    super(scope, id);
    this.props = props;
    this.api = new Apigatewayv2Api(this, 'api', { name: `${props.name}-auth`, protocolType: 'HTTP' });
  }

  /**
   * Sends every request to `login`. Apart from the constructor, because the Lambda must know the distribution, and the
   * distribution this API. Call it once.
   */
  forwardTo(login: LoginFunction): void {
    const apiId = this.api.id;
    const { name, dimensions, metrics, throttle, logDays } = this.props;
    const integration = new Apigatewayv2Integration(this, 'integration', {
      apiId,
      integrationType: 'AWS_PROXY',
      integrationUri: login.function.invokeArn,
      payloadFormatVersion: '2.0',
      // A little longer than the Lambda, so that its own time-out is the one that shows.
      timeoutMilliseconds: login.timeoutMs + 1000,
    });
    const target = `integrations/${integration.id}`;
    // Not `/auth/{proxy+}`: what no route takes, API Gateway answers with 404, and CloudFront would put the not-found
    // page in its place.
    const everything = new Apigatewayv2Route(this, 'route', { apiId, routeKey: '$default', target });
    // A route has a throttle of its own: whoever floods sign-in must not end the sessions of those who are signed in.
    const throttled = apiRoutes
      .filter((route) => route.throttle !== 'shared')
      .map((route) => ({
        route: new Apigatewayv2Route(this, route.throttle, { apiId, routeKey: routeKeyOf(route), target }),
        limits: throttle[route.throttle],
      }));
    // Under this prefix the delivery needs no account-wide resource policy that grows with every API.
    const log = new CloudwatchLogGroup(this, 'log', {
      name: `/aws/vendedlogs/${name}-auth`,
      retentionInDays: logDays,
    });
    new Apigatewayv2Stage(this, 'stage', {
      apiId,
      name: '$default',
      autoDeploy: true,
      defaultRouteSettings: {
        throttlingRateLimit: throttle.requestsPerSecond,
        throttlingBurstLimit: throttle.burst,
      },
      routeSettings: throttled.map(({ route, limits }) => ({
        routeKey: route.routeKey,
        throttlingRateLimit: limits.requestsPerSecond,
        throttlingBurstLimit: limits.burst,
      })),
      accessLogSettings: { destinationArn: log.arn, format: JSON.stringify({ ...dimensions, ...accessLogFields }) },
      // API Gateway refuses settings of a route that is not there yet.
      dependsOn: [everything, ...throttled.map(({ route }) => route)],
    });
    if (metrics) {
      new CloudwatchLogMetricFilter(this, 'throttled', {
        name: `${name}-throttled`,
        logGroupName: log.name,
        // API Gateway writes every field of its log as a text.
        pattern: '{ $.status = "429" }',
        metricTransformation: {
          namespace: metricNamespace,
          name: throttledCounter,
          value: '1',
          unit: 'Count',
          dimensions: { site: '$.site', stage: '$.stage' },
        },
      });
    }
    new LambdaPermission(this, 'permission', {
      action: 'lambda:InvokeFunction',
      functionName: login.function.functionName,
      principal: 'apigateway.amazonaws.com',
      sourceArn: `${this.api.executionArn}/*/*`,
    });
  }
}

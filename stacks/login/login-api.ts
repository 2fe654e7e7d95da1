/**
 * The HTTP API in front of the Lambda: one throttle for renewals, one for everything else, and an access log. The
 * Lambda does the routing.
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
import { metricNamespace, throttledCounter, withPaths } from '../../contract/layout.ts';
import { apiRoutes, routeKeyOf } from '../../contract/session-api.ts';
import type { LoginFunction } from './login-function.ts';

export interface LoginApiProps {
  /** Site and stage. */
  readonly name: string;
  /** Site and stage as metric dimensions. */
  readonly dimensions: { readonly site: string; readonly stage: string };
  /** Whether to count requests that API Gateway refuses with 429. They never reach the Lambda. */
  readonly metrics: boolean;
  readonly throttle: SiteConfig['throttle'];
  readonly paths: SiteConfig['paths'];
  /** Retention of the access log, in days. */
  readonly logDays: number;
}

// Never log the query or a header: they carry tokens and cookies. Also log nothing that could contain a sender's
// quotation mark, such as the path or an error message about it: AWS does not say whether it escapes the values. A
// method is a token (RFC 9110, 9.1). The Lambda's log has the path.
const accessLogFields = {
  time: '$context.requestTime',
  requestId: '$context.requestId',
  method: '$context.httpMethod',
  // Shows which throttle caused a 429. The value is a name from this file, never the sender's text.
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
   * Sends every request to `login`. Separate from the constructor, because the Lambda must know the distribution, and
   * the distribution must know this API. Call it once.
   */
  forwardTo(login: LoginFunction): void {
    const apiId = this.api.id;
    const { name, dimensions, metrics, throttle, paths, logDays } = this.props;
    const integration = new Apigatewayv2Integration(this, 'integration', {
      apiId,
      integrationType: 'AWS_PROXY',
      integrationUri: login.function.invokeArn,
      payloadFormatVersion: '2.0',
      // A little longer than the Lambda's timeout, so that the Lambda's own timeout shows.
      timeoutMilliseconds: login.timeoutMs + 1000,
    });
    const target = `integrations/${integration.id}`;
    // Not `/auth/{proxy+}`: API Gateway would answer 404 to all other paths, and CloudFront would replace that answer
    // with the not-found page.
    const everything = new Apigatewayv2Route(this, 'route', { apiId, routeKey: '$default', target });
    // A separate route has its own throttle: a flood of sign-ins must not end existing sessions.
    const throttled = apiRoutes
      .filter((route) => route.throttle !== 'shared')
      .map((route) => ({
        route: new Apigatewayv2Route(this, route.throttle, {
          apiId,
          routeKey: withPaths(routeKeyOf(route), paths),
          target,
        }),
        limits: throttle[route.throttle],
      }));
    // Under this prefix, log delivery needs no account-wide resource policy that grows with every API.
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
      // API Gateway refuses settings for a route that does not exist yet.
      dependsOn: [everything, ...throttled.map(({ route }) => route)],
    });
    if (metrics) {
      new CloudwatchLogMetricFilter(this, 'throttled', {
        name: `${name}-throttled`,
        logGroupName: log.name,
        // API Gateway writes every field of its log as a string.
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

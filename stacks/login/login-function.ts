/** The Lambda that is the API: its code, settings, log and permissions. */
import { CloudwatchLogGroup } from '@cdktf/provider-aws/lib/cloudwatch-log-group/index.js';
import { IamRole } from '@cdktf/provider-aws/lib/iam-role/index.js';
import { IamRolePolicy } from '@cdktf/provider-aws/lib/iam-role-policy/index.js';
import { LambdaFunction } from '@cdktf/provider-aws/lib/lambda-function/index.js';
import { type ITerraformDependable, Token } from 'cdktf';
import { Construct } from 'constructs';
import type { SiteConfig } from '../../contract/config.ts';
import { type Environment, encodeEnvironment, trustedKeyPrefix } from '../../contract/environment.ts';
import { logGroupOf } from '../../contract/layout.ts';
import { writeIntoStack } from '../state/stack-folder.ts';
import { policyDocument, type Statement } from '../text/policy-document.ts';
import { setupError } from '../text/setup-error.ts';
import { templateLiteral } from '../text/template-literal.ts';
import type { LambdaPackage } from './lambda-package.ts';

/** Name of the role that it runs as. */
export const roleNameOf = (name: string): string => `${name}-auth`;

export interface LoginFunctionProps {
  /** Site and stage. */
  readonly name: string;
  readonly runtime: SiteConfig['lambdaRuntime'];
  /** Retention of the log, in days. */
  readonly logDays: number;
  readonly code: LambdaPackage;
  readonly environment: Environment;
  /** What it may do besides writing its own log. */
  readonly statements: readonly Statement[];
  /** What must be in force before the Lambda changes. */
  readonly after: readonly ITerraformDependable[];
}

/** Lambda's limit for all names and values together, in bytes. */
const maximumEnvironmentBytes = 4096;
/** Bytes reserved for the value of one reference. The longest values are host or bucket names, and RSA public keys. */
const referenceBytes = (variable: string): number => (variable.startsWith(trustedKeyPrefix) ? 392 : 128);

/** Path of the zip in the stack's folder. Sites of one stack share it: they run the same code. */
const codeFile = 'assets/lambda.zip';

/**
 * Longest run of one request, in seconds. The API answers in well under one. The rest is for a slow key set or identity
 * pool.
 */
const timeoutSeconds = 10;

export class LoginFunction extends Construct {
  readonly function: LambdaFunction;
  readonly log: CloudwatchLogGroup;
  /** Longest run of one request, in milliseconds. */
  readonly timeoutMs = timeoutSeconds * 1000;

  constructor(scope: Construct, id: string, props: LoginFunctionProps) {
    super(scope, id);
    const name = `${props.name}-auth`;
    this.log = new CloudwatchLogGroup(this, 'log', {
      name: logGroupOf(props.name),
      retentionInDays: props.logDays,
    });
    const role = new IamRole(this, 'role', {
      name: roleNameOf(props.name),
      assumeRolePolicy: policyDocument([
        { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' },
      ]),
    });
    const policy = new IamRolePolicy(this, 'policy', {
      name: 'auth',
      role: role.id,
      policy: policyDocument([
        { Effect: 'Allow', Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Resource: `${this.log.arn}:*` },
        ...props.statements,
      ]),
    });
    writeIntoStack(this, codeFile, props.code.zip);
    this.function = new LambdaFunction(this, 'function', {
      functionName: name,
      role: role.arn,
      runtime: props.runtime,
      architectures: ['arm64'],
      handler: 'index.handler',
      filename: codeFile,
      sourceCodeHash: props.code.hash,
      // CPU comes with memory. 512 MB keeps the cold start short.
      memorySize: 512,
      timeout: timeoutSeconds,
      environment: { variables: variables(props.environment) },
      // The API writes whole JSON lines. Lambda's own JSON format would wrap them again.
      loggingConfig: { logFormat: 'Text', logGroup: this.log.name },
      dependsOn: [policy, ...props.after],
    });
  }
}

function variables(environment: Environment): Record<string, string> {
  const encoded = Object.entries(encodeEnvironment(environment)).map(
    ([name, value]) => [name, Token.isUnresolved(value) ? value : templateLiteral(value)] as const,
  );
  const bytes = encoded.reduce((sum, [name, value]) => {
    const resolved = value.replace(/\$\{TfToken\[[^\]]*\]\}/g, 'x'.repeat(referenceBytes(name)));
    return sum + Buffer.byteLength(name) + Buffer.byteLength(resolved);
  }, 0);
  if (bytes > maximumEnvironmentBytes) {
    throw setupError(
      'environment_too_large',
      `site ${environment.site}: the Lambda's environment would be about ${bytes} bytes; ` +
        `Lambda allows ${maximumEnvironmentBytes}. Fix: shorten allowedOrigins, session.claims or providers`,
    );
  }
  return Object.fromEntries(encoded);
}

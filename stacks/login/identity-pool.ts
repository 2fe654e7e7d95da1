/** The Cognito identity pool that gives each person a stable identity ID for the audit. It grants no access. */
import { CognitoIdentityPool } from '@cdktf/provider-aws/lib/cognito-identity-pool/index.js';
import { CognitoIdentityPoolRolesAttachment } from '@cdktf/provider-aws/lib/cognito-identity-pool-roles-attachment/index.js';
import { IamRole } from '@cdktf/provider-aws/lib/iam-role/index.js';
import { IamRolePolicy } from '@cdktf/provider-aws/lib/iam-role-policy/index.js';
import { Construct } from 'constructs';
import { bareGoogleIssuer, cognitoEndpoint } from '../../contract/layout.ts';
import { policyDocument } from '../text/policy-document.ts';

export interface IdentityPoolProps {
  /** Site and stage. */
  readonly name: string;
  /** Google client whose accounts the pool accepts; undefined: none. */
  readonly googleClientId: string | undefined;
  /** The user pool whose accounts it accepts; undefined: none. */
  readonly userPool: { readonly id: string; readonly clientId: string; readonly region: string } | undefined;
}

export class IdentityPool extends Construct {
  readonly pool: CognitoIdentityPool;

  constructor(scope: Construct, id: string, { name, googleClientId, userPool }: IdentityPoolProps) {
    super(scope, id);
    this.pool = new CognitoIdentityPool(this, 'pool', {
      identityPoolName: name,
      allowUnauthenticatedIdentities: false,
      allowClassicFlow: false,
      ...(googleClientId !== undefined && { supportedLoginProviders: { [bareGoogleIssuer]: googleClientId } }),
      ...(userPool !== undefined && {
        cognitoIdentityProviders: [
          {
            clientId: userPool.clientId,
            providerName: `${new URL(cognitoEndpoint(userPool.region)).host}/${userPool.id}`,
            // The check would ask the user pool at each sign-in whether the account still exists. The token is at most
            // ten minutes old.
            serverSideTokenCheck: false,
          },
        ],
      }),
      // If the option is switched off, the pool is deleted after the Lambda stops using it.
      lifecycle: { createBeforeDestroy: true },
    });
    const role = new IamRole(this, 'role', {
      name: `${name}-pool`,
      description: 'Any account of a provider can get this role, so it may do nothing',
      assumeRolePolicy: policyDocument([
        {
          Effect: 'Allow',
          Principal: { Federated: 'cognito-identity.amazonaws.com' },
          Action: 'sts:AssumeRoleWithWebIdentity',
          Condition: {
            StringEquals: { 'cognito-identity.amazonaws.com:aud': this.pool.id },
            'ForAnyValue:StringLike': { 'cognito-identity.amazonaws.com:amr': 'authenticated' },
          },
        },
      ]),
    });
    // The pool's API is public: any Google account can get credentials for this role, whatever the access rules say.
    new IamRolePolicy(this, 'deny', {
      name: 'deny-all',
      role: role.id,
      policy: policyDocument([{ Effect: 'Deny', Action: '*', Resource: '*' }]),
    });
    new CognitoIdentityPoolRolesAttachment(this, 'roles', {
      identityPoolId: this.pool.id,
      roles: { authenticated: role.arn },
    });
  }
}

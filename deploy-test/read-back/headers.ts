/** Checks the headers that a live distribution adds, and the function that rewrites addresses. */
import assert from 'node:assert/strict';
import type { Answer } from '../local-aws/sdk.ts';
import type { Steps } from '../report.ts';
import { type LiveSite, listed } from './live-site.ts';

/**
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-response-headers-policies.html
 */
const managedSecurityHeaders = '67f7725c-6f97-4210-82d7-5512b31e9d03';
const managedCorsAndSecurityHeaders = 'e61eb60c-9c35-4d20-a928-2b84e02af89c';

/** Terraform sends them as a set, in its own order. */
const byHeader = (items: Answer): readonly Answer[] =>
  listed(items).toSorted((one, other) => (one.Header < other.Header ? -1 : 1));

export async function checkHeaders(site: LiveSite, steps: Steps): Promise<void> {
  const { sdk, config } = site;
  const live = site.distribution.DistributionConfig;
  const [auth, ...open] = listed(live.CacheBehaviors);
  const policyOf = async (behavior: Answer): Promise<Answer> => {
    const { ResponseHeadersPolicy } = await sdk.call('cloudfront', 'get_response_headers_policy', {
      Id: behavior.ResponseHeadersPolicyId,
    });
    return ResponseHeadersPolicy.ResponseHeadersPolicyConfig;
  };

  if (config.managedPoliciesOnly) {
    await steps.check("only AWS's managed headers policies are in use, and the account has no others", async () => {
      assert.equal(live.DefaultCacheBehavior.ResponseHeadersPolicyId, managedSecurityHeaders);
      for (const behavior of open) assert.equal(behavior.ResponseHeadersPolicyId, managedCorsAndSecurityHeaders);
      const { ResponseHeadersPolicyList } = await sdk.call('cloudfront', 'list_response_headers_policies');
      assert.deepEqual(listed(ResponseHeadersPolicyList), []);
    });
  } else {
    await steps.check('protected and open files carry the same security headers', async () => {
      for (const behavior of [live.DefaultCacheBehavior, ...open]) {
        const { SecurityHeadersConfig: headers } = await policyOf(behavior);
        assert.equal(headers.ContentSecurityPolicy.ContentSecurityPolicy, "frame-ancestors 'self'");
        assert.equal(headers.ContentTypeOptions.Override, true);
        assert.equal(headers.ReferrerPolicy.ReferrerPolicy, 'strict-origin-when-cross-origin');
        const { AccessControlMaxAgeSec, IncludeSubdomains, Preload } = headers.StrictTransportSecurity;
        assert.deepEqual([AccessControlMaxAgeSec, IncludeSubdomains, Preload], [31_536_000, false, false]);
      }
    });
    const opener = { Header: 'Cross-Origin-Opener-Policy', Value: 'same-origin-allow-popups', Override: true };
    await steps.check(
      'no browser keeps protected files unless they allow it, and no other origin loads them; ' +
        'any page loads open files',
      async () => {
        const guarded = await policyOf(live.DefaultCacheBehavior);
        assert.deepEqual(byHeader(guarded.CustomHeadersConfig), [
          { Header: 'Cache-Control', Value: 'private, no-store', Override: false },
          opener,
          { Header: 'Cross-Origin-Resource-Policy', Value: 'same-origin', Override: true },
        ]);
        assert.equal(guarded.CorsConfig, undefined);
        for (const behavior of open) {
          const { CustomHeadersConfig, CorsConfig } = await policyOf(behavior);
          assert.deepEqual(byHeader(CustomHeadersConfig), [
            opener,
            { Header: 'Cross-Origin-Resource-Policy', Value: 'cross-origin', Override: true },
          ]);
          assert.deepEqual(listed(CorsConfig.AccessControlAllowOrigins), ['*']);
          assert.equal(CorsConfig.AccessControlAllowCredentials, false);
        }
      },
    );
  }
  await steps.check('the API sends its own headers only', () => {
    assert.equal(auth.ResponseHeadersPolicyId ?? '', '');
  });

  const { indexRewriting, fallback } = config;
  const isAny = indexRewriting !== null || fallback !== null;
  await steps.check(
    isAny ? 'a published function runs where the config asks for one' : 'no function runs on a request',
    async () => {
      for (const behavior of [live.DefaultCacheBehavior, ...open]) {
        const isProtected = behavior === live.DefaultCacheBehavior;
        const functions = listed(behavior.FunctionAssociations);
        assert.equal(functions.length, indexRewriting !== null || (isProtected && fallback !== null) ? 1 : 0);
        for (const { EventType, FunctionARN } of functions) {
          assert.equal(EventType, 'viewer-request');
          const Name = FunctionARN.split('/').at(-1);
          const { FunctionCode } = await sdk.call('cloudfront', 'get_function', { Name, Stage: 'LIVE' });
          const code = Buffer.from(FunctionCode, 'base64').toString();
          assert.equal(code.includes("request.uri += 'index.html'"), indexRewriting !== null);
          assert.equal(code.includes('request.uri = fallback'), isProtected && fallback !== null);
        }
      }
    },
  );
}

/**
 * Switches every option off again: what the distribution used must be deleted after the distribution stops using it.
 */
import assert from 'node:assert/strict';
import type { SiteConfig } from '../../contract/config.ts';
import type { SiteChanges } from '../clone.ts';
import { inventory } from '../read-back/leftovers.ts';
import { readBack } from '../read-back/read-back.ts';
import { deployedSite, expectEmptyPlan, expectEveryAnswer, type Scenario, withoutWaiting } from './scenario.ts';
import { createFirewall, createZone } from './variants.ts';

const site = 'docs';

export const switches: Scenario = {
  name: 'switches',
  title: 'every option on, then every option off, in one account',
  run: async (stage) => {
    const { steps, tools, clone, aws } = stage;
    const apply = async (name: string, changes: SiteChanges): Promise<void> => {
      const { [site]: config } = clone.configure({ [site]: changes }) as Record<string, SiteConfig>;
      if (config === undefined) throw new Error(`no site ${site}`);
      await steps.step(`synth, ${name}`, () => tools.synth());
      withoutWaiting(stage, site);
      await steps.step(`terraform apply, ${name}`, () => tools.apply(site));
      await readBack(deployedSite(stage, site, config), steps);
      await expectEmptyPlan(stage, site);
    };

    await createZone(stage);
    const webAclArn = await createFirewall(stage);
    clone.configure({ [site]: {} });
    await steps.step('npm run keys -- create', () => tools.createKeys(site));
    await apply('every option on', {
      domain: { name: 'docs.example.com', hostedZone: 'example.com' },
      webAclArn,
      accessLogs: { bucket: 'logs-of-ours.s3.amazonaws.com' },
      indexRewriting: true,
      fallback: '/index.html',
    });
    await apply('every option off', { managedPoliciesOnly: true, identityPool: null });
    await steps.check('what the options created is gone', async () => {
      const left = Object.keys(await inventory(aws.sdk));
      for (const gone of [
        'list_functions',
        'list_response_headers_policies',
        'list_certificates',
        'list_identity_pools',
      ]) {
        assert.ok(!left.some((list) => list.endsWith(gone) && !list.startsWith('lambda')), gone);
      }
    });
    await expectEveryAnswer(stage);
  },
};

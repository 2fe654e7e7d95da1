/** Fixes the Region and stage of a deployed site. A plan that would change them fails before anything is touched. */
import { DataResource } from 'cdktf';
import { Construct } from 'constructs';
import type { SiteConfig } from '../../contract/config.ts';

/**
 * Another Region or stage is another site: under the same state, Terraform would lose track of the first site, or
 * recreate it with other keys and no content. So the first deploy records both, and every later plan must match,
 * wherever the state is.
 */
export class SiteIdentity extends Construct {
  constructor(scope: Construct, id: string, site: Pick<SiteConfig, 'region' | 'stage'>) {
    super(scope, id);
    const { region, stage } = site;
    const was = '${self.output.region}, stage ${self.output.stage}';
    new DataResource(this, 'first_deploy', {
      input: { region, stage },
      lifecycle: {
        ignoreChanges: ['input'],
        postcondition: [
          {
            condition: `\${self.output.region == "${region}" && self.output.stage == "${stage}"}`,
            errorMessage:
              `This site was first deployed in ${was}; the config now says ${region}, stage ${stage}. ` +
              'Neither can be changed. Fix: set region and stage back in s3nator.config.ts, ' +
              'and give the other Region or stage an entry of its own under sites.',
          },
        ],
      },
    });
  }
}

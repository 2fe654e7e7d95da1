/** The login for a distribution that somebody else creates. Creates no distribution, domain or certificate. */
import type { Construct } from 'constructs';
import { isIn, type SitePaths } from '../contract/layout.ts';
import type { ContentFile } from './content/content-files.ts';
import type { LoginFunction } from './login/login-function.ts';
import { type ServedBy, SiteParts, type SitePartsProps } from './site-parts.ts';
import { setupError } from './text/setup-error.ts';

/**
 * Put the values of `edge` into the distribution, then call `serveOn`. The owner of the distribution decides what the
 * config otherwise sets for it (`openPaths`, `priceClass`, `webAclArn`, `accessLogs`).
 */
export class SiteLogin extends SiteParts {
  constructor(scope: Construct, id: string, props: SitePartsProps) {
    const { site, files } = props;
    requireOpenPages(files, site.paths);
    if (site.domain !== null) {
      throw setupError(
        'config_wrong',
        `domain: got ${JSON.stringify(site.domain.name)}; allowed: null, because hosts belong to the distribution. ` +
          'Fix: set domain to null, and pass hosts to serveOn',
      );
    }
    super(scope, id, props, { pages: 's3nator-pages', api: 's3nator-api' });
  }

  /** Puts the login on the distribution that has the values of `edge`. Call it once. */
  serveOn(served: ServedBy): LoginFunction {
    return this.attach(served);
  }
}

/**
 * Refuses files that would be uploaded but never served: the site's own bucket answers only what is in `paths.open`,
 * because the content is elsewhere.
 */
export function requireOpenPages(files: readonly ContentFile[], { open }: SitePaths): void {
  const stray = files.find(({ path }) => !isIn(open, path));
  if (stray === undefined) return;
  throw setupError(
    'content_elsewhere',
    `files: ${stray.path} is not under ${open}/, and everything else is served from a bucket that s3nator ` +
      'does not write to. Fix: set content to null',
  );
}

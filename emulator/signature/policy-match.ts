/**
 * Decides whether the `Resource` of a signed policy covers a URL. Wildcards work section by section.
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-creating-signed-url-custom-policy.html
 */
import { matchesWildcard } from './wildcard.ts';

/** A viewer's URL in CloudFront's four sections, each exactly as sent. */
export interface UrlSections {
  readonly scheme: string;
  readonly host: string;
  /** Starts with `/`. */
  readonly path: string;
  /** Without `?`; undefined if the URL has none. */
  readonly query: string | undefined;
}

interface ResourceSections {
  readonly path: string;
  readonly query: string | undefined;
}

/**
 * A `?` in a resource either starts the query string or matches one character of the path. The documentation gives the
 * same character both meanings, so every reading is tried.
 */
function readings(pathAndQuery: string): ResourceSections[] {
  const found: ResourceSections[] = [{ path: pathAndQuery, query: undefined }];
  for (let at = pathAndQuery.indexOf('?'); at >= 0; at = pathAndQuery.indexOf('?', at + 1)) {
    found.push({ path: pathAndQuery.slice(0, at), query: pathAndQuery.slice(at + 1) });
  }
  return found;
}

function coversPathAndQuery(resource: ResourceSections, url: UrlSections): boolean {
  if (!matchesWildcard(resource.path, url.path)) return false;
  // "`http://example.com/hello*` is equivalent to `http://example.com/hello*\?*`": a query section of `*` covers a URL
  // without one.
  if (resource.query !== undefined) return matchesWildcard(resource.query, url.query ?? '');
  // "A trailing asterisk in the path section implies an asterisk in the query string section."
  return url.query === undefined || resource.path.endsWith('*');
}

/** Whether `resource` covers `url`. undefined means the policy has no resource, which covers everything. */
export function resourceCovers(resource: string | undefined, url: UrlSections): boolean {
  if (resource === undefined || resource === '*') return true;
  // A `://` after the first slash belongs to a path or a query.
  const [prefix, scheme] = /^([^/]*):\/\//.exec(resource) ?? ['', '*'];
  // Only a resource that starts with `*` may omit the protocol, which then matches any.
  if (prefix === '' && !resource.startsWith('*')) return false;
  if (!matchesWildcard(scheme ?? '', url.scheme)) return false;
  const rest = resource.slice(prefix.length);

  const slash = rest.indexOf('/');
  const domain = slash < 0 ? rest : rest.slice(0, slash);
  if (!matchesWildcard(domain, url.host)) return false;
  if (slash >= 0) return readings(rest.slice(slash)).some((reading) => coversPathAndQuery(reading, url));
  // "`http://example.com*` is equivalent to `http://example.com*/*\?*`"; without the asterisk only `/` matches.
  return domain.endsWith('*') || (url.path === '/' && url.query === undefined);
}

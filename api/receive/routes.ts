/** The paths of the API, and the methods of each, without regard to the folder that a site chose for the API. */
import { defaultPaths, isIn, type SitePaths, withPaths } from '../../contract/layout.ts';
import { apiRoutes } from '../../contract/session-api.ts';

export const apiPaths: ReadonlySet<string> = new Set(apiRoutes.map(({ path }) => path));

/** The path of a route on a site. */
export const pathOnSite = (route: string, paths: SitePaths): string => withPaths(route, paths);

/** The path of `apiPaths` that a site answers at `path`; empty if there is no such path. */
export function routeAt(path: string, { api }: SitePaths): string {
  const route = isIn(api, path) ? defaultPaths.api + path.slice(api.length) : '';
  return apiPaths.has(route) ? route : '';
}

/** Methods at that path, as `Allow` lists them; `undefined` if there is no such path. */
export const methodsAt = (wanted: string): string | undefined =>
  apiPaths.has(wanted)
    ? apiRoutes.flatMap(({ method, path }) => (path === wanted ? [method] : [])).join(', ')
    : undefined;

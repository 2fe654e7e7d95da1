/** The paths of the API, and the methods of each. */
import { apiRoutes } from '../../contract/session-api.ts';

export const apiPaths: ReadonlySet<string> = new Set(apiRoutes.map(({ path }) => path));

/** Methods at that path, as `Allow` lists them; `undefined` if there is no such path. */
export const methodsAt = (wanted: string): string | undefined =>
  apiPaths.has(wanted)
    ? apiRoutes.flatMap(({ method, path }) => (path === wanted ? [method] : [])).join(', ')
    : undefined;

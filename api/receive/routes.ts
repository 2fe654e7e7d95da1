/** Owns which paths the API answers at, and the methods of each. Handles nothing. */
import { accessRequestsPath, renewalPath, sessionPath } from '../../contract/session-api.ts';

const methodsByPath: ReadonlyMap<string, readonly string[]> = new Map([
  [sessionPath, ['GET', 'POST', 'DELETE']],
  [renewalPath, ['POST']],
  [accessRequestsPath, ['POST']],
]);

/** Methods at that path, as `Allow` lists them; `undefined`: there is no such path. */
export const methodsAt = (path: string): string | undefined => methodsByPath.get(path)?.join(', ');

/** Request IDs in the style of AWS: random, and of the right length and letters. */
import { randomBytes } from 'node:crypto';

/** A request id in the style of AWS: capital letters and digits. */
export const errorId = (length: number): string =>
  randomBytes(length).toString('base64').replaceAll(/[+/=]/g, 'X').toUpperCase().slice(0, length);

/** What names one request in `X-Amz-Cf-Id` and in the edge's own pages. */
export const createRequestId = (): string => `${randomBytes(40).toString('base64url')}==`;

/** Request IDs in the style of AWS: random, with the right length and letters. */
import { randomBytes } from 'node:crypto';

/** A request ID in the style of AWS: capital letters and digits. */
export const errorId = (length: number): string =>
  randomBytes(length).toString('base64').replaceAll(/[+/=]/g, 'X').toUpperCase().slice(0, length);

/** The ID of a request in `X-Amz-Cf-Id` and on the edge's own pages. */
export const createRequestId = (): string => `${randomBytes(40).toString('base64url')}==`;

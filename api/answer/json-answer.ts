/** Builds a JSON answer to a request that succeeded. */
import type { GatewayAnswer } from '../receive/gateway.ts';
import { noStore } from './problem.ts';

export const json = (statusCode: number, value: unknown, cookies: readonly string[] = []): GatewayAnswer => ({
  statusCode,
  headers: { ...noStore, 'Content-Type': 'application/json' },
  ...(cookies.length > 0 && { cookies }),
  body: JSON.stringify(value),
});

/** When keys may be rotated and retired, from what was deployed when. */
import { type KeyList, sameKeyList, trustedKeys } from '../stacks/keys/key-list.ts';

/** A list of keys that was deployed. */
export interface DeployedList {
  readonly list: KeyList;
  /** Epoch milliseconds. */
  readonly since: number;
}

/** How long a change of the key group may take to reach all edges, in milliseconds. CloudFront documents no time. */
export const propagationMs = 15 * 60_000;

export interface Situation {
  /** The keys of this checkout. */
  readonly list: KeyList;
  /** Every list that was deployed, newest first; at least one. */
  readonly deployed: readonly [DeployedList, ...DeployedList[]];
  /** Life of the signed cookies in seconds. */
  readonly cookieSeconds: number;
}

/**
 * Whether something may be done now. If not, why, and from when on it may be done if only time is missing (epoch ms).
 */
export type Verdict =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly why: string; readonly from: number | undefined };

const no = (why: string, from?: number): Verdict => ({ allowed: false, why, from });
const yes: Verdict = { allowed: true };

/** Since when something has been true without interruption; undefined if it is not true now. */
function since(deployed: readonly DeployedList[], holds: (list: KeyList) => boolean): number | undefined {
  const broken = deployed.findIndex(({ list }) => !holds(list));
  return deployed[broken === -1 ? deployed.length - 1 : broken - 1]?.since;
}

/** Since when CloudFront has been told to trust a key; undefined if it is not. */
export const publishedSince = ({ deployed }: Situation, fingerprint: string): number | undefined =>
  since(deployed, (list) => trustedKeys(list).includes(fingerprint));

export const isDeployed = ({ list, deployed }: Situation): boolean => sameKeyList(list, deployed[0].list);

const notDeployed = no('the keys of this checkout are not the deployed ones: deploy first');

/** The next key may sign only once every edge knows it. */
export function mayRotate(situation: Situation, now: number): Verdict {
  const { list } = situation;
  if (list.retiring !== undefined) return no(`the last rotation is not finished: retire ${list.retiring} first`);
  if (!isDeployed(situation)) return notDeployed;
  const published = publishedSince(situation, list.next);
  if (published === undefined) return notDeployed;
  const from = published + propagationMs;
  return now >= from ? yes : no(`CloudFront's edges may not know the next key ${list.next} yet`, from);
}

/** A key may be retired only once the last cookie that it signed has expired. */
export function mayRetire(situation: Situation, now: number): Verdict {
  const { list, deployed, cookieSeconds } = situation;
  if (list.retiring === undefined) return no('no key is retiring');
  if (!isDeployed(situation)) return notDeployed;
  const signs = since(deployed, ({ signer }) => signer === list.signer);
  if (signs === undefined) return notDeployed;
  const from = signs + cookieSeconds * 1000 + propagationMs;
  return now >= from ? yes : no(`cookies that ${list.retiring} signed may still be valid`, from);
}

/**
 * Finds the behavior that serves a path: the first match in the listed order, on the normalized path.
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesCacheBehavior.html
 */
import type { BehaviorModel } from '../model/stack-model.ts';
import { matchesWildcard } from '../signature/wildcard.ts';

/**
 * RFC 3986, 6.2.2: case of percent-encodings, needless percent-encodings, dot segments; and CloudFront's `//`. The
 * result is never sent to an origin.
 */
export function normalizePath(path: string): string {
  const decoded = path.replace(/%([0-9A-Fa-f]{2})/g, (found, hex: string) => {
    const character = String.fromCharCode(Number.parseInt(hex, 16));
    return /[A-Za-z0-9\-._~]/.test(character) ? character : found.toUpperCase();
  });
  const kept: string[] = [];
  const segments = decoded
    .replace(/\/{2,}/g, '/')
    .split('/')
    .slice(1);
  for (const [index, segment] of segments.entries()) {
    const last = index === segments.length - 1;
    if (segment === '..') kept.pop();
    if (segment !== '.' && segment !== '..') kept.push(segment);
    else if (last) kept.push('');
  }
  return `/${kept.join('/')}`;
}

/** The behavior for a path as the viewer sent it. The last behavior is the default and matches everything. */
export function behaviorFor(behaviors: readonly BehaviorModel[], path: string): BehaviorModel {
  const normalized = normalizePath(path);
  const found = behaviors.find(({ pattern }) => {
    // The leading slash of a pattern is optional.
    const absolute = pattern.startsWith('/') || pattern.startsWith('*') ? pattern : `/${pattern}`;
    return matchesWildcard(absolute, normalized);
  });
  if (found === undefined) throw new Error('a distribution always has a default behavior');
  return found;
}

/** What `npm run keys` prints. Shows no private key. */
import type { KeyRoles } from '../stacks/keys/key-list.ts';
import type { NamedKey, SigningKeys } from '../stacks/keys/signing-keys.ts';
import { isDeployed, mayRetire, mayRotate, publishedSince, type Situation, type Verdict } from './key-schedule.ts';
import { paint } from './terminal.ts';

const minuteMs = 60_000;

/** `2026-11-05 12:00 UTC`. A future time is rounded up, so that it is never too early. */
export function timeOf(epochMs: number, now: number): string {
  const minute = epochMs > now ? Math.ceil(epochMs / minuteMs) : Math.floor(epochMs / minuteMs);
  return `${new Date(minute * minuteMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** The two largest units of a duration, which is at least one minute. */
export function lengthOf(milliseconds: number): string {
  const minutes = Math.max(1, Math.ceil(milliseconds / minuteMs));
  const parts: [number, string][] = [
    [Math.floor(minutes / 1440), 'day'],
    [Math.floor(minutes / 60) % 24, 'hour'],
    [minutes % 60, 'minute'],
  ];
  return parts
    .filter(([count]) => count > 0)
    .slice(0, 2)
    .map(([count, unit]) => `${count} ${unit}${count === 1 ? '' : 's'}`)
    .join(' ');
}

/** Why not now, and when it will be possible. */
export const refusalOf = ({ why, from }: Verdict & { allowed: false }, now: number): string =>
  from === undefined ? why : `${why}; from ${timeOf(from, now)} on (in ${lengthOf(from - now)})`;

const roleColours = { signer: 'green', next: 'cyan', retiring: 'yellow' } as const;

type Role = keyof typeof roleColours;

/** The keys by role. */
export function byRole({ signer, next, retiring }: KeyRoles<NamedKey>): readonly [Role, NamedKey][] {
  const lasting: [Role, NamedKey][] = [
    ['signer', signer],
    ['next', next],
  ];
  return retiring === undefined ? lasting : [...lasting, ['retiring', retiring]];
}

export interface ListReport {
  readonly site: string;
  /** Key type and store, as the config names them. */
  readonly type: string;
  readonly store: string;
  readonly keys: SigningKeys;
  /** What is deployed, or why that is unknown. */
  readonly deployed: Situation | { readonly unknown: string };
}

/** The table of `npm run keys -- list`, and what may be done next. */
export function listReport({ site, type, store, keys, deployed }: ListReport, now: number): string {
  const since = (fingerprint: string): string => {
    if ('unknown' in deployed) return 'unknown';
    const published = publishedSince(deployed, fingerprint);
    return published === undefined ? 'with the next deploy' : timeOf(published, now);
  };
  const row = (cells: readonly string[], colour?: (typeof roleColours)[Role]): string => {
    const [fingerprint = '', role = '', keyType = '', published = ''] = cells;
    const padded = role.padEnd(8);
    return `  ${fingerprint.padEnd(16)}  ${colour === undefined ? padded : paint(colour, padded)}  \
${keyType.padEnd(8)}  ${published}`;
  };
  const lines = [
    `Keys of site ${paint('bold', site)}, store ${store}`,
    '',
    row(['fingerprint', 'role', 'type', 'published since']),
    ...byRole(keys).map(([role, { fingerprint }]) =>
      row([fingerprint, role, type, since(fingerprint)], roleColours[role]),
    ),
    '',
  ];
  if ('unknown' in deployed) lines.push(`  It is unknown what is deployed: ${deployed.unknown}`);
  else lines.push(...nextSteps(site, deployed, now));
  return `${lines.join('\n')}\n\n`;
}

function nextSteps(site: string, situation: Situation, now: number): string[] {
  if (!isDeployed(situation)) return [`  deploy  now: npx cdktf deploy ${site}`];
  const verdict =
    situation.list.retiring === undefined
      ? ({ step: 'rotate', of: mayRotate(situation, now) } as const)
      : ({ step: 'retire', of: mayRetire(situation, now) } as const);
  const when = verdict.of.allowed ? `now: npm run keys -- ${verdict.step} --site ${site}` : refusalOf(verdict.of, now);
  return [`  ${verdict.step}  ${when}`];
}

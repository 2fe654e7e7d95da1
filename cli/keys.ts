/** `npm run keys`: creates, lists, rotates and retires signing keys. Overwrites no key and prints none. */
import { join, relative } from 'node:path';
import type { SiteConfig } from '../contract/config.ts';
import { keyListFile } from '../stacks/keys/key-list.ts';
import {
  keyListOf,
  privateKeyFile,
  publicKeyFile,
  readSigningKeys,
  type SigningKeys,
} from '../stacks/keys/signing-keys.ts';
import { loadConfig } from '../stacks/load-config.ts';
import { chosenSite } from './chosen-site.ts';
import { deployedSite } from './deployed-site.ts';
import { createKeys, retireKey, rotateKeys } from './key-files.ts';
import { deployedKeys } from './key-history.ts';
import { byRole, lengthOf, listReport, refusalOf } from './key-report.ts';
import { type DeployedList, mayRetire, mayRotate, propagationMs, type Situation } from './key-schedule.ts';
import { paint, write } from './terminal.ts';
import { WrongCall } from './wrong-call.ts';

export interface KeysOptions {
  /** Folder with `s3nator.config.ts` and `keys/`. */
  readonly root: string;
  readonly action: string | undefined;
  /** The site; may be left out if the config has one. */
  readonly site: string | undefined;
  /** `--now`: skips the check whether it is too early. */
  readonly now: boolean;
}

/** What the command needs from outside. */
export interface KeysWorld {
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** The lists of keys that were deployed, newest first. Rejects with a plain `Error` if that cannot be determined. */
  readonly deployed: (site: string) => Promise<readonly [DeployedList, ...DeployedList[]]>;
}

interface Task {
  readonly root: string;
  /** Name of the site. */
  readonly site: string;
  readonly config: SiteConfig;
  /** The site's folder under `keys/`. */
  readonly directory: string;
  readonly world: KeysWorld;
}

/** Runs `npm run keys`. Throws a plain `Error` if something may not be done. */
export async function keysCommand(
  { root, action, site, now }: KeysOptions,
  world: KeysWorld = {
    clock: Date.now,
    deployed: async (name) => deployedKeys(await deployedSite({ root, site: name })),
  },
): Promise<void> {
  const run = Object.hasOwn(actions, action ?? '') ? actions[action as keyof typeof actions] : undefined;
  if (run === undefined) {
    const wrong = action === undefined ? 'no action given' : `unknown action ${action}`;
    throw new WrongCall(`keys: ${wrong}.`);
  }
  if (now && run !== rotate && run !== retire) {
    throw new WrongCall(`keys ${action}: --now is for rotate and retire.`);
  }
  const { name, config } = chosenSite(await loadConfig(root), site);
  const task = { root, site: name, config, directory: join(root, 'keys', name), world };
  write(await run(task, now));
}

const actions = { create, list, rotate, retire } as const;

const situationOf = async ({ site, config, world }: Task, keys: SigningKeys): Promise<Situation> => ({
  list: keyListOf(keys),
  deployed: await world.deployed(site),
  cookieSeconds: config.session.cookieSeconds,
});

function create(task: Task): string {
  const { site, config, directory } = task;
  const keys = createKeys(directory, config.signing);
  const { signer, next } = keys;
  if (keys.store === 'kms') {
    return paragraphs(
      [`Named two ${config.signing.key} keys for site ${paint('bold', site)}. The next deploy makes them in KMS.`],
      rolesOf(keys),
      ['  Commit this, so that every checkout can deploy. It is not secret:', shown(task, keyListFile)],
    );
  }
  return paragraphs(
    [`Made two ${config.signing.key} key pairs for site ${paint('bold', site)}.`],
    [
      '  Commit these, so that every checkout can deploy:',
      ...[keyListFile, publicKeyFile(signer.fingerprint), publicKeyFile(next.fingerprint)].map((file) =>
        shown(task, file),
      ),
    ],
    [
      '  Keep these secret; git ignores them. The next deploy uploads them, and later deploys do not need them:',
      `${shown(task, privateKeyFile(signer.fingerprint))}   ${meanings.signer}`,
      `${shown(task, privateKeyFile(next.fingerprint))}   ${meanings.next}`,
    ],
  );
}

async function list(task: Task): Promise<string> {
  const { site, config, directory, world } = task;
  const keys = readSigningKeys(directory, config.signing);
  const deployed = await situationOf(task, keys).catch((error: Error) => {
    if (error.constructor !== Error) throw error;
    return { unknown: error.message };
  });
  return listReport({ site, type: config.signing.key, store: config.signing.store, keys, deployed }, world.clock());
}

async function rotate(task: Task, now: boolean): Promise<string> {
  const { site, config, directory, world } = task;
  const before = readSigningKeys(directory, config.signing);
  if (!now) {
    const verdict = mayRotate(await situationOf(task, before), world.clock());
    if (!verdict.allowed) throw new Error(`rotate: ${refusalOf(verdict, world.clock())}`);
  }
  const keys = rotateKeys(directory, config.signing, now);
  const { fingerprint } = keys.next;
  return paragraphs(
    [`Rotated the keys of site ${paint('bold', site)}.`],
    rolesOf(keys),
    ...(keys.store === 'kms'
      ? [['  Commit this, so that every checkout can deploy:', shown(task, keyListFile)]]
      : [
          [
            '  Commit the folder, so that every checkout can deploy; new in it:',
            shown(task, publicKeyFile(fingerprint)),
          ],
          ['  Keep this secret; git ignores it. The next deploy needs it:', shown(task, privateKeyFile(fingerprint))],
        ]),
    now
      ? [
          `  Then: npx cdktf deploy ${site}`,
          '  A few minutes later, everyone has to sign in again, and gets cookies of the new key. If that key was not',
          '  deployed before, some edges refuse these cookies for a few minutes, too.',
        ]
      : [
          `  Then: npx cdktf deploy ${site}`,
          `  and, ${lengthOf(config.session.cookieSeconds * 1000 + propagationMs)} after the deploy: npm run keys -- \
retire --site ${site}`,
        ],
  );
}

async function retire(task: Task, now: boolean): Promise<string> {
  const { site, config, directory, world } = task;
  const before = readSigningKeys(directory, config.signing);
  if (before.retiring === undefined) throw new Error('retire: no key is retiring');
  if (!now) {
    const verdict = mayRetire(await situationOf(task, before), world.clock());
    if (!verdict.allowed) throw new Error(`retire: ${refusalOf(verdict, world.clock())}`);
  }
  const keys = retireKey(directory, config.signing);
  return paragraphs([`Retired the key ${before.retiring.fingerprint} of site ${paint('bold', site)}.`], rolesOf(keys), [
    `  Commit the folder, then: npx cdktf deploy ${site}`,
  ]);
}

const meanings = {
  signer: 'signs',
  next: 'signs after the next rotation',
  retiring: 'no longer signs, still trusted',
} as const;

const shown = ({ root, directory }: Task, file: string): string => `    ${relative(root, join(directory, file))}`;

const rolesOf = (keys: SigningKeys): string[] =>
  byRole(keys).map(([role, { fingerprint }]) => `  ${fingerprint}  ${role.padEnd(8)}  ${meanings[role]}`);

const paragraphs = (...parts: readonly (readonly string[])[]): string =>
  `${parts.map((lines) => lines.join('\n')).join('\n\n')}\n\n`;

/** Detects an option of ours that npm took: without `--`, npm keeps every word that begins with a hyphen. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Options } from './parse-options.ts';

/** Options of other names that npm knows, and takes ours for. */
const abbreviated: Readonly<Record<string, string>> = { token: 'token-description' };

/** Whether one of npm's own files says the same: then it need not have been typed now. */
function isConfigured(key: string, value: string, env: NodeJS.ProcessEnv): boolean {
  const { npm_config_userconfig: own, npm_config_globalconfig: global, npm_config_local_prefix: project } = env;
  const files = [own, global, project && join(project, '.npmrc')];
  const line = new RegExp(
    `^[ \\t]*${key.replaceAll('-', '[-_]')}[ \\t]*(?:=[ \\t]*["']?(.*?)["']?[ \\t]*)?\\r?$`,
    'gm',
  );
  return files.some((file) => {
    if (!file) return false;
    try {
      const said = [...readFileSync(file, 'utf8').matchAll(line)].at(-1);
      return said !== undefined && (said[1] ?? 'true') === value;
    } catch {
      return false;
    }
  });
}

/** What npm was given for an option; undefined: nothing. It leaves that in the environment. */
function takenValue(name: string, env: NodeJS.ProcessEnv): string | undefined {
  for (const key of [name, abbreviated[name]]) {
    const value = key && env[`npm_config_${key.replaceAll('-', '_')}`];
    if (key && value && !isConfigured(key, value, env)) return value;
  }
  return undefined;
}

/** Words as a shell takes them. */
export const typed = (words: readonly string[]): string =>
  words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ');

/**
 * Throws one line that shows how to type it when npm took an option of the command. `command`: as it is typed before
 * `--`. `args`: what is left of what was typed.
 */
export function refuseTakenOptions(
  command: string,
  options: Options,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): void {
  const given = new Set(args.map((word) => word.replace(/=.*/s, '')));
  const taken = Object.entries(options).flatMap(([name, option]) => {
    const value = given.has(`--${name}`) ? undefined : takenValue(name, env);
    return value === undefined
      ? []
      : [{ name, value: option.type === 'string' ? option.value : undefined, given: value }];
  });
  if (taken.length === 0) return;
  // npm leaves the value of an option that it does not know among the words: which of them it is, nobody can tell.
  const isUnclear = taken.some((option) => option.value !== undefined && !/^(?!true$)\S/.test(option.given));
  const again = taken.map((option) => {
    if (option.value === undefined) return `--${option.name}`;
    return option.given.startsWith('true')
      ? `--${option.name} ${option.value}`
      : `--${option.name} ${typed([option.given])}`;
  });
  const words = isUnclear ? [...typed(args.slice(0, 1)).split(' '), '…'].filter((word) => word !== '') : [typed(args)];
  // The old name of --local-site leaves no trace: the line below must not lead to the deployed site unasked.
  const reminder = taken.some(({ name }) => name === 'yes' && !given.has('--local-site'))
    ? ' (and --local-site, if the site on this machine was meant)'
    : '';
  const names = taken.map(({ name }) => `--${name}`).join(' and ');
  throw new Error(
    `npm took ${names} for itself, so nothing was done. \
Fix: put -- before the options: \
${[command, '--', ...words, ...again].filter((word) => word !== '').join(' ')}${reminder}`,
  );
}

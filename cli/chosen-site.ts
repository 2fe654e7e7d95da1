/** Reads `--site NAME`: the named site of the config, or its only one. */
import type { Config, SiteConfig } from '../contract/config.ts';

export interface ChosenSite {
  /** Name of the site in the config, and of its stack. */
  readonly name: string;
  readonly config: SiteConfig;
}

/** The site that `--site` names, or the only one. Throws one line that lists the sites. */
export function chosenSite({ sites }: Config, option: string | undefined): ChosenSite {
  const names = Object.keys(sites);
  const name = option ?? (names.length === 1 ? names[0] : undefined);
  const config = name === undefined || !Object.hasOwn(sites, name) ? undefined : sites[name];
  if (name === undefined || config === undefined) {
    throw new Error(`--site: got ${option ?? 'nothing'}; allowed: ${names.join(', ')}`);
  }
  return { name, config };
}

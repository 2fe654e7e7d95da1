import { describe, expect, it } from 'vitest';
import type { Config, SiteConfig } from '../contract/config.ts';
import { chosenSite } from './chosen-site.ts';

const [docs, media] = [{ region: 'eu-west-1' }, { region: 'us-east-2' }] as SiteConfig[];
const sites = (all: object): Config => ({ sites: all }) as Config;

describe('chosenSite', () => {
  it('is the named site', () => {
    expect(chosenSite(sites({ docs, media }), 'media')).toEqual({ name: 'media', config: media });
  });

  it('is the only site if none is named', () => {
    expect(chosenSite(sites({ docs }), undefined)).toEqual({ name: 'docs', config: docs });
  });

  it.each([
    ['nothing', undefined, { docs, media }, 'docs, media'],
    ['other', 'other', { docs }, 'docs'],
    ['constructor', 'constructor', { docs, media }, 'docs, media'],
  ])('refuses %s if the config has no such site, and lists the sites', (got, option, all, names) => {
    expect(() => chosenSite(sites(all), option)).toThrow(new Error(`--site: got ${got}; allowed: ${names}`));
  });
});

import { describe, expect, it } from 'vitest';
import { stateBackend } from './state-backend.ts';
import { synthesizeSite, validConfig } from './testing/synthesized-site.ts';

describe('stateBackend', () => {
  it('names the state that the synthesized stack keeps', () => {
    const [[name, site] = []] = Object.entries(validConfig().sites);
    if (name === undefined || site === undefined) throw new Error('no site');
    const { backend, config } = stateBackend(name, site);
    expect({ [backend]: config }).toEqual(synthesizeSite().json.terraform.backend);
  });
});

import { describe, expect, it } from 'vitest';
import { synthesizeSite, validConfig } from '../testing/synthesized-site.ts';
import { stateBackend } from './state-backend.ts';

describe('stateBackend', () => {
  it('locks a remote state, encrypts it, and stores it by site and stage', () => {
    const state = { bucket: 'states', region: 'eu-central-1' };
    expect(synthesizeSite({ site: { stage: 'test', state } }).json.terraform.backend).toEqual({
      s3: { ...state, key: 's3nator/docs-test.tfstate', encrypt: true, use_lockfile: true },
    });
  });

  it.each([
    ['local', null],
    ['remote', { bucket: 'states', region: 'eu-central-1', key: 'docs.tfstate' }],
  ])('names the state that the synthesized stack uses: %s', (_, state) => {
    const [[name, site] = []] = Object.entries(validConfig({ state }).sites);
    if (name === undefined || site === undefined) throw new Error('no site');
    const { backend, config } = stateBackend(name, site);
    expect({ [backend]: config }).toEqual(synthesizeSite({ site: { state } }).json.terraform.backend);
  });
});

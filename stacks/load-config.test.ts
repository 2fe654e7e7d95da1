import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadConfig } from './load-config.ts';
import { makeCheckout } from './testing/synthesized-site.ts';

async function loaded(text: string | undefined): Promise<unknown> {
  const { root, remove } = makeCheckout(text === undefined ? {} : { 's3nator.config.ts': text });
  try {
    return await loadConfig(root);
  } finally {
    remove();
  }
}

describe('loadConfig', () => {
  it('reads the default export and fills in defaults', async () => {
    const site = {
      region: 'eu-west-1',
      content: null,
      providers: [{ kind: 'google', clientId: 'x.apps.googleusercontent.com' }],
      identityPool: null,
      session: { cookieSeconds: 60, maximumSeconds: 60 },
      access: { blocked: [], rules: [] },
    };
    await expect(loaded(`export default { sites: { docs: ${JSON.stringify(site)} } };`)).resolves.toMatchObject({
      sites: { docs: { stage: 'prod', identityPool: null } },
    });
  });

  it('names every wrong value in a line of its own', async () => {
    await expect(loaded('export default { sites: { docs: { region: 5 } } };')).rejects.toMatchObject({
      code: 'config_wrong',
      message: expect.stringMatching(/^s3nator\.config\.ts: sites\.docs\.region: got 5; .*\ns3nator\.config\.ts: /),
    });
  });

  it('says that a config without a default export is none', async () => {
    await expect(loaded('export const config = {};')).rejects.toMatchObject({ code: 'config_wrong' });
  });

  it('says what is wrong with a config that does not run', async () => {
    await expect(loaded('throw new Error("no such thing");')).rejects.toMatchObject({
      code: 'config_wrong',
      message: 's3nator.config.ts: no such thing',
    });
  });

  it('says what mends a config in a project of the type that npm init writes', async () => {
    const { root, remove } = makeCheckout({
      's3nator.config.ts': "import 'node:fs';\nexport default {};",
      'package.json': '{ "type": "commonjs" }',
    });
    try {
      const command = `import('${pathToFileURL(join(import.meta.dirname, 'load-config.ts'))}').then((it) => it.loadConfig('.'))`;
      const { stderr } = spawnSync(process.execPath, ['--no-warnings', '-e', command], { cwd: root, encoding: 'utf8' });
      expect(stderr).toMatch(/s3nator\.config\.ts: .*outside a module\. Mend: "type": "module" in package\.json/);
    } finally {
      remove();
    }
  });

  it('names the file that is missing', async () => {
    await expect(loaded(undefined)).rejects.toThrow(/s3nator\.config\.ts: missing$/);
  });
});

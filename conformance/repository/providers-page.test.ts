import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RunningSite, root, startSite } from '../support/site.ts';

/** The block of docs/providers.md under a mark. */
async function block(mark: string): Promise<string> {
  const page = await readFile(join(root, 'docs/providers.md'), 'utf8');
  const [, text] = new RegExp(`<!-- ${mark} -->\n\`\`\`\\w+\n(.*?)\`\`\``, 's').exec(page) ?? [];
  if (text === undefined) throw new Error(`docs/providers.md has no block ${mark}`);
  return text;
}

const siteWith = (fields: string): Promise<RunningSite> => {
  const config = `import { defineConfig } from './contract/config.ts';
export default defineConfig({
  sites: { docs: { region: 'eu-west-1', content: 'site/www', identityPool: true, ${fields} } },
});
`;
  return startSite({ config: () => config });
};

let site: RunningSite;
beforeAll(async () => {
  site = await siteWith(await block('machine config'));
});
afterAll(() => site.close());

const shell = async (script: string, site: RunningSite): Promise<string> => {
  const jar = join(site.folder, 'jar');
  const text = script
    .replaceAll('127.0.0.1:8082', new URL(site.issuers.origin).host)
    .replaceAll('localhost:8080', new URL(site.origin).host)
    .replaceAll(' jar ', ` ${jar} `);
  return (await promisify(execFile)('bash', ['-euc', text])).stdout;
};

it('lets a CI job fetch a protected file exactly as the page says', async () => {
  const script = await block('machine curl');
  expect(await shell(script, site)).toMatch(/<title>[^<]*guide/i);
});

it.each([
  ['another repository', 'repository_id=1296269', 'repository_id=1'],
  ['another branch', 'ref=refs/heads/main', 'ref=refs/heads/evil'],
  ['another audience', 'aud=https://docs.example.com', 'aud=https://elsewhere.example'],
  ['another issuer', 'ISSUER=https://token.actions.githubusercontent.com', 'ISSUER=https://ci.example'],
])('shows a job of %s the login page', async (_, was, is) => {
  const script = await block('machine curl');
  expect(script).toContain(was);
  expect(await shell(`rm -f jar ; ${script.replace(was, is)}`, site)).toMatch(/<secure-login/);
});

it("lets curl in with a user pool's token exactly as the page says, and nobody of another domain", async () => {
  const more = `session: { cookieSeconds: 3600, maximumSeconds: 86_400 },
    access: { blocked: [], rules: [{ who: { hostedDomains: ['example.com'] } }] },`;
  const pool = await siteWith(`${await block('pool config')} ${more}`);
  try {
    const script = await block('pool curl');
    expect(await shell(script, pool)).toMatch(/<title>[^<]*guide/i);
    const others = [
      script.replace('alice@example.com', 'mallory@evil.example'),
      script.replace('alice@example.com', 'alice@example.com&email_verified=false'),
    ];
    for (const other of others) expect(await shell(`rm -f jar ; ${other}`, pool)).toMatch(/<secure-login/);
  } finally {
    await pool.close();
  }
});

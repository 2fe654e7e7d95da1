/**
 * A temporary folder that looks like a clone of this repository, and the config in it. Never changes the repository.
 */
import { cpSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { type ConfigOptions, parseConfig, type SiteConfig } from '../contract/config.ts';
import repositoryConfig from '../s3nator.config.ts';

const repository = resolve(import.meta.dirname, '..');

/** Results of an install, a build or a deploy, which no clone has. */
const notCloned = new Set(['.git', '.s3nator', 'cdktf.out', 'coverage', 'dist', 'node_modules']);

export type SiteChanges = Partial<ConfigOptions['sites'][string]>;

/** The example site as an adopter would deploy it. */
const adopted: SiteChanges = {
  providers: [{ kind: 'google', clientId: '123-abc.apps.googleusercontent.com' }],
  // The AWS provider 5.100.0 knows no later runtime. The stacks' own tests check the default.
  lambdaRuntime: 'nodejs22.x',
};

export class Clone {
  private folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /**
   * Copies the repository's files into the new folder `folder`, with its installed packages. `source`: another version
   * of the files.
   */
  static make(folder: string, source = repository): Clone {
    const filter = (path: string): boolean =>
      path === source ||
      (path !== join(source, 'keys') &&
        !notCloned.has(basename(path)) &&
        !/^terraform\..*\.tfstate/.test(basename(path)));
    cpSync(source, folder, { recursive: true, filter });
    symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'));
    const config = join(folder, 's3nator.config.ts');
    // Next to the config that a scenario writes, which builds on it.
    renameSync(config, join(folder, 'example.config.ts'));
    return new Clone(folder);
  }

  /** Current absolute path of the clone. */
  get root(): string {
    return this.folder;
  }

  /** A second clone in the new folder `folder`, with everything that was built in this one. */
  copy(folder: string): Clone {
    cpSync(this.folder, folder, { recursive: true, verbatimSymlinks: true });
    return new Clone(folder);
  }

  /** Writes the config like `configure`, even if it is wrong. */
  configureUnchecked(sites: Readonly<Record<string, SiteChanges>>): Readonly<Record<string, SiteChanges>> {
    const changes = Object.fromEntries(Object.entries(sites).map(([name, site]) => [name, { ...adopted, ...site }]));
    const lines = Object.entries(changes).map(
      ([name, site]) => `    ${JSON.stringify(name)}: { ...example.sites.docs, ...${JSON.stringify(site)} },\n`,
    );
    writeFileSync(
      join(this.folder, 's3nator.config.ts'),
      [
        "import { defineConfig } from './contract/config.ts';",
        "import example from './example.config.ts';",
        '',
        `export default defineConfig({\n  sites: {\n${lines.join('')}  },\n});`,
        '',
      ].join('\n'),
    );
    return changes;
  }

  /**
   * Writes the config: for each name the adopted example site with changes. Returns the sites as the product reads
   * them, with every default filled in.
   */
  configure(sites: Readonly<Record<string, SiteChanges>>): Readonly<Record<string, SiteConfig>> {
    const changes = this.configureUnchecked(sites);
    const example = repositoryConfig.sites['docs'];
    const merged = Object.entries(changes).map(([name, site]) => [name, { ...example, ...site }]);
    const parsed = parseConfig({ sites: Object.fromEntries(merged) });
    if (parsed.config === undefined) throw new Error(parsed.problems.join('\n'));
    return parsed.config.sites;
  }

  /**
   * Removes the private halves of a site's keys, which git ignores. A build server or a colleague deploys from such a
   * checkout.
   */
  removePrivateHalves(site: string): void {
    for (const file of this.privateHalvesOf(site)) rmSync(join(this.folder, 'keys', site, file));
  }

  /** Runs `action` while the private halves of a site's keys are somewhere else. */
  async withoutPrivateHalves(site: string, action: () => Promise<void>): Promise<void> {
    const [here, elsewhere] = [join(this.folder, 'keys', site), join(this.folder, 'elsewhere')];
    const files = this.privateHalvesOf(site);
    mkdirSync(elsewhere);
    for (const file of files) renameSync(join(here, file), join(elsewhere, file));
    await action();
    for (const file of files) renameSync(join(elsewhere, file), join(here, file));
  }

  private privateHalvesOf(site: string): string[] {
    return readdirSync(join(this.folder, 'keys', site)).filter((file) => file.endsWith('.private.pem'));
  }

  /** Moves the clone to the new folder `folder`. */
  move(folder: string): void {
    renameSync(this.folder, folder);
    this.folder = folder;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

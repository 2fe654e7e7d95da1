import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
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

  it('names every wrong value on a separate line', async () => {
    await expect(loaded('export default { sites: { docs: { region: 5 } } };')).rejects.toMatchObject({
      code: 'config_wrong',
      message: expect.stringMatching(/^s3nator\.config\.ts: sites\.docs\.region: got 5; .*\ns3nator\.config\.ts: /),
    });
  });

  it('says what is wrong with a config that fails to run', async () => {
    await expect(loaded('throw new Error("no such thing");')).rejects.toMatchObject({
      code: 'config_wrong',
      message: expect.stringMatching(/^s3nator\.config\.ts.*: no such thing$/),
    });
  });

  it('says how to fix a config in a project of the type that npm init writes', async () => {
    const { root, remove } = makeCheckout({
      's3nator.config.ts': "import 'node:fs';\nexport default {};",
      'package.json': '{ "type": "commonjs" }',
    });
    try {
      const module = pathToFileURL(join(import.meta.dirname, 'load-config.ts'));
      const command = `import('${module}').then((it) => it.loadConfig('.'))`;
      const { stderr } = spawnSync(process.execPath, ['--no-warnings', '-e', command], { cwd: root, encoding: 'utf8' });
      expect(stderr).toMatch(/s3nator\.config\.ts: .*outside a module\. Fix: set "type": "module" in package\.json/);
    } finally {
      remove();
    }
  });

  it('says the same for the wording of an older Node', async () => {
    await expect(loaded(`throw new SyntaxError("Unexpected token 'export'");`)).rejects.toThrow(
      /^s3nator\.config\.ts: Unexpected token 'export'\. Fix: set "type": "module" in package\.json$/,
    );
  });

  it('names the missing file', async () => {
    await expect(loaded(undefined)).rejects.toThrow(/s3nator\.config\.ts: missing$/);
  });
});

/** Messages for these configs from Node itself, in a separate process: the test runner compiles differently. */
function messagesOf(configs: readonly string[]): string[] {
  const checkouts = configs.map((text) =>
    makeCheckout({
      's3nator.config.ts': text,
      'rules.ts': 'export {};',
      'more/rules.ts': '\n\nexport const rules = [;',
    }),
  );
  const module = pathToFileURL(join(import.meta.dirname, 'load-config.ts')).href;
  const script = `
    const { loadConfig } = await import(${JSON.stringify(module)});
    for (const root of ${JSON.stringify(checkouts.map(({ root }) => root))})
      console.log(JSON.stringify(await loadConfig(root).then(() => 'none', ({ message }) => message)));`;
  try {
    const { stdout } = spawnSync(process.execPath, ['--no-warnings', '--input-type=module', '-e', script], {
      encoding: 'utf8',
    });
    return stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as string);
  } finally {
    for (const { remove } of checkouts) remove();
  }
}

describe('a config that Node does not run', () => {
  const missingComma = `export default {
  sites: {
    content: null
    providers: [],
  },
};`;

  const cases: readonly (readonly [what: string, config: string, message: RegExp])[] = [
    ['a missing comma', missingComma, /^s3nator\.config\.ts:4:5: Expected ','.*\. Fix: correct this line/],
    ['a curly quote', 'export default { a: \u201cx\u201d };', /^s3nator\.config\.ts:1:21: Unexpected character/],
    ['a text that ends too early', 'export default { a: 1\n', /^s3nator\.config\.ts:1: Expected ',', got '<eof>'/],
    [
      'a name that is declared twice',
      'const a = 1;\n\nconst a = 2;',
      /^s3nator\.config\.ts:3:7: Identifier 'a' has already/,
    ],
    ['an enum', "import 'node:fs';\nenum A { B }", /^s3nator\.config\.ts:2:1: .*enum.*\. Fix: write it as JavaScript/],
    ['a missing value', 'const a: any = {};\nexport default a.b.c;', /^s3nator\.config\.ts:2:20: Cannot read/],
    ['invalid JSON', "\nexport default JSON.parse('{');", /^s3nator\.config\.ts:2:21: Expected property name/],
    ['a thrown value that is not an error', "throw 'a\\u001b[2J';", /^s3nator\.config\.ts: throws "a\\u001b\[2J"$/],
    ['an import without an ending', "import './rules';", /:1:8: cannot find '\.\/rules'\. Fix: write '\.\/rules\.ts'/],
    ['an import of a file', "\nimport x from './no.ts';", /:2:15: cannot find '\.\/no\.ts'\. Fix: correct the path/],
    [
      'an import of a package',
      "import 'no-such/part';",
      /:1:8: cannot find 'no-such\/part'\. Fix: npm install no-such/,
    ],
    [
      'an export that a module does not have',
      "import { no } from 'node:fs';",
      /^s3nator\.config\.ts:1:10: The requested/,
    ],
    ['no default export', 'export const config = {};', /^s3nator\.config\.ts: no default export\. Fix: export default/],
    ['a mistake in a file that it imports', "import './more/rules.ts';", /^more\/rules\.ts:3:23: /],
  ];
  let messages: string[];
  beforeAll(() => {
    messages = messagesOf(cases.map(([, text]) => text));
  });

  it.each(cases.map(([what, , message], at) => ({ what, message, at })))(
    'gets a message with the place and the fix for $what',
    ({ message, at }) => {
      expect(messages[at]).toMatch(message);
    },
  );

  it('prints no terminal control sequences, whatever the config holds', () => {
    const hostile = '\u007f\u009b31m\u202e\u2066\u2028\n\u001b[2J';
    const texts = [
      `export default { sites: { docs: { region: ${JSON.stringify(hostile)} } } };`,
      `export default { ${JSON.stringify(hostile)}: 1 };`,
      `throw new Error(${JSON.stringify(hostile)});`,
      `throw ${JSON.stringify(hostile)};`,
    ];
    for (const message of messagesOf(texts)) {
      expect(message).toContain('\\u202e');
      for (const line of message.split('\n')) {
        expect(line).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
        expect(line).toMatch(/^s3nator\.config\.ts/);
      }
    }
  });
});

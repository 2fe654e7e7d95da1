/**
 * Searches for private halves and other secrets where none may be: plans, state, logs, the synthesized stack. Prints no
 * secret.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';

/** Texts that reveal a private half in PEM form: each of its lines, and the whole in base64. */
function tracesOf(pem: string): string[] {
  const lines = pem.split('\n').filter((line) => line !== '' && !line.startsWith('-----'));
  const base64 = Buffer.from(pem).toString('base64');
  return [...lines, base64.slice(0, 80), base64.slice(80, 160)];
}

/**
 * Every file under `folder`, and every file inside a zip there, such as a saved plan. Does not follow links, which are
 * installed packages.
 */
function* filesUnder(folder: string): Generator<{ readonly name: string; readonly content: Buffer }> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const name = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesUnder(name);
    if (!entry.isFile()) continue;
    const content = readFileSync(name);
    yield { name, content };
    if (content.subarray(0, 4).toString('latin1') !== 'PK\u0003\u0004') continue;
    for (const [inside, bytes] of Object.entries(unzipSync(content))) {
      yield { name: `${name}/${inside}`, content: Buffer.from(bytes) };
    }
  }
}

/** The searched files, and those that contain a trace of one of the private halves `pems`. */
export function searchFor(
  pems: readonly string[],
  folders: readonly string[],
): { readonly searched: readonly string[]; readonly found: readonly string[] } {
  return searchForTexts(pems.flatMap(tracesOf), folders);
}

/** The same for any texts. */
export function searchForTexts(
  texts: readonly string[],
  folders: readonly string[],
): { readonly searched: readonly string[]; readonly found: readonly string[] } {
  const searched: string[] = [];
  const found: string[] = [];
  for (const { name, content } of folders.flatMap((folder) => [...filesUnder(folder)])) {
    searched.push(name);
    if (texts.some((text) => content.includes(text))) found.push(name);
  }
  return { searched, found };
}

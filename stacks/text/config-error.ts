/** Where and why `s3nator.config.ts` does not run: file, line, column and fix in one line. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Place {
  readonly file: string;
  readonly line: number;
  /** From 1; undefined: not known. */
  readonly column: number | undefined;
}

const pathOf = (file: string): string => (file.startsWith('file:') ? fileURLToPath(file) : file);

/**
 * Node puts the place of a syntax error above its message: the file with the line, the line itself, and carets under
 * the mistake.
 */
function framedPlace(text: string): Place | undefined {
  const [, file, line, frame = ''] = /^(file:\/\/\S+|\/.*|[A-Z]:\\.*):(\d+)\n((?:(?!\s*at ).*\n)*)/m.exec(text) ?? [];
  if (file === undefined) return undefined;
  const carets = /^( *)\^+ *$/m.exec(frame)?.[1];
  return { file: pathOf(file), line: Number(line), column: carets === undefined ? undefined : carets.length + 1 };
}

/** The first call that is neither in Node nor in a package. */
function thrownPlace(stack: string): Place | undefined {
  for (const [, file = '', line, column] of stack.matchAll(/^\s+at (?:.*\()?(file:\/\/\S+?):(\d+):(\d+)\)?$/gm)) {
    if (!file.includes('/node_modules/')) return { file: pathOf(file), line: Number(line), column: Number(column) };
  }
  return undefined;
}

/** V8 keeps the place of some syntax errors to itself, and prints it only for uncaught errors. */
function uncaughtPlace(config: string): Place | undefined {
  const { stderr } = spawnSync(process.execPath, ['--no-warnings', config], { encoding: 'utf8', timeout: 10_000 });
  return framedPlace(stderr ?? '');
}

interface Missing {
  readonly place: Place | undefined;
  readonly text: string;
}

/** The missing file or package that an import names. */
function missingImport(message: string): Missing | undefined {
  const [, name, importer] = /^Cannot find (?:package|module) '([^']*)' imported from (.*)$/.exec(message) ?? [];
  if (name === undefined || importer === undefined) return undefined;
  const file = pathOf(importer);
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  for (const [number, line] of lines.entries()) {
    for (const found of line.matchAll(/(?<=\b(?:from|import)\s*\(?\s*)(['"])([^'"]+)\1/g)) {
      const [, , specifier = ''] = found;
      const isFile = /^\.{0,2}\//.test(specifier);
      if (
        isFile ? resolve(dirname(file), specifier) !== name : specifier !== name && !specifier.startsWith(`${name}/`)
      ) {
        continue;
      }
      const fix = isFile
        ? existsSync(`${name}.ts`)
          ? `write '${specifier}.ts': an import names the whole file`
          : 'correct the path; an import names the whole file, such as ./rules.ts'
        : `npm install ${name}, or correct the name`;
      return {
        place: { file, line: number + 1, column: found.index + 1 },
        text: `cannot find '${specifier}'. Fix: ${fix}`,
      };
    }
  }
  return { place: undefined, text: `cannot find '${name}', which ${file} imports. Fix: correct that import` };
}

/** `error`: what importing the config threw. `config`: its file. Places are relative to its folder. */
export function configErrorText(error: unknown, config: string): string {
  const name = (place: Place | undefined): string => {
    const file = relative(dirname(config), place?.file ?? config);
    return place === undefined
      ? file
      : [file, place.line, ...(place.column === undefined ? [] : [place.column])].join(':');
  };
  if (!(error instanceof Error)) return `${name(undefined)}: throws ${JSON.stringify(error) ?? String(error)}`;
  const { message, stack = '' } = error;
  const missing = missingImport(message);
  if (missing !== undefined) return `${name(missing.place)}: ${missing.text}`;
  const { code } = error as NodeJS.ErrnoException;
  if (!(error instanceof SyntaxError)) return `${name(thrownPlace(stack))}: ${message}`;
  const framed = framedPlace(stack);
  // A SyntaxError thrown while the config ran, for example by JSON.parse.
  const thrown = framed === undefined ? thrownPlace(stack.split(/^\s+at ModuleJob\.run/m)[0] ?? '') : undefined;
  const place = framed ?? thrown ?? uncaughtPlace(config);
  const fix =
    code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX'
      ? 'write it as JavaScript with types: Node only strips the types'
      : code === 'ERR_INVALID_TYPESCRIPT_SYNTAX'
        ? 'correct this line, or the end of the one before it'
        : undefined;
  return `${name(place)}: ${message.replace(/\.$/, '')}${fix === undefined ? '' : `. Fix: ${fix}`}`;
}

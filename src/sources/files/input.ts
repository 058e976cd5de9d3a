// Turns the arguments of a command into the files to read: paths, patterns, folders, and `-` for standard input.
// It only looks at names and kinds of files; it never opens one.
import { glob, readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { fail } from '../../catalog/errors.ts';
import { onOneLine } from '../../lib/harmless.ts';

export interface InputFile {
  /** Where the bytes are; '-' for standard input. */
  readonly path: string;
  /** The name shown to the user and recorded: never with the folders in front, and without control characters. */
  readonly name: string;
}

/** Ends of names that are taken from a folder; in a pattern or as a path, any name is. */
const DATA_FILE = /\.(csv|tsv|txt|jsonl|ndjson|parquet)(\.gz)?$/i;

/**
 * The inputs in a stable order: as given, and by name inside a folder or pattern. A file named twice is read once.
 * Throws FILE_NOT_FOUND when an argument yields nothing.
 */
export async function expandInputs(
  args: readonly string[],
  options: { readonly cwd?: string } = {},
): Promise<InputFile[]> {
  const cwd = options.cwd ?? process.cwd();
  const inputs = new Map<string, InputFile>();
  const add = (path: string): void => {
    inputs.set(path, { path, name: path === '-' ? 'standard input' : onOneLine(basename(path)) });
  };
  for (const argument of args) {
    if (argument === '-') {
      add('-');
      continue;
    }
    const path = resolve(cwd, argument);
    const info = await stat(path).catch(() => null);
    if (info?.isDirectory() === true) {
      const entries = await readdir(path, { withFileTypes: true, recursive: true });
      const names = entries
        .filter((entry) => entry.isFile() && DATA_FILE.test(entry.name) && !entry.name.startsWith('.'))
        .map((entry) => join(entry.parentPath, entry.name));
      if (names.length === 0)
        throw notFound(
          argument,
          'The folder has no .csv, .tsv, .txt, .jsonl, .ndjson or .parquet file in it (also .gz).',
        );
      for (const name of names.sort()) add(name);
    } else if (info !== null) {
      add(path);
    } else {
      const files: string[] = [];
      if (/[*?[{]/.test(argument)) {
        for await (const match of glob(argument, { cwd })) {
          const file = resolve(cwd, match);
          if ((await stat(file)).isFile()) files.push(file);
        }
        files.sort();
      }
      if (files.length === 0) throw notFound(argument, 'No file has this name, and as a pattern it matches none.');
      for (const file of files) add(file);
    }
  }
  return [...inputs.values()];
}

function notFound(argument: string, why: string): Error {
  return fail('FILE_NOT_FOUND', {
    what: `There is nothing to read at ${argument}.`,
    why,
    fix: 'Check the path; quote a pattern if the shell must not touch it.',
  });
}

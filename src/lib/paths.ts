// Where this installation is on disk, whether it runs from the sources or from the compiled package.
// Files that are not code (sql, reference data) are read relative to `packageRoot`; nothing is ever written there.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder of our package.json: the same from src/ and from dist/. */
export const packageRoot: string = findUp(import.meta.dirname);

/** How this installation is called in a folder where it was just installed: the sources bring a program of their own, the package a name for npx. */
export const ownCommand: './esteira' | 'npx esteira' =
  import.meta.dirname === join(packageRoot, 'src', 'lib') ? './esteira' : 'npx esteira';

/** Absolute path of a file that belongs to the package, e.g. `packagePath('sql', 'analyses', 'summary.sql')`. */
export function packagePath(...parts: string[]): string {
  return join(packageRoot, ...parts);
}

function findUp(start: string): string {
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (folder === dirname(folder)) throw new Error(`no package.json above ${start}`);
  }
}

// Finds and reads the committed tables in `data/reference`, from the sources and from a packed installation alike.
// Never reads anything else, and never fetches.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

let root: string | undefined;

function packageRoot(): string {
  if (root !== undefined) return root;
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('no package.json above the reference data reader');
    folder = parent;
  }
  root = folder;
  return folder;
}

/** Absolute path of a file in `data/reference`, such as `municipios.csv`; it need not exist. */
export function referenceFile(name: string): string {
  return join(packageRoot(), 'data', 'reference', name);
}

/** The data lines of a reference CSV as cells; these files have a header, LF line ends and no quoted cells. */
export function readReferenceRows(name: string): string[][] {
  const [, ...lines] = readFileSync(referenceFile(name), 'utf8').trimEnd().split('\n');
  return lines.map((line) => line.split(','));
}

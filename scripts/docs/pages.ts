// The generated pages of docs/: which there are, whether those on disk are stale, and how they are written.
// Pages written by hand are none of its business.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { configDoc } from '../../src/config/document.ts';
import { STORE_SOURCES } from '../../src/sources/registry.ts';
import { lineDiff } from './diff.ts';
import { errorsDoc } from './errors.ts';
import { metricsDoc } from './metrics.ts';
import { readMigratedSchema } from './migrated-schema.ts';
import { monitoringDoc } from './monitoring.ts';
import { rulesDoc } from './rules.ts';
import { schemaDoc } from './schema.ts';

/** The project's root folder. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Path relative to the root, with forward slashes -> text. */
export type Pages = ReadonlyMap<string, string>;

export interface StalePage {
  readonly path: string;
  /** Lines to take away (`-`) and to add (`+`). */
  readonly diff: string;
}

/** All pages as they should be. Needs the embedded PostgreSQL's programs. */
export async function generatePages(): Promise<Pages> {
  return new Map([
    ['docs/config.md', configDoc(new Map(STORE_SOURCES.map((source) => [source.id, source.settings])))],
    ['docs/errors.md', errorsDoc()],
    ['docs/metrics.md', metricsDoc()],
    ['docs/monitoring.md', monitoringDoc()],
    ['docs/rules.md', rulesDoc()],
    ['docs/schema.md', schemaDoc(await readMigratedSchema())],
  ]);
}

/** The pages that are missing under `root` or differ from what they should be. */
export function findStale(pages: Pages, root: string = ROOT): StalePage[] {
  const stale: StalePage[] = [];
  for (const [path, text] of pages) {
    const found = readIfThere(join(root, path));
    if (found !== text) stale.push({ path, diff: lineDiff(found ?? '', text) });
  }
  return stale;
}

/** Writes the pages that differ under `root`; gives their paths. */
export function writePages(pages: Pages, root: string = ROOT): string[] {
  const written = findStale(pages, root).map(({ path }) => path);
  for (const path of written) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), pages.get(path) ?? '');
  }
  return written;
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

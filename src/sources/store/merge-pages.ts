// Fewer, larger transactions: joins pages of a store until there is enough to be worth a commit.
// It never holds more than one batch, and never parts rows from the cursor that follows them.
import type { StorePage } from './source.ts';

/**
 * Joins consecutive pages until at least `minDocuments` are together, the first of them has waited for `maxAgeMs`, a window ends, or the run does.
 * The joined page carries the last cursor: it stands after all of the rows.
 */
export async function* mergePages(
  pages: AsyncIterable<StorePage>,
  minDocuments: number,
  maxAgeMs: number = Infinity,
): AsyncGenerator<StorePage, void, undefined> {
  let held: StorePage | null = null;
  let heldSinceMs = 0;
  for await (const page of pages) {
    if (held === null) heldSinceMs = performance.now();
    held = held === null ? page : { ...page, documents: [...held.documents, ...page.documents] };
    const isOld = performance.now() - heldSinceMs >= maxAgeMs;
    if (isOld || held.documents.length >= minDocuments || held.cursor.window === null || held.done) {
      yield held;
      held = null;
    }
  }
  if (held !== null) yield held;
}

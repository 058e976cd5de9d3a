// Fewer, larger transactions: joins pages of a store until there is enough to be worth a commit.
// It never holds more than one batch, and never parts rows from the cursor that follows them.
import type { StorePage } from './source.ts';

/**
 * Joins consecutive pages until at least `minDocuments` are together, a window ends, or the run does.
 * The joined page carries the last cursor: it stands after all of the rows.
 */
export async function* mergePages(
  pages: AsyncIterable<StorePage>,
  minDocuments: number,
): AsyncGenerator<StorePage, void, undefined> {
  let held: StorePage | null = null;
  for await (const page of pages) {
    held = held === null ? page : { ...page, documents: [...held.documents, ...page.documents] };
    if (held.documents.length >= minDocuments || held.cursor.window === null || held.done) {
      yield held;
      held = null;
    }
  }
  if (held !== null) yield held;
}

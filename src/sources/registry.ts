// The stores that Esteira can read, by name. A new store is its folder and one line here.
// It never opens a store: the caller does, with settings.
import { fail } from '../catalog/errors.ts';
import { mockStore } from './mock/source.ts';
import type { StoreSource } from './store/source.ts';

export const STORE_SOURCES: readonly StoreSource[] = [mockStore];

/** The source named `id`. Throws STORE_UNKNOWN. */
export function storeSource(id: string): StoreSource {
  const found = STORE_SOURCES.find((source) => source.id === id);
  if (found !== undefined) return found;
  throw fail('STORE_UNKNOWN', {
    what: `There is no store source "${id}".`,
    why: `Known: ${STORE_SOURCES.map((source) => source.id).join(', ')}.`,
    fix: 'Use one of these names; a CSV, JSON lines or Parquet export of any store can be read with esteira run.',
  });
}

// Whether stores that somebody selects exist: with orders, or only with records in the quarantine. It only reads.
import { knownStores, unknownStore, type Queryable } from '../query.ts';

/** Throws USAGE, with the nearest name, for a store that is nowhere; null selects all. */
export async function checkStores(db: Queryable, stores: readonly string[] | null): Promise<void> {
  if (stores === null) return;
  const inQuarantine = await knownStores(db, 'pedidos_rejeitados');
  // a store whose name cannot be read stands there as an empty text
  const known = [...new Set([...(await knownStores(db)), ...inQuarantine])].filter((store) => store !== '').sort();
  for (const store of stores)
    if (!known.includes(store)) throw unknownStore(store, known, 'in the warehouse or its quarantine');
}

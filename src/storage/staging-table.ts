// Temporary tables that a batch passes through on its way into the warehouse.
import type pg from 'pg';
import { quoteName } from './quote.ts';

/** Names of the tables that a connection has: committed, and made in the transaction under way. */
const tablesOf = new WeakMap<pg.Client, { readonly kept: Set<string>; readonly made: Set<string> }>();

function tables(client: pg.Client): { readonly kept: Set<string>; readonly made: Set<string> } {
  const known = tablesOf.get(client) ?? { kept: new Set(), made: new Set() };
  tablesOf.set(client, known);
  return known;
}

/**
 * Makes an empty temporary table, `shape` as in CREATE TABLE (...), once for the connection's life: each commit empties it. A consumer that commits
 * several times a second would otherwise write PostgreSQL's catalog a hundred times a second. Tell `stagingIsKept` of the transaction's end.
 */
export async function makeStaging(client: pg.Client, name: string, shape: string): Promise<void> {
  const { kept, made } = tables(client);
  if (kept.has(name) || made.has(name)) return;
  await client.query(`CREATE TEMP TABLE ${quoteName(name)} (${shape}) ON COMMIT DELETE ROWS`);
  made.add(name);
}

/** The transaction under way has ended: with COMMIT its tables stay, with ROLLBACK they are gone. */
export function stagingIsKept(client: pg.Client, isKept: boolean): void {
  const { kept, made } = tables(client);
  if (isKept) for (const name of made) kept.add(name);
  made.clear();
}

// What PostgreSQL's planner knows of the tables after many rows have come at once. Autovacuum finds out within a minute or two; until then it takes new
// tables for empty, and an answer that joins orders with customers takes twenty seconds instead of a fraction of one.
import type pg from 'pg';
import { quoteName } from './quote.ts';
import { LOADED_TABLES } from './tables.ts';

/** Fewer new rows than this change no plan. */
const FEW = 500;
/** New rows, as a share of those that the planner knows of, that are worth looking at the tables again. */
const SHARE = 0.2;
/** Where it takes longer, autovacuum does it. */
const TIMEOUT_MS = 20_000;

/** Has PostgreSQL look at the tables anew, if so many accepted orders are many for this warehouse. Outside any transaction. */
export function refreshStatistics(client: pg.Client, acceptedCount: number): Promise<void> {
  return refresh(client, acceptedCount, 'pedidos', LOADED_TABLES);
}

/** The same for the cohort tables, after so many customers were written. */
export function refreshCohortStatistics(client: pg.Client, customerCount: number): Promise<void> {
  return refresh(client, customerCount, 'clientes_coorte', ['clientes_coorte', 'coortes_mensais']);
}

/** `changedCount` rows of `counted` are new. */
async function refresh(
  client: pg.Client,
  changedCount: number,
  counted: string,
  tables: readonly string[],
): Promise<void> {
  if (changedCount < FEW) return;
  const { rows } = await client.query<{ known: number }>(
    'SELECT GREATEST(reltuples, 0)::float8 AS known FROM pg_class WHERE oid = $1::regclass',
    [counted],
  );
  if (changedCount < (rows[0]?.known ?? 0) * SHARE) return;
  await client.query(`SET statement_timeout = ${TIMEOUT_MS}`);
  try {
    await client.query(`ANALYZE ${tables.map(quoteName).join(', ')}`);
  } finally {
    await client.query('RESET statement_timeout');
  }
}

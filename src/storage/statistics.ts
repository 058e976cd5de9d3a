// What PostgreSQL's planner knows of the tables after many rows have come at once. Autovacuum finds out within a minute or two; until then it takes new
// tables for empty, and an answer that joins orders with customers takes twenty seconds instead of a fraction of one.
import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { quoteName } from './quote.ts';

/** Fewer changed rows than this change no plan. */
const FEW = 500;
/** Rows changed since PostgreSQL last looked, as a share of those that it knows of, that are worth looking at a table again. */
const SHARE = 0.2;
/** Where it takes longer, autovacuum does it. */
const TIMEOUT_MS = 20_000;
/** How long a table is waited for that somebody else has locked, and how often it is tried. */
const LOCKED_MS = 5_000;
const TRY_EVERY_MS = 200;

/** Those of the tables of which much has changed since PostgreSQL last looked, and then also those that it never saw. Outside any transaction. */
export async function staleTables(client: pg.Client, tables: readonly string[]): Promise<string[]> {
  // this connection's own changes are counted when it has been idle for a while, or asks for it
  await client.query('SELECT pg_stat_force_next_flush()');
  const found = await changedTables(client, tables);
  return found.some(({ hasMuch }) => hasMuch) ? found.map(({ name }) => name) : [];
}

async function changedTables(
  client: pg.Client,
  tables: readonly string[],
): Promise<readonly { readonly name: string; readonly hasMuch: boolean }[]> {
  const { rows } = await client.query<{ name: string; hasMuch: boolean }>(
    `SELECT * FROM (
       SELECT s.relname AS name, s.n_mod_since_analyze >= GREATEST($2::float8, $3 * c.reltuples) AS "hasMuch", c.reltuples < 0 AND s.n_mod_since_analyze > 0 AS "isUnknown"
       FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
       WHERE s.relid = ANY ($1::text[]::regclass[])) t
     WHERE "hasMuch" OR "isUnknown"`,
    [tables, FEW, SHARE],
  );
  return rows;
}

/**
 * Has PostgreSQL look anew at these tables. Outside any transaction.
 *
 * Right after a load autovacuum is often at the same tables. Whoever waits for its lock has it broken off, a second later and with its work lost, one table
 * after the other; so nothing waits here, and what autovacuum finishes in the meantime is not done again. The signal ends the tries.
 */
export async function refreshStatistics(
  client: pg.Client,
  tables: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  if (tables.length === 0) return;
  await client.query(`SET statement_timeout = ${TIMEOUT_MS}`);
  try {
    let left = tables;
    for (const started = performance.now(); ; await delay(TRY_EVERY_MS)) {
      await client.query(`ANALYZE (SKIP_LOCKED) ${left.map(quoteName).join(', ')}`);
      left = (await changedTables(client, left)).map(({ name }) => name);
      if (left.length === 0 || signal?.aborted === true || performance.now() - started > LOCKED_MS) return;
    }
  } finally {
    await client.query('RESET statement_timeout');
  }
}

// What PostgreSQL's planner knows of the tables after many rows have come at once. Autovacuum finds out within a minute or two; until then it takes new
// tables for empty, and an answer that joins orders with customers takes twenty seconds instead of a fraction of one.
import type pg from 'pg';
import { quoteName } from './quote.ts';

/** Fewer changed rows than this change no plan. */
const FEW = 500;
/** Rows changed since PostgreSQL last looked, as a share of those that it knows of, that are worth looking at a table again. */
const SHARE = 0.2;
/** Where it takes longer, autovacuum does it. */
const TIMEOUT_MS = 20_000;

/** Has PostgreSQL look anew at those of the tables of which much has changed since it last did, and then also at those that it never saw. Outside any transaction. */
export async function refreshStatistics(client: pg.Client, tables: readonly string[]): Promise<void> {
  // this connection's own changes are counted when it has been idle for a while, or asks for it
  await client.query('SELECT pg_stat_force_next_flush()');
  const { rows } = await client.query<{ name: string }>(
    `WITH tables AS (
       SELECT s.relname, s.n_mod_since_analyze >= GREATEST($2::float8, $3 * c.reltuples) AS is_due, c.reltuples < 0 AND s.n_mod_since_analyze > 0 AS is_unknown
       FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
       WHERE s.relid = ANY ($1::text[]::regclass[]))
     SELECT relname AS name FROM tables WHERE is_due OR is_unknown AND EXISTS (SELECT FROM tables WHERE is_due)`,
    [tables, FEW, SHARE],
  );
  if (rows.length === 0) return;
  await client.query(`SET statement_timeout = ${TIMEOUT_MS}`);
  try {
    await client.query(`ANALYZE ${rows.map(({ name }) => quoteName(name)).join(', ')}`);
  } finally {
    await client.query('RESET statement_timeout');
  }
}

// Temporary tables that a batch passes through on its way into the warehouse.
import type pg from 'pg';
import { quoteName } from './quote.ts';

/**
 * Makes an empty temporary table, `shape` as in CREATE TABLE (...). It stays for the connection's life and is emptied by each commit: a consumer that commits
 * several times a second would otherwise write PostgreSQL's catalog a hundred times a second.
 */
export async function makeStaging(client: pg.Client, name: string, shape: string): Promise<void> {
  await client.query(`CREATE TEMP TABLE IF NOT EXISTS ${quoteName(name)} (${shape}) ON COMMIT DELETE ROWS`);
}

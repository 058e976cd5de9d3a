// The original texts of some documents of a staged file, put beside them in DuckDB: for the quarantine, and for messages that could not be taken apart.
// It decides nothing about the documents and reads only the lines that are asked for.
import type { DuckDBConnection } from '@duckdb/node-api';
import { appendOriginals } from '../engines/duckdb/originals.ts';
import { rows, run } from '../engines/duckdb/session.ts';
import type { StagedFile } from '../sources/files/index.ts';

/** Makes `table` (ordinal BIGINT, original VARCHAR) of the documents in `documents`, a relation with their `ordinal` and `rids`: one line of the file after the other. */
export async function loadOriginals(
  connection: DuckDBConnection,
  table: string,
  documents: string,
  staged: StagedFile,
): Promise<void> {
  await run(connection, `CREATE OR REPLACE TABLE ${table} (ordinal BIGINT, original VARCHAR)`);
  let wanted = `SELECT ordinal, unnest(rids) AS rid FROM ${documents}`;
  if (staged.format === 'jsonl') {
    const lines = `${documents} d JOIN linhas_json l ON l.rowid = d.ordinal`;
    await run(connection, `INSERT INTO ${table} SELECT d.ordinal, l.texto FROM ${lines} WHERE l.texto IS NOT NULL`);
    // A line that is no text was kept out of DuckDB.
    wanted = `SELECT d.ordinal, d.ordinal AS rid FROM ${lines} WHERE l.texto IS NULL`;
  }
  const found = await rows<{ ordinal: string; rid: string }>(connection, `${wanted} ORDER BY rid`);
  if (found.length === 0) return;
  const texts = await staged.originals([...new Set(found.map((row) => Number(row.rid)))].sort((a, b) => a - b));
  await appendOriginals(
    connection,
    table,
    found.map((row) => ({ ordinal: Number(row.ordinal), rowid: Number(row.rid) })),
    texts,
  );
}

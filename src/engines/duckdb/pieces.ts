// Messages are worked on 2048 at a time, and what a statement holds of them meanwhile grows with their length: large ones are cut into pieces that fit.
import type { DuckDBConnection } from '@duckdb/node-api';
import { count, numbers } from './session.ts';

/** Rows that DuckDB computes at once (its STANDARD_VECTOR_SIZE). */
export const VECTOR_ROWS = 2048;
/**
 * Bytes of the messages that are worked on at once: for these the intermediate values of the transform take about 50 times as much. Twice as many met a limit of
 * 512 MB; ordinary messages, of which 2048 are smaller, stay all together.
 */
const VECTOR_BYTES = 4 * 1024 * 1024;

/** Ordinals of some of the messages, both included. */
export interface OrdinalRange {
  readonly from: number;
  readonly to: number;
}

/**
 * The range cut into pieces that follow each other; one for ordinary messages. `places`: a table as MessageLines loads it. `bytes`: no more than these are in
 * any VECTOR_ROWS of its messages in a row.
 */
export async function piecesOf(
  connection: DuckDBConnection,
  places: string,
  range: OrdinalRange,
  bytes: number,
): Promise<OrdinalRange[]> {
  if (bytes <= VECTOR_BYTES) return [range];
  const sized = `FROM ${places} WHERE ordinal BETWEEN ${range.from} AND ${range.to}`;
  const heaviest = await count(
    connection,
    `SELECT max(bytes) FROM (SELECT sum(strlen(texto)) AS bytes FROM (SELECT texto, (row_number() OVER (ORDER BY rowid) - 1) // ${VECTOR_ROWS} AS part ${sized}) GROUP BY part)`,
  );
  if (heaviest <= VECTOR_BYTES) return [range];
  const begins = await numbers(
    connection,
    `SELECT min(ordinal) FROM (SELECT ordinal, (sum(strlen(texto)) OVER (ORDER BY ordinal) - strlen(texto)) // ${VECTOR_BYTES} AS part ${sized}) GROUP BY part ORDER BY 1`,
  );
  return [range.from, ...begins.slice(1)].map((from, n) => ({ from, to: (begins[n + 1] ?? range.to + 1) - 1 }));
}

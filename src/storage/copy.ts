// COPY in and out: whole files between the disk and PostgreSQL, as bytes.
import { createReadStream, createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import type { RowsFile } from '../model/batch.ts';
import { quoteName } from './quote.ts';

/** Chunks large enough that the copy is bound by PostgreSQL, not by us. */
const CHUNK_BYTES = 1 << 18;
/** Files of fewer rows are read at once: a chunk for each of them would cost more than the copy. */
const FEW_ROWS = 2000;

/** Copies a headerless CSV file into a table; `table` may be a temporary one. */
export async function copyIn(client: pg.Client, table: string, file: RowsFile): Promise<void> {
  const columns = file.columns.map(quoteName).join(', ');
  const source =
    file.rowCount < FEW_ROWS
      ? [await readFile(file.path)]
      : createReadStream(file.path, { highWaterMark: CHUNK_BYTES });
  // nothing may be awaited between the query and the pipeline: a connection lost meanwhile would have no listener
  const stream = client.query(
    copyFrom(`COPY ${quoteName(table)} (${columns}) FROM STDIN (FORMAT csv)`, { highWaterMark: CHUNK_BYTES }),
  );
  await pipeline(source, stream);
}

/** Writes the result of a SELECT as headerless CSV, readable by the owner only. */
export async function copyOut(client: pg.Client, select: string, path: string): Promise<void> {
  const stream = client.query(copyTo(`COPY (${select}) TO STDOUT (FORMAT csv)`));
  await pipeline(stream, createWriteStream(path, { mode: 0o600, highWaterMark: CHUNK_BYTES }));
}

// Reads a Parquet file that has the CSV's columns, of any simple type, into the staging table as text.
// It never reads nested columns, and never lets the session's time zone change a time.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { DuckDBConnection } from '@duckdb/node-api';
import { fail } from '../../catalog/errors.ts';
import type { LineColumn } from '../../model/contract.ts';
import type { Profile } from '../profiles/index.ts';
import { matchHeader, type Header } from './header.ts';
import type { Original } from './originals.ts';
import { cleaned, identifier, linesView, literal, projections } from './sql.ts';

export interface ParquetSurvey {
  readonly path: string;
  readonly header: Header;
  /** DuckDB's type of each column, by position. */
  readonly types: readonly string[];
  readonly contentSha256: string;
  readonly bytes: number;
}

/** Reads the schema. Throws FILE_PARQUET and the refusals of a header. */
export async function surveyParquet(
  conn: DuckDBConnection,
  path: string,
  name: string,
  profiles: readonly Profile[],
): Promise<ParquetSurvey> {
  let described: unknown[][];
  try {
    described = (
      await conn.runAndReadAll(`DESCRIBE SELECT * FROM read_parquet(${literal(path)}, hive_partitioning = false)`)
    ).getRows();
  } catch (cause) {
    throw fail('FILE_PARQUET', {
      what: `${name}: the Parquet file cannot be read.`,
      why: 'It begins and ends like one, but its table of contents or a column in it is damaged.',
      fix: 'Copy or export the file again.',
      cause,
    });
  }
  const header = matchHeader(
    name,
    described.map((row) => String(row[0])),
    profiles,
  );
  const types = described.map((row) => String(row[1]));
  for (const position of header.positions.values()) {
    const type = types[position] ?? '';
    if (/\[\]|STRUCT|MAP|UNION|BLOB|\[\d+\]/.test(type)) {
      throw fail('FILE_COLUMN_TYPE', {
        what: `${name}: the column "${header.names[position]}" has the type ${type}.`,
        why: 'A Parquet file has the columns of the CSV: one simple value per cell, one row per item.',
        fix: 'Write one row per item with simple columns, or give the nested orders as JSON lines.',
      });
    }
  }
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const block of createReadStream(path, { highWaterMark: 1 << 20 })) {
    hash.update(block as Buffer);
    bytes += (block as Buffer).length;
  }
  return { path, header, types, contentSha256: hash.digest('hex'), bytes };
}

/** Keys: a NUL in one becomes U+FFFD, which the rules refuse, so that it cannot make two numbers equal. */
const KEYS: ReadonlySet<string> = new Set(['loja', 'id_pedido']);

/** A value as text, without the NULs that PostgreSQL cannot hold: times as ISO 8601 (with Z when they are instants), whole numbers without ".0", decimals without exponent. */
function asText(column: string, type: string, nul = ''): string {
  if (type === 'VARCHAR') return cleaned(`replace(${column}, chr(0), ${literal(nul)})`);
  if (type === 'TIMESTAMP WITH TIME ZONE')
    return `strftime(make_timestamp(epoch_us(${column})), '%Y-%m-%dT%H:%M:%S.%fZ')`;
  if (type === 'DOUBLE' || type === 'FLOAT')
    return `CASE WHEN ${column} = trunc(${column}) AND abs(${column}) < 1e15 THEN ${column}::BIGINT::VARCHAR ELSE ${column}::VARCHAR END`;
  return `${column}::VARCHAR`;
}

/** Fills `linhas`; returns the number of rows. */
export async function loadParquet(
  conn: DuckDBConnection,
  survey: ParquetSurvey,
  constants: ReadonlyMap<LineColumn, string>,
): Promise<number> {
  const { header } = survey;
  const selects = projections(header.profile, new Set(header.positions.keys()));
  for (const column of constants.keys()) selects.delete(column);
  const cells = [...header.positions].map(
    ([key, position]) =>
      `${asText(identifier(header.names[position] ?? ''), survey.types[position] ?? '', KEYS.has(key) ? '\ufffd' : '')} AS ${identifier(key)}`,
  );
  const targets = [...selects].map(([column, sql]) => `${sql} AS ${column}`);
  await conn.run(
    `CREATE TABLE linhas_lidas AS SELECT ${targets.join(', ')} FROM (SELECT ${cells.join(', ')} FROM read_parquet(${literal(survey.path)}, hive_partitioning = false))`,
  );
  await conn.run(linesView('linhas_lidas', 'rowid + 1', 'NULL::VARCHAR', new Set(selects.keys()), constants));
  return Number((await conn.runAndReadAll('SELECT count(*) FROM linhas_lidas')).getRows()[0]?.[0]);
}

/** The given rows of the file as CSV lines in the order of its columns. */
export async function originalsOfParquet(
  conn: DuckDBConnection,
  survey: ParquetSurvey,
  rowids: readonly number[],
): Promise<Original[]> {
  const found: Original[] = [];
  const wanted = [...new Set(rowids)].sort((one, other) => one - other);
  const columns = survey.header.names.map(
    (name, position) => `coalesce(${asText(identifier(name), survey.types[position] ?? '')}, '')`,
  );
  for (let at = 0; at < wanted.length; at += 5000) {
    const part = wanted.slice(at, at + 5000);
    const rows = (
      await conn.runAndReadAll(
        `SELECT file_row_number, [${columns.join(', ')}] FROM read_parquet(${literal(survey.path)}, hive_partitioning = false, file_row_number = true) ` +
          `WHERE file_row_number IN (${part.join(', ')}) ORDER BY file_row_number`,
      )
    ).getRowsJson();
    for (const [rowid, cells] of rows) {
      const text = (cells as string[])
        .map((cell) => (/[",\n\r]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell))
        .join(',');
      found.push({ rowid: Number(rowid), linha: Number(rowid) + 1, text });
    }
  }
  return found;
}

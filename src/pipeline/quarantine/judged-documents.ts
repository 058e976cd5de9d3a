// The documents of records that are sent again, and what the transform says of each. It loads nothing and never reads the warehouse.
import type { DuckDBConnection } from '@duckdb/node-api';
import { duckdbDialect } from '../../engines/duckdb/dialect.ts';
import { groupSlice, planSlices, type FileFacts } from '../../engines/duckdb/documents.ts';
import { documentsOfJson } from '../../engines/duckdb/json-documents.ts';
import { rows, run } from '../../engines/duckdb/session.ts';
import { erroIdsText } from '../../engines/transform/masks.ts';
import { transformSql } from '../../engines/transform/transform.ts';
import { LINE_COLUMNS } from '../../model/contract.ts';
import type { QuarantineRecord } from '../../storage/quarantine-read.ts';
import { restoredTimes, type Judged, type RestoredTime } from './update-times.ts';
import { makeJsonLines } from './restage.ts';

/** Records that were read alike and go as one batch. */
export interface Part {
  /** Tells this part from the others of the same source; the same for the same input. */
  readonly key: string;
  readonly facts: FileFacts;
  /** Indexes of the records. */
  readonly records: readonly number[];
  /** `lines`: from `marcadas`; `json`: from the originals themselves. */
  readonly shape: 'lines' | 'json';
  readonly format: 'csv' | 'jsonl' | 'parquet';
  readonly profile: string;
  readonly header: string | null;
}

export interface JudgedDocuments {
  /** Which records each document comes from, by its ordinal. */
  readonly links: ReadonlyMap<number, readonly number[]>;
  readonly judged: readonly Judged[];
}

/**
 * Makes table `reenviados`, shaped like `documentos`, and judges it.
 * `isCorrection`: a spreadsheet may have shortened the times; they are restored in the lines and the lines grouped anew, because lines of one
 * order whose times are written differently are two versions.
 */
export async function judgedDocuments(
  connection: DuckDBConnection,
  records: readonly QuarantineRecord[],
  part: Part,
  source: string,
  isCorrection: boolean,
): Promise<JudgedDocuments> {
  if (part.shape === 'json') {
    const links = await documentsOfOriginals(connection, records, part, source);
    return { links, judged: await judge(connection) };
  }
  await run(
    connection,
    `CREATE OR REPLACE TABLE linhas_reenviadas AS SELECT * FROM marcadas WHERE registro IN (${part.records.join(', ')}) ORDER BY posicao`,
  );
  const found = { links: await groupLines(connection, part, source), judged: await judge(connection) };
  const times = isCorrection ? restoredTimes(records, found.links, found.judged) : [];
  if (times.length === 0) return found;
  await restore(connection, times);
  return { links: await groupLines(connection, part, source), judged: await judge(connection) };
}

async function documentsOfOriginals(
  connection: DuckDBConnection,
  records: readonly QuarantineRecord[],
  part: Part,
  source: string,
): Promise<Map<number, number[]>> {
  await makeJsonLines(
    connection,
    part.records.map((index) => ({ record: records[index] as QuarantineRecord, index })),
  );
  await documentsOfJson(
    connection,
    { kind: 'contiguous', from: 0, to: part.records.length },
    part.facts,
    `${source}_grupo`,
  );
  await run(connection, `CREATE OR REPLACE TABLE reenviados AS SELECT * FROM ${source}_grupo`);
  return linksOf(
    connection,
    'SELECT d.ordinal, l.registro FROM reenviados d JOIN linhas_json_marcadas l ON l.rowid = d.ordinal',
  );
}

/** Groups `linhas_reenviadas`. */
async function groupLines(connection: DuckDBConnection, part: Part, source: string): Promise<Map<number, number[]>> {
  // planning lays `linhas` over itself where stores are blank: that of the part before must be gone
  await run(connection, 'DROP VIEW IF EXISTS linhas; DROP VIEW IF EXISTS linhas_sem_loja');
  await run(
    connection,
    `CREATE VIEW linhas AS SELECT rowid AS rowid, posicao AS linha, problema, ${LINE_COLUMNS.join(', ')} FROM linhas_reenviadas`,
  );
  const slices = await planSlices(connection, 1_000_000_000);
  for (const [index, slice] of slices.entries())
    await groupSlice(connection, slice, part.facts, `${source}_grupo_${index}`);
  const union = slices.map((_, index) => `SELECT * FROM ${source}_grupo_${index}`).join(' UNION ALL BY NAME ');
  await run(connection, `CREATE OR REPLACE TABLE reenviados AS ${union}`);
  return linksOf(
    connection,
    'SELECT DISTINCT d.ordinal, l.registro FROM (SELECT ordinal, unnest(rids) AS rid FROM reenviados) d JOIN linhas_reenviadas l ON l.rowid = d.rid',
  );
}

async function linksOf(connection: DuckDBConnection, sql: string): Promise<Map<number, number[]>> {
  const found = new Map<number, number[]>();
  const links = await rows<{ ordinal: string; registro: number }>(connection, `${sql} ORDER BY 1, 2`);
  for (const { ordinal, registro } of links) {
    const of = found.get(Number(ordinal));
    if (of === undefined) found.set(Number(ordinal), [registro]);
    else of.push(registro);
  }
  return found;
}

async function judge(connection: DuckDBConnection): Promise<Judged[]> {
  const found = await rows<Record<string, string | boolean | null>>(
    connection,
    `
    SELECT ordinal, ${erroIdsText(duckdbDialect, 'erros')} AS motivos, loja, id_pedido, strftime(atualizado_em, '%Y-%m-%d %H:%M:%S.%f') AS atualizado_em, atualizado_em_estimado, hash_origem
    FROM (${transformSql(duckdbDialect, 'reenviados')}) ORDER BY ordinal`,
  );
  return found.map((row) => ({
    ordinal: Number(row['ordinal']),
    reasons: String(row['motivos'])
      .slice(1, -1)
      .split(',')
      .filter((id) => id !== ''),
    store: row['loja'] as string | null,
    orderId: row['id_pedido'] as string | null,
    updatedAt: String(row['atualizado_em']),
    isEstimated: row['atualizado_em_estimado'] === true,
    hash: String(row['hash_origem']),
  }));
}

/** Writes the times into the lines of their documents; a line that cannot be taken apart has no fields. */
async function restore(connection: DuckDBConnection, times: readonly RestoredTime[]): Promise<void> {
  await run(
    connection,
    'CREATE OR REPLACE TABLE horas_restauradas (ordinal BIGINT, registro INTEGER, atualizado_em VARCHAR)',
  );
  const appender = await connection.createAppender('horas_restauradas');
  for (const { ordinal, record, updatedAt } of times) {
    appender.appendBigInt(BigInt(ordinal));
    appender.appendInteger(record);
    appender.appendVarchar(`${updatedAt}Z`);
    appender.endRow();
  }
  appender.closeSync();
  await run(
    connection,
    `
    UPDATE linhas_reenviadas SET atualizado_em = h.atualizado_em
    FROM (SELECT ordinal, unnest(rids) AS rid FROM reenviados) d JOIN horas_restauradas h ON h.ordinal = d.ordinal
    WHERE linhas_reenviadas.rowid = d.rid AND linhas_reenviadas.registro = h.registro AND linhas_reenviadas.problema IS NULL`,
  );
}

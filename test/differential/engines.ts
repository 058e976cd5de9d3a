// Support of the differential tests: the same documents through the transform in DuckDB and in Spark, and the rows that come out, as text.
// It compares nothing itself and holds no rule.
import { DuckDBInstance } from '@duckdb/node-api';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { duckdbDialect } from '../../src/engines/duckdb/dialect.ts';
import { documentsOfJson } from '../../src/engines/duckdb/json-documents.ts';
import { makeLookups as makeDuckdbLookups } from '../../src/engines/duckdb/lookups.ts';
import { sparkDialect } from '../../src/engines/spark/dialect.ts';
import { documentsOfMessages } from '../../src/engines/spark/json-documents.ts';
import type { SparkSession } from '../../src/engines/spark/connect/session.ts';
import type { Dialect } from '../../src/engines/transform/dialect.ts';
import { transformSql } from '../../src/engines/transform/transform.ts';

/** One row of the transform's output, every value as text; the two lists as lists of such rows. */
export type Row = Readonly<Record<string, string | null | readonly Readonly<Record<string, string | null>>[]>>;

const RECEIVED_AT = '2026-11-20 12:00:00';

const LISTS: Readonly<Record<string, readonly string[]>> = {
  itens: [
    'n_item',
    'sku',
    'produto',
    'categoria',
    'quantidade',
    'preco_unitario',
    'desconto',
    'valor',
    'erros',
    'avisos',
  ],
  pagamentos: ['n_pagamento', 'forma', 'forma_origem', 'parcelas', 'valor', 'erros', 'avisos'],
};

/** The output with every value cast to text, so that neither engine's client gets to interpret one. */
function asTexts(d: Dialect, select: string, columns: readonly string[]): string {
  const type = d.name === 'spark' ? 'STRING' : 'VARCHAR';
  const cast = (sql: string): string => `CAST(${sql} AS ${type})`;
  const cells = columns.map((name) => {
    const fields = LISTS[name];
    if (fields === undefined) return `${cast(name)} AS ${name}`;
    const list = d.mapList(name, (x) => d.struct(Object.fromEntries(fields.map((f) => [f, cast(`${x}.${f}`)]))));
    return `${list} AS ${name}`;
  });
  return `SELECT ${cells.join(', ')} FROM (${select})`;
}

/** What both engines gave, in the order of the documents. */
export interface Outcome {
  readonly duckdb: readonly Row[];
  readonly spark: readonly Row[];
}

/** Sends the documents (a JSON text each) through both engines. The Spark server must be able to read `folder`. */
export async function throughBoth(
  session: SparkSession,
  documents: readonly string[],
  folder: string,
): Promise<Outcome> {
  const { rows, columns } = await throughDuckdb(documents, folder);
  return { duckdb: rows, spark: await throughSpark(session, documents, columns, folder) };
}

export async function throughDuckdb(
  documents: readonly string[],
  folder: string,
): Promise<{ rows: Row[]; columns: string[] }> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    await makeDuckdbLookups(connection);
    await connection.run('CREATE TABLE linhas_json (linha BIGINT, texto VARCHAR, problema VARCHAR)');
    const appender = await connection.createAppender('linhas_json');
    documents.forEach((document, index) => {
      appender.appendBigInt(BigInt(index));
      appender.appendVarchar(document);
      appender.appendNull();
      appender.endRow();
    });
    appender.closeSync();
    const facts = { decimalFormat: null, dateFormat: null, hasAddress: true, receivedAt: RECEIVED_AT };
    await documentsOfJson(connection, { kind: 'contiguous', from: 0, to: documents.length }, facts, 'documentos');
    await connection.run(`CREATE TABLE tratados AS ${transformSql(duckdbDialect, 'documentos')}`);
    const described = await connection.runAndReadAll('DESCRIBE tratados');
    const columns = described.getRowObjectsJson().map((row) => row['column_name'] as string);
    const path = join(folder, 'duckdb.jsonl');
    const texts = asTexts(duckdbDialect, 'SELECT * FROM tratados ORDER BY ordinal', columns);
    await connection.run(
      `COPY (SELECT CAST(to_json(t) AS VARCHAR) FROM (${texts}) t) TO '${path}' (FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '\x01')`,
    );
    const lines = (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '');
    return { rows: lines.map((line) => JSON.parse(line) as Row), columns };
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function throughSpark(
  session: SparkSession,
  documents: readonly string[],
  columns: readonly string[],
  folder: string,
): Promise<Row[]> {
  const path = join(folder, 'mensagens.jsonl');
  await writeFile(path, documents.map((texto, ordinal) => JSON.stringify({ ordinal, texto })).join('\n'));
  const source = `SELECT ordinal, ordinal AS linha, texto, TIMESTAMP_NTZ '${RECEIVED_AT}' AS recebido_em FROM mensagens`;
  const dataSource = { format: 'json', schema: 'ordinal BIGINT, texto STRING', paths: [path] };
  await session.createView('mensagens', {
    relType: { case: 'read', value: { readType: { case: 'dataSource', value: dataSource } } },
  });
  const select = transformSql(sparkDialect, `(${documentsOfMessages(source)})`);
  const rows = await session.rows<Row>(asTexts(sparkDialect, select, columns));
  return rows.sort((a, b) => Number(a['ordinal']) - Number(b['ordinal']));
}

/** The differences by column: how many rows differ, and the first of them. Rows carry the ordinal of their document. */
export function differences({ duckdb, spark }: Outcome): Map<string, { count: number; first: string }> {
  const found = new Map<string, { count: number; first: string }>();
  const note = (column: string, first: string): void => {
    const known = found.get(column);
    found.set(column, { count: (known?.count ?? 0) + 1, first: known?.first ?? first });
  };
  if (duckdb.length !== spark.length) note('(rows)', `duckdb ${duckdb.length}, spark ${spark.length}`);
  duckdb.forEach((expected, index) => {
    const actual = spark[index];
    for (const [column, value] of Object.entries(expected)) {
      const [a, b] = [JSON.stringify(value), JSON.stringify(actual?.[column])];
      if (a !== b) note(column, `document ${index}: duckdb ${a}, spark ${b}`);
    }
  });
  return found;
}
